"""What a cycle's workbook and page both show, as rows under labels."""

from __future__ import annotations

from collections.abc import Iterable

from audit.ledger.cycles import Tally
from audit.report.cycle import CycleReport, gap_text
from audit.rules import RULES
from audit.words import Words

TALLY = ("start", "came", "back", "closed", "gone", "arrived", "end", "overdue", "excused")


def cycle_title(report: CycleReport, words: Words) -> str:
    """What the report is called."""
    return f"{words('cycle.title')} {report.period}" + (f" · {report.name}" if report.name else "")


def scope_rows(report: CycleReport, words: Words) -> list[tuple[str, object]]:
    """What the report is about, line by line."""
    told = {
        "estate": report.name,
        "period": f"{report.start} – {report.end}",
        "through": report.through,
        "channels": words.show(report.channels),
        "nights": f"{report.nights} / {report.nights + report.missing}",
        "gaps": words.show([gap_text(gap) for gap in report.gaps]) or words("cycle.no_gaps"),
        "versions": words.show(report.versions),
        "configurations": report.configurations,
        "edition": report.edition,
    }
    return [(words(f"cycle.{name}"), value) for name, value in told.items() if value != ""]


def tally_rows(groups: Iterable[tuple[str, Tally]]) -> list[tuple[object, ...]]:
    """A line per group, in the order of TALLY."""
    return [(label, *(getattr(one, name) for name in TALLY)) for label, one in groups]


def grouped(report: CycleReport, group: str, words: Words) -> list[tuple[str, Tally]]:
    """The tallies of a group under their labels: in the order of the labels, without what never occurred."""
    found = report.groups[group]
    order = [word for word in words.section(group) if word in found]
    return [(words.label(group, word), found[word]) for word in order]


def by_rule(report: CycleReport, words: Words) -> list[tuple[str, str, Tally]]:
    """The tallies of rules in which anything stood or moved, with their titles; a rule of old has none."""
    titles = {rule.id: rule.title[words.language] for rule in RULES.values()}
    return [
        (rule, titles.get(rule, ""), one)
        for rule, one in report.groups["rule"].items()
        if one.start or one.came or one.back or one.end
    ]
