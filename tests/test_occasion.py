"""On which nights the week's digest goes."""

from __future__ import annotations

from datetime import date

import pytest

from audit.delivery.occasion import is_digest_due

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
