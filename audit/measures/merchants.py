"""Merchants with open findings, worst first: a score that can be worked out again, and what they lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine
from audit.intake.repeats import whole
from audit.measures.subjects import Findings, Numbered, numbered
from audit.measures.turnover import NO_TURNOVER, Priced, Turnover, once, totals, turnover_of

MOST = 5_000  # merchants listed; the rest is counted
MAX_SCORE = 100
# subjects that are one device among those of the merchant
_OF_ONE_DEVICE = frozenset({"device", "registration", "row"})
_NOBODYS = "\x1f"  # the key of rows without any


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


@dataclass(frozen=True)
class _Tallies:
    """The findings of each merchant, by its place in `numbers`."""

    numbers: list[str]
    names: list[str]  # as the findings have it, "" where none does
    severities: dict[str, list[int]]  # leading findings by severity
    following: list[int]
    own: np.ndarray  # points of the merchant itself
    of_devices: np.ndarray
    devices: np.ndarray  # that are touched


def merchants_of(
    engine: Engine,
    facts: Facts,
    findings: Findings,
    priced: Priced,
    weights: Mapping[str, float],
    most: int = MOST,
) -> Merchants:
    """Every merchant that an open finding names, the worst first, at most `most` of them."""
    tallies = _tallies(findings, weights)
    numbers = tallies.numbers
    if not numbers:
        return Merchants((), 0, dict(weights))
    turnovers = _turnovers(engine, priced, numbers)
    rows = pc.index_in(pa.array(numbers, pa.string()), value_set=turnovers["merchant_no"].combine_chunks())
    devices = pc.fill_null(turnovers["devices"].combine_chunks().take(rows), 0).to_numpy()
    points = points_of(tallies.own, tallies.of_devices, tallies.devices, devices)
    worst = _worst(points, numbers, most)
    paid = dict(zip(worst, turnovers.take(rows.take(pa.array(worst))).to_pylist(), strict=True))
    files = _files(engine, facts, [numbers[place] for place in worst])
    listed = []
    for place in worst:
        file = files.get(numbers[place], {})
        missing = (file.get("missing_fields") or "").strip(",")
        listed.append(
            Merchant(
                merchant_no=numbers[place],
                merchant_name=file.get("merchant_name") or tallies.names[place],
                score=score_of(float(points[place])),
                severities={word: of[place] for word, of in tallies.severities.items() if of[place]},
                following=tallies.following[place],
                turnover=turnover_of(paid[place]) if paid[place]["merchant_no"] else NO_TURNOVER,
                required=file.get("required_fields"),
                missing=tuple(missing.split(",")) if missing else (),
            )
        )
    return Merchants(tuple(listed), len(numbers), dict(weights))


def _worst(points: np.ndarray, numbers: Sequence[str], most: int) -> list[int]:
    """The places of the most points, those with most first; among as many by number."""
    places = np.arange(len(points))
    if len(points) > most:
        places = np.flatnonzero(points >= np.partition(points, -most)[-most])
    return sorted(places.tolist(), key=lambda place: (-points[place], numbers[place]))[:most]


_Number = float | np.ndarray  # of one merchant, or of each


def points_of(own: _Number, of_devices: _Number, touched: _Number, devices: _Number) -> Any:
    """The weights of a merchant's leading findings, summed up.

    Those of its devices count half where hardly any of its devices in use is touched and whole where all are:
    a shop whose only device fails is worse off than a chain with one such device.
    """
    share = np.where(np.equal(devices, 0), 1.0, np.minimum(1.0, touched / np.maximum(devices, 1)))
    return own + of_devices * (1 + share) / 2


def score_of(points: float) -> int:
    """Points as a whole number up to 100.

    >>> score_of(points_of(15, 40, touched=1, devices=1)), score_of(points_of(0, 40, touched=1, devices=10))
    (55, 22)
    """
    return min(MAX_SCORE, int(points + 0.5))


def _tallies(findings: Findings, weights: Mapping[str, float]) -> _Tallies:
    merchants = findings.merchant_numbers
    count = len(merchants.values)
    named = merchants.numbers >= 0
    follows = findings.leaders >= 0
    leading = np.flatnonzero(named & ~follows)
    severities = findings.numbered("severity")
    weight = np.array([weights.get(word, 0.0) for word in severities.values], float)
    subjects = findings.numbered("subject")
    is_device = np.array([subject in _OF_ONE_DEVICE for subject in subjects.values], bool)

    def of_each(rows: np.ndarray, points: np.ndarray | None = None) -> np.ndarray:
        """Rows per merchant, or their points added up in the order of the rows."""
        return np.bincount(merchants.numbers[rows], points, minlength=count)

    of_devices = leading[is_device[subjects.numbers[leading]]]
    own = leading[~is_device[subjects.numbers[leading]]]
    keys = pc.fill_null(findings.keys, "")
    devices = numbered(pc.if_else(pc.equal(keys, ""), _NOBODYS, keys)).numbers[of_devices]
    pairs = np.unique(merchants.numbers[of_devices] * (1 + devices.max(initial=0)) + devices)
    return _Tallies(
        merchants.values,
        _names(merchants, whole(findings.table["merchant_name"])),
        {
            word: of_each(leading[severities.numbers[leading] == number]).tolist()
            for number, word in enumerate(severities.values)
        },
        of_each(np.flatnonzero(named & follows)).tolist(),
        of_each(own, weight[severities.numbers[own]]),
        of_each(of_devices, weight[severities.numbers[of_devices]]),
        np.bincount(pairs // (1 + devices.max(initial=0)), minlength=count),
    )


def _names(merchants: Numbered, names: pa.Array) -> list[str]:
    """The first name that findings have for each merchant."""
    given = pc.fill_null(pc.not_equal(names, ""), False).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(given & (merchants.numbers >= 0))
    numbers, first = np.unique(merchants.numbers[rows], return_index=True)
    found = [""] * len(merchants.values)
    for number, name in zip(numbers.tolist(), names.take(pa.array(rows[first])).to_pylist(), strict=True):
        found[number] = name
    return found


def _turnovers(engine: Engine, priced: Priced, numbers: list[str]) -> pa.Table:
    """Devices in use and what was paid there, for each of these merchants that has any, and for others."""
    used = priced.rows.filter(nw.col("in_use").fill_null(False))
    own = engine.meeting(engine.named(used, "merchant_no"), engine.frame(_flagged(numbers)), "merchant_no")
    each = once(engine, engine.held(own), "device_code", "merchant_no")
    return engine.collected(each.group_by("merchant_no").agg(**totals(each)))


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
