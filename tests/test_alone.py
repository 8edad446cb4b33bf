"""A rule that is selected alone finds what it finds among all: facts are made only as far as asked for."""

from __future__ import annotations

import pytest
from odd_estates import odd_estate
from test_parity import AS_OF, EVERYTHING, HEALTHY

from audit.assessment import Assessment
from audit.check import Grounds, Outcome, Plan, evaluate, wanted_of
from audit.config import ProfileSection
from audit.crosscheck.building import build_facts
from audit.crosscheck.facts import Sources
from audit.crosscheck.inputs import Memory, input_facts
from audit.crosscheck.programme import programme_facts, rectification_facts
from audit.crosscheck.schema import Subject
from audit.engines import PandasEngine, open_tables
from audit.report.population import population_of
from audit.rules import RULES
from audit.rules.model import Rule

ESTATE = odd_estate(7)


def outcomes_of(rules: tuple[Rule, ...]) -> list[Outcome]:
    """What the rules make of the odd estate when no other rule asks for anything."""
    engine, profile = PandasEngine(), ProfileSection()
    wanted = {Subject.DEVICE: frozenset(), Subject.DEVICE_CHANNEL: frozenset()} | wanted_of(rules)
    sources = Sources(
        engine,
        open_tables(engine, ESTATE),
        EVERYTHING,
        ("wechat", "alipay"),
        small={
            Subject.INPUT: input_facts({}, Memory(), AS_OF),
            Subject.PROGRAMME: programme_facts([]),
            Subject.RECTIFICATION: rectification_facts([]),
        },
        device_profile=profile.device,
        merchant_profile=profile.merchant,
        wanted=wanted,
    )
    facts = build_facts(sources)
    outcomes = evaluate(facts, Plan(rules, {}, AS_OF), Grounds(HEALTHY))
    assert not [one.not_evaluated for one in outcomes if one.not_evaluated]
    assessed = Assessment(engine, facts, tuple(outcomes), HEALTHY, ("wechat", "alipay"))
    assert population_of(assessed, {}, AS_OF, ESTATE["devices"].num_rows).devices
    return outcomes


@pytest.fixture(scope="module")
def together() -> dict[str, Outcome]:
    return {outcome.rule.id: outcome for outcome in outcomes_of(tuple(RULES.values()))}


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_alone_finds_what_it_finds_among_all(rule: Rule, together: dict[str, Outcome]):
    [alone] = outcomes_of((rule,))
    among = together[rule.id]
    assert (alone.count, alone.passed, alone.unknown) == (among.count, among.passed, among.unknown)
    assert alone.flagged is not None
    assert among.flagged is not None
    assert alone.flagged["row_id"].to_pylist() == among.flagged["row_id"].to_pylist()
