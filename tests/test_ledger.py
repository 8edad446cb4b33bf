"""The ledger: lives from night to night, what people say, waivers, nights taken back; on both databases."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from nightly_findings import FIRST, Fault, day, states, tell
from sqlalchemy.exc import DBAPIError, IntegrityError

from audit.errors import CannotWrite, ConfigError, LedgerDamaged, NightRefused
from audit.ledger import database as databases
from audit.ledger.database import HEAD, Database
from audit.ledger.feedback import open_conflicts
from audit.ledger.handlings import Copy, bases_of, counts_of, enter, handlings_of, waivers_of_people
from audit.ledger.merge import Merged, Returned, Terms, merge
from audit.ledger.nights import Practice, open_night
from audit.ledger.place import LEDGER_FILE
from audit.ledger.schema import EVENTS, FINDINGS, METADATA, RUNS, STANDING_WORDS
from audit.ledger.waivers import Waiver
from audit.ledger.wording import every_word

LEDGERS = Path(__file__).parent / "ledgers"
A, B, C = Fault("A"), Fault("B"), Fault("C")


def said(
    database: Database, as_of: date, fault: Fault, base: int = 0, name: str = "", **values: str
) -> Merged:
    """A returned copy with one row, read and entered."""
    returned = Returned(fault.finding_id, base, values, who="张三", said_at="2026-11-21T18:00:00")
    with database.transaction() as connection:
        rows = handlings_of(connection, [fault.finding_id])
        bases = bases_of(connection, rows, [(fault.finding_id, base)])
        merged = merge(rows, [returned], bases, Terms(as_of))
        sha = name or f"{as_of}{fault.serial_no}{base}{sorted(values.items())}"
        if counts_of(connection, sha[:64]) is None:
            enter(connection, merged, Copy(sha[:64], "回传.xlsx", "张三"), as_of)
    return merged


def row(told, fault: Fault) -> dict:
    return told[told["finding_id"] == fault.finding_id].iloc[0].to_dict()


def life(database: Database, fault: Fault) -> dict:
    with database.transaction() as connection:
        query = sa.select(FINDINGS).where(FINDINGS.c.finding_id == fault.finding_id)
        return dict(connection.execute(query).mappings().one())


def disputed(database: Database) -> list[tuple[str, str, str]]:
    with database.transaction() as connection:
        return [(one.field, one.ledger_text, one.copy_text) for one in open_conflicts(connection)]


def events(database: Database, fault: Fault) -> list[str]:
    with database.transaction() as connection:
        query = (
            sa.select(EVENTS.c.kind).where(EVENTS.c.finding_id == fault.finding_id).order_by(EVENTS.c.event)
        )
        return list(connection.scalars(query))


def test_lives_from_night_to_night(database: Database):
    assert states(tell(database, day(0), [A, B, C])) == {"A": "new", "B": "new", "C": "new"}
    told = tell(database, day(1), [A], {B.finding_id: "absent", C.finding_id: "unchecked"})
    assert states(told) == {"A": "open", "B": "absent", "C": "unchecked"}
    assert row(told, C)["last_seen"] == day(0)
    assert row(told, A)["last_seen"] == day(1)
    told = tell(database, day(2), [A, B], {C.finding_id: "passed"})
    assert states(told) == {"A": "open", "B": "open", "C": "fixed"}
    assert life(database, C)["fixed_on"] == day(2)
    told = tell(database, day(3), [C])
    assert states(told) == {"A": "fixed", "B": "fixed", "C": "reopened"}
    assert row(told, C)["first_seen"] == day(0)
    assert states(tell(database, day(4), [C])) == {"C": "open"}
    assert events(database, C) == ["opened", "unchecked", "fixed", "reopened"]


def test_words_are_those_of_the_last_night_that_saw_it(database: Database):
    tell(database, day(0), [A])
    tell(database, day(1), [A])
    told = tell(database, day(2), [], {A.finding_id: "unchecked"})
    assert row(told, A)["detail"] == f"A 截至 {day(1)} 未报备"
    assert row(told, A)["suggestion"] is None


def test_what_is_held_is_demanded_of_nobody_and_time_runs_once_it_is_cleared(database: Database):
    told = tell(database, day(0), [replace(A, held=True)])
    assert row(told, A)["state"] == "held"
    told = tell(database, day(9), [replace(A, held=True)])
    assert (row(told, A)["state"], row(told, A)["escalation"]) == ("held", 0)
    told = tell(database, day(10), [A])
    assert row(told, A)["due_on"] > day(10)
    assert events(database, A) == ["opened", "released"]


def test_graver_brings_the_day_forward_and_less_grave_leaves_it(database: Database):
    mild = replace(A, severity="low")
    first = row(tell(database, day(0), [mild]), A)["due_on"]
    second = row(tell(database, day(1), [A]), A)["due_on"]
    assert second < first
    assert row(tell(database, day(2), [mild]), A)["due_on"] == second
    assert events(database, A) == ["opened", "worse", "better"]


def test_overdue_goes_up_level_by_level(database: Database):
    tell(database, day(0), [A])  # due on the 23rd
    levels = [row(tell(database, day(n), [A]), A)["escalation"] for n in (2, 3, 9, 10, 17, 18)]
    assert levels == [0, 1, 1, 2, 2, 3]


def test_a_person_claims_and_the_data_decide(database: Database):
    tell(database, day(0), [A, B])
    said(database, day(1), A, status="claimed", remark="已报备，工单 77")
    said(database, day(1), B, status="claimed")
    told = tell(database, day(1), [A], {B.finding_id: "unchecked"})
    assert states(told) == {"A": "claimed", "B": "claimed"}
    told = tell(database, day(2), [A], {B.finding_id: "passed"})
    assert states(told) == {"A": "in_progress", "B": "fixed"}
    assert row(told, A)["tonight"] == "refuted"
    assert row(told, A)["remark"] == "已报备，工单 77"
    assert row(told, A)["row_version"] == 2
    assert said(database, day(3), A, base=1, status="claimed").changes == (), (
        "an old copy claims nothing anew"
    )
    assert len(said(database, day(3), A, base=2, status="claimed").changes) == 1


def test_false_positive_until_the_evidence_changes(database: Database):
    tell(database, day(0), [A])
    unfounded = said(database, day(1), A, status="false_positive", planned_on="2026-11-23")
    assert [one.key for one in unfounded.refusals] == ["false_positive_unfounded"]
    assert [one.field for one in unfounded.changes] == ["planned_on"], "the rest of the row is taken"
    assert row(tell(database, day(1), [A]), A)["state"] == "open"
    said(database, day(1), A, status="false_positive", remark="测试终端")
    for n in (1, 2):
        told = tell(database, day(n), [A])
        assert (row(told, A)["state"], row(told, A)["escalation"]) == ("false_positive", 0)
    told = tell(database, day(3), [replace(A, actual="rejected")])
    assert (row(told, A)["state"], row(told, A)["tonight"]) == ("open", "lapsed")
    assert row(told, A)["due_on"] > day(3)
    assert row(told, A)["handling"] is None
    assert row(told, A)["remark"] == "测试终端"


def test_gone_only_by_a_persons_word(database: Database):
    tell(database, day(0), [A])
    tell(database, day(1), [], {A.finding_id: "absent"})
    said(database, day(2), A, status="confirmed_gone")
    told = tell(database, day(2), [], {A.finding_id: "absent"})
    assert states(told) == {"A": "gone"}
    assert len(tell(database, day(3), [])) == 0
    assert states(tell(database, day(4), [A])) == {"A": "reopened"}


def test_confirmed_gone_does_not_close_what_is_there(database: Database):
    tell(database, day(0), [A])
    said(database, day(1), A, status="confirmed_gone")
    assert states(tell(database, day(1), [A])) == {"A": "open"}
    told = tell(database, day(2), [A])
    assert (row(told, A)["tonight"], row(told, A)["handling"]) == ("refuted", None)


def waiver(**other: object) -> Waiver:
    plain = {"source": "file", "reason": "停业装修", "approver": "李总", "until": day(3)}
    return Waiver(**{**plain, **other})  # type: ignore[arg-type]


def test_waived_is_shown_and_comes_back_with_its_history(database: Database):
    practice = Practice(waivers=(waiver(rule="REG-01", serial_no="A*"),))
    tell(database, day(0), [A, B])
    told = tell(database, day(1), [A, B], practice=practice)
    assert states(told) == {"A": "waived", "B": "open"}
    assert life(database, A)["waived_until"] == day(3)
    told = tell(database, day(3), [B], {A.finding_id: "unchecked"}, practice)
    assert states(told) == {"A": "waived", "B": "open"}
    told = tell(database, day(4), [A, B], practice=practice)
    assert (row(told, A)["state"], row(told, A)["tonight"]) == ("open", "waiver_ended")
    assert row(told, A)["first_seen"] == day(0)
    assert row(told, A)["due_on"] > day(4)


def test_a_waived_finding_that_passes_is_fixed(database: Database):
    practice = Practice(waivers=(waiver(finding_id=A.finding_id),))
    tell(database, day(0), [A], practice=practice)
    assert states(tell(database, day(1), [], practice=practice)) == {"A": "fixed"}


def test_waivers_of_people(database: Database):
    tell(database, day(0), [A])
    assert [one.key for one in said(database, day(1), A, exempt_until="2026-11-23").refusals] == [
        "waiver_incomplete"
    ]
    said(database, day(1), A, exempt_until="2026-11-23", approver="李总", remark="停业")
    with database.transaction() as connection:
        practice = Practice(waivers=waivers_of_people(connection))
    assert states(tell(database, day(1), [A], practice=practice)) == {"A": "waived"}
    assert states(tell(database, day(3), [A], practice=practice)) == {"A": "open"}


def test_three_people_and_one_field(database: Database):
    tell(database, day(0), [A])
    assert len(said(database, day(1), A, person="张三", remark="在办").changes) == 2
    assert said(database, day(1), A, person="张三", name="again").changes == ()
    other = said(database, day(1), A, base=0, person="李四", planned_on="2026-11-30")
    assert [change.field for change in other.changes] == ["planned_on"]
    [conflict] = other.conflicts
    assert (conflict.ledger_text, conflict.copy_text) == ("张三", "李四")
    told = row(tell(database, day(1), [A]), A)
    assert (told["person"], told["planned_on"]) == ("张三", date(2026, 11, 30))
    assert disputed(database) == [("person", "张三", "李四")]
    said(database, day(2), A, base=2, person="李四")
    told = row(tell(database, day(2), [A]), A)
    assert (told["person"], disputed(database)) == ("李四", [])


def test_an_untouched_text_of_an_old_copy_is_no_conflict(database: Database):
    tell(database, day(0), [A])
    said(database, day(1), A, person="张三")
    said(database, day(1), A, base=1, person="李四")
    late = said(database, day(1), A, base=1, person="张三", remark="补充")
    assert [change.field for change in late.changes] == ["remark"]
    assert late.conflicts == ()


def test_cells_that_are_not_taken(database: Database):
    tell(database, day(0), [A])
    merged = said(
        database,
        day(1),
        A,
        status="天晓得",
        planned_on="明天",
        remark="好",
        exempt_until="2027-11-30",
        approver="李",
    )
    assert {(one.field, one.key) for one in merged.refusals} == {
        ("status", "not_a_status"),
        ("planned_on", "not_a_date"),
        ("exempt_until", "waiver_too_long"),
    }
    assert {change.field for change in merged.changes} == {"remark", "approver"}
    assert [one.key for one in said(database, day(1), A, base=9, remark="x").refusals] == ["unknown_version"]
    assert [one.key for one in said(database, day(1), B, remark="x").refusals] == ["unknown_finding"]


def test_a_night_told_anew_restores_every_life_and_keeps_every_word(database: Database):
    tell(database, day(0), [A, B])
    said(database, day(1), A, status="claimed", person="张三")
    tell(database, day(1), [A, B])
    before = lives(database)
    tell(database, day(2), [A, C], {B.finding_id: "absent"})
    with open_night(database, day(2)) as night:
        night.withdraw(night.same_date)
        again = lives_of(night.connection)
    assert {name: life for name, life in again.items() if name != C.finding_id} == before
    assert again[C.finding_id][0] == "withdrawn"
    told = tell(database, day(2), [A, B])
    assert states(told) == {"A": "in_progress", "B": "open"}
    assert row(told, A)["person"] == "张三"


def test_an_earlier_night_is_rebuilt_only_on_purpose(database: Database):
    tell(database, day(0), [A])
    tell(database, day(1), [A, B])
    tell(database, day(3), [B])
    with pytest.raises(NightRefused), open_night(database, day(2)):
        pass
    told = tell(database, day(1), [A], rebuild="补发")
    assert states(told) == {"A": "open"}
    assert states(tell(database, day(3), [A, B])) == {"A": "open", "B": "new"}
    with open_night(database, day(3)) as night:
        assert [run.as_of for run in night.runs] == [day(0), day(1), day(3)]


def test_events_cannot_be_changed_or_deleted(database: Database):
    tell(database, day(0), [A])
    for statement in (sa.update(EVENTS).values(who="x"), sa.delete(EVENTS)):
        with pytest.raises(DBAPIError, match="never"), database.transaction() as connection:
            connection.execute(statement)


def test_the_schema_is_what_the_migrations_make(database: Database):
    with database.transaction() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), METADATA
        )
    # of events a server has triggers in the place of foreign keys: the next test
    missing = {(kind, key.table.name, *key.column_keys) for kind, key in found}
    by_set = {("add_fk", "events", "finding_id"), ("add_fk", "events", "number")}
    assert missing == (set() if database.is_sqlite else by_set)


def test_what_events_refer_to_is_there_and_stays(database: Database):
    tell(database, day(0), [A])
    event = {"number": 1, "as_of": day(0), "finding_id": A.finding_id, "kind": "opened"}
    refused = [
        sa.insert(EVENTS).values(event | {"finding_id": "0" * 16}),
        sa.insert(EVENTS).values(event | {"number": 2}),
        sa.insert(EVENTS).values([event, event | {"finding_id": "0" * 16}]),
        sa.delete(FINDINGS),
        sa.delete(RUNS),
        sa.update(FINDINGS).values(finding_id="0" * 16),
        sa.update(RUNS).values(number=2),
    ]
    if not database.is_sqlite:
        refused += [sa.text("TRUNCATE findings CASCADE"), sa.text("TRUNCATE runs CASCADE")]
    for statement in refused:
        with pytest.raises(IntegrityError), database.transaction() as connection:
            connection.execute(statement)
    assert events(database, A) == ["opened"]
    with database.transaction() as connection:
        connection.execute(sa.insert(EVENTS).values(event | {"number": None}))


def test_a_new_file_is_what_the_migrations_make(tmp_path: Path, golden: Callable[[str, str], None]):
    """A ledger in a file of its own begins with the newest schema instead of being led up to it."""
    Database(f"sqlite:///{tmp_path / 'migrated.sqlite'}", tmp_path).close()
    migrated = dumped(tmp_path / "migrated.sqlite")
    golden(str(Path(databases.__file__).parent / databases.NEWEST), ";\n\n".join(migrated) + "\n")
    Database("", tmp_path).close()
    assert dumped(tmp_path / "ledger.sqlite") == migrated


def dumped(file: Path) -> list[str]:
    """What makes a database, statement by statement."""
    with closing(sqlite3.connect(file)) as connection:
        statements = [one.rstrip(";") for one in connection.iterdump()]
    assert (statements[0], statements[-1]) == ("BEGIN TRANSACTION", "COMMIT")
    return statements[1:-1]


def test_a_ledger_of_the_first_release_is_carried_over(tmp_path: Path):
    shutil.copy(LEDGERS / "0.1.0.sqlite", tmp_path / "ledger.sqlite")
    database = Database("", tmp_path)
    assert database.problems() == []
    with open_night(database, date(2026, 11, 24)) as night:
        assert len(night.runs) == 3
        assert night.recall().as_of == date(2026, 11, 23)
        standing = night.open_findings()["finding_id"].to_pylist()
    with database.transaction() as connection:
        sights = dict(connection.execute(sa.select(FINDINGS.c.state, FINDINGS.c.sight)).all())
    assert sights == {"open": "flagged", "absent": "absent", "fixed": "passed"}
    told = tell(database, date(2026, 11, 24), [], dict.fromkeys(standing, "unchecked"))
    assert sorted(zip(told["serial_no"], told["state"], told["last_seen"], strict=True)) == [
        ("SN000002", "unchecked", date(2026, 11, 23)),
        ("SN000005", "unchecked", date(2026, 11, 23)),
        ("SN000006", "absent", date(2026, 11, 21)),
    ]
    database.close()
    kept = sqlite3.connect(tmp_path / f"ledger.before-{HEAD}.sqlite")
    assert kept.execute("SELECT COUNT(*) FROM events").fetchone() == (10,)
    kept.close()


def test_words_are_carried_over_from_the_schema_before(database: Database, tmp_path: Path):
    """Rows until then, of what stands and of what was closed; a night later the former are kept together."""
    url = "" if database.is_sqlite else database.engine.url.render_as_string(hide_password=False)
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    database.close()
    (tmp_path / "state" / LEDGER_FILE).unlink(missing_ok=True)
    with database.engine.begin() as connection:
        migrate(connection, "0004")
        for fault, state in ((A, "open"), (B, "open"), (C, "fixed")):
            values = fault.row(day(0)) | {"first_seen": day(0), "due_on": day(9), "digest": ""}
            lives = {"state": state, "sight": "flagged" if state == "open" else "passed"}
            for name in ("findings", "wordings"):
                table = sa.Table(name, sa.MetaData(), autoload_with=connection)
                row = {name: value for name, value in (values | lives).items() if name in table.c}
                connection.execute(sa.insert(table).values(row))
    database.close()
    carried = Database(url, tmp_path / "state")
    assert carried.problems() == []
    with open_night(carried, day(1)) as night:
        assert [(one.owner, one.count) for one in night.recall().owed] == [("acquirer", 2)]
    told = tell(carried, day(1), [A], {B.finding_id: "unchecked"})
    assert dict(zip(told["serial_no"], told["detail"], strict=True)) == {
        "A": A.row(day(1))["detail"],
        "B": B.row(day(0))["detail"],
    }
    with carried.transaction() as connection:
        words = every_word(connection, ("detail",)).sort_by("detail")["detail"].to_pylist()
        assert words == [A.row(day(1))["detail"], *(one.row(day(0))["detail"] for one in (B, C))]
        assert connection.scalar(sa.select(sa.func.count()).select_from(STANDING_WORDS)) == 2
    assert carried.problems() == []
    carried.close()


def migrate(connection: sa.Connection, revision: str) -> None:
    """Bring an empty database to an older schema."""
    config = Config()
    config.set_main_option("script_location", str(Path(databases.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_what_is_owed_by_whom(database: Database):
    late, later, held = Fault("A", severity="low"), Fault("B"), Fault("C")
    tell(database, day(0), [held, later])
    tell(database, day(10), [late, held, later])
    said(database, day(10), held, status="false_positive", remark="总部统一报备")
    for number, expected in {
        10: [("acquirer", 1, 1, 1, day(2))],
        12: [("acquirer", 2, 1, 1, day(2))],
    }.items():
        with open_night(database, day(number), rebuild=True) as night:
            found = night.recall().owed
        assert [
            (one.owner, one.count, one.overdue, one.long_overdue, one.oldest_due_on) for one in found
        ] == expected


def test_what_waits_for_the_channel_is_owed_by_nobody(database: Database):
    tell(database, day(0), [replace(A, held=True), B])
    tell(database, day(9), [replace(A, held=True), B])
    with open_night(database, day(10)) as night:
        assert [(one.count, one.overdue) for one in night.recall().owed] == [(1, 1)]


@pytest.mark.parametrize("content", [b"PAR1", None], ids=["cut short", "a byte turned"])
def test_words_that_cannot_be_read_are_a_damage(database: Database, content: bytes | None):
    tell(database, day(0), [Fault(f"SN{number:05}") for number in range(100)])
    with database.transaction() as connection:
        if content is None:
            content = bytearray(connection.scalars(sa.select(STANDING_WORDS.c.words)).one())
            content[len(content) // 2] ^= 1
        connection.execute(sa.update(STANDING_WORDS).values(words=bytes(content)))
    [problem] = database.problems()
    assert "standing_words" in problem
    with pytest.raises(LedgerDamaged):
        tell(database, day(1), [])


def test_a_finding_without_words_is_a_damage(database: Database):
    tell(database, day(0), [A, B])
    with database.transaction() as connection:
        connection.execute(sa.delete(STANDING_WORDS))
    assert database.problems() == ["wordings: 2 findings have none"]


def test_a_ledger_of_a_newer_release_is_left_alone(tmp_path: Path):
    database = Database("", tmp_path)
    with database.transaction() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(LedgerDamaged, match="ledger_newer"):
        Database("", tmp_path)


def test_a_damaged_file_is_found_after_a_run_that_was_killed(tmp_path: Path):
    database = Database("", tmp_path)
    tell(database, FIRST, [Fault(f"SN{n:05}") for n in range(2_000)])
    database.close()
    file = tmp_path / "ledger.sqlite"
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 9_000] = b"\xff" * 9_000
    file.write_bytes(content)
    (tmp_path / "ledger.open").touch()
    with pytest.raises(LedgerDamaged):
        Database("", tmp_path)


def test_a_url_that_cannot_be_used_is_said(tmp_path: Path):
    with pytest.raises(ConfigError):
        Database("no url", tmp_path)
    with pytest.raises(CannotWrite):
        Database("postgresql+psycopg://audit@127.0.0.1:1/none", tmp_path)


def lives(database: Database) -> dict[str, tuple]:
    with database.transaction() as connection:
        return lives_of(connection)


def lives_of(connection: sa.Connection) -> dict[str, tuple]:
    names = ("state", "sight", "severity", "first_seen", "seen_until", "due_on", "fixed_on", "reopened_on")
    query = sa.select(FINDINGS.c.finding_id, *(FINDINGS.c[name] for name in names))
    return {found[0]: tuple(found[1:]) for found in connection.execute(query)}
