"""Which sheets of a file hold a table, and which tables a file holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from audit.intake.beside import columns_of_blocks
from audit.intake.grid import Grid
from audit.intake.headerrow import HeaderRow, find_header, has_key, key_alone, named, score
from audit.tables import TABLES, Table


def choose(
    grids: Iterable[Grid], table: Table, configured: Mapping[str, str], fewest: int = 2
) -> Iterator[tuple[Grid, HeaderRow | None, str]]:
    """Each sheet with its header row, or with the reason why it is left out.

    In a workbook of several tables, a sheet whose header fits another table better is left to that one.
    """
    grids = list(grids)
    headers = {id(grid): find_header(grid, table, configured, fewest) for grid in grids}
    if not any(headers.values()):
        headers = {id(grid): key_alone(grid, table, configured) for grid in grids}
    best = {id(grid) for grid in grids if _fits_best(grid, headers[id(grid)])}
    for grid in grids:
        header = headers[id(grid)]
        if grid.skipped:
            yield grid, None, grid.skipped
        elif grid.height == 0:
            yield grid, None, "empty"
        elif header is None:
            yield grid, None, "no_header"
        elif best and id(grid) not in best:
            yield grid, header, "other_table"
        else:
            yield from ((part, its_header, "") for part, its_header in _side_by_side(grid, header, table))


def _side_by_side(grid: Grid, header: HeaderRow, table: Table) -> Iterator[tuple[Grid, HeaderRow]]:
    """The sheet; or its parts, where the whole list goes on beside itself."""
    blocks = columns_of_blocks(header.labels)
    if len(blocks) == 1 or not has_key(named(header.labels, table, {}), table):
        yield grid, header
        return
    for start, end in blocks:
        part = replace(
            grid,
            columns=grid.columns[start:end],
            marks=grid.marks[start:end],
            first_column=grid.first_column + start,
        )
        yield part, replace(header, labels=header.labels[start:end])


def _fits_best(grid: Grid, header: HeaderRow | None) -> bool:
    if header is None:
        return False
    labels = grid.row(header.row)
    return all(header.score >= score(labels, table, {}) for table in TABLES.values())


def tables_in(grids: Sequence[Grid]) -> tuple[str, ...]:
    """The tables whose headers the sheets have, each sheet under the table that fits it best."""
    found: dict[str, None] = {}
    for grid in grids:
        headers = {name: find_header(grid, table, {}) for name, table in TABLES.items()}
        fitting = {
            name: header
            for name, header in headers.items()
            if header and has_key(named(header.labels, TABLES[name], {}), TABLES[name])
        }
        if fitting:
            found[max(fitting, key=lambda name: fitting[name].score)] = None
    if not found:
        bare = (name for grid in grids for name, table in TABLES.items() if key_alone(grid, table, {}))
        found = dict.fromkeys(islice(bare, 1))
    return tuple(found)
