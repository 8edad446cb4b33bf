"""Whatever the bytes, a file is read or named; whatever the layout, no row is lost."""

from __future__ import annotations

import csv
import io
from datetime import date

import makers
from hypothesis import given
from hypothesis import strategies as st
from test_kinds import read

from audit.errors import Unusable
from audit.intake.garbled import REPLACED
from audit.intake.reading import FileReading

# the packages whose damage a checksum finds are few; most of these reach a parser
WHOLE = {kind: make() for kind, make in makers.KINDS.items()}
HEADS = [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<html>", b"\x1f\x8b\x08", b"\xff\xfe"]
SERIALS = st.from_regex(r"[0-9A-Z]{8,18}", fullmatch=True).filter(lambda text: any(c.isdigit() for c in text))
WORDS = (
    st.text(st.characters(codec="gb18030", exclude_categories=("C", "Z")), min_size=1, max_size=8)
    .filter(lambda text: not any(mark in text for mark in REPLACED))
    .map(lambda text: f"店{text}")
)


def accounted(reading: FileReading) -> None:
    """A reading is an error with a class, or rows that add up."""
    if reading.error:
        assert Unusable(reading.error)
        assert reading.error_key
        return
    assert reading.rows == sum(sheet.rows for sheet in reading.sheets)
    for sheet in reading.sheets:
        assert sheet.skipped or sheet.rows_in_file == sheet.rows + sum(sheet.set_aside.values())


@given(data=st.binary(max_size=400), head=st.sampled_from(HEADS))
def test_any_bytes_are_read_or_named(data: bytes, head: bytes, tmp_path_factory):
    accounted(read(tmp_path_factory.mktemp("bytes"), head + data)[0])


@given(
    kind=st.sampled_from(list(WHOLE)),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    whole=st.booleans(),
)
def test_damaged_files_are_read_or_named(kind: str, cut: float, changes, whole: bool, tmp_path_factory):
    data = bytearray(WHOLE[kind])
    for place, byte in changes:
        data[int(place * len(data))] = byte
    if not whole:
        data = data[: int(cut * len(data))]
    accounted(read(tmp_path_factory.mktemp("damaged"), bytes(data), password=makers.PASSWORD)[0])


def as_xlsx(rows: list[list[object]]) -> bytes:
    return makers.xlsx(rows)


def as_csv(rows: list[list[object]]) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return target.getvalue().encode("gb18030")


def as_html(rows: list[list[object]]) -> bytes:
    cells = ("".join(f"<td>{makers.escaped(str(cell or ''))}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>".encode()


NOISE = {
    "blank": [None] * 5,
    "total": ["合计", None, None, None, 7],
    "note": ["备注：以上数据由系统导出", None, None, None, None],
    "header": ["终端序列号", "商户编号", "门店名称", "装机日期", "终端状态"],
}


@given(
    rows=st.lists(
        st.tuples(SERIALS, WORDS, st.dates(date(2015, 1, 1), date(2026, 11, 21))),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[0],
    ),
    titles=st.integers(0, 4),
    noise=st.lists(st.tuples(st.floats(0, 1), st.sampled_from(sorted(NOISE))), max_size=5),
    write=st.sampled_from([as_xlsx, as_csv, as_html]),
)
def test_no_row_is_lost_between_titles_and_totals(rows, titles: int, noise, write, tmp_path_factory):
    table: list[list[object]] = [
        [serial, "898100000000001", name, installed.isoformat(), "在用"] for serial, name, installed in rows
    ]
    for place, what in noise:
        table.insert(int(place * len(table)), list(NOISE[what]))
    lines = [[f"标题{number}", None, None, None, None] for number in range(titles)]
    reading, found = read(tmp_path_factory.mktemp("layout"), write([*lines, NOISE["header"], *table]))
    accounted(reading)
    assert [row["serial_no"] for row in found] == [serial for serial, _, _ in rows]
    assert [row["install_date"] for row in found] == [installed for _, _, installed in rows]
    assert reading.rejected == 0
