"""The writer of workbooks: what columns hold is what every program reads, whatever it is."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import fastexcel
import openpyxl
import pyarrow as pa
import pytest
import time_machine
from conftest import AS_OF
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.report import styles
from audit.report.datasheet import COUNT, DAY, MONEY, TEXT, Column, add_datasheet
from audit.report.sharedstrings import MAX_CELL_CHARACTERS, printable
from audit.report.sheetrows import MAX_HEIGHT
from audit.report.xlsxfile import finish
from audit.words import load_words

ZH = load_words("zh")
HEADER = 6
FORMS = (TEXT, TEXT, COUNT, DAY, MONEY)
# an astral letter, an escape in an escape, what XML and formulas are made of
ODD = st.sampled_from(["_x0041_x0042_", "=1+1", "<&>", "  ", "甲\n乙", "𠮷野家", "a\x01b", "]]>", "&#10;"])
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=20
).filter(lambda text: "x005F_" not in text)  # openpyxl drops these letters from any text it reads
VALUES = (
    st.none() | ODD | TEXTS,
    st.none() | TEXTS,
    st.none() | st.integers(-(10**14), 10**14),
    st.none() | st.dates(date(1901, 1, 1), date(2200, 1, 1)),
    st.none() | st.integers(-(10**9), 10**9).map(lambda number: number / 4),
)
TABLES = st.integers(1, 6).flatmap(
    lambda count: st.tuples(*(st.lists(own, min_size=count, max_size=count) for own in VALUES))
)


def one_sheet(columns: Sequence[Sequence[object]], forms: Sequence[str] = FORMS) -> bytes:
    workbook = styles.new_workbook()
    made = [
        Column(f"列{place}", 12, values, form, wrap=form == TEXT)
        for place, (values, form) in enumerate(zip(columns, forms, strict=True))
    ]
    return finish(workbook, {"数据": add_datasheet(workbook, "数据", "Data", [], made, ZH)}, AS_OF)


def by_openpyxl(data: bytes, width: int) -> list[list[object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    rows = sheet.iter_rows(min_row=HEADER + 1, max_col=width, values_only=True)
    return [[one.date() if isinstance(one, datetime) else one for one in row] for row in rows]


def by_calamine(data: bytes, width: int) -> list[list[object]]:
    sheet = fastexcel.read_excel(data).load_sheet(0, header_row=HEADER - 1, dtypes="string")
    columns = [column.to_pylist() for column in pa.table(sheet.to_arrow()).columns]
    return [list(row) for row in zip(*columns, strict=True)]


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def plain(value: object) -> object:
    """A value as a cell holds it: what no cell can hold is not there."""
    return (printable(value) or None) if isinstance(value, str) else value


def same(ours: object, theirs: object) -> bool:
    """Whether calamine's text is this value."""
    if isinstance(ours, int | float):
        return theirs is not None and float(str(theirs)) == ours
    if isinstance(ours, date):
        return str(theirs).removesuffix(" 00:00:00") == str(ours)
    return ours == (theirs or None)


@given(TABLES)
def test_what_is_written_by_column_is_read_back_cell_by_cell(columns: tuple[list[object], ...]):
    expected = [[plain(column[row]) for column in columns] for row in range(len(columns[0]))]
    data = one_sheet(columns)
    assert by_openpyxl(data, len(columns)) == expected
    for row, read in zip(expected, by_calamine(data, len(columns)), strict=False):
        assert all(map(same, row, read)), (row, read)


@pytest.mark.libreoffice
@pytest.mark.filterwarnings("ignore:.*extension is not supported")
@settings(max_examples=1)
@given(st.data())
def test_libreoffice_reads_and_keeps_the_same_cells(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("office")
    columns: list[list[object]] = [[] for _ in FORMS]
    for table in data.draw(st.lists(TABLES, min_size=60, max_size=60)):
        for column, values in zip(columns, table, strict=True):
            column.extend(values)
    # spreadsheet programs break lines with LF alone and have no other control characters
    columns[:2] = [[plain(value) for value in column] for column in columns[:2]]
    expected = [list(row) for row in zip(*columns, strict=True)]
    (folder / "ours.xlsx").write_bytes(one_sheet(columns))
    profile = f"-env:UserInstallation=file://{folder}/profile"
    call = ["soffice", "--headless", profile, "--convert-to", "xlsx", "--outdir", folder / "theirs"]
    subprocess.run([*call, folder / "ours.xlsx"], check=True, capture_output=True, timeout=180)
    theirs = (folder / "theirs" / "ours.xlsx").read_bytes()
    read = by_openpyxl(theirs, len(FORMS))
    read += [[None] * len(FORMS)] * (len(expected) - len(read))
    assert read == expected


def test_a_text_too_long_for_a_cell_is_cut_where_the_programs_count(tmp_path: Path):
    long = ["长" * 40_000, "𠮷" * 20_000, "x" * MAX_CELL_CHARACTERS]
    [[first], [second], [third]] = by_openpyxl(one_sheet([long], [TEXT]), 1)
    assert len(first) == MAX_CELL_CHARACTERS
    assert first.endswith("…")
    assert len(second.encode("utf-16-le")) / 2 <= MAX_CELL_CHARACTERS
    assert second.endswith("𠮷…")
    assert third == long[2]


def test_no_row_is_taller_than_a_program_shows():
    book = openpyxl.load_workbook(io.BytesIO(one_sheet([["很长 " * 5_000]], [TEXT])))
    assert book.active.row_dimensions[HEADER + 1].height == MAX_HEIGHT


@pytest.mark.parametrize("blanks", [False, True])
def test_a_column_of_many_values_is_written_as_one_of_few(monkeypatch, blanks):
    rows = range(300)
    columns = [
        [None if blanks and row % 7 == 0 else f"={row}" if row % 5 == 0 else f"甲{row}" for row in rows],
        ["乙" if row % 2 else None for row in rows],
        [None if blanks and row % 3 == 0 else row for row in rows],
        [AS_OF + timedelta(days=row) for row in rows],
        [row / 4 for row in rows],
    ]
    whole = parts(one_sheet(columns))
    monkeypatch.setattr("audit.report.sheetrows._BLOCK", 100)  # rows made at a time
    monkeypatch.setattr("audit.report.sheetrows._FEW", 50)
    assert parts(one_sheet(columns)) == whole


def test_every_text_is_there_once_though_it_was_mended():
    data = one_sheet(
        [["甲乙", "甲\u200b乙", "_x0041_", "甲乙"], ["甲乙", None, "丙 ", "_x0041_"]], [TEXT, TEXT]
    )
    assert by_calamine(data, 2)[:2] == [["甲乙", "甲乙"], ["甲乙", None]]
    strings = re.findall(r"<t[^>]*>(.*?)</t>", parts(data)["xl/sharedStrings.xml"].decode())
    assert len(strings) == len({*strings})
    assert {"甲乙", "丙 ", "_x005F_x0041_"} < {*strings}


@pytest.mark.parametrize("odd", ["甲", "甲\u200b"])
def test_long_columns_hold_their_own_texts_beside_those_of_others(monkeypatch, odd: str):
    columns = [
        ["乙", None, "丙", "乙", "丁", "=1"],
        [odd, "乙", None, "丙", "丁", "戊"],
        [None, None, "己", "己", None, "丁"],
    ]
    expected = by_calamine(one_sheet(columns, [TEXT] * 3), 3)
    monkeypatch.setattr("audit.report.sharedstrings._FEW", 4)
    assert by_calamine(one_sheet(columns, [TEXT] * 3), 3) == expected
    assert [row[0] for row in expected] == ["乙", None, "丙", "乙", "丁", "=1"]


def test_the_same_workbook_has_the_same_bytes_on_another_day():
    with time_machine.travel("2026-11-21T02:00:00Z"):
        made = one_sheet([["甲", "乙"]], [TEXT])
    with time_machine.travel("2027-03-01T09:30:00Z"):
        assert one_sheet([["甲", "乙"]], [TEXT]) == made
