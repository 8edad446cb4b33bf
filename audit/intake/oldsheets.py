"""Sheets that another one of their workbook replaces: last month's list beside this month's, a backup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.notices import Notice
from audit.intake.reading import Aside
from audit.intake.repeats import decoded
from audit.intake.united import SheetRows
from audit.intake.versions import mostly_same
from audit.tables import Table

_DATE = re.compile(
    r"(20\d\d)\s*(?:[-_./年]\s*)?(?:(1[0-2]|0?[1-9])\s*(?:[-_./月]\s*)?(?:([0-2]\d|3[01]|[1-9])\s*[日号]?)?)?(?!\d)"
    r"|(?<!\d)(1[0-2]|[1-9])月(?:份|([0-2]?\d|3[01])[日号])?"
)
_OLD = re.compile(
    r"备份|存档|归档|历史|上月|上期|上周|昨[日天]|旧|\b(?:old|backup|bak|archive|previous|prev|last month)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s_.\-()（）]+")
_Age = tuple[int, int, int]  # year, month and day; 0 where the name does not say


def without_old(parts: Sequence[SheetRows], table: Table) -> tuple[list[SheetRows], list[Notice]]:
    """The parts, those without rows whose sheet is an older version of another one, and what is to be told.

    Such a sheet bears an older date in its name, or says that it is old, and speaks of mostly the same
    subjects: sheets of branches, or of what was added each month, all count.
    """
    left, told = list(parts), []
    keys: dict[int, pa.Array] = {}
    for old, newer in _pairs([part.sheet.name for part in parts]):
        for place in (old, newer):
            if place not in keys:
                keys[place] = _keys(parts[place].rows, table)
        if left[old].rows.num_rows and parts[newer].rows.num_rows and mostly_same(keys[old], keys[newer]):
            left[old] = _replaced(parts[old])
            facts = {"sheet": parts[old].sheet.name, "newer": parts[newer].sheet.name}
            told.append(("sheet_superseded", {**facts, "count": parts[old].rows.num_rows}))
    return left, told


def _pairs(names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places of sheets that may be older versions, each with that of a newer one, the newest first."""
    dated = {place: found for place, name in enumerate(names) if (found := _dated(name))}
    for old, (family, age) in dated.items():
        kin = {place: when for place, (theirs, when) in dated.items() if theirs == family}
        if not age[0] and {when[1] for when in kin.values()} >= {1, 12}:
            continue  # 12月 beside 1月 may be of the year before
        newest_first = sorted(kin, key=lambda place: (kin[place], place), reverse=True)
        yield from ((old, place) for place in newest_first if kin[place] > age)
    marked = {place for place, name in enumerate(names) if _OLD.search(name)}
    yield from ((old, place) for old in sorted(marked) for place in range(len(names)) if place not in marked)


def _dated(name: str) -> tuple[str, _Age] | None:
    """The name of a sheet without the date in it, whether it says the year, and the date."""
    found = _DATE.search(name)
    if not found:
        return None
    year, month, day, other_month, other_day = (int(part or 0) for part in found.groups())
    rest = _BETWEEN.sub("", (name[: found.start()] + name[found.end() :]).lower())
    return f"{rest}/{bool(year)}", (year, month or other_month, day or other_day)


def _keys(rows: pa.Table, table: Table) -> pa.Array:
    key = next((key for key in table.keys if all(part in rows.column_names for part in key)), ())
    parts = [decoded(rows[name]) for name in key]
    if parts and "channel" in rows.column_names:
        parts.append(decoded(rows["channel"]).fill_null(""))
    return pc.unique(pc.binary_join_element_wise(*parts, "\x1f")).drop_null() if parts else pa.array([])


def _replaced(part: SheetRows) -> SheetRows:
    aside = part.sheet.set_aside | {str(Aside.SUPERSEDED): part.rows.num_rows}
    sheet = replace(part.sheet, rows=0, set_aside=dict(sorted(aside.items())))
    return SheetRows(part.rows.slice(0, 0), sheet, [])
