"""Headers: the names vendors give a column, and what happens when one is missing or there twice."""

from __future__ import annotations

import time
from pathlib import Path
from unittest.mock import patch

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendorfiles import HEADER, MERCHANT, book, delimited, device, put, take, take_bytes, take_rows

from audit.config import InputSection
from audit.errors import Unusable
from audit.inspection import inspect_files
from audit.intake import headerrow
from audit.intake.grid import Grid, Merge
from audit.intake.headerrow import find_header
from audit.intake.labels import lookup
from audit.intake.pinyin import in_characters
from audit.report.sentences import problem_of
from audit.tables import TABLES
from audit.words import load_words


def how_mapped(folder: Path, headers: list[str], table: str = "devices", **how: object) -> dict[str, str]:
    """Header to canonical column, of a file with these headers and one row."""
    row = [f"A{place:07}" for place in range(len(headers))]
    read = take_rows(folder, [headers, row], table=table, **how)
    return {mapped.header: mapped.column for mapped in read.sheet.mapped}


@pytest.mark.parametrize(
    "header",
    [
        "终端序列号",
        "*终端序列号",
        "终端序列号*",
        "01_终端序列号",
        "3-终端序列号",
        "终端序列号（必填）",
        "终端序列号(最长20位)",
        "终端序列号【必填】",
        "终端序列号[text]",
        " 终端 序列号 ",
        "终端\n序列号",
        "终端　序列号",
        "\u200b终端序列号",
        "终端序列号：",
        "【终端序列号】",
        "「终端序列号」",
        "终端ＳＮ",
        "Serial No.",
        "SERIAL_NUMBER",
        "serial-no",
        "S/N",
        "机身号",
        "serial_no",
        "終端序列號",
        "終端序列號/Serial No.",
        "序列号\nSN",
        "SN 序列号",
        "序列号/SN（必填）",
        "1.终端序列号",
        "（2）序列号（必填）",
        "③机身号",
        "t_device.sn",
        "t_device.终端序列号",
        "终端SN/机身号",
        "机身号或序列号",
        "POS终端序列号",
        "終端設備序號",
        "一、终端序列号",
        "A.机身号",
        "终端信息-序列号",
        "SN ▼",
        "TERM_SN",
        "devSerialNo",
        "3 终端序列号",
        "[必填]设备序列号",
        "（必填，20位）终端SN",
        "设备SN/IMEI",
        "TERM_SN_NO",
    ],
)
def test_a_serial_number_by_any_name(tmp_path: Path, header: str):
    assert how_mapped(tmp_path, [header, "商户编号"]) == {
        header.strip(): "serial_no",
        "商户编号": "merchant_no",
    }


@pytest.mark.parametrize(
    ("table", "headers"),
    [
        (
            "devices",
            {
                "POS机具序列号": "serial_no",
                "21号文编号": "tusn",
                "终端编号": "terminal_id",
                "特约商户编码": "merchant_no",
                "终端布放地址（≤30汉字）": "address",
                "设备型号（10）": "model",
                "最近心跳": "last_heartbeat_at",
                "装机日期(yyyy-mm-dd)": "install_date",
                "经度（°）": "longitude",
                "开通状态": "terminal_status",
                "是否备机": "is_spare",
            },
        ),
        (
            "devices",
            {
                "Serial Number": "serial_no",
                "Merchant ID": "merchant_no",
                "Device Model": "model",
                "Pinged": "last_heartbeat_at",
                "Firmware Version": "firmware",
                "Certificate Expiry": "cert_expiry",
            },
        ),
        (
            "merchants",
            {
                "商户编码": "merchant_no",
                "商户全称": "merchant_name",
                "营业执照注册号": "uscc",
                "执照有效期": "license_expiry",
                "法人身份证号": "legal_id_no",
                "联系电话": "phone",
                "收单结算账户": "settle_account",
                "经营状态": "merchant_status",
            },
        ),
        (
            "registrations",
            {
                "报备流水号": "registration_no",
                "机具SN": "serial_no",
                "银联商户号": "merchant_no",
                "支付通道": "channel",
                "登记状态": "reg_status",
                "驳回原因": "reg_message",
                "报送时间": "submitted_at",
                "审核时间": "registered_at",
            },
        ),
        ("registrations", {"termSn": "serial_no", "mch_id": "merchant_no", "wxState": "reg_status_wechat"}),
        ("models", {"终端型号": "model", "停服日期": "eos_on", "最低固件版本": "min_firmware"}),
    ],
)
def test_the_headers_of_real_exports(tmp_path: Path, table: str, headers: dict[str, str]):
    assert how_mapped(tmp_path, list(headers), table) == headers


@pytest.mark.parametrize("table", TABLES)
def test_every_name_a_table_knows_is_found(tmp_path: Path, table: str):
    names = {column.name: list(column.synonyms) for column in TABLES[table].columns}
    for column, known in names.items():
        assert {lookup(name, TABLES[table], {})[0] for name in known} == {column}
    key, other = TABLES[table].keys[0], TABLES[table].columns[-1].name
    for place in range(0, max(map(len, names.values())), 25):
        # in a file too: the n-th name of every column that has so many, own names of some to make a table
        headers = {known[place]: name for name, known in names.items() if place < len(known)}
        headers |= {name: name for name in (*key, other) if name not in headers.values()}
        row = [f"A{number:07}" for number in range(len(headers))]
        mapped = take_rows(tmp_path, [list(headers), row], table=table).sheet.mapped
        assert headers.items() <= {(one.header, one.column) for one in mapped}


def test_no_name_means_two_columns():
    for table in TABLES.values():
        names = [name for column in table.columns for name in column.synonyms]
        assert sorted(names) == sorted(set(names))
        assert "" not in names


def test_a_configured_header_beats_the_names_that_are_known(tmp_path: Path):
    columns = {"机具身份（新）": "serial_no", "型号": "remark"}
    rows = [["机具身份(新)", "商户号", "型号"], ["SN000001", MERCHANT, "X1"]]
    read = take_rows(tmp_path, rows, columns=columns)
    assert read.column("serial_no") == ["SN000001"]
    assert read.column("remark") == ["X1"]
    assert {mapped.how for mapped in read.sheet.mapped} == {"configured", "synonym"}


def test_a_configured_header_in_audit_toml(tmp_path: Path):
    path = put(tmp_path / "a.csv", delimited([["机具身份", "商户号"], ["SN000001", MERCHANT]]).encode())
    section = InputSection(files=("a.csv",), columns={" 机具 身份": "serial_no"})
    assert inspect_files([path], "devices", section, None).rows == 1
    assert inspect_files([path], "devices", None, None).failed


@pytest.mark.parametrize("header", ["渠道ID", "终端号 SN", "终端型号 No.", "商户名称/Merchant ID"])
def test_a_header_whose_halves_do_not_agree_is_not_guessed(tmp_path: Path, header: str):
    assert header not in how_mapped(tmp_path, ["序列号", "商户编号", header])


def _grid(rows: list[list[str | None]]) -> Grid:
    columns = tuple(pa.array(column, pa.string()) for column in zip(*rows, strict=True))
    return Grid("", columns, (None,) * len(columns), merges=(Merge(0, 0, 0, 1),))


@given(
    rows=st.lists(
        st.lists(
            st.sampled_from(
                ["终端号", "编号", "商户", "商户编号", "日期", "装机", "SN", "12", "3-4", "№", "１", None]
            ),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=4,
    ),
    configured=st.dictionaries(st.sampled_from(["12", "34", "1234", "no"]), st.just("serial_no"), max_size=2),
)
def test_rows_that_can_name_no_more_columns_need_no_look(
    rows: list[list[str | None]], configured: dict[str, str]
):
    found = find_header(_grid(rows), TABLES["devices"], configured)
    with patch.object(headerrow, "_most_names", lambda *_: len(rows[0]) + 9):
        assert find_header(_grid(rows), TABLES["devices"], configured) == found


def test_a_missing_key_names_the_file_the_column_and_what_resembles_it(tmp_path: Path):
    rows = [["设备序列号段", "商户号", "型号"], ["SN000001", MERCHANT, "X1"]]
    path = put(tmp_path / "台账.csv", delimited(rows).encode())
    reading = take(path).reading
    assert (reading.error, reading.path) == (Unusable.MISSING_COLUMN, str(path))
    assert reading.error_facts["table"] == "devices"
    assert reading.error_facts["columns"] == ["serial_no"]
    assert reading.error_facts["suggestions"] == {"serial_no": ["设备序列号段"]}
    told = inspect_files([path], "devices", None, None).to_text(load_words("zh"))
    for word in (str(path), load_words("zh").column("serial_no"), "设备序列号段"):
        assert word in told


def test_the_wrong_table_is_refused(tmp_path: Path):
    merchants = [["商户号", "商户名称", "统一社会信用代码", "法人姓名"], [MERCHANT, "晨光", "", "王某"]]
    assert take_rows(tmp_path, merchants).reading.error == Unusable.MISSING_COLUMN


def test_a_table_without_a_header_is_refused(tmp_path: Path):
    for data in (delimited([device(1), device(2)]).encode(), book([device(1), device(2)])):
        read = take_bytes(tmp_path, data)
        assert (read.reading.error, read.rows) == (Unusable.MISSING_COLUMN, None)


def test_two_columns_that_could_both_be_the_serial_are_not_guessed_between(tmp_path: Path):
    rows = [["序列号", "机身号", "商户号"], ["SN000001", "SN000002", MERCHANT]]
    reading = take_rows(tmp_path, rows).reading
    assert reading.error == Unusable.AMBIGUOUS_COLUMN
    assert reading.error_facts["column"] == "serial_no"
    assert reading.error_facts["headers"] == "A 序列号 / B 机身号"


def test_two_columns_of_one_content_are_one(tmp_path: Path):
    read = take_rows(tmp_path, [["序列号", "机身号", "商户号"], ["SN000001", "SN000001", MERCHANT]])
    assert read.column("serial_no") == ["SN000001"]
    assert read.reading.notices == ()


def test_the_same_header_twice_with_different_content_is_not_guessed_between(tmp_path: Path):
    reading = take_rows(tmp_path, [["序列号", "型号", "型号"], ["SN000001", "X1", "X2"]]).reading
    assert (reading.error, reading.error_facts["column"]) == (Unusable.AMBIGUOUS_COLUMN, "model")


def test_a_second_name_of_a_lesser_column_is_reported_and_the_exact_name_is_used(tmp_path: Path):
    read = take_rows(tmp_path, [["序列号", "机型", "型号"], ["SN000001", "N5", "X1"]])
    assert read.column("model") == ["X1"]
    assert read.reading.notices == (("second_choice", {"sheet": "", "header": "机型", "column": "model"}),)


def test_a_terminal_number_is_a_serial_when_it_is_too_long_for_one(tmp_path: Path):
    for number, column in (("12345678", "terminal_id"), ("N910000123456", "serial_no")):
        read = take_rows(tmp_path, [["终端号", "商户号"], [number, MERCHANT]])
        assert read.column(column) == [number]


def test_a_name_of_two_meanings_serves_only_where_nothing_better_does(tmp_path: Path):
    assert how_mapped(tmp_path, ["设备编号", "商户号", "型号"])["设备编号"] == "serial_no"
    read = take_rows(tmp_path, [["设备编号", "序列号", "商户号"], ["资产1", "SN000001", MERCHANT]])
    assert read.column("serial_no") == ["SN000001"]
    assert read.sheet.unmapped == ("设备编号",)


@pytest.mark.parametrize("titles", [[], [["终端台账", ""], ["", ""]]])
@pytest.mark.parametrize(
    ("table", "headers"),
    [
        ("devices", ["设备编号", "商户号"]),
        ("devices", ["型号", "Device No."]),
        ("registrations", ["机具号", "报备状态"]),
    ],
)
def test_such_a_name_is_enough_to_find_the_header(
    tmp_path: Path, table: str, headers: list[str], titles: list[list[str]]
):
    row = ["SN000001", "898100000000001"] if "商户号" in headers else ["X1", "SN000001"]
    row = ["SN000001", "已报备"] if table == "registrations" else row
    for asked in (table, ""):
        read = take_rows(tmp_path, [*titles, headers, row], table=asked)
        assert read.reading.tables == (table,)
        assert read.column("serial_no") == ["SN000001"]
        assert "alone" in {mapped.how for mapped in read.sheet.mapped}


def test_such_a_name_does_not_take_a_sheet_from_a_better_table(tmp_path: Path):
    merchants = [["商户号", "商户名称", "商户状态", "设备号"], [MERCHANT, "晨光", "正常", "SN000001"]]
    read = take_bytes(tmp_path, book(merchants, [HEADER, device(1)]), table="devices")
    assert [sheet.skipped for sheet in read.reading.sheets] == ["other_table", ""]


def test_columns_nobody_asked_for_are_named_and_their_values_go_nowhere(tmp_path: Path):
    rows = [[*HEADER, "主密钥", ""], [*device(1), "0123456789ABCDEF", "机密"], [*device(2), "FEDC", "秘"]]
    for data in (delimited(rows).encode(), book(rows)):
        read = take_bytes(tmp_path, data)
        assert read.sheet.unmapped == ("主密钥",)
        seen = f"{read.rows}{read.reading.to_json()}"
        assert not [value for value in ("0123456789ABCDEF", "FEDC", "机密", "秘") if value in seen]


def test_what_a_column_of_keys_or_card_data_is_called(tmp_path: Path):
    secret = [
        "TMK",
        "主密钥密文",
        "PIN Key",
        "KEK",
        "LMK",
        "AES Key",
        "PIN Block",
        "PIN",
        "Track2",
        "track2_data_hex",
        "Track 2 Equivalent Data",
        "CVN2",
        "PAN",
        "磁道二",
    ]
    plain = ["密码键盘型号", "PIN Key Type", "Tracking No", "SIM卡号", "Company", "terminal_key", "Panel"]
    read = take_rows(
        tmp_path, [[*HEADER, *secret, *plain], [*device(1), *["7A" * 16] * (len(secret) + len(plain))]]
    )
    assert read.sheet.sensitive == tuple(secret)


def test_two_columns_of_remarks_cost_no_list(tmp_path: Path):
    read = take_rows(tmp_path, [["序列号", "商户号", "备注", "备注"], ["SN000001", MERCHANT, "a", "b"]])
    assert (read.column("remark"), len(read.reading.notices)) == (["a"], 1)


def test_a_tick_below_the_name_of_a_channel_is_its_registration(tmp_path: Path):
    rows = [["序列号", "商户号", "微信", "是否报备支付宝"], ["SN000001", MERCHANT, "√", "否"]]
    read = take_rows(tmp_path, rows, table="registrations")
    found = read.rows[0]
    assert (found["reg_status_wechat"], found["reg_status_alipay"]) == ("registered", "not_registered")


def test_one_status_column_per_channel(tmp_path: Path):
    headers = ["序列号", "商户号", "微信报备状态", "支付宝报备状态", "银联入网结果"]
    rows = [headers, ["SN000001", MERCHANT, "已报备", "报备失败", "已入网"]]
    [row] = take_rows(tmp_path, rows, table="registrations").rows
    found = [row[f"reg_status_{channel}"] for channel in ("wechat", "alipay", "unionpay")]
    assert found == ["registered", "failed", "registered"]


def test_what_stands_below_tells_which_meaning_a_header_has(tmp_path: Path):
    told = {
        ("devices", "State", "active"): "terminal_status",
        ("devices", "State", "广东省"): "province",
        ("devices", "Location", "深圳市南山区科技路1号"): "address",
        ("devices", "Location", "22.54/114.05"): "location",
        ("merchants", "营业执照", "有"): "has_license",
        ("merchants", "营业执照", "91350100M000100Y43"): "uscc",
        ("registrations", "平台", "支付宝"): "channel",
    }
    for (table, header, value), column in told.items():
        headers = ["SN", "Merchant ID", "商户名称", header, "报备状态"]
        read = take_rows(tmp_path, [headers, ["SN000001", MERCHANT, "晨光", value, "已报备"]], table=table)
        mapped = {one.header: one.column for one in read.sheet.mapped}
        assert mapped.get(header) == column, (table, header, value)
        assert not read.reading.rejected


def test_a_region_of_provinces_and_an_industry_of_codes_are_such(tmp_path: Path):
    rows = [["商户号", "商户名称", "所属区域", "行业"], [MERCHANT, "甲店", "广东省", "5812"]]
    read = take_rows(tmp_path, rows, table="merchants")
    assert (read.column("province"), read.column("mcc")) == (["广东省"], ["5812"])
    rows[1][2:] = ["华东", "餐饮"]
    read = take_rows(tmp_path, rows, table="merchants")
    assert read.sheet.unmapped == ("所属区域", "行业")


def test_names_as_databases_shorten_them(tmp_path: Path):
    headers = {
        "TERM_SN": "serial_no",
        "mcht_no": "merchant_no",
        "STORE_NM": "store_name",
        "PROV_NM": "province",
    }
    headers |= {
        "inst_addr": "address",
        "INSTALL_DT": "install_date",
        "LAST_HEARTBEAT_TM": "last_heartbeat_at",
    }
    headers |= {"CERT_EXP_DT": "cert_expiry", "termStat": "terminal_status"}
    assert how_mapped(tmp_path, [*headers, "INST_CD"]) == headers


def test_a_time_below_a_channel_is_that_of_the_channel_and_not_of_the_row(tmp_path: Path):
    rows = [["终端信息", "", "微信", "", "支付宝", ""], ["序列号", "商户号", *["报备状态", "报备时间"] * 2]]
    rows += [["SN000001", MERCHANT, "已报备", "2026-01-02", "驳回", "2026-01-03"]]

    def merge(made: openpyxl.Workbook) -> None:
        for area in ("A1:B1", "C1:D1", "E1:F1"):
            made.worksheets[0].merge_cells(area)

    read = take_bytes(tmp_path, book(rows, change=merge), table="registrations")
    assert read.column("reg_status_alipay") == ["failed"]
    assert read.sheet.unmapped == ()
    [row] = read.rows
    assert "submitted_at" not in row
    times = [str(row[f"submitted_at_{channel}"]) for channel in ("wechat", "alipay")]
    assert times == ["2026-01-02 00:00:00", "2026-01-03 00:00:00"]


def test_a_header_of_two_names_is_the_column_both_mean(tmp_path: Path):
    headers = {"商户号": "merchant_no", "法人/经营者": "legal_name", "固定电话/手机": "phone"}
    assert how_mapped(tmp_path, [*headers, "联系人/电话"], "merchants") == headers


def test_a_header_of_a_wider_sense_is_no_code_column_where_nothing_below_it_is_a_code(tmp_path: Path):
    rows = [["SN", "商户号", "报备状态", "平台"], ["SN000001", MERCHANT, "已报备", "晨光"]]
    read = take_rows(tmp_path, rows, table="registrations")
    assert (read.sheet.unmapped, read.reading.rejected) == (("平台",), 0)


def test_a_contracted_merchant_of_wechat_is_none_of_the_acquirers(tmp_path: Path):
    wechat, other = "1601234567", "898100000000002"
    rows = [["商户号", "特约商户号", "商户名称"], [MERCHANT, wechat, "甲店"], [other, "1601234568", "乙店"]]
    for order in ((0, 1, 2), (1, 0, 2)):
        read = take_rows(tmp_path, [[row[place] for place in order] for row in rows], table="merchants")
        assert read.column("merchant_no") == [MERCHANT, other]
        assert read.column("channel_merchant_no") == [wechat, "1601234568"]
    # alone it is the merchant's number, whoever gave it
    alone = take_rows(tmp_path, [["特约商户号", "商户名称"], [wechat, "甲店"]], table="merchants")
    assert alone.column("merchant_no") == [wechat]
    both = [["商户号", "特约商户号"], [MERCHANT, other], [other, MERCHANT]]
    assert take_rows(tmp_path, both, table="merchants").reading.error == Unusable.AMBIGUOUS_COLUMN


def test_a_merchant_beside_its_number_is_a_name(tmp_path: Path):
    read = take_rows(
        tmp_path, [["Merchant ID", "Merchant", "MCC"], [MERCHANT, "晨光", "5812"]], table="merchants"
    )
    assert (read.column("merchant_no"), read.column("merchant_name")) == ([MERCHANT], ["晨光"])
    assert how_mapped(tmp_path, ["SN", "Merchant", "Model"])["Merchant"] == "merchant_no"


def test_two_columns_that_never_disagree_complete_each_other(tmp_path: Path):
    """As after two exports were pasted together; a second name of the key loses no device."""
    rows = [
        ["序列号", "机身号", "序列号", "商户号"],
        ["", "SN000001", "", MERCHANT],
        ["SN000002", "sn000002 ", "", MERCHANT],
        ["SN000003", "", "", MERCHANT],
    ]
    for read in (take_rows(tmp_path, rows), take_bytes(tmp_path, book(rows))):
        assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003"]
        assert read.reading.notices == ()


def test_states_of_channels_in_columns_by_their_names(tmp_path: Path):
    headers = {
        "是否微信报备": "reg_status_wechat",
        "支付宝通道状态": "reg_status_alipay",
        "云闪付审核状态": "reg_status_unionpay",
        "微信报备失败原因": "reg_message_wechat",
    }
    mapped = how_mapped(tmp_path, ["SN", "商户号", *headers], "registrations")
    assert headers.items() <= mapped.items()


def test_a_second_name_of_a_lesser_column_does_not_fill_its_blanks(tmp_path: Path):
    rows = [
        ["SN", "商户号", "报备状态", "失败原因", "审核意见"],
        ["SN000001", MERCHANT, "已报备", "", "同意"],
    ]
    read = take_rows(tmp_path, rows, table="registrations")
    assert read.column("reg_message") == [None]
    assert [(key, facts["header"]) for key, facts in read.reading.notices] == [("second_choice", "审核意见")]


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("devices", "绑定商户名称", "merchant_name"),
        ("devices", "终端所属门店编号", "store_no"),
        ("devices", "最后一次联机时间", "last_heartbeat_at"),
        ("devices", "末次交易日期", "last_txn_at"),
        ("devices", "设备激活日期", "install_date"),
        ("devices", "终端安放地址", "address"),
        ("devices", "机具规格型号", "model"),
        ("merchants", "商户开户日期", "opened_on"),
        ("merchants", "结算账户号码", "settle_account"),
        ("registrations", "报备商户编号", "merchant_no"),
        ("registrations", "登记设备SN", "serial_no"),
        ("registrations", "终端登记时间", "registered_at"),
        ("devices", "Store #", "store_name"),
        ("devices", "Date Deployed", "install_date"),
        ("devices", "Acquirer MID", "merchant_no"),
        ("merchants", "Contact Mobile Number", "phone"),
        ("registrations", "Bound Merchant Code", "merchant_no"),
    ],
)
def test_a_name_in_other_words_for_the_same(tmp_path: Path, table: str, header: str, column: str):
    """Where the file has a column of the very name, that one is it."""
    beside = [
        name for name in ("序列号", "商户号") if TABLES[table].by_synonym.get(name) not in (None, column)
    ]
    exact = next(
        name for name in TABLES[table].by_name[column].headers.split(",") if name in TABLES[table].by_synonym
    )
    assert how_mapped(tmp_path, [*beside, header], table)[header] == column
    assert how_mapped(tmp_path, [*beside, header, exact], table)[exact] == column


@pytest.mark.parametrize(
    "header",
    ["原商户号", "上级商户名称", "设备名称", "银联状态", "绑定人", "终端数量", "安装人员", "设备价格"],
)
def test_a_word_more_may_make_another_name(tmp_path: Path, header: str):
    assert header not in how_mapped(tmp_path, ["序列号", "商户号", header])


def test_two_spellings_of_the_key_with_other_numbers_are_not_chosen_from(tmp_path: Path):
    rows = [["序列号", "布放商户号码", "终端商户号码"], ["SN000001", MERCHANT, "898100000000002"]]
    read = take_rows(tmp_path, rows)
    assert (read.reading.error, read.reading.error_facts["column"]) == (
        Unusable.AMBIGUOUS_COLUMN,
        "merchant_no",
    )


@pytest.mark.parametrize(
    ("place", "serial"),
    [(["商户号", "终端号"], "现场序列号"), (["商户号"], "终端序列号"), ([], "终端序列号")],
)
def test_an_inspection_is_of_the_serial_that_was_read_where_its_place_names_the_device(
    tmp_path: Path, place: list[str], serial: str
):
    header = ["巡检日期", "终端序列号", "现场序列号", *place]
    found = take_rows(
        tmp_path,
        [header, ["2026-10-01", "SN000001", "SN000009", MERCHANT, "T0000001"][: len(header)]],
        table="inspections",
    )
    assert {one.column: one.header for one in found.sheet.mapped}["serial_no"] == serial
    told = [facts["header"] for key, facts in found.reading.notices if key == "second_choice"]
    assert told == [*{"终端序列号", "现场序列号"} - {serial}]


def test_a_serial_read_on_site_may_stand_alone(tmp_path: Path):
    assert (
        how_mapped(tmp_path, ["巡检日期", "现场序列号", "商户号"], "inspections")["现场序列号"] == "serial_no"
    )


@pytest.mark.parametrize("other", ["支付宝报备时间", "支付宝完成时间"])
def test_a_channels_day_of_registration_is_read_as_that_of_the_row(tmp_path: Path, other: str):
    headers = ["序列号", "商户号", "微信报备状态", "微信提交时间", "微信报备时间", "支付宝报备状态", other]
    days = ["2026-11-01 08:00:00", "2026-11-03 09:00:00", "2026-11-05 10:00:00"]
    row = ["SN000001", MERCHANT, "已报备", days[0], days[1], "已报备", days[2]]
    read = take_rows(tmp_path, [headers, row], table="registrations")
    found = {mapped.column: mapped.header for mapped in read.sheet.mapped}
    assert found["submitted_at_wechat"] == "微信提交时间"
    assert found["registered_at_wechat"] == "微信报备时间"
    assert found["registered_at_alipay"] == other
    own = [read.column(f"registered_at_{channel}")[0] for channel in ("wechat", "alipay")]
    assert [str(day) for day in own] == days[1:]


@pytest.mark.parametrize("form", ["{0}{1}", "{1}（{0}）"])
def test_a_channels_day_of_registration_is_none_of_the_others(tmp_path: Path, form: str):
    names = [("微信", "报备状态"), ("微信", "报备时间"), ("微信", "报送时间"), ("支付宝", "报备状态")]
    headers = ["序列号", "商户号", *(form.format(channel, name) for channel, name in names)]
    days = ["2026-11-03 09:00:00", "2026-11-01 08:00:00"]
    row = ["SN000001", MERCHANT, "已报备", *days, "已报备"]
    read = take_rows(tmp_path, [headers, row], table="registrations")
    moments = {one.column: one.header for one in read.sheet.mapped if one.column.startswith(("reg", "sub"))}
    assert moments == {
        "reg_status_wechat": headers[2],
        "registered_at_wechat": headers[3],
        "submitted_at_wechat": headers[4],
        "reg_status_alipay": headers[5],
    }


@pytest.mark.parametrize(
    ("headers", "submitted", "registered"),
    [
        (["提交时间", "报备时间"], "提交时间", "报备时间"),
        (["报备日期", "申请日期"], "申请日期", "报备日期"),
        (["报备时间", "审核时间"], "报备时间", "审核时间"),
        (["提交时间", "报备时间", "审核时间"], "提交时间", "审核时间"),
        (["报备时间"], "报备时间", "报备时间"),
        (["报送时间", "报备时间"], "报送时间", "报备时间"),
        (["报备日期", "报送日期"], "报送日期", "报备日期"),
    ],
)
def test_the_day_of_registration_is_that_of_its_end_where_another_says_when_it_was_handed_in(
    tmp_path: Path, headers: list[str], submitted: str, registered: str
):
    days = [f"2026-11-{place:02} 08:00:00" for place in range(1, len(headers) + 1)]
    rows = [["序列号", "商户号", "报备状态", *headers], ["SN000001", MERCHANT, "已报备", *days]]
    read = take_rows(tmp_path, rows, table="registrations")
    found = {mapped.column: mapped.header for mapped in read.sheet.mapped}
    assert (found["submitted_at"], found["registered_at"]) == (submitted, registered)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("报备状态（微信）", "reg_status_wechat"),
        ("报备状态_支付宝", "reg_status_alipay"),
        ("银联终端登记状态", "reg_status_unionpay"),
        ("报备-网联", "reg_status_nucc"),
        ("失败原因(微信)", "reg_message_wechat"),
        ("提交时间（微信）", "submitted_at_wechat"),
        ("支付宝审核通过时间", "registered_at_alipay"),
        ("微信侧状态", "reg_status_wechat"),
        ("更新时间（微信）", None),
        ("微信认证状态", None),
        ("终端编号（SN）", "serial_no"),
        ("*终端编号（SN）：", "serial_no"),
        ("终端编号(SN)\n（必填）", "serial_no"),
        ("终端序列号(TUSN)", "tusn"),
        ("商户号（银联）", "merchant_no"),
        ("1设备序列号", "serial_no"),
        ("12商户编号", "merchant_no"),
        ("请填写终端序列号（必填）", "serial_no"),
        ("1.请输入您的商户号*", "merchant_no"),
        ("2、您的终端序列号是？", "serial_no"),
        ("3. 请选择报备状态（单选题）", "reg_status"),
        ("请填写", None),
        ("终端表.终端序列号", "serial_no"),
        ("2级代理商编号", None),
    ],
)
def test_what_a_header_adds_in_brackets_or_before_its_name(tmp_path: Path, header: str, column: str | None):
    """A state of one channel is none of the row's, and a date of one channel no date of the row."""
    others = [name for name in ("序列号", "商户号") if TABLES["registrations"].by_synonym[name] != column]
    assert how_mapped(tmp_path, [*others, header], "registrations").get(header) == column


@pytest.mark.parametrize(
    ("rows", "table", "other"),
    [
        (
            [["SN", "商户号", "渠道", "报备状态"], ["SN000001", MERCHANT, "微信", "已报备"]],
            "devices",
            "registrations",
        ),
        ([HEADER, device(1)], "merchants", "devices"),
        ([["商户号", "交易笔数", "交易金额"], [MERCHANT, "1", "2.00"]], "merchants", "transactions"),
        ([HEADER, device(1)], "devices", None),
        ([["SN", "商户号", "状态"], ["SN000001", MERCHANT, "在用"]], "devices", None),
        (
            [["SN", "商户号", "安装日期", "微信", "支付宝"], ["SN1", MERCHANT, "2026-01-05", "是", "否"]],
            "devices",
            None,
        ),
    ],
)
def test_a_list_that_another_table_knows_better_is_told_of(
    tmp_path: Path, rows: list[list[str]], table: str, other: str | None
):
    facts = dict(take_rows(tmp_path, rows, table=table).reading.notices).get("other_table_fits", {})
    assert facts.get("other") == other


def test_inspect_names_columns_that_a_night_would_miss(tmp_path: Path):
    path = put(tmp_path / "报备.csv", delimited([["SN", "渠道"], ["SN000001", "微信"]]).encode())
    text = inspect_files([path], "registrations", None, None).to_text(load_words("zh"))
    assert "没有找到：商户编号、报备状态" in text
    configured = InputSection(files=("报备.csv",), required=())
    assert "报备状态" not in inspect_files([path], "registrations", configured, None).to_text(
        load_words("zh")
    )


@pytest.mark.parametrize(
    ("number", "column"),
    [("91440101MA5CWKXY1X", "uscc"), ("440101199001011234", "legal_id_no")],
)
def test_a_number_of_a_document_is_that_of_a_firm_or_of_a_person(tmp_path: Path, number: str, column: str):
    rows = [["商户号", "商户名称", "证件号码"], [MERCHANT, "晨光", number]]
    mapped = take_rows(tmp_path, rows, table="merchants").sheet.mapped
    assert {one.column for one in mapped} == {"merchant_no", "merchant_name", column}


def test_a_word_alone_is_no_date(tmp_path: Path):
    assert "Active" not in how_mapped(tmp_path, ["SN", "MID", "Active"])


def test_of_a_number_and_the_word_for_it_the_word_is_the_state(tmp_path: Path):
    rows = [["SN", "商户号", "终端状态", "终端状态描述"], ["SN000001", MERCHANT, "1", "停用"]]
    read = take_rows(tmp_path, rows)
    assert (read.column("terminal_status"), read.reading.rejected) == (["inactive"], 0)
    assert [key for key, _ in read.reading.notices] == ["second_choice"]
    configured = take_rows(tmp_path, rows, codes={"terminal_status": {"1": "active"}})
    assert configured.column("terminal_status") == ["active"]


def test_goods_are_no_terminals(tmp_path: Path):
    rows = [
        ["SKU", "条码", "商品名称", "规格型号", "品牌", "状态"],
        ["S1", "6901234567890", "可乐", "330ml", "甲", "正常"],
    ]
    assert take_rows(tmp_path, rows).reading.error == Unusable.MISSING_COLUMN


@pytest.mark.parametrize(("cell", "column"), [(MERCHANT, "merchant_no"), ("晨光小店", "merchant_name")])
def test_whose_a_device_is_may_be_told_by_number_or_by_name(tmp_path: Path, cell: str, column: str):
    read = take_rows(tmp_path, [["SN", "所属商户", "状态"], ["SN000001", cell, "在用"]])
    assert read.column(column) == [cell]


def test_the_cash_register_beside_the_terminal_is_not_the_terminal(tmp_path: Path):
    assert how_mapped(tmp_path, ["收银机SN", "POS机SN", "商户号"])["POS机SN"] == "serial_no"
    assert how_mapped(tmp_path, ["收银机SN", "商户号"])["收银机SN"] == "serial_no"


@pytest.mark.parametrize(("said", "column"), [("报备成功", "reg_status"), ("门头照模糊", "reg_message")])
def test_what_describes_a_result_may_be_the_state_or_the_reason(tmp_path: Path, said: str, column: str):
    rows = [["SN", "商户号", "报备结果码", "报备结果描述"], ["SN000001", MERCHANT, "01", said]]
    mapped = take_rows(tmp_path, rows, table="registrations").sheet.mapped
    assert {one.header: one.column for one in mapped}["报备结果描述"] == column


@pytest.mark.parametrize(
    "names",
    [
        ("渠道1", "状态1", "渠道2", "状态2"),
        ("报备渠道(一)", "报备渠道(二)", "报备状态(一)", "报备状态(二)"),
        ("报备渠道", "报备状态", "报备渠道", "报备状态"),
    ],
)
def test_channels_each_beside_its_state_are_read_together(tmp_path: Path, names: tuple[str, ...]):
    cells = {"微信": "已报备", "支付宝": "报备失败", "银联": "", "": ""}
    rows = []
    for number, (first, second) in enumerate([("微信", "支付宝"), ("支付宝", ""), ("银联", "微信")]):
        said = [first, cells[first], second, cells[second]]
        if names[1] == "报备渠道(二)":
            said = [first, second, cells[first], cells[second]]
        rows.append([f"SN{number:06}", MERCHANT, *said])
    read = take_rows(tmp_path, [["序列号", "商户号", *names], *rows], table="registrations")
    found = list(
        zip(read.column("serial_no"), read.column("channel"), read.column("reg_status"), strict=True)
    )
    assert found == [
        ("SN000000", "alipay", "failed"),
        ("SN000000", "wechat", "registered"),
        ("SN000001", "alipay", "failed"),
        ("SN000002", "wechat", "registered"),
    ]
    [mapped] = [one for one in read.sheet.mapped if one.column == "reg_status"]
    assert (mapped.header, mapped.how) == ("/".join(names), "content")


def test_a_list_of_registered_channels_says_it_of_each(tmp_path: Path):
    said = ["微信、支付宝", "微信", "", "无", "微信,数字人民币"]
    rows = [[f"SN{number:06}", MERCHANT, text] for number, text in enumerate(said)]
    read = take_rows(tmp_path, [["序列号", "商户号", "已报备渠道"], *rows], table="registrations")
    found = list(
        zip(read.column("source_row"), read.column("channel"), read.column("reg_status"), strict=True)
    )
    good, none = "registered", "not_registered"
    assert found == [
        *((2, "alipay", good), (2, "wechat", good), (3, "wechat", good)),
        *((row, channel, none) for row in (4, 5) for channel in ("alipay", "wechat")),
        (6, None, None),
    ]
    assert read.rejected == [(6, "reg_status", "unknown_code")]
    both = [["序列号", "商户号", "已报备渠道", "未报备渠道"], ["SN000001", MERCHANT, "微信", "银联"]]
    read = take_rows(tmp_path, both, table="registrations")
    assert list(zip(read.column("channel"), read.column("reg_status"), strict=True)) == [
        ("unionpay", none),
        ("wechat", good),
    ]


def test_a_reason_behind_a_failure_is_its_message(tmp_path: Path):
    said = [
        "审核驳回:照片不清晰",
        "失败(终端号重复)",
        "驳回 - 执照过期",
        "审核中（第2次）",
        "失败(1)",
        "失败",
    ]
    rows = [[f"SN{number:06}", MERCHANT, text, ""] for number, text in enumerate(said)]
    rows[-1][-1] = "另有原因"
    read = take_rows(tmp_path, [["序列号", "商户号", "报备状态", "失败原因"], *rows], table="registrations")
    assert read.column("reg_message") == ["照片不清晰", "终端号重复", "执照过期", None, None, "另有原因"]
    wide = [["序列号", "商户号", "微信报备状态"], ["SN000001", MERCHANT, "报备失败：资料不符"]]
    read = take_rows(tmp_path, wide, table="registrations")
    assert read.column("reg_message_wechat") == ["资料不符"]
    assert "reg_message_wechat" in read.reading.told


@pytest.mark.parametrize("table", ["devices", "merchants", "registrations"])
def test_a_list_of_transactions_is_no_list_of_what_made_them(tmp_path: Path, table: str):
    header = ["商户名称", "商户编号", "订单号", "支付类型", "机具sn", "交易金额", "交易时间", "交易状态"]
    rows = [
        ["甲店", MERCHANT, f"T{n:010}", "微信", "SN000001", "1.00", "2026-11-20", "成功"] for n in range(6)
    ]
    reading = take_rows(tmp_path, [header, *rows], table=table).reading
    assert (reading.error, reading.error_key) == (Unusable.MISSING_COLUMN, "list_of_transactions")
    assert "订单号" in problem_of(reading, load_words("zh"))
    ledger = [
        ["序列号", "商户号", "终端状态", "交易金额", "交易时间"],
        ["SN000001", MERCHANT, "在用", "1", ""],
    ]
    assert not take_rows(tmp_path, ledger).reading.error


def test_a_group_that_says_nothing_is_no_part_of_a_name(tmp_path: Path):
    groups = ["基本信息", "", "法人信息", "", ""]
    names = ["商户编号", "名称", "姓名", "电话", "状态"]
    row = [MERCHANT, "甲店", "王某", "13800000000", "正常"]
    read = take_rows(tmp_path, [groups, names, row], table="merchants")
    assert {one.column for one in read.sheet.mapped} >= {"merchant_no", "merchant_name", "legal_name"}


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("devices", "SHEBEI_XULIEHAO", "serial_no"),
        ("devices", "ZDXLH", "serial_no"),
        ("devices", "zhongduanHao", "terminal_id"),
        ("devices", "AZRQ", "install_date"),
        ("devices", "ZD_ZT", "terminal_status"),
        ("devices", "ZJJYSJ", "last_txn_at"),
        ("registrations", "BBZT", "reg_status"),
        ("registrations", "SBYY", "reg_message"),
        ("merchants", "TYSHXYDM", "uscc"),
        ("merchants", "SHMC", "merchant_name"),
        ("devices", "SHIP", ""),
        ("devices", "HH", ""),
    ],
)
def test_names_by_the_sounds_of_their_words(table: str, header: str, column: str):
    assert lookup(header, TABLES[table], {})[0] == column


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("registrations", "报备失败/驳回原因", "reg_message"),
        ("merchants", "结算账号/卡号", "settle_account"),
        ("devices", "终端编号/型号", ""),
        ("devices", "商户号/终端号", ""),
    ],
)
def test_names_that_share_a_word_are_both_the_column(table: str, header: str, column: str):
    assert lookup(header, TABLES[table], {})[0] == column


def test_headings_between_rows_say_the_channel_of_those_below(tmp_path: Path):
    def rows(first: int) -> list[list[str]]:
        return [[f"SN{number:06}", MERCHANT, "已报备"] for number in range(first, first + 3)]

    header = ["序列号", "商户号", "状态"]
    blank, wechat, alipay = ["", "", ""], ["微信报备清单", "", ""], ["二、支付宝", "", ""]
    footer = ["备注：银联另报", "", ""]
    lists = [
        ([wechat, header, *rows(1), blank, ["支付宝报备清单", "", ""], header, *rows(4)], "wechat", 7),
        ([header, ["微信", "", ""], *rows(1), alipay, *rows(4), footer], "wechat", 6),
        ([header, *rows(1), alipay, *rows(4)], None, 5),
    ]
    for table, first, row in lists:
        read = take_rows(tmp_path, table, table="registrations")
        assert read.column("channel") == [first] * 3 + ["alipay"] * 3
        [(key, facts)] = read.reading.notices
        assert (key, facts["headings"][-1]) == ("channel_of_headings", f"{row}: alipay")


@pytest.mark.parametrize(
    ("headings", "other"),
    [
        (["微信", "支付宝"], "其他渠道"),
        (["微信", "支付宝"], "五、历史数据"),
        (["一、微信", "二、支付宝"], "三、数字人民币"),
        (["微信报备", "支付宝报备"], "翼支付报备"),
    ],
)
def test_a_heading_of_no_known_channel_ends_the_section_above_it(
    tmp_path: Path, headings: list[str], other: str
):
    rows = [[f"SN{number:06}", MERCHANT, "N5", "已报备"] for number in range(6)]
    parts = [[headings[0]], *rows[:2], [headings[1]], *rows[2:4], [other], *rows[4:]]
    read = take_rows(tmp_path, [["序列号", "商户号", "型号", "报备状态"], *parts], table="registrations")
    assert read.column("channel") == ["wechat"] * 2 + ["alipay"] * 2 + [None] * 2
    [(key, facts)] = read.reading.notices
    assert (key, facts["headings"][-1]) == ("channel_of_headings", "8: —")
    # a heading within a section is of that section
    parts[-3] = ["杭州市"]
    read = take_rows(tmp_path, [["序列号", "商户号", "型号", "报备状态"], *parts], table="registrations")
    assert read.column("channel") == ["wechat"] * 2 + ["alipay"] * 4


def test_what_a_list_is_called_says_the_state_of_all_its_rows(tmp_path: Path):
    header, row = ["序列号", "商户号", "型号"], ["SN000001", MERCHANT, "N5"]
    others = [["SN000002", MERCHANT, "N5"], ["SN000003", MERCHANT, "N5"]]
    titled = take_rows(tmp_path, [["微信未报备终端清单"], header, row], table="registrations")
    assert (titled.column("reg_status"), titled.column("channel")) == (["not_registered"], ["wechat"])
    headed = [header, ["一、报备成功设备（1台）"], row, ["二、未报备"], *others, ["注：报备失败另附"]]
    read = take_rows(tmp_path, headed, table="registrations")
    assert read.column("reg_status") == ["registered", "not_registered", "not_registered"]
    [(key, facts)] = read.reading.notices
    assert (key, facts["headings"]) == ("state_of_headings", ["2: registered", "4: not_registered"])
    assert "reg_status" in read.reading.told
    path = put(tmp_path / "已报备终端清单_20261121.csv", delimited([header, row]).encode())
    assert take(path, "registrations").column("reg_status") == ["registered"]
    assert "reg_status" not in (take(path, "devices").rows or [{}])[0]
    path = put(tmp_path / "报废设备.csv", delimited([header, row]).encode())
    assert take(path, "devices").column("terminal_status") == ["retired"]
    listed = [["未报备终端清单"], [*header, "状态"], [*row, "已报备"]]
    said = take_rows(tmp_path, listed, table="registrations")
    assert (said.column("reg_status"), said.reading.notices) == (["registered"], ())


@pytest.mark.parametrize(
    "title", ["报备成功率统计", "终端报备情况", "已报备/未报备终端", "报备清单", "XX公司"]
)
def test_a_title_that_says_more_is_no_state(tmp_path: Path, title: str):
    rows = [[title, ""], ["序列号", "商户号"], ["SN000001", MERCHANT]]
    assert "reg_status" not in (take_rows(tmp_path, rows, table="registrations").rows or [{}])[0]


def test_what_the_scheme_asks_for_of_a_terminal(tmp_path: Path):
    header = ["收单机构代码", "商户编码", "受理终端编号", "受理终端序列号", "TUSN", "报送状态"]
    row = ["48270000", MERCHANT, "10000037", "SN000001", "00000304SN000001XX", "报送成功"]
    [read] = take_rows(tmp_path, [header, row], table="registrations").rows or []
    assert (read["terminal_id"], read["serial_no"], read["tusn"]) == ("10000037", "SN000001", row[4])
    alone = take_rows(tmp_path, [["受理终端序列号", "序列号"], ["00000304SN000001XX", "SN000001"]])
    assert (alone.column("tusn"), alone.column("serial_no")) == ([row[4]], ["SN000001"])


@pytest.mark.parametrize("header", ["商户编号\n商户名称", "商户号/商户名称", "商户编号", "所属商户"])
def test_a_merchant_number_beside_the_name_is_that_number(tmp_path: Path, header: str):
    said = [
        f"{MERCHANT}\n晨光小店",
        f"晨光（老店）（{MERCHANT}）",
        f"{MERCHANT}-晨光小店",
        f"晨光 | {MERCHANT}",
    ]
    rows = [[text, f"SN{number:06}"] for number, text in enumerate(said)]
    read = take_rows(tmp_path, [[header, "序列号"], *rows])
    assert read.column("merchant_no") == [MERCHANT] * len(said)
    assert read.column("merchant_no_raw")[0] == said[0]
    both = [["商户编号", "商户号/商户名称", "序列号"], [MERCHANT, said[0], "SN000001"]]
    assert take_rows(tmp_path, both).column("merchant_no") == [MERCHANT]
    for doubtful in (f"{MERCHANT}、898100000000002", f"{MERCHANT}(3号店)", f"{MERCHANT}A晨光"):
        read = take_rows(tmp_path, [["商户编号", "序列号"], [doubtful, "SN000001"]])
        assert (read.column("merchant_no"), read.reading.rejected) == ([None], 1)


@pytest.mark.parametrize("group", ["已报备渠道", "报备渠道", "渠道报备情况"])
def test_ticks_below_channels_below_a_group(tmp_path: Path, group: str):
    rows = [["序列号", "商户号", group, ""], ["", "", "微信", "支付宝"], ["SN000001", MERCHANT, "√", "×"]]
    [row] = take_rows(tmp_path, rows, table="registrations").rows or []
    assert (row["reg_status_wechat"], row["reg_status_alipay"]) == ("registered", "not_registered")


def test_names_as_analysis_programs_and_payment_platforms_write_them(tmp_path: Path):
    rows = [
        ["Devices[序列号]", "商户SN", "门店SN", "'Dim Device'[型号]"],
        ["SN000001", MERCHANT, "M001", "P2"],
    ]
    read = take_rows(tmp_path, rows)
    found = {name: read.column(name) for name in ("serial_no", "merchant_no", "store_no", "model")}
    assert found == {
        "serial_no": ["SN000001"],
        "merchant_no": [MERCHANT],
        "store_no": ["M001"],
        "model": ["P2"],
    }


def test_a_result_says_more_than_the_state_of_its_approval(tmp_path: Path):
    rows = [
        ["SN", "渠道", "审批状态", "审批结果"],
        ["SN000001", "微信", "已完成", "同意"],
        ["SN000002", "微信", "已完成", "拒绝"],
        ["SN000003", "微信", "审批中", ""],
    ]
    read = take_rows(tmp_path, rows, table="registrations")
    assert read.column("reg_status") == ["registered", "failed", "pending"]


def test_the_state_of_a_device_beside_those_of_its_channels_is_none_of_its_registration(tmp_path: Path):
    rows = [["SN", "状态", "微信报备状态", "支付宝报备"], ["SN000001", "启用", "已报备", "报备中"]]
    read = take_rows(tmp_path, rows, table="registrations")
    assert read.column("reg_status_wechat") == ["registered"]
    assert read.column("reg_status_alipay") == ["pending"]
    assert read.sheet.unmapped == ("状态",)
    assert not read.rejected


def test_a_wide_sheet_of_texts_is_soon_known_to_have_no_header(tmp_path: Path):
    rows = [[f"说明{row}备注{place}abc" for place in range(300)] for row in range(45)]
    started = time.process_time()
    assert take_rows(tmp_path, rows, table="").reading.error_key == "no_known_table"
    assert time.process_time() - started < 8


def test_a_word_of_many_readings_is_none_of_a_million_names():
    assert len(in_characters("sh" * 19)) <= 1_000


def test_a_column_of_two_names_is_parted_where_every_cell_is(tmp_path: Path):
    header = ["终端号/SN", "商户号", "省/市/区县", "经度、纬度"]
    rows = [
        ["10000001/SN000001", MERCHANT, "广东省/深圳市/南山区", "113.94、22.54"],
        ["10000002 / SN000002", MERCHANT, "-", ""],
    ]
    read = take_rows(tmp_path, [header, *rows])
    found = {
        name: read.column(name) for name in ("terminal_id", "serial_no", "province", "county", "latitude")
    }
    assert found == {
        "terminal_id": ["10000001", "10000002"],
        "serial_no": ["SN000001", "SN000002"],
        "province": ["广东省", None],
        "county": ["南山区", None],
        "latitude": [22.54, None],
    }
    assert read.sheet.unmapped == ()
    # a cell without its second half: nobody knows which one it has
    missing = take_rows(tmp_path, [header, *rows, ["10000003", MERCHANT, "", ""]])
    assert missing.reading.error == Unusable.MISSING_COLUMN
    # and a column of its own comes before
    both = take_rows(tmp_path, [["序列号", "终端号/SN"], ["SN000009", "10000001/SN000001"]])
    assert both.column("serial_no") == ["SN000009"]
    assert both.sheet.unmapped == ("终端号/SN",)


@pytest.mark.parametrize("table", ["devices", "merchants", "registrations"])
@pytest.mark.parametrize("header", ["支付宝子商户号", "二级商户号", "SubMerchantNo", "sub mchid"])
def test_the_number_a_channel_gives_a_merchant(tmp_path: Path, table: str, header: str):
    named = {"merchants": "商户名称", "devices": "序列号", "registrations": "序列号"}[table]
    rows = [["商户号", named, "报备状态", header], [MERCHANT, "SN000001", "报备成功", "2088000000000001"]]
    read = take_rows(tmp_path, rows, table=table)
    assert read.column("channel_merchant_no") == ["2088000000000001"]
    assert read.column("merchant_no") == [MERCHANT]


def test_an_exchanged_device_is_retired(tmp_path: Path):
    assert take_rows(tmp_path, [HEADER, device(1, "终端状态=换机")]).column("terminal_status") == ["retired"]


FIRM, PERSON = "杭州市西湖区晨光便利店", "徐玉刚"


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"Legal Name": FIRM, "Legal Representative": PERSON}, (FIRM, PERSON)),
        ({"Legal Rep": PERSON, "Legal Name": FIRM, "Merchant Name": "晨光"}, ("晨光", PERSON)),
        ({"Merchant Name": FIRM, "Legal Name": PERSON}, (FIRM, PERSON)),
        ({"Merchant Name": "晨光", "Legal Name": FIRM}, ("晨光", None)),
        ({"Legal Name": FIRM}, (FIRM, None)),
        ({"legal_name": PERSON}, (None, PERSON)),
    ],
)
def test_a_legal_name_is_of_the_firm_or_of_its_head(tmp_path: Path, columns: dict[str, str], names: object):
    rows = [["MID", *columns], *([f"{int(MERCHANT) + n}", *columns.values()] for n in range(4))]
    first = (take_rows(tmp_path, rows, table="merchants").rows or [])[0]
    assert (first.get("merchant_name"), first.get("legal_name")) == names


def test_names_of_columns_as_other_vendors_write_them(tmp_path: Path):
    names = {
        "终端唯一序列号": "serial_no",
        "银联卡商户号": "merchant_no",
        "内部终端号": "terminal_id",
        "智能POS型号": "model",
        "供货厂商": "vendor",
        "商户登记名称": "merchant_name",
        "安装地省份": "province",
        "布放地城市": "city",
        "详细安装地址": "address",
        "装机年月日": "install_date",
        "检测认证有效期": "cert_expiry",
        "termSta": "terminal_status",
        "当前版本号": "firmware",
    }
    assert how_mapped(tmp_path, list(names)) == names


def test_a_number_of_a_bank_stands_behind_the_merchants_own(tmp_path: Path):
    headers = ["终端序列号", "商户编号", "银联卡商户号", "终端号", "内部终端号"]
    found = how_mapped(tmp_path, headers)
    assert found == {"终端序列号": "serial_no", "商户编号": "merchant_no", "终端号": "terminal_id"}


def test_the_province_of_business_comes_before_that_of_registration(tmp_path: Path):
    rows = [["商户号", "商户名称", "注册省", "经营省"], [MERCHANT, "晨光", "上海市", "浙江省"]]
    assert take_rows(tmp_path, rows, table="merchants").column("province") == ["浙江省"]


@pytest.mark.parametrize(
    ("header", "cells", "columns"),
    [
        ("厂商/型号", ["星联/X1", "百富/A920"], {"vendor": ["星联", "百富"], "model": ["X1", "A920"]}),
        ("品牌/型号", ["星联/X1", "A920"], {"model": ["星联/X1", "A920"]}),
        (
            "固件/应用版本",
            ["4.1.0/1.2", "4.1.1/1.3"],
            {"firmware": ["4.1.0", "4.1.1"], "app_version": ["1.2", "1.3"]},
        ),
    ],
)
def test_a_name_of_one_column_may_head_two(
    tmp_path: Path, header: str, cells: list[str], columns: dict[str, list[str]]
):
    rows = [[f"SN{number:06}", MERCHANT, cell] for number, cell in enumerate(cells)]
    read = take_rows(tmp_path, [["序列号", "商户号", header], *rows])
    assert {name: read.column(name) for name in columns} == columns
    assert {"vendor", "model", "firmware", "app_version"} & read.rows[0].keys() == columns.keys()


@pytest.mark.parametrize("mark", ["*1", "¹", " *2"])
def test_the_number_of_a_note_is_no_part_of_a_header(tmp_path: Path, mark: str):
    header = [f"{name}{mark}" for name in ("序列号", "商户号", "型号")]
    read = take_rows(tmp_path, [header, ["SN000001", MERCHANT, "X1"]])
    assert (read.column("serial_no"), read.column("model")) == (["SN000001"], ["X1"])


@pytest.mark.parametrize("names", [("原序列号", "新序列号"), ("变更前序列号", "变更后序列号")])
def test_of_a_device_that_was_replaced_the_new_one_is_listed(tmp_path: Path, names: tuple[str, str]):
    read = take_rows(tmp_path, [[*names, "商户号", "终端号"], ["SN000001", "SN000002", MERCHANT, "00000012"]])
    assert read.column("serial_no") == ["SN000002"]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("终端序列号\n必填", "serial_no"),
        ("终端序列号，必填", "serial_no"),
        ("设备编号 必填", "serial_no"),
        ("终端序列号必填", "serial_no"),
        ("终端序列号：请与机身一致", "serial_no"),
        ("终端布放地址，省-市-区-详细地址", "address"),
        ("安装日期 yyyy-mm-dd", "install_date"),
        ("安装日期 格式：2024-01-01", "install_date"),
        ("厂商 例：联迪", "vendor"),
        ("终端型号，如A8", "model"),
        ("终端状态 0-未启用，1-启用，2-禁用，3-注销", "terminal_status"),
        ("终端状态:0-注销1-启用2-冻结", "terminal_status"),
        ("status 0-inactive,1-active", "terminal_status"),
        ("是否备机 Y是N否", "is_spare"),
        ("是否备机：是/否", "is_spare"),
        ("终端状态 正常、停用、报废", "terminal_status"),
        ("Status Active/Inactive", "terminal_status"),
        ("终端状态 下拉选择", "terminal_status"),
        ("终端号8位", "terminal_id"),
        ("Terminal ID - 8 digits", "terminal_id"),
        ("安装日期YYYYMMDD", "install_date"),
        ("Install Date DD/MM/YYYY", "install_date"),
        ("Model *Required", "model"),
        ("Last Heartbeat UTC", "last_heartbeat_at"),
        ("安装地址 详细到门牌号", "address"),
    ],
)
def test_a_name_with_what_explains_it_behind(tmp_path: Path, header: str, column: str):
    known = {"serial_no": "终端号"}.get(column, "终端序列号")
    assert how_mapped(tmp_path, [known, "商户编号,15位数字", header]) == {
        known: {"终端号": "terminal_id"}.get(known, "serial_no"),
        "商户编号,15位数字": "merchant_no",
        header: column,
    }


@pytest.mark.parametrize(
    "header",
    [
        "终端号：12345678",
        "商户名称 英文名",
        "终端序列号 换机前",
        "商户号 限额",
        "终端序列号,型号,厂商",
        "终端型号 系统版本",
        "商户名称 同步结果",
        "商户名称 应急联系人",
        "终端状态 启用/停用时间",
        "厂商 联迪/百富",
        "安装地址 自动定位",
    ],
)
def test_a_name_with_more_behind_it_is_not_explained_by_it(tmp_path: Path, header: str):
    assert header not in how_mapped(tmp_path, ["设备SN", "商户编号", header])


def test_codes_explained_behind_the_names_of_their_columns(tmp_path: Path):
    header = [
        "终端序列号",
        "商户号",
        "微信报备状态 0-未报备,1-已报备",
        "支付宝报备状态,0:报备中1:报备成功2:报备失败",
    ]
    rows = [header, *([f"SN00000{n}", MERCHANT, str(n % 2), str(n)] for n in range(3))]
    read = take_rows(tmp_path, rows, table="registrations")
    assert read.column("reg_status_wechat") == ["not_registered", "registered", "not_registered"]
    assert read.column("reg_status_alipay") == ["pending", "registered", "failed"]


@pytest.mark.parametrize("at", [0, 1])
def test_a_row_that_explains_the_columns_is_no_header_and_no_device(tmp_path: Path, at: int):
    explained = ["终端序列号：请与机身一致", "商户编号：15位数字", "终端型号，如A8"]
    rows = [
        ["终端序列号", "商户编号", "终端型号"],
        ["SN000001", MERCHANT, "A8"],
        ["SN000002", MERCHANT, "A8"],
    ]
    rows.insert(at, explained)
    read = take_rows(tmp_path, rows)
    assert read.column("serial_no") == ["SN000001", "SN000002"]
    assert [one.header for one in read.sheet.mapped] == rows[1 - at]


def test_a_bill_of_the_scheme_is_no_list_of_devices(tmp_path: Path):
    header = [
        "清分日期",
        "交易时间",
        "商户号",
        "终端号",
        "交易金额",
        "清分金额",
        "流水号",
        "交易类型",
        "发卡银行",
    ]
    row = ["20261120", "235306", MERCHANT, "53023115", "10.00", "10.00", "000705921129", "S22", "01020000"]
    reading = take_rows(tmp_path, [header, row, row]).reading
    assert (reading.error, reading.error_key) == (Unusable.MISSING_COLUMN, "list_of_transactions")


def test_the_login_of_a_merchant_beside_its_number_costs_no_list(tmp_path: Path):
    rows = [["商户账号", "商户编号", "机身编号"], ["13800000000", MERCHANT, "SN000001"]]
    assert take_rows(tmp_path, rows).column("merchant_no") == [MERCHANT]


def test_the_papers_and_the_account_of_a_merchant_by_other_names(tmp_path: Path):
    headers = {
        "商户编号": "merchant_no",
        "法定代表人证件有效期至": "legal_id_expiry",
        "营业执照截止日期": "license_expiry",
        "清算卡号或账号": "settle_account",
        "清算账户名称": "settle_name",
        "清算账号开户行名称": "settle_bank",
    }
    assert how_mapped(tmp_path, list(headers), "merchants") == headers
    assert how_mapped(tmp_path, ["商户编号", "身份证到期日"], "merchants") == {
        "商户编号": "merchant_no",
        "身份证到期日": "legal_id_expiry",
    }


@pytest.mark.parametrize(
    ("table", "key", "headers"),
    [
        (
            "devices",
            {"终端序列号": "serial_no"},
            {
                "制造日期": "production_date",
                "入网证编号": "license_no",
                "PCI证书有效期": "pts_expiry",
                "是否支持国密算法": "sm_support",
                "是否备用机": "is_spare",
                "布放经度": "longitude",
            },
        ),
        (
            "merchants",
            {"商户编号": "merchant_no"},
            {"微信授权状态": "auth_state_wechat", "业务联系人": "contact"},
        ),
        (
            "models",
            {"型号": "model"},
            {"最低要求版本": "min_firmware", "PCI到期日期": "pts_expiry", "维护截止日期": "eos_on"},
        ),
        (
            "policies",
            {"文号": "policy_id"},
            {
                "施行日期": "effective_on",
                "整改期限": "deadline_on",
                "适用渠道": "channel",
                "发文机构": "source",
            },
        ),
        ("training", {"主题": "topic", "日期": "trained_on"}, {"受训人": "trainee", "是否合格": "result"}),
    ],
)
def test_columns_that_rules_look_at_by_the_names_people_give_them(
    tmp_path: Path, table: str, key: dict[str, str], headers: dict[str, str]
):
    assert how_mapped(tmp_path, [*key, *headers], table) == key | headers


@pytest.mark.parametrize("header", ["品牌型号", "设备品牌型号", "厂商型号", "品牌/型号"])
def test_vendor_and_model_may_stand_in_one_column_without_a_mark(tmp_path: Path, header: str):
    cells = ["星联 X1", "百富A920", "新大陆-N910 Pro", "-"]
    rows = [[f"SN{number:06}", MERCHANT, cell] for number, cell in enumerate(cells)]
    read = take_rows(tmp_path, [["序列号", "商户号", header], *rows])
    assert read.column("vendor") == ["星联", "百富", "新大陆", None]
    assert read.column("model") == ["X1", "A920", "N910 Pro", None]


def test_a_model_without_its_vendor_leaves_the_column_as_it_is(tmp_path: Path):
    rows = [["SN000001", MERCHANT, "星联 X1"], ["SN000002", MERCHANT, "A920"]]
    read = take_rows(tmp_path, [["序列号", "商户号", "品牌型号"], *rows])
    assert read.column("model") == ["星联 X1", "A920"]
    assert "vendor" not in read.rows[0]


@pytest.mark.parametrize(
    ("table", "header", "cell", "column"),
    [
        ("devices", "程序版本号", "1.2.3", "app_version"),
        ("devices", "最后交易", "2026-11-20", "last_txn_at"),
        ("devices", "支付宝SMID", "2088000000000001", "channel_merchant_no"),
        ("devices", "PCI认证有效期", "2027-01-01", "pts_expiry"),
        ("devices", "Remarks", "see note", "remark"),
        ("registrations", "备注（失败原因）", "资料不符", "reg_message"),
    ],
)
def test_further_names_of_columns(tmp_path: Path, table: str, header: str, cell: str, column: str):
    read = take_rows(tmp_path, [["序列号", "商户号", header], ["SN000001", MERCHANT, cell]], table=table)
    assert [one.column for one in read.sheet.mapped] == ["serial_no", "merchant_no", column]


def test_a_merchant_without_a_number_is_its_name(tmp_path: Path):
    read = take_rows(tmp_path, [["序列号", "商户号", "商户"], ["SN000001", MERCHANT, "晨光店"]])
    assert read.column("merchant_name") == ["晨光店"]


@pytest.mark.parametrize("group", ["{}报备", "{}报备信息", "{}（间联）", "报备渠道：{}"])
def test_a_group_that_ends_as_its_names_begin_says_it_once(tmp_path: Path, group: str):
    groups = ["序列号", "商户号", group.format("微信"), None, group.format("支付宝"), None]
    names = [None, None, "报备状态", "报备日期", "报备状态", "报备日期"]
    cells = ["SN000001", MERCHANT, "报备成功", "2026-11-13", "报备失败", "2026-11-14"]

    def merge(made: openpyxl.Workbook) -> None:
        for cell_range in ("C1:D1", "E1:F1"):
            made.worksheets[0].merge_cells(cell_range)

    read = take_bytes(
        tmp_path, book([groups, names, cells], change=merge), "export.xlsx", table="registrations"
    )
    states = [read.column("reg_status_wechat"), read.column("reg_status_alipay")]
    assert states == [["registered"], ["failed"]]
    if ":" not in group.replace("：", ":"):
        days = [read.column(f"submitted_at_{channel}")[0].day for channel in ("wechat", "alipay")]
        assert days == [13, 14]


@pytest.mark.parametrize(
    ("groups", "names", "columns"),
    [
        (
            ["序列号", "商户基本信息", None],
            [None, "编号", "全称"],
            ["serial_no", "merchant_no", "merchant_name"],
        ),
        (["序列号", "归属商户", None], [None, "号码", "名称"], ["serial_no", "merchant_no", "merchant_name"]),
    ],
)
def test_a_group_completes_the_names_below_it(
    tmp_path: Path, groups: list[str | None], names: list[str | None], columns: list[str]
):
    rows = [groups, names, ["SN000001", MERCHANT, "晨光店"]]
    read = take_bytes(tmp_path, book(rows), "export.xlsx")
    assert [one.column for one in read.sheet.mapped] == columns


def test_a_group_is_no_name_of_what_stands_beside_its_own(tmp_path: Path):
    groups = ["序列号", "商户号", "渠道", "报备结果", None]
    rows = [
        groups,
        [None, None, None, "报备状态", "原因"],
        ["SN000001", MERCHANT, "微信", "失败", "资料不符"],
    ]
    read = take_bytes(tmp_path, book(rows), "export.xlsx", table="registrations")
    assert (read.column("reg_status"), read.column("reg_message")) == (["failed"], ["资料不符"])


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("商户编号/名称", f"{MERCHANT}/晨光店"),
        ("商户名称/编号", f"晨光店/{MERCHANT}"),
        ("商户编号/名称", f"{MERCHANT} 晨光店"),
        ("商户信息", f"{MERCHANT} 晨光店"),
    ],
)
def test_number_and_name_of_a_merchant_share_a_word_of_the_header(tmp_path: Path, header: str, cell: str):
    read = take_rows(tmp_path, [["序列号", header, "终端状态"], ["SN000001", cell, "在用"]])
    assert read.column("merchant_no") == [MERCHANT]


@pytest.mark.parametrize("row", [["文本", "文本", "文本", None], ["1", "2", "3", "黄色为异常"]])
def test_what_stands_beside_a_list_makes_no_row_of_a_form_a_device(tmp_path: Path, row: list[str | None]):
    rows = [["序列号", "商户号", "型号", "图例："], row, ["SN000001", MERCHANT, "X1", None]]
    rows[1][3] = rows[1][3] or "红色为异常"
    assert take_bytes(tmp_path, book(rows), "export.xlsx").column("serial_no") == ["SN000001"]


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (["微信", None, "云闪付渠道", None], ["报备状态", "子商户号", "报备状态", "子商户号"]),
        (["微信支付报备信息", None, "云闪付报备信息", None], ["状态", "子商户号", "报备结果", "子商户号"]),
        (["报备状态", None, "子商户号", None], ["微信支付", "云闪付", "微信支付", "云闪付"]),
    ],
)
def test_each_channel_has_its_number_in_a_header_of_two_rows(
    tmp_path: Path, groups: list[str | None], names: list[str]
):
    by_channel = groups[0] != "报备状态"
    cells = ["成功", "1500001", "失败", "1600001"] if by_channel else ["成功", "失败", "1500001", "1600001"]
    rows = [["序列号", "商户号", *groups], [None, None, *names], ["SN000001", MERCHANT, *cells]]

    def merge(made: openpyxl.Workbook) -> None:
        for cell_range in ("C1:D1", "E1:F1"):
            made.worksheets[0].merge_cells(cell_range)

    read = take_bytes(tmp_path, book(rows, change=merge), "export.xlsx", table="registrations")
    states = [read.column(f"reg_status_{channel}") for channel in ("wechat", "unionpay")]
    numbers = [read.column(f"channel_merchant_no_{channel}") for channel in ("wechat", "unionpay")]
    assert (states, numbers) == ([["registered"], ["failed"]], [["1500001"], ["1600001"]])


@pytest.mark.parametrize(
    ("cells", "refused"), [([MERCHANT, "898100000000002"], ""), (["1", "2"], Unusable.MISSING_COLUMN)]
)
def test_a_number_of_a_merchant_list_is_the_merchants_where_it_looks_so(
    tmp_path: Path, cells: list[str], refused: str
):
    rows = [
        ["编号", "商户名称", "法人姓名", "统一社会信用代码"],
        *([cell, "晨光店", "王五", ""] for cell in cells),
    ]
    read = take_rows(tmp_path, rows, table="merchants")
    assert read.reading.error == refused
    if not refused:
        assert read.column("merchant_no") == cells


@pytest.mark.parametrize(
    "note", ["终端台账（终端状态：1在用，2停用）", "说明：终端状态1在用、2停用", "终端状态：1-在用 2-停用"]
)
def test_a_title_or_note_explains_codes(tmp_path: Path, note: str):
    rows = [["序列号", "商户号", "终端状态"], ["SN000001", MERCHANT, "1"], ["SN000002", MERCHANT, "2"]]
    for made in ([[note], *rows], [*rows, [note]]):
        assert take_rows(tmp_path, made).column("terminal_status") == ["active", "inactive"]


@pytest.mark.parametrize(
    "explained",
    [
        ["1", "2", "3", "4"],
        ["示例：NA8839466840", "898100000000001", "正常", "示例"],
        ["必填，20位以内", "必填，15位数字", "选填；在用/停用", "与序列号一致"],
        ["sn", "merchant_no", "status", "serial"],
    ],
)
def test_what_explains_the_columns_does_not_set_two_of_one_name_apart(tmp_path: Path, explained: list[str]):
    rows = [["序列号", "商户号", "终端状态", "机身号"], explained]
    read = take_rows(tmp_path, [*rows, *([f"SN00000{n}", MERCHANT, "在用", f"SN00000{n}"] for n in range(3))])
    assert read.column("serial_no") == ["SN000000", "SN000001", "SN000002"]


@pytest.mark.parametrize("upper", [["序列号", "商户号"], ["基本信息", None]])
def test_numbers_of_channels_stand_below_their_names_alone(tmp_path: Path, upper: list[str | None]):
    lower = ["序列号", "商户号"] if None in upper else [None, None]
    rows = [[*upper, "支付宝支付", "WeChat"], [*lower, "子商户号", "子商户号"]]
    rows += [["SN000001", MERCHANT, "2088000000000001", "1500000001"]]
    read = take_bytes(tmp_path, book(rows), "export.xlsx", table="registrations")
    numbers = [read.column(f"channel_merchant_no_{channel}") for channel in ("alipay", "wechat")]
    assert numbers == [["2088000000000001"], ["1500000001"]]


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("lowest", [["省份", "详细地址"], ["省", "详细"]])
def test_groups_of_groups_head_their_columns(tmp_path: Path, lowest: list[str], merged: bool):
    rows = [
        ["序列号", "商户号", "安装", None, None, "终端状态"],
        [None, None, "地址", None, "日期", None],
        [None, None, *lowest, None, None],
        ["SN000001", MERCHANT, "浙江省", "杭州市人民路1号", "2026-01-02", "在用"],
    ]

    def merge(made: openpyxl.Workbook) -> None:
        for cell_range in ("A1:A3", "B1:B3", "C1:E1", "F1:F3", "C2:D2", "E2:E3") if merged else ():
            made.worksheets[0].merge_cells(cell_range)

    read = take_bytes(tmp_path, book(rows, change=merge), "export.xlsx")
    names = ("province", "address", "install_date", "terminal_status")
    assert [str(read.column(name)[0]) for name in names] == [
        "浙江省",
        "杭州市人民路1号",
        "2026-01-02",
        "active",
    ]


@pytest.mark.parametrize("header", ["商户", "所属商户", "商户名称", "商户号"])
@pytest.mark.parametrize(
    "cell",
    [
        "晨光店（一店）({})",
        "{}-晨光店（一店）",
        "[{}]晨光店（一店）",
        "{}　晨光店（一店）",
        "晨光店（一店）/{}",
    ],
)
def test_name_and_number_of_a_merchant_in_one_cell_are_both_read(tmp_path: Path, header: str, cell: str):
    rows = [["序列号", header, "终端状态"], ["SN000001", cell.format(MERCHANT), "在用"]]
    read = take_rows(tmp_path, rows)
    assert (read.column("merchant_no"), read.column("merchant_name")) == ([MERCHANT], ["晨光店（一店）"])


@pytest.mark.parametrize("cells", [["晨光店 13800000000"], ["晨光店(898100000000001)", "明星店"]])
def test_a_name_with_a_telephone_or_without_a_number_is_one(tmp_path: Path, cells: list[str]):
    rows = [["序列号", "商户名称", "终端状态"], *(["SN000001", cell, "在用"] for cell in cells)]
    read = take_rows(tmp_path, rows)
    assert [mapped.column for mapped in read.sheet.mapped] == [
        "serial_no",
        "merchant_name",
        "terminal_status",
    ]


@pytest.mark.parametrize(("cell", "column"), [("晨光店", "merchant_name"), (MERCHANT, "merchant_no")])
def test_merchant_is_over_names_or_numbers(tmp_path: Path, cell: str, column: str):
    read = take_rows(tmp_path, [["SN", "Merchant", "Status"], ["SN000001", cell, "Active"]])
    assert [mapped.column for mapped in read.sheet.mapped] == ["serial_no", column, "terminal_status"]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Last Accessed Time", "last_heartbeat_at"),
        ("Last Comms", "last_heartbeat_at"),
        ("Last Checked In", "last_heartbeat_at"),
        ("Deployment Status", "terminal_status"),
        ("HW Model", "model"),
        ("Device Make", "vendor"),
        ("Reseller Name", "agent"),
        ("Merchant Trading Name", "merchant_name"),
        ("Date Deployed", "install_date"),
    ],
)
def test_names_of_estate_managers(tmp_path: Path, header: str, column: str):
    assert how_mapped(tmp_path, ["Serial Number", "MID", header])[header] == column


def test_a_merchant_beside_its_number_is_a_name_and_stock_is_none(tmp_path: Path):
    cells = ["晨光店(898100000000001)", "明星店(898100000000002)", "库存"]
    rows = [
        ["序列号", "所属商户", "终端状态"],
        *([f"SN00000{n}", cell, "在用"] for n, cell in enumerate(cells)),
    ]
    read = take_rows(tmp_path, rows)
    assert read.column("merchant_name") == ["晨光店", "明星店", None]
    numbered = [[*row, row[1][4:-1] if n else "商户号"] for n, row in enumerate(rows[:3])]
    read = take_rows(tmp_path, numbered)
    assert read.column("merchant_name") == ["晨光店", "明星店"]
    assert read.column("merchant_no") == [MERCHANT, "898100000000002"]


@pytest.mark.parametrize("merged", [True, False])
def test_channels_below_a_group_head_their_columns(tmp_path: Path, merged: bool):
    rows = [
        ["终端", None, "报备情况", None, None, None],
        ["序列号", "商户号", "微信", None, "支付宝", None],
        [None, None, "状态", "失败原因", "状态", "失败原因"],
        ["SN000001", MERCHANT, "成功", None, "失败", "资料不符"],
    ]

    def merge(made: openpyxl.Workbook) -> None:
        for cell_range in ("A1:B1", "C1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:F2") if merged else ():
            made.worksheets[0].merge_cells(cell_range)

    read = take_bytes(tmp_path, book(rows, change=merge), "export.xlsx", table="registrations")
    names = ("reg_status_wechat", "reg_status_alipay", "reg_message_alipay")
    assert [read.column(name) for name in names] == [["registered"], ["failed"], ["资料不符"]]
