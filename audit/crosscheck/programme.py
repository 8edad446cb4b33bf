"""The self-audit programme and the rectification of earlier findings as facts."""

from __future__ import annotations

from collections.abc import Iterable
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
    """What the nights before left open for one party to mend."""

    owner: str
    count: int
    overdue: int
    long_overdue: int  # past twice the time there was
    oldest_due_on: date


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


def rectification_facts(owed: Iterable[Owed]) -> pa.Table:
    """One row per party with open findings: how many, how many overdue, how many past twice their time."""
    rows = [
        {
            "row_id": place,
            "owner_key": one.owner,
            "open_findings": one.count,
            "overdue_findings": one.overdue,
            "long_overdue_findings": one.long_overdue,
            "oldest_due_on": one.oldest_due_on,
        }
        for place, one in enumerate(sorted(owed, key=lambda one: one.owner))
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(FACTS[Subject.RECTIFICATION].items())))
