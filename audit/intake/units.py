"""Units that a header or a title states: 交易金额（万元）, 单位：元."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

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
