"""How well the estate is kept up: the figures behind the self-audit programme's items.

Rates are what a rule passed among what it could judge; the ledger's own are sums over the nights it holds.
Nothing judged is no figure, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Self

import narwhals.stable.v2 as nw

from audit.check import Health, Outcome
from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine
from audit.rules.inspections import AUD_01, NEXT_DAYS, RISK_LEVELS, cycle_state, risk_level

WINDOW = 90  # days behind the audit date that rates of the ledger and lead times look back
RUNS_WINDOW = 30
# figures that are a rule's passes among what it judged
_PASSED = {
    "heartbeat": "HB-01",
    "inspected": "AUD-01",
    "versions": "DEV-04",
    "trained": "AUD-04",
    "fallback": "RES-01",
}
_FLAGGED = {"failed": "REG-04"}  # and those that count what it flagged
LOOKED_INTO = ("REG-05", "AUD-01")  # rules whose fact columns are looked at here, where they were evaluated


@dataclass(frozen=True)
class Figure:
    """So many of a whole; `amount` is days where the figure has any. Nothing is known where `whole` is 0."""

    part: int
    whole: int
    amount: int | None = None

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """The figure that `asdict` wrote."""
        return cls(int(plain["part"]), int(plain["whole"]), plain.get("amount"))


@dataclass(frozen=True)
class Inspected:
    """The devices to inspect whose merchants are of one risk level, by what the inspections say of them."""

    level: str  # high, medium, low: RISK_LEVELS
    devices: int
    in_cycle: int
    soon: int  # in their cycle, which ends within NEXT_DAYS
    overdue: int
    never: int  # of the overdue those that were never inspected
    unknown: int  # neither an inspection nor a date of installation


@dataclass(frozen=True)
class Upkeep:
    """The figures by name, and the inspections by risk level; empty where no inspections are given."""

    figures: Mapping[str, Figure]
    inspections: tuple[Inspected, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the ledger and for programs."""
        return {
            "figures": {name: asdict(one) for name, one in sorted(self.figures.items())},
            "inspections": [asdict(one) for one in self.inspections],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(
            {name: Figure.from_json(one) for name, one in plain.get("figures", {}).items()},
            tuple(Inspected(**one) for one in plain.get("inspections", ())),
        )


def upkeep_of(
    engine: Engine,
    facts: Facts,
    outcomes: Iterable[Outcome],
    health: Mapping[str, Health],
    ages: Iterable[int | None],
    kept: Mapping[str, Figure],
    as_of: date,
    thresholds: Mapping[str, Mapping[str, float]],
) -> Upkeep:
    """The figures of a night. `ages` are those of its input files, `kept` the figures of `kept_up`."""
    by_rule = {outcome.rule.id: outcome for outcome in outcomes if outcome.not_evaluated is None}
    figures = {
        name: Figure(found.passed, found.passed + found.count)
        for name, rule in _PASSED.items()
        if (found := by_rule.get(rule))
    } | {
        name: Figure(found.count, found.passed + found.count)
        for name, rule in _FLAGGED.items()
        if (found := by_rule.get(rule))
    }
    known = [age for age in ages if age is not None]
    fresh = sum(one.fresh for one in health.values())
    figures["freshness"] = Figure(fresh, len(health), max(known, default=None))
    if "REG-05" in by_rule:
        figures["lead_time"] = _lead_time(engine, facts, as_of)
    inspections = _inspections(engine, facts, as_of, thresholds) if "AUD-01" in by_rule else ()
    return Upkeep({**figures, **kept}, inspections)


def kept_up(nights: Sequence[tuple[date, Mapping[str, Any]]], first: date, as_of: date) -> dict[str, Figure]:
    """What the ledger's own counts say: closure, recurrence, nights run.

    `nights` are those of WINDOW, tonight included, in order; `first` is the first there ever was.
    """
    states = [counts.get("states", {}) for _, counts in nights]
    came = [one.get("new", 0) + one.get("reopened", 0) for one in states]
    owed = (nights[0][1].get("open", 0) if nights else 0) + sum(came[1:])
    closed = sum(one.get("fixed", 0) for one in states[1:])
    days = min(RUNS_WINDOW, (as_of - first).days + 1)
    ran = sum(day > as_of - timedelta(days=days) for day, _ in nights)
    return {
        "closure": Figure(min(closed, owed), owed),
        "recurrence": Figure(sum(one.get("reopened", 0) for one in states), sum(came)),
        "runs": Figure(ran, days),
    }


def _lead_time(engine: Engine, facts: Facts, as_of: date) -> Figure:
    """Days from installation to registration of what was registered lately: the median, and of how many."""
    installed, registered = nw.col("install_date").cast(nw.Date), nw.col("reg_registered_at").cast(nw.Date)
    since = as_of - timedelta(days=WINDOW)
    recent = engine.where(
        facts.frames[Subject.DEVICE_CHANNEL].select("reg_status", installed=installed, registered=registered),
        nw.col("reg_status") == "registered",  # the date of one that is pending or refused completes nothing
        nw.col("registered") > since,
        nw.col("registered") <= as_of,
        ~nw.col("installed").is_null(),
    )
    counted = engine.collected(recent.group_by("installed", "registered").agg(devices=nw.len()))
    days: dict[int, int] = {}
    for row in counted.to_pylist():
        waited = max(0, (row["registered"] - row["installed"]).days)
        days[waited] = days.get(waited, 0) + int(row["devices"])
    return Figure(0, sum(days.values()), _median(days))


def _median(counts: Mapping[int, int]) -> int | None:
    """The lower median of values that occur so often; None of nothing."""
    left = (sum(counts.values()) + 1) // 2
    for value, count in sorted(counts.items()):
        left -= count
        if left <= 0:
            return value
    return None


def _inspections(
    engine: Engine, facts: Facts, as_of: date, thresholds: Mapping[str, Mapping[str, float]]
) -> tuple[Inspected, ...]:
    """The devices that AUD-01 looks at, by the risk level of their merchants."""
    assert isinstance(AUD_01.applies, nw.Expr)
    night = AUD_01.night(as_of, thresholds.get(AUD_01.id))
    watched = engine.where(facts.frames[Subject.DEVICE], AUD_01.applies).select(
        level=risk_level(), state=cycle_state(night)
    )
    counted = engine.collected(watched.group_by("level", "state").agg(devices=nw.len()))
    found: dict[str, dict[str, int]] = {}
    for row in counted.to_pylist():
        found.setdefault(row["level"], {})[row["state"]] = int(row["devices"])
    return tuple(
        Inspected(
            level,
            sum(states.values()),
            states.get("in_cycle", 0) + states.get("soon", 0),
            states.get("soon", 0),
            states.get("overdue", 0) + states.get("never", 0),
            states.get("never", 0),
            states.get("unknown", 0),
        )
        for level in RISK_LEVELS
        if (states := found.get(level))
    )


__all__ = ["NEXT_DAYS", "RUNS_WINDOW", "WINDOW", "Figure", "Inspected", "Upkeep", "kept_up", "upkeep_of"]
