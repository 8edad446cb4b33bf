"""HTML tables that back offices call .xls, and the web archives Excel saves."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pyarrow as pa
from lxml import etree

from audit.errors import InputError, Unusable
from audit.intake.formats.delimited import read_delimited
from audit.intake.formats.encodings import decode
from audit.intake.formats.numbers import number_text, shown_as_code
from audit.intake.formats.sheet import MAX_COLUMNS, Sheet
from audit.intake.grid import Grid, Mark
from audit.intake.identifiers import ERROR_TEXT

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_-]+)""", re.IGNORECASE)
_MAX_SPANS = {"colspan": 1_000, "rowspan": 65_534}  # as browsers have it: more is as much
_HEADER_ROWS = 3
_PASSWORD_FIELD = re.compile(r"<input[^>]*type\s*=\s*[\"']?password", re.IGNORECASE)
_BREAKS = {"br", "p", "div", "li"}
_EXACT = ("x:num", "num", "sdval")
# said as exactly as the number behind it would, which may count its days from 1904
_MOMENT = re.compile(r"\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日? \d{1,2}:\d\d:\d\d")
_NOT_DISPLAYED = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_LEFT_OUT = {"script", "style", "noscript", "template", "table"}


def read_html(data: bytes) -> Iterator[Grid]:
    """Every table of a page, as a sheet; or, of a page without any, the text in it that is one.

    A table that nobody sees comes without cells, as a hidden sheet does; hidden rows are rows. Raises
    InputError (not a spreadsheet) for a page without tables: a login page, mostly.
    """
    text = _text_of(data)
    # libxml2 drops the rest of a page at a NUL, and believes a declaration before it believes us
    root = etree.fromstring(
        re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", "")).encode(),
        etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True),
    )
    found = [one for one in root.iter("table") if not _is_of_cell(one)] if root is not None else []
    tables = [(table, grid) for place, table in enumerate(found, 1) if (grid := _grid(table, place)).height]
    seen = [grid for table, grid in tables if not _is_hidden(table, *table.iterancestors())]
    if not any(map(_is_tabular, seen)):  # a page that shows itself only when all of it is there
        seen = [grid for _, grid in tables]
    shown = {grid.sheet for grid in seen}
    unseen = [Grid(grid.sheet, (), (), skipped="hidden") for _, grid in tables if grid.sheet not in shown]
    grids = _with_their_headers(seen)
    if root is not None and not any(map(_is_tabular, grids)):
        grids = list(_preformatted(root))
    # a form to log in is laid out in tables too, and a message takes one cell
    if _PASSWORD_FIELD.search(text) or not any(map(_is_tabular, grids)):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="HTML")
    if not re.search(r"</(?:html|table|pre)\s*>", text[-10_000:], re.IGNORECASE):
        raise InputError(Unusable.TRUNCATED, "file_truncated")
    yield from grids
    yield from unseen


def read_mhtml(data: bytes) -> Iterator[Grid]:
    """The tables of every page of a web archive."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
    grids: list[Grid] = []
    for page in pages:
        try:
            grids += read_html(bytes(page.get_payload(decode=True) or b""))
        except InputError as failure:
            if failure.reason is not Unusable.NOT_A_SPREADSHEET:
                raise
    if not grids:
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="MHTML")
    yield from grids


def _text_of(data: bytes) -> str:
    """The page's text. Declarations lie: valid UTF-8 wins over a western one, and gb2312 means GB18030."""
    found = _CHARSET.search(data[:4096])
    declared = found[1].decode().lower() if found else ""
    if declared in ("gb2312", "gbk", "gb18030", "x-gbk"):
        declared = "gb18030"
    if declared in ("gb18030", "big5", "big5-hkscs", "shift_jis", "euc-jp", "euc-kr"):
        try:
            return data.decode(declared)
        except UnicodeDecodeError:
            pass
    return decode(data)[0]


def _grid(table: etree._Element, place: int) -> Grid:
    sheet = Sheet(f"table {place}")
    covered: dict[int, int] = {}  # column to the rows still to skip in it
    # of a header whose cells stand in no row, what holds them is one
    rows = [
        row
        for row in table.iter("tr", "thead", "tbody", "tfoot")
        if next(row.iterancestors("table")) is table
        and (row.tag == "tr" or any(row.find(name) is not None for name in ("td", "th")))
    ]
    for number, row in enumerate(rows):
        column = 0
        taken = {at for at, left in covered.items() if left > 0}
        covered = {at: left - 1 for at, left in covered.items() if left > 1}
        for cell in row.iterchildren("td", "th"):
            while column in taken:
                column += 1
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            if column + across > 16 * MAX_COLUMNS:
                raise InputError(
                    Unusable.UNSAFE,
                    "sheet_too_wide",
                    sheet=sheet.name,
                    columns=column + across,
                    limit=16 * MAX_COLUMNS,
                )
            text, mark = _cell(cell)
            sheet.add(number, column, text, mark)
            if across > 1 or down > 1:
                sheet.merge(number, column, number + min(down, len(rows) - number) - 1, column + across - 1)
            if down > 1:
                covered |= dict.fromkeys(range(column, column + across), down - 1)
            column += across
    return sheet.grid()


def _preformatted(root: etree._Element) -> Iterator[Grid]:
    """Delimited text that a page shows as it is."""
    for place, element in enumerate(root.iter("pre"), 1):
        text = "".join(map(str, element.itertext()))
        with suppress(InputError):  # what went wrong on a server is no table
            grid = read_delimited(text.encode()).grid
            if sum(column.null_count < len(column) for column in grid.columns) > 2:
                yield replace(grid, sheet=f"pre {place}")


def _is_of_cell(table: etree._Element) -> bool:
    """Whether a table stands in a cell of another, and has one cell with a text: what that cell says."""
    if (
        next(table.iterancestors("td", "th"), None) is None
        or next(table.iterdescendants("table"), None) is not None
    ):
        return False
    return sum(bool(_cell(cell)[0]) for cell in table.iter("td", "th")) == 1


def _is_hidden(*elements: etree._Element) -> bool:
    """Whether one of the elements is not to be seen."""
    return any("hidden" in one.attrib or _NOT_DISPLAYED.search(one.get("style", "")) for one in elements)


def _with_their_headers(grids: list[Grid]) -> list[Grid]:
    """The tables, each below the small table of as many columns before it: grids that scroll keep their
    header, with a title perhaps, in a table of its own."""
    joined: list[Grid] = []
    for grid in grids:
        above = joined[-1] if joined else None
        if above and above.height <= _HEADER_ROWS and len(above.columns) == len(grid.columns) > 2:
            columns = (pa.concat_arrays(pair) for pair in zip(above.columns, grid.columns, strict=True))
            marks = [
                None
                if column is None
                else pa.concat_arrays([pa.array([0] * above.height, column.type), column])
                for column in grid.marks
            ]
            merges = (
                replace(one, first_row=one.first_row + above.height, last_row=one.last_row + above.height)
                for one in grid.merges
            )
            joined[-1] = replace(
                grid, columns=tuple(columns), marks=tuple(marks), merges=(*above.merges, *merges)
            )
        else:
            joined.append(grid)
    return joined


def _is_tabular(grid: Grid) -> bool:
    return sum(column.null_count < len(column) for column in grid.columns) > 1 and grid.height > 1


def _span(cell: etree._Element, name: str) -> int:
    value = (cell.get(name) or "").strip()
    return min(max(1, int(value)), _MAX_SPANS[name]) if value.isdigit() and len(value) < 9 else 1


def _cell(cell: etree._Element) -> tuple[str, Mark]:
    """The cell's text, or the number behind it where Excel (x:num) or LibreOffice (sdval) wrote one."""
    exact = next((value for key, value in cell.attrib.items() if key in _EXACT), None)
    # a blank cell, and a blank that must not break a line, are written as no-break spaces
    text = "".join(_pieces(cell)).replace("\u00a0", " ")
    shown = re.sub(r"[ \t\r\n\f\v]+", " ", text.replace("\n", "\x01"))
    shown = re.sub(r" ?\x01 ?", "\n", shown).strip(" \n")
    if ERROR_TEXT.fullmatch(shown):
        return shown, Mark.ERROR  # LibreOffice gives nought as what is behind it
    if exact and not (shown.isdigit() and shown.startswith("0")) and not _MOMENT.fullmatch(shown):
        try:
            number = number_text(float(exact))
        except ValueError:
            return shown, Mark.TEXT
        return (shown, Mark.TEXT) if shown_as_code(shown, number) else (number, Mark.NUMBER)
    return shown, Mark.TEXT


def _pieces(element: etree._Element) -> Iterator[str]:
    yield re.sub(r"[ \t\r\n]+", " ", element.text or "")
    for child in element:
        is_left_out = child.tag in _LEFT_OUT and not (child.tag == "table" and _is_of_cell(child))
        if isinstance(child.tag, str) and not is_left_out and not _is_hidden(child):
            if child.tag in _BREAKS:
                yield "\n"
            if child.tag == "input" and child.get("type", "text").lower() == "text":
                yield child.get("value", "")
            if child.tag == "select":
                options = list(child.iter("option"))
                yield from _pieces(next((one for one in options if "selected" in one.attrib), child))
            else:
                yield from _pieces(child)
        yield re.sub(r"[ \t\r\n]+", " ", child.tail or "")
