"""From the grids of one file to its canonical rows, with every row and cell accounted for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import InputError, Unusable
from audit.intake.cells import CleanColumn, Reader
from audit.intake.dates import CHINA, FOREVER, clean_moment
from audit.intake.garbled import BIG5_AS_GBK, garbled_as, refuse_garbled
from audit.intake.grid import Grid, Mark
from audit.intake.headers import SEARCHED_ROWS, HeaderMap, map_headers
from audit.intake.identifiers import Unreadable
from audit.intake.layout import classify_rows
from audit.intake.legends import harvest
from audit.intake.notices import Notice, about_headers, about_numbers, about_overlong_rows
from audit.intake.reading import Aside, Rejection, SheetReading
from audit.intake.repeats import alike, decoded, each, encoded, trimmed, whole
from audit.intake.sensitive import sensitive
from audit.intake.sheets import choose
from audit.intake.stacked import about_tables_below
from audit.intake.unreadable import refuse_unreadable
from audit.plaintext import plain
from audit.redaction import mask, mask_numbers
from audit.tables import Column, Kind, Table

MAX_LISTED_REJECTIONS = 1_000
_EXPORTED = re.compile(
    r"(?:导出|生成|下载|统计|制表|查询|打印|export(?:ed)?|generated|created)\s*(?:时间|日期|time|date|at|on)?\s*[:：]?\s*[\[【(]?\s*"
    r"(\d{4}[-/年.]?\d{1,2}[-/月.]?\d{1,2}日?(?:[ T]*\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}秒?)?)?)",
    re.IGNORECASE,
)
# columns that say where a row came from; the file's name is added when the night is put together
_UNREAD = "unread"  # while rows are compared
PROVENANCE = ("source_sheet", "source_row", "rejected", "rejected_reasons", "unread_text", "copies")


@dataclass(frozen=True)
class Profile:
    """How the files of one feed are read, from `[inputs.<feed>]`.

    `columns` maps normalised headers to canonical names; `codes` maps, per canonical column, normalised
    labels to canonical words. `fewest` is how many columns of the table a header names at least.
    """

    table: Table
    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    zone: tzinfo = CHINA
    fewest: int = 2


@dataclass(frozen=True)
class Canonical:
    """The canonical rows of one file, values in clear, and the account of its sheets and cells."""

    rows: pa.Table
    sheets: tuple[SheetReading, ...]
    rejections: tuple[Rejection, ...]
    rejected: int
    notices: tuple[Notice, ...]
    exported_at: str


def canonicalise(grids: Iterable[Grid], profile: Profile) -> Canonical:
    """The rows of every sheet that holds the profile's table, in one canonical table.

    Raises InputError (empty, missing_column, ambiguous_column) when no sheet holds it.
    """
    table = profile.table
    sheets: list[SheetReading] = []
    parts: list[pa.Table] = []
    rejections: list[Rejection] = []
    notices: list[Notice] = []
    failures: list[InputError] = []
    exported_at = ""
    grids = list(grids)
    for grid, found, reason in choose(grids, profile.table, profile.columns, profile.fewest):
        if reason or found is None:
            sheets.append(SheetReading(grid.sheet, skipped=reason, rows_in_file=grid.height))
            continue
        try:
            header = map_headers(grid, found, table, profile.columns, profile.codes)
        except InputError as failure:
            failures.append(failure)
            sheets.append(SheetReading(grid.sheet, skipped=failure.reason, rows_in_file=grid.height))
            continue
        exported_at = exported_at or _exported_at(grid, found.row)
        rows, sheet, rejected, told = _read_sheet(grid, header, profile)
        notices += told
        parts.append(rows)
        sheets.append(sheet)
        rejections += rejected
    if not parts:
        raise _why_nothing(failures, sheets, grids, profile)
    rows = parts[0] if len(parts) == 1 else _one_below_the_other(parts)
    refuse_unreadable(rows, table, rejections)
    if not rows.num_rows:
        notices.append(("no_rows", {}))
    return Canonical(
        rows,
        tuple(sheets),
        tuple(rejections[:MAX_LISTED_REJECTIONS]),
        len(rejections),
        tuple(notices),
        exported_at,
    )


def _one_below_the_other(parts: list[pa.Table]) -> pa.Table:
    plain = [pa.table({name: decoded(part[name]) for name in part.column_names}) for part in parts]
    rows = pa.concat_tables(plain, promote_options="default")
    return pa.table({name: encoded(whole(rows[name])) for name in rows.column_names})


def _why_nothing(
    failures: list[InputError], sheets: list[SheetReading], grids: list[Grid], profile: Profile
) -> InputError:
    table = profile.table
    if failures:
        return failures[0]
    for grid in grids:
        for row in range(min(SEARCHED_ROWS, grid.height)):
            if what := garbled_as(grid.row(row), table.by_synonym):
                problem = "text_in_big5" if what == BIG5_AS_GBK else "text_garbled"
                return InputError(Unusable.UNREADABLE, problem, what=what)
    if all(sheet.skipped in ("empty", "hidden") for sheet in sheets):
        return InputError(Unusable.EMPTY, "sheets_empty")
    # an empty one may be a blank sheet beside others
    unread = [
        sheet for sheet in sheets if sheet.skipped in tuple(Unusable) and sheet.skipped != Unusable.EMPTY
    ]
    if unread:
        reason = Unusable(unread[0].skipped)
        return InputError(reason, "member_unusable", member=unread[0].name)
    return InputError(
        Unusable.MISSING_COLUMN, "header_not_found", table=table.name, columns=list(table.keys[0])
    )


def _read_sheet(
    grid: Grid, header: HeaderMap, profile: Profile
) -> tuple[pa.Table, SheetReading, list[Rejection], list[Notice]]:
    table = profile.table
    grid = _completed(_filled_down(grid, header), header)
    legends = harvest(grid, header, table, profile.columns)
    codes = {name: {**legends.get(name, {}), **profile.codes.get(name, {})} for name in header.columns}
    refuse_garbled(grid, header, table)
    kinds = classify_rows(grid, header, table)
    places = np.flatnonzero(kinds == "")
    cells = {
        name: encoded(trimmed(_rows_of(grid.columns[index], places)))
        for name, index in header.columns.items()
    }
    cleaned = {
        name: Reader(table.by_name[name], codes[name], profile.zone, grid.days).clean(
            cells[name], None if (marks := grid.marks[index]) is None else _rows_of(marks, places)
        )
        for name, index in header.columns.items()
    }
    rejections = _rejections(grid, header, table, cleaned, places)
    rows = _assemble(grid, table, cells, cleaned, places, rejections)
    set_aside = Counter(kinds[kinds != ""].tolist())
    read = rows.num_rows
    rows, dropped = _without_blank_keys(rows, table)
    rows, doubled = _without_duplicates(rows)
    rows = rows.drop_columns([_UNREAD])
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
        *about_overlong_rows(grid, header, places),
        *about_tables_below(grid.sheet, kinds),
        *about_headers(grid.sheet, header, legends),
        *about_numbers(grid.sheet, cleaned, places, kept),
    ]
    if rejections and rows.num_rows < read:
        # a row set aside is accounted for as a whole
        kept_rows = set((places[kept] + 1).tolist())
        rejections = [one for one in rejections if one.row in kept_rows]
    return rows, sheet, rejections, notices


def _rows_of(column: pa.Array, places: np.ndarray) -> pa.Array:
    """The cells of those rows, without a copy where no row between them is left out."""
    if len(places) and places[-1] - places[0] + 1 == len(places):
        return column.slice(places[0], len(places))
    return column.take(pa.array(places))


def _filled_down(grid: Grid, header: HeaderMap) -> Grid:
    """The sheet with the value of cells merged over several rows in each of them, as it is seen."""
    columns, marks = list(grid.columns), list(grid.marks)
    places = set(header.columns.values())
    down: dict[int, np.ndarray] = {}
    for merge in grid.merges:
        index = merge.first_column - grid.first_column
        last = min(merge.last_row, grid.height - 1)
        if index in places and header.row < merge.first_row < last + 1:
            source = down.setdefault(index, np.arange(grid.height))
            source[merge.first_row : last + 1] = merge.first_row
    for index, source in down.items():
        columns[index] = columns[index].take(pa.array(source))
        if (of_cells := marks[index]) is not None:
            marks[index] = of_cells.take(pa.array(source))
    return replace(grid, columns=tuple(columns), marks=tuple(marks)) if down else grid


def _completed(grid: Grid, header: HeaderMap) -> Grid:
    """The sheet with what a second column of the same name says where the first one is blank."""
    columns, marks = list(grid.columns), list(grid.marks)
    for index, other in header.completed:
        blank = columns[index].is_null()
        if not pc.any(pc.and_(blank, columns[other].is_valid())).as_py():
            continue
        columns[index] = encoded(pc.if_else(blank, decoded(columns[other]), decoded(columns[index])))
        of_first, of_other = (
            pa.array(np.full(grid.height, Mark.TEXT, np.int8)) if marks[place] is None else marks[place]
            for place in (index, other)
        )
        marks[index] = pc.if_else(blank, of_other, of_first)
    return replace(grid, columns=tuple(columns), marks=tuple(marks))


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
    columns[_UNREAD] = _unread_texts(cells, cleaned, len(places))
    columns["rejected"] = _rejected_names(cleaned, len(places))
    columns |= _rejected_cells(rejections, places)
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


def _rejected_names(cleaned: Mapping[str, CleanColumn], count: int) -> pa.Array:
    """Per row, the canonical columns whose cell was rejected as ",a,b,"; null where none was."""
    names: dict[int, str] = {}
    for name, column in cleaned.items():
        for row, _ in column.rejected:
            names[row] = names.get(row, ",") + name + ","
    if not names:
        return pa.nulls(count, pa.string())
    texts = np.full(count, None, dtype=object)
    texts[list(names)] = list(names.values())
    return pa.array(texts, pa.string())


def _rejected_cells(rejections: Iterable[Rejection], places: np.ndarray) -> dict[str, pa.Array]:
    """Per row, why cells were rejected as ",serial_no=precision,", and their texts, personal ones masked."""
    reasons: dict[int, str] = {}
    texts: dict[int, list[str]] = {}
    for one in rejections:
        reasons[one.row] = f"{reasons.get(one.row, ',')}{one.column}={one.reason},"
        texts.setdefault(one.row, []).append(f"{one.column}={one.value}")
    if not reasons:
        return dict.fromkeys(("rejected_reasons", "unread_text"), pa.nulls(len(places), pa.string()))
    numbers = (places + 1).tolist()
    return {
        "rejected_reasons": pa.array([reasons.get(row) for row in numbers], pa.string()),
        "unread_text": pa.array(
            ["\x1f".join(texts[row]) if row in texts else None for row in numbers], pa.string()
        ),
    }


def _rejections(
    grid: Grid,
    header: HeaderMap,
    table: Table,
    cleaned: Mapping[str, CleanColumn],
    places: np.ndarray,
) -> list[Rejection]:
    found = []
    headers = {mapped.column: mapped for mapped in header.mapped}
    for name, column in cleaned.items():
        cells = grid.columns[header.columns[name]]
        for row, reason in column.rejected:
            place = int(places[row])
            text = cells[place].as_py() or ""
            found.append(
                Rejection(
                    plain(grid.sheet),
                    place + 1,
                    headers[name].letter,
                    plain(headers[name].header),
                    name,
                    _shown(plain(text), table.by_name[name]),
                    reason,
                )
            )
    return sorted(found, key=lambda rejection: (rejection.row, rejection.letter))


def _shown(text: str, column: Column) -> str:
    """A rejected cell's text for people to find it by; numbers of persons in it are masked."""
    if column.personal or column.name == "uscc":
        return mask(text)
    named = column.kind in (Kind.IDENTIFIER, Kind.REFERENCE)
    return (text if named else mask_numbers(text))[:200]


def _without_blank_keys(rows: pa.Table, table: Table) -> tuple[pa.Table, int]:
    """Leave out rows that name nothing; a row whose key was rejected stays, with its key unknown."""
    named = np.zeros(rows.num_rows, bool)
    rejected = rows["rejected"]
    for key in table.keys:
        if not all(part in rows.column_names for part in key):
            continue
        complete = np.ones(rows.num_rows, bool)
        for part in key:
            if rows[part].null_count:
                unreadable = pc.fill_null(pc.match_substring(rejected, f",{part},"), False)
                complete &= pc.or_(pc.is_valid(rows[part]), unreadable).to_numpy()
        named |= complete
    dropped = int((~named).sum())
    return (rows.filter(pa.array(named)) if dropped else rows), dropped


def _without_duplicates(rows: pa.Table) -> tuple[pa.Table, int]:
    """Keep the first of rows that are equal in every canonical column, and count its copies."""
    columns = [name for name in rows.column_names if name not in PROVENANCE and not name.endswith("_raw")]
    doubles = np.arange(rows.num_rows)  # rows that have one, as far as the columns were looked at
    kinds: list[pa.Array] = []  # of those rows: as far, rows of one kind are alike
    for name in columns:
        values = whole(rows[name])
        values = values if len(doubles) == len(values) else values.take(pa.array(doubles))
        numbers = alike([*kinds, values]).to_numpy()
        shared = np.bincount(numbers)[numbers] > 1
        doubles, kinds = doubles[shared], [pa.array(numbers[shared])]
        if not len(doubles):
            return rows, 0
    _, first, counts = np.unique(numbers[shared], return_index=True, return_counts=True)
    keep = np.ones(rows.num_rows, bool)
    keep[doubles] = False
    keep[doubles[first]] = True
    copies = np.ones(rows.num_rows, np.int64)
    copies[doubles[first]] = counts
    rows = rows.set_column(rows.column_names.index("copies"), "copies", pa.array(copies))
    return rows.filter(pa.array(keep)), len(doubles) - len(first)


def _unread_texts(cells: Mapping[str, pa.Array], cleaned: Mapping[str, CleanColumn], count: int) -> pa.Array:
    """Per row, the texts of its rejected cells: rows that differ only there are no copies of each other."""
    texts: dict[int, str] = {}
    for name, column in cleaned.items():
        for row, _ in column.rejected:
            texts[row] = f"{texts.get(row, '')}\x1f{name}={cells[name][row].as_py()}"
    if not texts:
        return pa.nulls(count, pa.string())
    return pa.array([texts.get(row) for row in range(count)], pa.string())


def _exported_at(grid: Grid, header_row: int) -> str:
    """The export time a title line states, as ISO text, or ""."""
    for row in range(header_row):
        for text in filter(None, grid.row(row)):
            if found := _EXPORTED.search(text):
                try:
                    moment = clean_moment(found[1])
                except Unreadable:
                    continue
                if moment:
                    return moment.isoformat(sep=" ")
    return ""
