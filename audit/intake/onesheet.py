"""One sheet of a file: its rows are told apart, their cells are read, and what becomes of each is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.beside import without_columns
from audit.intake.cells import CleanColumn, Reader
from audit.intake.channelrows import with_devices_of_channels
from audit.intake.clocks import with_days
from audit.intake.codewords import of_question
from audit.intake.cutoff import refuse_cut_off
from audit.intake.dates import CHINA, FOREVER
from audit.intake.devicecolumns import about_further_numbers
from audit.intake.distinct import UNREAD, without_blank_keys, without_duplicates
from audit.intake.epochs import counts_seconds
from audit.intake.filled import completed, filled_down, second_lines
from audit.intake.garbled import refuse_garbled
from audit.intake.grid import Grid
from audit.intake.groups import about_missing_devices, with_merchants_of_groups
from audit.intake.halves import part_of
from audit.intake.headers import HeaderMap
from audit.intake.headings import SheetSays, with_said
from audit.intake.layout import classify_rows
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
from audit.intake.outline import outlined
from audit.intake.reading import Aside, Rejection, SheetReading
from audit.intake.realigned import realigned
from audit.intake.reasons import with_reasons
from audit.intake.rejected import (
    rejected_cells,
    rejected_names,
    rejections_of,
    unread_texts,
)
from audit.intake.repeats import decoded, each, encoded, trimmed
from audit.intake.sensitive import sensitive
from audit.intake.shifted import put_right
from audit.intake.spilt import with_spilt
from audit.intake.stacked import about_tables_below
from audit.intake.united import SheetRows
from audit.intake.units import clock_of, on_clock, unit_of
from audit.plaintext import plain
from audit.redaction import mask_numbers
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


def read_sheet(
    grid: Grid, header: HeaderMap, profile: Profile, others: Sequence[Grid]
) -> tuple[SheetRows, list[Notice]]:
    """The rows of a sheet with its account, and what is to be told of it.

    `others` are the sheets of the file without a table: they may explain codes.
    """
    table = profile.table
    lines = _told_apart(grid, header, profile, others)
    places = lines.places
    readers = _readers_of(lines, header, profile)
    grid, shifted = put_right(lines.grid, header, readers, places)
    refuse_cut_off(grid, header, places)
    grid, of_channels = with_devices_of_channels(grid, header, table, readers, places)
    grid, of_groups = with_merchants_of_groups(grid, header, table, readers, places)
    clocks = _clocks_of(header, table)
    cells, cleaned = _read(grid, header, readers, clocks, places)
    rejections = rejections_of(grid, header, table, cleaned, places)
    codes = {name: reader.codes for name, reader in readers.items()}
    every = with_reasons(_assemble(grid, table, cells, cleaned, places, rejections), cells, table, codes)
    sheet_says = SheetSays(grid, lines.kinds, places, lines.titles)
    every, said = with_said(every, sheet_says, header.columns, table, (profile.channel, profile.state))
    rows, dropped = _kept(every, table)
    kept = np.ones(every.num_rows, bool)
    if rows.num_rows < every.num_rows:
        # a row set aside is accounted for as a whole
        kept = np.isin(places + 1, rows["source_row"].to_numpy())
        kept_rows = set((places[kept] + 1).tolist())
        left = [one for one in rejections if one.row in kept_rows]
    else:
        left = rejections
    notices = [
        *lines.told,
        *shifted,
        *of_channels,
        *of_groups,
        *about_overlong_rows(grid, header, places),
        *(about_short_rows(grid, header, places) if grid.short else ()),
        *about_tables_below(grid.sheet, lines.kinds),
        *about_headers(grid.sheet, header, lines.legends),
        *about_further_numbers(grid, header, table, profile.columns, places),
        *about_missing_devices(grid, header, cleaned, places),
        *said,
        *_about_labels(grid.sheet, header, readers, clocks),
        *about_dates(grid.sheet, cells, rejections),
        *about_numbers(grid.sheet, cleaned, places, kept),
    ]
    return SheetRows(rows, _account(grid, header, lines.kinds, rows.num_rows, dropped), left), notices


@dataclass(frozen=True)
class _Lines:
    """A sheet whose rows are told apart: `kinds` says of what kind each is, `places` where data stand."""

    grid: Grid
    kinds: np.ndarray
    places: np.ndarray
    titles: list[str]  # above the header
    legends: Mapping[str, Mapping[str, str]]  # by column: codes that are explained
    told: list[Notice]


def _told_apart(grid: Grid, header: HeaderMap, profile: Profile, others: Sequence[Grid]) -> _Lines:
    table = profile.table
    lines = second_lines(grid, header, table)
    grid = completed(filled_down(grid, header.row, set(header.columns.values()), lines), header)
    grid = with_days(grid, header, table)
    legends = harvest(grid, header, table, profile.columns, others)
    grid = without_columns(grid, header.of_others)
    refuse_garbled(grid, header, table)
    kinds = classify_rows(grid, header, table)
    grid, moved, lacking = realigned(grid, header, table, profile.columns, kinds)
    if moved:
        kinds = classify_rows(grid, header, table)
    grid, kinds, told = outlined(grid, header, kinds)
    grid, spilt = with_spilt(grid, header, table, kinds)
    titles = [text for row in range(header.row) for text in grid.row(row) if text]
    told = [*about_moved(grid.sheet, moved, lacking), *told, *spilt]
    return _Lines(grid, kinds, np.flatnonzero(kinds == ""), titles, legends, told)


def _readers_of(lines: _Lines, header: HeaderMap, profile: Profile) -> dict[str, Reader]:
    """How each column is read: what its codes mean, the unit of its numbers, whether they count seconds."""
    labels = _labels_of(header)
    readers = {}
    for name, index in header.columns.items():
        column = profile.table.by_name[name]
        readers[name] = Reader(
            column,
            {
                **of_question(column, labels[name]),
                **lines.legends.get(name, {}),
                **profile.codes.get(name, {}),
            },
            profile.zone,
            lines.grid.days,
            unit_of(column, labels[name], lines.titles),
            counts_seconds(column, _rows_of(lines.grid.columns[index], lines.places)),
        )
    return readers


def _labels_of(header: HeaderMap) -> dict[str, str]:
    return {mapped.column: mapped.header for mapped in header.mapped}


def _clocks_of(header: HeaderMap, table: Table) -> dict[str, str]:
    """The clock of each column whose header names one."""
    labels = _labels_of(header)
    clocks = {name: clock_of(table.by_name[name], labels[name]) for name in header.columns}
    return {name: clock for name, clock in clocks.items() if clock}


def _about_labels(
    sheet: str, header: HeaderMap, readers: Mapping[str, Reader], clocks: Mapping[str, str]
) -> Iterator[Notice]:
    """What headers say of how their cells were read."""
    labels = _labels_of(header)
    units = {name: reader.unit for name, reader in readers.items()}
    in_seconds = [labels[name] for name, reader in readers.items() if reader.in_seconds]
    yield from about_units(sheet, units, in_seconds)
    yield from about_clocks(sheet, [labels[name] for name in clocks])


def _read(
    grid: Grid,
    header: HeaderMap,
    readers: Mapping[str, Reader],
    clocks: Mapping[str, str],
    places: np.ndarray,
) -> tuple[dict[str, pa.Array], dict[str, CleanColumn]]:
    """The cells of the data by column: as they stand, and in canonical form."""
    cells = {
        name: encoded(trimmed(_rows_of(grid.columns[index], places)))
        for name, index in header.columns.items()
    }
    cells |= {name: part_of(cells[name], place) for name, place in header.places.items()}
    cells |= {name: on_clock(cells[name], clock) for name, clock in clocks.items()}
    cleaned = {
        name: readers[name].clean(
            cells[name], None if (marks := grid.marks[index]) is None else _rows_of(marks, places)
        )
        for name, index in header.columns.items()
    }
    return cells, cleaned


def _kept(rows: pa.Table, table: Table) -> tuple[pa.Table, dict[Aside, int]]:
    """The rows that count, and how many do not, by kind."""
    read = rows.num_rows
    rows, blank = without_blank_keys(rows, table)
    rows, doubled = without_duplicates(rows)
    if rows.num_rows < read:
        # without the values that only rows set aside had
        rows = pa.table({name: encoded(decoded(rows[name])) for name in rows.column_names})
    return rows, {Aside.BLANK_KEY: blank, Aside.DUPLICATE: doubled}


def _account(
    grid: Grid, header: HeaderMap, kinds: np.ndarray, rows: int, dropped: Mapping[Aside, int]
) -> SheetReading:
    set_aside = Counter(kinds[kinds != ""].tolist())
    set_aside.update(dropped)
    return SheetReading(
        grid.sheet,
        header_row=header.row + 1,
        rows=rows,
        rows_in_file=grid.height,
        set_aside={str(kind): count for kind, count in sorted(set_aside.items()) if count},
        mapped=tuple(replace(one, header=mask_numbers(one.header)) for one in header.mapped),
        unmapped=tuple(
            map(mask_numbers, header.unmapped)
        ),  # of a list without a header they are its first row
        sensitive=sensitive(header.unmapped),
    )


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
