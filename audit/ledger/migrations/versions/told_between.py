"""What of a copy was not taken is kept with it, so that the next report can tell whoever filled it in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of copies read before nothing is known but the counts."""
    op.add_column("feedback_files", sa.Column("told", sa.JSON, nullable=False, server_default="{}"))
