"""Whole tables into the database and back, on both databases."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import hypothesis.strategies as st
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from postgres import fresh_database

from audit.errors import CannotWrite
from audit.ledger import bulk
from audit.ledger.columns import objects
from audit.ledger.database import Database

SCHEMA = pa.schema(
    [
        ("finding_id", pa.string()),
        ("word", pa.string()),
        ("other", pa.string()),
        ("day", pa.date32()),
        ("flag", pa.bool_()),
        ("number", pa.int64()),
    ]
)
KEPT = sa.Table(
    "kept",
    sa.MetaData(),
    sa.Column("finding_id", sa.String, primary_key=True),
    *(sa.Column(name, sa.Text, server_default="unsaid") for name in ("word", "other")),
    sa.Column("day", sa.Date),
    sa.Column("flag", sa.Boolean),
    sa.Column("number", sa.BigInteger),
)
WORDS = st.one_of(
    st.none(),
    st.sampled_from(["", "NULL", "it's", "''", "?", ":x", "%s", "\\", "多\n行", "'; DROP TABLE kept; --"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
)
VALUES = {
    "word": WORDS,
    "other": WORDS,
    "day": st.one_of(st.none(), st.dates()),
    "flag": st.one_of(st.none(), st.booleans()),
    "number": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Rows of which some columns say the same throughout."""
    count = draw(st.integers(1, 6))
    columns = {
        name: [draw(values)] * count if draw(st.booleans()) else [draw(values) for _ in range(count)]
        for name, values in VALUES.items()
    }
    return pa.table({"finding_id": [f"f{place}" for place in range(count)], **columns}, schema=SCHEMA)


def test_what_is_written_is_read(database: Database):
    query = sa.select(*KEPT.columns).order_by(KEPT.c.finding_id)

    @given(rows=tables(), later=tables(), many=st.sampled_from([1, 100]))
    def check(rows: pa.Table, later: pa.Table, many: int) -> None:
        with database.engine.connect() as connection, patch("audit.ledger.bulk._MANY", many):
            KEPT.create(connection)
            bulk.append(connection, KEPT, rows)
            assert bulk.fetch(connection, query, SCHEMA).equals(rows)
            bulk.update(connection, KEPT, later)
            kept = pa.concat_tables([later.slice(0, rows.num_rows), rows.slice(later.num_rows)])
            assert bulk.fetch(connection, query, SCHEMA).equals(kept)
            connection.rollback()

    check()


def test_what_the_driver_itself_says_stops_the_night_as_any_ledger_that_cannot_be_used(database: Database):
    ended = sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid()))
    gone = sa.select(sa.column("flag")).select_from(sa.table("gone"))
    query = gone if database.is_sqlite else ended
    with pytest.raises(CannotWrite), database.transaction() as connection:
        bulk.fetch(connection, query, pa.schema([("flag", pa.bool_())]))


def test_an_end_of_text_within_a_word_that_all_say(tmp_path):
    database = Database("", tmp_path)
    rows = pa.table({"finding_id": [f"f{n:03}" for n in range(200)], "word": ["a\0b"] * 200})
    with database.transaction() as connection:
        KEPT.create(connection)
        bulk.append(connection, KEPT, rows)
        assert connection.scalars(sa.select(KEPT.c.word).distinct()).all() == ["a\0b"]
    database.close()


@given(st.lists(WORDS, max_size=80))
def test_objects_are_the_values(words: list[str | None]):
    assert objects(pa.array(words, pa.string())).tolist() == words
    unlike = [f"{place}{word}" if word else word for place, word in enumerate(words)]
    assert objects(pa.array(unlike, pa.string())).tolist() == unlike


def test_a_query_says_its_own_texts_as_they_are(database: Database):
    texts = pa.table({"text": ["100%", "%%", "%s", "a%%%b"]})
    with database.transaction() as connection:
        query = sa.union_all(*(sa.select(sa.literal(text)) for text in texts["text"].to_pylist()))
        assert bulk.fetch(connection, query, texts.schema) == texts


@pytest.mark.postgres
def test_a_server_is_told_now_and_then_that_the_night_is_there(postgres_server: str, tmp_path: Path):
    with fresh_database(postgres_server, "alive") as url:
        for own, idle in (("", "60"), ("?keepalives_idle=7", "7")):
            with closing(Database(url + own, tmp_path)) as database, database.transaction() as connection:
                used = connection.connection.driver_connection.info.get_parameters()
            assert (used["keepalives_idle"], used["keepalives_count"]) == (idle, "8")
