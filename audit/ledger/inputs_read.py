"""What a night read, for whoever looks at it again."""

from __future__ import annotations

import sqlalchemy as sa

from audit.ledger.schema import INPUTS


def hashes_read(connection: sa.Connection, number: int) -> frozenset[str]:
    """The sha256 of every file that the run read."""
    query = sa.select(INPUTS.c.files).where(INPUTS.c.number == number)
    return frozenset(sha256 for files in connection.scalars(query) for sha256 in files.values())
