"""Owners and their workbooks: each has its own rows, whole and returnable, and nothing of anybody else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import AS_OF, DEVICE, MERCHANT, REGISTRATION, Estate
from mailserver import Inbox, serving

from audit.assessment import assess
from audit.check import Plan
from audit.config import load_settings
from audit.crosscheck.inputs import Memory
from audit.engines import DuckDBEngine, Engine, PandasEngine
from audit.errors import ConfigError
from audit.handback import hand_back
from audit.intake.feeds import read_feeds
from audit.intake.store import Store
from audit.report.population import population_of
from audit.retrospect import verify
from audit.routing.owners import file_part, owners_of, scopes_of
from audit.routing.share import share_of, values_present
from audit.routing.withheld import Known, Names, censor, known_of, own_values
from audit.rules.selection import selected_rules
from audit.words import load_words

NEXT = AS_OF + timedelta(days=1)
A = {
    "vendor": "甲星电子",
    "merchant_no": "898100000000101",
    "merchant_name": "晨光小店",
    "store_no": "S-A-01",
}
B = {
    "vendor": "乙海科技",
    "merchant_no": "898100000000202",
    "merchant_name": "暮色百货",
    "store_no": "S-B-77",
}
# what is told of a party and of nobody else; "SNSHARED1" is in both parties' files
OF_A = ["SNA00000001", "SNA00000003", *A.values()]
OF_B = ["SNB00000001", "SNB00000009", "SNQ70001234576", *B.values()]
ROUTES = {
    "甲星": 'vendor = "甲星电子"',
    "乙 海": f'merchant_no = ["{B["merchant_no"]}"]',
}


def two_parties(folder: Path, **routes: str) -> Estate:
    """Two vendors with a merchant each; what is wrong with the one's devices often names the other."""
    made = Estate(folder, {"required_channels": '["wechat"]', "name": '"示例支付"'})
    own = DEVICE | A | {"agent": "甲方服务商", "province": "浙江省"}
    other = DEVICE | B | {"agent": "乙方服务商", "province": "广东省"}
    # 1 unregistered, 2 under the other's merchant, 3 refused with its name, 4 like one of its own
    ours = ["SNA00000001", "SNA00000002", "SNA00000003", "SNQ70001234567", "SNSHARED1"]
    theirs = ["SNB00000001", "SNB00000009", "SNSHARED1"]
    made.write("devices", [own | {"serial_no": serial} for serial in ours], "甲星_设备.csv")
    made.write("devices", [other | {"serial_no": serial} for serial in theirs], "暮色与乙海科技_设备.csv")
    made.sections["inputs.devices"] = 'files = ["甲星_设备.csv", "暮色与乙海科技_设备.csv"]'
    made.write(
        "merchants",
        [
            MERCHANT | {"merchant_no": A["merchant_no"], "merchant_name": A["merchant_name"]},
            MERCHANT
            | {
                "merchant_no": B["merchant_no"],
                "merchant_name": B["merchant_name"],
                "licence_expiry": "2024-02-29",
            },
        ],
    )
    told = f"终端已绑定商户{B['merchant_name']}（{B['merchant_no']}，门店{B['store_no']}），见 sn-b00000009"
    made.write(
        "registrations",
        [
            REGISTRATION | {"serial": "SNA00000002", "merchant_no": B["merchant_no"]},
            REGISTRATION
            | {"serial": "SNA00000003", "merchant_no": A["merchant_no"], "status": "报备失败"}
            | {"fail_reason": told},
            REGISTRATION | {"serial": "SNQ70001234576", "merchant_no": B["merchant_no"]},
            REGISTRATION | {"serial": "SNSHARED1", "merchant_no": B["merchant_no"]},
        ],
    )
    for owner, body in (routes or ROUTES).items():
        made.sections[f'routing."{owner}"'] = body
    return made


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """One published night of the two."""
    made = two_parties(tmp_path_factory.mktemp("parties"))
    made.run()
    return made


@pytest.fixture
def own_night(night: Estate, tmp_path: Path) -> Estate:
    """A copy of that night, to go on from."""
    shutil.copytree(night.folder, tmp_path / "copy")
    return Estate(tmp_path / "copy", dict(night.settings), dict(night.sections))


def published(estate: Estate) -> Path:
    return estate.folder / "reports" / AS_OF.isoformat()


def workbooks(estate: Estate) -> dict[str, Path]:
    lines = summary_of(estate)["routing"]["owners"]
    return {one["name"]: published(estate) / one["file"] for one in lines if one["file"]}


def summary_of(estate: Estate) -> dict[str, Any]:
    return json.loads((published(estate) / "summary.json").read_text("utf-8"))


def rows_of(path: Path) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(path)["整改台账"]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows if row[0]]


def everything_in(path: Path) -> str:
    """The bytes of every part of a workbook, its name among them, as text."""
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
        return "\n".join([path.name, *archive.namelist(), *parts])


def test_each_owner_has_its_rows_and_the_house_has_all(night: Estate):
    files = workbooks(night)
    assert files["甲星"].name == "report-甲星.xlsx"
    assert re.fullmatch(r"report-乙-海-[0-9a-f]{6}\.xlsx", files["乙 海"].name)
    house = rows_of(published(night) / "report.xlsx")
    ours, theirs = rows_of(files["甲星"]), rows_of(files["乙 海"])
    assert {row["终端序列号"] for row in ours} == {
        row["终端序列号"] for row in house if row["供应商"] == A["vendor"]
    }
    assert {row["商户编号"] for row in theirs} == {B["merchant_no"]}
    assert "MER-04" in {row["规则"] for row in theirs}
    assert {row["问题编号"] for row in ours} | {row["问题编号"] for row in theirs} <= {
        row["问题编号"] for row in house
    }
    kept = ("问题编号", "严重程度", "状态", "整改期限", "校验")
    by_id = {row["问题编号"]: row for row in house}
    assert all(
        row[name] == by_id[row["问题编号"]][name] for row in (*ours, *theirs) for name in kept if name in row
    )


def test_an_owners_sheets_count_its_own(night: Estate):
    path = workbooks(night)["甲星"]
    book = openpyxl.load_workbook(path)
    assert {"自查清单", "数据质量"}.isdisjoint(book.sheetnames)
    cells = [cell for row in book["概览"].iter_rows(values_only=True) for cell in row if cell is not None]
    assert "支付终端合规审计报告 · 示例支付 · 甲星" in cells
    line = next(one for one in summary_of(night)["routing"]["owners"] if one["name"] == "甲星")
    assert line["devices"] == 5
    assert cells[cells.index("纳入审计") + 6] == 5, "the figure under its label"
    rules = {row[0]: row[4] for row in book["规则说明"].iter_rows(min_row=7, values_only=True) if row[0]}
    flagged = [row["规则"] for row in rows_of(path)]
    assert {rule: count for rule, count in rules.items() if count} == {
        rule: flagged.count(rule) for rule in flagged
    }
    assert "营业执照" not in cells, "a vendor has devices, no licences"
    assert book.properties.subject == "示例支付 · 甲星"


@pytest.mark.parametrize(("owner", "others"), [("甲星", OF_B), ("乙 海", OF_A)])
def test_nothing_of_the_other_is_anywhere_in_the_file(night: Estate, owner: str, others: list[str]):
    text = everything_in(workbooks(night)[owner])
    assert [value for value in others if value in text] == []
    house = everything_in(published(night) / "report.xlsx")
    assert [value for value in others if value not in house] == [], "the house reads it all"


def test_what_is_withheld_leaves_a_sentence(night: Estate):
    rows = {(row["规则"], row["终端序列号"]): row for row in rows_of(workbooks(night)["甲星"])}
    told = rows["REG-04", "SNA00000003"]["实为"]
    assert re.search(r"终端已绑定商户（其他方）（.*，门店（其他方）），见 （其他方）", told)
    assert "（其他方）" in rows["ELE-03", "SNA00000002"]["问题描述"]
    assert any(rule in ("TYP-02", "DQ-04") for rule, serial in rows if serial == "SNQ70001234567")


def test_a_returned_copy_of_an_owner_is_taken_like_any_other(own_night: Estate):
    """And a remark of the house that names another party is left out of the copy, and not taken back."""
    filled = {
        workbooks(own_night)["甲星"]: lambda row: {"处理状态": "整改中", "责任人": "厂商驻场"},
        published(own_night) / "report.xlsx": lambda row: (
            {"佐证/备注": f"与{B['merchant_name']}的设备对调过"} if row["规则"] == "REG-04" else {}
        ),
    }
    settings, words = load_settings(own_night.config), load_words("zh")
    changes = [
        hand_back(settings, words, [copy], dry_run=False).lines[0].changes
        for copy in [filled_in(path, own_night.folder, answers) for path, answers in filled.items()]
    ]
    ours = rows_of(workbooks(own_night)["甲星"])
    assert changes == [2 * len(ours), 1]
    own_night.run(NEXT)
    folder = own_night.folder / "reports" / NEXT.isoformat()
    for row in rows_of(folder / "report.xlsx"):
        assert (row["责任人"] == "厂商驻场") is (row["供应商"] == A["vendor"]), row["规则"]
    assert B["merchant_name"] in everything_in(folder / "report.xlsx")
    assert B["merchant_name"] not in everything_in(folder / "report-甲星.xlsx")
    back = hand_back(settings, words, [folder / "report-甲星.xlsx"], dry_run=True)
    assert (back.lines[0].changes, back.failed) == (0, False), "what was left out says nothing"


def filled_in(path: Path, folder: Path, answers: Callable[[dict[str, Any]], dict[str, str]]) -> Path:
    """A copy of a workbook, filled in row by row."""
    book = openpyxl.load_workbook(path)
    sheet = book["整改台账"]
    place = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        values = {name: sheet.cell(row, column).value for name, column in place.items()}
        for name, text in answers(values).items():
            sheet.cell(row, place[name]).value = text
    book.save(copy := folder / f"已填_{path.name}")
    return copy


def test_each_owner_is_mailed_its_own_when_its_own_rows_moved(own_night: Estate):
    own_night.sections['routing."甲星"'] += '\nto = "ops@a.invalid"'
    own_night.sections['routing."乙 海"'] += '\nto = ["经理 <b@b.invalid>"]'
    with serving(Inbox(), None, auth=False) as inbox:
        own_night.sections["mail"] = "\n".join(
            (
                'host = "localhost"\nsecurity = "none"\nsender = "审计 <audit@example.invalid>"',
                f'port = {inbox.port}\nto = ["boss@example.invalid"]\ncc = ["cc@example.invalid"]',
                'when = "on_change"\nretry_seconds = 0.01',
            )
        )
        own_night.configure()
        registrations = own_night.folder / "registrations_20261121.csv"
        registrations.write_text(
            registrations.read_text("utf-8").replace("报备失败", "报备成功"), encoding="utf-8"
        )
        os.utime(registrations, (time.time() - 60,) * 2)
        own_night.run(NEXT)
        own_night.run(NEXT)
    mailed = {tuple(whom): message for whom, message in zip(inbox.recipients, inbox.messages, strict=True)}
    assert set(mailed) == {("boss@example.invalid", "cc@example.invalid"), ("ops@a.invalid",)}, (
        "nothing of the other's has moved"
    )
    message = mailed["ops@a.invalid",]
    assert str(message["To"]) == "ops@a.invalid"
    assert message["Cc"] is None
    [attachment] = message.iter_attachments()
    folder = own_night.folder / "reports" / NEXT.isoformat()
    assert attachment.get_content() == (folder / "report-甲星.xlsx").read_bytes()
    assert attachment.get_filename().isascii()
    second = everything_in(folder / "report-甲星.xlsx")
    assert [value for value in OF_B if value in second] == [], "nor on a night that is compared with another"
    told = [str(message["Subject"]), *(message.get_body((kind,)).get_content() for kind in ("plain", "html"))]
    assert told[0].startswith("【"), "the word for how it stands comes first, as in the house's mail"
    assert told[0].count("示例支付 · 甲星") == 1
    for text in told:
        assert [value for value in (*OF_B, str(own_night.folder)) if value in text] == []
    for text in told[1:]:
        assert "只在属于贵方的问题有变化时发送" in text, "a night without a letter is no alarm"
        assert "运维" not in text


def test_a_night_that_does_not_know_the_other_says_nothing_of_it_either(own_night: Estate):
    """The other's files are gone, and with them all that says whose a serial or a name is."""
    for name in ("暮色与乙海科技_设备.csv", "merchants_20261121.csv", "registrations_20261121.csv"):
        (own_night.folder / name).unlink()
    own_night.run(NEXT)
    path = own_night.folder / "reports" / NEXT.isoformat() / "report-甲星.xlsx"
    text = everything_in(path)
    assert [value for value in OF_B if value in text] == []
    rows = {(row["规则"], row["终端序列号"]): row for row in rows_of(path)}
    assert rows["REG-04", "SNA00000003"]["问题描述"] == "报备失败（详情见此前的工作簿）"
    assert rows["REG-04", "SNA00000003"]["实为"] is None
    assert "SNA00000001" in rows["REG-01", "SNA00000001"]["问题描述"], "what is surely its own stays"


def test_two_owners_with_the_same_recipients_get_two_letters(tmp_path: Path):
    to = '\nto = ["same@a.invalid"]'
    estate = two_parties(tmp_path, **{name: body.splitlines()[0] + to for name, body in ROUTES.items()})
    estate.sections["mail"] = 'host = "localhost"\nsender = "a@b.invalid"\nto = ["same@a.invalid"]'
    estate.run(mail=False)
    identifiers = {
        BytesParser().parsebytes(path.read_bytes())["Message-ID"]
        for path in (estate.folder / "state" / "outbox").glob("*-0.eml")
    }
    assert len(identifiers) == 3
    del estate.sections["mail"]
    with pytest.raises(ConfigError) as failure:
        estate.run(NEXT)
    assert failure.value.key == "config_no_mail"


def test_published_whole_recorded_and_the_same_bytes_again(own_night: Estate):
    found = verify(load_settings(own_night.config), AS_OF)
    files = workbooks(own_night)
    intact = {one.name for one in found if one.kind == "output" and one.verdict == "intact"}
    assert {path.name for path in files.values()} <= intact
    before = {path.name: path.read_bytes() for path in files.values()}
    files["甲星"].unlink()
    assert not own_night.run().replayed, "a night of which a file is missing is told again"
    assert {path.name: path.read_bytes() for path in files.values()} == before
    files["甲星"].unlink()
    again = [sys.executable, "-m", "audit", "run", "--config", own_night.config, "--as-of", str(AS_OF)]
    subprocess.run(again, capture_output=True, check=True)
    assert {path.name: path.read_bytes() for path in files.values()} == before, "of a program just begun"


def test_what_is_nobodys_shared_or_misspelt_is_told(tmp_path: Path):
    estate = two_parties(
        tmp_path,
        甲星='vendor = "甲星"',
        浙江='province = "浙江"',
        微信='channel = "wechat"\nagent = "甲方服务商"',
    )
    estate.run()
    routing = summary_of(estate)["routing"]
    lines = {one["name"]: one for one in routing["owners"]}
    assert lines["甲星"]["unmet"] == [{"column": "vendor", "value": "甲星", "near": "甲星电子"}]
    assert lines["甲星"]["file"] == ""
    assert lines["浙江"]["file"] == "report-浙江.xlsx"
    channels = {row["渠道"] for row in rows_of(published(estate) / "report-微信.xlsx")}
    assert channels == {"微信"}, "who claims a channel is not told of what belongs to none"
    standing = [row for row in estate.findings() if row["state"] != "fixed"]
    assert routing["unrouted"] == sum(row["province"] != "浙江省" for row in standing)
    assert routing["shared"] == sum(
        row["channel"] == "wechat" and row["province"] == "浙江省" for row in standing
    )
    book = openpyxl.load_workbook(published(estate) / "report.xlsx")
    cells = [
        str(cell) for row in book["概览"].iter_rows(values_only=True) for cell in row if cell is not None
    ]
    assert (
        f"有 {routing['unrouted']} 项在册问题不属于任何责任方，只出现在本报告中；如需分发，请补充 [routing]。"
        in cells
    )
    assert "甲星：本次数据中没有供应商“甲星”（最接近的是“甲星电子”），请核对 [routing] 的写法。" in cells
    assert load_settings(estate.config).routing["浙江"].province == ("浙江",)


def test_a_list_of_merchants_in_a_file(tmp_path: Path):
    estate = two_parties(tmp_path, 甲='merchant_file = "甲方商户.csv"')
    with pytest.raises(ConfigError) as failure:
        estate.run()
    assert failure.value.facts["problem"] == load_words("zh")("error.no_such_file")
    listed = tmp_path / "甲方商户.csv"
    listed.write_text(
        f"序号,商户编号\n1,{A['merchant_no'].replace('898', '898 ')}\n2,898100000000999\n", "utf-8"
    )
    first = estate.run().summary
    assert {row["商户编号"] for row in rows_of(workbooks(estate)["甲"])} == {A["merchant_no"]}
    assert first["routing"]["owners"][0]["unmet"] == (), "not every merchant of a list has a finding"
    listed.write_text(f"商户编号\n{B['merchant_no']}\n", "utf-8")
    second = estate.run()
    assert not second.replayed, "another list gives other workbooks"
    listed.write_text("一列\n没有商户\n", "utf-8")
    with pytest.raises(ConfigError) as failure:
        estate.run()
    assert "商户编号" in str(failure.value.facts["problem"])


def shares(engine: Engine, estate: Estate) -> list[Any]:
    """What an engine makes of each owner's share, as plain values."""
    settings = load_settings(estate.config)
    store = Store(settings.state)
    plan = Plan(*selected_rules(settings.rules), AS_OF)
    assessed = assess(engine, settings, read_feeds(settings, AS_OF, store), Memory(), plan)
    owners = owners_of(settings, store)
    made: list[Any] = []
    for scope in scopes_of(owners, values_present(assessed, owners)):
        share = share_of(assessed, plan, scope)
        judged = [(one.rule.id, one.count, one.passed, one.unknown) for one in share.assessed.outcomes]
        made.append((scope, judged, sorted(own_values(share))))
        made.append(population_of(share.assessed, {}, AS_OF))
    return [*made, known_of(assessed, {*OF_A, *OF_B, "SNQ70001234567", "NOBODYS"})]


@pytest.mark.spark
@pytest.mark.skipif("ROUTING_ON_SPARK" not in os.environ, reason="takes two minutes; .ci/long runs it")
def test_spark_gives_an_owner_the_same(spark: Engine, night: Estate):
    assert shares(spark, night) == shares(PandasEngine(), night)


def test_duckdb_gives_an_owner_the_same(night: Estate):
    told = shares(DuckDBEngine(), night)
    assert told == shares(PandasEngine(), night)
    assert told[-1].registered["SNQ70001234576"] == {B["merchant_no"]}
    assert "NOBODYS" not in told[-1].listed


def test_names_of_files_never_meet_and_never_leave_their_folder():
    names = [
        "星联",
        "a",
        "A",
        "a b",
        "a-b",
        "a/b",
        "../a",
        ".",
        "..",
        "报" * 60,
        "报" * 59 + "告",
        "é",
        "e\u0301",
        "CON",
    ]
    parts = [file_part(name) for name in names]
    assert len({part.casefold() for part in parts}) == len(names)
    for part in parts:
        assert re.fullmatch(r"[\w.\-]+", part)
        assert not part.startswith(".")
        assert len(f"report-{part}.xlsx".encode()) < 200


def test_only_what_is_anothers_is_replaced():
    clean = censor(
        {"SN1AAA", "晨光小店", "M2"},
        Known(
            frozenset({"SNB999", "SN1AAA", "S-B-1"}),
            {
                name: frozenset({merchant})
                for name, merchant in (("R7777", "M1"), ("R8888", "M2"), ("SNB999", "M2"))
            },
        ),
        Names(["乙海", "晨光小店", "PAX", "晨光小店二部"]),
        "×",
    )
    assert clean("设备 SN1AAA 与 SNB999 重复；乙海_设备.csv") == "设备 SN1AAA 与 × 重复；×_设备.csv"
    assert clean("晨光小店二部、晨光小店") == "×、晨光小店"
    assert clean("PAX123 不是 PAX，sn-b999 在门店S-B-1；R7777 于 2026-11-21，R8888") == (
        "PAX123 不是 ×，× 在门店×；× 于 2026-11-21，R8888"
    )
    assert clean("") == ""


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        ('[routing.x]\nvender = ["a"]', "config_unknown_key", "vendor"),
        ('[routing.x]\nstore = ["a"]', "config_unknown_key", "store_no"),
        ('[routing.x]\nto = ["a@b.c"]', "config_value_owner", "merchant_file"),
        ('[routing]\nvendor = ["a"]', "config_value_owner_table", "vendor"),
        ('[routing.x]\nvendor = [" "]', "config_value_blank", "routing.x.vendor"),
        ('[routing.x]\nchannel = "weixin"', "config_value_choice", "wechat"),
        ('[routing.x]\nvendor = "a"\nto = "ops"', "config_value_address", "ops"),
        ("[routing.星联]\nvendor = 'a'", "config_bare_key", "line 1"),
    ],
)
def test_a_wrong_route_is_an_error_that_helps(tmp_path: Path, text: str, key: str, told: str):
    file = tmp_path / "audit.toml"
    file.write_text(text + '\n[inputs.devices]\nfiles = ["devices.csv"]\n', encoding="utf-8")
    with pytest.raises(ConfigError) as failure:
        load_settings(file)
    assert failure.value.key == key
    assert told in str(failure.value.facts)


def test_recipients_are_not_part_of_what_a_night_depends_on(tmp_path: Path):
    def digest(to: str) -> str:
        file = tmp_path / "audit.toml"
        mail = '[mail]\nhost = "h"\nsender = "a@b.c"\nto = ["a@b.c"]'
        routing = f'[routing.x]\nvendor = "a"\n{to}'
        file.write_text(f'{mail}\n{routing}\n[inputs.devices]\nfiles = ["d.csv"]\n', encoding="utf-8")
        return load_settings(file).digest

    assert digest("") == digest('to = "a@b.c"')
