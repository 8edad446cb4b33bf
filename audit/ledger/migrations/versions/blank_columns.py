"""Which columns of an input were blank is kept, so that a later night knows what it lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of nights before nothing is known but that the columns were there: they count as filled."""
    for name in ("blank", "sparse"):
        op.add_column("inputs", sa.Column(name, sa.JSON, nullable=False, server_default="[]"))
