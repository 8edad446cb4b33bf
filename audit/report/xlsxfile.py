"""The last step of a workbook: data rows by column, one form of text, the same bytes every time.

openpyxl lays out the sheets: widths, filters, formats, charts, print setup. Its cells are slow to make and
its text is stored inline, which previews on phones show as blanks. So data rows are rendered here from whole
columns into the sheet that openpyxl made, and all text of the file becomes shared strings.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import partial
from html import escape, unescape
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from audit.report.coded import Coded
from audit.report.sharedstrings import SharedStrings
from audit.report.sheetrows import Rows, rendered
from audit.report.xlsxpackage import Piece, zipped

MAX_STYLES = 65_490  # different looks of cells that Excel opens
_INLINE = re.compile(
    rb'<c r="([A-Z]+\d+)"((?: s="\d+")?) t="inlineStr"><is><t[^>]*>(.*?)</t></is></c>', re.DOTALL
)
_DRAWN = re.compile(rb'(<(?:\w+:)?cNvPr id="\d+" name="[^"]*")')
_CONTENT_TYPE = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
_RELATION = (
    b'<Relationship Id="rIdSharedStrings" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" '
    b'Target="/xl/sharedStrings.xml"/>'
)
_STRINGS = "xl/sharedStrings.xml"


class _Draft(ExcelWriter):
    """Each sheet is made in memory.

    openpyxl's own way leads through a temporary file, which lxml does not find where its path has a `%`.
    """

    def write_worksheet(self, ws: Any) -> None:
        """The sheet into the archive, as openpyxl does it otherwise."""
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        writer = WorksheetWriter(ws, out=io.BytesIO())
        writer.write()
        ws._rels = writer._rels  # type: ignore[attr-defined]
        self._archive.writestr(ws.path[1:], writer.read())  # type: ignore[attr-defined]
        self.manifest.append(ws)


def finish(
    workbook: openpyxl.Workbook, rows: Mapping[str, Rows], stamp: date, drawn: Sequence[str] = ()
) -> bytes:
    """The workbook as bytes, with `rows` filled in by sheet title and every time set to `stamp`.

    `drawn` says in words what the charts show, in their order, for those who cannot see them.
    """
    looks = workbook._cell_styles  # type: ignore[attr-defined]
    assert len(looks) <= MAX_STYLES, "styles are made per column, never per cell"
    moment = datetime.combine(stamp, time())
    workbook.properties.created = workbook.properties.modified = moment
    draft = io.BytesIO()
    _Draft(workbook, zipfile.ZipFile(draft, "w")).save()  # as `workbook.save` does, but deflates nothing
    with zipfile.ZipFile(draft) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheets = {f"xl/worksheets/sheet{place}.xml": title for place, title in enumerate(workbook.sheetnames, 1)}
    found = {name: _INLINE.findall(parts[name]) for name in sheets}
    data = {name: rows[title] for name, title in sheets.items() if title in rows and rows[title].count}
    written = {
        name: Coded.of(pa.array([unescape(cell[2].decode()) for cell in cells], pa.string()))
        for name, cells in found.items()
    }
    columns: list[Coded] = []
    for name in sheets:
        columns += [written[name], *(data[name].texts if name in data else ())]
    strings = SharedStrings(columns)
    for name in sheets:
        numbers = strings.numbers(written[name]).take(pa.array(written[name].at))
        parts[name] = _shared(parts[name], numbers)
    _announce(parts)
    _describe(parts, drawn)
    spliced = {name: partial(_spliced, parts[name], own, strings) for name, own in data.items()}
    return zipped({**parts, **spliced, _STRINGS: strings.to_xml}, stamp)


def _shared(part: bytes, indices: pa.Array) -> bytes:
    """The part with its inline texts referred to by index."""
    own = iter(indices.to_pylist())

    def replace(found: re.Match[bytes]) -> bytes:
        return b'<c r="%s"%s t="s"><v>%d</v></c>' % (found[1], found[2], next(own))

    return _INLINE.sub(replace, part)


def _spliced(part: bytes, rows: Rows, strings: SharedStrings) -> list[Piece]:
    """The part with data rows behind those that openpyxl wrote."""
    last = f"{get_column_letter(len(rows.columns))}{rows.below + rows.count}"
    part = re.sub(rb'<dimension ref="[^"]*"\s*/>', f'<dimension ref="A1:{last}"/>'.encode(), part, count=1)
    head, end, tail = part.partition(b"</sheetData>")
    if rows.links:
        links = "".join(f'<hyperlink ref="{cell}" location="{escape(to)}"/>' for cell, to in rows.links)
        before, closing, after = tail.partition(b"</hyperlinks>")
        assert closing, "a sheet with links in its rows has one that leads back"
        tail = before + links.encode() + closing + after
    return [lambda: head, *rendered(rows, strings), lambda: end + tail]


def _announce(parts: dict[str, bytes]) -> None:
    """Tell the package of its new part."""
    types, relations = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
    parts[types] = parts[types].replace(b"</Types>", _CONTENT_TYPE + b"</Types>")
    parts[relations] = parts[relations].replace(b"</Relationships>", _RELATION + b"</Relationships>")


def _describe(parts: dict[str, bytes], drawn: Sequence[str]) -> None:
    """Say in words what each chart shows; openpyxl has no way to."""
    words = iter(drawn)
    for name in sorted(name for name in parts if name.startswith("xl/drawings/drawing")):

        def described(found: re.Match[bytes]) -> bytes:
            text = next(words, "")
            return found[1] + (f' descr="{escape(text)}"'.encode() if text else b"")

        parts[name] = _DRAWN.sub(described, parts[name])
