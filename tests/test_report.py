"""The report as its readers get it: the same cells in every program, nothing alive from vendor text."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from conftest import AS_OF, DEVICE, MERCHANT, REGISTRATION, Estate
from pagetext import unpacked

from audit.report.sharedstrings import MAX_CELL_CHARACTERS

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://evil.invalid","点我")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "＝1+1",
    "#REF!",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "{{ 7*7 }}",
    "{% raw %}",
    "_x0041_",
    "a\x01b\x1bc",
    "'quoted",
    "长" * 40_000,
]
SHEETS = {
    "zh": [
        *("概览", "变化", "整改台账", "未报备设备", "过期设备", "信息不一致", "商户资料", "商户概况"),
        *("到期预测", "豁免", "趋势", "自查清单", "规则说明", "数据质量", "运行信息", "字典"),
    ],
    "en": [
        *("Overview", "Changes", "Rectification", "Unregistered", "Expired", "Mismatches", "Merchant data"),
        *("Merchants", "Forecast", "Waivers", "Trend", "Self-audit", "Rules", "Data quality", "Run", "Lists"),
    ],
}
LEDGER = {"zh": "整改台账", "en": "Rectification"}


def a_bit_of_everything(estate: Estate) -> None:
    estate.write(
        "devices",
        [
            DEVICE,
            DEVICE | {"serial_no": "SN000002", "cert_expiry": "2026-11-20"},
            DEVICE | {"serial_no": "SN000003", "last_heartbeat": "2026-09-01 10:00:00"},
            DEVICE | {"serial_no": "SN000004", "status": "已撤机"},
        ],
    )
    estate.write(
        "registrations",
        [
            REGISTRATION,
            REGISTRATION | {"serial": "SN000002", "status": "报备失败", "fail_reason": "资料不符"},
        ],
    )
    estate.write("merchants", [MERCHANT | {"licence_expiry": "2024-02-29"}])


def workbook_text(path: Path) -> str:
    """Every sheet as lines of cells, as a reader of the file sees them."""
    book = openpyxl.load_workbook(path)
    lines = []
    for sheet in book:
        lines.append(f"== {sheet.title}")
        for row in sheet.iter_rows(values_only=True):
            cells = ["" if value is None else str(value) for value in row]
            lines.append(" | ".join(cells).rstrip(" |"))
    return "\n".join(lines) + "\n"


def page_text(page: str) -> str:
    """The page without its style and script, which are files of their own, and with its rows unpacked."""
    page = re.sub(r"<(style|script)>.*?</", r"<\1>‹its file›</", page, flags=re.DOTALL)
    page = re.sub(r"'sha256-[^']*'", "‹its hash›", page)
    rows = json.dumps(unpacked(page), ensure_ascii=False, indent=1)
    return re.sub(r'(?<=id="page-rows">)[^<]*', lambda _: rows, page)


def masked(text: str) -> str:
    """What differs from release to release, taken out."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "‹sha256›", text)
    text = re.sub(r"\b[0-9a-f]{16}\b", "‹id›", text)
    text = re.sub(r"(?<=组件版本 \| ).+|(?<=Components \| ).+", "‹versions›", text)
    return re.sub(
        r"pos-audit \d+\.\d+\.\d+|(?<=程序版本 \| )\S+|(?<=Program version \| )\S+", "‹version›", text
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_workbook_and_page_read_as_they_did(estate: Estate, golden, language: str):
    a_bit_of_everything(estate)
    estate.settings |= {"language": f'"{language}"', "name": '"示例支付"'}
    folder = estate.run().folder
    golden(f"report.{language}.txt", masked(workbook_text(folder / "report.xlsx")))
    golden(f"report.{language}.html", masked(page_text((folder / "report.html").read_text("utf-8"))))
    golden(f"findings.{language}.csv", (folder / "findings.csv").read_text("utf-8-sig"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sheets_stand_in_order_with_header_filter_and_print_setup(estate: Estate, language: str):
    a_bit_of_everything(estate)
    estate.settings["language"] = f'"{language}"'
    book = openpyxl.load_workbook(estate.run().folder / "report.xlsx")
    assert book.sheetnames == SHEETS[language]
    findings = book[LEDGER[language]]
    [table] = findings.tables.values()
    assert table.ref == f"A1:AO{findings.max_row}"
    assert table.autoFilter.ref == table.ref
    assert findings.freeze_panes == "F2"
    assert findings.print_title_rows == "$1:$1"
    assert book.worksheets[-1].sheet_state == "hidden"
    hidden = {name for name, column in findings.column_dimensions.items() if column.hidden}
    assert hidden == {"AM", "AN", "AO"}, "the row's version, its seal, the marks of its grey cells"
    checked = {str(one.sqref)[0]: one for one in findings.data_validations.dataValidation}
    assert set(checked) == {"L", "N", "P"}, "status, planned date, waived until"
    assert all(one.showErrorMessage for one in checked.values())
    for sheet in book.worksheets[:-1]:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToHeight == 0
        assert "&P" in sheet.oddFooter.center.text
    assert book.properties.creator.startswith("pos-audit")


def test_identifiers_are_text_and_dates_are_dates(estate: Estate):
    estate.write("devices", [DEVICE | {"serial_no": "000012345678", "cert_expiry": "2026-11-20"}])
    estate.run()
    sheet = openpyxl.load_workbook(estate.folder / "reports" / str(AS_OF) / "report.xlsx")["整改台账"]
    header = {cell.value: cell.column for cell in sheet[1]}
    serial = sheet.cell(2, header["终端序列号"])
    assert (serial.value, serial.data_type, serial.number_format) == ("000012345678", "s", "@")
    due = sheet.cell(2, header["整改期限"])
    assert due.is_date
    assert due.number_format == "yyyy-mm-dd"


def test_every_text_is_a_shared_string_and_no_cell_a_formula(estate: Estate):
    a_bit_of_everything(estate)
    with zipfile.ZipFile(estate.run().folder / "report.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, part in parts.items():
        if name.startswith("xl/worksheets/"):
            assert b"inlineStr" not in part
            assert b"<f>" not in part
    assert b"sharedStrings+xml" in parts["[Content_Types].xml"]


def test_hostile_text_is_shown_and_stays_dead(estate: Estate):
    names = [
        {"merchant_no": f"8981000000001{number:02}", "merchant_name": text}
        for number, text in enumerate(HOSTILE)
    ]
    estate.write("merchants", [MERCHANT | name | {"licence_expiry": "2020-01-01"} for name in names])
    estate.write("devices", [DEVICE | {"merchant_no": names[0]["merchant_no"]}])
    estate.write("registrations", [REGISTRATION | {"merchant_no": names[0]["merchant_no"]}])
    folder = estate.run().folder
    sheet = openpyxl.load_workbook(folder / "report.xlsx")["整改台账"]
    header = {cell.value: cell.column for cell in sheet[1]}
    shown = {}
    for row in range(2, sheet.max_row + 1):
        cell = sheet.cell(row, header["商户名称"])
        shown[sheet.cell(row, header["商户编号"]).value] = cell
        assert cell.data_type in ("s", "n"), cell.value
        if cell.value and cell.value[0] in "=+-@＝#":
            assert cell.quotePrefix, cell.value
    assert shown["898100000000100"].value == "=1+1"
    assert shown["898100000000114"].value == "_x0041_", "not read back as an escape"
    assert all(len(cell.value or "") <= MAX_CELL_CHARACTERS for cell in shown.values())
    lines = (folder / "findings.csv").read_text("utf-8-sig")
    assert not re.search(r'(^|,)"?[=+@]', lines, re.MULTILINE)


def test_personal_numbers_are_masked_everywhere(estate: Estate):
    phone, identity, account = "13800138000", "11010519491231002X", "6222020200112233445"
    expired = MERCHANT | {"licence_expiry": "2020-01-01"}
    person = {"phone": phone, "法人证件号码": identity, "结算账号": account}
    micro = {"merchant_no": "898100000000002", "uscc": identity}
    estate.write("merchants", [expired | person, expired | micro])
    night = estate.run().folder
    inputs = set(estate.folder.glob("*.csv"))
    written = [path for path in estate.folder.rglob("*") if path.is_file() and path not in inputs]
    assert night / "findings.csv" in written
    for path in written:
        data = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                data = b"".join(archive.read(name) for name in archive.namelist())
        for secret in (phone, identity, account):
            assert secret.encode() not in data, path


def test_more_findings_than_the_page_shows_are_counted(estate: Estate):
    estate.sections["report"] = "max_rows = 2"
    estate.write("registrations", [REGISTRATION | {"serial": "SN999999", "status": "已注销"}])
    page = (estate.run().folder / "report.html").read_text("utf-8")
    assert "前 2 项，另有 1 项" in page


@pytest.mark.libreoffice
@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_libreoffice_opens_it_and_sees_the_same_cells(estate: Estate, tmp_path: Path):
    a_bit_of_everything(estate)
    source = estate.run().folder / "report.xlsx"
    subprocess.run(
        [
            "soffice",
            "--headless",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--convert-to",
            "xlsx",
            "--outdir",
            tmp_path,
            source,
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    ours, theirs = openpyxl.load_workbook(source), openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert theirs.sheetnames == ours.sheetnames
    for sheet in ours:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and not isinstance(cell, openpyxl.cell.cell.MergedCell):
                    assert theirs[sheet.title][cell.coordinate].value == cell.value, (
                        sheet.title,
                        cell.coordinate,
                    )


def test_due_dates_are_working_days():
    from audit.ledger.workdays import Calendar

    assert Calendar().due_on(date(2026, 9, 30), "critical") == date(2026, 10, 8), "after the October holiday"
    assert Calendar().due_on(date(2030, 3, 1), "critical") == date(2030, 3, 4), "a year the calendar lacks"
