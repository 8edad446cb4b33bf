"""The tables of 0.1.0, which made them without a word about versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WORDS = (
    "serial_no",
    "terminal_id",
    "merchant_no",
    "merchant_name",
    "channel",
    "vendor",
    "agent",
    "province",
    "store_no",
    "cause",
    "title",
    "detail",
    "expected",
    "actual",
    "suggestion",
    "remedy",
    "source_file",
    "source_sheet",
    "other_source",
    "led_by",
)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String(16), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("superseded", sa.Boolean, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("config_digest", sa.String(16), nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
    )
    op.create_table(
        "inputs",
        sa.Column("number", sa.Integer, sa.ForeignKey("runs.number"), primary_key=True),
        sa.Column("feed", sa.String, primary_key=True),
        sa.Column("pattern", sa.String, primary_key=True),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
    )
    op.create_table(
        "findings",
        sa.Column("finding_id", sa.String(16), primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("first_seen", sa.Date, nullable=False),
        sa.Column("last_seen", sa.Date, nullable=False),
        sa.Column("seen_before", sa.Date),
        sa.Column("reopened_on", sa.Date),
        sa.Column("fixed_on", sa.Date),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        *(sa.Column(name, sa.Text) for name in _WORDS),
        sa.Column("source_row", sa.Integer),
        sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "events",
        sa.Column("event", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, sa.ForeignKey("runs.number"), nullable=False),
        sa.Column("finding_id", sa.String(16), sa.ForeignKey("findings.finding_id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, sa.ForeignKey("runs.number"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    for table, column in (
        ("runs", "as_of"),
        ("findings", "state"),
        ("findings", "rule"),
        ("events", "number"),
        ("events", "finding_id"),
        ("outbox", "status"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
