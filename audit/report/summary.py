"""The few figures and lines that every form of the report leads with."""

from __future__ import annotations

from typing import Any

from audit.ledger.lifecycle import State
from audit.report.model import Report, Verdict
from audit.rules.model import Owner, Severity
from audit.words import Words


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


def top_merchants(report: Report, most: int) -> list[tuple[str, str, int]]:
    """Merchants with most open findings: number, name, count."""
    named = report.open[report.open["merchant_no"].notna()]
    counted = named.groupby("merchant_no", sort=True).agg(
        name=("merchant_name", "first"), count=("finding_id", "size")
    )
    best = counted.sort_values("count", ascending=False, kind="stable").head(most)
    return [(str(number), row["name"] or "", int(row["count"])) for number, row in best.iterrows()]


def channel_states(report: Report, words: Words) -> list[str]:
    """The registration states that occur, in the order the words list them."""
    return [
        state
        for state in words.section("reg_status")
        if any(channel.states.get(state) for channel in report.population.channels)
    ]
