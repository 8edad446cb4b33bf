"""Several files of one feed are one table, and what is wrong with one of them stays its own affair."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, DEVICE, REGISTRATION, Estate
from vendorfiles import HEADER, MERCHANT, book, delimited, device, put, take, take_rows

from audit.config import load_settings
from audit.errors import ExitCode
from audit.intake.feeds import assembled, parts_of, read_feeds
from audit.intake.read import read_file
from audit.intake.request import Request
from audit.intake.store import Store


def vendors(estate: Estate, *files: str) -> None:
    """Have the device ledger come from these patterns."""
    estate.sections["inputs.devices"] = f"files = {json.dumps(files)}\nmax_age_days = 5"


def table(estate: Estate, feed: str = "devices") -> list[dict[str, Any]]:
    """The canonical table of a feed, its files read in this process."""
    estate.sections = {name: body for name, body in estate.sections.items() if name == f"inputs.{feed}"}
    settings = load_settings(estate.configure())
    store = Store(settings.state, lambda request: read_file(Request.from_json(request)))
    return assembled(parts_of(read_feeds(settings, AS_OF, store)[feed])).to_pylist()


def unregistered(estate: Estate) -> set[tuple[str, str]]:
    """(serial, file) of every device that is not registered."""
    return {(row["serial_no"], row["source_file"]) for row in estate.findings() if row["rule"] == "REG-01"}


def test_files_of_any_kind_and_encoding_are_one_ledger(estate: Estate):
    put(estate.folder / "vendor_a" / "台账20261121.xlsx", book([["台账"], HEADER, device(1), device(11)]))
    put(
        estate.folder / "vendor_b" / "台账20261121.csv",
        delimited([HEADER, device(12)], "\t").encode("gb18030"),
    )
    vendors(estate, "vendor_a/*", "vendor_b/*", "devices_*.csv")
    result = estate.run()
    assert result.code is ExitCode.DONE
    assert unregistered(estate) == {
        ("SN000011", "vendor_a/台账20261121.xlsx"),
        ("SN000012", "vendor_b/台账20261121.csv"),
    }


def test_every_row_keeps_its_file_its_place_and_an_id_of_its_own(estate: Estate):
    put(estate.folder / "甲.csv", delimited([HEADER, device(1), device(2)]).encode())
    put(estate.folder / "乙.xlsx", book([["台账"], HEADER, device(3)], [HEADER, device(4)]))
    vendors(estate, "甲*", "乙*")
    rows = table(estate)
    places = [(row["source_file"], row["source_sheet"], row["source_row"], row["serial_no"]) for row in rows]
    assert places == [
        ("甲.csv", "", 2, "SN000001"),
        ("甲.csv", "", 3, "SN000002"),
        ("乙.xlsx", "Sheet1", 3, "SN000003"),
        ("乙.xlsx", "Sheet2", 2, "SN000004"),
    ]
    assert len({row["row_id"] for row in rows}) == 4


def test_columns_that_only_one_file_has_are_unknown_in_the_other(estate: Estate):
    put(estate.folder / "甲.csv", delimited([HEADER, device(1)]).encode())
    put(estate.folder / "乙.csv", delimited([["机身号", "商户编号"], ["SN000002", MERCHANT]]).encode())
    vendors(estate, "甲.csv", "乙.csv")
    found = {row["serial_no"]: (row["model"], row["terminal_status"]) for row in table(estate)}
    assert found == {"SN000001": ("X1", "active"), "SN000002": (None, None)}


def test_a_file_that_two_patterns_find_is_there_once(estate: Estate):
    vendors(estate, "devices_*.csv", "devices_2026*")
    assert [row["serial_no"] for row in table(estate)] == ["SN000001", "SN000002", "SN000003"]


def test_a_device_in_two_files_is_found_twice(estate: Estate):
    estate.write("devices", [DEVICE | {"model": "X1", "firmware": "9.9.9"}], "second_20261121.csv")
    vendors(estate, "devices_*.csv", "second_*.csv")
    estate.run()
    duplicates = [row for row in estate.findings() if row["rule"] == "DUP-01"]
    assert {row["serial_no"] for row in duplicates} == {"SN000001"}
    assert {row["detail"] for row in duplicates} == {"序列号 SN000001 在台账中出现 2 次，不止在一个文件中。"}


def test_a_broken_file_leaves_the_other_files_of_its_feed_in_the_audit(estate: Estate):
    put(estate.folder / "broken_20261121.xlsx", book([HEADER, device(9)])[:700])
    vendors(estate, "devices_*.csv", "broken_*.xlsx")
    estate.write("registrations", [REGISTRATION])
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert {serial for serial, _ in unregistered(estate)} == {"SN000002", "SN000003"}
    [missed] = [row for row in estate.findings() if row["rule"] == "SRC-02"]
    assert "broken_20261121.xlsx" in missed["detail"]


def test_lock_files_and_hidden_files_are_nobodys_export(estate: Estate):
    for name in ("~$devices_20261121.csv", ".devices_20261121.csv"):
        put(estate.folder / name, delimited([HEADER, device(9)]).encode())
    vendors(estate, "*devices_*.csv")
    assert [row["serial_no"] for row in table(estate)] == ["SN000001", "SN000002", "SN000003"]


@pytest.mark.parametrize(
    "cell",
    ["微信/支付宝", "微信、支付宝", "支付宝和微信", "微信支付宝", "WeChat & Alipay", "微信；支付宝；微信"],
)
def test_a_row_that_names_two_channels_is_registered_in_both(estate: Estate, cell: str):
    rows = [["SN", "商户号", "渠道", "报备状态", "失败原因"]]
    rows += [
        ["SN000001", MERCHANT, "银联", "报备成功", ""],
        ["SN000002", MERCHANT, cell, "报备失败", "地址有误"],
    ]
    put(estate.folder / "报备.csv", delimited(rows).encode())
    estate.sections["inputs.registrations"] = 'files = ["报备.csv"]'
    found = table(estate, "registrations")
    assert [
        (row["serial_no"], row["channel"], row["reg_status"], row["reg_message"], row["source_row"])
        for row in found
    ] == [
        ("SN000001", "unionpay", "registered", None, 2),
        ("SN000002", "alipay", "failed", "地址有误", 3),
        ("SN000002", "wechat", "failed", "地址有误", 3),
    ]
    assert len({row["row_id"] for row in found}) == 3


@pytest.mark.parametrize(
    ("cell", "states"),
    [
        ("微信:已报备;支付宝:未报备", {"wechat": "registered", "alipay": "not_registered"}),
        ("微信-报备成功\n支付宝-报备失败（资料不符）", {"wechat": "registered", "alipay": "failed"}),
        ("微信√ 支付宝×", {"wechat": "registered", "alipay": "not_registered"}),
        ("微信、支付宝已报备；银联：-", {"wechat": "registered", "alipay": "registered"}),
        ("未报备：银联;已报备：微信", {"unionpay": "not_registered", "wechat": "registered"}),
        ('{"wechat":"SUCCESS","alipay":"FAIL"}', {"wechat": "registered", "alipay": "failed"}),
        ("1.微信：审核中 2.支付宝：已注销", {"wechat": "pending", "alipay": "cancelled"}),
        ("失败（微信返回超时）", {None: "failed"}),
        ("微信:已报备;支付宝", {None: None}),
        ("微信:已报备;支付宝:1", {None: None}),
        ("微信:已报备;微信:未报备", {None: None}),
    ],
)
def test_a_cell_that_says_the_state_of_each_channel(
    estate: Estate, cell: str, states: dict[str | None, str | None]
):
    rows = [["SN", "商户号", "报备状态"], ["SN000001", MERCHANT, "未报备"], ["SN000002", MERCHANT, cell]]
    put(estate.folder / "报备.csv", delimited(rows).encode())
    estate.sections["inputs.registrations"] = 'files = ["报备.csv"]'
    plain, *found = table(estate, "registrations")
    assert (plain["reg_status"], plain.get("channel")) == ("not_registered", None)
    assert {row.get("channel"): row["reg_status"] for row in found} == states
    assert (found[0]["rejected"] == ",reg_status,") == (states == {None: None})


@pytest.mark.parametrize(
    "header", ["微信/支付宝/银联报备", "报备情况（微信、支付宝、银联）", "微信|支付宝|银联 报备状态"]
)
def test_a_header_that_lists_channels_above_their_states_in_order(tmp_path: Path, header: str):
    cells = ["√/×/√", "已报备、未报备、报备中", "已报备/-/未报备", "已报备", "√/×"]
    rows = [["SN", "商户号", header], *([f"SN{n:06}", MERCHANT, cell] for n, cell in enumerate(cells))]
    read = take_rows(tmp_path, rows, table="registrations")
    found: dict[str, dict[str | None, str | None]] = {}
    for row in read.rows or ():
        found.setdefault(row["serial_no"], {})[row["channel"]] = row["reg_status"]
    assert list(found.values()) == [
        {"wechat": "registered", "alipay": "not_registered", "unionpay": "registered"},
        {"wechat": "registered", "alipay": "not_registered", "unionpay": "pending"},
        {"wechat": "registered", "unionpay": "not_registered"},
        {None: "registered"},  # of which of them, nobody says
        {None: None},
    ]
    assert [value for _, _, value in read.rejected] == ["unknown_code"]


def test_a_state_of_the_row_beside_one_of_each_channel_is_one_of_all_together(estate: Estate):
    rows = [
        ["SN", "商户号", "报备状态", "微信", "支付宝"],
        ["SN000001", MERCHANT, "报备中", "已报备", "未报备"],
    ]
    put(estate.folder / "报备.csv", delimited(rows).encode())
    estate.sections["inputs.registrations"] = 'files = ["报备.csv"]'
    found = {row["channel"]: row["reg_status"] for row in table(estate, "registrations")}
    assert found == {"wechat": "registered", "alipay": "not_registered"}


def test_files_of_one_channel_each_may_say_it_in_their_names(estate: Estate):
    """The same rows in two files: what was read of the first is not taken for the second."""
    rows = [["SN", "商户号", "报备状态"], ["SN000001", MERCHANT, "已报备"]]
    names = ("微信报备清单_20261121.csv", "支付宝报备清单.csv", "银联商务报备清单.csv", "微信名单.csv")
    for name in names:
        put(estate.folder / name, delimited(rows).encode())
    estate.sections["inputs.registrations"] = f"files = {json.dumps(names, ensure_ascii=False)}"
    found = table(estate, "registrations")
    assert [row["channel"] for row in found] == ["wechat", "alipay", None, None]
    read = take(estate.folder / names[0], table="registrations").reading
    assert read.notices == (("channel_of_file", {"channel": "wechat"}),)


def test_of_one_channel_in_the_cell_the_column_of_channels_knows_better(estate: Estate):
    rows = [["SN", "商户号", "渠道", "报备状态"], ["SN000001", MERCHANT, "支付宝", "微信审核不通过"]]
    put(estate.folder / "报备.csv", delimited(rows).encode())
    estate.sections["inputs.registrations"] = 'files = ["报备.csv"]'
    (found,) = table(estate, "registrations")
    assert (found["channel"], found["reg_status"]) == ("alipay", "failed")


def test_a_cell_that_names_a_channel_nobody_knows_is_rejected_whole(estate: Estate):
    rows = [["SN", "商户号", "渠道", "报备状态"], ["SN000001", MERCHANT, "微信/建行", "报备成功"]]
    put(estate.folder / "报备.csv", delimited(rows).encode())
    estate.sections["inputs.registrations"] = 'files = ["报备.csv"]'
    (found,) = table(estate, "registrations")
    assert (found["channel"], found["rejected"], found["unread_text"]) == (
        None,
        ",channel,",
        "channel=微信/建行",
    )


def test_row_ids_of_lists_with_a_channel_per_column_are_nobody_elses(estate: Estate):
    """The second file has four times as many ids as rows; they stay within its own."""
    wide = [
        ["机身号", "商户号", "微信报备状态", "支付宝报备状态"],
        ["SN000001", MERCHANT, "已报备", "已报备"],
    ]
    for number in range(5):
        rows = (
            wide
            if number == 1
            else [["SN", "商户号", "渠道", "状态"], [f"SN00001{number}", MERCHANT, "微信", "成功"]]
        )
        put(estate.folder / f"报备{number}.csv", delimited(rows).encode())
    estate.sections["inputs.registrations"] = 'files = ["报备?.csv"]'
    found = table(estate, "registrations")
    assert len({row["row_id"] for row in found}) == len(found) == 6


def test_a_channel_per_column_and_a_channel_per_row_are_one_list(estate: Estate):
    wide = [["机身号", "商户号", "微信报备状态", "支付宝报备状态"]]
    wide += [["SN000002", MERCHANT, "已报备", "报备失败"], ["SN000003", MERCHANT, "", "已报备"]]
    put(estate.folder / "宽表.csv", delimited(wide).encode())
    estate.write("registrations", [REGISTRATION])
    estate.sections["inputs.registrations"] = 'files = ["registrations_*.csv", "宽表.csv"]'
    rows = table(estate, "registrations")
    assert sorted((row["serial_no"], row["channel"], row["reg_status"]) for row in rows) == [
        ("SN000001", "wechat", "registered"),
        ("SN000002", "alipay", "failed"),
        ("SN000002", "wechat", "registered"),
        ("SN000003", "alipay", "registered"),
    ]
    assert len({row["row_id"] for row in rows}) == 4
