"""What names and headings say of all rows of a list, or of those below: their channel, their state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from audit.intake.grid import Grid
from audit.intake.notices import Notice, about_channel, about_said
from audit.intake.reading import Aside
from audit.intake.regions import contradicts, names_of, region_of, region_of_list
from audit.intake.repeats import encoded
from audit.intake.sheetname import NUMBERED, channel_of, only_channel, only_state, says_channel
from audit.tables import Table

_LONGEST, _LONGEST_OF_MERCHANT = 30, 120  # characters
_LISTED = 20  # row numbers a sentence can bear
# 商户号：898100000000001, 商户编号 898100000000001, 商户：某店（898100000000001）
# and not that of a merchant above it, nor a channel's: 上级商户号, 微信子商户号
_ITS_OWN = r"(?<![级道父团总子原旧信宝])"
_MERCHANT = re.compile(
    rf"(?:{_ITS_OWN}商户(?:号码?|编号|编码|代码|ID)|客户(?:号|编号|编码|代码)|商编|\bMID"
    r"|\bmerchant (?:id|no|number)\.?)\s*[:：=]?\s*"
    r"((?=[A-Z]*\d)[0-9A-Z]{8,20})(?![0-9A-Z])"
    rf"|{_ITS_OWN}商户(?:名称|全称|简称)?\s*[:：]\s*[^:：]{{1,60}}?[(（\[]\s*(\d{{8,20}})\s*[)）\]]",
    re.IGNORECASE,
)
_NUMBER = r"\d{3}[0-9A-Z]{12}"
# 898100000000001 某店（3台）, 某店（898100000000001）
_NAMED_MERCHANT = re.compile(
    rf"\s*({_NUMBER})[\s_-]+[\u4e00-\u9fff][^:：]*"
    rf"|\s*[\u4e00-\u9fff][^:：]{{1,60}}[(（\[【]({_NUMBER})[)）\]】][^:：]{{0,20}}"
)
_SHEET_OF_MERCHANT = re.compile(rf"(?:商户)?[\s_-]*({_NUMBER})")
_REMARK = re.compile(r"\s*(?:备注|注|说明|提示|#|\*)")
_FIGURES = re.compile(r"[\d０-９]+")
_CHAPTER = re.compile(r"\s*[一二三四五六七八九十]{1,2}[、.．]")
_OF_NOBODY = re.compile(
    r"^\s*(?:[商客]户|门店|商编|MID|merchant)|库存|备[机用]|仓库|[未待无]分配|无商户|其[他它]", re.IGNORECASE
)
_OF_OTHERS = re.compile("其[他它]|不明|未知|待确认")
# of no section: of a page, or of who made the list
_OF_PAGE = re.compile(
    r"\s*(?:续|以[上下]|第.{1,6}页|[※—-]|.{0,4}(?:打印|导出|制表|制单|填[表报]|审核|复核|经办|报表|统计|查询|日期|时间|单位))"
)


@dataclass(frozen=True)
class SheetSays:
    """A sheet: what kind each of its rows is, where those of data are, and the texts above its header."""

    grid: Grid
    kinds: np.ndarray
    places: np.ndarray
    titles: Sequence[str]

    def headings(self, meaning: Callable[[Sequence[str]], str], longest: int = _LONGEST) -> dict[int, str]:
        """The rows between those of data that mean something for what follows, by place: 支付宝报备清单."""
        found = {}
        # 二、支付宝 looks like words to choose from
        for row in np.flatnonzero(np.isin(self.kinds, (Aside.NOTE, Aside.EXAMPLE))).tolist():
            cells = self._cells(row)
            is_short = sum(map(len, cells)) <= longest and not _REMARK.match(cells[0] if cells else "")
            if is_short and len(self.places) and row < self.places[-1] and (said := meaning(cells)):
                found[row] = said
        return found

    def of_nobody(self, headings: Mapping[int, str]) -> list[int]:
        """The headings of sections that name no merchant, though `headings` do: 库存机具, 商户编号：待分配.

        Without `headings`, where the title speaks for the list, most are such above the header once more.
        What stands between the rows more than once parts the section of a heading.
        """
        before = self._rows_above()
        again = {int(before[row]) for row in np.flatnonzero(self.kinds == Aside.HEADER)}
        silent = self._silent(headings)
        notes = map(self._cells, np.flatnonzero(np.isin(self.kinds, (Aside.NOTE, Aside.EXAMPLE))).tolist())
        alike = Counter(_FIGURES.sub("", " ".join(cells)) for cells in notes)
        return [
            row
            for row, cells in silent.items()
            if _OF_NOBODY.search(cells[0])
            or ((headings or int(before[row]) in again) and alike[_FIGURES.sub("", " ".join(cells))] == 1)
        ]

    def of_others(self, headings: Mapping[int, str]) -> list[int]:
        """The headings made like `headings` that mean nothing: 四、其他渠道 below 一、微信."""
        if not headings:
            return []
        own = ["".join(self._cells(row)).strip() for row in headings]
        numbered = all(map(NUMBERED.match, own))
        ends = {text[-2:] for text in own if len(text) > 2}
        of_regions = bool(region_of(own[:1]))  # else these are parts of a section
        return [
            row
            for row, cells in self._silent(headings).items()
            if len(cells) == 1
            and (of_regions or not region_of(cells))
            and (
                _OF_OTHERS.search(cells[0])
                or _CHAPTER.match(cells[0])
                or (numbered and NUMBERED.match(cells[0]))
                or cells[0].strip()[-2:] in ends
            )
        ]

    def own_titles(self) -> dict[int, str]:
        """The titles that stand alone in their rows, by place."""
        above = {row: self._cells(row) for row in range(self.places[0] if len(self.places) else 0)}
        return {row: cells[0] for row, cells in above.items() if len(cells) == 1 and cells[0] in self.titles}

    def has_header_again(self) -> bool:
        """Whether a header stands further down, which may have a title of its own."""
        return bool((self.kinds == Aside.HEADER).any())

    def _silent(self, headings: Mapping[int, str]) -> dict[int, list[str]]:
        """The cells of notes between rows of data where no heading stands; no remarks, nothing of a page."""
        before = self._rows_above()
        said = {int(before[row]) for row in headings}
        found = {}
        for row in np.flatnonzero(np.isin(self.kinds, (Aside.NOTE, Aside.EXAMPLE))).tolist():
            cells = self._cells(row)
            if int(before[row]) in said or not 0 < before[row] < len(self.places) or not cells:
                continue
            if any(form.match(cells[0]) for form in (_REMARK, _OF_PAGE)) or set(cells) <= set(self.titles):
                continue
            found[row] = cells
        return found

    def _cells(self, row: int) -> list[str]:
        return [cell for cell in self.grid.row(row) if cell and cell.strip()]

    def _rows_above(self) -> np.ndarray:
        """Per row of the sheet, the rows of data above it."""
        return np.searchsorted(self.places, np.arange(len(self.kinds)))


def with_said(
    rows: pa.Table, sheet: SheetSays, columns: Collection[str], table: Table, of_file: tuple[str, str]
) -> tuple[pa.Table, list[Notice]]:
    """The rows with the channel, the state and the merchant that no column says, and what is told of it.

    The last heading above a row says it, else the name of the sheet or its title, else that of the file,
    which says `of_file`.
    """
    told: list[Notice] = []
    if not says_channel(columns, table) and "channel" not in rows.column_names:
        channel = channel_of(sheet.grid.sheet, list(sheet.titles), columns, table)
        by_file = "" if channel else of_file[0]
        headings = sheet.headings(only_channel)
        headings = dict(sorted((headings | dict.fromkeys(sheet.of_others(headings), "")).items()))
        told += about_channel(sheet.grid.sheet, channel, by_file, headings)
        if channel or by_file or headings:
            rows = rows.append_column("channel", _by_heading(sheet.places, headings, channel or by_file))
    if table.status and not {table.status, *table.wide}.intersection(rows.column_names):
        state_of = partial(only_state, table=table)
        state = state_of([sheet.grid.sheet]) or state_of(sheet.titles) or of_file[1]
        headings = sheet.headings(state_of)
        if state or headings:
            headings = dict(sorted((headings | dict.fromkeys(sheet.of_others(headings), "")).items()))
            told.append(about_said(sheet.grid.sheet, table.status, state, headings))
            rows = rows.append_column(table.status, _by_heading(sheet.places, headings, state))
    if "merchant_no" in table.by_name.keys() - columns and ("merchant_no",) not in table.keys:
        named = _SHEET_OF_MERCHANT.fullmatch(sheet.grid.sheet.strip())
        merchant = merchant_in(sheet.titles) or (named[1] if named else "")
        headings = sheet.headings(merchant_in, _LONGEST_OF_MERCHANT)
        if not (merchant or headings):
            first, by_name = (
                named_merchant(sheet.titles),
                sheet.headings(named_merchant, _LONGEST_OF_MERCHANT),
            )
            if len({first, *by_name.values()} - {""}) > 1:
                merchant, headings = first, by_name
        if merchant or headings:
            headings = dict(sorted((headings | dict.fromkeys(sheet.of_nobody(headings), "")).items()))
            told.append(about_said(sheet.grid.sheet, "merchant_no", merchant, headings))
            rows = rows.append_column("merchant_no", _by_heading(sheet.places, headings, merchant))
    if "province" in table.by_name.keys() - columns:
        rows, of_regions = _with_regions(rows, sheet)
        told += of_regions
    return rows, told


def _with_regions(rows: pa.Table, sheet: SheetSays) -> tuple[pa.Table, list[Notice]]:
    """The rows with the province, and the city, of the heading above them, else of the sheet's name or title.

    Where none is above the first row, the names may stand below what they are about. A list whose addresses
    are elsewhere too is somebody's there.
    """
    headings = sheet.headings(_region_of_heading)
    titles = {row: code for row, title in sheet.own_titles().items() if (code := region_of_list([title]))}
    if not headings:
        code = region_of_list([sheet.grid.sheet])
        if not code and len(set(titles.values())) == 1 and not sheet.has_header_again():
            code = next(iter(titles.values()))
        return _of_one_region(rows, sheet.grid.sheet, code) if code else (rows, [])
    if titles and sheet.has_header_again():
        headings = {max(titles): titles[max(titles)], **headings}
    if min(headings) > sheet.places[0]:
        lines = [row + 1 for row in headings]
        return rows, [
            ("regions_left", {"sheet": sheet.grid.sheet, "count": len(lines), "rows": lines[:_LISTED]})
        ]
    headings = dict(sorted((headings | dict.fromkeys(sheet.of_others(headings), "")).items()))
    told: list[Notice] = []
    for place, name in enumerate(("province", "city")):
        said = {row: names_of(code)[place] for row, code in headings.items()}
        if name not in rows.column_names and any(said.values()):
            told.append(about_said(sheet.grid.sheet, name, "", said))
            rows = rows.append_column(name, _by_heading(sheet.places, said, ""))
    return rows, told


def _region_of_heading(cells: Sequence[str]) -> str:
    return region_of(cells) or (region_of_list(cells) if len(cells) == 1 else "")


def _of_one_region(rows: pa.Table, sheet: str, code: str) -> tuple[pa.Table, list[Notice]]:
    told: list[Notice] = []
    if contradicts(rows, code):
        return rows, told
    for name, said in zip(("province", "city"), names_of(code), strict=True):
        if said and name not in rows.column_names:
            told.append(about_said(sheet, name, said, {}))
            rows = rows.append_column(name, encoded(pa.repeat(said, rows.num_rows)))
    return rows, told


def merchant_in(texts: Sequence[str]) -> str:
    """The number of the one merchant that texts name; "" where they name none, or several.

    >>> merchant_in(["商户编号", "898100000000001", "某店"]), merchant_in(["商户：某店（898100000000001）"])
    ('898100000000001', '898100000000001')
    """
    found = {number.upper() for pair in _MERCHANT.findall(" ".join(texts)) for number in pair if number}
    return found.pop() if len(found) == 1 else ""


def named_merchant(texts: Sequence[str]) -> str:
    """The number that texts have beside a name, which is a merchant's where several headings are made so.

    >>> named_merchant(["898100000000001 某店（3台）"])
    '898100000000001'
    """
    found = {one[1] or one[2] for one in map(_NAMED_MERCHANT.fullmatch, texts) if one}
    return found.pop() if len(found) == 1 else ""


def _by_heading(places: np.ndarray, headings: Mapping[int, str], first: str) -> pa.Array:
    """Per row of data what the last heading above it means, `first` where there is none."""
    rows = np.array(sorted(headings), np.int64)
    names = pa.array([first or None, *(headings[row] or None for row in rows.tolist())], pa.string())
    return encoded(names.take(pa.array(np.searchsorted(rows, places))))
