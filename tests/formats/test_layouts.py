"""Headers in two rows, merged cells, legends, secrets, several sheets and several versions."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import makers
import openpyxl
import pyarrow.parquet as pq
import pytest
from conftest import DEVICE, Estate
from test_kinds import read

from audit.intake.read import read_file
from audit.intake.request import Request

OLDER, AS_OF = date(2026, 11, 20), date(2026, 11, 21)


def test_a_header_in_two_rows_is_joined(tmp_path: Path):
    rows = [
        ["终端", None, "商户", None, "渠道报备状态"],
        ["序列号", "型号", "商户编号", "商户名称", "微信"],
        ["000012345678", "N910", "898100000000001", "晨光", "报备成功"],
    ]

    def merge(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.merge_cells("A1:B1")
        sheet.merge_cells("C1:D1")

    reading, [row] = read(tmp_path, makers.xlsx(rows, merge))
    assert (row["serial_no"], row["merchant_no"], row["model"]) == ("000012345678", "898100000000001", "N910")
    assert reading.sheets[0].header_row == 2


def test_groups_of_a_wide_registration_list_name_its_channels(tmp_path: Path):
    rows = [
        ["终端序列号", "商户编号", "微信", None, "支付宝", None],
        [None, None, "报备状态", "失败原因", "报备状态", "失败原因"],
        ["000012345678", "898100000000001", "报备成功", None, "报备失败", "资料不全"],
    ]

    def merge(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for area in ("A1:A2", "B1:B2", "C1:D1", "E1:F1"):
            sheet.merge_cells(area)

    path, output = tmp_path / "wide.xlsx", tmp_path / "rows.parquet"
    path.write_bytes(makers.xlsx(rows, merge))
    reading = read_file(Request(path=str(path), table="registrations", output=str(output)))
    assert reading.error == ""
    [row] = pq.read_table(output).to_pylist()
    assert (row["reg_status_wechat"], row["reg_status_alipay"]) == ("registered", "failed")
    assert row["reg_message_alipay"] == "资料不全"


def test_cells_merged_over_rows_hold_in_each_of_them(tmp_path: Path):
    rows = [
        ["终端序列号", "商户编号", "终端型号"],
        ["000012345678", "898100000000001", "N910"],
        ["000012345679", None, "N910"],
        ["000012345680", None, "N910"],
    ]
    _, found = read(tmp_path, makers.xlsx(rows, lambda sheet: sheet.merge_cells("B2:B3")))
    assert [row["merchant_no"] for row in found] == ["898100000000001", "898100000000001", None]


def test_a_legend_beside_the_table_explains_its_codes(tmp_path: Path):
    rows = [
        ["终端序列号", "商户编号", "终端状态", None, "终端状态：0,在用;1,停用;2,已撤机"],
        ["000012345678", "898100000000001", 0, None, "产权归属：0,我行产权;1,我行租赁"],
        ["000012345679", "898100000000001", 2],
        ["000012345680", "898100000000001", 7],
    ]
    reading, found = read(tmp_path, makers.xlsx(rows))
    assert [row["terminal_status"] for row in found] == ["active", "retired", None]
    assert [(one.row, one.value, one.reason) for one in reading.rejections] == [(4, "7", "unknown_code")]
    assert [key for key, _ in reading.notices] == ["legend_used"]


@pytest.mark.parametrize(
    "legend",
    [
        "终端状态 0=在用，1=停用，2=已撤机",
        "备注：终端状态 0=在用，1=停用，2=已撤机",
        "终端状态中0表示在用，1表示停用，2表示已撤机",
        "说明：终端状态取值说明：0 在用；1 停用；2 已撤机",
    ],
)
def test_a_sentence_below_the_table_explains_its_codes(tmp_path: Path, legend: str):
    rows = [["终端序列号", "商户编号", "终端状态"]]
    rows += [[f"00001234567{n}", "898100000000001", str(n)] for n in range(3)]
    _, found = read(tmp_path, makers.xlsx([*rows, [], [legend]]))
    assert [row["terminal_status"] for row in found] == ["active", "inactive", "retired"]


@pytest.mark.parametrize(
    "dictionary",
    [
        [
            ["字段", "取值", "含义"],
            ["产权归属", "0", "我行产权"],
            ["终端状态", "0", "在用"],
            [None, "1", "停用"],
        ],
        [["终端状态"], ["0", "在用"], ["1", "停用"], ["产权归属"], ["0", "我行产权"], ["1", "我行租赁"]],
        [["终端状态：0,在用;1,停用"]],
    ],
)
def test_a_sheet_of_codes_explains_those_of_the_table(tmp_path: Path, dictionary: list[list[str | None]]):
    rows = [["终端序列号", "商户编号", "终端状态"], ["000012345678", "898100000000001", "0"]]

    def with_dictionary(sheet: Any) -> None:
        second = sheet.parent.create_sheet("字典")
        for row in dictionary:
            second.append(row)

    reading, found = read(tmp_path, makers.xlsx(rows, with_dictionary))
    assert [row["terminal_status"] for row in found] == ["active"]
    assert [key for key, _ in reading.notices] == ["legend_used"]


def test_numeric_codes_without_a_legend_are_never_guessed(tmp_path: Path):
    rows = [["终端序列号", "商户编号", "终端状态"], ["000012345678", "898100000000001", "1"]]
    reading, [row] = read(tmp_path, makers.xlsx(rows))
    assert row["terminal_status"] is None
    assert reading.rejections[0].reason == "unknown_code"


def test_what_secret_columns_hold_is_copied_nowhere(estate: Estate):
    estate.write(
        "devices", [DEVICE | {"serial_no": "SN000001", "TMK密文": "DEADBEEF0123", "SIM卡号": "8986"}]
    )
    result = estate.run()
    [finding] = [row for row in estate.findings() if row["rule"] == "SRC-05"]
    assert "TMK密文" in finding["detail"]
    assert "SIM卡号" not in finding["detail"]
    published = [path for path in estate.folder.rglob("*") if path.is_file() and path.suffix != ".csv"]
    published.append(result.folder / "findings.csv")
    assert not any(b"DEADBEEF" in path.read_bytes() for path in published)


def test_every_sheet_with_the_table_counts_and_others_are_named(tmp_path: Path):
    book = openpyxl.Workbook()
    cover = book.worksheets[0]
    cover.title = "说明"
    cover.append(["本表由系统导出"])
    for place, name in enumerate(("北京", "上海")):
        sheet = book.create_sheet(name)
        sheet.append(["终端序列号", "商户编号"])
        sheet.append([f"00001234567{place}", "898100000000001"])
    hidden = book.create_sheet("旧数据")
    hidden.append(["终端序列号", "商户编号"])
    hidden.append(["000099999999", "898100000000001"])
    hidden.sheet_state = "hidden"
    path = tmp_path / "book.xlsx"
    book.save(path)
    reading, rows = read(tmp_path, path.read_bytes())
    assert [row["source_sheet"] for row in rows] == ["北京", "上海"]
    assert {sheet.name: sheet.skipped for sheet in reading.sheets} == {
        "说明": "no_header",
        "北京": "",
        "上海": "",
        "旧数据": "hidden",
    }


def test_hidden_rows_are_data(tmp_path: Path):
    def hide(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.row_dimensions[2].hidden = True

    _, rows = read(tmp_path, makers.xlsx(change=hide))
    assert len(rows) == 3, "a filter somebody left on hides devices from people, not from the audit"


def test_the_newer_version_of_a_file_counts(estate: Estate):
    serials = [f"SN{number:06}" for number in range(1, 4)]
    rows = [DEVICE | {"serial_no": serial} for serial in serials]
    (estate.folder / "devices_20261121.csv").unlink()
    estate.write("devices", [row | {"status": "遗失"} for row in rows], "台账_20261120.csv")
    estate.write("devices", rows, "台账_20261121.csv")
    estate.sections["inputs.devices"] = 'files = ["台账_*.csv"]\nmax_age_days = 5'
    result = estate.run()
    assert estate.findings() == [], "yesterday's statuses are not today's"
    page = (result.folder / "report.html").read_text("utf-8")
    assert "已有更新的版本 台账_20261121.csv" in page


def test_each_channel_has_a_reason_and_a_time_of_its_own(estate: Estate):
    filed = {"终端序列号": DEVICE["serial_no"], "商户编号": DEVICE["merchant_no"]}
    filed |= {"微信报备状态": "报备失败", "微信失败原因": "资料不符", "微信报备时间": "2026-11-20"}
    filed |= {"支付宝报备状态": "审核中", "支付宝报备时间": "2026-11-02"}
    estate.write("registrations", [filed])
    estate.settings["required_channels"] = '["wechat", "alipay"]'
    estate.run()
    found = {(row["rule"], row["channel"]): row for row in estate.findings()}
    assert "资料不符" in found["REG-04", "wechat"]["detail"]
    assert "19" in found["REG-03", "alipay"]["detail"]


def test_parts_of_one_list_all_count(estate: Estate):
    (estate.folder / "devices_20261121.csv").unlink()
    estate.write("devices", [DEVICE | {"serial_no": "SN000001"}], "台账_1.csv")
    estate.write("devices", [DEVICE | {"serial_no": f"SN{n:06}"} for n in (2, 3)], "台账_2.csv")
    estate.sections["inputs.devices"] = 'files = ["台账_*.csv"]\nmax_age_days = 5'
    estate.run()
    assert estate.findings() == []


def test_a_table_of_one_cell_in_a_cell_is_what_that_says(tmp_path: Path):
    cells = "<td>000012345678</td><td><table><tr><td> 898100000000001</td></tr></table></td><td>N910</td>"
    header = "<th>终端序列号</th><th>商户编号</th><th>终端型号</th>"
    page = f"<html><body><table><tr>{header}</tr><tr>{cells}</tr></table></body></html>"
    reading, [row] = read(tmp_path, page.encode())
    assert (row["merchant_no"], row["model"], len(reading.sheets)) == ("898100000000001", "N910", 1)
