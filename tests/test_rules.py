"""Every rule: its example on every engine, its words, its place in the catalogue."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from graphlib import TopologicalSorter

import pytest
from facts import EVERYTHING, example_facts, fact_types

from audit.assessment import with_transactions
from audit.check import Grounds, Health, Outcome, Plan, evaluate
from audit.config import RulesSection
from audit.crosscheck.facts import Facts
from audit.engines import Engine
from audit.errors import ConfigError
from audit.findings import findings_of
from audit.rules import RULES
from audit.rules.article import STATEMENTS
from audit.rules.model import Rule, Severity
from audit.rules.selection import selected_rules
from audit.tables import TABLES
from audit.words import load_programme, load_words

AS_OF = date(2026, 11, 21)
HEALTHY = {name: Health(True, True) for name in TABLES}
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))

FAMILIES = {
    "REG": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    "ELE": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    "TYP": (1, 2, 3),
    "LIF": (1, 2, 3, 4, 5),
    "MER": (1, 2, 3, 4, 5, 6, 7, 8, 9),
    "DEV": (1, 2, 3, 4, 5, 6, 7, 8, 9),
    "HB": (1, 2),
    "DOR": (1, 2),
    "TXN": (1,),
    "POL": (1, 2, 3),
    "AUD": (1, 2, 3, 4, 5, 6, 7),
    "DUP": (1, 2),
    "SRC": (1, 2, 3, 4, 5, 6),
    "DQ": (1, 2, 3, 4, 5, 6),
    "SYS": (1, 2),
    "RES": (1, 2),
}


_SAID: dict[tuple[str, str], Outcome] = {}


def said_of_example(rule: Rule, engine: Engine) -> Outcome:
    """What a rule makes of its example. It is asked once an engine: to plan it takes DuckDB long."""
    key = (rule.id, engine.name)
    if key not in _SAID:
        [_SAID[key]] = evaluate(example_facts(rule, engine), Plan((rule,), {}, AS_OF), Grounds(HEALTHY))
    return _SAID[key]


def test_every_statement_of_the_article_is_answered_or_said_to_be_beyond_lists():
    parts = {1: 4, 2: 4, 3: 4, 4: 5, 5: 5, 6: 5, 7: 5}
    assert list(STATEMENTS) == [
        f"{part}.{place}" for part, count in parts.items() for place in range(1, count + 1)
    ]
    followed = {item["statement"] for item in load_programme().values()}
    unanswered = {
        one.number
        for one in STATEMENTS.values()
        if not one.rules and not one.sheets and one.number not in followed
    }
    assert unanswered == {"5.5"}, "what competitors do is in no list"
    # remedies and preventions are followed up by people as well
    assert {number for number in STATEMENTS if number[0] in "367"} == followed


@every_rule
def test_a_rule_answers_its_statement_of_the_article(rule: Rule):
    assert rule.id in STATEMENTS[rule.cause].rules


def test_the_article_names_rules_that_exist():
    assert {name for one in STATEMENTS.values() for name in one.rules} == set(RULES)


def test_the_catalogue_holds_the_rules_it_promises():
    assert list(RULES) == [
        f"{family}-{number:02}" for family, numbers in FAMILIES.items() for number in numbers
    ]


@every_rule
def test_example_flags_exactly_the_rows_it_says(rule: Rule, swift_engine: Engine):
    outcome = said_of_example(rule, swift_engine)
    assert outcome.not_evaluated is None
    assert outcome.flagged is not None
    assert tuple(outcome.flagged["row_id"].to_pylist()) == rule.example.flagged
    assert outcome.unknown == len(rule.example.unknown)


@every_rule
def test_a_rule_names_every_column_it_looks_at(rule: Rule, swift_engine: Engine):
    types = fact_types(rule.subject)
    assert rule.columns <= set(types), "what is asked for is a fact"
    facts = example_facts(rule, swift_engine, only=rule.columns | {"row_id"})
    [outcome] = evaluate(facts, Plan((rule,), {}, AS_OF), Grounds(HEALTHY))
    assert outcome.not_evaluated is None, "an expression asks for a column that no text or example row names"
    assert outcome.flagged is not None
    assert tuple(outcome.flagged["row_id"].to_pylist()) == rule.example.flagged
    assert outcome.unknown == len(rule.example.unknown)


def test_a_rule_that_looks_at_the_night_before_says_so():
    looking = {rule.id for rule in RULES.values() if rule.columns & {"compared", "previous_status"}}
    assert {rule.id for rule in RULES.values() if rule.compares} == looking


def test_what_explains_what_is_known_and_comes_to_an_end():
    order = TopologicalSorter()
    for rule in RULES.values():
        for explained in rule.explains:
            follower = RULES[explained.rule]
            assert len(explained.own) == len(explained.theirs)
            assert set(explained.own) <= set(fact_types(rule.subject))
            assert set(explained.theirs) <= set(fact_types(follower.subject))
            order.add(follower.id, rule.id)
    assert list(order.static_order()), "two rules that explain each other would leave no finding to work on"


@every_rule
def test_example_shows_both_sides_and_every_case(rule: Rule, swift_engine: Engine):
    flagged = set(rule.example.flagged)
    assert flagged
    assert len(flagged) < len(rule.example.rows), "an example without a row that is left alone proves little"
    outcome = said_of_example(rule, swift_engine)
    assert outcome.flagged is not None
    shown = set(outcome.flagged["case"].to_pylist())
    assert len(shown) >= min(2, len(rule.cases)), "an example shows more than one of its cases"


@every_rule
@pytest.mark.parametrize("language", ["zh", "en"])
def test_findings_are_worded_whole(rule: Rule, language: str, swift_engine: Engine):
    table = findings_of([said_of_example(rule, swift_engine)], load_words(language), AS_OF)
    assert table.num_rows
    for row in table.to_pylist():
        assert row["detail"]
        assert row["remedy"]
        assert not re.search(r"[{}]", row["detail"] + row["expected"] + row["actual"])


@every_rule
def test_texts_name_only_facts_and_stay_short(rule: Rule):
    known = set(fact_types(rule.subject))
    assert set(rule.fields) <= known
    for text in (rule.title, rule.why, rule.remedy):
        assert not text.fields, "title, why and remedy are about the rule, not about one row"
        assert text.zh
        assert text.en
        assert max(len(text.zh), len(text.en)) <= 400
    for case in rule.cases:
        assert set(re.findall(r"\{(\w+)", case.says.zh)) == set(re.findall(r"\{(\w+)", case.says.en))


@every_rule
def test_required_columns_exist_and_causes_have_words(rule: Rule):
    for required in rule.asked:
        feed, _, column = required.partition(".")
        assert column in TABLES[feed].by_name
    for language in ("zh", "en"):
        assert rule.cause in load_words(language).section("cause")


@every_rule
def test_no_legal_verdict(rule: Rule):
    words = " ".join([rule.title.en, rule.why.en, rule.remedy.en, rule.title.zh, rule.why.zh, rule.remedy.zh])
    assert not re.search(r"illegal|unlawful|违法|非法|吊销|罚款", words)


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.requires], ids=lambda rule: rule.id)
def test_missing_column_is_not_evaluated(rule: Rule, swift_engine: Engine):
    feed, _, column = rule.requires[-1].partition(".")
    facts = example_facts(rule, swift_engine)
    columns = EVERYTHING | {feed: EVERYTHING[feed] - {column}}
    lacking = type(facts)(facts.engine, facts.frames, columns)
    [outcome] = evaluate(lacking, Plan((rule,), {}, AS_OF), Grounds(HEALTHY, {feed: frozenset({column})}))
    assert outcome.flagged is None
    assert outcome.not_evaluated is not None
    assert outcome.not_evaluated.due
    [outcome] = evaluate(lacking, Plan((rule,), {}, AS_OF), Grounds(HEALTHY))
    assert outcome.not_evaluated is not None
    assert not outcome.not_evaluated.due, "a column nobody promised is not missed"


def _without(rule: Rule, engine: Engine, *names: str) -> Facts:
    facts = example_facts(rule, engine)
    gone = {
        feed: {name.partition(".")[2] for name in names if name.startswith(f"{feed}.")} for feed in TABLES
    }
    return replace(facts, columns={feed: EVERYTHING[feed] - gone[feed] for feed in TABLES})


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.one_of], ids=lambda rule: rule.id)
def test_one_group_of_columns_that_stand_for_each_other_will_do(rule: Rule, swift_engine: Engine):
    plan, spared = Plan((rule,), {}, AS_OF), {*rule.requires}
    for group in rule.one_of:
        gone = {name for other in rule.one_of for name in other} - {*group} - spared
        facts = _without(rule, swift_engine, *gone)
        [outcome] = evaluate(facts, plan, Grounds(HEALTHY))
        assert outcome.not_evaluated is None
        feed, _, column = next(iter(gone)).partition(".")
        [outcome] = evaluate(facts, plan, Grounds(HEALTHY, {feed: frozenset({column})}))
        assert (outcome.not_evaluated is None) == rule.either
        assert rule.either or outcome.not_evaluated.due, (
            "others do not stand in silence for what was counted on"
        )
    [outcome] = evaluate(_without(rule, swift_engine, *rule.asked), plan, Grounds(HEALTHY))
    assert outcome.not_evaluated is not None
    assert not outcome.not_evaluated.due


def test_a_rejected_cell_leaves_its_row_unjudged(engine: Engine):
    rule = RULES["DEV-06"]
    # an example names every column its rule asks for
    unread = {"license_no": None, "rejected": ",cert_expiry,"}
    rows = tuple(dict(row) | unread for row in rule.example.rows[:2])
    marked = replace(rule, example=replace(rule.example, rows=rows))
    [outcome] = evaluate(example_facts(marked, engine), Plan((marked,), {}, AS_OF), Grounds(HEALTHY))
    assert (outcome.count, outcome.unknown) == (0, 2)


def test_a_rule_that_crashes_is_said_so_and_spares_the_others(engine: Engine):
    import narwhals.stable.v2 as nw

    good = RULES["DEV-06"]
    bad = replace(
        good, id="DEV-99", cases=(replace(good.cases[0], when=nw.col("no_such_column") == "x"),), known=()
    )
    facts = example_facts(good, engine)
    crashed, fine = evaluate(facts, Plan((bad, good), {}, AS_OF), Grounds(HEALTHY))
    assert crashed.not_evaluated is not None
    assert crashed.not_evaluated.key == "rule_crashed"
    assert crashed.not_evaluated.due
    assert fine.count == len(good.example.flagged)


@pytest.mark.parametrize(
    ("name", "feed"),
    [
        ("REG-01", "registrations"),
        ("RES-01", "registrations"),
        ("HB-02", "devices"),
        ("TYP-02", "devices"),
        ("DQ-04", "devices"),
        ("AUD-03", "inspections"),
    ],
)
def test_an_incomplete_list_silences_the_rules_about_absence(name: str, feed: str, engine: Engine):
    rule = RULES[name]
    health = HEALTHY | {feed: Health(False, False, "feed_shrunken")}
    [outcome] = evaluate(example_facts(rule, engine), Plan((rule,), {}, AS_OF), Grounds(health))
    assert outcome.count == 0
    assert outcome.not_evaluated is not None
    assert outcome.not_evaluated.key == "feed_shrunken"


def test_stores_of_one_merchant_are_findings_of_their_own(engine: Engine):
    rule = RULES["HB-02"]
    outcomes = evaluate(example_facts(rule, engine), Plan((rule,), {}, AS_OF), Grounds(HEALTHY))
    assert findings_of(outcomes, load_words("zh"), AS_OF).num_rows == len(rule.example.flagged) > 1


@pytest.mark.parametrize(
    ("language", "named"),
    [("zh", "统一社会信用代码、法人姓名"), ("en", "unified social credit code, legal representative")],
)
def test_missing_fields_are_named_in_the_readers_words(language: str, named: str, engine: Engine):
    rule = RULES["MER-01"]
    outcomes = evaluate(example_facts(rule, engine), Plan((rule,), {}, AS_OF), Grounds(HEALTHY))
    details = findings_of(outcomes, load_words(language), AS_OF)["detail"].to_pylist()
    assert any(named in detail for detail in details)


def test_a_transactions_table_does_for_the_ledgers_own_columns(engine: Engine):
    rule = RULES["TXN-01"]
    counts = {"txn_count", "txn_failed"}
    columns = EVERYTHING | {"devices": EVERYTHING["devices"] - counts}
    plan = Plan((rule,), {}, AS_OF)

    def outcome_with(transactions: set[str]):
        known = with_transactions(columns | {"transactions": frozenset(transactions)})
        facts = example_facts(rule, engine)
        [outcome] = evaluate(type(facts)(facts.engine, facts.frames, known), plan, Grounds(HEALTHY))
        return outcome

    assert outcome_with({"serial_no", *counts}).count == len(rule.example.flagged)
    assert outcome_with({"serial_no"}).not_evaluated is not None


def test_selection_by_family_and_id():
    rules, _ = selected_rules(RulesSection(select=("DUP", "MER-02"), disable=("DUP-02",)))
    assert [rule.id for rule in rules] == ["MER-02", "DUP-01"]


def test_thresholds_and_severity_are_configuration(engine: Engine):
    section = RulesSection(**{"REG-03": {"days": 30, "severity": "low"}})
    rules, thresholds = selected_rules(section)
    rule = next(rule for rule in rules if rule.id == "REG-03")
    assert rule.severity is Severity.LOW
    [outcome] = evaluate(example_facts(rule, engine), Plan((rule,), thresholds, AS_OF), Grounds(HEALTHY))
    assert outcome.count == 0, "the example is 11 days old"


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"select": ("REG-1",)}, "config_unknown_rule"),
        ({"REG-99": {}}, "config_unknown_rule"),
        ({"REG-03": {"dyas": 3}}, "config_rule_key"),
        ({"REG-03": {"days": "3"}}, "config_rule_threshold"),
        ({"REG-03": {"severity": "awful"}}, "config_rule_severity"),
    ],
)
def test_what_does_not_exist_is_refused(section: dict, key: str):
    with pytest.raises(ConfigError) as failure:
        selected_rules(RulesSection(**section))
    assert failure.value.key == key
