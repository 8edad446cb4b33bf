"""Looking back: nights, gaps, differences, checks of what was published, and what policy lets go."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import AS_OF, DEVICE, MERCHANT, REGISTRATION, Estate
from nightly_findings import Fault, day, tell

from audit.errors import ConfigError, ExitCode, NightRefused
from audit.ledger.database import Database
from audit.ledger.difference import Drift, difference
from audit.ledger.history import past_nights, trend
from audit.ledger.nights import open_night
from audit.ledger.retention import planned_pruning, prune
from audit.ledger.schema import EVENTS, FINDINGS, PRUNINGS

NEXT = AS_OF + timedelta(days=1)
SCOPE = {"estate": "", "channels": ["wechat"]}


def rules(**signatures: str) -> dict[str, dict[str, str]]:
    return {
        name.replace("_", "-"): {"signature": text, "status": "passed"} for name, text in signatures.items()
    }


def drifts(database: Database, a: int, b: int) -> dict[str, str]:
    nights = {one.as_of: one for one in past_nights(database)}
    found = difference(database, nights[day(a)], nights[day(b)])
    assert found.still == found.count(Drift.STILL)
    return {one.serial_no: f"{one.drift}{' by rule' if one.by_rule else ''}" for one in found.moved}


def test_two_nights_compared(database: Database):
    mild, grave = Fault("A", severity="low"), Fault("A", severity="critical")
    still, mended, back, late = Fault("B"), Fault("C"), Fault("D"), Fault("E")
    tell(database, day(0), [back])
    tell(database, day(1), [mild, still, mended])
    tell(database, day(2), [mild, still, mended, late])
    tell(database, day(3), [grave, still, back, late])
    assert drifts(database, 1, 3) == {"A": "worse", "C": "fixed", "D": "back", "E": "new"}
    assert drifts(database, 2, 3) == {"A": "worse", "C": "fixed", "D": "back"}
    assert drifts(database, 0, 1) == {"A": "new", "B": "new", "C": "new", "D": "fixed"}
    assert drifts(database, 0, 3) == {"A": "new", "B": "new", "E": "new"}
    assert drifts(database, 3, 1) == drifts(database, 1, 3), "the earlier one first, however they are named"
    nights = past_nights(database)
    assert difference(database, nights[1], nights[3]).still == 1


def test_a_night_that_was_told_anew_counts_once(database: Database):
    tell(database, day(0), [Fault("A")])
    tell(database, day(1), [Fault("A"), Fault("B")])
    tell(database, day(1), [Fault("C")])
    assert drifts(database, 0, 1) == {"A": "fixed", "C": "new"}
    assert len(past_nights(database)) == 2


def test_changes_of_rules_are_told_apart(database: Database):
    a, b = Fault("A", rule="REG-01"), Fault("B", rule="REG-02")
    tell(database, day(0), [], rules=rules(REG_01="x"))
    tell(database, day(1), [a, b], rules=rules(REG_01="x", REG_02="y"))
    tell(database, day(2), [a], rules=rules(REG_01="z", REG_02="y"))
    assert drifts(database, 0, 1) == {"A": "new", "B": "new by rule"}
    assert drifts(database, 1, 2) == {"B": "fixed"}
    first, second, third = past_nights(database)
    assert difference(database, first, second).rules_added == ("REG-02",)
    assert difference(database, second, third).rules_changed == ("REG-01",)


def test_different_scopes_are_refused(database: Database):
    tell(database, day(0), [], scope=SCOPE)
    tell(database, day(1), [], scope={**SCOPE, "channels": ["alipay"]})
    with pytest.raises(ConfigError) as refused:
        difference(database, *past_nights(database))
    assert refused.value.facts["key"] == "channels"


def test_gaps_are_gaps(database: Database):
    for number in (0, 1, 5):
        tell(database, day(number), [])
    assert [one.gap for one in past_nights(database)] == [0, 0, 3]
    assert [one.gap for one in past_nights(database, 2)] == [0, 3]
    series = trend(past_nights(database), day(5), 7)
    assert [night is not None for _, night in series] == [False, True, True, False, False, False, True]


def test_pruning_takes_what_is_old_and_leaves_what_stands(database: Database):
    tell(database, day(0), [Fault("old"), Fault("standing")])
    tell(database, day(1), [Fault("standing")])
    tell(database, day(100), [Fault("standing"), Fault("young")])
    plan = planned_pruning(database, day(101), 50)
    assert (plan.nights, plan.counts["findings"]) == ((day(0), day(1)), 1)
    with database.transaction() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(FINDINGS)) == 3, "planned only"
    prune(database, plan, day(101))
    with database.transaction() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(FINDINGS)) == 2
        assert connection.scalar(sa.select(sa.func.min(EVENTS.c.as_of))) == day(100)
        assert connection.scalar(sa.select(PRUNINGS.c.before)) == plan.before
    assert database.problems() == []
    with pytest.raises(NightRefused, match="night_not_whole"), open_night(database, day(1), rebuild=True):
        pass
    with pytest.raises(ConfigError, match="night_pruned"):
        difference(database, past_nights(database)[0], past_nights(database)[-1])
    told = tell(database, day(102), [Fault("standing")])
    assert dict(zip(told["serial_no"], told["first_seen"], strict=True))["standing"] == day(0)


def test_from_the_command_line(estate: Estate):
    estate.settings["language"] = '"en"'
    estate.run()
    estate.write("merchants", [{"merchant_no": "898100000000001", "licence_expiry": "2026-11-20"}])
    estate.run(NEXT)
    code, text = estate.call("history", "--json")
    assert code == 0
    assert [one["as_of"] for one in json.loads(text)] == [AS_OF.isoformat(), NEXT.isoformat()]
    assert f"{NEXT}  code" in estate.call("history", "--nights", "1")[1]
    code, text = estate.call("diff")
    assert code == 0
    assert "[new] MER-04" in text
    assert estate.call("diff", "2020-01-01")[0] == ExitCode.CONFIG
    assert estate.call("verify", NEXT.isoformat())[0] == ExitCode.DONE
    folder = estate.folder / "reports" / NEXT.isoformat()
    (folder / "~$report.xlsx").touch()  # while somebody has it open
    assert estate.call("verify", NEXT.isoformat())[0] == ExitCode.DONE
    (folder / "report-final.xlsx").write_bytes(b"x")
    code, text = estate.call("verify", NEXT.isoformat())
    assert code == ExitCode.INCOMPLETE
    assert "report-final.xlsx: not recorded in the ledger" in text
    told = json.loads((folder / "summary.json").read_text("utf-8"))
    (folder / "summary.json").write_text(json.dumps(told | {"reason": "all well"}), "utf-8")
    assert "summary.json: content has changed" in estate.call("verify", NEXT.isoformat())[1]
    changed = estate.folder / "reports" / NEXT.isoformat() / "findings.csv"
    changed.write_text("x", encoding="utf-8")
    code, text = estate.call("verify", NEXT.isoformat())
    assert code == ExitCode.INCOMPLETE
    assert "findings.csv: content has changed" in text


def test_an_input_whose_name_is_no_utf8_is_verified_as_others_are(estate: Estate):
    file = estate.folder / "devices_20261121.csv"
    file.rename(estate.folder / os.fsdecode("设备_20261121.csv".encode("gb18030")))
    estate.sections["inputs.devices"] = 'files = ["[!mr]*_20261121.csv"]\nmax_age_days = 5'
    estate.run()
    code, text = estate.call("verify", AS_OF.isoformat())
    assert (code, "设备_20261121.csv" in text) == (0, False), text


def test_what_was_published_before_a_night_was_told_anew_is_verified_too(estate: Estate):
    estate.run()
    estate.write("registrations", [REGISTRATION])
    estate.run()
    _, text = estate.call("history")
    assert "此前的版本（运行编号 " in text.splitlines()[1]
    kept = estate.folder / "reports" / f"{AS_OF}~r1"
    assert kept.is_dir()
    code, text = estate.call("verify", AS_OF.isoformat())
    assert code == 0
    (kept / "findings.csv").write_text("x", encoding="utf-8")
    code, text = estate.call("verify", AS_OF.isoformat())
    assert code == ExitCode.INCOMPLETE
    assert f"{AS_OF}~r1/findings.csv：内容已不同" in text
    (kept / "summary.json").write_text("{}", encoding="utf-8")
    code, text = estate.call("verify", AS_OF.isoformat())
    assert code == ExitCode.INCOMPLETE
    assert f"{AS_OF}~r1/summary.json：内容已不同" in text


def test_two_nights_are_compared_in_the_words_of_the_later_one(estate: Estate):
    estate.run()
    third = NEXT + timedelta(days=1)
    for night, expiry in ((NEXT, "2026-11-20"), (third, "2026-11-19")):
        estate.write("merchants", [{"merchant_no": "898100000000001", "licence_expiry": expiry}])
        estate.run(night)
    _, text = estate.call("diff", str(AS_OF), str(NEXT))
    assert "2026-11-20" in text
    assert "2026-11-19" not in text, "what only a later night knew"
    (estate.folder / "reports" / str(NEXT) / "findings.parquet").unlink()
    assert "2026-11-19" in estate.call("diff", str(AS_OF), str(NEXT))[1], "the last words there are"


def test_pruning_from_the_command_line(estate: Estate):
    estate.run()
    estate.settings["as_of"] = "2032-11-21"
    estate.configure()
    folder = estate.folder / "reports" / AS_OF.isoformat()
    own = folder.with_name(f"{AS_OF}-会议材料")  # somebody's own, beside the nights
    earlier = folder.with_name(f"{AS_OF}~r1")
    for one in (own, earlier):
        one.mkdir()
    assert estate.call("prune", "--dry-run")[0] == 0
    assert folder.exists()
    code, text = estate.call("prune")
    assert (code, "的 1 晚" in text, "目录 2 个" in text) == (0, True, True), text
    assert [path.name for path in folder.parent.iterdir()] == [own.name]
    code, text = estate.call("prune")
    assert (code, "的 0 晚" in text) == (0, True), text
    code, text = estate.call("verify", AS_OF.isoformat())
    assert (code, "已按 keep_nights 删除" in text, "已不在" in text) == (ExitCode.CONFIG, True, False), text


def test_what_was_delivered_when_a_finding_was_last_seen_outlives_pruning(estate: Estate):
    estate.sections["ledger"] = "keep_nights = 35"
    estate.write("devices", [DEVICE | {"production_date": "2016-01-01"}])
    estate.run()
    estate.write("devices", [DEVICE])
    estate.run(NEXT)
    later = AS_OF + timedelta(days=40)
    estate.settings["as_of"] = str(later)
    code, text = estate.call("prune")
    assert (code, "的 2 晚" in text) == (0, True), text
    estate.sections["inputs.devices"] = 'files = ["devices_20261121.csv"]\nmax_age_days = 90'
    estate.run(later)
    assert [one[2] for one in estate.flagged(later) if one[0] == "DEV-08"] == ["unchecked"]


def test_a_rebuilt_night_sets_the_later_ones_aside(estate: Estate):
    estate.run()
    estate.run(NEXT)
    code, text = estate.call("run", "--as-of", AS_OF.isoformat())
    assert code == ExitCode.CONFIG
    assert estate.call("run", "--as-of", AS_OF.isoformat(), "--rebuild", " ")[0] == ExitCode.CONFIG
    estate.write("registrations", [REGISTRATION | {"serial": "SN000001"}])
    code, text = estate.call("run", "--as-of", AS_OF.isoformat(), "--rebuild", "补发的文件")
    assert code in (ExitCode.DONE, ExitCode.INCOMPLETE), text
    kept = sorted(path.name for path in Path(estate.folder / "reports").iterdir())
    assert kept == [AS_OF.isoformat(), f"{AS_OF}~r1", f"{NEXT}~r1"]
    estate.run(NEXT)
    with_gap = json.loads(estate.call("history", "--json")[1])
    assert [date.fromisoformat(one["as_of"]) for one in with_gap] == [AS_OF, NEXT]


def without_rights() -> None:
    """What root may do with anybody's files goes; a reader has only what the files allow."""
    for capability in (1, 2):  # to override permissions, and to read in spite of them
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # taken from what a program begins with


def looked_at(estate: Estate, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "audit", *words, "--config", str(estate.config)]
    ended = subprocess.run(command, preexec_fn=without_rights, capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def read_only(estate: Estate) -> Iterator[Estate]:
    """Two nights that may be read and not written."""
    estate.settings["language"] = '"en"'
    estate.sections["letter"] = 'contact = "0571-8888 0000"'
    estate.run()
    estate.write("merchants", [{"merchant_no": "898100000000001", "licence_expiry": "2026-11-20"}])
    estate.run(NEXT)
    paths = [estate.folder, *estate.folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield estate
    for path in paths:
        path.chmod(0o755)


def test_whoever_may_only_read_looks_back_all_the_same(
    read_only: Estate, tmp_path_factory: pytest.TempPathFactory
):
    letters = tmp_path_factory.mktemp("letters")
    before = {path: path.stat().st_mtime_ns for path in read_only.folder.rglob("*")}
    for words, expected in {
        ("history",): f"{AS_OF}  code 0  open 0  new 0  fixed 0",
        ("diff",): "[new] MER-04",
        ("verify", NEXT.isoformat()): "files match the ledger",
        ("explain", "--device", "SN000001"): "MER-04",
        ("letter", "--merchant", "898100000000001", "--to", str(letters)): "letter-",
    }.items():
        code, text = looked_at(read_only, *words)
        assert (code, expected in text) == (0, True), text
    assert {path: path.stat().st_mtime_ns for path in read_only.folder.rglob("*")} == before
    (read_only.folder / "state" / "ledger.sqlite").chmod(0)
    code, text = looked_at(read_only, "history")
    assert (code, "Cannot read the ledger" in text) == (ExitCode.CANNOT_WRITE, True)


def test_a_read_only_state_of_the_first_release_is_looked_at(estate: Estate):
    state = estate.folder / "state"
    state.mkdir()
    shutil.copy(Path(__file__).parent / "ledgers" / "0.1.0.sqlite", state / "ledger.sqlite")
    estate.configure()
    state.chmod(0o555)
    code, text = looked_at(estate, "history")
    assert (code, "2026-11-23" in text) == (0, True), text
    assert [path.name for path in state.iterdir()] == ["ledger.sqlite"]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_warning_that_comes_true_is_not_mended(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    papers = {"M1": "2026-11-21", "M2": "2026-11-21", "M3": "2026-12-30", "M4": "2020-01-01"}

    def deliver(expiry: dict[str, str]) -> None:
        rows = [MERCHANT | {"merchant_no": name, "license_expiry": one} for name, one in expiry.items()]
        estate.write("merchants", rows)

    def states(as_of: date, *rules: str) -> dict[tuple[str, str], str]:
        return {(rule, key): state for rule, key, state in estate.flagged(as_of) if rule in rules}

    deliver(papers)
    policy = {"title": "定位", "requirement": "withdraw", "mcc": "9999", "source": "通知"}
    estate.write("policies", [policy | {"policy_id": "P1", "effective_on": NEXT.isoformat()}])
    ends = {"SN000001": AS_OF.isoformat(), "SN000002": AS_OF.isoformat(), "SN000003": "2030-01-01"}
    estate.write("devices", [DEVICE | {"serial_no": one, "cert_expiry": day} for one, day in ends.items()])
    estate.run()
    estate.write(
        "devices",
        [
            DEVICE | {"serial_no": one, "cert_expiry": "2031-01-01" if one == "SN000002" else day}
            for one, day in ends.items()
        ],
    )
    deliver(papers | {"M2": "2030-01-01"})
    estate.run(NEXT)
    assert states(NEXT, "MER-09", "DEV-02", "POL-03") == {
        ("DEV-02", "SN000001"): "arrived",
        ("DEV-02", "SN000002"): "fixed",
        ("MER-09", "M1"): "arrived",
        ("MER-09", "M2"): "fixed",
        ("MER-09", "M3"): "open",
        ("POL-03", "policies_20261121.csv"): "arrived",
    }
    assert states(NEXT, "MER-04", "DEV-06")["MER-04", "M1"] == "new"
    assert states(NEXT, "MER-04", "DEV-06")["DEV-06", "SN000001"] == "new"
    night = json.loads(estate.call("diff", AS_OF.isoformat(), NEXT.isoformat(), "--json")[1])
    assert (night["counts"]["fixed"], night["counts"]["arrived"]) == (2, 3)
