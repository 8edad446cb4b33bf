"""Which sheets of a file hold a table, and which tables a file holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from audit.intake.beside import columns_of_blocks
from audit.intake.devicecolumns import with_a_device_each
from audit.intake.grid import Grid
from audit.intake.headerrow import HeaderRow, find_header, has_key, key_alone, named
from audit.intake.stacked import fits_best, header_of_its_own
from audit.tables import TABLES, Table


def choose(
    grids: Iterable[Grid], table: Table, configured: Mapping[str, str], fewest: int = 2
) -> Iterator[tuple[Grid, HeaderRow | None, str]]:
    """Each sheet with its header row, or with the reason why it is left out.

    In a workbook of several tables, a sheet whose header fits another table better is left to that one.
    """
    grids = list(grids)
    headers: dict[int, HeaderRow | None] = {}
    parts: dict[int, list[tuple[Grid, HeaderRow]]] = {}
    for grid in grids:
        headers[id(grid)], parts[id(grid)] = _header_and_parts(grid, table, configured, fewest)
    if not any(headers.values()):
        headers = {id(grid): key_alone(grid, table, configured) for grid in grids}
    best = {
        id(grid) for grid in grids if (found := headers[id(grid)]) and fits_best(found, grid.row(found.row))
    }
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
            found_parts = parts[id(grid)] or _side_by_side(grid, header, table)
            yield from ((part, its_header, "") for part, its_header in found_parts)


def _header_and_parts(
    grid: Grid, table: Table, configured: Mapping[str, str], fewest: int
) -> tuple[HeaderRow | None, list[tuple[Grid, HeaderRow]]]:
    """The header of a sheet, and the parts that have one device in a row where the sheet has several."""
    found = find_header(grid, table, configured, fewest)
    if found is not None:
        found = header_of_its_own(grid, found, table, configured)
    return with_a_device_each(grid, found, table, configured, fewest)


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


def tables_in(grids: Sequence[Grid]) -> tuple[str, ...]:
    """The tables whose headers the sheets have, each sheet under the table that fits it best."""
    found: dict[str, None] = {}
    for grid in grids:
        headers = {name: _header_and_parts(grid, table, {}, 2)[0] for name, table in TABLES.items()}
        fitting = {
            name: header
            for name, header in headers.items()
            if header and has_key(named(header.labels, TABLES[name], header.meant), TABLES[name])
        }
        if fitting:
            found[max(fitting, key=lambda name: fitting[name].score)] = None
    if not found:
        bare = (name for grid in grids for name, table in TABLES.items() if key_alone(grid, table, {}))
        found = dict.fromkeys(islice(bare, 1))
    return tuple(found)
