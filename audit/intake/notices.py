"""What a reader of a file's account should know though nothing was rejected for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.cells import CleanColumn
from audit.intake.dates import first_part
from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.reading import Reason, Rejection
from audit.intake.repeats import decoded, each, numbered
from audit.intake.sensitive import sensitive

_LISTED_ROWS = 20  # row numbers a sentence can bear
_ALL_ROWS = 1_000
Notice = tuple[str, dict[str, object]]  # a message key and its facts


def about_headers(sheet: str, header: HeaderMap, legends: Mapping[str, Mapping[str, str]]) -> list[Notice]:
    """What a reader of the account should know though nothing was rejected for it."""
    found: list[Notice] = [
        ("second_choice", {"sheet": sheet, "header": other.header, "column": other.column})
        for other in header.second_choices
    ]
    if header.beside:
        found.append(("table_beside", {"sheet": sheet, "letter": header.beside}))
    if secrets := sensitive(header.unmapped):
        found.append(("sensitive_columns", {"sheet": sheet, "headers": list(secrets)}))
    found += [
        (
            "legend_used",
            {"sheet": sheet, "column": name, "codes": [f"{code} = {word}" for code, word in codes.items()]},
        )
        for name, codes in legends.items()
    ]
    return found


def about_channel(sheet: str, channel: str, of_file: str, headings: Mapping[int, str]) -> Iterator[Notice]:
    """That the sheet as a whole, the rows below a heading, or the file by its name are about a channel."""
    if headings:
        named = [f"{row + 1}: {name or '—'}" for row, name in headings.items()]
        yield "channel_of_headings", {"sheet": sheet, "headings": named[:_LISTED_ROWS]}
    elif channel:
        yield "channel_of_sheet", {"sheet": sheet, "channel": channel}
    elif of_file:
        yield "channel_of_file", {"channel": of_file}


def about_moved(sheet: str, rows: Sequence[int], lacking: Sequence[str]) -> Iterator[Notice]:
    """Headers further down that have the columns of the first one in another order, and some it lacks."""
    if lacking:
        yield "columns_below_left", {"sheet": sheet, "headers": list(lacking)}
    if rows:
        yield "columns_moved", {"sheet": sheet, "rows": [row + 1 for row in rows[:_LISTED_ROWS]]}


def about_said(sheet: str, name: str, value: str, headings: Mapping[int, str]) -> Notice:
    """That titles say of all rows of the sheet, or headings of those below, what no column does."""
    if headings:
        named = [f"{row + 1}: {name or '—'}" for row, name in headings.items()]
        return "state_of_headings", {"sheet": sheet, "column": name, "headings": named[:_LISTED_ROWS]}
    return "state_of_list", {"sheet": sheet, "column": name, "state": value}


def about_units(sheet: str, units: Mapping[str, Decimal], in_seconds: Sequence[str]) -> Iterator[Notice]:
    """Columns of numbers whose header or title states a unit, and what it is; moments in seconds."""
    if in_seconds:
        yield "moments_in_seconds", {"sheet": sheet, "headers": list(in_seconds)}
    for name, unit in units.items():
        if unit != 1:
            yield "unit_stated", {"sheet": sheet, "column": name, "unit": f"{unit:f}"}


def about_clocks(sheet: str, headers: Sequence[str]) -> Iterator[Notice]:
    """Columns of moments whose header says on which clock they were read."""
    if headers:
        yield "clock_stated", {"sheet": sheet, "headers": list(headers)}


def about_numbers(
    sheet: str, cleaned: Mapping[str, CleanColumn], places: np.ndarray, kept: np.ndarray
) -> Iterator[Notice]:
    """Identifiers that were numbers, and the rows of those shorter than others: their zeros may be lost."""
    for name, column in cleaned.items():
        numbers = column.numbers[kept[column.numbers]]
        if len(numbers):
            lengths = pc.fill_null(pc.utf8_length(decoded(column.values.take(pa.array(numbers)))), 0)
            longest = pc.max(each(column.values, pc.utf8_length)).as_py()
            shorter = np.flatnonzero(lengths.to_numpy() < longest)
            suspects = shorter if len(shorter) else np.arange(len(numbers))
            order = np.argsort(lengths.to_numpy()[suspects], kind="stable")
            shortest = numbers[suspects[order[:_LISTED_ROWS]]]
            facts: dict[str, object] = {"sheet": sheet, "column": name, "count": len(numbers)}
            facts["rows"] = sorted((places[shortest] + 1).tolist())
            facts["all_rows"] = (places[numbers[:_ALL_ROWS]] + 1).tolist()
            yield "identifier_numbers", facts


def about_dates(
    sheet: str, cells: Mapping[str, pa.Array], rejections: Sequence[Rejection]
) -> Iterator[Notice]:
    """Columns with dates of which nobody knows what comes first, and what the others of the column show."""
    unclear = Counter((one.column, one.header) for one in rejections if one.reason is Reason.AMBIGUOUS_DATE)
    for (name, header), count in unclear.items():
        texts = numbered(cells[name])[0].drop_null().to_pylist()
        shown = {part for text in texts if (part := first_part(text))}
        order = shown.pop() if len(shown) == 1 else "unclear"
        yield f"dates_{order}", {"sheet": sheet, "header": header, "count": count}


def about_short_rows(grid: Grid, header: HeaderMap, places: np.ndarray) -> Iterator[Notice]:
    """Rows of delimited text that end before the last header: a separator, or blanks at the end, are gone."""
    data = set(places.tolist())
    if rows := [row + 1 for row, cells in grid.short if cells < header.width and row in data]:
        yield "short_rows", {"count": len(rows), "rows": rows[:_LISTED_ROWS]}


def about_overlong_rows(grid: Grid, header: HeaderMap, places: np.ndarray) -> Iterator[Notice]:
    """Rows of delimited text with something right of the last header: a separator too many, perhaps."""
    if not grid.is_text:
        return
    longer = np.zeros(len(places), bool)
    for column in grid.columns[header.width :]:
        texts = pc.utf8_trim_whitespace(decoded(column.take(pa.array(places))))
        longer |= pc.fill_null(pc.not_equal(texts, ""), False).to_numpy(zero_copy_only=False)
    if rows := (places[longer] + 1).tolist():
        yield "overlong_rows", {"count": len(rows), "rows": rows[:_LISTED_ROWS]}
