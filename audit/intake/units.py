"""Units that a header or a title states: 交易金额（万元）, 单位：元; and clocks: Last Heartbeat (UTC)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.repeats import each
from audit.tables import Column, Kind

_MULTIPLES = {
    "": 1,
    "百": 100,
    "千": 1_000,
    "万": 10_000,
    "十万": 100_000,
    "百万": 1_000_000,
    "亿": 100_000_000,
}
_PARTS = {"角": Decimal("0.1"), "分": Decimal("0.01"), "cents": Decimal("0.01"), "cent": Decimal("0.01")}
_UNIT = r"(?P<multiple>十万|百万|[百千万亿])?(?P<unit>元|角|分|笔|次|cents?)?"
_IN_BRACKETS = re.compile(
    rf"[(（\[【]\s*(?:单位\s*[:：]?)?\s*(?:人民币|RMB)?\s*{_UNIT}\s*[)）\]】]", re.IGNORECASE
)
_IN_TITLE = re.compile(
    rf"(?:货币|金额)?单位\s*[:：]\s*(?:人民币|RMB)?\s*{_UNIT}\s*(?:[)）\]】,，;；].*)?$", re.IGNORECASE
)
# the zone of all moments below a header; of UTC itself, no figures
_CLOCK = re.compile(
    r"[(（\[【,， ]\s*(?:UTC|GMT)\s*([+-]\d{1,2}(?::?\d\d)?)?\s*[)）\]】]?\s*$", re.IGNORECASE
)
# RE2; a time of day at the end of a cell, and an offset there
_TIME, _OFFSET = r"\d:\d\d(?::\d\d(?:\.\d+)?)?$", r"[+-]\d\d?:\d\d$"


def clock_of(column: Column, header: str) -> str:
    """The offset from UTC at which a header says that its moments are; "" where it says nothing.

    >>> from audit.tables import DEVICES
    >>> [clock_of(DEVICES.by_name["last_heartbeat_at"], said) for said in ("Last Ping (UTC)", "心跳(GMT+8)")]
    ['+00:00', '+8']
    """
    found = _CLOCK.search(header) if column.kind is Kind.MOMENT else None
    return (found[1] or "+00:00") if found else ""


def on_clock(cells: pa.Array, clock: str) -> pa.Array:
    """The cells with that offset behind each time of day that has none of its own."""

    def completed(texts: pa.Array) -> pa.Array:
        bare = pc.and_not(pc.match_substring_regex(texts, _TIME), pc.match_substring_regex(texts, _OFFSET))
        return pc.if_else(bare, pc.binary_join_element_wise(texts, clock, ""), texts)

    return each(cells, completed)


def unit_of(column: Column, header: str, titles: Iterable[str]) -> Decimal:
    """What one in a column of numbers stands for, in yuan or times; 1 where nothing is said.

    A title speaks of amounts of money alone.
    """
    if column.kind is not Kind.NUMBER:
        return Decimal(1)
    said = [*_IN_BRACKETS.finditer(header)]
    if not said and column.name.endswith("_amount"):
        said = [found for title in titles if (found := _IN_TITLE.search(title))]
    for found in said:
        multiple, unit = found["multiple"] or "", (found["unit"] or "").lower()
        if multiple or unit:
            return _MULTIPLES[multiple] * _PARTS.get(unit, Decimal(1))
    return Decimal(1)
