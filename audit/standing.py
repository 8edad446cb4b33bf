"""What tonight says of a finding that was open before and is not flagged now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.assessment import Assessment
from audit.check import NOT_APPLICABLE, PASSED, Plan, verdict_of
from audit.crosscheck.schema import Subject
from audit.rules.model import Rule


class Standing(StrEnum):
    """What tonight says of a finding that was open and is not flagged now."""

    PASSED = "passed"
    ABSENT = "absent"
    UNCHECKED = "unchecked"


_FEED_OF = {
    Subject.DEVICE: "devices",
    Subject.DEVICE_CHANNEL: "devices",
    Subject.MERCHANT: "merchants",
    Subject.REGISTRATION: "registrations",
}


def standing_of(
    open_findings: pa.Table, flagged: Iterable[str], assessed: Assessment, plan: Plan
) -> dict[str, Standing]:
    """For every open finding that was not flagged tonight: passed, absent, or not looked at.

    Only a rule that was evaluated on fresh feeds can pass a finding, and only a complete feed can miss it.
    """
    tonight = set(flagged)
    evaluated = {
        outcome.rule.id: outcome.rule for outcome in assessed.outcomes if outcome.not_evaluated is None
    }
    standing: dict[str, Standing] = {}
    waiting: dict[str, list[tuple[str, list[str | None]]]] = {}
    for row in open_findings.to_pylist():
        if row["finding_id"] in tonight:
            continue
        rule = evaluated.get(row["rule"])
        if rule is None or not all(assessed.health[feed].fresh for feed in rule.feeds):
            standing[row["finding_id"]] = Standing.UNCHECKED
        else:
            waiting.setdefault(rule.id, []).append((row["finding_id"], json.loads(row["identity"])))
    for rule_id, findings in waiting.items():
        rule = evaluated[rule_id]
        feed = _FEED_OF.get(rule.subject)
        gone = Standing.ABSENT if feed is None or assessed.health[feed].complete else Standing.UNCHECKED
        standing |= {identifier: gone for identifier, _ in findings}
        standing |= _looked_up(rule, findings, assessed, plan)
    return standing


def _looked_up(
    rule: Rule, findings: list[tuple[str, list[str | None]]], assessed: Assessment, plan: Plan
) -> dict[str, Standing]:
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
    frame = assessed.facts.frames[rule.subject]
    columns = frame.collect_schema().names()
    keyed = frame.with_columns(
        **{key: nw.col(name).fill_null("") for key, name in zip(keys, names, strict=True)}
    )
    judged = keyed.join(watched, on=keys, how="inner").with_columns(
        verdict=verdict_of(rule, plan.as_of, plan.thresholds.get(rule.id), columns)
    )
    found = assessed.engine.collected(judged.select("finding_id", "verdict")).to_pylist()
    result: dict[str, Standing] = {}
    for row in found:
        passed = (
            row["verdict"] in (PASSED, NOT_APPLICABLE)
            and result.get(row["finding_id"]) is not Standing.UNCHECKED
        )
        result[row["finding_id"]] = Standing.PASSED if passed else Standing.UNCHECKED
    return result
