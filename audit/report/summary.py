"""The few figures and lines that every form of the report leads with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audit.ledger.lifecycle import State
from audit.report.model import Report, Verdict
from audit.rules.model import Owner, Rule, Severity
from audit.words import Words


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
    if not len(report.open):
        return NightStatus.CLEAN
    if report.previous is None:
        return NightStatus.FIRST
    if changed[State.NEW] + changed[State.REOPENED]:
        return NightStatus.NEW
    return NightStatus.OVERDUE if report.overdue else NightStatus.UNCHANGED


def headline(report: Report, words: Words) -> str:
    """The night in one sentence."""
    population = report.population
    if report.alarms:
        return words("report.headline_incomplete")
    if len(report.open) == 0 and population.verdicts[Verdict.COMPLIANT] == population.devices:
        return words("report.headline_clean", devices=population.devices)
    return words("report.headline_open", open=len(report.open), devices=_devices(report))


def _devices(report: Report) -> int:
    """Devices with an open finding."""
    devices = report.open[report.open["subject"] == "device"]
    named = devices["serial_no"].notna()
    without_serial = devices[~named][["merchant_no", "terminal_id"]].drop_duplicates()
    return int(devices[named]["serial_no"].nunique()) + len(without_serial)


def changes(report: Report) -> dict[str, int]:
    """Findings by what tonight made of them, the news first."""
    counted = report.findings["state"].value_counts()
    order = dict.fromkeys((State.NEW, State.REOPENED, State.FIXED, State.OPEN, *State))
    return {state.value: int(counted.get(state.value, 0)) for state in order}


def news(report: Report) -> int:
    """Findings that are new tonight, or back."""
    return int(report.findings["state"].isin([State.NEW, State.REOPENED]).sum())


def severities(report: Report) -> dict[str, int]:
    """Open findings by severity, gravest first, all severities named."""
    counted = report.open["severity"].value_counts()
    return {word.value: int(counted.get(word.value, 0)) for word in Severity if word is not Severity.INFO}


def owners(report: Report) -> dict[str, tuple[int, int, int]]:
    """Per owner: open, of those new, and overdue."""
    found = {}
    for owner in Owner:
        own = report.open[report.open["owner"] == owner.value]
        new = own["state"].isin([State.NEW, State.REOPENED]).sum()
        found[owner.value] = (len(own), int(new), int(report.is_overdue[own.index].sum()))
    return found


def top_findings(report: Report, most: int) -> list[dict[str, Any]]:
    """The open findings to look at first."""
    return report.open.head(most).to_dict("records")  # type: ignore[return-value]


def channel_states(report: Report, words: Words) -> list[str]:
    """The registration states that occur, in the order the words list them."""
    return [
        state
        for state in words.section("reg_status")
        if any(channel.states.get(state) for channel in report.population.channels)
    ]


@dataclass(frozen=True)
class RuleCount:
    """A rule and its open findings."""

    rule: Rule
    count: int


def open_by_rule(report: Report) -> list[RuleCount]:
    """The rules with open findings, most first."""
    counted = report.open["rule"].value_counts()
    found = [RuleCount(line.rule, int(counted.get(line.rule.id, 0))) for line in report.rules]
    return sorted((one for one in found if one.count), key=lambda one: (-one.count, one.rule.id))


@dataclass(frozen=True)
class BarPart:
    """A part of the bar of verdicts, in thousandths of its length."""

    verdict: Verdict
    count: int
    left: float
    width: float


def verdict_bar(report: Report) -> list[BarPart]:
    """The devices by verdict as parts of one bar; a part that would not be seen gets three thousandths."""
    counts = {verdict: count for verdict, count in report.population.verdicts.items() if count}
    widths = {
        verdict: max(3.0, 1000 * count / report.population.devices) for verdict, count in counts.items()
    }
    scale = 1000 / sum(widths.values(), start=0.0) if widths else 0.0
    parts, left = [], 0.0
    for verdict, count in counts.items():
        width = widths[verdict] * scale
        parts.append(BarPart(verdict, count, round(left, 2), round(width, 2)))
        left += width
    return parts
