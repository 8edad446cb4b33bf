"""What merchants are called, as the findings of the nights have it."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from audit.ledger.database import Database
from audit.ledger.schema import WORDINGS

_CHUNK = 500


def merchant_names(database: Database, numbers: Iterable[str]) -> dict[str, str]:
    """The name of each merchant that a finding names, by number."""
    wanted = sorted(set(numbers))
    found: dict[str, str] = {}
    with database.transaction() as connection:
        for start in range(0, len(wanted), _CHUNK):
            query = (
                sa.select(WORDINGS.c.merchant_no, sa.func.min(WORDINGS.c.merchant_name).label("name"))
                .where(WORDINGS.c.merchant_no.in_(wanted[start : start + _CHUNK]))
                .where(sa.func.coalesce(WORDINGS.c.merchant_name, "") != "")
                .group_by(WORDINGS.c.merchant_no)
            )
            found |= {row.merchant_no: row.name for row in connection.execute(query)}
    return found
