"""Lists with several devices in a row, each in numbered columns: 商户号 | SN1 | 型号1 | SN2 | 型号2."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.beside import without_columns
from audit.intake.channelcolumns import said
from audit.intake.grid import Grid
from audit.intake.headerrow import (
    SEARCHED_ROWS,
    USUAL_COLUMNS,
    HeaderRow,
    find_header,
    has_key,
    joined_labels,
    named,
)
from audit.intake.headers import HeaderMap
from audit.intake.labels import DEVICE_NUMBERS, lookup
from audit.intake.layout import could_be_identifiers
from audit.intake.notices import Notice
from audit.intake.repeats import decoded
from audit.tables import CHANNEL, Table, normalise_label

_FIGURES = "一二三四五六七八九十"
_NUMBER = rf"0?(?P<number>[1-9]\d?|[{_FIGURES}])"
_SUBJECT = "终端|设备|机具|机器|pos机?|terminal|device"
_WITH_NUMBER = re.compile(rf"[\d①-⑳{_FIGURES}]")
# of normalised headers
_FORMS = (
    re.compile(rf"(?P<name>.+?)(?:{_SUBJECT})?第?{_NUMBER}(?:号机|台)?"),  # SN1, 序列号（第2台）, SN（终端1）
    re.compile(rf"第{_NUMBER}台(?P<name>.+)"),
    re.compile(rf"{_NUMBER}号(?:机(?![具器]))?(?P<name>.+)"),  # 1号机SN
    re.compile(
        rf"第?(?P<subject>{_SUBJECT}|sn|序列号){_NUMBER}(?:号机?|台)?(?P<name>\D.*)"
    ),  # 终端1序列号, 终端1/型号
)
_Places = dict[int, tuple[str, int]]  # of columns, with the canonical column and the number of the device


def with_a_device_each(
    grid: Grid, header: HeaderRow | None, table: Table, configured: Mapping[str, str], fewest: int
) -> tuple[HeaderRow | None, list[tuple[Grid, HeaderRow]]]:
    """The header, and of such a sheet the parts that have one device in a row: the same columns in the same
    places, without the cells of other devices, and blank where the row has none of that number.
    """
    if header is not None and not _lacks_one_key(header.labels, table, configured):
        return header, []
    meanings = _meanings(grid, table, configured)
    if not meanings:
        return header, []
    found = find_header(grid, table, {**configured, **meanings}, fewest)
    places = _numbered(found.labels, table, configured) if found else {}
    if not found or not places:
        return header, []
    keys = {index: number for index, (name, number) in places.items() if name in DEVICE_NUMBERS}
    filled = {number: _any_filled(grid, keys, {number}) for number in sorted(set(keys.values()))}
    anything = _any_filled(grid, keys, filled)
    first = min(filled)
    parts = []
    for number, has_one in filled.items():
        others = {index for index, (_, other) in places.items() if other != number}
        # what stands beside no device at all is looked at once
        shown = pc.or_(has_one, pc.invert(anything)) if number == first else has_one
        parts.append((_without(grid, found.row, others, shown), _of_one(found, others, places, meanings)))
    return replace(found, meant=meanings), parts


def about_devices_in_columns(headers: Iterable[tuple[str, HeaderRow]]) -> Iterator[Notice]:
    """A sentence per sheet with several devices in a row, naming the headers that say so."""
    found: dict[str, list[str]] = {}
    for sheet, header in headers:
        own = [label.strip() for label in header.labels if label and normalise_label(label) in header.meant]
        if own:
            found.setdefault(sheet, []).extend(own)
    for sheet, labels in found.items():
        yield "devices_in_columns", {"sheet": sheet, "headers": list(dict.fromkeys(labels))}


def about_further_numbers(
    grid: Grid, header: HeaderMap, table: Table, configured: Mapping[str, str], places: np.ndarray
) -> Iterator[Notice]:
    """Numbered columns that were not read though they hold numbers of devices: SN2 beside SN, of which nobody
    can say whether it is that of a second device."""
    found = {}
    for index, label in enumerate(grid.row(header.row)):
        meaning = _meaning(label, table, configured) if label and label.strip() in header.unmapped else None
        if label and meaning and meaning[0] in DEVICE_NUMBERS:
            filled = could_be_identifiers(decoded(grid.columns[index].take(pa.array(places))))
            if filled.any():
                found[label.strip()] = int(filled.sum())
    if found:
        yield (
            "device_numbers_left",
            {"sheet": grid.sheet, "headers": list(found), "count": max(found.values())},
        )


def _lacks_one_key(labels: Sequence[str | None], table: Table, configured: Mapping[str, str]) -> bool:
    """Whether the header names no key, or a number of the device more than once: SN, SN2, SN3."""
    filled = [label for label in labels if label]
    numbers = [name for label in filled if (name := lookup(label, table, configured)[0])]
    return (
        not has_key(numbers, table)
        or any(numbers.count(name) > 1 for name in DEVICE_NUMBERS)
        or any((_meaning(label, table, configured) or ("",))[0] in DEVICE_NUMBERS for label in filled)
    )


def _meanings(grid: Grid, table: Table, configured: Mapping[str, str]) -> dict[str, str]:
    """The columns that numbered headers mean, of the first row that numbers the devices."""
    if DEVICE_NUMBERS.isdisjoint(table.by_name) or len(grid.columns) > USUAL_COLUMNS:
        return {}
    for row in range(min(SEARCHED_ROWS, grid.height)):
        for labels in joined_labels(grid, row):
            if places := _numbered(labels, table, configured):
                return {normalise_label(labels[index] or ""): name for index, (name, _) in places.items()}
    return {}


def _numbered(labels: Sequence[str | None], table: Table, configured: Mapping[str, str]) -> _Places:
    """The numbered columns of a header that has no key but for numbered ones, and several of these."""
    places: _Places = {}
    for index, label in enumerate(labels):
        if label and (found := _meaning(label, table, configured)):
            places[index] = found
    places |= _firsts(labels, set(places.values()), table, configured)
    keys = [found for found in places.values() if found[0] in DEVICE_NUMBERS]
    rest = [label for index, label in enumerate(labels) if index not in places]
    is_clear = len(set(places.values())) == len(places)
    if len({number for _, number in keys}) < 2 or not is_clear:
        return {}
    known = named(rest, table, configured)
    has_keys = has_key(known.union(name for name, _ in keys), table)
    return places if has_keys and not has_key(known, table) else {}


def _firsts(
    labels: Sequence[str | None],
    numbered: Collection[tuple[str, int]],
    table: Table,
    configured: Mapping[str, str],
) -> _Places:
    """Headers without a number, of the first of three devices at least. The second of two may be anything."""
    if not any((name, 3) in numbered for name in DEVICE_NUMBERS):
        return {}
    names = {index: lookup(label, table, configured)[0] for index, label in enumerate(labels) if label}
    return {
        index: (name, 1)
        for index, name in names.items()
        if (name, 2) in numbered and (name, 1) not in numbered
    }


def _meaning(label: str, table: Table, configured: Mapping[str, str]) -> tuple[str, int] | None:
    text = normalise_label(label) if _WITH_NUMBER.search(label) else ""
    for form in _FORMS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            number = parts["number"]
            for base in (f"{parts.get('subject') or ''}{parts['name']}", parts["name"]):
                if name := lookup(base, table, configured)[0] or _of_channel(base, table):
                    return name, _FIGURES.find(number) + 1 or int(number)
    return None


def _of_channel(label: str, table: Table) -> str:
    """The column of states that the bare name of a channel stands above: 终端1微信."""
    channel = CHANNEL.by_label.get(label)
    return next((name for name, (of, _) in table.wide.items() if of == channel), "")


def _any_filled(grid: Grid, keys: Mapping[int, int], numbers: Collection[int]) -> pa.Array:
    """Per row, whether a number of one of those devices stands in it."""
    cells = [said(grid, index).is_valid() for index, number in keys.items() if number in numbers]
    return reduce(pc.or_, cells)


def _without(grid: Grid, header: int, others: Collection[int], shown: pa.Array) -> Grid:
    """The sheet without other devices, and below the header without rows that are not to be shown."""
    below = pa.array([False] * (header + 1) + [True] * (grid.height - header - 1))
    hidden = pc.and_(below, pc.invert(shown))
    own = without_columns(grid, others)
    return replace(own, columns=tuple(pc.if_else(hidden, None, column) for column in own.columns))


def _of_one(
    header: HeaderRow, others: Collection[int], places: _Places, meanings: Mapping[str, str]
) -> HeaderRow:
    labels = tuple(None if index in others else label for index, label in enumerate(header.labels))
    own = {normalise_label(header.labels[index] or "") for index in places.keys() - others}
    return replace(header, labels=labels, meant={name: meanings[name] for name in own})
