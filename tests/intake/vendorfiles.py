"""Files as vendors export them, made by hand, and what intake makes of them."""

from __future__ import annotations

import csv
import io
import os
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import openpyxl

from audit.intake.read import read_file
from audit.intake.reading import FileReading, SheetReading
from audit.intake.request import Request
from audit.intake.rows import read_rows
from audit.tables import normalise_label

MERCHANT = "898100000000001"
HEADER = ["序列号", "商户号", "型号", "终端状态", "安装日期", "备注"]
SECRET = "5e" * 32
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# cell styles of `raw_book`: 1 is a date, 2 is padded with zeros to 8 digits, 3 to 18
DATE, PADDED, PADDED_LONG = 1, 2, 3
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="170" formatCode="{"0" * 8}"/>'
    f'<numFmt numFmtId="171" formatCode="{"0" * 18}"/></numFmts><cellXfs count="4"><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>'
)


@dataclass(frozen=True)
class Read:
    """The account of a file and its canonical rows; `rows` is None when nothing was written."""

    reading: FileReading
    rows: list[dict[str, Any]] | None

    @property
    def sheet(self) -> SheetReading:
        """The only sheet with data."""
        assert not self.reading.error, (self.reading.error_key, self.reading.error_facts)
        [sheet] = [sheet for sheet in self.reading.sheets if not sheet.skipped]
        return sheet

    @property
    def rejected(self) -> list[tuple[int, str, str]]:
        """(row, canonical column, reason) of every rejected cell."""
        return [(one.row, one.column, str(one.reason)) for one in self.reading.rejections]

    def column(self, name: str) -> list[Any]:
        """The values of a canonical column, in the order of the file."""
        assert self.rows is not None, (self.reading.error_key, self.reading.error_facts)
        return [row[name] for row in self.rows]


def take(
    path: Path, table: str = "devices", columns: Mapping[str, str] | None = None, **request: Any
) -> Read:
    """Read a file as the night does, in this process. `columns` maps headers as a user writes them."""
    output = path.with_name(f"{path.name}.canonical.parquet")
    output.unlink(missing_ok=True)
    known = {normalise_label(header): name for header, name in (columns or {}).items()}
    reading = read_file(Request(path=str(path), table=table, output=str(output), columns=known, **request))
    return Read(reading, read_rows(output).to_pylist() if output.is_file() else None)


def put(path: Path, data: bytes) -> Path:
    """Write a file as if it had been there for a while, so that nobody waits for its writer to finish."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    before = time.time() - 60
    os.utime(path, (before, before))
    return path


def take_bytes(folder: Path, data: bytes, name: str = "export.csv", **how: Any) -> Read:
    """Read these bytes, in a file of that name."""
    return take(put(folder / name, data), **how)


def take_rows(folder: Path, rows: Iterable[Sequence[str]], **how: Any) -> Read:
    """Read these rows, written as UTF-8 CSV."""
    return take_bytes(folder, delimited(rows).encode(), **how)


def device(number: int, *changes: str) -> list[str]:
    """One row under HEADER; `changes` are "header=value"."""
    row = dict(zip(HEADER, [f"SN{number:06}", MERCHANT, "X1", "在用", "2025-01-15", ""], strict=True))
    row |= dict(change.split("=", 1) for change in changes)
    return [row[name] for name in HEADER]


def delimited(rows: Iterable[Sequence[str]], delimiter: str = ",", end: str = "\n") -> str:
    """The rows as delimited text."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(rows)
    return stream.getvalue()


def book(
    *sheets: Sequence[Sequence[Any]], change: Callable[[openpyxl.Workbook], object] | None = None
) -> bytes:
    """A workbook as openpyxl writes it, a sheet for each table of rows, with a last `change` to it."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for number, rows in enumerate(sheets, 1):
        sheet = made.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(list(row))
    if change:
        change(made)
    return saved(made)


def saved(made: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def text(where: str, value: str) -> str:
    """A cell of inline text, as XML."""
    return f'<c r="{where}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def line(number: int, *cells: str, start: str = "A") -> str:
    """A row, as XML; cells that are not XML yet are text, from column `start` on."""
    shown = (
        cell if cell.startswith("<") else text(f"{chr(ord(start) + place)}{number}", cell)
        for place, cell in enumerate(cells)
    )
    return f'<row r="{number}">{"".join(shown)}</row>'


def raw_book(*rows: str, shared: Sequence[str] | None = None, properties: str = "") -> bytes:
    """A workbook of one sheet, from the XML of its rows: for what no library writes."""
    links = {"r1": ("worksheet", "worksheets/sheet1.xml"), "r2": ("styles", "styles.xml")}
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">{properties}'
        '<sheets><sheet name="台账" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/styles.xml": _STYLES,
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>'
        f"{''.join(rows)}</sheetData></worksheet>",
        "_rels/.rels": _relations({"r1": ("officeDocument", "xl/workbook.xml")}),
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
    }
    if shared is not None:
        links["r3"] = ("sharedStrings", "sharedStrings.xml")
        items = "".join(f"<si><t>{escape(value)}</t></si>" for value in shared)
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}">{items}</sst>'
    parts["xl/_rels/workbook.xml.rels"] = _relations(links)
    return archive({name: part.encode() for name, part in parts.items()})


def _relations(links: Mapping[str, tuple[str, str]]) -> str:
    found = (
        f'<Relationship Id="{name}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for name, (kind, target) in links.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(found)}</Relationships>'


def archive(parts: Mapping[str, bytes]) -> bytes:
    """A zip archive of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a zip archive, by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def with_part(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The archive with one part changed."""
    parts = parts_of(data)
    return archive(parts | {part: change(parts[part])})
