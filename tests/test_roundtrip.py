"""The workbook that makes the round trip: filled in, saved by other programs, handed back, read."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import AS_OF, DEVICE, REGISTRATION, Estate, spotless
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from audit.errors import ExitCode
from audit.words import load_words

NEXT = date(2026, 11, 22)
LATER = date(2026, 11, 23)
HEADERS = {
    "status": "处理状态",
    "person": "责任人",
    "planned_on": "计划完成日",
    "remark": "佐证/备注",
    "exempt_until": "豁免至",
    "approver": "审批人",
    "serial": "终端序列号",
    "rule": "规则",
    "state": "状态",
    "id": "问题编号",
}


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """Eight devices nobody has registered: eight findings to work on."""
    estate = spotless(tmp_path_factory.mktemp("first"))
    serials = [f"SN{number:06}" for number in range(1, 9)]
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    estate.write("registrations", [REGISTRATION | {"serial": "SN000099"}])
    estate.run()
    return estate


@pytest.fixture
def night(first_night: Estate, tmp_path: Path) -> Estate:
    """The same, for one test to go on with."""
    return first_night.copy(tmp_path / "estate")


def workbook_of(estate: Estate, on: date = date(2026, 11, 21)) -> Path:
    return estate.folder / "reports" / on.isoformat() / "report.xlsx"


def copied(estate: Estate, name: str = "已填写.xlsx", on: date = date(2026, 11, 21)) -> Path:
    folder = estate.folder / "feedback"
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(workbook_of(estate, on), folder / name))


def columns_of(sheet: Worksheet) -> dict[str, int]:
    labels = {cell.value: cell.column for cell in sheet[1] if cell.value}
    return {name: labels[label] for name, label in HEADERS.items()}


def fill(
    path: Path,
    answers: Mapping[str | None, Mapping[str, Any]],
    change: Callable[[Any], None] | None = None,
    rule: str = "REG-01",
):
    """Fill in the rows of a rule by serial, as a person would in a spreadsheet program, and save."""
    book = openpyxl.load_workbook(path)
    sheet = book["整改台账"]
    place = columns_of(sheet)
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, place["rule"]).value != rule:
            continue
        for name, value in answers.get(sheet.cell(row, place["serial"]).value, {}).items():
            sheet.cell(row, place[name]).value = value
    if change:
        change(sheet)
    book.properties.lastModifiedBy = "张三"
    book.save(path)


def ledger(estate: Estate, on: date) -> dict[str, dict[str, Any]]:
    """The rectification sheet of a night: REG-01 rows by serial."""
    sheet = openpyxl.load_workbook(workbook_of(estate, on))["整改台账"]
    place = columns_of(sheet)
    rows = {}
    for row in range(2, sheet.max_row + 1):
        cells = {name: sheet.cell(row, column).value for name, column in place.items()}
        if cells["rule"] == "REG-01":
            rows[cells["serial"]] = cells
    return rows


ANSWERS = {
    "SN000001": {"status": "整改中", "person": "李四", "planned_on": date(2026, 11, 28)},
    "SN000002": {"status": "已整改待复核", "remark": "工单 20261121-07，已提交报备"},
    "SN000003": {"exempt_until": date(2026, 12, 31), "approver": "王经理", "remark": "门店装修，停业至年底"},
    "SN000004": {"status": "误报", "remark": "总部统一报备"},
}


def test_what_people_filled_in_is_there_the_next_night(night: Estate):
    fill(copied(night), ANSWERS)
    night.run(NEXT)
    rows = ledger(night, NEXT)
    assert rows["SN000001"]["status"] == "整改中"
    assert rows["SN000001"]["person"] == "李四"
    assert rows["SN000001"]["planned_on"].date() == date(2026, 11, 28)
    assert rows["SN000001"]["state"] == "整改中"
    assert rows["SN000003"]["state"] == "豁免"
    assert rows["SN000003"]["exempt_until"].date() == date(2026, 12, 31)
    assert rows["SN000004"]["state"] == "误报"
    assert rows["SN000005"]["state"] == "待整改"
    assert rows["SN000002"]["state"] == "已整改待复核"
    # it was said to be mended, and the next night shows otherwise: the person's words stay
    night.run(LATER)
    rows = ledger(night, LATER)
    assert rows["SN000002"]["state"] == "整改中"
    assert rows["SN000002"]["remark"] == "工单 20261121-07，已提交报备"


@pytest.mark.parametrize("said", ["整改中", "已整改待复核"])
def test_a_night_is_not_complete_because_somebody_sees_to_its_old_lists(estate: Estate, said: str):
    late, later = date(2026, 11, 28), date(2026, 11, 29)
    first = estate.run(late)
    assert first.code is ExitCode.INCOMPLETE
    fill(copied(estate, on=late), {None: {"status": said}}, rule="SRC-01")
    second = estate.run(later)
    assert {one[2] for one in estate.flagged(later)} == {"in_progress" if said == "整改中" else "claimed"}
    assert second.code is ExitCode.INCOMPLETE
    assert second.reason == first.reason.replace("7 天", "8 天")


def test_numbers_of_persons_that_people_write_are_masked_and_other_numbers_stay(night: Estate):
    said = "商户 898100000000001 店主 13812345678（身份证 11010519491231002X），工单 6225880123456789"
    cards = "6225880123456783，6225 8801 2345 6789"
    first = copied(night, "甲.xlsx")
    fill(first, {"SN000001": {"remark": said, "person": "李四 138-1234-5678"}, "SN000002": {"remark": cards}})
    night.hand_back(first)
    night.run(NEXT)
    row = ledger(night, NEXT)["SN000001"]
    assert (
        row["remark"]
        == "商户 898100000000001 店主 138****5678（身份证 110***********002X），工单 6225880123456789"
    )
    assert ledger(night, NEXT)["SN000002"]["remark"] == "622*********6783，622************6789"
    assert row["person"] == "李四 138******5678"
    assert b"13812345678" not in (night.folder / "state" / "ledger.sqlite").read_bytes()
    fill(again := copied(night, "乙.xlsx", NEXT), {"SN000002": {"person": "李四"}})
    assert night.hand_back(again).lines[0].changes == 1, "what is masked is no other word"


def test_what_is_not_taken_is_shown_in_the_words_it_was_written_in(night: Estate):
    fill(copied(night), {"SN000001": {"status": "误报"}, "SN000002": {"person": "同上"}})
    night.run(NEXT)
    sheet = openpyxl.load_workbook(workbook_of(night, NEXT))["数据质量"]
    told = [[cell.value for cell in row] for row in sheet.iter_rows()]
    refused = {row[2]: (row[3], row[5]) for row in told if row[2] in ("处理状态", "责任人") and row[5]}
    assert refused["处理状态"] == ("误报", "标为“误报”必须在“佐证/备注”中写明理由，本次未采纳。")
    assert refused["责任人"] == ("同上", "“同上”在排序、筛选后无从对应，请写出内容。")
    assert ledger(night, NEXT)["SN000002"]["person"] is None


def test_reading_twice_changes_nothing(night: Estate):
    path = copied(night)
    fill(path, ANSWERS)
    first = night.hand_back(path)
    assert first.lines[0].changes == 10
    assert not first.failed
    night.run(NEXT)
    before = ledger(night, NEXT)
    assert night.hand_back(path) == first
    night.run(LATER)
    after = ledger(night, LATER)
    assert {serial: row["person"] for serial, row in after.items()} == {
        serial: row["person"] for serial, row in before.items()
    }


def test_a_dry_run_tells_and_writes_nothing(night: Estate):
    path = copied(night)
    fill(path, ANSWERS)
    assert night.hand_back(path, dry_run=True).lines[0].changes == 10
    assert night.hand_back(path).lines[0].changes == 10


def test_a_blank_never_erases_and_an_untouched_copy_says_nothing(night: Estate):
    first, untouched = copied(night, "甲.xlsx"), copied(night, "乙.xlsx")
    fill(first, ANSWERS)
    assert night.hand_back(first).lines[0].changes == 10
    told = night.hand_back(untouched)
    assert told.lines[0].changes == 0
    assert not told.failed
    night.run(NEXT)
    assert ledger(night, NEXT)["SN000001"]["person"] == "李四"


def test_two_people_who_disagree_are_both_kept(night: Estate):
    mine, yours = copied(night, "甲.xlsx"), copied(night, "乙.xlsx")
    fill(mine, {"SN000001": {"person": "李四"}, "SN000002": {"person": "李四"}})
    fill(yours, {"SN000001": {"person": "赵六"}, "SN000002": {"remark": "已电话联系"}})
    night.hand_back(mine)
    told = night.hand_back(yours)
    assert told.lines[0].changes == 1, "another field of the same row is no conflict"
    [conflict] = told.conflicts
    assert (conflict.ledger_text, conflict.copy_text) == ("李四", "赵六")
    assert "()" not in told.to_text(load_words("zh")), "nobody's name is in the copy"
    night.run(NEXT)
    assert ledger(night, NEXT)["SN000001"]["person"] == "李四"
    quality = openpyxl.load_workbook(workbook_of(night, NEXT))["数据质量"]
    shown = {cell.value for row in quality.iter_rows() for cell in row}
    assert {"李四", "赵六"} <= shown
    assert any("终端 SN000001" in str(text) for text in shown), "whose finding it is can be told"
    settled = copied(night, "丙.xlsx", NEXT)
    fill(settled, {"SN000001": {"person": "赵六"}})
    assert not night.hand_back(settled).conflicts


def swap_columns(sheet: Worksheet) -> None:
    """Move the remark before the first column, add a column of one's own, drop half of the others."""
    sheet.insert_cols(1, 2)
    place = {cell.value: cell.column for cell in sheet[1] if cell.value}
    for row in range(1, sheet.max_row + 1):
        sheet.cell(row, 1).value = sheet.cell(row, place["佐证/备注"]).value
        sheet.cell(row, 2).value = "我的列" if row == 1 else f"私人备注 {row}"
        sheet.cell(row, place["佐证/备注"]).value = None
    for label in ("问题描述", "整改措施", "来源文件"):
        if label in place:
            for row in range(1, sheet.max_row + 1):
                sheet.cell(row, place[label]).value = None


def test_columns_may_be_moved_added_and_emptied(night: Estate):
    path = copied(night)
    fill(path, ANSWERS, swap_columns)
    told = night.hand_back(path)
    assert told.lines[0].changes == 10
    assert not told.lines[0].refused


def reverse_rows(sheet: Worksheet) -> None:
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for row, values in enumerate(reversed(rows), start=2):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column).value = value
    sheet.delete_rows(sheet.max_row)
    for row in range(2, sheet.max_row, 2):
        sheet.row_dimensions[row].hidden = True  # as a filter does


def test_rows_may_be_sorted_filtered_and_deleted(night: Estate):
    path = copied(night)
    fill(path, ANSWERS, reverse_rows)
    assert night.hand_back(path).lines[0].changes >= 7
    night.run(NEXT)
    assert ledger(night, NEXT)["SN000003"]["state"] == "豁免"


def saved_by_libreoffice(path: Path, kind: str) -> Path:
    folder = path.parent / "saved"
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    command = ["soffice", "--headless", profile, "--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / f"{path.stem}.{kind.split(':')[0]}"


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_copy_saved_by_libreoffice_comes_back_right(night: Estate, kind: str):
    path = copied(night)
    fill(path, ANSWERS, lambda sheet: (swap_columns(sheet), reverse_rows(sheet)))
    saved = saved_by_libreoffice(path, kind)
    told = night.hand_back(saved)
    assert not told.lines[0].problem
    assert told.lines[0].changes >= 7
    assert not told.lines[0].refused
    night.run(NEXT)
    rows = ledger(night, NEXT)
    assert rows["SN000003"]["exempt_until"].date() == date(2026, 12, 31)
    assert rows["SN000002"]["remark"] == "工单 20261121-07，已提交报备"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"status": "差不多好了"}, "不是处理状态"),
        ({"planned_on": "下周"}, "不是日期"),
        ({"planned_on": "2026-02-30"}, "不是日期"),
        ({"remark": '=HYPERLINK("http://x","y")'}, "公式"),
        ({"person": "=A1"}, "公式"),
        ({"status": "=1+1"}, "公式"),
        ({"exempt_until": date(2026, 12, 31)}, "豁免还缺"),
        ({"planned_on": date(2025, 1, 5)}, "核对年份"),
        ({"planned_on": "长期"}, "核对年份"),
        ({"exempt_until": "长期", "approver": "王", "remark": "装修"}, "不能长期"),
        ({"status": "已整改"}, "整改中、已整改待复核"),
        ({"exempt_until": date(2029, 1, 1), "approver": "王", "remark": "装修"}, "超过最长"),
        ({"exempt_until": date(2020, 1, 1), "approver": "王", "remark": "装修"}, "已过"),
        ({"remark": "长" * 2_001}, "超过 2000 个字"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_cell(night: Estate, answers: dict, reason: str):
    path = copied(night)
    fill(path, {"SN000005": answers, "SN000006": {"person": "李四"}})
    told = night.hand_back(path)
    assert told.failed
    [cell] = [one for one in told.lines[0].refused if reason in one.reason]
    assert cell.cell.startswith("整改台账!")
    assert cell.cell[-1].isdigit()
    assert len(cell.text) <= 300, "as far as a table bears it"
    assert "9999" not in cell.text + cell.reason, "in the words of whoever wrote it"
    assert told.lines[0].changes >= 1, "the other cells of the copy are taken"


def tamper(column: str, value: Any) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        place = {cell.value: cell.column for cell in sheet[1] if cell.value}
        labels = {"id": "问题编号", "version": "行版本", "seal": "校验值"}
        sheet.cell(2, place[labels[column]]).value = value
        sheet.cell(2, place["责任人"]).value = "冒名"

    return change


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "0123456789abcdef"),
        ("id", "=A1"),
        ("id", "'; drop table findings; --"),
        ("id", "x" * 5_000),
        ("version", 7),
        ("version", -1),
        ("version", "零"),
        ("version", None),
        ("seal", "0" * 16),
        ("seal", None),
    ],
)
def test_a_tampered_row_is_refused_and_the_others_are_taken(night: Estate, column: str, value: Any):
    path = copied(night)
    fill(path, {"SN000006": {"person": "李四"}}, tamper(column, value))
    told = night.hand_back(path)
    assert told.lines[0].changes == 1
    [cell] = told.lines[0].refused
    assert "校验不符" in cell.reason
    assert cell.text == "冒名", "what was written is told with the place"
    assert cell.cell.startswith("整改台账!")


def test_another_estates_ledger_is_refused_as_a_whole(night: Estate):
    path = copied(night)
    fill(path, ANSWERS)
    (night.folder / "state" / "secret").write_text("ab" * 32)
    told = night.hand_back(path)
    assert "另一机构" in told.lines[0].problem
    assert told.lines[0].changes == 0


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"not a workbook at all\n", "xlsx"), (b"PK\x03\x04broken", ""), (b"", "")],
)
def test_what_is_no_ledger_is_told_and_the_night_goes_on(night: Estate, content: bytes, problem: str):
    folder = night.folder / "feedback"
    folder.mkdir()
    (folder / "笔记.xlsx").write_bytes(content)
    (folder / "~$已填写.xlsx").write_bytes(b"lock")
    result = night.run(NEXT)
    assert int(result.code) == 20
    assert "笔记.xlsx" in result.reason
    assert problem in result.reason
    assert ledger(night, NEXT)["SN000001"]["state"] == "待整改"


def test_a_copy_behind_a_password_is_told_what_helps_with_it(night: Estate):
    path = copied(night)
    locked = path.with_name("加密.xlsx")
    with path.open("rb") as plain, locked.open("wb") as target:
        OOXMLFile(plain).encrypt("pw", target)
    [line] = night.hand_back(locked).lines
    assert "去掉密码" in line.problem
    assert "password_env" not in line.problem


def test_a_folder_that_may_not_be_opened_is_told_and_the_night_goes_on(
    night: Estate, monkeypatch: pytest.MonkeyPatch
):
    """Root may open any; elsewhere somebody made the folder and kept it to himself."""
    copied(night)
    listed = Path.iterdir

    def refused(self: Path):
        if self.name == "feedback":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refused)
    result = night.run(NEXT)
    assert int(result.code) == 20
    assert "目录无法打开" in result.reason


def test_a_link_out_of_the_folder_and_a_pipe_are_told_and_not_opened(night: Estate):
    folder = night.folder / "feedback"
    folder.mkdir()
    (folder / "链接.xlsx").symlink_to(workbook_of(night))
    os.mkfifo(folder / "管道.xlsx")
    result = night.run(NEXT)
    assert int(result.code) == 20
    quality = openpyxl.load_workbook(workbook_of(night, NEXT))["数据质量"]
    shown = [cell.value for row in quality.iter_rows() for cell in row]
    assert {"链接.xlsx", "管道.xlsx"} <= set(shown)


def written(cells: Mapping[tuple[int, str], Any]) -> Callable[[Worksheet], None]:
    """Write into cells by row and header."""

    def change(sheet: Worksheet) -> None:
        place = {cell.value: cell.column for cell in sheet[1] if cell.value}
        for (row, label), value in cells.items():
            sheet.cell(row, place[label]).value = value

    return change


def resaved_or_not(path: Path, kind: str) -> Path:
    return saved_by_libreoffice(path, kind) if kind else path


@pytest.mark.parametrize(
    "kind",
    [
        "",
        pytest.param("xlsx", marks=pytest.mark.libreoffice),
        pytest.param("ods", marks=pytest.mark.libreoffice),
    ],
)
def test_what_is_written_into_grey_cells_is_told_with_its_cell_and_where_it_belongs(night: Estate, kind: str):
    corrections = {
        (2, "商户名称"): "星星便利店（已更名）",
        (3, "整改期限"): date(2026, 12, 31),
        (4, "逾期升级"): "店主 13812345678 已报备",  # a blank one beside those that are filled in
        (5, "问题描述"): None,
    }
    path = copied(night)
    serial = openpyxl.load_workbook(path)["整改台账"]["E6"].value
    fill(path, {"SN000006": {"person": "李四"}}, written({**corrections, (6, "终端序列号"): f" {serial}\n"}))
    line = night.hand_back(resaved_or_not(path, kind)).lines[0]
    assert not line.problem
    assert line.changes == 1
    told = {(one.cell.lstrip("整改台账!ABCDEFGHIJKLMNOPQRSTUVWXYZ"), one.column): one for one in line.refused}
    assert set(told) == {("2", "商户名称"), ("3", "整改期限"), ("4", "逾期升级")}
    assert told["2", "商户名称"].text == "星星便利店（已更名）"
    assert told["4", "逾期升级"].text == "店主 138****5678 已报备"
    assert {one.finding_id for one in line.refused} <= {row["id"] for row in ledger(night, AS_OF).values()}
    assert all("未采纳" in one.reason and "佐证/备注" in one.reason for one in line.refused)


def test_a_whole_grey_column_that_is_written_over_is_told_once(night: Estate):
    path = copied(night)
    book = openpyxl.load_workbook(path)
    rows = book["整改台账"].max_row
    fill(path, {}, written({(row, "建议值"): f"已安排 {row}" for row in range(2, rows + 1)}))
    line = night.hand_back(path).lines[0]
    if rows - 1 > 10:
        [one] = line.refused
        assert f"{rows - 1} 个单元格" in one.reason
    else:
        assert len(line.refused) == rows - 1


def sort_some_columns(sheet: Worksheet) -> None:
    """Turn the order of what is seen about, and leave the hidden columns where they are."""
    place = {cell.value: cell.column for cell in sheet[1] if cell.value}
    seen = range(1, place["问题编号"])
    rows = [[sheet.cell(row, column).value for column in seen] for row in range(2, sheet.max_row + 1)]
    for row, values in enumerate(reversed(rows), start=2):
        for column, value in zip(seen, values, strict=True):
            sheet.cell(row, column).value = value


def test_rows_whose_columns_were_sorted_apart_are_refused(night: Estate):
    path = copied(night)
    fill(path, {"SN000001": {"person": "李四"}, "SN000008": {"remark": "已联系"}}, sort_some_columns)
    line = night.hand_back(path).lines[0]
    assert line.changes == 0, "it would stand with another finding"
    told = [(one.text, one.reason) for one in line.refused if one.text in ("李四", "已联系")]
    assert len(told) == 2
    assert all("对不上" in reason for _, reason in told)


def test_a_row_that_somebody_added_is_told_whatever_it_has(night: Estate):
    path = copied(night)
    added = {
        (30, "终端序列号"): "SN990001",
        (30, "问题描述"): "现场发现一台未登记终端",
        (32, "严重程度"): "制表：李四",
    }
    fill(path, {}, written(added))
    [one] = night.hand_back(path).lines[0].refused
    assert (one.cell[-2:], one.text) == ("30", "SN990001 / 现场发现一台未登记终端")
    assert "没有问题编号" in one.reason


def own_and_renamed(sheet: Worksheet) -> None:
    place = {cell.value: cell.column for cell in sheet[1] if cell.value}
    sheet.cell(1, place["责任人"]).value = "负责人"
    sheet.cell(3, sheet.max_column + 1).value = "领导批示：本周办结"
    sheet.cell(2, 1).comment = Comment("已由李四处理", "李四")
    shown = sheet.parent["未报备设备"]
    shown.cell(8, shown.max_column + 1).value = "已处理"


def test_what_stands_where_nobody_reads_is_told(night: Estate):
    path = copied(night)
    fill(path, {"SN000001": {"person": "李四", "remark": "已联系"}}, own_and_renamed)
    line = night.hand_back(path).lines[0]
    assert (line.changes, line.refused) == (1, ())
    renamed, beside, elsewhere, comment = line.notices
    assert "“未报备设备”只供查看" in elsewhere
    assert "“负责人”不是填写列，其中 1 格" in renamed
    assert "（自 AP3 起）" in beside
    assert "整改台账!A2" in comment
    night.run(NEXT)
    assert any(renamed in text for text in quality_of(night, NEXT)), "also to whoever reads the report"


@pytest.mark.parametrize("lost", [("校验值",), ("问题编号", "行版本", "校验值")])
def test_a_sheet_without_its_hidden_columns_is_told_and_not_passed_over(night: Estate, lost: tuple[str, ...]):
    def drop(sheet: Worksheet) -> None:
        for label in lost:
            sheet.delete_cols(next(cell.column for cell in sheet[1] if cell.value == label))

    path = copied(night)
    fill(path, ANSWERS, drop)
    told = night.hand_back(path)
    assert told.failed, "though the self-audit sheet of the same copy is whole"
    [cell] = told.lines[0].refused
    assert cell.cell == "整改台账!1:1"
    assert "、".join(lost) in cell.reason
    assert "4 行均未采纳" in cell.reason


def test_a_hidden_sheet_and_cells_merged_over_rows_are_read_as_they_are_meant(night: Estate):
    def hide(sheet: Worksheet) -> None:
        column = get_column_letter(columns_of(sheet)["remark"])
        for table in list(sheet.tables):
            del sheet.tables[table]
        sheet[f"{column}2"] = "这几行一起处理"
        sheet.merge_cells(f"{column}2:{column}5")
        sheet.sheet_state = "hidden"

    path = copied(night)
    fill(path, {}, hide)
    assert night.hand_back(path).lines[0].changes == 4


def test_what_was_read_between_two_nights_is_told_in_the_next_report(night: Estate):
    path = copied(night)
    fill(path, {"SN000005": {"status": "好了"}, "SN000006": {"person": "李四"}})
    night.hand_back(path)
    elsewhere = copied(night, "乙.xlsx").rename(night.folder / "乙.xlsx")
    fill(elsewhere, {"SN000007": {"planned_on": "下周"}})
    [line] = night.hand_back(elsewhere).lines
    night.run(NEXT)
    shown = quality_of(night, NEXT)
    assert {"已填写.xlsx", "乙.xlsx", "好了", "下周", line.said_at} <= set(shown)
    assert "T" not in line.said_at, "as people tell the time"
    assert "本次没有收到" not in "".join(shown)
    night.run(LATER)
    assert "已填写.xlsx" not in quality_of(night, LATER), "told once"


def quality_of(estate: Estate, on: date) -> list[str]:
    sheet = openpyxl.load_workbook(workbook_of(estate, on))["数据质量"]
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_the_night_told_again_shows_the_same(night: Estate):
    fill(copied(night), {**ANSWERS, "SN000005": {"status": "好了"}})
    first = night.run(NEXT)
    before = workbook_of(night, NEXT).read_bytes()
    again = night.run(NEXT)
    assert again.replayed
    shutil.rmtree(first.folder)
    night.run(NEXT)
    assert workbook_of(night, NEXT).read_bytes() == before
    night.run(LATER)
    assert ledger(night, LATER)["SN000001"]["person"] == "李四"


def test_a_language_changed_in_between_does_not_matter(night: Estate):
    path = copied(night)
    fill(path, ANSWERS)
    night.settings["language"] = '"en"'
    night.configure()
    assert night.hand_back(path).lines[0].changes == 10


def test_on_the_command_line(night: Estate):
    path = copied(night)
    fill(path, {"SN000001": {"person": "李四"}, "SN000002": {"status": "好了"}})
    command = [sys.executable, "-m", "audit", "feedback", str(path), "--config", str(night.config)]
    done = subprocess.run([*command, "--dry-run"], text=True, capture_output=True, check=False)
    assert done.returncode == 20, done.stderr
    assert "更新 1 处" in done.stdout
    assert "整改台账!L" in done.stdout
