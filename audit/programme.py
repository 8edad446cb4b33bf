"""The self-audit programme (自查自纠): its items, what people have put on record, and what is due when.

The catalogue is `templates/programme.toml`, `[audit.programme]` sets cadence, owner and dates over it. An
item is measured by rules every night, attested by a person on the sheet 自查清单, or signed off with the
report of its cycle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from audit.config import ProgrammeItem
from audit.crosscheck.programme import ProgrammeState
from audit.periods import MONTHS, Period, next_time
from audit.words import Words, load_programme

SELF_AUDIT = "self_audit"  # the item that signing a cycle off fulfils


class Proof(StrEnum):
    """How it is known that an item was done."""

    MEASURED = "measured"
    ATTESTED = "attested"
    SIGNED = "signed"


@dataclass(frozen=True)
class Item:
    """One item of the programme, as the catalogue and `[audit.programme]` have it."""

    name: str
    statement: str
    texts: Mapping[str, str]  # by language
    cadence: str
    owner: str  # a word of [owner], or a name of one's own
    proof: Proof
    rules: tuple[str, ...]
    figures: tuple[str, ...]
    within_days: int  # after the end of a cycle, until it is to be signed off
    last_done: date | None
    evidence: str
    configured: bool


@dataclass(frozen=True)
class Said:
    """What a person said of an item, as far as it stands: when it was done, by whom, and what shows it."""

    done_on: date
    who: str
    evidence: str


@dataclass(frozen=True)
class Signed:
    """A cycle that was signed off."""

    period: Period
    signed_by: str
    signed_on: date
    remark: str = ""


@dataclass(frozen=True)
class Record:
    """What people have put on record before or on the audit date."""

    said: Mapping[str, Said] = field(default_factory=dict)  # by item
    versions: Mapping[str, int] = field(default_factory=dict)  # statements made, by item
    signed: tuple[Signed, ...] = ()
    waiting: tuple[Period, ...] = ()  # cycles that are over and published, and nobody has signed


@dataclass(frozen=True)
class Fulfilment:
    """How far an item is fulfilled on the audit date.

    `cycle` is the one to be signed off next, where that is known.
    """

    item: Item
    last_done: date | None
    next_due: date | None
    who: str
    evidence: str
    version: int = 0
    cycle: str = ""

    def is_due(self, as_of: date) -> bool:
        """Whether it was never done, or its day has passed."""
        return self.next_due < as_of if self.next_due else self.last_done is None


def items_of(programme: Mapping[str, ProgrammeItem]) -> tuple[Item, ...]:
    """Every item of the catalogue, in its order."""
    return tuple(_item(name, told, programme.get(name)) for name, told in load_programme().items())


def _item(name: str, told: Mapping[str, object], own: ProgrammeItem | None) -> Item:
    section = own or ProgrammeItem()
    rules, figures = told.get("rules", ()), told.get("figures", ())
    assert isinstance(rules, Collection)
    assert isinstance(figures, Collection)
    attested = Proof.ATTESTED if not rules else Proof.MEASURED
    return Item(
        name=name,
        statement=str(told["statement"]),
        texts={language: str(told[language]) for language in ("zh", "en")},
        cadence=section.cadence or str(told["cadence"]),
        owner=section.owner or str(told["owner"]),
        proof=Proof.SIGNED if name == SELF_AUDIT else attested,
        rules=tuple(map(str, rules)),
        figures=tuple(map(str, figures)),
        within_days=section.within_days,
        last_done=section.last_done,
        evidence=section.evidence,
        configured=own is not None,
    )


def fulfilment_of(item: Item, record: Record, as_of: date, evaluated: Collection[str] = ()) -> Fulfilment:
    """How far an item is fulfilled on the audit date; `evaluated` names the rules that answered tonight.

    What rules measure was done tonight when all of them answered. Of what a person said and what
    `[audit.programme]` says, the later counts.
    """
    said, version = record.said.get(item.name), record.versions.get(item.name, 0)
    last, who, evidence = item.last_done, "", item.evidence
    if said and (last is None or said.done_on >= last):
        last, who, evidence = said.done_on, said.who, said.evidence
    if item.proof is Proof.SIGNED:
        return _signed(item, record, last, evidence)
    if item.proof is Proof.MEASURED and set(item.rules) <= set(evaluated):
        last = as_of
    due = next_time(last, item.cadence) if last else None
    return Fulfilment(item, last, due, who, evidence, version)


def _signed(item: Item, record: Record, configured: date | None, evidence: str) -> Fulfilment:
    """The self-audit: due so many days after the first cycle that is not signed off.

    That is the one after the last that was signed, or one before it that was published and passed over. A
    quarter is signed with its own report, with that of its year, or with all of its months.
    """
    signed = {month for one in record.signed for month in one.period.starts}
    owed = [
        one
        for one in record.waiting
        if one.months == MONTHS.get(item.cadence, one.months)
        and not signed.issuperset(one.starts)
        and not (configured and one.end <= configured)
    ]
    last = max(record.signed, key=lambda one: (one.period.end, one.signed_on), default=None)
    if configured and (last is None or configured > last.signed_on):
        return Fulfilment(item, configured, next_time(configured, item.cadence), "", evidence)
    if last and item.cadence not in MONTHS:
        again = next_time(last.signed_on, item.cadence)
        return Fulfilment(item, last.signed_on, again, last.signed_by, last.period.name)
    if last:
        owed.append(_cycle_after(record.signed, signed, item.cadence))
    cycle = min(owed, key=lambda one: one.end, default=None)
    due = cycle.end + timedelta(days=item.within_days) if cycle else None
    name = cycle.name if cycle else ""
    if last is None:
        return Fulfilment(item, None, due, "", evidence, cycle=name)
    return Fulfilment(item, last.signed_on, due, last.signed_by, last.period.name, cycle=name)


def _cycle_after(signed: Collection[Signed], months: Collection[date], cadence: str) -> Period:
    """The cycle after the last that is signed as a whole; where none is, the first that is in part."""
    cycles = [Period.containing(one.period.end, cadence) for one in signed]
    whole = [one for one in cycles if set(one.starts) <= set(months)]
    if whole:
        return Period.containing(max(one.following for one in whole), cadence)
    return min(cycles)


def programme_states(
    items: Collection[Item], record: Record, as_of: date, words: Words
) -> Iterator[ProgrammeState]:
    """The items that are in use, for the rules about them: configured, attested, or with a cycle told."""
    for item in items:
        told_of = item.proof is Proof.SIGNED and (record.signed or record.waiting)
        if item.configured or item.name in record.said or told_of:
            one = fulfilment_of(item, record, as_of)
            yield ProgrammeState(
                item.name,
                item.texts[words.language],
                one.last_done,
                one.next_due,
                item.cadence,
                one.evidence,
                one.cycle,
            )
