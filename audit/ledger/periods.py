"""What happened over several nights."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from audit.ledger.lives import Kind
from audit.ledger.schema import EVENTS, RUNS

NEWS = (Kind.OPENED, Kind.REOPENED, Kind.FIXED, Kind.GONE, Kind.ARRIVED)


def happened(connection: sa.Connection, as_of: date, days: int) -> dict[str, int]:
    """What began and ended (NEWS) in the nights of so many days up to `as_of`, it included.

    What came and went within them counts once under each.
    """
    query = (
        sa.select(EVENTS.c.kind, sa.func.count())
        .join(RUNS, RUNS.c.number == EVENTS.c.number)
        .where(
            ~RUNS.c.superseded,
            RUNS.c.as_of > as_of - timedelta(days=days),
            RUNS.c.as_of <= as_of,
            EVENTS.c.kind.in_([kind.value for kind in NEWS]),
        )
        .group_by(EVENTS.c.kind)
    )
    counted = {kind: int(count) for kind, count in connection.execute(query)}
    return {kind.value: counted.get(kind.value, 0) for kind in NEWS}
