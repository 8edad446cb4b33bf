"""The self-audit: statements in their order, cycles as published, sign-offs; none that anybody can change.

Nothing wrote to `attestations` and `sign_offs` before, so they are made anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_FINAL = ("attestations", "sign_offs")


def upgrade() -> None:
    """Two tables in another form, and one more."""
    for table in _FINAL:
        op.drop_table(table)
    op.create_table(
        "attestations",
        sa.Column("attestation", _COUNTED, primary_key=True),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("base_version", sa.Integer, nullable=False),
        sa.Column("done_on", sa.Date, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False, server_default=""),
        *_of_a_copy(),
        sa.UniqueConstraint("item", "version", name="uq_attestations"),
    )
    op.create_table(
        "cycles",
        sa.Column("period", sa.String, primary_key=True),
        sa.Column("edition", sa.String(16), nullable=False),
        sa.Column("through", sa.Date, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
    )
    op.create_table(
        "sign_offs",
        sa.Column("period", sa.String, sa.ForeignKey("cycles.period"), primary_key=True),
        sa.Column("edition", sa.String(16), nullable=False),
        sa.Column("signed_by", sa.Text, nullable=False),
        sa.Column("signed_on", sa.Date, nullable=False),
        sa.Column("remark", sa.Text, nullable=False, server_default=""),
        sa.Column("lines", sa.JSON, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        *_of_a_copy(),
    )
    _protect()


def _of_a_copy() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("saved_by", sa.Text, nullable=False, server_default=""),
        sa.Column("said_at", sa.String, nullable=False, server_default=""),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("number", sa.Integer, sa.ForeignKey("runs.number")),
    )


def _protect() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _FINAL:
            for verb in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER {table}_{verb} BEFORE {verb.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION said_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% are never changed', TG_TABLE_NAME; END $$"
    )
    for table in _FINAL:
        op.execute(
            f"CREATE TRIGGER {table}_stand BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION said_stands()"
        )
