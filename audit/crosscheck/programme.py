"""The self-audit programme and the rectification of earlier findings as facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from audit.crosscheck.schema import FACTS, Subject


@dataclass(frozen=True)
class ProgrammeState:
    """An item of the self-audit programme: when it was done, and when it is due again."""

    item: str
    text: str
    last_done: date | None
    next_due: date | None
    cadence: str
    evidence: str
    cycle: str = ""  # to be signed off next


@dataclass(frozen=True)
class Owed:
    """Open findings of the nights before that are alike: who has to mend them, and by when."""

    owner: str
    first_seen: date
    due_on: date
    count: int = 1


def programme_facts(items: Iterable[ProgrammeState]) -> pa.Table:
    """One row per configured item."""
    rows = [
        {
            "row_id": place,
            "item": one.item,
            "item_text": one.text,
            "last_done": one.last_done,
            "next_due": one.next_due,
            "cadence": one.cadence,
            "evidence": one.evidence or None,
            "cycle": one.cycle or None,
        }
        for place, one in enumerate(items)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(FACTS[Subject.PROGRAMME].items())))


def rectification_facts(owed: Iterable[Owed], as_of: date) -> pa.Table:
    """One row per party with open findings: how many, how many overdue, how many past twice their time."""
    by_owner: dict[str, list[Owed]] = {}
    for one in owed:
        by_owner.setdefault(one.owner, []).append(one)
    rows = [
        _row(place, owner, findings, as_of)
        for place, (owner, findings) in enumerate(sorted(by_owner.items()))
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(FACTS[Subject.RECTIFICATION].items())))


def _row(place: int, owner: str, findings: list[Owed], as_of: date) -> Mapping[str, object]:
    overdue = [one for one in findings if one.due_on < as_of]
    long_overdue = [one for one in overdue if as_of - one.due_on > one.due_on - one.first_seen]
    return {
        "row_id": place,
        "owner_key": owner,
        "open_findings": sum(one.count for one in findings),
        "overdue_findings": sum(one.count for one in overdue),
        "long_overdue_findings": sum(one.count for one in long_overdue),
        "oldest_due_on": min(one.due_on for one in findings),
    }
