"""The self-audit programme as tonight's report tells it, item by item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from audit.check import Outcome
from audit.ledger.forms import CHECKLIST
from audit.ledger.lives import CLOSED
from audit.measures.upkeep import RUNS_WINDOW, WINDOW, Figure, Upkeep
from audit.programme import Fulfilment, Item, Record, fulfilment_of
from audit.report.coded import CodedFindings
from audit.report.figures import share
from audit.report.parts import ChecklistItem
from audit.words import Words


@dataclass(frozen=True)
class Programme:
    """The items, what people have put on record of them, and the check value of each item's row."""

    items: tuple[Item, ...]
    record: Record
    seals: Mapping[str, str]


def sealed_programme(items: tuple[Item, ...], record: Record, secret: str) -> Programme:
    """The programme with its rows sealed, in the version that will be shown."""
    rows = [(item.name, record.versions.get(item.name, 0)) for item in items]
    sealed = zip(rows, CHECKLIST.seals(secret, rows), strict=True)
    return Programme(items, record, {name: seal for (name, _), seal in sealed})


def checklist(
    programme: Programme,
    upkeep: Upkeep,
    outcomes: Sequence[Outcome],
    findings: CodedFindings,
    as_of: date,
    words: Words,
) -> Iterator[ChecklistItem]:
    """Every item with what is known of it tonight."""
    evaluated = {outcome.rule.id for outcome in outcomes if outcome.not_evaluated is None}
    rules = findings["rule"].rows(np.flatnonzero(~findings["state"].holds(*CLOSED)))
    for item in programme.items:
        one = fulfilment_of(item, programme.record, as_of, evaluated)
        count = int(rules.holds(*item.rules).sum()) if item.rules else None
        yield checklist_item(one, as_of, count, upkeep, words, programme.seals[item.name])


def checklist_item(
    one: Fulfilment, as_of: date, open_findings: int | None, upkeep: Upkeep, words: Words, seal: str = ""
) -> ChecklistItem:
    """One item in words; `seal` where its row is to come back."""
    item = one.item
    return ChecklistItem(
        item=item.name,
        statement=item.statement,
        text=item.texts[words.language],
        cadence=item.cadence,
        owner=words.label("owner", item.owner),
        proof=item.proof.value,
        last_done=one.last_done,
        next_due=one.next_due,
        overdue=one.is_due(as_of),
        open_findings=open_findings,
        who=one.who,
        evidence=one.evidence,
        cycle=one.cycle,
        figures=(
            *figure_sentences(item.figures, upkeep.figures, words),
            *([words("report.cycle_to_sign", cycle=one.cycle)] if one.cycle else ()),
        ),
        row_version=one.version,
        seal=seal,
    )


def figure_sentences(names: Iterable[str], figures: Mapping[str, Figure], words: Words) -> Iterator[str]:
    """A sentence per figure; of what nothing is known it says so."""
    for name in names:
        one = figures.get(name)
        if one is None or not one.whole:
            yield words("report.no_figure", figure=words.label("figure_name", name))
            continue
        facts = {"part": f"{one.part:,}", "whole": f"{one.whole:,}", "share": share(one.part / one.whole)}
        amount = "?" if one.amount is None else f"{one.amount:,}"
        yield words(f"figure.{name}", amount=amount, window=WINDOW, runs_window=RUNS_WINDOW, **facts)
