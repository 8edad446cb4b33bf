"""Which nights are written about, and on which the week's digest goes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from conftest import AS_OF, DEVICE, REGISTRATION, Estate

from audit.delivery.occasion import is_digest_due, is_worth_telling
from audit.report.model import Report

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("as_of", "last", "due"),
    [
        (MONDAY, None, True),
        (MONDAY, date(2026, 11, 16), True),
        (MONDAY, MONDAY, False),
        (date(2026, 11, 22), date(2026, 11, 16), False),
        (date(2026, 11, 25), date(2026, 11, 16), True),  # Monday's night was missed
        (date(2026, 11, 25), date(2026, 11, 24), False),  # the one missed was told on Tuesday
    ],
)
def test_a_digest_goes_on_its_day_or_with_the_next_night(as_of: date, last: date | None, due: bool):
    assert is_digest_due(as_of, "mon", last) is due


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """The reports of the nights that a test runs."""
    kept: list[Report] = []

    def keep(report: Report, *_: object) -> bytes:
        kept.append(report)
        return b"-"

    monkeypatch.setattr("audit.report.rendering.render_page", keep)
    return kept


def test_a_night_on_which_nothing_moved_is_no_change(estate: Estate, told: list[Report]):
    estate.write("registrations", [REGISTRATION])
    estate.run()
    estate.write("devices", [DEVICE])  # the others are gone, and wait for somebody who says so
    for night in (1, 2):
        estate.run(AS_OF + timedelta(days=night))
    assert [one[2] for one in estate.flagged(AS_OF + timedelta(days=2))] == ["absent", "absent"]
    assert [is_worth_telling(one, "on_change") for one in told] == [True, True, False]


def test_what_became_graver_is_a_change_and_may_be_grave(estate: Estate, told: list[Report]):
    for night, heard in enumerate(["2026-11-10", "2026-11-10", "2026-10-01"]):
        estate.write("devices", [DEVICE | {"last_heartbeat": heard}])
        estate.write("registrations", [REGISTRATION])
        estate.run(AS_OF + timedelta(days=night))
    assert [row["severity"] for row in estate.findings(AS_OF + timedelta(days=2))] == ["high"]
    assert [is_worth_telling(one, "on_change") for one in told] == [True, False, True]
    assert [is_worth_telling(one, "on_new_high") for one in told] == [True, False, True]
