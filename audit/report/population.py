"""The verdict of each device, and the state of each channel, from facts and outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from audit.check import Outcome
from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.report.model import Channel, Population, Verdict

Frame = nw.LazyFrame[Any]
_REGISTERED = "REG-01"
_DEVICES = (Subject.DEVICE, Subject.DEVICE_CHANNEL)


def population_of(facts: Facts, outcomes: Sequence[Outcome], rows: int) -> Population:
    """Each device once, under the gravest of its findings' categories.

    A device without a finding is compliant when every check of devices that was due was made and its
    registration stands; one whose registration is still pending deserves attention; one that could not
    be checked is not evaluated.
    `rows` is the number of ledger rows, those without any identifier included.
    """
    device = facts.frames[Subject.DEVICE]
    named = _count(device)
    scoped = device.filter(nw.col("in_scope").fill_null(True)).select("device_key").unique()
    total = _count(scoped)
    flagged = _flagged_categories(outcomes)
    verdicts = dict.fromkeys(Verdict, 0)
    keys_in_scope = _among(scoped, flagged)
    for key in keys_in_scope:
        verdicts[flagged[key]] += 1
    unsure = _keys(_unsure(facts)) - set(flagged)
    pending = _keys(_pending(facts)) - set(flagged) - unsure
    rest = total - len(keys_in_scope)
    if not _was_evaluated(outcomes):
        verdicts[Verdict.NOT_EVALUATED] = rest
    else:
        verdicts[Verdict.NOT_EVALUATED] = len(unsure)
        verdicts[Verdict.ATTENTION] += len(pending)
        verdicts[Verdict.COMPLIANT] = rest - len(unsure) - len(pending)
    outside = _count(device.filter(~nw.col("in_scope")).select("device_key").unique())
    return Population(verdicts, outside, rows - named, _channels(facts))


def _was_evaluated(outcomes: Sequence[Outcome]) -> bool:
    about_devices = [outcome for outcome in outcomes if outcome.rule.subject in _DEVICES]
    missed = any(outcome.not_evaluated and outcome.not_evaluated.due for outcome in about_devices)
    return not missed and any(
        outcome.rule.id == _REGISTERED and not outcome.not_evaluated for outcome in about_devices
    )


def _flagged_categories(outcomes: Sequence[Outcome]) -> dict[str, Verdict]:
    """The gravest category among the findings of each flagged device."""
    order = list(Verdict)
    gravest: dict[str, Verdict] = {}
    for outcome in outcomes:
        if outcome.rule.subject not in _DEVICES or not outcome.flagged:
            continue
        verdict = Verdict(outcome.rule.category.value)
        for key in pc.unique(outcome.flagged["device_key"]).to_pylist():
            if key not in gravest or order.index(verdict) < order.index(gravest[key]):
                gravest[key] = verdict
    return gravest


def _among(scoped: Frame, flagged: dict[str, Verdict]) -> set[str]:
    """The flagged devices that are in scope."""
    keys = scoped.filter(nw.col("device_key").is_in(list(flagged))) if flagged else scoped.head(0)
    return _keys(keys)


def _unsure(facts: Facts) -> Frame:
    frame = facts.frames[Subject.DEVICE_CHANNEL]
    unknown = nw.col("in_use").is_null() | (nw.col("reg_status") == "unknown").fill_null(False)
    return frame.filter(nw.col("in_scope").fill_null(True) & unknown)


def _pending(facts: Facts) -> Frame:
    frame = facts.frames[Subject.DEVICE_CHANNEL]
    return frame.filter(nw.col("in_scope").fill_null(False) & (nw.col("reg_status") == "pending"))


def _channels(facts: Facts) -> tuple[Channel, ...]:
    frame = facts.frames[Subject.DEVICE_CHANNEL].filter(nw.col("in_scope").fill_null(True))
    counted = (
        frame.with_columns(state=nw.col("reg_status").fill_null("missing"))
        .group_by("channel", "state")
        .agg(devices=nw.len())
        .collect("pyarrow")
        .to_arrow()
        .sort_by([("channel", "ascending"), ("state", "ascending")])
    )
    channels: dict[str, dict[str, int]] = {}
    for row in counted.to_pylist():
        channels.setdefault(row["channel"], {})[row["state"]] = int(row["devices"])
    return tuple(Channel(name, states) for name, states in channels.items())


def _keys(frame: Frame) -> set[str]:
    found: pa.Table = frame.select("device_key").unique().collect("pyarrow").to_arrow()
    return set(found["device_key"].to_pylist())


def _count(frame: Frame) -> int:
    counted: pa.Table = frame.select(rows=nw.len()).collect("pyarrow").to_arrow()
    return int(counted["rows"][0].as_py())
