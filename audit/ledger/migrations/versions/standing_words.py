"""The words of what stands, kept together; until the next night all are still rows of `wordings`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table; nothing compares words by their hash any more."""
    op.create_table(
        "standing_words",
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
    )
    op.drop_column("wordings", "digest")
