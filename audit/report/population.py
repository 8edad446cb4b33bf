"""The verdict of each device, and the state of each channel, from facts and outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from audit.assessment import Assessment
from audit.check import Outcome, beyond_file, horizon_of, looks_beyond
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame
from audit.report.parts import Channel, Population, Verdict

Thresholds = Mapping[str, Mapping[str, float]]  # by rule

_REGISTERED = "REG-01"
_DEVICES = (Subject.DEVICE, Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY)


def population_of(
    assessed: Assessment, thresholds: Thresholds, as_of: date, rows: int | None = None
) -> Population:
    """Each device once, under the gravest of its findings' categories.

    A device without a finding is compliant when every check of devices that was due was made and its
    registration stands; one whose registration is still pending deserves attention; one that could not
    be checked is not evaluated, and neither is one that was in order when its ledger was exported and may
    not be any more.
    `rows` is the number of ledger rows, those without any identifier included; None where all are named.
    """
    engine, facts, outcomes = assessed.engine, assessed.facts, assessed.outcomes
    device = engine.staged(facts.frames[Subject.DEVICE].select("device_key", "device_code", "in_scope"))
    listed = _listed(facts.frames[Subject.DEVICE_CHANNEL])
    named = _count(engine, device)
    scoped = device.filter(nw.col("in_scope").fill_null(True))
    judged = engine.attach(scoped, engine.frame(_flagged_categories(outcomes)), "device_key")
    verdict: nw.Expr = nw.lit(Verdict.NOT_EVALUATED.value)
    unseen = 0
    if _was_evaluated(outcomes):
        judged = _marked(engine, judged, _unsure(listed), "unsure")
        judged = _marked(engine, judged, _pending(listed), "pending")
        verdict = (
            nw.when(nw.col("pending"))
            .then(nw.lit(Verdict.ATTENTION.value))
            .otherwise(nw.lit(Verdict.COMPLIANT.value))
        )
        unknown = nw.col("unsure")
        if (beyond := _beyond(assessed, thresholds, as_of)) is not None:
            judged = _marked(engine, judged, beyond, "beyond")
            is_unseen = nw.col("beyond") & ~nw.col("unsure") & ~nw.col("pending")
            unseen = _count(
                engine, engine.distinct(judged.filter(nw.col("verdict").is_null() & is_unseen), "device_code")
            )
            unknown = unknown | is_unseen
        verdict = nw.when(unknown).then(nw.lit(Verdict.NOT_EVALUATED.value)).otherwise(verdict)
    told = judged.select("device_code", verdict=nw.coalesce(nw.col("verdict"), verdict))
    counted = engine.distinct(told, "device_code", "verdict").group_by("verdict").agg(devices=nw.len())
    found = engine.collected(counted).to_pylist()
    verdicts = dict.fromkeys(Verdict, 0) | {Verdict(row["verdict"]): int(row["devices"]) for row in found}
    outside = _count(engine, engine.distinct(device.filter(~nw.col("in_scope")), "device_code"))
    unnamed = 0 if rows is None else rows - named
    return Population(verdicts, outside, unnamed, facts.uncompared, unseen, _channels(engine, listed))


def _beyond(assessed: Assessment, thresholds: Thresholds, as_of: date) -> Frame | None:
    """The devices of which a rule would say something, had it happened before their ledger was exported.

    A registration that is pending is told by its own verdict, however old its list is.
    """
    engine, frame = assessed.engine, assessed.facts.frames[Subject.DEVICE]
    names = frame.collect_schema().names()
    rules = [
        one.rule
        for one in assessed.outcomes
        if one.rule.subject is Subject.DEVICE
        and not one.not_evaluated
        and looks_beyond(one.rule, assessed.health)
    ]
    if not rules:
        return None
    asked = {
        f"beyond_{rule.id}": beyond_file(
            rule, horizon_of(rule, as_of, assessed.health), thresholds.get(rule.id), names
        )
        for rule in rules
    }
    judged = engine.judged(frame, **asked)
    return engine.stacked([judged.filter(nw.col(mark)).select("device_code") for mark in asked])


def _was_evaluated(outcomes: Sequence[Outcome]) -> bool:
    about_devices = [outcome for outcome in outcomes if outcome.rule.subject in _DEVICES]
    missed = any(outcome.not_evaluated and outcome.not_evaluated.due for outcome in about_devices)
    return not missed and any(
        outcome.rule.id == _REGISTERED and not outcome.not_evaluated for outcome in about_devices
    )


def _flagged_categories(outcomes: Sequence[Outcome]) -> pa.Table:
    """The flagged devices, each with the gravest of its findings' categories as its verdict."""
    gravest: dict[str, str] = {}
    for verdict in reversed(Verdict):  # what is written last stays
        for outcome in outcomes:
            is_own = outcome.rule.subject in _DEVICES and outcome.rule.category.value == verdict.value
            if is_own and outcome.flagged:
                keys = pc.unique(outcome.flagged["device_key"]).to_pylist()
                gravest.update(dict.fromkeys(keys, verdict.value))
    return pa.table(
        {
            "device_key": pa.array(list(gravest), pa.string()),
            "verdict": pa.array(list(gravest.values()), pa.string()),
        }
    )


def _marked(engine: Engine, devices: Frame, some: Frame, name: str) -> Frame:
    """The devices with a column that says which of them are among some."""
    keys = engine.distinct(some, "device_code")
    marks = keys.with_columns(~nw.col("device_code").is_null().alias(name))
    return engine.attach(devices, marks, "device_code").with_columns(nw.col(name).fill_null(False))


def _listed(devices: Frame) -> Frame:
    """Devices in their channels; what is registered for another device is not their status."""
    own = nw.col("has_registration") | (nw.col("reg_status") == "unknown").fill_null(False)
    return devices.select(
        *("device_code", "channel", "in_scope", "in_use"), reg_status=nw.when(own).then(nw.col("reg_status"))
    )


def _unsure(listed: Frame) -> Frame:
    unknown = nw.col("in_use").is_null() | (nw.col("reg_status") == "unknown").fill_null(False)
    return listed.filter(nw.col("in_scope").fill_null(True) & unknown)


def _pending(listed: Frame) -> Frame:
    return listed.filter(nw.col("in_scope").fill_null(False) & (nw.col("reg_status") == "pending"))


def _channels(engine: Engine, listed: Frame) -> tuple[Channel, ...]:
    frame = listed.filter(nw.col("in_scope").fill_null(True))
    states = frame.with_columns(state=nw.col("reg_status").fill_null("missing")).group_by("channel", "state")
    counted = engine.collected(states.agg(devices=nw.len()))
    channels: dict[str, dict[str, int]] = {}
    for row in counted.sort_by([("channel", "ascending"), ("state", "ascending")]).to_pylist():
        channels.setdefault(row["channel"], {})[row["state"]] = int(row["devices"])
    return tuple(Channel(name, states) for name, states in channels.items())


def _count(engine: Engine, frame: Frame) -> int:
    return int(engine.collected(frame.select(rows=nw.len()))["rows"][0].as_py())
