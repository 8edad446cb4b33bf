"""Merchants with open findings, worst first: a score that can be worked out again, and what they lack."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine
from audit.measures.impact import COLUMNS
from audit.measures.turnover import NO_TURNOVER, Turnover, once, priced, totals, turnover_of

MOST = 5_000  # merchants listed; the rest is counted
MAX_SCORE = 100
# subjects that are one device among those of the merchant
_OF_ONE_DEVICE = frozenset({"device", "registration", "row"})


@dataclass(frozen=True)
class Merchant:
    """A merchant with open findings."""

    merchant_no: str
    merchant_name: str
    score: int  # 0 to 100, see `score_of`
    severities: Mapping[str, int]  # leading findings by severity
    following: int  # findings led by another
    turnover: Turnover  # of its devices in use
    required: int | None  # fields its file must have; None where the list does not have the merchant
    missing: tuple[str, ...]  # canonical columns

    @property
    def open(self) -> int:
        """Open findings, following ones included."""
        return sum(self.severities.values()) + self.following

    @property
    def complete(self) -> float | None:
        """Filled among required fields, 0 to 1."""
        return (self.required - len(self.missing)) / self.required if self.required else None


@dataclass(frozen=True)
class Merchants:
    """The worst merchants, and how many there are with findings."""

    listed: tuple[Merchant, ...]
    total: int
    weights: Mapping[str, float]

    @property
    def left_out(self) -> int:
        """Merchants with findings that are not listed."""
        return self.total - len(self.listed)


@dataclass
class _Tally:
    """A merchant's findings while they are counted."""

    name: str = ""
    severities: Counter[str] = field(default_factory=Counter)
    following: int = 0
    own: float = 0.0  # points of the merchant itself
    of_devices: float = 0.0
    devices: set[str] = field(default_factory=set)


def merchants_of(
    engine: Engine, facts: Facts, findings: pa.Table, weights: Mapping[str, float], most: int = MOST
) -> Merchants:
    """Every merchant that an open finding names, the worst first, at most `most` of them."""
    tallies = _tallies(findings.select(list(COLUMNS)).to_pylist(), weights)
    turnovers = _turnovers(engine, facts, sorted(tallies))
    points = {
        number: points_of(tally.own, tally.of_devices, len(tally.devices), turnovers[number].devices)
        for number, tally in tallies.items()
    }
    worst = sorted(tallies, key=lambda number: (-points[number], number))[:most]
    files = _files(engine, facts, worst)
    listed = []
    for number in worst:
        tally, file = tallies[number], files.get(number, {})
        missing = (file.get("missing_fields") or "").strip(",")
        listed.append(
            Merchant(
                merchant_no=number,
                merchant_name=file.get("merchant_name") or tally.name,
                score=score_of(points[number]),
                severities=dict(tally.severities),
                following=tally.following,
                turnover=turnovers[number],
                required=file.get("required_fields"),
                missing=tuple(missing.split(",")) if missing else (),
            )
        )
    return Merchants(tuple(listed), len(tallies), dict(weights))


def points_of(own: float, of_devices: float, touched: int, devices: int) -> float:
    """The weights of a merchant's leading findings, summed up.

    Those of its devices count half where hardly any of its devices in use is touched and whole where all are:
    a shop whose only device fails is worse off than a chain with one such device.
    """
    share = min(1.0, touched / devices) if devices else 1.0
    return own + of_devices * (1 + share) / 2


def score_of(points: float) -> int:
    """Points as a whole number up to 100.

    >>> score_of(points_of(15, 40, touched=1, devices=1)), score_of(points_of(0, 40, touched=1, devices=10))
    (55, 22)
    """
    return min(MAX_SCORE, int(points + 0.5))


def _tallies(findings: Iterable[Mapping[str, Any]], weights: Mapping[str, float]) -> dict[str, _Tally]:
    rows = list(findings)
    standing = {row["finding_id"] for row in rows}
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for row in rows:
        if not row["merchant_no"]:
            continue
        tally = tallies[row["merchant_no"]]
        tally.name = tally.name or row["merchant_name"] or ""
        if row["led_by"] in standing:
            tally.following += 1
            continue
        tally.severities[row["severity"]] += 1
        weight = weights.get(row["severity"], 0.0)
        if row["subject"] in _OF_ONE_DEVICE:
            tally.of_devices += weight
            tally.devices.add(json.loads(row["identity"])[0])
        else:
            tally.own += weight
    return tallies


def _turnovers(engine: Engine, facts: Facts, numbers: list[str]) -> dict[str, Turnover]:
    """Devices in use and what was paid there, for each of these merchants."""
    found = dict.fromkeys(numbers, NO_TURNOVER)
    if not numbers:
        return found
    wanted = engine.frame(_flagged(numbers))
    rows = priced(facts).filter(nw.col("in_use").fill_null(False), ~nw.col("merchant_no").is_null())
    own = engine.attach(engine.held(rows), wanted, "merchant_no").filter(nw.col("listed").fill_null(False))
    each = once(engine, engine.held(own), "merchant_no", "device_key")
    sums = engine.collected(each.group_by("merchant_no").agg(**totals()))
    return found | {row["merchant_no"]: turnover_of(row) for row in sums.to_pylist()}


def _files(engine: Engine, facts: Facts, numbers: list[str]) -> dict[str, dict[str, Any]]:
    """What the merchant list says of these merchants, by number."""
    frame = facts.frames.get(Subject.MERCHANT)
    if frame is None or not numbers:
        return {}
    present = frame.collect_schema().names()
    names = ("merchant_name", "missing_fields", "required_fields")
    rows = frame.select("row_id", "merchant_no", *(name for name in names if name in present))
    own = engine.attach(rows, engine.frame(_flagged(numbers)), "merchant_no")
    own = engine.held(own.filter(nw.col("listed").fill_null(False)))
    first = engine.collected(engine.pick(own, ["merchant_no"], ["row_id"]))
    return {row["merchant_no"]: row for row in first.to_pylist()}


def _flagged(numbers: list[str]) -> pa.Table:
    return pa.table(
        {"merchant_no": pa.array(numbers, pa.string()), "listed": pa.array([True] * len(numbers))}
    )
