"""Missed nights are made up for once, from the files of their day; what cannot be told stays a gap."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import time_machine
from conftest import AS_OF, DEVICE, MERCHANT, REGISTRATION, Estate
from program import pos_audit

from audit.catchup import MadeUp, Missed, missed_nights, run_caught_up
from audit.config import load_settings
from audit.errors import ExitCode
from audit.night import Wishes
from audit.words import load_words

ZH = load_words("zh")
SERIALS = [f"SN{number:06}" for number in range(1, 11)]


def day(number: int) -> date:
    return AS_OF + timedelta(days=number)


def drop(estate: Estate, feed: str, night: date, rows: list[dict[str, str]]) -> Path:
    """A file that came on a day; the feed takes all of its kind."""
    path = estate.write(feed, rows, f"{feed}_{night:%Y%m%d}.csv")
    estate.sections[f"inputs.{feed}"] = f'files = ["{feed}_*.csv"]'
    return path


@pytest.fixture
def dated(tmp_path: Path) -> Estate:
    """An estate with one night behind it."""
    estate = Estate(tmp_path)
    drop(estate, "merchants", day(0), [MERCHANT])
    deliver(estate, 0)
    return estate


def deliver(estate: Estate, number: int, registered: int = 10) -> None:
    heard = DEVICE | {"last_heartbeat": f"{day(number)} 03:00:00"}
    drop(estate, "devices", day(number), [heard | {"serial_no": serial} for serial in SERIALS])
    rows = [REGISTRATION | {"serial": serial} for serial in SERIALS[:registered]]
    drop(estate, "registrations", day(number), rows)


def caught_up(estate: Estate, night: date, most: int = 7) -> tuple[ExitCode, list[MadeUp], Missed]:
    told: list[MadeUp] = []
    settings = load_settings(estate.configure())
    result, missed = run_caught_up(settings, ZH, night, Wishes(), most, say=lambda *_: None, told=told.append)
    return result.code, told, missed


def test_each_missed_night_is_told_from_the_files_of_its_day(dated: Estate):
    assert dated.run(day(0)).code is ExitCode.DONE
    deliver(dated, 1, registered=9)
    deliver(dated, 3)
    code, told, missed = caught_up(dated, day(3))
    assert code is ExitCode.DONE
    assert [(one.night, one.code) for one in told] == [(day(1), ExitCode.DONE)]
    assert missed == Missed((day(1),), (day(2),)), "nothing came on the second day: it stays a gap"
    assert [(rule, serial, state) for rule, serial, state in dated.flagged(day(1))] == [
        ("REG-01", "SN000010", "new")
    ]
    assert ("REG-01", "SN000010", "fixed") in dated.flagged(day(3))
    assert sorted(path.name for path in (dated.folder / "reports").iterdir()) == [
        str(day(number)) for number in (0, 1, 3)
    ]
    assert caught_up(dated, day(3)) == (ExitCode.DONE, [], Missed()), "once"


@pytest.mark.parametrize(("missed", "most", "possible"), [(1, 7, 1), (3, 7, 3), (40, 7, 7), (40, 366, 40)])
def test_how_many_nights_are_made_up_for(dated: Estate, missed: int, most: int, possible: int):
    for number in range(1, missed + 1):
        for feed in ("devices", "registrations"):
            (dated.folder / f"{feed}_{day(number):%Y%m%d}.csv").touch()
    settings = load_settings(dated.configure())
    found = missed_nights(settings, day(0), day(missed + 1), most)
    assert found == Missed(tuple(day(n) for n in range(missed + 1 - possible, missed + 1)), ())
    assert missed_nights(settings, None, day(missed + 1), most) == Missed(), "no night yet, none missed"
    assert missed_nights(settings, day(9), day(5), most) == Missed(), "the clock was set back"


def test_files_that_are_overwritten_every_day_tell_of_no_earlier_day(estate: Estate):
    for feed in ("devices", "merchants", "registrations"):
        (estate.folder / f"{feed}_20261121.csv").rename(estate.folder / f"{feed}.csv")
        estate.sections[f"inputs.{feed}"] = f'files = ["{feed}.csv"]'
    settings = load_settings(estate.configure())
    found = missed_nights(settings, day(0), day(3), 7)
    assert found == Missed((), (day(1), day(2)))


def test_nights_that_were_not_due_were_not_missed(dated: Estate):
    for number in range(1, 4):
        deliver(dated, number)
    dated.sections["schedule"] = 'days = ["mon", "wed"]'  # day 0 is a Saturday
    settings = load_settings(dated.configure())
    assert missed_nights(settings, day(0), day(4), 7) == Missed((day(2),), ())


def test_a_missed_night_that_fails_does_not_keep_the_others_from_being_told(dated: Estate):
    assert dated.run(day(0)).code is ExitCode.DONE
    deliver(dated, 1)
    for feed in ("devices", "merchants", "registrations"):
        for number in (0, 1):
            (dated.folder / f"{feed}_{day(number):%Y%m%d}.csv").write_bytes(b"")
    drop(dated, "merchants", day(2), [MERCHANT])
    deliver(dated, 2)
    code, [made_up], _ = caught_up(dated, day(2))
    assert (made_up.night, made_up.code) == (day(1), ExitCode.NO_INPUT)
    assert code is ExitCode.NO_INPUT, "the gravest is told"
    assert (dated.folder / "reports" / str(day(2)) / "report.xlsx").is_file()


def test_tonight_stays_tonight_when_midnight_passes_while_others_are_made_up_for(dated: Estate):
    assert dated.run(day(0)).code is ExitCode.DONE
    deliver(dated, 1)
    deliver(dated, 2)
    settings = load_settings(dated.configure())
    with time_machine.travel(datetime.combine(day(2), time(23, 59), settings.zone)) as clock:
        result, _ = run_caught_up(
            settings, ZH, None, Wishes(), 7, say=lambda *_: None, told=lambda _: clock.shift(3_600)
        )
    assert result.folder.name == str(day(2))


def test_the_command_says_which_nights_it_made_up_for(dated: Estate):
    def run(night: date, *arguments: str) -> CompletedProcess[str]:
        return pos_audit("run", "--config", dated.configure(), "--as-of", night, *arguments)

    assert run(day(0), "--catch-up", "7").returncode == 0, "nothing missed on the first night"
    for number in (1, 3):
        deliver(dated, number)
    ended = run(day(3), "--catch-up", "7", "--json")
    told = json.loads(ended.stdout)
    assert (told["made_up"][0]["as_of"], told["lost"]) == (str(day(1)), [str(day(2))])
    assert ZH("cli.not_made_up", nights=[day(2)]) in ended.stderr
    assert run(day(4), "--catch-up", "7", "--rebuild", "why").returncode == 2


def test_a_rehearsal_tells_and_keeps_nothing(dated: Estate):
    command = ("run", "--config", dated.configure(), "--dry-run", "--as-of")
    deliver(dated, 1, registered=9)
    tried = pos_audit(*command, day(1))
    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.splitlines()[0] == "REG-01（严重）新增：1"
    assert not (dated.folder / "reports").exists()
    assert not (dated.folder / "state" / "statuses").exists()
    assert not (dated.folder / "state" / "ledger.sqlite").exists()
    assert not (dated.folder / "state" / "scratch").exists()
    assert dated.run(day(0)).code is ExitCode.DONE, "no later night stands in its way"
    again = pos_audit(*command, day(0))
    assert (again.returncode, "已用同样的数据审计过" in again.stdout) == (0, True)
