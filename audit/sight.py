"""What tonight sees of a finding that was open before and is not flagged now."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from audit.check import NOT_APPLICABLE, PASSED, Plan, horizon_of, verdict_of
from audit.crosscheck.origins import KEYS, OWN_FEED, Origins, origins_of
from audit.crosscheck.schema import Subject
from audit.rules.model import Rule

if TYPE_CHECKING:  # the ledger, which asks for `Sight` alone, is opened by commands that assess nothing
    from audit.assessment import Assessment


class Sight(StrEnum):
    """What a night saw of a finding."""

    NONE = ""  # it was not told then
    FLAGGED = "flagged"
    PASSED = "passed"
    ARRIVED = "arrived"  # it passed because the day it warned of has come
    ABSENT = "absent"  # its subject is no longer delivered
    UNCHECKED = "unchecked"


_FEED_OF = {**OWN_FEED, Subject.SITE: "devices"}

SCHEMA = pa.schema([("finding_id", pa.string()), ("sight", pa.string())])


def sights_of(
    open_findings: pa.Table, flagged: pa.ChunkedArray, assessed: Assessment, plan: Plan
) -> pa.Table:
    """What is seen of every open finding that was not flagged tonight (SCHEMA).

    `open_findings` has finding_id, rule, identity and seen_until; `flagged` the ids of tonight. Only a rule
    that was evaluated can pass a finding, and only where every feed it looks at is fresh and has the columns
    that it had when the finding was last seen, also those that the rule can do without; only from a complete
    feed can the subject be absent.
    """
    silent = open_findings.filter(pc.invert(pc.is_in(open_findings["finding_id"], value_set=flagged)))
    able = {
        outcome.rule.id: (outcome.rule, origins)
        for outcome in assessed.outcomes
        if outcome.not_evaluated is None
        and _are_fresh(
            _feeds_of(outcome.rule, origins := _origins_of(outcome.rule, assessed), assessed), assessed
        )
        and _is_whole(outcome.rule, assessed)
    }
    could = pc.is_in(silent["rule"], value_set=pa.array(list(able), pa.string()))
    waiting: dict[str, list[_Waiting]] = {}
    sights: dict[str, Sight] = {}
    for row in silent.select(_ASKED_OF).filter(could).to_pylist():
        identity = json.loads(row["identity"])
        rule, origins = able[row["rule"]]
        seen = row["seen_until"] or assessed.lost.night
        if (rule.subject is Subject.ROW and not _are_fresh(identity[1:], assessed)) or _is_since(
            assessed.lost.in_lists(origins.lists), seen
        ):
            sights[row["finding_id"]] = Sight.UNCHECKED
        else:
            waiting.setdefault(row["rule"], []).append(_Waiting(row["finding_id"], identity, seen))
    for rule_id, findings in waiting.items():
        rule, origins = able[rule_id]
        for one in findings:
            gone = _is_gone(rule.subject, one, origins, assessed)
            sights[one.finding_id] = Sight.ABSENT if gone else Sight.UNCHECKED
        sights |= _looked_up(rule, findings, origins, assessed, plan)
    unchecked = silent.filter(pc.invert(could))["finding_id"].combine_chunks()
    looked_at = pa.table([list(sights), [one.value for one in sights.values()]], schema=SCHEMA)
    blind = pa.table([unchecked, pa.repeat(Sight.UNCHECKED.value, len(unchecked))], schema=SCHEMA)
    return pa.concat_tables([looked_at, blind])


_ASKED_OF = ["finding_id", "rule", "identity", "seen_until"]


@dataclass(frozen=True)
class _Waiting:
    """An open finding that was not flagged: its subject, and the last night that flagged it."""

    finding_id: str
    identity: list[str | None]
    seen: date | None


def _origins_of(rule: Rule, assessed: Assessment) -> Origins:
    return origins_of(rule.subject, rule.columns, rule.asked, assessed.profile)


def _feeds_of(rule: Rule, origins: Origins, assessed: Assessment) -> set[str]:
    """The feeds a rule looks at: those it cannot do without, and of the others what is to be delivered."""
    return {*rule.feeds, *(origins.lists.keys() & assessed.health.keys())}


def _are_fresh(feeds: Iterable[str], assessed: Assessment) -> bool:
    """A feed that is not configured any more is none that tells."""
    return all(feed in assessed.health and assessed.health[feed].fresh for feed in feeds)


def _is_whole(rule: Rule, assessed: Assessment) -> bool:
    """Whether the list of the subjects is all there: of two lines of one, that at fault may be gone."""
    feed = _FEED_OF.get(rule.subject, "")
    return feed not in assessed.health or assessed.health[feed].complete


def _is_since(came: date | None, seen: date | None) -> bool:
    """Whether what is lost came on the night that last flagged a finding, or after it."""
    return came is not None and seen is not None and came >= seen


def _is_gone(subject: Subject, one: _Waiting, origins: Origins, assessed: Assessment) -> bool:
    """Whether a subject that is not there is gone: its feed came whole, and its channel was looked at."""
    if (
        subject in (Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY)
        and one.identity[1] not in assessed.channels
    ):
        return False
    feed = one.identity[1] if subject is Subject.ROW else _FEED_OF.get(subject)
    if feed is None:
        return True
    lost = assessed.lost.in_lists({feed: origins.own.union(KEYS)})
    return assessed.health[feed].complete and not _is_since(lost, one.seen)


def _looked_up(
    rule: Rule, findings: list[_Waiting], origins: Origins, assessed: Assessment, plan: Plan
) -> dict[str, Sight]:
    """The verdict of a rule on the subjects of some findings; the gravest where one has several rows."""
    seen = {one.finding_id: one.seen for one in findings}
    result: dict[str, Sight] = {}
    for row in _judged(rule, findings, assessed, plan).to_pylist():
        name = row["finding_id"]
        lost = assessed.lost.in_file(row.get("source_file") or "", origins.own)
        unsure = (
            row["verdict"] not in (PASSED, NOT_APPLICABLE)
            or _is_since(lost, seen[name])
            or not origins.own.isdisjoint((row.get("rejected") or "").split(","))
            # of a model that the table no longer has nothing is known
            or ("model_listed" in rule.columns and row["model_listed"] is False)
        )
        passed = Sight.ARRIVED if row["arrived"] and row["verdict"] == PASSED else Sight.PASSED
        sight = Sight.UNCHECKED if unsure else passed
        result[name] = min(sight, result.get(name, sight), key=_GRAVEST.index)
    return result


def _judged(rule: Rule, findings: list[_Waiting], assessed: Assessment, plan: Plan) -> pa.Table:
    """Per row of the findings' subjects: finding_id, verdict, arrived, and what may make it worth nothing."""
    engine, names = assessed.engine, rule.subject.identity
    keys = [f"key_{place}" for place in range(len(names))]
    identities = {
        key: pa.array([one.identity[place] or "" for one in findings], pa.string())
        for place, key in enumerate(keys)
    }
    watched = pa.table(
        {
            "finding_id": pa.array([one.finding_id for one in findings], pa.string()),
            "seen": pa.array([one.seen for one in findings], pa.date32()),
            **identities,
        }
    )
    known = {one.identity[0] or "" for one in findings}
    texts = pa.array([*known, *([None] if "" in known else [])], pa.string())
    # to look at every column of every subject took longer than all the rest for a few findings
    frame = engine.plain(engine.among(assessed.facts.frames[rule.subject], names[0], texts))
    columns = frame.collect_schema().names()
    keyed = frame.with_columns(
        **{key: nw.col(name).fill_null("") for key, name in zip(keys, names, strict=True)}
    )
    horizon = horizon_of(rule, plan.as_of, assessed.health)
    judged = keyed.join(engine.frame(watched), on=keys, how="inner").with_columns(
        verdict=verdict_of(rule, horizon, plan.thresholds.get(rule.id), columns),
        arrived=_has_come(rule.foretells, plan.as_of),
    )
    told = [name for name in ("source_file", "rejected", "model_listed") if name in columns]
    return engine.collected(judged.select("finding_id", "verdict", "arrived", *told))


_GRAVEST = (Sight.UNCHECKED, Sight.ARRIVED, Sight.PASSED)


def _has_come(days: Iterable[nw.Expr], as_of: date) -> nw.Expr:
    """Whether a day has come since the night that last flagged a finding, it included."""
    came = [((nw.col("seen") <= day) & (day <= as_of)).fill_null(False) for day in days]
    return reduce(operator.or_, came, nw.lit(False))
