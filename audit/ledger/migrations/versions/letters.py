"""Messages know whom they still owe, when they may go, and whether their arrival is in doubt."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What waits in an outbox starts its five days today, for whomever the configuration names."""
    for name in ("queued_at", "not_before"):
        op.add_column("outbox", sa.Column(name, sa.String, nullable=False, server_default=""))
    for name in ("forms", "recipients"):
        op.add_column("outbox", sa.Column(name, sa.JSON, nullable=False, server_default="[]"))
    op.add_column("outbox", sa.Column("refused", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("outbox", sa.Column("doubts", sa.Integer, nullable=False, server_default="0"))
    _carry()
    for name in ("path", "sha256"):
        op.drop_column("outbox", name)


def _carry() -> None:
    outbox = sa.table(
        "outbox",
        sa.column("message_id", sa.String),
        sa.column("path", sa.Text),
        sa.column("sha256", sa.String),
        sa.column("queued_at", sa.String),
        sa.column("forms", sa.JSON),
    )
    connection = op.get_bind()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for row in connection.execute(sa.select(outbox)).all():
        form = {"name": PurePath(row.path).name, "sha256": row.sha256}
        connection.execute(
            sa.update(outbox).where(outbox.c.message_id == row.message_id).values(queued_at=now, forms=[form])
        )
