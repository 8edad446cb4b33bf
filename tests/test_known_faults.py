"""An estate whose faults are known: every one is found, by its own rule, and nothing else is.

A finding that was not planted is explained when it follows one that was (`led_by`): an unregistered serial
after a mistyped one. It is false when it leads, or follows one that is false. A planted fault leads: one
fault is worked on once.

KNOWN_FAULTS_DEVICES sets the size; .ci/long takes 100,000.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from planted_faults import AS_OF, Planted, is_about_rows, planted_estate

from audit.check import Grounds, Health, Outcome, Plan, evaluate, wanted_of
from audit.crosscheck.schema import Subject
from audit.engines import DuckDBEngine, Engine, PandasEngine
from audit.findings import findings_of
from audit.rules import RULES
from audit.tables import TABLES
from audit.words import load_words

DEVICES = int(os.environ.get("KNOWN_FAULTS_DEVICES", "3000"))
ABOUT_ROWS = tuple(rule for rule in RULES.values() if is_about_rows(rule))
HEALTHY = {name: Health(True, True) for name in TABLES}
ENGINES: dict[str, type[Engine]] = {"pandas": PandasEngine, "duckdb": DuckDBEngine}


@dataclass(frozen=True)
class Judged:
    """What the rules made of the estate."""

    planted: Planted
    outcomes: tuple[Outcome, ...]
    findings: list[dict[str, Any]]
    nears: dict[str, dict[str, Any]]  # NEAR facts by device key

    def is_planted(self, finding: dict[str, Any]) -> bool:
        return finding["identity"] in self.planted.truth.get(finding["rule"], ())


@pytest.fixture(scope="module")
def planted() -> Planted:
    return planted_estate(DEVICES)


@pytest.fixture(scope="module", params=list(ENGINES))
def judged(request: pytest.FixtureRequest, planted: Planted) -> Judged:
    engine = ENGINES[request.param]()
    facts = planted.facts(engine, wanted_of(ABOUT_ROWS))
    outcomes = evaluate(facts, Plan(ABOUT_ROWS, {}, AS_OF), Grounds(HEALTHY))
    devices = facts.frames[Subject.DEVICE].select("device_key", "near_serial", "near_kind", "near_candidates")
    nears = {row["device_key"]: row for row in engine.collected(devices).to_pylist() if row["near_serial"]}
    return Judged(planted, tuple(outcomes), findings_of(outcomes, load_words("en"), AS_OF).to_pylist(), nears)


def test_every_rule_about_rows_is_planted_and_evaluated(judged: Judged):
    assert set(judged.planted.truth) == {rule.id for rule in ABOUT_ROWS}
    assert not [one.rule.id for one in judged.outcomes if one.not_evaluated]


def test_every_planted_fault_is_found(judged: Judged):
    found = {(one["rule"], one["identity"]) for one in judged.findings}
    missed = [
        (rule, key) for rule, keys in judged.planted.truth.items() for key in keys if (rule, key) not in found
    ]
    assert not missed, Counter(rule for rule, _ in missed)


def test_nothing_else_is_found(judged: Judged):
    known = {one["finding_id"] for one in judged.findings if judged.is_planted(one)}
    false = [
        (one["rule"], one["identity"], one["detail"])
        for one in judged.findings
        if one["finding_id"] not in known and one["led_by"] not in known
    ]
    assert not false, Counter(rule for rule, _, _ in false)


def test_what_was_planted_leads(judged: Judged):
    led = [
        (one["rule"], one["identity"]) for one in judged.findings if judged.is_planted(one) and one["led_by"]
    ]
    assert not led, Counter(rule for rule, _ in led)


def test_the_top_suggestion_is_the_right_serial(judged: Judged):
    """99 in 100 at least, of each kind: an orphan may happen to resemble a device more than its own slip."""
    kinds, right, named = Counter[str](), Counter[str](), Counter[str]()
    for slip in judged.planted.slips:
        near = judged.nears.get(slip.device_key, {})
        kinds[slip.kind] += 1
        right[slip.kind] += near.get("near_serial") == slip.registered
        named[slip.kind] += near.get("near_kind") == (slip.kind if slip.kind in NAMED else "edited")
    for kind, count in kinds.items():
        assert right[kind] >= 0.99 * count, kind
        assert named[kind] >= 0.99 * count, kind
    assert set(kinds) == {*NAMED, "changed", "doubled", "left_out"}


NAMED = ("lost_zeros", "look_alike", "transposed")
