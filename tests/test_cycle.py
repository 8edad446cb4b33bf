"""Self-audit cycles: what they tell of the nights behind, and how they are signed off and frozen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from conftest import DEVICE, MERCHANT, MODEL, REGISTRATION, Estate, spotless
from hypothesis import given
from hypothesis import strategies as st
from mailserver import Inbox, serving
from nightly_findings import Fault, day, tell
from sqlalchemy.exc import DBAPIError
from test_roundtrip import saved_by_libreoffice

from audit.config import load_settings
from audit.cycle import Published, publish_cycle
from audit.errors import ConfigError, ExitCode, NothingToShow
from audit.ledger.attestations import Statement, enter_statements
from audit.ledger.cycles import GROUPS, Tally, cycle_facts
from audit.ledger.database import Database
from audit.ledger.nights import Practice
from audit.ledger.retention import planned_pruning, prune
from audit.ledger.schema import ATTESTATIONS, SIGN_OFFS
from audit.ledger.signoffs import Cycle, SignOff, enter_cycle, enter_sign_offs, record_of
from audit.ledger.waivers import Waiver
from audit.periods import Period
from audit.words import load_words

OCTOBER, NOVEMBER, DECEMBER = (Period.named(f"2026-{month}") for month in (10, 11, 12))


# --- what the ledger knows of a cycle; the first night is 2026-11-21


def test_a_cycle_adds_up_and_says_what_was_known_at_its_end(database: Database):
    tell(database, day(0), [Fault("A"), Fault("B", severity="low"), Fault("C")])
    tell(database, day(1), [Fault("A"), Fault("B", severity="low")])
    tell(database, day(4), [Fault("A"), Fault("C")])
    tell(database, day(12), [Fault("D")])
    found = cycle_facts(database, NOVEMBER)
    assert found.complete
    assert found.through == day(4)
    assert found.gaps == ((day(2), day(3)), (day(5), day(9)))
    assert found.total == Tally(
        start=0, came=3, back=1, closed=2, gone=0, arrived=0, end=2, overdue=1, excused=0
    )
    assert found.groups["severity"]["low"] == Tally(0, 1, 0, 1, 0, 0, 0, 0, 0)
    assert (found.in_time, found.days_to_close) == (2, 1)
    december = cycle_facts(database, DECEMBER)
    assert not december.complete
    assert december.total == Tally(
        start=2, came=1, back=0, closed=2, gone=0, arrived=0, end=1, overdue=0, excused=0
    )
    assert december.gaps == ((date(2026, 12, 1), date(2026, 12, 2)),)
    assert cycle_facts(database, NOVEMBER) == found, "later nights change nothing of it"
    with pytest.raises(NothingToShow, match="no_night_in_cycle"):
        cycle_facts(database, OCTOBER)


def test_what_ended_with_the_day_it_warned_of_is_not_among_the_closed(database: Database):
    tell(database, day(0), [Fault("A"), Fault("B")])
    tell(database, day(1), [], {Fault("A").finding_id: "arrived"})
    found = cycle_facts(database, NOVEMBER)
    assert found.total == Tally(
        start=0, came=2, back=0, closed=1, gone=0, arrived=1, end=0, overdue=0, excused=0
    )
    assert (found.in_time, found.days_to_close) == (1, 1)


def test_a_cycle_whose_nights_were_pruned_is_not_told_anew(database: Database):
    tell(database, day(0), [Fault("A")])
    tell(database, day(100), [Fault("A")])
    prune(database, planned_pruning(database, day(101), 50), day(101))
    with pytest.raises(ConfigError, match="cycle_pruned"):
        cycle_facts(database, NOVEMBER)
    assert cycle_facts(database, Period.named("2027-03")).total.start == 1


def test_what_a_cycle_tells_of_its_items_is_not_taken_for_a_form_to_fill_in(estate: Estate):
    book = openpyxl.load_workbook(estate.folder / "reports" / "2026-11-01" / "report.xlsx")
    sheet = book["自查清单"]
    [row] = [row for row in sheet.iter_rows() if row[15].value == "emergency_plan"]
    for place, value in ((12, date(2026, 10, 19)), (13, "赵六"), (14, "预案 V2")):
        row[place].value = value
    (estate.folder / "feedback").mkdir()
    book.save(estate.folder / "feedback" / "自查.xlsx")
    estate.settings["as_of"] = "2026-11-12"
    estate.run(date(2026, 11, 12))
    assert estate.call("cycle", "--month", "2026-10")[0] == ExitCode.DONE
    signed_copy(estate, SIGNED)
    code, text = estate.call("feedback", str(estate.folder / "feedback" / "签认.xlsx"))
    assert (code, "未采纳 0 处" in text) == (0, True), text


def test_what_is_waived_stands_under_its_waiver(database: Database):
    waiver = Waiver("file", "装修", "李总", date(2026, 12, 15), rule="REG-01", serial_no="A")
    practice = Practice(waivers=(waiver,))
    tell(database, day(0), [Fault("A"), Fault("B")], practice=practice)
    found = cycle_facts(database, NOVEMBER)
    assert (found.total.end, found.total.excused) == (2, 1)


def test_a_year_tells_of_the_cycles_within_it(database: Database):
    tell(database, day(0), [])
    tell(database, day(12), [])
    with database.transaction() as connection:
        for name in ("2026-10", "2026-11", "2026-Q4"):
            enter_cycle(connection, Cycle(name, "e", day(0), True, {"cycle.xlsx": "x"}))
        signed = SignOff("2026-10", "e", "王经理", day(1), "同意", {}, {"cycle.xlsx": "x"})
        enter_sign_offs(connection, [signed], "sha", day(1), None)
    found = cycle_facts(database, Period.named("2026-Q4"))
    assert [one.period for one in found.signed] == ["2026-10"]
    assert found.unsigned == (NOVEMBER,), "the quarter is no part of itself"


def test_what_people_said_and_signed_cannot_be_changed(database: Database):
    with database.transaction() as connection:
        enter_statements(connection, [Statement("training", 1, 0, day(0), "李四", "")], "sha", day(0), None)
        enter_cycle(connection, Cycle("2026-10", "e", day(0), True, {}))
        enter_sign_offs(
            connection, [SignOff("2026-10", "e", "王经理", day(0), "", {}, {})], "sha", day(0), None
        )
    for table in (ATTESTATIONS, SIGN_OFFS):
        for statement in (sa.update(table).values(saved_by="x"), sa.delete(table)):
            with pytest.raises(DBAPIError, match="never changed"), database.transaction() as connection:
                connection.execute(statement)


def test_a_night_told_anew_hears_of_nothing_that_was_said_after_it(database: Database):
    with database.transaction() as connection:
        told = [Statement("training", 1, 0, day(0), "李四", "签到表")]
        enter_statements(connection, told, "sha", day(5), None)
        enter_cycle(connection, Cycle("2026-10", "e", day(0), True, {}))
        signed = SignOff("2026-10", "e", "王经理", day(4), "", {}, {})
        enter_sign_offs(connection, [signed], "sha", day(5), None)
        before, early, reading, after = (
            record_of(connection, day(3)),
            record_of(connection, day(3), {"sha"}),
            record_of(connection, day(4), {"sha"}),
            record_of(connection, day(5)),
        )
    assert (before.said, before.signed, before.waiting) == ({}, (), (OCTOBER,))
    assert reading == after, "what tonight's own copies say counts tonight"
    assert (early.said, early.signed, early.waiting) == (after.said, (), (OCTOBER,)), "but of no later day"
    assert (after.versions, after.waiting) == ({"training": 1}, ())
    assert [one.signed_by for one in after.signed] == ["王经理"]


NIGHTS = st.lists(
    st.tuples(st.integers(1, 9), st.frozensets(st.sampled_from("ABCDE"))), min_size=2, max_size=7
)


@given(NIGHTS)
def test_whatever_the_nights_every_cycle_adds_up(tmp_path_factory: pytest.TempPathFactory, nights):
    database = Database("", tmp_path_factory.mktemp("ledger"))
    number, standing = 0, {day(0): frozenset[str]()}
    for step, serials in nights:
        number += step
        tell(database, day(number), [Fault(serial) for serial in sorted(serials)])
        standing[day(number)] = serials
    last = standing[day(number)]
    before: frozenset[str] = frozenset()
    for period in (NOVEMBER, DECEMBER, Period.named("2027-01")):
        of_period = [serials for on, serials in standing.items() if on in period and on != day(0)]
        if not of_period:
            continue
        found = cycle_facts(database, period)
        assert found.total.start == len(before)
        assert found.total.end == len(of_period[-1])
        ups = sum(len(new - old) for old, new in zip([before, *of_period], of_period, strict=False))
        assert found.total.came + found.total.back == ups
        for tallies in found.groups.values():
            for one in tallies.values():
                assert one.start + one.came + one.back - one.closed - one.gone == one.end
        for group in GROUPS:
            assert sum(one.end for one in found.groups[group].values()) == found.total.end
        before = of_period[-1]
    assert before == last
    database.close()


# --- published, signed, frozen: real nights from the end of October on


@pytest.fixture(scope="module")
def october(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An estate with a night in October and one after it; October's report is published and nobody signed."""
    made = Estate(tmp_path_factory.mktemp("october"))
    made.write("devices", [DEVICE, DEVICE | {"serial_no": "SN000002"}])
    made.write("merchants", [MERCHANT])
    made.write("registrations", [REGISTRATION])
    made.write("models", [MODEL])
    made.run(date(2026, 10, 28))
    made.run(date(2026, 11, 1))
    published(made)
    return made.folder


@pytest.fixture
def estate(october: Path, tmp_path: Path) -> Estate:
    """The same, for one test to go on with."""
    folder = tmp_path / "estate"
    shutil.copytree(october, folder)
    feeds = ("devices", "merchants", "registrations", "models")
    return Estate(
        folder,
        {},
        {f"inputs.{feed}": f'files = ["{feed}_20261121.csv"]\nmax_age_days = 5' for feed in feeds},
    )


def published(estate: Estate, period: Period = OCTOBER) -> Published:
    return publish_cycle(load_settings(estate.configure()), load_words("zh"), period)


def folder_of(estate: Estate, name: str = "2026-10") -> Path:
    return estate.folder / "reports" / "cycles" / name


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def signed_copy(
    estate: Estate, answers: Mapping[str, tuple[str, date | str, str]], name: str = "签认.xlsx"
) -> Path:
    """A copy of October's workbook with lines filled in: signer, date and opinion by line."""
    book = openpyxl.load_workbook(folder_of(estate) / "cycle.xlsx")
    sheet = book["签认"]
    for row in sheet.iter_rows(min_row=4):
        for place, value in enumerate(answers.get(row[0].value, ()), 1):
            row[place].value = value
    book.properties.lastModifiedBy = "王经理"
    folder = estate.folder / "feedback"
    folder.mkdir(exist_ok=True)
    book.save(folder / name)
    return folder / name


SIGNED = {
    "编制": ("赵六", date(2026, 11, 12), ""),
    "负责人签认": ("王经理", date(2026, 11, 12), "同意，按期整改"),
}


def about_the_cycle(estate: Estate, on: date) -> list[tuple[str, str]]:
    return [(row["state"], row["detail"]) for row in estate.findings(on) if row["rule"] == "AUD-02"]


def test_a_cycle_says_that_its_rules_and_channels_were_changed_within_it(tmp_path: Path):
    estate = spotless(tmp_path)
    estate.settings["required_channels"] = '["wechat", "alipay"]'
    estate.run(date(2026, 11, 21))
    estate.settings["required_channels"] = '["wechat"]'
    estate.sections["rules"] = 'disable = ["REG-01"]\nDEV-06 = { severity = "low" }'
    estate.run(date(2026, 11, 22))
    text = estate.call("cycle", "--month", "2026-11")[1]
    assert "期内要求报备的渠道由“支付宝、微信”改为“微信”" in text
    assert "停用 REG-01；新增 无；调整阈值或内容 1 条" in text


def test_a_cycle_nobody_signed_is_a_finding_and_a_signature_ends_it_and_freezes_the_report(estate: Estate):
    assert about_the_cycle(estate, date(2026, 11, 1)) == []
    due, after = date(2026, 11, 12), date(2026, 11, 13)
    estate.run(due)
    [(state, detail)] = about_the_cycle(estate, due)
    assert (state, "2026-10" in detail, "2026-11-10" in detail) == ("new", True, True)
    frozen = bytes_of(folder_of(estate))
    signed_copy(estate, SIGNED)
    estate.run(after)
    assert [state for state, _ in about_the_cycle(estate, after)] == ["fixed"]
    sheet = openpyxl.load_workbook(folder_of(estate).parents[1] / after.isoformat() / "report.xlsx")[
        "自查清单"
    ]
    [line] = [[cell.value for cell in row] for row in sheet.iter_rows() if row[15].value == "self_audit"]
    assert (line[7].date(), line[8], line[9]) == (due, "王经理", "2026-10")
    assert line[10].date() == date(2026, 12, 10)
    assert line[5].endswith("待签认：自查期 2026-11")

    code, text = estate.call("cycle", "--month", "2026-10")
    assert code == ExitCode.DONE
    assert "已由 王经理 于 2026-11-12 签认" in text
    assert bytes_of(folder_of(estate)) == frozen
    assert estate.call("verify", "2026-10")[0] == ExitCode.DONE
    late = estate.hand_back(
        signed_copy(estate, {"负责人签认": ("李总", date(2026, 11, 13), "不同意")}, "又签.xlsx")
    )
    [cell] = late.lines[0].refused
    assert "王经理" in cell.reason
    assert cell.cell == "签认!B7"
    assert cell.text == "李总 / 2026-11-13 / 不同意", "everything that was written is told"
    (folder_of(estate) / "cycle.html").write_text("x", encoding="utf-8")
    code, text = estate.call("verify", "2026Q4")
    assert code == ExitCode.CONFIG
    assert "2026-Q4" in text
    code, text = estate.call("verify", "2026-10")
    assert code == ExitCode.INCOMPLETE
    assert "cycle.html" in text
    assert published(estate).outcome == "frozen", "what is frozen is not mended either"
    code, text = estate.call("cycle", "--month", "2026-10")
    assert (code, "已被改动" in text) == (ExitCode.INCOMPLETE, True)


@pytest.mark.parametrize(
    ("answers", "cell", "reason"),
    [
        ({"编制": ("赵六", date(2026, 11, 1), "")}, "签认!B5", "负责人一栏"),
        ({"负责人签认": ("王经理", "", "")}, "签认!C7", "还缺：签认日期"),
        ({"负责人签认": ("", date(2026, 11, 1), "")}, "签认!B7", "还缺：签认人"),
        ({"负责人签认": ("王经理", date(2027, 11, 1), "")}, "签认!C7", "是将来的日期"),
        ({"负责人签认": ("王经理", date(2026, 10, 27), "")}, "签认!C7", "早于"),
        ({"负责人签认": ("王经理", date(2026, 11, 1), "=1+1")}, "签认!D7", "公式"),
    ],
)
def test_what_signs_nothing_off(estate: Estate, answers: dict[str, Any], cell: str, reason: str):
    told = estate.hand_back(signed_copy(estate, answers))
    found = {one.cell: one.reason for one in told.lines[0].refused}
    assert reason in found[cell]
    if cell != "签认!D7":
        assert told.lines[0].changes == 0
        assert published(estate).outcome == "unchanged"


def test_a_name_beside_its_cell_is_told_and_signs_nothing(estate: Estate):
    path = signed_copy(estate, {})
    book = openpyxl.load_workbook(path)
    book["签认"]["A7"] = "负责人签认 王经理"
    book.save(path)
    [line] = estate.hand_back(path).lines
    [one] = line.refused
    assert (line.changes, one.cell, one.text) == (0, "签认!A7", "负责人签认 王经理")
    assert "“签认意见”" in one.reason


def test_a_signature_is_of_the_edition_it_stands_under(estate: Estate):
    earlier = signed_copy(estate, SIGNED)
    estate.write("merchants", [MERCHANT | {"licence_expiry": "2026-10-20"}])
    estate.run(date(2026, 10, 29), rebuild="补跑")
    estate.run(date(2026, 11, 12))
    first = published(estate)
    assert first.outcome == "published"
    assert bytes_of(folder_of(estate, "2026-10~r1"))
    [cell] = estate.hand_back(earlier).lines[0].refused
    assert "重新生成过" in cell.reason
    told = estate.hand_back(signed_copy(estate, SIGNED, "新版.xlsx"))
    assert (told.lines[0].changes, told.failed) == (1, False)
    assert published(estate).outcome == "frozen"


def test_the_same_ledger_gives_the_same_bytes_and_a_crash_is_finished(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
):
    before = bytes_of(folder_of(estate))
    shutil.rmtree(folder_of(estate))

    def killed(*_: object) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("audit.cycle.swap_in", killed)
        with pytest.raises(KeyboardInterrupt):
            published(estate)
    assert not folder_of(estate).exists()
    assert published(estate).outcome == "unchanged", "what was committed is published first"
    assert bytes_of(folder_of(estate)) == before
    assert [path.name for path in folder_of(estate).parent.iterdir()] == ["2026-10"]


def test_a_cycle_that_is_not_over_has_no_lines_to_sign(estate: Estate):
    code, text = estate.call("cycle", "--month", "2026-11", "--json")
    assert code == ExitCode.DONE
    told = json.loads(text)
    assert (told["outcome"], told["complete"], told["signed"]) == ("published", False, None)
    assert (told["findings"]["start"], told["findings"]["came"], told["findings"]["end"]) == (3, 1, 4)
    book = openpyxl.load_workbook(folder_of(estate, "2026-11") / "cycle.xlsx")
    assert "2026-11-30" in book["签认"]["A2"].value
    assert book["签认"].max_row == 2
    estate.run(date(2026, 12, 12))
    assert about_the_cycle(estate, date(2026, 12, 12))[0][0] == "new", "October is the one that waits"


def test_a_cycle_that_is_over_is_mailed_once(estate: Estate):
    with serving(Inbox(), None, auth=False) as inbox:
        estate.sections["mail"] = f'host = "localhost"\nport = {inbox.port}\nsecurity = "none"\n'
        estate.sections["mail"] += 'sender = "a@example.invalid"\nto = ["b@example.invalid"]'
        for _ in range(2):
            shutil.rmtree(folder_of(estate))  # to be published again, as the edition it was
            assert estate.call("cycle", "--month", "2026-10")[0] == ExitCode.DONE
        assert estate.call("cycle", "--month", "2026-11")[0] == ExitCode.DONE
    [message] = inbox.messages
    [attached] = message.iter_attachments()
    assert attached.get_content() == (folder_of(estate) / "cycle.xlsx").read_bytes()
    assert "2026-10" in str(message["Subject"])
    assert message["Date"].datetime.date() == date(2026, 10, 28)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("cycle",), 2),
        (("cycle", "--month", "2026-10", "--year", "2026"), 2),
        (("cycle", "--month", "2026Q4"), ExitCode.CONFIG),
        (("cycle", "--month", "2026-13"), ExitCode.CONFIG),
        (("cycle", "--month", "2024-01"), ExitCode.CONFIG),
        (("verify", "gestern"), ExitCode.CONFIG),
        (("verify", "2026-09"), ExitCode.CONFIG),
    ],
)
def test_what_cannot_be_asked(estate: Estate, words: tuple[str, ...], code: int):
    assert estate.call(*words)[0] == code


@pytest.mark.libreoffice
def test_a_signature_saved_by_libreoffice_signs(estate: Estate):
    copy = signed_copy(estate, {"负责人签认": ("王经理", date(2026, 11, 1), "同意")})
    told = estate.hand_back(saved_by_libreoffice(copy, "xlsx"))
    assert (told.lines[0].problem, told.lines[0].changes, told.lines[0].refused) == ("", 1, ())
    assert published(estate).outcome == "frozen"


@pytest.mark.parametrize(
    ("text", "line"), [("{{ report.period }}\n{% if %}", 2), ("{{ report.period }}\n{{ report.nothing }}", 2)]
)
def test_a_template_of_ones_own_that_cannot_be_used_is_named(estate: Estate, text: str, line: int):
    (estate.folder / "own").mkdir()
    (estate.folder / "own" / "cycle.html").write_text(text, encoding="utf-8")
    estate.sections["report"] = 'templates = "own"'
    before = bytes_of(folder_of(estate))
    with pytest.raises(ConfigError) as refused:
        publish_cycle(load_settings(estate.configure()), load_words("zh"), Period.named("2026-Q4"))
    assert refused.value.facts["line"] == line
    assert str(refused.value.facts["file"]).endswith("cycle.html")
    assert bytes_of(folder_of(estate)) == before


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_in_both_languages_says_the_same_figures(estate: Estate, language: str):
    estate.settings |= {"language": f'"{language}"', "name": '"<b>=1+1"'}
    settings = load_settings(estate.configure())
    words = load_words(language)
    told = publish_cycle(settings, words, Period.named("2026-Q4"))
    assert told.report is not None
    assert (told.report.nights, told.report.missing, told.report.devices) == (2, 3, 2)
    page = (folder_of(estate, "2026-Q4") / "cycle.html").read_text("utf-8")
    assert "&lt;b&gt;=1+1" in page
    assert "<b>" not in page
    assert "script-src" not in page, "nothing but the style is allowed"
    book = openpyxl.load_workbook(folder_of(estate, "2026-Q4") / "cycle.xlsx")
    assert book.sheetnames == [
        words(f"cycle.sheet_{name}") for name in ("summary", "rectified", "trend", "items", "waivers", "sign")
    ]
    days = [[cell.value for cell in row] for row in book.worksheets[2].iter_rows(min_row=5)]
    assert [row[0].date() for row in days] == [date(2026, 10, 28) + timedelta(days=n) for n in range(5)]
    assert [row[1] for row in days] == [3, None, None, None, 4], "a gap is no zero"
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
