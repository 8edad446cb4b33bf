"""What findings touch, whom, and what expires next; that both engines measure the same is in test_parity."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from conftest import AS_OF, DEVICE, MERCHANT, MODEL, REGISTRATION, Estate
from hypothesis import given
from hypothesis import strategies as st
from test_parity import facts_of, weights

from audit.engines import Engine
from audit.intake.derived import with_derived
from audit.measures import night
from audit.measures.forecast import forecast_of
from audit.measures.impact import impact_of
from audit.measures.merchants import merchants_of, points_of, score_of
from audit.measures.subjects import COLUMNS, DEVICES, MERCHANTS, SEPARATOR, SITES, Findings
from audit.measures.turnover import priced
from audit.tables import TABLES

FIRST, SECOND, THIRD = "898100000000001", "898100000000002", "898100000000003"


def told(estate: Estate) -> dict[str, Any]:
    return json.loads((estate.run().folder / "summary.json").read_text("utf-8"))


def sheet(estate: Estate, name: str) -> list[dict[str, Any]]:
    """The rows of a sheet of one table, by header."""
    book = openpyxl.load_workbook(estate.folder / "reports" / str(AS_OF) / "report.xlsx")
    rows = list(book[name].iter_rows(min_row=6, values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def paid(serial: str, amount: object, count: object = "", failed: object = "") -> dict[str, object]:
    return {
        "serial_no": serial,
        "period_end": "2026-11-20",
        "txn_amount": amount,
        "txn_count": count,
        "txn_failed": failed,
    }


@pytest.fixture
def shops(estate: Estate) -> Estate:
    """Three merchants: one with two unregistered devices, one with an expired licence, one without fault."""
    rows = [("SN000001", FIRST), ("SN000002", FIRST), ("SN000003", SECOND), ("SN000004", SECOND)]
    rows += [("SN000005", THIRD)]
    estate.write("devices", [DEVICE | {"serial_no": s, "merchant_no": m} for s, m in rows])
    estate.write(
        "merchants",
        [
            MERCHANT | {"merchant_no": FIRST},
            MERCHANT | {"merchant_no": SECOND, "merchant_name": "晨光二店", "licence_expiry": "2026-01-31"},
            MERCHANT | {"merchant_no": THIRD, "merchant_name": "晨光三店"},
        ],
    )
    estate.write("registrations", [REGISTRATION | {"serial": s, "merchant_no": m} for s, m in rows[2:]])
    return estate


def test_each_line_counts_a_device_once_and_adds_up_what_was_paid_there(shops: Estate):
    shops.write(
        "transactions",
        [
            paid("SN000001", "1000.50", 100, 4),
            paid("SN000002", "234.5", 50, 2),
            paid("SN000003", "10000", 10, 0),
            paid("SN000004", "20000", 40, 1),
            paid("SN000005", "999999", 900, 90),
        ],
    )
    impact = told(shops)["impact"]
    unregistered = impact["rules"]["REG-01"]
    assert (unregistered["devices"], unregistered["merchants"]) == (2, 1)
    assert unregistered["amount_cny"] == 1235.0
    assert unregistered["fail_rate"] == 6 / 150
    licence = impact["rules"]["MER-04"]
    assert (licence["devices"], licence["merchants"], licence["amount_cny"]) == (2, 1, 30000.0)
    assert impact["night"]["devices"] == 4
    assert impact["night"]["merchants"] == 2
    assert impact["night"]["amount_cny"] == 31235.0


def test_two_findings_on_one_device_are_one_device(shops: Estate):
    old = {"serial_no": "SN000001", "firmware": "2.0.0", "last_heartbeat": "2026-09-01 10:00:00"}
    shops.write("devices", [DEVICE | old])
    impact = told(shops)["impact"]
    assert {"REG-01", "DEV-04", "HB-01"} <= set(impact["rules"])
    assert impact["night"]["devices"] == 1
    assert impact["categories"]["unregistered"]["devices"] == 1


def test_an_unknown_amount_is_unknown_and_never_nothing(shops: Estate):
    shops.write("transactions", [paid("SN000001", "100"), paid("SN000003", "", 10, 1)])
    found = told(shops)["impact"]["rules"]
    assert found["REG-01"]["amount_cny"] == 100.0
    assert found["REG-01"]["devices_without_amount"] == 1
    assert found["REG-01"]["fail_rate"] is None
    assert found["MER-04"]["amount_cny"] is None
    assert found["MER-04"]["devices_without_amount"] == 2
    assert found["MER-04"]["fail_rate"] == 0.1
    rows = {row["商户编号"]: row for row in sheet(shops, "商户概况")}
    assert (rows[FIRST]["交易金额"], rows[FIRST]["金额说明"]) == (100, "另 1 台未知")
    assert (rows[SECOND]["交易金额"], rows[SECOND]["金额说明"]) == (None, "未知")
    page = (shops.folder / "reports" / str(AS_OF) / "report.html").read_text("utf-8")
    assert "¥100（另 3 台未知）" in page
    assert "¥0" not in page


def test_without_transactions_no_amount_is_spoken_of(shops: Estate):
    impact = told(shops)["impact"]
    assert impact["night"]["amount_cny"] is None
    assert impact["night"]["fail_rate"] is None
    assert "交易金额" not in sheet(shops, "商户概况")[0]
    page = (shops.folder / "reports" / str(AS_OF) / "report.html").read_text("utf-8")
    assert "未提供交易数据" in page
    assert "¥" not in page


@pytest.mark.parametrize("amount", ["1e30", "-1e30", "99999999999"])
def test_an_amount_nobody_can_take_stops_nothing_and_is_unknown(shops: Estate, amount: str):
    shops.write("transactions", [paid("SN000001", amount), paid("SN000002", "-12.5")])
    found = told(shops)["impact"]["rules"]["REG-01"]
    assert found["amount_cny"] == -12.5, "refunds may outweigh what was paid"
    assert found["devices_without_amount"] == 1


def test_more_failures_than_transactions_give_no_rate(shops: Estate):
    shops.write("transactions", [paid("SN000001", "1", 10, 20), paid("SN000002", "1", 10, 1)])
    assert told(shops)["impact"]["rules"]["REG-01"]["fail_rate"] == 0.1


def test_a_fault_of_an_input_touches_no_device(shops: Estate):
    (shops.folder / "models_20261121.csv").unlink()
    impact = told(shops)["impact"]
    assert "SRC-02" not in impact["rules"]
    assert "input" not in impact["categories"]


def test_merchants_stand_worst_first_with_score_and_what_is_missing(shops: Estate):
    shops.sections["audit.profile"] = 'merchant = ["merchant_name", "uscc", "license_expiry", "biz_address"]'
    shops.write(
        "merchants",
        [
            MERCHANT | {"merchant_no": FIRST, "biz_address": "人民路 1 号"},
            MERCHANT | {"merchant_no": SECOND, "uscc": "", "licence_expiry": "2026-01-31"},
            MERCHANT | {"merchant_no": THIRD, "biz_address": "人民路 3 号"},
        ],
    )
    told(shops)
    rows = sheet(shops, "商户概况")
    assert [row["商户编号"] for row in rows] == [FIRST, SECOND]
    first, second = rows
    assert (first["风险分"], first["严重"], first["在用设备"], first["完整率"]) == (80, 2, 2, 1)
    assert (second["风险分"], second["高"], second["完整率"]) == (30, 2, 0.5)
    assert second["缺少的资料"] == "统一社会信用代码、经营地址"


def test_a_merchant_nobody_listed_has_no_completeness(shops: Estate):
    shops.write("merchants", [MERCHANT | {"merchant_no": SECOND}, MERCHANT | {"merchant_no": THIRD}])
    told(shops)
    [row] = [row for row in sheet(shops, "商户概况") if row["商户编号"] == FIRST]
    assert row["完整率"] is None
    assert row["缺少的资料"] == "商户清单中没有这家商户"


def test_the_weights_of_a_score_are_configuration(shops: Estate):
    shops.sections["report.weights"] = "critical = 7\nhigh = 0"
    told(shops)
    rows = {row["商户编号"]: row["风险分"] for row in sheet(shops, "商户概况")}
    assert rows == {FIRST: 14, SECOND: 0}


def test_a_score_is_worked_out_as_its_note_says():
    assert score_of(points_of(0, 40, touched=1, devices=1)) == 40
    assert score_of(points_of(0, 40, touched=1, devices=10)) == 22
    assert score_of(points_of(15, 40, touched=1, devices=1)) == 55
    assert score_of(points_of(0, 400, touched=10, devices=10)) == 100
    assert score_of(points_of(0, 40, touched=1, devices=0)) == 40, "no device in use: nothing to dilute it"
    assert score_of(points_of(0, 0, touched=0, devices=3)) == 0


def test_what_follows_another_finding_weighs_nothing(swift_engine: Engine):
    facts = facts_of(swift_engine, {}, ("wechat",))
    table = findings_table(
        [
            ("a", "REG-01", "critical", "device", '["sn:S1", "wechat"]', FIRST, None),
            ("b", "DEV-04", "high", "device", '["sn:S1"]', FIRST, "a"),
            ("c", "DEV-04", "high", "device", '["sn:S2"]', SECOND, "gone"),
        ]
    )
    found = {
        one.merchant_no: one
        for one in merchants_of(swift_engine, facts, table, priced(swift_engine, facts), weights()).listed
    }
    assert (found[FIRST].score, found[FIRST].following, found[FIRST].open) == (40, 1, 2)
    assert found[SECOND].score == 15, "its leader is no longer open, so it leads"


def test_a_suspected_incident_touches_what_follows_from_it(swift_engine: Engine):
    devices = pa.table({"serial_no": ["S1", "S2", "S3"], "merchant_no": [FIRST, FIRST, SECOND]})
    facts = facts_of(swift_engine, estate_of(devices), ("wechat",))
    table = findings_table(
        [
            ("s", "SYS-01", "high", "channel", '["wechat"]', None, None),
            ("a", "REG-01", "critical", "device", '["sn:S1", "wechat"]', FIRST, "s"),
            ("b", "REG-01", "critical", "device", '["sn:S3", "wechat"]', SECOND, "s"),
            ("c", "REG-08", "medium", "registration", '["sn:NOBODY", "wechat", "M9"]', "M9", None),
        ]
    )
    impact = impact_of(swift_engine, facts, table, priced(swift_engine, facts))
    assert (impact.rules["SYS-01"].devices, impact.rules["SYS-01"].merchants) == (2, 2)
    assert impact.rules["REG-08"].devices == 0, "no device of the ledger"
    assert impact.rules["REG-08"].merchants == 1
    assert (impact.night.devices, impact.night.merchants) == (2, 3)


def test_the_list_of_merchants_is_capped_and_says_so(swift_engine: Engine):
    facts = facts_of(swift_engine, {}, ("wechat",))
    rows = [(f"f{n}", "REG-01", "critical", "device", f'["sn:S{n}"]', f"M{n}", None) for n in range(5)]
    merchants = merchants_of(
        swift_engine, facts, findings_table(rows), priced(swift_engine, facts), weights(), most=3
    )
    assert [one.merchant_no for one in merchants.listed] == ["M0", "M1", "M2"]
    assert (merchants.total, merchants.left_out) == (5, 2)


def test_a_sheet_of_merchants_cut_short_names_the_sheet_that_has_the_rest(
    shops: Estate, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(night, "merchants_of", partial(merchants_of, most=1))
    told(shops)
    book = openpyxl.load_workbook(shops.folder / "reports" / str(AS_OF) / "report.xlsx")
    [note] = [cell.value for [cell] in book["商户概况"]["A2:A5"] if "未列出" in str(cell.value)]
    assert "“整改台账”" in note
    assert "整改台账" in book.sheetnames


@pytest.fixture
def expiring(estate: Estate) -> Estate:
    """Devices, a model, merchants and policies with dates around each horizon."""
    dates = {
        "SN000001": "2026-11-20",  # past
        "SN000002": "2026-11-21",  # tonight
        "SN000003": "2026-12-21",  # 30 days
        "SN000004": "2026-12-22",  # 31 days
        "SN000005": "2027-11-21",  # 365 days
        "SN000006": "2027-11-22",  # 366 days
        "SN000007": "长期",
        "SN000008": "",  # as its model
    }
    devices = [DEVICE | {"serial_no": serial, "cert_expiry": on} for serial, on in dates.items()]
    devices += [DEVICE | {"serial_no": "SN000009", "cert_expiry": "2026-12-01", "status": "已撤机"}]
    estate.write("devices", devices)
    estate.write("registrations", [REGISTRATION | {"serial": serial} for serial in dates])
    estate.write("models", [MODEL | {"cert_expiry": "2027-01-31", "eol_on": "2027-05-20", "eos_on": ""}])
    estate.write(
        "merchants",
        [
            MERCHANT | {"merchant_no": FIRST, "licence_expiry": "2027-02-19"},
            MERCHANT | {"merchant_no": SECOND, "licence_expiry": "2027-02-19", "status": "已注销"},
            MERCHANT | {"merchant_no": THIRD, "licence_expiry": "9999-12-31"},
        ],
    )
    estate.write(
        "policies",
        [
            {
                "policy_id": "P1",
                "title": "示例",
                "effective_on": "2026-12-31",
                "deadline_on": "2027-12-31",
                "requirement": "re_register",
            }
        ],
    )
    return estate


def test_what_expires_is_counted_by_horizon(expiring: Estate):
    kinds = told(expiring)["forecast"]["kinds"]

    def line(kind: str) -> tuple[int, list[int], int]:
        return kinds[kind]["expired"], list(kinds[kind]["within_days"].values()), kinds[kind]["undated"]

    assert line("certificate") == (1, [2, 3, 3, 4], 0), "the one without a date of its own has its model's"
    assert line("model_certificate") == (0, [0, 1, 1, 1], 0), "those with a date of their own are not undated"
    assert line("eol") == (0, [0, 0, 8, 8], 0)
    assert line("eos") == (0, [0, 0, 0, 0], 8)
    assert line("license") == (0, [0, 1, 1, 1], 0)
    assert line("policy_effective") == (0, [0, 1, 1, 1], 0)
    assert line("policy_deadline") == (0, [0, 0, 0, 0], 0)
    assert "pts" not in kinds, "no file has the date"
    assert "legal_id" not in kinds


def test_what_expires_is_listed_soonest_first(expiring: Estate):
    told(expiring)
    rows = sheet(expiring, "到期预测")
    listed = [(row["到期种类"], row["剩余天数"], row["终端序列号"] or row["商户编号"]) for row in rows]
    assert listed == [
        ("设备认证", 0, "SN000002"),
        ("设备认证", 30, "SN000003"),
        ("设备认证", 31, "SN000004"),
        ("政策生效", 40, None),
        ("型号认证", 71, None),
        ("营业执照", 90, FIRST),
        ("型号停产", 180, None),
        ("设备认证", 365, "SN000005"),
    ]
    by_kind = {row["到期种类"]: row for row in rows}
    assert (by_kind["型号停产"]["型号"], by_kind["型号停产"]["涉及台数"]) == ("X1", 8)
    assert by_kind["型号认证"]["涉及台数"] == 1
    assert by_kind["政策生效"]["政策"] == "P1 示例"


def test_a_date_that_could_not_be_read_is_not_that_of_the_model(expiring: Estate):
    expiring.write("devices", [DEVICE | {"cert_expiry": "去年"}])
    expiring.write("registrations", [REGISTRATION])
    kinds = told(expiring)["forecast"]["kinds"]
    assert kinds["certificate"]["undated"] == 1
    assert kinds["model_certificate"]["undated"] == 0, "it is told once"
    assert kinds["model_certificate"]["within_days"] == {"30": 0, "90": 0, "180": 0, "365": 0}


def test_the_forecast_is_capped_and_says_so(swift_engine: Engine):
    count = 7
    devices = pa.table(
        {
            "serial_no": [f"S{n}" for n in range(count)],
            "merchant_no": [FIRST] * count,
            "cert_expiry": pa.array([AS_OF] * count, pa.date32()),
        }
    )
    facts = facts_of(swift_engine, estate_of(devices), ("wechat",))
    forecast = forecast_of(swift_engine, facts, AS_OF, most=3)
    assert [item.serial_no for item in forecast.items] == ["S0", "S1", "S2"]
    assert (forecast.total, forecast.left_out) == (7, 4)


def test_completeness_is_told_by_type_of_device_with_what_is_blank(estate: Estate):
    estate.sections["audit.profile.device"] = (
        'default = ["serial_no", "merchant_no", "model", "vendor"]\n11 = ["merchant_no", "model"]'
    )
    smart = DEVICE | {"device_type": "智能POS"}
    estate.write(
        "devices",
        [
            smart,
            smart | {"serial_no": "SN000002", "vendor": "", "model": ""},
            smart | {"serial_no": "SN000003", "vendor": ""},
            smart | {"serial_no": "SN000004", "vendor": "", "status": "已撤机"},
            DEVICE | {"serial_no": "SN000005", "device_type": "台牌码", "vendor": ""},
        ],
    )
    found = {line["of"]: line for line in told(estate)["completeness"]}
    assert found["04"] == {
        "of": "04",
        "rows": 3,
        "required": 12,
        "complete": 0.75,
        "blanks": {"vendor": 2, "model": 1},
    }
    assert (found["11"]["rows"], found["11"]["complete"], found["11"]["blanks"]) == (1, 1.0, {})
    assert found["merchant"]["rows"] == 1


def test_the_overview_links_to_the_new_sheets_and_they_link_back(shops: Estate):
    shops.run()
    book = openpyxl.load_workbook(shops.folder / "reports" / str(AS_OF) / "report.xlsx")
    ways = {
        cell.hyperlink.location
        for row in book["概览"].iter_rows()
        for cell in row
        if cell.hyperlink is not None
    }
    assert ways >= {"'整改台账'!A1", "'商户概况'!A1", "'到期预测'!A1"}
    for name in ("商户概况", "到期预测"):
        assert book[name]["A5"].hyperlink.location == "'概览'!A1"
        assert book[name].print_title_rows == "$6:$6"


def test_a_clean_night_has_empty_sheets_not_missing_ones(estate: Estate):
    folder: Path = estate.run().folder
    book = openpyxl.load_workbook(folder / "report.xlsx")
    assert book["商户概况"]["A7"].value == "没有内容。"
    assert book["商户概况"].tables == {}


def findings_table(rows: list[tuple[str | None, ...]]) -> Findings:
    """Findings by id, rule, severity, subject, identity, merchant and leader."""
    names = ("finding_id", "rule", "severity", "subject", "identity", "merchant_no", "led_by")
    table = pa.table(
        {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)}
    )
    constant = {"category": ["attention"] * len(rows), "merchant_name": [None] * len(rows)}
    for name, values in constant.items():
        table = table.append_column(name, pa.array(values, pa.string()))
    return Findings(table)


def estate_of(devices: pa.Table) -> dict[str, pa.Table]:
    """An estate of these devices alone."""
    rows = pa.array(range(devices.num_rows), pa.int64())
    return {"devices": with_derived(devices.append_column("row_id", rows), TABLES["devices"])}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["device", "row", "merchant", "site", "registration"]),
            st.one_of(st.none(), st.text(st.sampled_from('a店 "\\\n,['), max_size=4)),
            st.sampled_from(["merchants", "devices", 'a"b']),
        ),
        max_size=6,
    )
)
def test_what_findings_are_about_is_read_as_it_was_written(rows: list[tuple[str, str | None, str]]):
    lists = [[first, second] for _, first, second in rows]
    columns = {name: [""] * len(rows) for name in COLUMNS}
    columns |= {"subject": [one for one, _, _ in rows]}
    columns |= {"identity": [json.dumps(one, ensure_ascii=False) for one in lists]}
    found = Findings(pa.table({name: pa.array(own, pa.string()) for name, own in columns.items()}))
    assert found.keys.to_pylist() == [first for _, first, _ in rows]
    expected: dict[str, list[str]] = {DEVICES: [], MERCHANTS: [], SITES: []}
    for subject, first, second in rows:
        if first is not None:
            own = {"merchant": MERCHANTS, "site": SITES}.get(subject, DEVICES)
            kind = MERCHANTS if (subject, second) == ("row", "merchants") else own
            expected[kind].append(f"{first}{SEPARATOR}{second}" if kind == SITES else first)
    told = {
        kind: [one.values[number] for number in one.numbers if number >= 0]
        for kind, one in found.touched.items()
    }
    assert told == {kind: [text for text in texts if text] for kind, texts in expected.items()}


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_days_and_weeks_are_added_up_and_months_are_not(shops: Estate, engine: str):
    shops.settings["engine"] = f'"{engine}"'
    days = [f"2026-11-{day:02}" for day in range(1, 21)]
    rows = [paid("SN000001", "10.01", 3, 1) | {"period_end": day} for day in days]
    rows += [paid("SN000002", "7", 2, 0) | {"period_end": day} for day in ("2026-09-30", "2026-10-31")]
    rows += [paid("SN000003", "5", 4, 0) | {"period_end": ""}] * 2 + [
        paid("SN000003", "6") | {"period_end": ""}
    ]
    rows += [paid("SN000004", "8", 1, 0), paid("SN000004", "", 1, 0) | {"period_end": "2026-11-19"}]
    shops.write("transactions", rows)
    found = told(shops)["impact"]["rules"]
    assert (found["REG-01"]["amount_cny"], found["REG-01"]["transactions"]) == (207.2, 62)
    assert found["REG-01"]["fail_rate"] == 20 / 62
    assert (found["MER-04"]["amount_cny"], found["MER-04"]["devices_without_amount"]) == (None, 2)
    assert found["MER-04"]["transactions"] == 2
