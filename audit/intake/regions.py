"""Headings that name a province or a city, whose devices are listed below: 浙江省, 二、杭州市（3台）."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from audit.intake.gazetteer import names_by_code
from audit.intake.places import divide
from audit.intake.sheetname import NUMBERED

_BEFORE = re.compile(rf"{NUMBERED.pattern}|^\s*(?:所[在属])?(?:省份?|省市|地区|区域|城市)\s*[:：]\s*")
_BEHIND = re.compile(r"\s*[(（\[【]?\s*(?:共|合计|小计)?\s*\d+\s*[台户条个家]\s*[)）\]】]?\s*$")


def region_of(cells: Sequence[str]) -> str:
    """The code of the province, or of the city, that a heading names; "" of one that says anything else.

    >>> region_of(["一、浙江省（3台）"]), region_of(["杭州市"]), region_of(["浙江省新大陆"])
    ('33', '3301', '')
    """
    if len(cells) != 1:
        return ""
    text = _BEHIND.sub("", _BEFORE.sub("", unicodedata.normalize("NFKC", cells[0]).strip())).strip()
    place, rest = divide(text) if text and not text.isascii() else (None, "")
    return "" if place is None or rest or place.county else place.city or place.province


def names_of(code: str) -> tuple[str, str]:
    """Province and city of such a code, as people write them; "" where there is none.

    >>> names_of("3301"), names_of("33")
    (('浙江省', '杭州市'), ('浙江省', ''))
    """
    names = names_by_code()
    return names.get(code[:2], ""), names.get(code, "") if len(code) > 2 else ""
