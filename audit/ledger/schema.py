"""The ledger's tables.

A finding's life stands in `findings`, one narrow row each, so that a night may look at all of them; the
words it was last told in stand in `standing_words` while it stands and in `wordings` once it was closed
(`wording` reads both), and what people said of it in `handlings`. `events` says what happened to each, and
what it was before. The tables are made and changed by `migrations` alone; a test holds the two to each other.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # a key the database gives out

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
    sa.Column("scope", sa.JSON, nullable=False),  # what it was about, and the mark of whose key
    sa.Column("rules", sa.JSON, nullable=False),  # rule id -> {"signature", "status"}
    sa.Column("note", sa.Text, nullable=False, server_default=""),  # why a run was withdrawn
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
    sa.Column("blank", sa.JSON, nullable=False, server_default="[]"),  # of the columns, those without a word
    sa.Column("sparse", sa.JSON, nullable=False, server_default="[]"),  # and those with hardly any, too
)

FINDINGS = sa.Table(
    "findings",
    METADATA,
    sa.Column("finding_id", sa.String(16), primary_key=True),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("state", sa.String, nullable=False),  # open, absent, fixed, gone, arrived, withdrawn
    sa.Column(
        "sight", sa.String, nullable=False
    ),  # what the last night saw: flagged, passed, absent, unchecked
    sa.Column("severity", sa.String, nullable=False),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("evidence", sa.String(16), nullable=False, server_default=""),  # hash of rule, case and facts
    sa.Column("first_seen", sa.Date, nullable=False),
    sa.Column("seen_until", sa.Date),  # the last night that flagged it; null while every night does
    sa.Column("reopened_on", sa.Date),
    sa.Column("fixed_on", sa.Date),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("waiver", sa.String(16)),
    sa.Column("waived_until", sa.Date),
    sa.Index("ix_findings_state", "state", "fixed_on"),
)

WORDINGS = sa.Table(
    "wordings",
    METADATA,
    sa.Column("finding_id", sa.ForeignKey("findings.finding_id"), primary_key=True),
    sa.Column("category", sa.String, nullable=False),
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
    sa.Column("source_row", sa.BigInteger),
)

# written anew with every night, a few Parquet files of many findings each: finding_id and the words as above
STANDING_WORDS = sa.Table(
    "standing_words",
    METADATA,
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("words", sa.LargeBinary, nullable=False),
)

# the fields a person fills in; each knows the version of the row that it was last written with
HUMAN_FIELDS = ("status", "person", "planned_on", "remark", "exempt_until", "approver")
DATE_FIELDS = ("planned_on", "exempt_until")  # those of them that hold days

HANDLINGS = sa.Table(
    "handlings",
    METADATA,
    sa.Column("finding_id", sa.ForeignKey("findings.finding_id"), primary_key=True),
    sa.Column("row_version", sa.Integer, nullable=False),
    sa.Column("status", sa.String, nullable=False, server_default=""),
    sa.Column("status_on", sa.Date),  # the audit date the status was taken in
    sa.Column(
        "marked", sa.String(16), nullable=False, server_default=""
    ),  # evidence when called a false positive
    sa.Column("person", sa.Text, nullable=False, server_default=""),
    sa.Column("planned_on", sa.Date),
    sa.Column("remark", sa.Text, nullable=False, server_default=""),
    sa.Column("exempt_until", sa.Date),
    sa.Column("approver", sa.Text, nullable=False, server_default=""),
    *(sa.Column(f"{name}_version", sa.Integer, nullable=False, server_default="0") for name in HUMAN_FIELDS),
)

# appended to, never changed (a trigger sees to it): what happened to a finding, on which run, and what it
# was before. At most one event of a finding's life per run; what people said, and what the machine made of
# their word, names the field and both texts.
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("event", _COUNTED, primary_key=True),
    sa.Column("number", sa.ForeignKey("runs.number"), index=True),  # null: said between two nights
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("finding_id", sa.ForeignKey("findings.finding_id"), nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("who", sa.Text, nullable=False, server_default=""),
    sa.Column("said_at", sa.String, nullable=False, server_default=""),  # ISO, as the copy tells it
    sa.Column("source", sa.String, nullable=False, server_default=""),  # sha256 of the copy
    sa.Column("field", sa.String, nullable=False, server_default=""),
    sa.Column("before", sa.Text, nullable=False, server_default=""),
    sa.Column("after", sa.Text, nullable=False, server_default=""),
    sa.Column("row_version", sa.Integer),  # of what was said: the version it made
    sa.Column("state", sa.String, nullable=False, server_default=""),
    sa.Column("severity", sa.String, nullable=False, server_default=""),
    sa.Column("was_state", sa.String, nullable=False, server_default=""),  # "": nobody had heard of it
    sa.Column("was_sight", sa.String, nullable=False, server_default=""),
    sa.Column("was_severity", sa.String, nullable=False, server_default=""),
    sa.Column("was_held", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("was_evidence", sa.String(16), nullable=False, server_default=""),
    sa.Column("was_first_seen", sa.Date),
    sa.Column("was_seen_until", sa.Date),
    sa.Column("was_reopened_on", sa.Date),
    sa.Column("was_fixed_on", sa.Date),
    sa.Column("was_due_on", sa.Date),
    sa.Column("was_waiver", sa.String(16)),
    sa.Column("was_waived_until", sa.Date),
)

WAIVERS = sa.Table(
    "waivers",
    METADATA,
    sa.Column("waiver_id", sa.String(16), primary_key=True),
    sa.Column("source", sa.String, nullable=False),  # file or workbook
    sa.Column("finding_id", sa.String(16), nullable=False, server_default=""),
    *(
        sa.Column(name, sa.Text, nullable=False, server_default="")
        for name in ("rule", "serial_no", "merchant_no", "channel", "vendor")
    ),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("approver", sa.Text, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
    sa.Column("entered_on", sa.Date, nullable=False),
    sa.Column("ended_on", sa.Date),  # no longer in the file, or taken back by a person
)

FEEDBACK_FILES = sa.Table(
    "feedback_files",
    METADATA,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("read_on", sa.Date, nullable=False),  # the audit date it was first read on
    sa.Column("number", sa.ForeignKey("runs.number")),  # null: read between two nights
    sa.Column("who", sa.Text, nullable=False, server_default=""),
    sa.Column("counts", sa.JSON, nullable=False),  # rows, changes, conflicts, refusals
    sa.Column("told", sa.JSON, nullable=False, server_default="{}"),  # said_at, refusals, notices
)

# two people said different things of one field: both texts are kept, and shown until it is written again
CONFLICTS = sa.Table(
    "conflicts",
    METADATA,
    sa.Column("conflict", _COUNTED, primary_key=True),
    sa.Column("finding_id", sa.ForeignKey("findings.finding_id"), nullable=False, index=True),
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

# appended to, never changed: every statement that people made of an item of the self-audit programme.
# `version` counts those of the item; `base_version` is how many its writer had seen
ATTESTATIONS = sa.Table(
    "attestations",
    METADATA,
    sa.Column("attestation", _COUNTED, primary_key=True),
    sa.Column("item", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("base_version", sa.Integer, nullable=False),
    sa.Column("done_on", sa.Date, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False, server_default=""),
    sa.Column("saved_by", sa.Text, nullable=False, server_default=""),  # as the copy tells it
    sa.Column("said_at", sa.String, nullable=False, server_default=""),  # ISO, as the copy tells it
    sa.Column("source", sa.String, nullable=False),  # sha256 of the copy
    sa.Column("recorded_on", sa.Date, nullable=False),
    sa.Column("number", sa.ForeignKey("runs.number")),  # null: said between two nights
    sa.UniqueConstraint("item", "version", name="uq_attestations"),
)

# the report of a self-audit cycle as it was last published; once signed off it stays as it is
CYCLES = sa.Table(
    "cycles",
    METADATA,
    sa.Column("period", sa.String, primary_key=True),  # 2026-11, 2026-Q4, 2026-H2, 2026
    sa.Column("edition", sa.String(16), nullable=False),  # hash of everything it says
    sa.Column("through", sa.Date, nullable=False),  # the last night it tells of
    sa.Column("complete", sa.Boolean, nullable=False),  # the period was over
    sa.Column("files", sa.JSON, nullable=False),  # file name -> sha256
)

# appended to, never changed: who signed which edition of a cycle's report, and the bytes it had
SIGN_OFFS = sa.Table(
    "sign_offs",
    METADATA,
    sa.Column("period", sa.ForeignKey("cycles.period"), primary_key=True),
    sa.Column("edition", sa.String(16), nullable=False),
    sa.Column("signed_by", sa.Text, nullable=False),
    sa.Column("signed_on", sa.Date, nullable=False),
    sa.Column("remark", sa.Text, nullable=False, server_default=""),
    sa.Column("lines", sa.JSON, nullable=False),  # the other lines: name -> who, when, remark
    sa.Column("files", sa.JSON, nullable=False),  # file name -> sha256
    sa.Column("saved_by", sa.Text, nullable=False, server_default=""),
    sa.Column("said_at", sa.String, nullable=False, server_default=""),
    sa.Column("source", sa.String, nullable=False),  # sha256 of the copy
    sa.Column("recorded_on", sa.Date, nullable=False),
    sa.Column("number", sa.ForeignKey("runs.number")),
)

# what was removed as policy allows; without an entry here nothing of the past can be deleted
PRUNINGS = sa.Table(
    "prunings",
    METADATA,
    sa.Column("pruning", _COUNTED, primary_key=True),
    sa.Column("pruned_on", sa.Date, nullable=False),
    sa.Column("before", sa.Date, nullable=False),  # nights before this day
    sa.Column("counts", sa.JSON, nullable=False),
)

# what is to be sent: the bytes lie in files of the state folder, their hashes here
OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("message_id", sa.String, primary_key=True),  # of run, kind and recipients
    sa.Column("number", sa.ForeignKey("runs.number"), nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("forms", sa.JSON, nullable=False, server_default="[]"),  # name and sha256, the fullest first
    sa.Column("recipients", sa.JSON, nullable=False, server_default="[]"),  # those not served yet
    sa.Column("refused", sa.JSON, nullable=False, server_default="{}"),  # those who never will be, and why
    sa.Column("status", sa.String, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("doubts", sa.Integer, nullable=False, server_default="0"),  # attempts that may have arrived
    sa.Column("queued_at", sa.String, nullable=False, server_default=""),  # ISO, UTC
    sa.Column("not_before", sa.String, nullable=False, server_default=""),  # ISO, UTC
    sa.Column("detail", sa.Text, nullable=False, default=""),
)
