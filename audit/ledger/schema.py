"""The ledger's tables."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.String(16), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False, index=True),
    sa.Column("superseded", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("config_digest", sa.String(16), nullable=False),
    sa.Column("exit_code", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("files", sa.JSON, nullable=False),  # published file name -> sha256
    sa.Column("counts", sa.JSON, nullable=False),  # verdicts and open findings, for the trend
)

INPUTS = sa.Table(
    "inputs",
    METADATA,
    sa.Column("number", sa.ForeignKey("runs.number"), primary_key=True),
    sa.Column("feed", sa.String, primary_key=True),
    sa.Column("pattern", sa.String, primary_key=True),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("columns", sa.JSON, nullable=False),
    sa.Column("files", sa.JSON, nullable=False),  # file name -> sha256
)

FINDINGS = sa.Table(
    "findings",
    METADATA,
    sa.Column("finding_id", sa.String(16), primary_key=True),
    sa.Column("state", sa.String, nullable=False, index=True),  # open, absent, fixed, withdrawn
    sa.Column("first_seen", sa.Date, nullable=False),
    sa.Column("last_seen", sa.Date, nullable=False),
    sa.Column("seen_before", sa.Date),  # last_seen as it was before the last night that saw it
    sa.Column("reopened_on", sa.Date),
    sa.Column("fixed_on", sa.Date),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("rule", sa.String, nullable=False, index=True),
    sa.Column("category", sa.String, nullable=False),
    sa.Column("severity", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("owner", sa.String, nullable=False),
    *(
        sa.Column(name, sa.Text)
        for name in (
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
    ),
    sa.Column("source_row", sa.Integer),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
)

# appended to, never changed: what happened to a finding, on which run, and what it was before
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("event", sa.Integer, primary_key=True),
    sa.Column("number", sa.ForeignKey("runs.number"), nullable=False, index=True),
    sa.Column("finding_id", sa.ForeignKey("findings.finding_id"), nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),  # opened, reopened, fixed, absent, changed, restored
    sa.Column("before", sa.JSON, nullable=False),
)

OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("message_id", sa.String, primary_key=True),
    sa.Column("number", sa.ForeignKey("runs.number"), nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("status", sa.String, nullable=False, index=True),  # queued, sent, refused
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("detail", sa.Text, nullable=False, default=""),
)
