"""What tonight sees of a finding that was open before and is not flagged now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from audit.check import NOT_APPLICABLE, PASSED, Plan, horizon_of, verdict_of
from audit.crosscheck.origins import feeds_behind
from audit.crosscheck.schema import Subject
from audit.rules.model import Rule

if TYPE_CHECKING:  # the ledger, which asks for `Sight` alone, is opened by commands that assess nothing
    from audit.assessment import Assessment


class Sight(StrEnum):
    """What a night saw of a finding."""

    NONE = ""  # it was not told then
    FLAGGED = "flagged"
    PASSED = "passed"
    ABSENT = "absent"  # its subject is no longer delivered
    UNCHECKED = "unchecked"


_FEED_OF = {
    Subject.DEVICE: "devices",
    Subject.DEVICE_CHANNEL: "devices",
    Subject.DEVICE_POLICY: "devices",
    Subject.SITE: "devices",
    Subject.MERCHANT: "merchants",
    Subject.REGISTRATION: "registrations",
    Subject.TRAINING: "training",
    Subject.POLICY: "policies",
}

SCHEMA = pa.schema([("finding_id", pa.string()), ("sight", pa.string())])


def sights_of(
    open_findings: pa.Table, flagged: pa.ChunkedArray, assessed: Assessment, plan: Plan
) -> pa.Table:
    """For every open finding that was not flagged tonight: passed, absent, or not looked at (SCHEMA).

    `open_findings` has finding_id, rule and identity; `flagged` the ids of tonight. Only a rule that was
    evaluated can pass a finding, and only where every feed it looks at is fresh, also one that it can do
    without; only from a complete feed can the subject be absent.
    """
    silent = open_findings.filter(pc.invert(pc.is_in(open_findings["finding_id"], value_set=flagged)))
    able = {
        outcome.rule.id: outcome.rule
        for outcome in assessed.outcomes
        if outcome.not_evaluated is None and _are_fresh(_feeds_of(outcome.rule, assessed), assessed)
    }
    could = pc.is_in(silent["rule"], value_set=pa.array(list(able), pa.string()))
    waiting: dict[str, list[tuple[str, list[str | None]]]] = {}
    sights: dict[str, Sight] = {}
    for row in silent.filter(could).to_pylist():
        identity = json.loads(row["identity"])
        if able[row["rule"]].subject is Subject.ROW and not _are_fresh(identity[1:], assessed):
            sights[row["finding_id"]] = Sight.UNCHECKED
        else:
            waiting.setdefault(row["rule"], []).append((row["finding_id"], identity))
    for rule_id, findings in waiting.items():
        rule = able[rule_id]
        for identifier, identity in findings:
            gone = _is_gone(rule.subject, identity, assessed)
            sights[identifier] = Sight.ABSENT if gone else Sight.UNCHECKED
        sights |= _looked_up(rule, findings, assessed, plan)
    unchecked = silent.filter(pc.invert(could))["finding_id"].combine_chunks()
    looked_at = pa.table([list(sights), [one.value for one in sights.values()]], schema=SCHEMA)
    blind = pa.table([unchecked, pa.repeat(Sight.UNCHECKED.value, len(unchecked))], schema=SCHEMA)
    return pa.concat_tables([looked_at, blind])


def _feeds_of(rule: Rule, assessed: Assessment) -> set[str]:
    """The feeds a rule looks at: those it cannot do without, and of the others what is to be delivered."""
    return {*rule.feeds, *(feeds_behind(rule.subject, rule.columns) & assessed.health.keys())}


def _are_fresh(feeds: Iterable[str], assessed: Assessment) -> bool:
    return all(assessed.health[feed].fresh for feed in feeds)


def _is_gone(subject: Subject, identity: list[str | None], assessed: Assessment) -> bool:
    """Whether a subject that is not there is gone: its feed came whole, and its channel was looked at."""
    if subject in (Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY) and identity[1] not in assessed.channels:
        return False
    feed = identity[1] if subject is Subject.ROW else _FEED_OF.get(subject)
    return feed is None or assessed.health[feed].complete


def _looked_up(
    rule: Rule, findings: list[tuple[str, list[str | None]]], assessed: Assessment, plan: Plan
) -> dict[str, Sight]:
    """The verdict of a rule on the subjects of some findings; the gravest where one has several rows."""
    names = rule.subject.identity
    keys = [f"key_{place}" for place in range(len(names))]
    watched = assessed.engine.frame(
        pa.table(
            {
                "finding_id": pa.array([identifier for identifier, _ in findings], pa.string()),
                **{
                    key: pa.array([identity[place] or "" for _, identity in findings], pa.string())
                    for place, key in enumerate(keys)
                },
            }
        )
    )
    known = {identity[0] or "" for _, identity in findings}
    texts = pa.array([*known, *([None] if "" in known else [])], pa.string())
    # to look at every column of every subject took longer than all the rest for a few findings
    frame = assessed.engine.plain(assessed.engine.among(assessed.facts.frames[rule.subject], names[0], texts))
    columns = frame.collect_schema().names()
    keyed = frame.with_columns(
        **{key: nw.col(name).fill_null("") for key, name in zip(keys, names, strict=True)}
    )
    judged = keyed.join(watched, on=keys, how="inner").with_columns(
        verdict=verdict_of(
            rule, horizon_of(rule, plan.as_of, assessed.health), plan.thresholds.get(rule.id), columns
        )
    )
    found = assessed.engine.collected(judged.select("finding_id", "verdict")).to_pylist()
    result: dict[str, Sight] = {}
    for row in found:
        passed = (
            row["verdict"] in (PASSED, NOT_APPLICABLE)
            and result.get(row["finding_id"]) is not Sight.UNCHECKED
        )
        result[row["finding_id"]] = Sight.PASSED if passed else Sight.UNCHECKED
    return result
