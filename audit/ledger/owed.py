"""What the nights before left for each party to mend, and how late it is."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from audit.crosscheck.programme import Owed
from audit.intake.repeats import whole
from audit.ledger import bulk
from audit.ledger.lives import Life, State
from audit.ledger.schema import FINDINGS, HANDLINGS
from audit.ledger.wording import words_of
from audit.sight import Sight

_OPEN = pa.schema([("finding_id", pa.string()), ("first_seen", pa.date32()), ("due_on", pa.date32())])


def owed_before(connection: sa.Connection, as_of: date) -> tuple[Owed, ...]:
    """Of each party what stood open after the last night before `as_of` and is demanded of it, by name."""
    query = (
        sa.select(*(FINDINGS.c[name] for name in _OPEN.names))
        .outerjoin(HANDLINGS, HANDLINGS.c.finding_id == FINDINGS.c.finding_id)
        .where(
            FINDINGS.c.state == Life.OPEN.value,
            FINDINGS.c.first_seen < as_of,
            FINDINGS.c.waiver.is_(None),
            ~(FINDINGS.c.held & (FINDINGS.c.sight == Sight.FLAGGED.value)),
            sa.func.coalesce(HANDLINGS.c.status, "") != State.FALSE_POSITIVE.value,
        )
    )
    open_then = bulk.fetch(connection, query, _OPEN)
    ids = whole(open_then["finding_id"])
    words = words_of(connection, ids, ("owner",))
    owners = whole(words["owner"]).take(pc.index_in(ids, value_set=whole(words["finding_id"])))
    since, due = (whole(open_then[name]).cast(pa.int32()) for name in ("first_seen", "due_on"))
    late = pc.subtract(pa.scalar(as_of, pa.date32()).cast(pa.int32()), due)
    overdue = pc.greater(late, 0)
    long_overdue = pc.and_(overdue, pc.greater(late, pc.subtract(due, since)))
    counted = (
        pa.table([owners, overdue, long_overdue, open_then["due_on"]], ["owner", "overdue", "long", "due_on"])
        .group_by("owner", use_threads=False)
        .aggregate([([], "count_all"), ("overdue", "sum"), ("long", "sum"), ("due_on", "min")])
        .sort_by("owner")
        .select(["owner", "count_all", "overdue_sum", "long_sum", "due_on_min"])
    )
    return tuple(Owed(*row) for row in zip(*(column.to_pylist() for column in counted.columns), strict=True))
