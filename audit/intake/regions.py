"""Headings that name a province or a city, whose devices are listed below: 浙江省, 二、杭州市（3台）."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.gazetteer import Level, gazetteer, names_by_code
from audit.intake.places import divide, place_columns
from audit.intake.sheetname import NUMBERED

_BEFORE = re.compile(rf"{NUMBERED.pattern}|^\s*(?:所[在属])?(?:省份?|省市|地区|区域|城市)\s*[:：]\s*")
_DATED = re.compile(r"^20\d\d(?:年(?:第?[一二三四\d]{1,2}[月季]度?)?|[-.]?\d\d)\s*")
_LIST = re.compile(
    r"\s*(?:分公司|地区|区域)?\s*(?:POS机?|智能|终端|设备|机具|受理|商户|信息|资料|数据|布放|在用|存量|报备|登记|备案|\s)*"
    r"(?:台账|清单|明细表?|列表|名单|一览表|汇总表?|统计表|档案|情况表?|表)?$",
    re.IGNORECASE,
)
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


def region_of_list(texts: Sequence[str]) -> str:
    """The code of the one province or city that the name of a list or its title names, with nothing else.

    >>> [region_of_list([name]) for name in ("2026年11月浙江省POS终端台账", "浙江分公司", "浙江新大陆")]
    ['33', '33', '']
    """
    found = {code for text in texts if (code := region_of([_without_nouns(text)]))}
    return found.pop() if len(found) == 1 else ""


def _without_nouns(text: str) -> str:
    """A title without its date and the words for a list; "" where a short name may mean two: 朝阳."""
    bare = _LIST.sub("", _DATED.sub("", unicodedata.normalize("NFKC", text).strip()))
    meant = gazetteer().meanings.get(bare, ())
    is_province = any(one.level is Level.PROVINCE for one in meant)
    return bare if is_province or len({one.province for one in meant}) < 2 else ""


def contradicts(rows: pa.Table, code: str) -> bool:
    """Whether an address of the rows names another province."""
    column = next((name for name in ("address", "biz_address") if name in rows.column_names), "")
    if not column:
        return False
    found = place_columns(pa.table({"address": rows[column]}))["province_code"]
    return bool(pc.any(pc.not_equal(found, code[:2])).as_py())


def names_of(code: str) -> tuple[str, str]:
    """Province and city of such a code, as people write them; "" where there is none.

    >>> names_of("3301"), names_of("33")
    (('浙江省', '杭州市'), ('浙江省', ''))
    """
    names = names_by_code()
    return names.get(code[:2], ""), names.get(code, "") if len(code) > 2 else ""
