"""The few figures and lines that the forms of the report lead with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.ledger.lives import CLOSED, EXCUSED, State
from audit.ledger.past import Figures
from audit.report.model import Move, Report
from audit.report.parts import Verdict
from audit.rules import RULES
from audit.rules.model import Owner, Severity
from audit.words import Words

_NEWS = (State.NEW, State.REOPENED)
_GRAVE = 200  # findings of an owner whose titles tell what is gravest
_TITLES = 3


class NightStatus(StrEnum):
    """A night in one word, gravest first."""

    INCOMPLETE = "incomplete"
    FIRST = "first"
    NEW = "new"
    OVERDUE = "overdue"
    UNCHANGED = "unchanged"
    CLEAN = "clean"


def night_status(report: Report) -> NightStatus:
    """The first word that is true of the night."""
    changed = changes(report)
    if report.alarms:
        return NightStatus.INCOMPLETE
    if not len(report.open_rows):
        return NightStatus.CLEAN
    if report.previous is None:
        return NightStatus.FIRST
    if changed[State.NEW] + changed[State.REOPENED]:
        return NightStatus.NEW
    return NightStatus.OVERDUE if report.overdue else NightStatus.UNCHANGED


def headline(report: Report, words: Words) -> str:
    """The night in one sentence."""
    population = report.population
    found = {"open": f"{len(report.open_rows):,}", "devices": f"{report.devices_in(report.open_rows):,}"}
    if report.alarms:
        return words("report.headline_partial", **found)
    if len(report.open_rows) == 0 and population.verdicts[Verdict.COMPLIANT] == population.devices:
        return words("report.headline_clean", devices=f"{population.devices:,}")
    return words("report.headline_open", **found)


def verdict_note(report: Report, words: Words) -> str:
    """How a device gets its one verdict, and how many devices the verdicts leave out, and why."""
    left = [
        f"{words(f'report.{key}')}{words('colon')}{number:,}"
        for key in ("unseen", "out_of_scope", "unnamed", "uncompared")
        if (number := getattr(report.population, key))
    ]
    said = [words("report.verdict_note"), words("clause_mark").join(left)]
    return words("sentence_mark").join(part for part in said if part)


def changes(report: Report) -> dict[str, int]:
    """Findings by what tonight made of them, the news first."""
    counted = report.findings.counted("state", slice(None))
    order = dict.fromkeys((State.NEW, State.REOPENED, State.FIXED, State.OPEN, *State))
    return {state.value: counted.get(state.value, 0) for state in order}


def news(report: Report) -> int:
    """Findings that are new tonight, or back."""
    return int(report.findings["state"].holds(*_NEWS).sum())


def news_label(report: Report, words: Words) -> str:
    """What the figure of `news` is called: those that are back are told apart in the lists below it."""
    back = changes(report)[State.REOPENED]
    return words("page.new_and_back", count=f"{back:,}") if back else words("page.new")


def severities(report: Report) -> dict[str, int]:
    """Open findings by severity, gravest first; what only informs is named where there is some."""
    counted = report.findings.counted("severity", report.open_rows)
    found = {word.value: counted.get(word.value, 0) for word in Severity}
    return {word: count for word, count in found.items() if count or word != Severity.INFO}


def owners(report: Report) -> dict[str, tuple[int, int, int]]:
    """Per owner: open, of those new, and overdue."""
    rows = (report.open_rows, _new_rows(report), report.overdue_rows)
    every, fresh, late = (report.findings.counted("owner", one) for one in rows)
    return {owner.value: (every.get(owner, 0), fresh.get(owner, 0), late.get(owner, 0)) for owner in Owner}


def _new_rows(report: Report) -> npt.NDArray[np.intp]:
    """Open findings that are new tonight, or back."""
    return report.open_rows[report.findings["state"].holds(*_NEWS)[report.open_rows]]


@dataclass(frozen=True)
class Errand:
    """What an owner has to do: open findings; of those not held the next day one is due, and the gravest."""

    owner: str
    open: int
    new: int
    overdue: int
    next_due: date | None
    gravest: tuple[tuple[str, int], ...]


def errands(report: Report) -> list[Errand]:
    """Per owner with open findings, those with the most overdue and then the most open first."""
    asked = report.open_rows[~report.findings["state"].rows(report.open_rows).holds(State.HELD)]
    owner, due, title = (report.findings[name].rows(asked) for name in ("owner", "due_on", "title"))
    days, titles = [*due.values.to_pylist(), None], [*title.values.to_pylist(), None]
    found = []
    for name, (count, new, overdue) in owners(report).items():
        if count:
            own = np.flatnonzero(owner.holds(name))
            dues = (days[place] for place in np.unique(due.at[own]))
            ahead = [day for day in dues if day and day >= report.as_of]
            counted = np.bincount(title.at[own])
            gravest = list(dict.fromkeys(title.at[own[:_GRAVE]].tolist()))[:_TITLES]  # in order of priority
            said = tuple((str(titles[place]), int(counted[place])) for place in gravest)
            found.append(Errand(name, count, new, overdue, min(ahead, default=None), said))
    return sorted(found, key=lambda one: (-one.overdue, -one.open))


def moves(report: Report) -> dict[Move, int]:
    """Findings by what became of them since the night before; the four that readers look for always."""
    counts = np.bincount(report.move.at, minlength=len(report.move.values)).tolist()
    counted = dict(zip(report.move.values.to_pylist(), counts, strict=False))  # the last are the blanks
    always = (Move.WORSE, Move.BACK, Move.NEW, Move.FIXED)
    return {move: counted.get(move, 0) for move in Move if move in always or counted.get(move, 0)}


def worse_rows(report: Report) -> npt.NDArray[np.intp]:
    """The rows of what is graver, back or new since the night before, and demanded of somebody."""
    rows = report.moved_rows
    worse = report.move.rows(rows).holds(Move.WORSE, Move.BACK, Move.NEW, Move.REFUTED)
    return rows[worse & ~report.findings["state"].rows(rows).holds(*CLOSED, *EXCUSED, State.HELD)]


def late_rows(report: Report) -> npt.NDArray[np.intp]:
    """The rows of what is past its due date, longest first."""
    rows, due = report.overdue_rows, report.findings["due_on"]
    days = due.values.cast(pa.int32()).to_numpy()[due.at[rows]]
    return rows[np.argsort(days, kind="stable")]


def by_rule(report: Report) -> list[tuple[str, int, int, str]]:
    """Rules by their open findings, most first: rule, open, of those new, title."""
    titles = {name: rule.title[report.language] for name, rule in RULES.items()}
    counted, new = (report.findings.counted("rule", rows) for rows in (report.open_rows, _new_rows(report)))
    rows = [(rule, count, new.get(rule, 0), titles.get(rule, "")) for rule, count in counted.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def trend_nights(report: Report) -> list[tuple[date, Figures]]:
    """The nights of the trend, without the gaps."""
    return [(day, at) for day, at in report.trend if at is not None]


def hotspots(report: Report, column: str, most: int) -> list[tuple[str, int, int, int]]:
    """The vendors, branches or whoever a column names by open findings: name, open, overdue, devices."""
    rows, named = report.open_rows, report.findings[column]
    names, at = named.values.to_pylist(), named.at[rows]
    counted = np.bincount(at, minlength=len(names) + 1).tolist()
    late = np.bincount(at[report.is_overdue], minlength=len(names) + 1).tolist()
    places = [place for place, name in enumerate(names) if name and counted[place]]
    order = sorted(places, key=lambda place: (-counted[place], names[place]))[:most]
    return [
        (names[place], counted[place], late[place], report.devices_in(rows[at == place])) for place in order
    ]


def channel_states(report: Report, words: Words) -> list[str]:
    """The registration states that occur, in the order the words list them."""
    return [
        state
        for state in words.section("reg_status")
        if any(channel.states.get(state) for channel in report.population.channels)
    ]
