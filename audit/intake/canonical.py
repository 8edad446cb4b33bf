"""From the grids of one file to its canonical rows, with every row and cell accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import InputError
from audit.intake.beside import without_columns
from audit.intake.cells import CleanColumn, Reader
from audit.intake.channelcolumns import states_joined
from audit.intake.dates import CHINA, FOREVER
from audit.intake.devicecolumns import about_devices_in_columns, about_further_numbers
from audit.intake.distinct import UNREAD, without_blank_keys, without_duplicates
from audit.intake.epochs import counts_seconds
from audit.intake.exported import exported_at
from audit.intake.filled import completed, filled_down
from audit.intake.garbled import refuse_garbled
from audit.intake.grid import Grid
from audit.intake.groups import about_missing_devices, with_merchants_of_groups
from audit.intake.halves import part_of
from audit.intake.headers import HeaderMap, map_headers
from audit.intake.headings import SheetSays, with_said
from audit.intake.layout import classify_rows, continues
from audit.intake.legends import harvest
from audit.intake.notices import (
    Notice,
    about_clocks,
    about_dates,
    about_headers,
    about_moved,
    about_numbers,
    about_overlong_rows,
    about_short_rows,
    about_units,
)
from audit.intake.oldsheets import without_old
from audit.intake.outline import outlined
from audit.intake.reading import CONTINUES, Aside, Rejection, SheetReading
from audit.intake.realigned import realigned
from audit.intake.reasons import with_reasons
from audit.intake.rejected import (
    counted,
    listed,
    rejected_cells,
    rejected_names,
    rejections_of,
    unread_texts,
)
from audit.intake.repeats import decoded, each, encoded, trimmed
from audit.intake.sensitive import sensitive
from audit.intake.sheets import choose
from audit.intake.shifted import put_right
from audit.intake.stacked import about_tables_below
from audit.intake.united import SheetRows, united
from audit.intake.units import clock_of, on_clock, unit_of
from audit.intake.unreadable import refuse_unreadable, why_nothing
from audit.intake.wrongtable import about_other_table, refuse_transactions
from audit.plaintext import plain
from audit.tables import Column, Kind, Table


@dataclass(frozen=True)
class Profile:
    """How the files of one feed are read, from `[inputs.<feed>]`.

    `columns` maps normalised headers to canonical names; `codes` maps, per canonical column, normalised
    labels to canonical words. `fewest` is how many columns of the table a header names at least. `channel`
    and `state` are those which the name of the file says of all rows, for lists that do not.
    """

    table: Table
    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    zone: tzinfo = CHINA
    fewest: int = 2
    channel: str = ""
    state: str = ""


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
    others = [grid for grid, _, reason in chosen if reason == "no_header"]
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
        part, told = _read_sheet(joined.grid, header, profile, others)
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


def _read_sheet(
    grid: Grid, header: HeaderMap, profile: Profile, others: Sequence[Grid]
) -> tuple[SheetRows, list[Notice]]:
    table = profile.table
    grid = completed(filled_down(grid, header.row, set(header.columns.values())), header)
    legends = harvest(grid, header, table, profile.columns, others)
    codes = {name: {**legends.get(name, {}), **profile.codes.get(name, {})} for name in header.columns}
    grid = without_columns(grid, header.of_others)
    refuse_garbled(grid, header, table)
    kinds = classify_rows(grid, header, table)
    grid, moved = realigned(grid, header, table, profile.columns, kinds)
    if moved:
        kinds = classify_rows(grid, header, table)
    grid, kinds, told = outlined(grid, header, kinds)
    places = np.flatnonzero(kinds == "")
    labels = {mapped.column: mapped.header for mapped in header.mapped}
    titles = [text for row in range(header.row) for text in grid.row(row) if text]
    units = {name: unit_of(table.by_name[name], labels[name], titles) for name in header.columns}
    counting = {
        name
        for name, index in header.columns.items()
        if counts_seconds(table.by_name[name], _rows_of(grid.columns[index], places))
    }
    readers = {
        name: Reader(table.by_name[name], codes[name], profile.zone, grid.days, units[name], name in counting)
        for name in header.columns
    }
    grid, shifted = put_right(grid, header, readers, places)
    grid, of_groups = with_merchants_of_groups(grid, header, table, readers, places)
    cells = {
        name: encoded(trimmed(_rows_of(grid.columns[index], places)))
        for name, index in header.columns.items()
    }
    cells |= {name: part_of(cells[name], place) for name, place in header.places.items()}
    clocks = {name: clock for name in cells if (clock := clock_of(table.by_name[name], labels[name]))}
    cells |= {name: on_clock(cells[name], clock) for name, clock in clocks.items()}
    cleaned = {
        name: readers[name].clean(
            cells[name], None if (marks := grid.marks[index]) is None else _rows_of(marks, places)
        )
        for name, index in header.columns.items()
    }
    rejections = rejections_of(grid, header, table, cleaned, places)
    rows = with_reasons(_assemble(grid, table, cells, cleaned, places, rejections), cells, table, codes)
    sheet_says = SheetSays(grid, kinds, places, titles)
    rows, said = with_said(rows, sheet_says, header.columns, table, (profile.channel, profile.state))
    set_aside = Counter(kinds[kinds != ""].tolist())
    read = rows.num_rows
    rows, dropped = without_blank_keys(rows, table)
    rows, doubled = without_duplicates(rows)
    set_aside.update({Aside.BLANK_KEY: dropped, Aside.DUPLICATE: doubled})
    kept = np.ones(read, bool)
    if rows.num_rows < read:
        kept = np.isin(places + 1, rows["source_row"].to_numpy())
        # without the values that only rows set aside had
        rows = pa.table({name: encoded(decoded(rows[name])) for name in rows.column_names})
    sheet = SheetReading(
        grid.sheet,
        header_row=header.row + 1,
        rows=rows.num_rows,
        rows_in_file=grid.height,
        set_aside={str(kind): count for kind, count in sorted(set_aside.items()) if count},
        mapped=header.mapped,
        unmapped=header.unmapped,
        sensitive=sensitive(header.unmapped),
    )
    notices = [
        *about_moved(grid.sheet, moved),
        *told,
        *shifted,
        *of_groups,
        *about_overlong_rows(grid, header, places),
        *(about_short_rows(grid, header, places) if grid.short else ()),
        *about_tables_below(grid.sheet, kinds),
        *about_headers(grid.sheet, header, legends),
        *about_further_numbers(grid, header, table, profile.columns, places),
        *about_missing_devices(grid, header, cleaned, places),
        *said,
        *about_units(grid.sheet, units, [labels[name] for name in header.columns if name in counting]),
        *about_clocks(grid.sheet, [labels[name] for name in clocks]),
        *about_dates(grid.sheet, cells, rejections),
        *about_numbers(grid.sheet, cleaned, places, kept),
    ]
    if rejections and rows.num_rows < read:
        # a row set aside is accounted for as a whole
        kept_rows = set((places[kept] + 1).tolist())
        rejections = [one for one in rejections if one.row in kept_rows]
    return SheetRows(rows, sheet, rejections), notices


def _rows_of(column: pa.Array, places: np.ndarray) -> pa.Array:
    """The cells of those rows, without a copy where no row between them is left out."""
    if len(places) and places[-1] - places[0] + 1 == len(places):
        return column.slice(places[0], len(places))
    return column.take(pa.array(places))


def _assemble(
    grid: Grid,
    table: Table,
    cells: Mapping[str, pa.Array],
    cleaned: Mapping[str, CleanColumn],
    places: np.ndarray,
    rejections: Iterable[Rejection],
) -> pa.Table:
    columns = {column.name: cleaned[column.name].values for column in table.columns if column.name in cleaned}
    for name, column in cleaned.items():
        worth_showing = _worth_showing(table.by_name[name], column)
        if worth_showing is not None and pc.any(worth_showing).as_py():
            raw = each(cells[name], pc.utf8_trim_whitespace)
            columns[f"{name}_raw"] = pc.if_else(worth_showing, raw, None)
    columns["source_sheet"] = encoded(pa.repeat(plain(grid.sheet), len(places)))
    columns["source_row"] = pa.array(places + 1, pa.int64())
    columns[UNREAD] = unread_texts(cells, cleaned, len(places))
    columns["rejected"] = rejected_names(cleaned, len(places))
    columns |= rejected_cells(rejections, places)
    columns["copies"] = pa.array(np.ones(len(places), np.int64))
    return pa.table(columns)


def _worth_showing(column: Column, cleaned: CleanColumn) -> pa.Array | None:
    """Rows whose text as found says more than its canonical form: SN: 12-34, 长期."""
    if column.personal or column.name == "uscc":
        return None
    if column.kind is Kind.IDENTIFIER:
        return cleaned.changed
    if column.kind is Kind.DATE:
        return pc.fill_null(pc.equal(cleaned.values, pa.scalar(FOREVER)), False)
    return None
