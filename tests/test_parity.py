"""The same findings, byte for byte, from every engine, on estates nobody thought of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.assessment import Assessment, eased, statuses_of, told_once
from audit.check import Grounds, Health, Plan, evaluate, together, wanted_of
from audit.config import ProfileSection, WeightsSection
from audit.crosscheck.building import build_facts
from audit.crosscheck.facts import KEPT_KEYS, Facts, Sources
from audit.crosscheck.inputs import Memory, input_facts
from audit.crosscheck.programme import programme_facts, rectification_facts
from audit.crosscheck.schema import FACTS, Subject
from audit.engines import DuckDBEngine, Engine, PandasEngine, open_tables, schema_of
from audit.findings import findings_of
from audit.intake.derived import with_derived
from audit.measures.asked import asked
from audit.measures.night import Measures, measure, of_files
from audit.measures.upkeep import upkeep_of
from audit.report.population import population_of
from audit.rules import RULES
from audit.sight import sights_of
from audit.tables import TABLES
from audit.words import load_words

AS_OF = date(2026, 11, 21)
MIDNIGHT = datetime.combine(AS_OF, datetime.min.time())
CODES = (None, "91350100M000100Y43", "91350100M000100Y44", "350100100012345")
EVERYTHING = {name: frozenset(table.by_name) for name, table in TABLES.items()}
# each file is some days old, so that what came after it is unknown on every engine
HEALTHY = {name: Health(True, True, older={f"{name}.csv": AS_OF - timedelta(days=4)}) for name in TABLES}
# an example is three small estates: what DuckDB takes is the plan, whatever it is a plan for
SMALL = "ABC"
KEYS = {"serial_no", "tusn", "terminal_id", "merchant_no"}
FEWER = settings(max_examples=settings().max_examples // 2)
SOME = settings(max_examples=5 + settings().max_examples // 10)

serials = st.sampled_from([None, "S1", "S2", "S3", "S4"])
numbers = st.sampled_from([None, "M1", "M2", "M3"])
days = st.one_of(st.none(), st.integers(-400, 60).map(lambda n: AS_OF + timedelta(days=n)))
moments = st.one_of(st.none(), st.integers(-9_000, 300).map(lambda n: MIDNIGHT + timedelta(hours=n)))
versions = st.sampled_from([None, "3.2.0", "3.10.0", "2.9.11", "v3", "beta"])
amounts = st.one_of(
    st.none(),
    st.integers(-100_000, 10_000_000).map(lambda fen: fen / 100),
    st.sampled_from([0.125, 0.375, 2.675, 1e12]),
)
counts = st.one_of(st.none(), st.integers(0, 400).map(float), st.just(2.5))
rejected = st.sampled_from([None, None, None, ",cert_expiry,", ",merchant_no,terminal_status,"])


def table_of(name: str, rows: list[dict[str, Any]], columns: Sequence[str] = ()) -> pa.Table:
    """A canonical table of these rows, with what intake adds to them."""
    types = schema_of(TABLES[name])
    known = {column: types[column] for column in (columns or rows[0])}
    data = {column: pa.array([row[column] for row in rows], kind) for column, kind in known.items()}
    data |= {
        "row_id": pa.array(range(len(rows)), pa.int64()),
        "copies": pa.array([1] * len(rows), pa.int64()),
        "source_file": pa.array([f"{name}.csv"] * len(rows), pa.string()),
        "source_sheet": pa.array([""] * len(rows), pa.string()),
        "source_row": pa.array(range(2, len(rows) + 2), pa.int64()),
    }
    return with_derived(pa.table(data), TABLES[name])


def table(name: str, columns: dict[str, st.SearchStrategy], most: int) -> st.SearchStrategy[pa.Table]:
    known = {**columns, "rejected": rejected}
    rows = st.lists(st.fixed_dictionaries(known), max_size=most)
    return st.tuples(*[rows] * len(SMALL)).map(
        lambda made: table_of(
            name,
            [_of(letter, row) for letter, some in zip(SMALL, made, strict=True) for row in some],
            [*known],
        )
    )


def _of(letter: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row as one of that small estate: its keys meet those of no other."""
    return row | {name: letter + row[name][1:] for name in KEYS & row.keys() if row[name]}


estates = st.fixed_dictionaries(
    {
        "devices": table(
            "devices",
            {
                "serial_no": serials,
                "tusn": st.sampled_from([None, None, "T1"]),
                "terminal_id": st.sampled_from([None, "00000001", "00000002"]),
                "merchant_no": numbers,
                "model": st.sampled_from([None, "X1", "x 1", "X2"]),
                "vendor": st.sampled_from([None, "甲", "乙"]),
                "firmware": versions,
                "terminal_status": st.sampled_from([None, "active", "inactive", "retired", "stock", "lost"]),
                "install_date": days,
                "cert_expiry": days,
                "last_heartbeat_at": moments,
                "last_signin_at": moments,
                "is_spare": st.sampled_from([None, True, False]),
                "license_no": st.sampled_from([None, "P3100"]),
                "txn_amount": amounts,
                "txn_count": counts,
                "txn_failed": counts,
            },
            8,
        ),
        "merchants": table(
            "merchants",
            {
                "merchant_no": numbers,
                "merchant_name": st.sampled_from([None, "晨光", "=1+1"]),
                "uscc": st.sampled_from(
                    [None, "91350100M000100Y43", "91350100M000100Y44", "350100100012345"]
                ),
                "license_expiry": days,
                "merchant_status": st.sampled_from([None, "active", "closed", "frozen"]),
            },
            4,
        ),
        "registrations": table(
            "registrations",
            {
                "serial_no": serials,
                "terminal_id": st.sampled_from([None, "00000001"]),
                "merchant_no": numbers,
                "channel": st.sampled_from([None, "wechat", "alipay", "common"]),
                "reg_status": st.sampled_from(
                    [None, "registered", "pending", "failed", "cancelled", "frozen", "not_registered"]
                ),
                "reg_message": st.sampled_from([None, "资料不符"]),
                "submitted_at": moments,
                "registered_at": moments,
            },
            10,
        ),
        "models": table(
            "models",
            {
                "vendor": st.sampled_from([None, "甲"]),
                "model": st.sampled_from(["X1", "X2"]),
                "min_firmware": versions,
                "eol_on": days,
                "eos_on": days,
                "cert_expiry": days,
            },
            3,
        ),
    }
)


def facts_of(
    engine: Engine, estate: dict[str, pa.Table], channels: tuple[str, ...], *, everything: bool = False
) -> Facts:
    """The facts the rules ask for, or every fact there is, of an estate whose feeds have every column."""
    profile = ProfileSection()
    return build_facts(
        Sources(
            engine,
            open_tables(engine, estate),
            EVERYTHING,
            channels,
            small={
                Subject.INPUT: input_facts({}, Memory(), AS_OF),
                Subject.PROGRAMME: programme_facts([]),
                Subject.RECTIFICATION: rectification_facts([]),
            },
            device_profile=profile.device,
            merchant_profile=profile.merchant,
            wanted=None
            if everything
            else together(wanted_of(RULES.values()), asked(EVERYTHING, profile.device, profile.merchant)),
        )
    )


def judged(facts: Facts, engine: Engine, estate: dict[str, pa.Table]) -> tuple[pa.Table, Any]:
    outcomes = evaluate(facts, Plan(tuple(RULES.values()), {}, AS_OF), Grounds(HEALTHY))
    missed = [(o.rule.id, o.not_evaluated.facts) for o in outcomes if o.not_evaluated]
    assert not missed
    counted = [(outcome.rule.id, outcome.passed, outcome.unknown) for outcome in outcomes]
    assessed = eased(Assessment(engine, facts, tuple(outcomes), HEALTHY, ("wechat",)), ProfileSection(), ())
    told = told_once(assessed)
    facts = assessed.facts
    population = population_of(told, {}, AS_OF, estate["devices"].num_rows)
    findings = findings_of(outcomes, load_words("zh"), AS_OF)
    profile = ProfileSection()
    files = of_files(engine, facts, AS_OF, device_profile=profile.device, merchant_profile=profile.merchant)
    measures = measure(engine, facts, findings, files, weights())
    upkeep = upkeep_of(engine, facts, outcomes, HEALTHY, (), {}, AS_OF, {})
    return findings, (counted, population, measures, upkeep, statuses_of(told))


def weights() -> dict[str, float]:
    """Points per severity as they are by default."""
    return WeightsSection().by_severity


def judged_by(engine: Engine, estate: dict[str, pa.Table], channels: tuple[str, ...]) -> tuple[pa.Table, Any]:
    return judged(facts_of(engine, estate, channels), engine, estate)


@FEWER
@given(estates, st.sampled_from([("wechat",), ("wechat", "alipay"), ("any",)]))
def test_pandas_and_duckdb_find_the_same(estate: dict[str, pa.Table], channels: tuple[str, ...]):
    ours, counted = judged_by(PandasEngine(), estate, channels)
    theirs, counted_there = judged_by(DuckDBEngine(), estate, channels)
    assert ours.to_pylist() == theirs.to_pylist()
    assert counted == counted_there


@given(estates)
def test_each_device_has_one_verdict(estate: dict[str, pa.Table]):
    _, (_, population, measures, *_) = judged_by(PandasEngine(), estate, ("wechat",))
    agrees_with_itself(measures)
    devices = estate["devices"].to_pylist()
    live = {
        row["device_key"]
        for row in devices
        if row["device_key"] and row["terminal_status"] not in ("retired", "stock", "lost", "blacklist")
    }
    assert population.devices == len(live)
    assert all(count >= 0 for count in population.verdicts.values())
    assert population.unnamed == sum(row["device_key"] is None for row in devices)


def agrees_with_itself(measures: Measures) -> None:
    """What is true of the measures of any estate."""
    night = measures.impact.night
    for line in (*measures.impact.rules.values(), *measures.impact.categories.values()):
        assert line.devices <= night.devices
        assert line.merchants <= night.merchants
        assert 0 <= line.turnover.rated <= line.turnover.counts <= line.devices
    assert measures.merchants.total == night.merchants
    scores = [one.score for one in measures.merchants.listed]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 100 for score in scores)
    for filled in measures.completeness:
        assert filled.complete is None or 0 <= filled.complete <= 1
    for due in measures.forecast.due:
        assert list(due.within) == sorted(due.within)
    days = [item.days for item in measures.forecast.items]
    assert days == sorted(days)


class Undiscerning(PandasEngine):
    """In memory as well, but leaves it to the join to find the subjects that are asked for."""

    among = Engine.among


@SOME
@given(estates)
def test_what_is_left_of_the_facts_tells_what_became_of_findings(estate: dict[str, pa.Table]):
    engine = PandasEngine()
    plan = Plan(tuple(RULES.values()), {}, AS_OF)
    facts = facts_of(engine, estate, ("wechat",))
    whole = Assessment(engine, facts, tuple(evaluate(facts, plan, Grounds(HEALTHY))), HEALTHY, ("wechat",))
    stood = findings_of(whole.outcomes, load_words("zh"), AS_OF)
    stood = stood.append_column("seen_until", pa.nulls(len(stood), pa.date32()))
    rules = [RULES[name] for name in set(stood["rule"].to_pylist())]
    left = eased(whole, ProfileSection(), rules)
    assert left.facts.frames.keys() <= whole.facts.frames.keys()
    nobody = pa.chunked_array([], pa.string())
    told = sights_of(stood, nobody, whole, plan)
    assert sights_of(stood, nobody, left, plan) == told
    assert sights_of(stood, nobody, replace(whole, engine=Undiscerning()), plan) == told


@FEWER
@given(estates, st.sampled_from([("wechat",), ("wechat", "alipay"), ("any",)]))
def test_facts_are_those_of_the_schema_on_both_engines(
    estate: dict[str, pa.Table], channels: tuple[str, ...]
):
    tables = []
    for engine in (PandasEngine(), DuckDBEngine()):
        facts = facts_of(engine, estate, channels, everything=True)
        found = {
            subject: engine.collected(frame.drop(KEPT_KEYS.get(subject, ())))
            for subject, frame in facts.frames.items()
        }
        for subject, rows in found.items():
            assert dict(zip(rows.schema.names, rows.schema.types, strict=True)) == FACTS[subject], subject
        tables.append(
            {subject: sorted(rows.to_pylist(), key=lambda row: repr(row)) for subject, rows in found.items()}
        )
    assert tables[0] == tables[1]
