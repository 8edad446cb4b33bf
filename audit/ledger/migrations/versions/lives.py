"""Lives apart from words; what people say; waivers, attestations; events that nobody can change."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_WORDS = (
    "category",
    "owner",
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
    "source_row",
)
_HUMAN = ("status", "person", "planned_on", "remark", "exempt_until", "approver")
_SIGHT_OF = {"open": "flagged", "absent": "absent", "fixed": "passed"}


def upgrade() -> None:
    """Carry every row over; nothing is dropped but `seen_before`, which events now know."""
    _extend_runs()
    _make_lives()
    _make_events()
    _carry_lives()
    _carry_events()
    for table in ("events", "findings"):
        op.drop_table(table)
    for table in ("findings", "wordings", "events"):
        op.rename_table(f"{table}_new", table)
    op.create_index("ix_findings_state", "findings", ["state", "fixed_on"])
    op.create_index("ix_events_number", "events", ["number"])
    op.create_index("ix_events_finding_id", "events", ["finding_id"])
    _make_tables_of_people()
    _protect_events()


def _extend_runs() -> None:
    for name in ("scope", "rules"):
        op.add_column("runs", sa.Column(name, sa.JSON, nullable=False, server_default="{}"))
    op.add_column("runs", sa.Column("note", sa.Text, nullable=False, server_default=""))


def _make_lives() -> None:
    op.create_table(
        "findings_new",
        sa.Column("finding_id", sa.String(16), primary_key=True),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("sight", sa.String, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("evidence", sa.String(16), nullable=False, server_default=""),
        sa.Column("first_seen", sa.Date, nullable=False),
        sa.Column("seen_until", sa.Date),
        sa.Column("reopened_on", sa.Date),
        sa.Column("fixed_on", sa.Date),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("waiver", sa.String(16)),
        sa.Column("waived_until", sa.Date),
    )
    op.create_table(
        "wordings_new",
        sa.Column("finding_id", sa.String(16), sa.ForeignKey("findings_new.finding_id"), primary_key=True),
        sa.Column("digest", sa.String(16), nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        *(sa.Column(name, sa.Text) for name in _WORDS[2:-1]),
        sa.Column("source_row", sa.BigInteger),
    )


def _make_events() -> None:
    def text(name: str) -> sa.Column[str]:
        return sa.Column(name, sa.Text, nullable=False, server_default="")

    def word(name: str) -> sa.Column[str]:
        return sa.Column(name, sa.String, nullable=False, server_default="")

    op.create_table(
        "events_new",
        sa.Column("event", _COUNTED, primary_key=True),
        sa.Column("number", sa.Integer, sa.ForeignKey("runs.number")),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("finding_id", sa.String(16), sa.ForeignKey("findings_new.finding_id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        text("who"),
        word("said_at"),
        word("source"),
        word("field"),
        text("before"),
        text("after"),
        sa.Column("row_version", sa.Integer),
        word("state"),
        word("severity"),
        word("was_state"),
        word("was_sight"),
        word("was_severity"),
        sa.Column("was_held", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("was_evidence", sa.String(16), nullable=False, server_default=""),
        *(
            sa.Column(f"was_{name}", sa.Date)
            for name in ("first_seen", "seen_until", "reopened_on", "fixed_on", "due_on")
        ),
        sa.Column("was_waiver", sa.String(16)),
        sa.Column("was_waived_until", sa.Date),
    )


def _carry_lives() -> None:
    words = ", ".join(_WORDS)
    op.execute(
        "INSERT INTO findings_new (finding_id, rule, subject, identity, state, sight, severity, held, "
        "evidence, first_seen, seen_until, reopened_on, fixed_on, due_on) "
        "SELECT finding_id, rule, subject, identity, state, "
        "CASE WHEN state = 'absent' THEN 'absent' WHEN state <> 'open' THEN 'passed' "
        "WHEN last_seen = (SELECT MAX(as_of) FROM runs WHERE NOT superseded) THEN 'flagged' "
        "ELSE 'unchecked' END, "
        "severity, held, '', first_seen, "
        "CASE WHEN state = 'open' AND last_seen = (SELECT MAX(as_of) FROM runs WHERE NOT superseded) "
        "THEN NULL ELSE last_seen END, "
        "reopened_on, fixed_on, due_on FROM findings"
    )
    op.execute(
        f"INSERT INTO wordings_new (finding_id, digest, {words}) SELECT finding_id, '', {words} FROM findings"  # noqa: S608
    )


def _carry_events() -> None:
    """0.1.0 kept what it had changed as JSON, and left the events of a withdrawn night uncompensated."""
    connection = op.get_bind()
    old = sa.Table("events", sa.MetaData(), autoload_with=connection)
    new = sa.Table("events_new", sa.MetaData(), autoload_with=connection)
    runs = sa.Table("runs", sa.MetaData(), autoload_with=connection)
    kept = connection.execute(
        sa.select(old.c.event, old.c.number, runs.c.as_of, old.c.finding_id, old.c.kind, old.c.before)
        .join(runs, runs.c.number == old.c.number)
        .order_by(old.c.event)
    ).all()
    lives = {
        row.finding_id: row
        for row in connection.execute(
            sa.text("SELECT finding_id, severity, first_seen, due_on, state FROM findings")
        )
    }
    rows = [
        {"event": event, "number": number, "as_of": as_of, "finding_id": finding, "kind": kind}
        | _life_before(kind, before if isinstance(before, dict) else json.loads(before), lives[finding])
        for event, number, as_of, finding, kind, before in kept
    ]
    if rows:
        connection.execute(sa.insert(new), rows)
    if connection.dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('events_new', 'event'), "
            "(SELECT COALESCE(MAX(event), 1) FROM events_new))"
        )


def _life_before(kind: str, before: dict[str, Any], life: Any) -> dict[str, Any]:
    state = before.get("state", "")
    after = {"opened": "open", "reopened": "open", "changed": "open"}.get(kind, kind)
    return {
        "state": after,
        "severity": life.severity,
        "was_state": "" if state == "withdrawn" else state,
        "was_sight": _SIGHT_OF.get(state, ""),
        "was_severity": before.get("severity", life.severity),
        "was_first_seen": _day(life.first_seen),
        "was_due_on": _day(before.get("due_on") or life.due_on),
        "was_fixed_on": _day(before.get("fixed_on")),
        "was_reopened_on": _day(before.get("reopened_on")),
    }


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _make_tables_of_people() -> None:
    op.create_table(
        "handlings",
        sa.Column("finding_id", sa.String(16), sa.ForeignKey("findings.finding_id"), primary_key=True),
        sa.Column("row_version", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False, server_default=""),
        sa.Column("status_on", sa.Date),
        sa.Column("marked", sa.String(16), nullable=False, server_default=""),
        sa.Column("person", sa.Text, nullable=False, server_default=""),
        sa.Column("planned_on", sa.Date),
        sa.Column("remark", sa.Text, nullable=False, server_default=""),
        sa.Column("exempt_until", sa.Date),
        sa.Column("approver", sa.Text, nullable=False, server_default=""),
        *(sa.Column(f"{name}_version", sa.Integer, nullable=False, server_default="0") for name in _HUMAN),
    )
    op.create_table(
        "waivers",
        sa.Column("waiver_id", sa.String(16), primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("finding_id", sa.String(16), nullable=False, server_default=""),
        *(
            sa.Column(name, sa.Text, nullable=False, server_default="")
            for name in ("rule", "serial_no", "merchant_no", "channel", "vendor")
        ),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("approver", sa.Text, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("entered_on", sa.Date, nullable=False),
        sa.Column("ended_on", sa.Date),
    )
    op.create_table(
        "feedback_files",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("read_on", sa.Date, nullable=False),
        sa.Column("number", sa.Integer, sa.ForeignKey("runs.number")),
        sa.Column("who", sa.Text, nullable=False, server_default=""),
        sa.Column("counts", sa.JSON, nullable=False),
    )
    op.create_table(
        "conflicts",
        sa.Column("conflict", _COUNTED, primary_key=True),
        sa.Column("finding_id", sa.String(16), sa.ForeignKey("findings.finding_id"), nullable=False),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("ledger_text", sa.Text, nullable=False),
        sa.Column("copy_text", sa.Text, nullable=False),
        sa.Column("ledger_version", sa.Integer, nullable=False),
        sa.Column("base_version", sa.Integer, nullable=False),
        sa.Column("who", sa.Text, nullable=False, server_default=""),
        sa.Column("said_at", sa.String, nullable=False, server_default=""),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("noticed_on", sa.Date, nullable=False),
        sa.Column("settled_on", sa.Date),
    )
    op.create_index("ix_conflicts_finding_id", "conflicts", ["finding_id"])
    op.create_table(
        "attestations",
        sa.Column("attestation", _COUNTED, primary_key=True),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("done_on", sa.Date, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False, server_default=""),
        sa.Column("source", sa.String, nullable=False, server_default=""),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("number", sa.Integer, sa.ForeignKey("runs.number")),
        sa.UniqueConstraint("item", "done_on", "who", "evidence", name="uq_attestations"),
    )
    op.create_index("ix_attestations_item", "attestations", ["item"])
    op.create_table(
        "sign_offs",
        sa.Column("period", sa.String, primary_key=True),
        sa.Column("signed_by", sa.Text, nullable=False),
        sa.Column("signed_on", sa.Date, nullable=False),
        sa.Column("remark", sa.Text, nullable=False, server_default=""),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
    )
    op.create_table(
        "prunings",
        sa.Column("pruning", _COUNTED, primary_key=True),
        sa.Column("pruned_on", sa.Date, nullable=False),
        sa.Column("before", sa.Date, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
    )


def _protect_events() -> None:
    """No update, and no delete but of nights that an entry in `prunings` covers."""
    allowed = "EXISTS (SELECT 1 FROM prunings WHERE prunings.before > OLD.as_of)"  # ISO dates sort as text
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER events_stand BEFORE UPDATE ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
        )
        op.execute(
            f"CREATE TRIGGER events_stay BEFORE DELETE ON events WHEN NOT {allowed} "
            "BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION events_stand() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' AND {allowed} THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'events are never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_stand BEFORE UPDATE OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION events_stand()"
    )
