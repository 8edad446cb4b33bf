"""Cells of a workbook that are not the text they seem to be: numbers, dates, errors, formulas."""

from __future__ import annotations

from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from vendorfiles import (
    DATE,
    HEADER,
    MERCHANT,
    PADDED,
    PADDED_LONG,
    Read,
    book,
    device,
    line,
    raw_book,
    saved,
    take_bytes,
    text,
    with_part,
)

from audit.intake.reading import Reason

LABELS = ["序列号", "商户号", "型号", "安装日期"]


def take_cell(folder: Path, cell: str, where: str = "A", **options: Any) -> Read:
    """A sheet whose row 2 has this cell, as XML, in one of the columns A to D, and whose row 3 is sound."""
    row = ["SN000002", MERCHANT, "X1", "2025-01-15"]
    row["ABCD".index(where)] = cell
    sound = ["SN000003", MERCHANT, "X1", "2025-01-15"]
    return take_bytes(folder, raw_book(line(1, *LABELS), line(2, *row), line(3, *sound), **options))


def test_merchant_numbers_typed_as_numbers_are_exact_and_said(tmp_path: Path):
    rows = [HEADER, device(1), device(2)]
    for row in rows[1:]:
        row[1] = int(MERCHANT)  # type: ignore[call-overload]
    read = take_bytes(tmp_path, book(rows))
    assert read.column("merchant_no") == [MERCHANT, MERCHANT]
    facts = {"sheet": "Sheet1", "column": "merchant_no", "count": 2, "rows": [2, 3], "all_rows": [2, 3]}
    assert read.reading.notices == (("identifier_numbers", facts),)


def test_of_numbers_only_those_shorter_than_others_are_doubtful(tmp_path: Path):
    rows = [HEADER, device(1), device(2), device(3)]
    for row, serial in zip(rows[1:], (200000000001, 41, 200000000003), strict=True):
        row[0] = serial  # type: ignore[call-overload]
    [(_, facts)] = take_bytes(tmp_path, book(rows)).reading.notices
    assert (facts["rows"], facts["all_rows"]) == ([3], [2, 3, 4])


def test_numbers_that_are_short_are_the_first_to_be_named(tmp_path: Path):
    rows: list[list[Any]] = [["终端台账"], HEADER, *(device(number) for number in range(1, 61))]
    for row in rows[2:]:
        row[0] = int(f"20000000{row[0][-2:]}")
    for row in rows[30:]:
        row[0] -= 1_900_000_000
    rows[40][0], rows[50][0] = "000012345678", 1234567890123456
    rows.append(["", *rows[3][1:]])
    read = take_bytes(tmp_path, book([[cell or None for cell in row] for row in rows]))
    assert read.rejected == [(51, "serial_no", Reason.PRECISION)]
    [(key, facts)] = read.reading.notices
    assert key == "identifier_numbers"
    assert (facts["column"], facts["count"]) == ("serial_no", 58)
    assert facts["rows"] == [row for row in range(31, 53) if row not in (41, 51)]
    assert facts["all_rows"] == [row for row in range(3, 63) if row not in (41, 51)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1234567890123456", Reason.PRECISION),
        ("123456789012345680000", Reason.PRECISION),
        ("1.2345678901234568E+17", Reason.PRECISION),
        ("3.25", Reason.FRACTION),
        ("8.98E-5", Reason.FRACTION),
    ],
)
def test_numbers_that_cannot_be_the_serial_that_was_typed(tmp_path: Path, value: str, reason: Reason):
    read = take_cell(tmp_path, f'<c r="A2"><v>{value}</v></c>')
    assert read.rejected == [(2, "serial_no", reason)]
    assert read.column("serial_no") == [None, "SN000003"]


def test_a_number_below_zero_is_no_serial(tmp_path: Path):
    read = take_cell(tmp_path, '<c r="A2"><v>-12345678</v></c>')
    assert (read.column("serial_no"), read.reading.rejected) == ([None, "SN000003"], 1)


def test_a_long_number_is_rejected_in_a_code_that_is_matched_as_written(tmp_path: Path):
    rows = [["序列号", "商户号", "SIM卡号"], ["SN000001", MERCHANT, 89860012345678901234]]
    read = take_bytes(tmp_path, book(rows))
    assert read.rejected == [(2, "iccid", Reason.PRECISION)]


@pytest.mark.parametrize(("written", "serial"), [("88", "00000088"), ("12345678", "12345678")])
def test_zeros_that_only_the_number_format_shows_are_kept(tmp_path: Path, written: str, serial: str):
    read = take_cell(tmp_path, f'<c r="A2" s="{PADDED}"><v>{written}</v></c>')
    assert read.column("serial_no") == [serial, "SN000003"]
    assert read.reading.rejected == 0


PADS = ["00000000;@", "0000 0000", "00-000000", "[$-804]00000000", "[Red]00000000_ ", '0000" "0000']


@pytest.mark.parametrize("pad", PADS)
def test_zeros_of_a_format_with_more_in_it_are_kept(tmp_path: Path, pad: str):
    def style(made: openpyxl.Workbook) -> None:
        for row in (2, 3):
            made.worksheets[0].cell(row, 1).number_format = pad

    rows = [["序列号", "商户号"], [88, MERCHANT], [12345678, MERCHANT]]
    read = take_bytes(tmp_path, book(rows, change=style))
    assert read.column("serial_no") == ["00000088", "12345678"]
    assert read.reading.notices == ()


@pytest.mark.parametrize(
    ("code", "serials"),
    [
        ('"SN"00000000', ["SN00000088", "SN12345678"]),
        ('"SN-"0000', ["SN0088", "SN12345678"]),
        ("\\A\\B0000;@", ["AB0088", "AB12345678"]),
        ('"POS"0', ["POS88", "POS12345678"]),
    ],
)
def test_what_a_format_shows_before_a_number_is_of_its_code(tmp_path: Path, code: str, serials: list[str]):
    """Whoever looks at the sheet, or saves it as text, sees it as well."""

    def style(made: openpyxl.Workbook) -> None:
        for row in (2, 3):
            made.worksheets[0].cell(row, 1).number_format = code

    read = take_bytes(
        tmp_path, book([["序列号", "商户号"], [88, MERCHANT], [12345678, MERCHANT]], change=style)
    )
    assert read.column("serial_no") == serials
    assert read.reading.notices == ()
    cells = [f'<c r="A{row}" s="1"><v>{number}</v></c>' for row, number in ((2, 88), (3, 12345678))]
    for extra in ("", "<!-- -->", '<c r="Z9" s="0"/>'):  # every reader
        rows = [line(1, "序列号", "商户号"), *(line(n, cells[n - 2], MERCHANT) for n in (2, 3)), extra]
        data = with_part(
            raw_book(*rows),
            "xl/styles.xml",
            lambda part: part.replace(
                b'formatCode="00000000"', f'formatCode="{escape(code)}"'.encode()
            ).replace(b'numFmtId="14"', b'numFmtId="170"'),
        )
        assert take_bytes(tmp_path, data).column("serial_no") == serials


def test_an_amount_is_a_number_whatever_is_shown_before_it(tmp_path: Path):
    def style(made: openpyxl.Workbook) -> None:
        made.worksheets[0].cell(2, 3).number_format = '"RMB"0'

    read = take_bytes(tmp_path, book([["序列号", "商户号", "交易金额"], ["SN1", MERCHANT, 88]], change=style))
    assert read.column("txn_amount") == [88]


@pytest.mark.parametrize("other", ['00000000"台"', "00000000\\A", "0000/0000", "[<100]0000;00000000"])
def test_a_format_that_shows_more_than_zeros_pads_nothing(tmp_path: Path, other: str):
    def style(made: openpyxl.Workbook) -> None:
        made.worksheets[0].cell(2, 1).number_format = other

    read = take_bytes(tmp_path, book([["序列号", "商户号"], [1234567, MERCHANT]], change=style))
    assert read.column("serial_no") == ["1234567"]
    assert len(read.reading.notices) == 1


def test_a_format_of_many_digits_does_not_make_a_rounded_number_whole(tmp_path: Path):
    read = take_cell(tmp_path, f'<c r="A2" s="{PADDED_LONG}"><v>123456789012345678</v></c>')
    assert read.rejected == [(2, "serial_no", Reason.PRECISION)]


def test_a_truth_value_is_no_serial(tmp_path: Path):
    read = take_cell(tmp_path, '<c r="A2" t="b"><v>1</v></c>')
    assert read.column("serial_no") == [None, "SN000003"]
    assert read.reading.rejected == 1


@pytest.mark.parametrize("value", ["8.9810E+14", "1.2E18", "8.981e+014"])
def test_scientific_text_has_lost_its_digits(tmp_path: Path, value: str):
    read = take_cell(tmp_path, value, "B")
    assert read.rejected == [(2, "merchant_no", Reason.SCIENTIFIC)]
    assert read.column("merchant_no") == [None, MERCHANT]


ERRORS = {
    "as usual": '<c r="B2" t="e"><v>#N/A</v></c>',
    "with a style": '<c r="B2" s="1" t="e"><v>#N/A</v></c>',
    "attributes in another order": '<c t="e" r="B2"><v>#N/A</v></c>',
    "the style first": '<c s="1" r="B2" t="e"><v>#N/A</v></c>',
    "of a formula": '<c r="B2" t="e"><f>VLOOKUP(A2,X!A:B,2,0)</f><v>#N/A</v></c>',
    "as text": text("B2", "#N/A"),
    "as text of LibreOffice": text("B2", "Err:509"),
}


def test_an_error_of_libreoffice_is_no_name(tmp_path: Path):
    rows = [["序列号", "商户号", "商户名称", "备注"], ["SN1", MERCHANT, "Err:509", "错误:502"]]
    read = take_bytes(tmp_path, "\n".join(map(",".join, rows)).encode())
    assert (read.column("merchant_name"), read.reading.rejected) == ([None], 2)


@pytest.mark.parametrize("how", ERRORS)
def test_an_error_is_not_a_blank(tmp_path: Path, how: str):
    read = take_cell(tmp_path, ERRORS[how], "B")
    assert read.rejected == [(2, "merchant_no", Reason.ERROR_CELL)]
    assert read.column("merchant_no") == [None, MERCHANT]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "Err:509", "错误:502"])
@pytest.mark.parametrize("where", "ABCD")
def test_a_row_with_an_error_stays_with_that_value_unknown(tmp_path: Path, error: str, where: str):
    read = take_cell(tmp_path, f'<c r="{where}2" t="e"><v>{error}</v></c>', where)
    [rejection] = read.reading.rejections
    assert (rejection.row, rejection.letter, rejection.value) == (2, where, error)
    assert len(read.rows) == 2


def test_a_row_of_little_but_an_error_stays_too(tmp_path: Path):
    rows = [device(number) for number in range(1, 5)]
    error = '<c r="A6" t="e"><v>#N/A</v></c>'
    sheet = [line(number, *row) for number, row in enumerate([HEADER, *rows], 1)]
    read = take_bytes(tmp_path, raw_book(*sheet, line(6, error, MERCHANT)))
    assert len(read.rows) == 5
    assert read.rejected == [(6, "serial_no", Reason.ERROR_CELL)]


@pytest.mark.parametrize(
    "cell",
    ['<c r="B2"><f>X!B2</f></c>', '<c r="B2"><f>X!B2</f><v></v></c>', '<c r="B2"><f t="shared" si="0"/></c>'],
)
def test_a_formula_that_was_never_computed_is_not_a_blank(tmp_path: Path, cell: str):
    read = take_cell(tmp_path, cell, "B")
    assert read.rejected == [(2, "merchant_no", Reason.UNCACHED)]


@pytest.mark.parametrize(
    "formula",
    [f'"{MERCHANT}"', f"&quot;{MERCHANT}&quot;", f'HYPERLINK("http://x/?a=1&amp;b=2","{MERCHANT}")'],
)
@pytest.mark.parametrize("careful", [False, True])
def test_a_formula_that_is_but_a_text_need_not_be_computed(tmp_path: Path, formula: str, careful: bool):
    cell = f'<c r="B2"><f>{formula}</f><v></v></c>'
    read = take_cell(tmp_path, cell if not careful else cell.replace('<c r="B2">', "<c r='B2'>"), "B")
    assert read.column("merchant_no") == [MERCHANT, MERCHANT]
    assert read.reading.rejected == 0


def test_a_formula_with_its_result_is_that_value(tmp_path: Path):
    read = take_cell(tmp_path, f'<c r="B2" t="str"><f>X!B2</f><v>{MERCHANT}</v></c>', "B")
    assert read.column("merchant_no") == [MERCHANT, MERCHANT]
    assert read.reading.rejected == 0
    blank = take_cell(tmp_path, '<c r="B2" t="str"><f>IF(1,"")</f><v></v></c>', "B")
    assert (blank.column("merchant_no"), blank.reading.rejected) == ([None, MERCHANT], 0)


def test_dates_as_cells_and_as_bare_numbers(tmp_path: Path):
    for cell in (f'<c r="D2" s="{DATE}"><v>45672</v></c>', '<c r="D2"><v>45672</v></c>'):
        assert take_cell(tmp_path, cell, "D").column("install_date") == [date(2025, 1, 15)] * 2


@pytest.mark.parametrize("extension", ["", '<extLst><ext><x:workbookPr xmlns:x="x15" a="1"/></ext></extLst>'])
def test_a_workbook_that_counts_from_1904(tmp_path: Path, extension: str):
    cell = f'<c r="D2" s="{DATE}"><v>44210</v></c>'
    read = take_cell(tmp_path, cell, "D", properties=f'<workbookPr date1904="1"/>{extension}')
    assert read.column("install_date") == [date(2025, 1, 15)] * 2


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_moments_keep_their_time_of_day(tmp_path: Path, epoch: datetime | None):
    made = openpyxl.Workbook()
    if epoch:
        made.epoch = epoch
    moment = datetime.fromisoformat("2026-11-21 03:04:05")
    made.active.append(["序列号", "商户号", "最近心跳", "安装日期"])
    made.active.append(["SN000001", MERCHANT, moment, date(2025, 1, 15)])
    read = take_bytes(tmp_path, saved(made))
    assert read.column("last_heartbeat_at") == [moment]
    assert read.column("install_date") == [date(2025, 1, 15)]


def test_truth_values_and_numbers_as_flags(tmp_path: Path):
    rows = [
        ["序列号", "商户号", "备机", "国密"],
        ["SN000001", MERCHANT, True, 0],
        ["SN000002", MERCHANT, False, 1],
    ]
    read = take_bytes(tmp_path, book(rows))
    assert (read.column("is_spare"), read.column("sm_support")) == ([True, False], [False, True])
