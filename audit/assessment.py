"""The middle of the night: tables to facts, facts to outcomes, and what each feed allows to conclude."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.check import (
    Grounds,
    Health,
    NotEvaluated,
    Outcome,
    Plan,
    able,
    evaluate,
    looks_beyond,
    together,
    wanted_of,
)
from audit.config import ANY_CHANNEL, ProfileSection, Settings
from audit.crosscheck.building import build_facts
from audit.crosscheck.facts import ALWAYS, Facts, Sources
from audit.crosscheck.inputs import (
    Memory,
    delivered_again,
    gone_columns,
    input_facts,
    tells_of_days,
)
from audit.crosscheck.lost import Lost, lost_columns
from audit.crosscheck.origins import Columns
from audit.crosscheck.programme import ProgrammeState, programme_facts, rectification_facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame, open_tables
from audit.intake.feeds import Feed, parts_of
from audit.measures.asked import LOOKED_AT, asked
from audit.measures.upkeep import LOOKED_INTO
from audit.plaintext import plain
from audit.rules.model import Rule
from audit.tables.devices import TRANSACTION_COLUMNS
from audit.unsaid import seeing, silent_columns, unsaid

# devices times channels whose registration states are kept for the next night; beyond, SYS-01 has nothing to
# compare with
MAX_STATUSES = 10_000_000


@dataclass(frozen=True)
class Assessment:
    """What the rules made of the night's inputs."""

    engine: Engine
    facts: Facts
    outcomes: tuple[Outcome, ...]
    health: Mapping[str, Health]
    channels: tuple[str, ...]  # that devices are looked at in
    lost: Lost = field(default_factory=Lost)
    profile: Columns = field(default_factory=dict)  # by feed the columns whose blanks are counted
    # by feed the columns that were filled in before and say nothing tonight, and the rules that did without
    unsaid: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def knows_states(self, devices: int) -> bool:
        """Whether its registration states, of so many devices, are those to compare with from now on.

        Without the list, or with half of it, the last whole night's stay.
        """
        return devices > 0 and self.health["registrations"].complete


def assess(
    engine: Engine,
    settings: Settings,
    feeds: Mapping[str, Feed],
    memory: Memory,
    plan: Plan,
    programme: Sequence[ProgrammeState] = (),
    *,
    everything: bool = False,
) -> Assessment:
    """Evaluate the plan: the inputs first, for what they allow to be concluded, then everything else.

    `everything` makes every fact there is, whether or not a rule of the plan asks for it.
    """
    columns = _columns(settings, feeds)
    due = {
        name: frozenset(feed.required) | memory.columns.get(name, frozenset()) for name, feed in feeds.items()
    }
    # a list that nowhere says its channel would leave every registration unjudged, and nobody told
    due["registrations"] |= {"channel"}
    any_will_do = settings.audit.required_channels == (ANY_CHANNEL,)
    also = {} if any_will_do else {"registrations": frozenset({"channel"})}
    needed = _asked_of_lists(plan.rules)
    delivered = engine.frame(input_facts(feeds, memory, plan.as_of, also, needed))
    of_inputs = plan.of(lambda rule: rule.subject is Subject.INPUT)
    about_inputs = evaluate(Facts(engine, {Subject.INPUT: delivered}, columns), of_inputs, Grounds({}, due))
    health = {
        name: _health(feed, about_inputs, memory, plan.as_of)
        for name, feed in feeds.items()
        if feed.configured or feed.mandatory
    }
    of_estate = plan.of(lambda rule: rule.subject is not Subject.INPUT)
    grounds = Grounds(health, due, _forgotten(memory))
    wanted = wanted_of(able(of_estate, columns, grounds))
    measured = asked(columns, settings.audit.profile.device, settings.audit.profile.merchant)
    wanted = together({Subject.DEVICE_CHANNEL: frozenset()}, wanted, measured)
    tables = {name: parts_of(feed) for name, feed in feeds.items() if feed.files}
    facts = build_facts(
        Sources(
            engine,
            _unread_where_gone(open_tables(engine, tables), feeds, memory, needed),
            columns,
            settings.audit.required_channels,
            small={
                Subject.PROGRAMME: programme_facts(programme),
                Subject.RECTIFICATION: rectification_facts(memory.owed),
            },
            statuses=memory.remembered.statuses,
            device_profile=settings.audit.profile.device,
            merchant_profile=settings.audit.profile.merchant,
            wanted=None if everything else wanted,
        )
    )
    for feed in feeds.values():
        feed.let_go()
    about_estate = evaluate(facts, of_estate, grounds)
    facts = replace(facts, frames={**facts.frames, Subject.INPUT: delivered})
    own = settings.audit.profile
    profile = {"devices": frozenset().union(*own.device.values()), "merchants": frozenset(own.merchant)}
    silent = silent_columns(feeds, memory, health)
    about_estate = [seeing(_followed(outcome), silent, feeds, profile) for outcome in about_estate]
    by_id = {outcome.rule.id: outcome for outcome in (*about_inputs, *about_estate)}
    return Assessment(
        engine,
        facts,
        tuple(by_id[rule.id] for rule in plan.rules),
        health,
        settings.audit.required_channels,
        lost_columns(feeds, memory),
        profile,
        unsaid(about_estate, silent, feeds, profile),
    )


def _asked_of_lists(rules: Iterable[Rule]) -> Columns:
    """By feed the columns that rules ask for by name."""
    found: dict[str, set[str]] = {}
    for name in (name for rule in rules for name in rule.asked):
        feed, _, column = name.partition(".")
        found.setdefault(feed, set()).add(column)
    return {feed: frozenset(names) for feed, names in found.items()}


def _unread_where_gone(
    tables: Mapping[str, Frame], feeds: Mapping[str, Feed], memory: Memory, needed: Columns
) -> dict[str, Frame]:
    """The tables, in rows of files that lack columns they had those taken for cells that nobody can read."""
    found = dict(tables)
    for name, feed in feeds.items():
        for slot in feed.slots:
            gone = gone_columns(feed, slot, memory, needed)
            if gone:
                here = nw.col("source_file").is_in([plain(file.name) for file in slot.usable])
                unread = nw.concat_str(
                    [nw.col("rejected").fill_null(","), nw.lit("".join(f"{one}," for one in sorted(gone)))]
                )
                found[name] = found[name].with_columns(
                    rejected=nw.when(here).then(unread).otherwise(nw.col("rejected"))
                )
    return found


def _followed(outcome: Outcome) -> Outcome:
    """The outcome; not evaluated where a rule is about an item of the self-audit that nobody follows yet."""
    looked_at = outcome.not_evaluated or outcome.count or outcome.passed or outcome.unknown
    if outcome.rule.subject is not Subject.PROGRAMME or looked_at:
        return outcome
    return Outcome(outcome.rule, not_evaluated=NotEvaluated("programme_not_set", {}, due=False))


def _forgotten(memory: Memory) -> NotEvaluated | None:
    """Why no registration state of the night before is known, where there was such a night."""
    if not memory.as_of or memory.remembered.statuses is not None:
        return None
    lost = memory.remembered.is_lost
    return NotEvaluated("states_lost" if lost else "states_not_kept", {}, due=lost)


def eased(assessed: Assessment, profile: ProfileSection, rules: Collection[Rule]) -> Assessment:
    """The same without the facts that nobody asks for any more: most of what is in memory.

    Verdicts and measures are still asked for, and what `rules` say of single rows. An engine that holds its
    facts elsewhere keeps them.
    """
    if assessed.engine.holds_elsewhere:
        return assessed
    facts = assessed.facts
    evaluated = [one.rule for one in assessed.outcomes if not one.not_evaluated]
    still = [one for one in evaluated if one.id in LOOKED_INTO or looks_beyond(one, assessed.health)]
    wanted = together(
        dict.fromkeys((Subject.DEVICE, Subject.DEVICE_CHANNEL), _OF_VERDICTS),
        asked(facts.columns, profile.device, profile.merchant),
        LOOKED_AT,
        {rule.subject: ALWAYS for rule in (*rules, *still)},
        wanted_of([*still, *rules]),
    )
    frames = {}
    for subject, frame in facts.frames.items():
        if subject in wanted:
            present = frame.collect_schema().names()
            frames[subject] = frame.select(*(name for name in present if name in wanted[subject]))
    return replace(assessed, facts=replace(facts, frames=frames, tables={}))


# of devices, for their verdicts and for what the next night compares with
_OF_VERDICTS = frozenset(
    {"row_id", "device_key", "device_code", "channel", "in_scope", "in_use", "has_registration", "reg_status"}
)


def told_once(assessed: Assessment) -> Assessment:
    """The same with no more of devices in their channels than verdicts and states ask of, told once."""
    facts = assessed.facts
    channels = facts.frames[Subject.DEVICE_CHANNEL]
    names = [name for name in channels.collect_schema().names() if name in _OF_VERDICTS]
    frames = {**facts.frames, Subject.DEVICE_CHANNEL: assessed.engine.staged(channels.select(*names))}
    return replace(assessed, facts=replace(facts, frames=frames))


def statuses_of(assessed: Assessment) -> pa.Table | None:
    """The registration state of each device in each required channel, for the next night to compare with.

    None for more of them than are kept.
    """
    frame = assessed.facts.frames[Subject.DEVICE_CHANNEL]
    rows = assessed.engine.collected(frame.select(rows=nw.len()))["rows"][0].as_py()
    if rows > MAX_STATUSES:
        return None
    listed = nw.when(nw.col("has_registration")).then(nw.col("reg_status")).otherwise(nw.lit("missing"))
    states = frame.select("row_id", "device_key", "device_code", "channel", reg_status=listed)
    kept = assessed.engine.pick(states, ["device_code", "channel"], ["row_id"])
    found = assessed.engine.collected(kept.drop("row_id", "device_code"))
    return found.sort_by([("device_key", "ascending"), ("channel", "ascending")])


def _columns(settings: Settings, feeds: Mapping[str, Feed]) -> dict[str, frozenset[str]]:
    """The recognised columns per feed, as rules may count on them."""
    columns = {name: feed.columns for name, feed in feeds.items()}
    if settings.audit.required_channels == (ANY_CHANNEL,) and columns["registrations"]:
        columns["registrations"] |= {"channel"}  # any will do, so the list need not say which
    return with_transactions(columns)


def with_transactions(columns: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The recognised columns per feed; what the transactions table counts, the ledger need not."""
    counted = columns["transactions"] & {column.name for column in TRANSACTION_COLUMNS}
    return {**columns, "devices": columns["devices"] | counted}


def _health(feed: Feed, about_inputs: Sequence[Outcome], memory: Memory, as_of: date) -> Health:
    """A feed is complete when every file was read and it did not shrink, and fresh when it is not old.

    Of contacts and transactions a file tells no more than when its bytes were first there, whatever its name.
    """
    delivered = feed.configured and all(slot.complete for slot in feed.slots)
    shrunken = any(row["rows"] < row["rows_before"] for row in _flagged("SRC-03", feed, about_inputs))
    complete = delivered and not shrunken
    stale = bool(_flagged("SRC-01", feed, about_inputs))
    exported = {plain(file.name): file.fresh.on for slot in feed.slots for file in slot.usable}
    exported |= {
        plain(file.name): again[file.name].on
        for slot in feed.slots
        if (again := delivered_again(slot, memory))
        for file in slot.usable
        if file.name in again and tells_of_days(file)
    }
    return Health(
        complete,
        complete and not stale,
        "feed_shrunken" if delivered and shrunken else "feed_unusable",
        older={name: day for name, day in exported.items() if day and day < as_of},
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
