"""The last step of a workbook: data rows by column, one form of text, the same bytes every time.

openpyxl lays out the sheets: widths, filters, formats, print setup. Its cells are slow to make and its
text is stored inline, which previews on phones show as blanks. So data rows are rendered here from whole
columns into the sheet that openpyxl made, and all text of the file becomes shared strings.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import unescape

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter

MAX_CELL_CHARACTERS = 32_767
MAX_ROWS = 1_048_576
LINE_HEIGHT = 17.0  # points of a line of 11-point type
WIDE = 1.9  # a Chinese character, in digits
_CUT = "…"
_INLINE = re.compile(
    rb'<c r="([A-Z]+\d+)"((?: s="\d+")?) t="inlineStr"><is><t[^>]*>(.*?)</t></is></c>', re.DOTALL
)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# text that a spreadsheet program would take for a formula once somebody edits the cell
FORMULA_LIKE = r"^[=+\-@\t\r\n＝＋－＠#]"
_EXCEL_EPOCH = 25_569  # days from 1899-12-30 to 1970-01-01
_CONTENT_TYPE = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
_RELATION = (
    b'<Relationship Id="rIdSharedStrings" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" '
    b'Target="/xl/sharedStrings.xml"/>'
)


@dataclass(frozen=True)
class CellStyle:
    """Style indexes of a column: for ordinary text, and for text that looks like a formula."""

    plain: int
    guarded: int


@dataclass(frozen=True)
class Rows:
    """Data rows of a sheet, below its header in row `below`: text, whole numbers and dates, by column."""

    below: int
    columns: Sequence[pa.Array]
    styles: Sequence[CellStyle]
    widths: Sequence[float]  # of the columns that wrap their text, else 0

    @property
    def count(self) -> int:
        """Rows."""
        return len(self.columns[0]) if self.columns else 0


class SharedStrings:
    """Every text of the workbook once, by index."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._index)

    def of(self, text: str) -> int:
        """The index of a text, as the sheet refers to it."""
        return self._index.setdefault(_ESCAPED.sub("_x005F_", printable(text)), len(self._index))

    def to_xml(self) -> bytes:
        """The part xl/sharedStrings.xml."""
        items = "".join(f"<si><t{_preserve(text)}>{_escape(text)}</t></si>" for text in self._index)
        head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        return f'{head}<sst xmlns="{space}" uniqueCount="{len(self)}">{items}</sst>'.encode()


def finish(workbook: openpyxl.Workbook, rows: Mapping[str, Rows], stamp: date) -> bytes:
    """The workbook as bytes, with `rows` filled in by sheet title and every time set to `stamp`."""
    draft = io.BytesIO()
    workbook.save(draft)
    strings = SharedStrings()
    by_part = {
        f"xl/worksheets/sheet{place}.xml": rows.get(title)
        for place, title in enumerate(workbook.sheetnames, 1)
    }
    finished: dict[str, bytes] = {}
    with zipfile.ZipFile(draft) as archive:
        for name in archive.namelist():
            part = archive.read(name)
            if name in by_part:
                part = _shared(part, strings)
                if (data := by_part[name]) is not None and data.count:
                    part = _spliced(part, data, strings)
            finished[name] = part
    finished["xl/sharedStrings.xml"] = strings.to_xml()
    _announce(finished)
    _set_times(finished, stamp)
    return _zipped(finished, stamp)


def printable(text: str) -> str:
    """A text a cell can hold: no control characters, and no more than a cell takes."""
    text = _ILLEGAL.sub("", text)
    return text if len(text) <= MAX_CELL_CHARACTERS else text[: MAX_CELL_CHARACTERS - 1] + _CUT


def _shared(part: bytes, strings: SharedStrings) -> bytes:
    def replace(found: re.Match[bytes]) -> bytes:
        index = strings.of(unescape(found[3].decode()))
        return b'<c r="%s"%s t="s"><v>%d</v></c>' % (found[1], found[2], index)

    return _INLINE.sub(replace, part)


def _spliced(part: bytes, rows: Rows, strings: SharedStrings) -> bytes:
    """The sheet with the data rows behind its header, and with the size it has now."""
    last = f"{get_column_letter(len(rows.columns))}{rows.below + rows.count}"
    part = re.sub(
        rb'<dimension ref="A1:[A-Z]+\d+"/>', f'<dimension ref="A1:{last}"/>'.encode(), part, count=1
    )
    head, end, tail = part.partition(b"</sheetData>")
    return b"".join([head, _rendered(rows, strings), end, tail])


def _rendered(rows: Rows, strings: SharedStrings) -> bytes:
    numbers = pa.array(np.arange(rows.below + 1, rows.below + 1 + rows.count)).cast(pa.string())
    heights = _heights(rows)
    pieces: list[pa.Array | pa.Scalar] = [
        *(pa.scalar('<row r="'), numbers, pa.scalar('" ht="'), heights, pa.scalar('" customHeight="1">'))
    ]
    for place, (column, style) in enumerate(zip(rows.columns, rows.styles, strict=True), 1):
        pieces.append(_cells(get_column_letter(place), numbers, column, style, strings))
    pieces.append(pa.scalar("</row>"))
    lines = pc.binary_join_element_wise(*pieces, "")
    return "".join(lines.to_pylist()).encode()


def _heights(rows: Rows) -> pa.Array:
    """Row heights that show wrapped text whole: not every program works them out when it opens a file."""
    lines = pa.array(np.ones(rows.count))
    for column, width in zip(rows.columns, rows.widths, strict=True):
        if width:
            lines = pc.max_element_wise(lines, pc.ceil(pc.divide(text_widths(column), width)))
    return pc.multiply(lines, LINE_HEIGHT).cast(pa.string())


def text_widths(column: pa.Array) -> pa.Array:
    """How wide texts stand, in the file's unit of one digit; a wide character takes three bytes of UTF-8."""
    characters = pc.utf8_length(column)
    wide = pc.divide(pc.subtract(pc.binary_length(column), characters), 2)
    return pc.fill_null(
        pc.add(pc.multiply(wide.cast(pa.float64()), WIDE - 1), characters.cast(pa.float64())), 0.0
    )


def _cells(
    letter: str, numbers: pa.Array, column: pa.Array, style: CellStyle, strings: SharedStrings
) -> pa.Array:
    """One column's cells as XML; a blank cell keeps its style, for the line under the row."""
    kind = ""
    if pa.types.is_string(column.type):
        encoded = column.dictionary_encode()
        unique = encoded.dictionary
        indexes = pa.array([strings.of(text) for text in unique.to_pylist()], pa.int64())
        guarded = pc.match_substring_regex(unique, FORMULA_LIKE)
        styles = pc.if_else(guarded, str(style.guarded), str(style.plain)).take(encoded.indices)
        values, kind = indexes.take(encoded.indices).cast(pa.string()), ' t="s"'
    else:
        if pa.types.is_date(column.type):
            column = pc.add(column.cast(pa.int32()).cast(pa.int64()), _EXCEL_EPOCH)
        values = column.cast(pa.string())
        styles = pa.scalar(str(style.plain))
    cells = pc.binary_join_element_wise(
        f'<c r="{letter}', numbers, '" s="', styles, f'"{kind}><v>', values, "</v></c>", ""
    )
    blank = pc.binary_join_element_wise(f'<c r="{letter}', numbers, f'" s="{style.plain}"/>', "")
    return pc.coalesce(cells, blank)


def _announce(parts: dict[str, bytes]) -> None:
    """Tell the package of its new part."""
    types, relations = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
    parts[types] = parts[types].replace(b"</Types>", _CONTENT_TYPE + b"</Types>")
    parts[relations] = parts[relations].replace(b"</Relationships>", _RELATION + b"</Relationships>")


def _set_times(parts: dict[str, bytes], stamp: date) -> None:
    core = "docProps/core.xml"
    moment = f"{stamp.isoformat()}T00:00:00Z".encode()
    parts[core] = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + moment, parts[core])


def _zipped(parts: Mapping[str, bytes], stamp: date) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(parts, key=lambda part: (part != "[Content_Types].xml", part)):
            entry = zipfile.ZipInfo(name, (max(stamp.year, 1980), stamp.month, stamp.day, 0, 0, 0))
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, parts[name])
    return target.getvalue()


def _preserve(text: str) -> str:
    return ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
