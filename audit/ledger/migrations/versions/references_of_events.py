"""What events refer to is looked up once per statement on a server, and no longer once per row.

Two foreign keys of a million events take PostgreSQL 14 seconds; the same look at the whole set takes two. And
pages of lives get room for the next version of each, so that a night that touches all writes no index anew.
SQLite looks up references in its own process and keeps its foreign keys.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# planned anew for each set, for the first of a session may hold one row and the next a million
_LOOK = """
CREATE FUNCTION refuse_set() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found boolean;
BEGIN
    EXECUTE 'SELECT EXISTS (SELECT FROM touched WHERE ' || TG_ARGV[0] || ')' INTO found;
    IF found THEN RAISE foreign_key_violation USING MESSAGE = TG_NAME; END IF;
    RETURN NULL;
END $$
"""
_REFUSE = """
CREATE FUNCTION refuse_always() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE foreign_key_violation USING MESSAGE = TG_NAME;
END $$
"""


def upgrade() -> None:
    """Triggers take the place of the foreign keys; existing pages get their room as they are written anew."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    for found in sa.inspect(connection).get_foreign_keys("events"):
        op.drop_constraint(str(found["name"]), "events", type_="foreignkey")
    op.execute("ALTER TABLE findings SET (fillfactor = 50)")
    op.execute(_LOOK)
    op.execute(_REFUSE)
    for parent, key in (("findings", "finding_id"), ("runs", "number")):
        known = f"EXISTS (SELECT FROM {parent} WHERE {parent}.{key} = touched.{key})"
        used = f"EXISTS (SELECT FROM events WHERE events.{key} = touched.{key})"
        strays = f"touched.{key} IS NOT NULL AND NOT {known}"
        op.execute(
            f"CREATE TRIGGER events_of_known_{parent} AFTER INSERT ON events "
            f"REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION refuse_set('{strays}')"
        )
        op.execute(
            f"CREATE TRIGGER {parent}_with_events_stay AFTER DELETE ON {parent} "
            f"REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION refuse_set('{used}')"
        )
        for name, when in (("keep_their_key", f"UPDATE OF {key}"), ("are_not_emptied", "TRUNCATE")):
            op.execute(
                f"CREATE TRIGGER {parent}_{name} BEFORE {when} ON {parent} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_always()"
            )
