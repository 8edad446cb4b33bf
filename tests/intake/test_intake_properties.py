"""Whatever stands in a file: every row and cell is accounted for, twice the same, and nothing raises."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
from hypothesis import example, given
from hypothesis import strategies as st
from vendorfiles import MERCHANT, Read, archive, book, delimited, device, parts_of, take_bytes

from audit.cleanlist import canonical_csv
from audit.errors import Unusable
from audit.intake.labels import lookup
from audit.intake.reading import FileReading, Reason
from audit.intake.rows import read_rows
from audit.tables import TABLES
from audit.tables.codes import NULL_TOKENS

HEADER = ["序列号", "商户号", "型号", "厂商", "终端状态", "安装日期", "最近心跳", "备机", "经度", "备注"]
NAMES = ["serial_no", "merchant_no", "model", "vendor", "terminal_status", "install_date"]
NAMES += ["last_heartbeat_at", "is_spare", "longitude", "remark"]
# what may stand in a cell, and what must come of it: a value, None for a blank, or the reason for a rejection
CELLS: dict[str, dict[str, Any]] = {
    "terminal_status": {
        "在用": "active",
        "`停 用\t": "inactive",
        "RMA": "repair",
        "": None,
        "-": None,
        "00": Reason.UNKNOWN_CODE,
        "天晓得": Reason.UNKNOWN_CODE,
        "#N/A": Reason.ERROR_CELL,
    },
    "install_date": {
        "2025-01-15": date(2025, 1, 15),
        "2025年1月15日": date(2025, 1, 15),
        "45672": date(2025, 1, 15),
        "长期": date(9999, 12, 31),
        "": None,
        "0000-00-00": None,
        "03/04/2026": Reason.AMBIGUOUS_DATE,
        "2025-02-30": Reason.IMPOSSIBLE_DATE,
        "昨天": Reason.UNKNOWN_DATE,
    },
    "is_spare": {"是": True, "n": False, "": None, "N/A": None, "也许": Reason.NOT_A_FLAG},
    "longitude": {"119.3": 119.3, "1,119.5": 1119.5, "": None, "东经": Reason.NOT_A_NUMBER},
}
SERIALS = ["{}", "`{}", "{}\t", '="{}"', "SN：{}", "{}\u200b", "\ufeff{}", " {} "]
NO_SERIALS = {
    "8.98{}E+14": Reason.SCIENTIFIC,
    "不详{}": Reason.NOT_AN_IDENTIFIER,
    "A12345{0}、B12345{0}": Reason.SEVERAL,
}
ODD = {
    "blank": [""] * len(HEADER),
    "total": ["合计", "", "", "", "128", *[""] * 5],
    "note": ["制表人：王某", *[""] * 9],
    "header": HEADER,
}


@dataclass(frozen=True)
class Page:
    """A file to write: its lines, each a kind and cells, and the values its rows of data must have."""

    titles: int
    lines: list[tuple[str, list[str], dict[str, Any]]]

    @property
    def rows(self) -> list[list[str]]:
        titles = [[f"标题 {number}", *[""] * 9] for number in range(self.titles)]
        return [*titles, HEADER, *(cells for _, cells, _ in self.lines)]

    @property
    def data(self) -> list[tuple[int, dict[str, Any]]]:
        """Of every row of data: its number in the file, and what must come of it."""
        first = self.titles + 2
        return [(first + n, values) for n, (kind, _, values) in enumerate(self.lines) if kind == "data"]


@st.composite
def pages(draw: st.DrawFn) -> Page:
    count = draw(st.integers(1, 12))
    lines = []
    for number in range(count):
        if number == 0 or draw(st.integers(0, 4)):  # a list without any readable serial is refused
            serial = f"{number:04}N{draw(st.integers(0, 999)):03}"
            written, values = draw(st.sampled_from(SERIALS)).format(serial), {"serial_no": serial}
        else:
            form = draw(st.sampled_from(sorted(NO_SERIALS)))
            written, values = form.format(f"{number:04}"), {"serial_no": NO_SERIALS[form]}
        values |= {"merchant_no": MERCHANT, "model": "X1", "vendor": "星联", "remark": f"第 {number} 台"}
        chosen = {name: draw(st.sampled_from(sorted(pool))) for name, pool in CELLS.items()}
        values |= {name: CELLS[name][text] for name, text in chosen.items()}
        cells = values | {"serial_no": written, "last_heartbeat_at": "2026-11-21 03:00:00"} | chosen
        lines.append(("data", [str(cells[name]) for name in NAMES], values))
    for kind in draw(st.lists(st.sampled_from(sorted(ODD)), max_size=count - 1)):
        lines.insert(draw(st.integers(0, len(lines) - 1)), (kind, ODD[kind], {}))
    return Page(draw(st.integers(0, 3)), lines)


forms = st.sampled_from(
    [*((codec, mark) for codec in ("utf-8", "gb18030", "utf-16") for mark in ",;\t|"), None]
)


def written(rows: Sequence[Sequence[Any]], form: tuple[str, str] | None) -> bytes:
    """The rows as a workbook, or as text of an encoding and a separator."""
    if form is None:
        return book([[cell or None for cell in row] for row in rows], change=as_text)
    codec, delimiter = form
    return delimited(rows, delimiter).encode(codec)


def as_text(made: openpyxl.Workbook) -> None:
    """Make text of what openpyxl would take for formulas and errors."""
    for cell in (cell for row in made.worksheets[0].iter_rows() for cell in row if cell.value is not None):
        cell.data_type = "s"


def read(data: bytes, **how: Any) -> tuple[Read, bytes]:
    """What is read of these bytes, and the file that was written for them."""
    with TemporaryDirectory() as folder:
        taken = take_bytes(Path(folder), data, "export", **how)
        output = Path(folder) / "export.canonical.parquet"
        return taken, output.read_bytes() if output.exists() else b""


def check_account(taken: Read) -> None:
    """Either a word for the error and no rows, or rows of which every one has its place."""
    reading = taken.reading
    assert FileReading.from_json(json.loads(json.dumps(reading.to_json()))) == reading
    if reading.error:
        assert reading.error in set(Unusable)
        assert reading.error_key
        assert taken.rows is None
        return
    assert taken.rows is not None
    assert len(taken.rows) == reading.rows == sum(sheet.rows for sheet in reading.sheets)
    assert reading.rejected >= len(reading.rejections)
    for sheet in reading.sheets:
        if sheet.skipped:
            assert (sheet.rows, sheet.set_aside) == (0, {})
            continue
        assert sheet.rows_in_file == sheet.rows + sum(sheet.set_aside.values())
        rows = [row for row in taken.rows if row["source_sheet"] == sheet.name]
        places = [row["source_row"] for row in rows]
        assert places == sorted(set(places))
        assert all(sheet.header_row < place <= sheet.rows_in_file for place in places)
        assert sum(row["copies"] for row in rows) == sheet.rows + sheet.set_aside.get("duplicate", 0)


@given(pages(), forms)
def test_every_cell_is_its_value_or_a_rejection_and_every_row_has_its_kind(
    page: Page, form: tuple[str, str] | None
):
    taken, _ = read(written(page.rows, form))
    check_account(taken)
    kinds = Counter(kind for kind, _, _ in page.lines if kind != "data")
    assert taken.sheet.set_aside == dict(sorted({"title": page.titles + 1, **kinds}.items()))
    assert taken.sheet.rows_in_file == len(page.rows)
    found = [
        {name: row[name] for name in values} for row, (_, values) in zip(taken.rows, page.data, strict=True)
    ]
    assert found == [
        {name: None if isinstance(value, Reason) else value for name, value in values.items()}
        for _, values in page.data
    ]
    assert taken.column("source_row") == [place for place, _ in page.data]
    rejected = [(place, n) for place, values in page.data for n in NAMES if isinstance(values.get(n), Reason)]
    assert [(place, name) for place, name, _ in taken.rejected] == rejected
    expected = dict(page.data)
    assert all(expected[place][name] == reason for place, name, reason in taken.rejected)


@given(pages())
def test_clean_values_read_again_are_the_same_values(page: Page):
    first, written_rows = read(written(page.rows, ("gb18030", ";")))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        path.write_bytes(written_rows)
        clean = canonical_csv(read_rows(path), TABLES["devices"])
    second, _ = read(clean)
    named = [row for row in first.rows if row["serial_no"]]
    assert [{name: row[name] for name in NAMES} for row in second.rows] == [
        {name: row[name] for name in NAMES} for row in named
    ]
    assert second.reading.rejected == 0


# letters of every kind, but no separators other than the comma: which one it is would be anybody's guess
letters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r;\t|")
HOSTILE = [
    '"',
    '""',
    "a,b",
    "x\ny",
    "=1+1",
    "#N/A",
    "合计",
    "共 3 台",
    "\ufffd",
    "1e5",
    "-",
    "　",
    "\u200b",
    "#",
]
cells = st.one_of(st.sampled_from(HOSTILE), st.text(letters, max_size=12), st.just(""))
serials = st.one_of(cells, st.sampled_from(["SN000001", "SN000002"]))
rows_of_text = st.lists(st.tuples(serials, *[cells] * 5), max_size=12)
PLAIN = ["序列号", "商户号", "型号", "终端状态", "安装日期", "备注"]
PLAIN_NAMES = ["serial_no", "merchant_no", "model", "terminal_status", "install_date", "remark"]


def means_nothing(text: str) -> bool:
    """Whether a cell says nothing: no letter or digit in it but zeros, or one of the words for nothing."""
    kept = "".join(one for one in unicodedata.normalize("NFKC", text) if one.isalnum() or one in "/\\-")
    return kept.upper() in NULL_TOKENS or not kept.strip("0/\\-")


@given(rows_of_text)
@example([("SN000001", "", "", "", "", "合计"), ("SN000002", MERCHANT, "X1", "在用", "2025-01-15", "好")])
@example([('"', "终端号", "x\ny", "", "", "")])
def test_nothing_is_dropped_of_a_text_file(rows: list[tuple[str, ...]]):
    taken, _ = read(delimited([PLAIN, *rows]).encode())
    check_account(taken)
    if taken.reading.error:  # a sheet that explains columns is no list, and is refused as none
        assert any(lookup(cell, TABLES["devices"], {})[0] for row in rows for cell in row[:2])
        return
    assert taken.sheet.rows_in_file == len(rows) + 1
    rejected = {(row, column) for row, column, _ in taken.rejected}
    for row in taken.rows:
        number = row["source_row"]
        listed = {(number, name) for name in (row["rejected"] or "").split(",") if name}
        assert listed == {(at, name) for at, name in rejected if at == number}
        source = dict(zip(PLAIN_NAMES, rows[number - 2], strict=True))
        lost = {name for name, text in source.items() if row[name] is None and not means_nothing(text)}
        assert {(number, name) for name in lost} <= listed
    for serial in ("SN000001", "SN000002"):
        copies = [row["copies"] for row in taken.rows if row["serial_no"] == serial]
        assert sum(copies) == sum(row[0] == serial for row in rows)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["#N/A", "=A1", "合计", "在用", "SN000001", "898100000000001", *PLAIN]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(lambda text: text[:1] != "="),
)
rows_of_values = st.lists(st.lists(values, min_size=6, max_size=6), max_size=8)


@given(st.lists(rows_of_values, min_size=1, max_size=3))
def test_nothing_is_dropped_of_a_workbook(sheets: list[list[list[Any]]]):
    sound = [f"SN9{number:05}" for number in range(len(PLAIN))]
    taken, _ = read(book(*([PLAIN, sound, *rows] for rows in sheets)))
    check_account(taken)
    assert not taken.reading.error
    assert len(taken.reading.sheets) == len(sheets)
    for sheet, rows in zip(taken.reading.sheets, sheets, strict=True):
        filled = [number for number, row in enumerate(rows, 3) if any(cell not in (None, "") for cell in row)]
        assert sheet.rows_in_file == max(filled, default=2)


@given(pages(), forms)
def test_the_same_file_twice_is_the_same_account_and_the_same_bytes(page: Page, form: tuple[str, str] | None):
    data = written(page.rows, form)
    (first, written_rows), (second, again) = read(data, secret="7f" * 32), read(data, secret="7f" * 32)
    assert first.rows == second.rows
    assert {**first.reading.to_json(), "path": ""} == {**second.reading.to_json(), "path": ""}
    assert written_rows == again


@dataclass(frozen=True)
class Damage:
    """A change to some bytes: at a place, so many go and others come."""

    place: int
    gone: int
    come: bytes

    def to(self, data: bytes) -> bytes:
        at = self.place % (len(data) + 1)
        return data[:at] + self.come + data[at + self.gone :]


places, few = st.integers(0, 1 << 16), st.integers(0, 8)
pieces = st.sampled_from([b"", b'"', b",", b"\n", b"\x00", b"\xff", b"<", b">", b"/>", b"&", b" ", b"9"])
damage = st.lists(st.builds(Damage, places, few, pieces | st.binary(max_size=4)), min_size=1, max_size=5)
spots = st.lists(st.builds(Damage, places, st.just(1), st.binary(min_size=1, max_size=1)), min_size=1)
LEDGER = [PLAIN, *(device(number, f'备注=第"{number}"台,\n好') for number in range(1, 30))]
WORKBOOK = book(LEDGER, [["说明"], ["本表由供应商提供"]])


@given(
    st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"<"]),
    st.binary(max_size=300),
)
def test_any_bytes_have_a_reading(start: bytes, data: bytes):
    taken, _ = read(start + data)
    check_account(taken)


@given(st.sampled_from(["utf-8", "gb18030", "utf-16", "utf-16-le"]), damage)
def test_any_damage_to_a_text_file_has_a_reading(codec: str, changes: list[Damage]):
    data = delimited(LEDGER).encode(codec)
    for change in changes:
        data = change.to(data)
    check_account(read(data)[0])


@given(spots)
def test_any_damage_to_a_workbook_has_a_reading(changes: list[Damage]):
    data = WORKBOOK
    for change in changes:
        data = change.to(data)
    check_account(read(data)[0])


@given(st.sampled_from(sorted(parts_of(WORKBOOK))), damage)
def test_any_damage_to_a_part_of_a_workbook_has_a_reading(part: str, changes: list[Damage]):
    parts = parts_of(WORKBOOK)
    for change in changes:
        parts[part] = change.to(parts[part])
    check_account(read(archive(parts))[0])
