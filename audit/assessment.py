"""The middle of the night: tables to facts, facts to outcomes, and what each feed allows to conclude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.check import Health, Outcome, Plan, evaluate
from audit.config import ANY_CHANNEL, Settings
from audit.crosscheck.facts import Facts, build_facts
from audit.crosscheck.inputs import Memory, input_facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine, choose_engine, open_tables
from audit.intake.feeds import Feed, assemble


@dataclass(frozen=True)
class Assessment:
    """What the rules made of the night's inputs."""

    engine: Engine
    facts: Facts
    outcomes: tuple[Outcome, ...]
    health: Mapping[str, Health]


def assess(settings: Settings, feeds: Mapping[str, Feed], memory: Memory, plan: Plan) -> Assessment:
    """Evaluate the plan: the inputs first, for what they allow to be concluded, then everything else."""
    engine = choose_engine(settings.audit.engine, sum(feed.rows for feed in feeds.values()))
    facts = _facts(settings, feeds, memory, plan, engine)
    due = {
        name: frozenset(feed.required) | memory.columns.get(name, frozenset()) for name, feed in feeds.items()
    }
    about_inputs = evaluate(facts, plan.of(lambda rule: rule.subject is Subject.INPUT), {}, due)
    health = {
        name: _health(feed, about_inputs) for name, feed in feeds.items() if feed.configured or feed.mandatory
    }
    about_estate = evaluate(facts, plan.of(lambda rule: rule.subject is not Subject.INPUT), health, due)
    by_id = {outcome.rule.id: outcome for outcome in (*about_inputs, *about_estate)}
    return Assessment(engine, facts, tuple(by_id[rule.id] for rule in plan.rules), health)


def _facts(
    settings: Settings, feeds: Mapping[str, Feed], memory: Memory, plan: Plan, engine: Engine
) -> Facts:
    columns = {name: feed.columns for name, feed in feeds.items()}
    required = settings.audit.required_channels
    if required == (ANY_CHANNEL,) and columns["registrations"]:
        columns["registrations"] |= {"channel"}  # any will do, so the list need not say which
    tables = open_tables(engine, {name: assemble(feed) for name, feed in feeds.items() if feed.files})
    return build_facts(engine, tables, columns, input_facts(feeds, memory, plan.as_of), required)


def _health(feed: Feed, about_inputs: Sequence[Outcome]) -> Health:
    """A feed is complete when every file was read and it did not shrink, and fresh when it is not old."""
    delivered = feed.configured and all(slot.complete for slot in feed.slots)
    shrunken = any(row["rows"] < row["rows_before"] for row in _flagged("SRC-03", feed, about_inputs))
    complete = delivered and not shrunken
    stale = bool(_flagged("SRC-01", feed, about_inputs))
    return Health(
        complete, complete and not stale, "feed_shrunken" if delivered and shrunken else "feed_unusable"
    )


def _flagged(rule_id: str, feed: Feed, about_inputs: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The rows of a feed that a rule about inputs flagged."""
    return [
        row
        for outcome in about_inputs
        if outcome.rule.id == rule_id and outcome.flagged
        for row in outcome.flagged.to_pylist()
        if row["feed"] == feed.name
    ]
