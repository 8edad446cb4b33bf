"""The same small ledger in every kind of file, made without a spreadsheet program."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlwt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.container.ecma376_encrypted import ECMA376Encrypted
from msoffcrypto.method.ecma376_standard import ECMA376Standard

PASSWORD = "Zd@2026"
HEADER = ("终端序列号", "商户编号", "终端型号", "装机日期", "终端状态", "布放地址")
ROWS: tuple[tuple[str | date, ...], ...] = (
    ("000012345678", "898100000000001", "N910", date(2025, 3, 1), "在用", "北京市朝阳区𠮷祥路1号"),
    ("LW00AB12CD", "898100000000002", "A8 <新> & 旧", date(2024, 2, 29), "停用", "成都市锦江区"),
    ("000012345679", "898100000000001", "N910", date(2026, 11, 20), "已撤机", "=1+1"),
)
EXPECTED = [
    {
        "serial_no": row[0],
        "merchant_no": row[1],
        "model": row[2],
        "install_date": row[3],
        "terminal_status": status,
        "address": row[5],
    }
    for row, status in zip(ROWS, ("active", "inactive", "retired"), strict=True)
]
TEXT_ROWS = [HEADER, *(tuple(str(cell) for cell in row) for row in ROWS)]


def xlsx(
    rows: Sequence[Sequence[object]] = (HEADER, *ROWS), change: Callable[..., None] | None = None
) -> bytes:
    """A plain workbook; `change` gets the sheet before it is saved."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    if change:
        change(sheet)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def repacked(data: bytes, edit: Callable[[str, bytes], tuple[str, bytes] | None]) -> bytes:
    """A package with each part renamed, changed or dropped by `edit`."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if changed := edit(name, old.read(name)):
                new.writestr(*changed)
    return target.getvalue()


def edited(part: str, edit: Callable[[bytes], bytes]) -> bytes:
    """The plain workbook with one part edited."""
    return repacked(xlsx(), lambda name, data: (name, edit(data) if name == part else data))


SHEET = "xl/worksheets/sheet1.xml"


def strict_xlsx() -> bytes:
    """The ISO strict flavour: other namespaces."""

    def edit(name: str, data: bytes) -> tuple[str, bytes]:
        data = data.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
        return name, data.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    return repacked(xlsx(), edit)


def shared_xlsx() -> bytes:
    """Text as shared strings, as Excel writes it."""
    texts: list[bytes] = []

    def share(found: re.Match[bytes]) -> bytes:
        texts.append(found[2])
        return b'%s t="s"><v>%d</v></c>' % (found[1], len(texts) - 1)

    def edit(name: str, data: bytes) -> tuple[str, bytes]:
        if name == SHEET:
            data = re.sub(
                rb'(<c r="[A-Z]+\d+"(?: s="\d+")?) t="inlineStr"><is><t[^>]*>(.*?)</t></is></c>', share, data
            )
        return name, data

    data = repacked(xlsx(), edit)
    items = b"".join(b"<si><r><t>%s</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si>" % text for text in texts)
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = b'<sst xmlns="%s">%s</sst>' % (space, items)

    def link(name: str, content: bytes) -> tuple[str, bytes] | None:
        if name == "xl/sharedStrings.xml":
            return None
        return name, content

    with_strings = io.BytesIO(repacked(data, link))
    with zipfile.ZipFile(with_strings, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", strings)
        has_link = b"sharedStrings" in archive.read("xl/_rels/workbook.xml.rels")
    if has_link:
        return with_strings.getvalue()
    relation = (
        b'<Relationship Id="rIdS" Target="/xl/sharedStrings.xml" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
        b"</Relationships>"
    )
    return repacked(
        with_strings.getvalue(),
        lambda name, content: (
            name,
            content.replace(b"</Relationships>", relation) if name.endswith("workbook.xml.rels") else content,
        ),
    )


def wide_xlsx() -> bytes:
    """A sheet part in UTF-16."""

    def edit(data: bytes) -> bytes:
        text = re.sub(r"^<\?xml[^>]*\?>", "", data.decode())
        return ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")

    return edited(SHEET, edit)


def addressless_xlsx() -> bytes:
    """Rows and cells without their addresses."""
    return edited(SHEET, lambda data: re.sub(rb'(<(?:row|c)) r="\w+"', rb"\1", data))


def far_cell_xlsx() -> bytes:
    """One stray blank cell in the last corner of the sheet."""
    stray = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t> </t></is></c></row></sheetData>'
    return edited(SHEET, lambda data: data.replace(b"</sheetData>", stray))


def shouting_xlsx() -> bytes:
    """Part names in another case."""
    return repacked(xlsx(), lambda name, data: (name.replace("xl/worksheets", "XL/Worksheets"), data))


def backslashed_xlsx() -> bytes:
    """The sheet's part told with a path as Windows writes it."""
    return edited("xl/_rels/workbook.xml.rels", lambda data: data.replace(b"worksheets/", b"worksheets\\"))


def commented_xlsx() -> bytes:
    """A byte-order mark and comments in the sheet."""
    return edited(
        SHEET, lambda data: b"\xef\xbb\xbf" + data.replace(b"<sheetData>", b"<!-- <c r='A1'> --><sheetData>")
    )


def encrypted_xlsx(password: str = PASSWORD) -> bytes:
    """The workbook behind a password."""
    target = io.BytesIO()
    OOXMLFile(io.BytesIO(xlsx())).encrypt(password, target)
    return target.getvalue()


def standard_xlsx(password: str = PASSWORD) -> bytes:
    """The workbook behind a password as Excel 2007 and WPS put it: AES-128, block by block."""
    salt, verifier, data = bytes(range(16)), bytes(range(16, 32)), xlsx()
    key = ECMA376Standard.makekey_from_password(password, 0x660E, 0x8004, 0x18, 128, 16, salt)

    def locked(text: bytes) -> bytes:
        cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        return cipher.update(text + bytes(-len(text) % 16)) + cipher.finalize()

    provider = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + provider
    info = struct.pack("<HHII", 3, 2, 0x24, len(header)) + header
    info += struct.pack("<I", 16) + salt + locked(verifier) + struct.pack("<I", 20)
    info += locked(hashlib.sha1(verifier).digest())
    target = io.BytesIO()
    ECMA376Encrypted(struct.pack("<Q", len(data)) + locked(data), info).write_to(target)
    return target.getvalue()


def xls() -> bytes:
    """BIFF8."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("终端台账")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for row, cells in enumerate((HEADER, *ROWS)):
        for column, value in enumerate(cells):
            if isinstance(value, date):
                sheet.write(row, column, value, day)
            else:
                sheet.write(row, column, value)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def xlsb(short: bool = False) -> bytes:
    """A binary workbook; with `short` records, only the first cell of a row states its column."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        size, length = b"", len(body)
        while True:
            size += bytes([length & 0x7F | (0x80 if length > 127 else 0)])
            length >>= 7
            if not length:
                return head + size + body

    def text(value: str) -> bytes:
        raw = value.encode("utf-16-le")
        return struct.pack("<I", len(raw) // 2) + raw

    sheet = record(129) + record(145)
    for row, cells in enumerate((HEADER, *ROWS)):
        sheet += record(0, struct.pack("<II", row, 0) + bytes(9))
        for column, value in enumerate(cells):
            is_short = short and column > 0
            place = struct.pack("<I", 1 if isinstance(value, date) else 0)
            if not is_short:
                place = struct.pack("<I", column) + place
            if isinstance(value, date):
                serial = float((value - date(1899, 12, 30)).days)
                sheet += record(16 if is_short else 5, place + struct.pack("<d", serial))
            else:
                sheet += record(17 if is_short else 6, place + text(value))
    sheet += record(146) + record(130)
    styles = record(278) + record(617, struct.pack("<I", 2))
    styles += b"".join(record(47, struct.pack("<HH", 0xFFFF, number) + bytes(12)) for number in (0, 14))
    styles += record(618) + record(279)
    book = record(131) + record(153, bytes(12)) + record(143)
    book += (
        record(156, struct.pack("<II", 0, 1) + text("rId1") + text("终端台账")) + record(144) + record(132)
    )
    relation = '<Relationship Id="{}" Type="http://x/{}" Target="{}"/>'
    space = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    parts = {
        "[Content_Types].xml": b"<Types/>",
        "_rels/.rels": f"<Relationships {space}>{relation.format('r', 'officeDocument', 'xl/workbook.bin')}"
        "</Relationships>".encode(),
        "xl/workbook.bin": book,
        "xl/_rels/workbook.bin.rels": (
            f"<Relationships {space}>{relation.format('rId1', 'worksheet', 'worksheets/sheet1.bin')}"
            f"{relation.format('rId2', 'styles', 'styles.bin')}</Relationships>"
        ).encode(),
        "xl/worksheets/sheet1.bin": sheet,
        "xl/styles.bin": styles,
    }
    return zipped(parts)


def zipped(parts: Mapping[str, bytes], encoding: str = "") -> bytes:
    """An archive; `encoding` writes the names the way old Chinese tools do, without saying so."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    raw = target.getvalue()
    for name in parts if encoding else ():
        old, new = name.encode(), name.encode(encoding)
        assert len(old) == len(new), "pad the name so that offsets stay"
        raw = raw.replace(old, new)
    return raw


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<office:{root} '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'office:mimetype="application/vnd.oasis.opendocument.spreadsheet">\n'
    "<office:body><office:spreadsheet>\n{tables}\n</office:spreadsheet></office:body></office:{root}>"
)


_SPARE_CELLS = '<table:table-cell table:number-columns-repeated="16378"/>'


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def ods_rows() -> str:
    """Table rows, with the merchant of the first and third device where it is."""
    lines = []
    for cells in (HEADER, *ROWS):
        row = "".join(
            f'<table:table-cell office:value-type="date" office:date-value="{value}"><text:p>{value}</text:p>'
            "</table:table-cell>"
            if isinstance(value, date)
            else '<table:table-cell office:value-type="string">\n <text:p>'
            f"{escaped(str(value)).replace(' ', '<text:s/>')}</text:p>\n</table:table-cell>"
            for value in cells
        )
        lines.append(f"<table:table-row>{row}{_SPARE_CELLS}</table:table-row>")
    return (
        "".join(lines)
        + '<table:table-row table:number-rows-repeated="1048572"><table:table-cell/></table:table-row>'
    )


def ods(tables: str = "", manifest: bytes = b"<manifest/>") -> bytes:
    """An OpenDocument package."""
    tables = tables or f'<table:table table:name="终端台账">{ods_rows()}</table:table>'
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": _ODS.format(root="document-content", tables=tables).encode(),
            "META-INF/manifest.xml": manifest,
        }
    )


def fods() -> bytes:
    """The same as one XML."""
    return _ODS.format(
        root="document", tables=f'<table:table table:name="x">{ods_rows()}</table:table>'
    ).encode()


def xml2003(encoding: str = "UTF-8") -> bytes:
    """SpreadsheetML 2003 as reporting tools write it: a merged title, rows and cells that skip."""
    rows = ['<Row><Cell ss:MergeAcross="5"><Data ss:Type="String">设备台账</Data></Cell></Row>']
    for number, cells in enumerate((HEADER, *ROWS)):
        body = "".join(
            f'<Cell><Data ss:Type="DateTime">{value}T00:00:00.000</Data></Cell>'
            if isinstance(value, date)
            else f'<Cell><Data ss:Type="String">{escaped(str(value))}</Data></Cell>'
            for value in cells
        )
        rows.append(f"<Row{' ss:Index=' + chr(34) + '3' + chr(34) if number == 0 else ''}>{body}</Row>")
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="终端台账"><Table>{"".join(rows)}</Table></Worksheet></Workbook>'
    )
    return text.encode("gb18030" if encoding.lower().startswith("gb") else encoding)


def html(charset: str = "utf-8") -> bytes:
    """A back office's table: the wrong charset name, a title across, a blank as &nbsp;."""
    lines = []
    for row in TEXT_ROWS:
        cells = "".join(f"<td>{escaped(cell).replace(' ', '&nbsp;')}</td>" for cell in row)
        lines.append(f"<tr>{cells}<td></tr>")
    text = (
        f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head><body>'
        f'<table border=1><tr><td colspan="6">设备台账</td></tr>{"".join(lines)}</table></body></html>'
    )
    return text.encode("gb18030" if charset.startswith("gb") else charset)


def mhtml() -> bytes:
    """A web archive."""
    import base64

    page = base64.encodebytes(html()).decode()
    return (
        "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\n"
        f"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n{page}\n--x--\n"
    ).encode()


def text(separator: str = ",", encoding: str = "utf-8") -> bytes:
    """Delimited text."""
    quoted = [[f'"{cell}"' if separator in cell else cell for cell in row] for row in TEXT_ROWS]
    return "\r\n".join(separator.join(row) for row in quoted).encode(encoding)


def parquet(columns: Mapping[str, object] | None = None, **written: object) -> bytes:
    """A Parquet file of the ledger with its columns as they are typed, or of other columns."""
    typed = columns or dict(zip(HEADER, zip(*ROWS, strict=True), strict=True))
    target = io.BytesIO()
    pq.write_table(pa.table(typed), target, **written)
    return target.getvalue()


KINDS: dict[str, Callable[[], bytes]] = {
    "xlsx": xlsx,
    "xlsx shared strings": shared_xlsx,
    "xlsx strict": strict_xlsx,
    "xlsx part in utf-16": wide_xlsx,
    "xlsx without addresses": addressless_xlsx,
    "xlsx far cell": far_cell_xlsx,
    "xlsx part names": shouting_xlsx,
    "xlsx paths": backslashed_xlsx,
    "xlsx comments": commented_xlsx,
    "xlsx encrypted": encrypted_xlsx,
    "xlsx encrypted of 2007": standard_xlsx,
    "xlsx opened by every Excel": lambda: encrypted_xlsx("VelvetSweatshop"),
    "xls": xls,
    "xlsb": xlsb,
    "xlsb short records": lambda: xlsb(short=True),
    "ods": ods,
    "fods": fods,
    "xml 2003": xml2003,
    "xml 2003 gbk": lambda: xml2003("GBK"),
    "html": html,
    "html gb2312": lambda: html("gb2312"),
    "mhtml": mhtml,
    "parquet": parquet,
    "gzip of parquet": lambda: gzip.compress(parquet()),
    "csv": text,
    "csv gb18030": lambda: text(encoding="gb18030"),
    "csv with mark": lambda: text(encoding="utf-8-sig"),
    "tsv utf-16": lambda: text("\t", "utf-16"),
    "csv utf-16 be without mark": lambda: text(encoding="utf-16-be"),
    "semicolons": lambda: text(";"),
    "pipes": lambda: text("|"),
    "full-width commas": lambda: text("，", "gb18030"),
    "declared separator": lambda: b"sep=;\r\n" + text(";"),
    "gzip": lambda: gzip.compress(text()),
    "gzip of xlsx": lambda: gzip.compress(xlsx()),
    "zip": lambda: zipped({"__MACOSX/._a.csv": b"junk", "台账.xlsx": xlsx(), "空目录/": b""}),
    "zip with names in gbk": lambda: zipped({"终端台账xx.csv": text(), "x": b""}),
    "zip in zip": lambda: zipped({"内.zip": zipped({"台账.csv": text()})}),
}
