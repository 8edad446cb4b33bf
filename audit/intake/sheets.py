"""Which sheets of a file hold a table, and which tables a file holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from audit.intake.grid import Grid
from audit.intake.headers import HeaderRow, find_header, has_key, named, score
from audit.tables import TABLES, Table


def choose(
    grids: Iterable[Grid], table: Table, configured: Mapping[str, str], fewest: int = 2
) -> Iterator[tuple[Grid, HeaderRow | None, str]]:
    """Each sheet with its header row, or with the reason why it is left out.

    In a workbook of several tables, a sheet whose header fits another table better is left to that one.
    """
    headers = {id(grid): find_header(grid, table, configured, fewest) for grid in grids}
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
            yield grid, header, ""


def _fits_best(grid: Grid, header: HeaderRow | None) -> bool:
    if header is None:
        return False
    labels = grid.row(header.row)
    return all(header.score >= score(labels, table, {}) for table in TABLES.values())


def tables_in(grids: Iterable[Grid]) -> tuple[str, ...]:
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
    return tuple(found)
