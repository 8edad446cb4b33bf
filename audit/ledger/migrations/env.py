"""Alembic's entry: run the migrations on the connection it was given, in that connection's transaction."""

from __future__ import annotations

from alembic import context

from audit.ledger.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
context.run_migrations()
