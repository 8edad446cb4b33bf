"""From the grids of one file to its canonical rows, with every row and cell accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from audit.errors import InputError
from audit.intake.channelcolumns import states_joined
from audit.intake.devicecolumns import about_devices_in_columns
from audit.intake.exported import exported_at
from audit.intake.grid import Grid
from audit.intake.headerrow import has_key, named
from audit.intake.headers import HeaderMap, map_headers
from audit.intake.layout import continues
from audit.intake.notices import Notice
from audit.intake.oldsheets import without_old
from audit.intake.onesheet import Profile, read_sheet
from audit.intake.reading import CONTINUES, Aside, Rejection, SheetReading
from audit.intake.rejected import counted, listed
from audit.intake.sheets import choose
from audit.intake.united import SheetRows, united
from audit.intake.unreadable import refuse_unreadable, why_nothing
from audit.intake.wrongtable import about_other_table, refuse_transactions


@dataclass(frozen=True)
class Canonical:
    """The canonical rows of one file, values in clear, and the account of its sheets and cells."""

    rows: pa.Table
    sheets: tuple[SheetReading, ...]
    rejections: tuple[Rejection, ...]
    rejected_by: tuple[tuple[str, str, int], ...]
    notices: tuple[Notice, ...]
    exported_at: str


def canonicalise(grids: Iterable[Grid], profile: Profile) -> Canonical:
    """The rows of every sheet that holds the profile's table, in one canonical table.

    Raises InputError (empty, missing_column, ambiguous_column) when no sheet holds it.
    """
    table = profile.table
    sheets: list[SheetReading] = []
    parts: list[SheetRows] = []
    notices: list[Notice] = []
    failures: list[InputError] = []
    headers: list[HeaderMap] = []
    exported = ""
    grids = list(grids)
    chosen = list(choose(grids, profile.table, profile.columns, profile.fewest))
    others = [
        grid
        for grid, found, reason in chosen
        if reason == "no_header"
        or (found and not reason and not has_key(named(found.labels, table, profile.columns), table))
    ]
    for grid, found, reason in chosen:
        if reason or found is None:
            if reason == "no_header" and continues(grid, headers, table):
                reason = CONTINUES
            sheets.append(SheetReading(grid.sheet, skipped=reason, rows_in_file=grid.height))
            continue
        try:
            joined = states_joined(grid, found, table, profile.columns)
            configured = {**profile.columns, **found.meant, **joined.columns}
            header = joined.found(map_headers(joined.grid, joined.header, table, configured, profile.codes))
            refuse_transactions(header, table)
        except InputError as failure:
            failures.append(failure)
            sheets.append(SheetReading(grid.sheet, skipped=failure.reason, rows_in_file=grid.height))
            continue
        exported = exported or exported_at(grid, found.row)
        part, told = read_sheet(joined.grid, header, profile, others)
        headers.append(header)
        notices += told
        parts.append(part)
        sheets.append(part.sheet)
    if not parts:
        raise why_nothing(failures, sheets, grids, table, profile.columns)
    parts, told = without_old(parts, table)
    notices += told
    rows, left, told = united(parts)
    notices += told
    notices += about_other_table(headers, table)
    notices += about_devices_in_columns((grid.sheet, header) for grid, header, _ in chosen if header)
    rejections = [rejection for part in left for rejection in part.rejections]
    remaining = iter(left)
    sheets = [sheet if sheet.skipped else next(remaining).sheet for sheet in sheets]
    further = sum(sheet.set_aside.get(kind, 0) for sheet in sheets for kind in (Aside.HEADER, Aside.STACKED))
    refuse_unreadable(rows, table, rejections, further)
    if not rows.num_rows:
        notices.append(("no_rows", {}))
    return Canonical(
        rows,
        tuple(sheets),
        listed(rejections),
        counted(rejections),
        tuple(notices),
        exported,
    )
