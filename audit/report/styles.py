"""The look of the workbook: a few fonts, fills and widths, the same on every sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import copy
from functools import cache
from typing import Any, cast
from weakref import WeakKeyDictionary

from openpyxl.cell import Cell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.workbook import Workbook
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from audit.report.palette import (
    BAD,
    GOOD,
    HEAD,
    IN_HAND,
    INK,
    LINE,
    MUTED,
    PALE,
    PLAIN,
    SEVERITY_FILL,
    SEVERITY_INK,
    VERDICT_FILL,
    WARNING,
)
from audit.report.sharedstrings import WIDE
from audit.report.sheetrows import LINE_HEIGHT, CellStyle
from audit.words import Words

# handed on to those who style cells
__all__ = [
    "BAD",
    "GOOD",
    "HEAD",
    "INK",
    "LINE",
    "LINE_HEIGHT",
    "MUTED",
    "PALE",
    "PLAIN",
    "SEVERITY_FILL",
    "SEVERITY_INK",
    "VERDICT_FILL",
    "WARNING",
]

FONT = "微软雅黑"
TO_FILL = "2E7D5B"  # the head of a column that people fill in
STATE_FILL = {
    "new": BAD,
    "reopened": BAD,
    "fixed": GOOD,
    "unchecked": PLAIN,
    "held": PLAIN,
    "absent": PLAIN,
    "claimed": IN_HAND,
    "in_progress": IN_HAND,
    "waived": PLAIN,
    "false_positive": PLAIN,
    "gone": GOOD,
    "arrived": PLAIN,
}

THIN = Border(bottom=Side(style="thin", color=LINE))
WRAP = Alignment(horizontal="left", vertical="top", wrap_text=True)
TOP = Alignment(horizontal="left", vertical="top")
A4 = 9


@cache
def font(size: float = 11, bold: bool = False, color: str = INK) -> Font:
    """The report's one typeface."""
    return Font(name=FONT, size=size, bold=bold, color=color)


@cache
def fill(color: str) -> PatternFill:
    """A plain background."""
    return PatternFill("solid", start_color=color, end_color=color)


class _Known(IndexedList[Any]):
    """Fonts and the like of a workbook, which openpyxl compares with all others whenever a cell gets one."""

    def __init__(self, those: Iterable[object]) -> None:
        super().__init__(those)
        self._same: dict[int, tuple[object, int]] = {}  # holds what it knows, so that no other takes its id

    def add(self, value: object) -> int:
        if id(value) not in self._same:
            self._same[id(value)] = value, super().add(value)
        return self._same[id(value)][1]


def new_workbook() -> Workbook:
    """An empty workbook whose default font shows Chinese well."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name in ("_fonts", "_fills", "_borders", "_alignments"):
        setattr(workbook, name, _Known(getattr(workbook, name)))
    workbook._named_styles["Normal"].font = font()  # type: ignore[attr-defined]
    return workbook


def dress(cell: Cell, number_format: str = "General", guarded: bool = False) -> None:
    """The style of a cell in a short table. `guarded`: text that begins as a formula does."""

    def put_on(cell: Cell) -> None:
        cell.font = font()
        cell.border = THIN
        cell.alignment = WRAP
        cell.number_format = number_format
        cell.quotePrefix = guarded

    _wear(cell, ("short", number_format, guarded), put_on)


def header_cell(cell: Cell, color: str = HEAD) -> None:
    """White on dark blue, or on the color of what people fill in."""

    def put_on(cell: Cell) -> None:
        cell.font = font(bold=True, color="FFFFFF")
        cell.fill = fill(color)
        cell.alignment = Alignment(vertical="center", wrap_text=True)

    _wear(cell, ("header", color), put_on)


def data_style(
    sheet: Worksheet, wrap: bool = False, number_format: str = "@", shaded: bool = False, ink: str = INK
) -> CellStyle:
    """The style of a data column; identifiers and all other text are formatted as text.

    `shaded`: a column of a form that people do not fill in.
    """
    looks = _LOOKS.setdefault(_workbook(sheet), {})
    look = ("column", wrap, number_format, shaded, ink)
    if look not in looks:
        looks[look] = CellStyle(
            *(_data_style(sheet, wrap, number_format, shaded, ink, guarded) for guarded in (False, True))
        )
    return cast("CellStyle", looks[look])


def _data_style(
    sheet: Worksheet, wrap: bool, number_format: str, shaded: bool, ink: str, guarded: bool
) -> int:
    cell = Cell(sheet, row=1, column=1)
    cell.font = font(color=ink)
    cell.alignment = WRAP if wrap else TOP
    cell.border = THIN
    cell.number_format = number_format
    cell.quotePrefix = guarded
    if shaded:
        cell.fill = fill(PALE)
    return cell.style_id


def _wear(cell: Cell, look: tuple[object, ...], put_on: Callable[[Cell], None]) -> None:
    """Style a cell that has no style yet.

    openpyxl compares a style with all others for each cell; here it is found once a workbook and then copied.
    """
    workbook = cell.parent.parent
    assert workbook is not None
    known = _LOOKS.setdefault(workbook, {})
    if look not in known:
        put_on(cell)
        known[look] = cell._style  # type: ignore[attr-defined]
    cell._style = copy(known[look])  # type: ignore[attr-defined]


_LOOKS: WeakKeyDictionary[Workbook, dict[tuple[object, ...], Any]] = WeakKeyDictionary()


def _workbook(sheet: Worksheet) -> Workbook:
    workbook = sheet.parent
    assert workbook is not None
    return workbook


def colour_words(
    sheet: Worksheet, area: str, first: str, fills: dict[str, str], inks: dict[str, str] | None = None
) -> None:
    """Colour the cells of `area` that hold one of the words; `first` is the area's first cell."""
    for word, color in fills.items():
        look = _differential(_workbook(sheet), color, (inks or {}).get(word, INK))
        rule = Rule("expression", dxfId=look, formula=[f'{first}="{word}"'], stopIfTrue=True)
        sheet.conditional_formatting.add(area, rule)


def _differential(workbook: Workbook, color: str, ink: str) -> int:
    """The number of a look that cells take on, which openpyxl finds by comparing it with all others."""
    known = _LOOKS.setdefault(workbook, {})
    if ("differential", color, ink) not in known:
        look = DifferentialStyle(font=Font(color=ink), fill=fill(color))
        known["differential", color, ink] = workbook._differential_styles.add(look)  # type: ignore[attr-defined]
    return int(known["differential", color, ink])


def colour_severities(sheet: Worksheet, area: str, first: str, words: Words) -> None:
    """Colour a column of severities."""
    labels = words.section("severity")
    fills = {labels[word]: color for word, color in SEVERITY_FILL.items()}
    colour_words(sheet, area, first, fills, {labels[word]: color for word, color in SEVERITY_INK.items()})


def colour_states(sheet: Worksheet, area: str, first: str, words: Words) -> None:
    """Colour a column of states."""
    labels = words.section("state")
    colour_words(sheet, area, first, {labels[word]: color for word, color in STATE_FILL.items()})


def print_setup(sheet: Worksheet, footer: str, title_rows: str | None = None) -> None:
    """A4 landscape, one page wide, the header on every page, page numbers below."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    sheet.oddFooter = HeaderFooterItem(left=_HeaderFooterPart("&A"), center=_HeaderFooterPart(footer))
    if title_rows:
        sheet.print_title_rows = title_rows


def fitted(text: str, width: float) -> str:
    """A text cut to a width."""
    taken = 0.0
    for place, letter in enumerate(text):
        taken += _width(letter)
        if taken > width:
            return text[:place].rstrip() + "…"
    return text


def lines_of(text: str, width: float) -> int:
    """Lines a text takes in a column of that width."""
    taken = sum(map(_width, text))
    return max(1, math.ceil(taken / max(width - 1, 1)))


def _width(letter: str) -> float:
    return WIDE if ord(letter) > 0x2E7F else 1.0
