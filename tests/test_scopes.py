"""Whom a policy covers and whom an inspection was of, through the front door."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from conftest import AS_OF, DEVICE, REGISTRATION, Estate

POLICY = {"policy_id": "P1", "title": "定位要求", "effective_on": "2026-01-01", "source": "通知"}
PLACES = {
    "SN000001": "广东省深圳市南山区科技路1号",
    "SN000002": "广东省广州市天河区体育路2号",
    "SN000003": "福建省福州市东街3号",
}


def summary(estate: Estate) -> dict:
    told = estate.folder / "reports" / AS_OF.isoformat() / "summary.json"
    return json.loads(told.read_text("utf-8"))


def devices_told(estate: Estate) -> dict:
    return summary(estate)["devices"]


def covered_by(estate: Estate) -> dict[str, list[str]]:
    """The devices that each policy was found not to be met by."""
    found: dict[str, list[str]] = {}
    for row in estate.findings():
        if row["rule"] == "POL-02":
            [policy] = re.findall("（(.+)，2026-01-01 生效）", row["detail"])
            found.setdefault(policy, []).append(row["serial_no"])
    return {policy: sorted(serials) for policy, serials in found.items()}


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_policy_covers_the_places_it_names(estate: Estate, engine: str):
    covered = {
        "广东": ["SN000001", "SN000002"],
        "深圳": ["SN000001"],
        "深圳市、福建省": ["SN000001", "SN000003"],
        "全国": list(PLACES),
    }
    estate.settings["engine"] = f'"{engine}"'
    estate.write("devices", [DEVICE | {"serial_no": one, "address": at} for one, at in PLACES.items()])
    asked = POLICY | {"requirement": "字段取值", "field": "model", "value": "X2"}
    estate.write("policies", [asked | {"policy_id": one, "region": one} for one in (*covered, "本地")])
    estate.run()
    assert covered_by(estate) == covered


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_whom_nobody_can_say_a_policy_covers_is_not_judged_by_it_nor_passed(estate: Estate, engine: str):
    scopes = (  # who is covered, how many nobody can tell of, what nobody understands
        ({"device_type": "传统POS、智能POS"}, ["SN000001"], 1, False),
        ({"device_type": "智能PSO"}, [], 4, True),
        ({"region": "广东、华南"}, ["SN000001"], 3, True),
        ({"region": "深圳"}, ["SN000001"], 1, False),
        ({"region": "厦门"}, [], 2, False),
        ({"mcc": "5811-5814"}, [], 4, False),
        ({"mcc": "5411、5812"}, [], 4, False),
        ({"mcc": "餐饮"}, [], 4, True),
    )
    estate.settings["engine"] = f'"{engine}"'
    rows = [
        ("智能POS", PLACES["SN000001"]),
        ("mPOS", PLACES["SN000003"]),
        ("", "一楼"),
        ("mPOS", "福建省"),
    ]
    estate.write(
        "devices",
        [
            DEVICE | {"serial_no": f"SN00000{place}", "device_type": kind, "address": address}
            for place, (kind, address) in enumerate(rows, 1)
        ],
    )
    asked = POLICY | {"requirement": "字段取值", "field": "model", "value": "X2"}
    blank = {"device_type": "", "region": "", "mcc": ""}
    estate.write(
        "policies", [asked | blank | {"policy_id": "".join(one.values())} | one for one, *_ in scopes]
    )
    estate.run()
    named = {"".join(scope.values()): covered for scope, covered, *_ in scopes if covered}
    assert covered_by(estate) == named
    [rule] = [one for one in summary(estate)["rules"] if one["rule"] == "POL-02"]
    assert rule["unknown"] == sum(unknown for *_, unknown, _ in scopes)
    told = " ".join(row["detail"] for row in estate.findings() if row["rule"] == "DQ-03")
    for scope, *_, strange in scopes:
        [text] = scope.values()
        assert (text in told) == strange


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_device_that_a_policy_is_not_met_by_is_not_called_compliant(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    estate.write("devices", [DEVICE | {"serial_no": one, "address": at} for one, at in PLACES.items()])
    estate.write("policies", [POLICY | {"region": "福建", "requirement": "停用"}])
    estate.run()
    assert {word: n for word, n in devices_told(estate)["verdicts"].items() if n} == {
        "compliant": 2,
        "attention": 1,
    }


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_what_a_policy_asks_for_is_written_as_people_write_it(estate: Estate, engine: str):
    values = {
        "longitude": "116",
        "is_spare": "是",
        "last_heartbeat_at": "2026-11-21 03:00:00",
        "install_date": "2025-01-15",
    }
    estate.settings["engine"] = f'"{engine}"'
    estate.write("devices", [DEVICE | {"longitude": "116.0", "latitude": "40", "is_spare": "是"}])
    asked = POLICY | {"requirement": "字段取值"}
    met = [asked | {"policy_id": f"A{name}", "field": name, "value": value} for name, value in values.items()]
    other = [asked | {"policy_id": f"B{name}", "field": name, "value": "7"} for name in values]
    estate.write("policies", [*met, *other])
    estate.run()
    found = [row["actual"] for row in estate.findings() if row["rule"] == "POL-02"]
    assert sorted(found) == sorted(values.values())


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"requirement": "换新机"}, "换新机"),
        ({"requirement": "字段必填", "field": "颜色"}, "颜色"),
        ({"requirement": "字段必填", "field": "SIM卡号"}, ""),
    ],
)
def test_a_policy_that_nobody_understands_is_told_where_people_look(
    estate: Estate, engine: str, asked: dict[str, str], said: str
):
    estate.settings["engine"] = f'"{engine}"'
    estate.write("devices", [DEVICE | {"iccid": ""}])
    estate.write("policies", [POLICY | asked])
    estate.run()
    told = {row["rule"]: row["detail"] for row in estate.findings() if row["rule"] in ("DQ-03", "POL-02")}
    assert ("POL-02" in told) == (not said)
    assert said in told.get("DQ-03", "")
    assert ("政策表" in told.get("DQ-03", "")) == bool(said)


def test_what_was_said_of_policies_stays_open_where_they_are_no_longer_configured(estate: Estate):
    estate.write("policies", [POLICY | {"requirement": "换新机"}])
    estate.run()
    del estate.sections["inputs.policies"]
    estate.run(AS_OF + timedelta(days=1))
    assert ("DQ-03", "unchecked") in {(one[0], one[2]) for one in estate.flagged(AS_OF + timedelta(days=1))}


def test_a_cell_that_cannot_be_read_is_not_said_to_be_blank(estate: Estate):
    cards = {"SN000001": "89860012345678901234", "SN000002": "", "SN000003": "#REF!"}
    estate.write("devices", [DEVICE | {"serial_no": one, "iccid": card} for one, card in cards.items()])
    estate.write("policies", [POLICY | {"requirement": "字段必填", "field": "iccid"}])
    estate.run()
    assert [one[1] for one in estate.flagged() if one[0] == "POL-02"] == ["SN000002"]


def test_what_is_registered_for_another_device_is_not_to_be_registered_again_for_this_one(estate: Estate):
    terminal = {"terminal_id": "00000001"}
    estate.write("devices", [DEVICE | terminal])
    estate.write("registrations", [REGISTRATION | terminal | {"serial": "SN777777"}])
    estate.write("policies", [POLICY | {"requirement": "重新报备"}])
    estate.run()
    assert {one[0] for one in estate.flagged() if one[1] == "SN000001"} == {"ELE-02", "REG-01"}
    assert devices_told(estate)["channels"] == {"wechat": {"missing": 1}}, "nor counted as registered"


def test_an_inspection_of_a_device_nobody_can_read_is_not_one_of_its_whole_merchant(estate: Estate):
    visit = {"merchant_no": DEVICE["merchant_no"], "inspect_date": "2026-11-01", "result": "合格"}
    estate.write("inspections", [visit | {"serial_no": "8.6E+17"}])
    estate.run()
    assert [one[1] for one in estate.flagged() if one[0] == "AUD-01"] == ["SN000001", "SN000002", "SN000003"]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_an_error_text_of_one_channel_is_known_where_it_comes_from_there(estate: Estate, engine: str):
    estate.settings |= {"engine": f'"{engine}"', "required_channels": '["wechat", "alipay"]'}
    failed = REGISTRATION | {"status": "报备失败", "fail_reason": "二级商户状态异常(40004)"}
    estate.write("registrations", [failed, failed | {"channel": "支付宝"}])
    estate.write("devices", [DEVICE | {"last_error": "签到过期"}])
    texts = [
        {"text": "二级商户状态异常", "cause": "4.1", "channel": "支付宝", "remedy": "补充资料"},
        {"text": "商户状态异常", "cause": "1.2", "channel": "通用", "remedy": "报障"},
    ]
    estate.write("error_texts", texts)
    estate.run()
    told = {row["channel"]: row["suggestion"] for row in estate.findings() if row["rule"] == "SYS-02"}
    assert told == {"wechat": "报障", "alipay": "补充资料"}


def test_errors_that_no_list_tells_are_not_said_to_be_none(estate: Estate):
    estate.write("registrations", [{k: v for k, v in REGISTRATION.items() if k != "fail_reason"}])
    estate.write("error_texts", [{"text": "终端未登记", "cause": "1.3"}])
    estate.run()
    [rule] = [one for one in summary(estate)["rules"] if one["rule"] == "SYS-02"]
    assert rule["status"] == "not_enabled"
