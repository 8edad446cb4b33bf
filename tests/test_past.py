"""What earlier nights have to say beside tonight: gaps stay gaps, other scopes are not compared."""

from __future__ import annotations

from nightly_findings import Fault, day, tell

from audit.ledger.database import Database
from audit.ledger.past import DAYS, past_of

RULE = {"signature": "1", "status": "flagged"}
SCOPE = {"estate": "示例", "channels": ["wechat"]}


def test_nights_are_seen_by_day_with_gaps_and_what_got_graver_with_what_it_was(database: Database):
    mild, other = Fault("SN1", severity="medium"), Fault("SN2")
    tell(database, day(0), [mild, other], rules={"REG-01": RULE}, scope=SCOPE)
    tell(database, day(3), [mild], rules={"REG-01": RULE}, scope=SCOPE)
    tell(database, day(4), [Fault("SN1", severity="critical")], rules={"REG-01": RULE}, scope=SCOPE)
    changed = {"REG-01": RULE | {"signature": "2"}, "REG-02": RULE}
    with database.transaction() as connection:
        past = past_of(connection, day(4), 3, SCOPE, changed)
    assert len(past.days) == DAYS - 1
    assert [at and (at.new, at.fixed) for _, at in past.days[-4:]] == [(None, 0), None, None, (0, 1)]
    assert past.days[-1][0] == day(3)
    assert past.before == past.days[-1][1]
    assert past.severity_before == {mild.finding_id: "medium"}
    assert past.rules_moved == {"REG-01", "REG-02"}
    assert not past.other_scope


def test_a_night_about_other_channels_is_a_gap_and_nothing_is_compared_with_it(database: Database):
    tell(database, day(0), [Fault("SN1")], scope=SCOPE | {"channels": ["alipay"]})
    tell(database, day(1), [Fault("SN1")], scope=SCOPE)
    with database.transaction() as connection:
        past = past_of(connection, day(1), 2, SCOPE, {})
    assert all(at is None for _, at in past.days)
    assert past.before is None
    assert past.other_scope
