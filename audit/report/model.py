"""Everything a renderer may show. Built once; renderers never query, recount or decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

import pandas as pd

from audit.intake.reading import Rejection
from audit.ledger.lifecycle import CLOSED, EXCUSED, Kind, State
from audit.ledger.past import Figures, Past
from audit.ledger.waivers import HELD, Standing
from audit.measures.night import Measures
from audit.measures.upkeep import Upkeep
from audit.report.coded import CodedFindings
from audit.report.sheetrows import MAX_ROWS
from audit.routing.owners import Unmet
from audit.rules.model import Rule

MOST_ROWS = MAX_ROWS - 6  # findings a sheet holds below its heading and notes


class Verdict(StrEnum):
    """What a device is, gravest first; each device has one."""

    UNREGISTERED = "unregistered"
    MISMATCH = "mismatch"
    EXPIRED = "expired"
    ATTENTION = "attention"
    NOT_EVALUATED = "not_evaluated"
    COMPLIANT = "compliant"


class Move(StrEnum):
    """What became of a finding since the night before, what got worse first."""

    WORSE = "worse"  # graver than before
    BACK = "back"  # had been closed
    NEW = "new"
    REFUTED = "refuted"  # was said to be mended
    LAPSED = "lapsed"  # was called a false positive
    ENDED = "ended"  # its waiver is over
    ABSENT = "absent"  # its subject is no longer delivered
    FIXED = "fixed"
    GONE = "gone"


_MOVES = {
    Kind.WORSE: Move.WORSE,
    Kind.REOPENED: Move.BACK,
    Kind.OPENED: Move.NEW,
    Kind.REFUTED: Move.REFUTED,
    Kind.LAPSED: Move.LAPSED,
    Kind.WAIVER_ENDED: Move.ENDED,
    Kind.ABSENT: Move.ABSENT,
    Kind.FIXED: Move.FIXED,
    Kind.GONE: Move.GONE,
}


@dataclass(frozen=True)
class Channel:
    """The devices in scope by their state in one required channel."""

    name: str
    states: Mapping[str, int]  # reg_status, or "missing"

    @property
    def total(self) -> int:
        """Devices in scope."""
        return sum(self.states.values())

    @property
    def registered(self) -> int:
        """Devices registered in the channel."""
        return self.states.get("registered", 0)


@dataclass(frozen=True)
class Population:
    """The estate by verdict."""

    verdicts: Mapping[Verdict, int]
    out_of_scope: int  # retired, in stock, lost: not part of the verdicts
    unnamed: int  # rows that name no device
    channels: tuple[Channel, ...]

    @property
    def devices(self) -> int:
        """Devices in scope."""
        return sum(self.verdicts.values())


@dataclass(frozen=True)
class RuleLine:
    """What a rule made of the night. `status`: passed, flagged, undecided (nothing could be judged),
    not_evaluated (though due) or not_enabled."""

    rule: Rule
    status: str
    flagged: int
    passed: int
    unknown: int
    reason: str
    thresholds: Mapping[str, float]


@dataclass(frozen=True)
class InputLine:
    """One input file, or a pattern that found none."""

    feed: str
    pattern: str
    name: str
    sha256: str
    kind: str
    encoding: str
    sheets: tuple[str, ...]
    header_rows: tuple[int, ...]
    rows: int
    rows_in_file: int
    set_aside: Mapping[str, int]
    rejected: int
    exported_on: date | None
    basis: str
    age_days: int | None
    error: str  # the class of the error, "" when read
    problem: str  # the sentence
    notices: tuple[str, ...]
    mapped: tuple[tuple[str, str, str], ...]  # letter, header, canonical column
    unmapped: tuple[str, ...]


@dataclass(frozen=True)
class RejectedCell:
    """A cell that could not be read, and where it is."""

    feed: str
    file: str
    cell: Rejection


@dataclass(frozen=True)
class ChecklistItem:
    """One item of the self-audit programme."""

    item: str
    statement: str
    text: str
    cadence: str
    owner: str
    proof: str  # measured, attested, signed
    last_done: date | None
    next_due: date | None
    overdue: bool
    open_findings: int | None  # of its rules; None for an item without
    who: str
    evidence: str
    cycle: str  # to be signed off next, "" where that is not known
    figures: tuple[str, ...]  # sentences
    row_version: int
    seal: str  # of the row of the form

    @property
    def to_fill_in(self) -> bool:
        """Whether a person has to say that it was done."""
        return self.proof == "attested"


@dataclass(frozen=True)
class RefusedCell:
    """A cell of a returned workbook that was not taken, and why."""

    cell: str
    finding_id: str
    column: str
    text: str
    reason: str


@dataclass(frozen=True)
class FeedbackLine:
    """A returned workbook: who saved it, and what became of what it says. `problem` says why nothing did."""

    name: str
    who: str
    said_at: str
    rows: int
    changes: int
    conflicts: int
    refused: tuple[RefusedCell, ...]
    problem: str


@dataclass(frozen=True)
class WaiverLine:
    """A waiver: what it lets stand, why, by whose leave, until when, and how many findings tonight."""

    waiver_id: str
    standing: Standing
    source: str  # file or workbook
    what: str
    reason: str
    approver: str
    starts_on: date | None
    until: date
    findings: int
    reminder: str  # the sentence, "" where there is nothing to do


@dataclass(frozen=True)
class ConflictLine:
    """Two people wrote different things; the ledger holds the first."""

    finding_id: str
    column: str
    ledger_text: str
    copy_text: str
    who: str
    said_at: str
    noticed_on: date


@dataclass(frozen=True)
class OwnerLine:
    """A party of `[routing]` and what it is given. `file` is "" where tonight's tables have nothing of it."""

    name: str
    file: str
    open: int
    new: int
    overdue: int
    devices: int
    unmet: tuple[Unmet, ...]  # values claimed that no table has


@dataclass(frozen=True)
class Routing:
    """Who is given what; findings that stand and are nobody's, and those of several."""

    owners: tuple[OwnerLine, ...]
    unrouted: int
    shared: int


@dataclass(frozen=True)
class Report:
    """One night as a reader sees it. What is drawn from it more than once is drawn once."""

    name: str
    language: str
    as_of: date
    previous: date | None  # the night before, None for the first
    run_id: str
    version: str
    config_digest: str
    engine: str
    exit_code: int
    reason: str
    population: Population
    measures: Measures
    findings: pd.DataFrame  # the ledger's rows: open, and mended tonight
    rules: tuple[RuleLine, ...]
    inputs: tuple[InputLine, ...]
    rejected_cells: tuple[RejectedCell, ...]
    checklist: tuple[ChecklistItem, ...]
    upkeep: Upkeep
    alarms: tuple[str, ...]  # what the night did not check, or checked on poor data: said first
    feedback: tuple[FeedbackLine, ...]
    conflicts: tuple[ConflictLine, ...]
    longest_waiver: int  # days from the audit date
    past: Past
    waivers: tuple[WaiverLine, ...] = ()  # those that end first first
    owner: str = ""  # the party it is for; "" is the house's own, of the whole estate
    routing: Routing | None = None  # where parties are given reports of their own
    unmasked: tuple[str, ...] = ()  # personal columns shown in clear
    most_rows: int | None = None  # findings that the workbook lists; None for all a sheet can hold

    @cached_property
    def columns(self) -> CodedFindings:
        """The columns of the findings as their distinct values."""
        return CodedFindings(self.findings)

    @cached_property
    def open(self) -> pd.DataFrame:
        """Findings that stand tonight and are demanded of somebody: neither closed nor excused."""
        return self.findings[~self.findings["state"].isin((*CLOSED, *EXCUSED))]

    @cached_property
    def standing(self) -> pd.DataFrame:
        """Findings that stand tonight, the excused ones included."""
        return self.findings[~self.findings["state"].isin(CLOSED)]

    @cached_property
    def listed(self) -> pd.DataFrame:
        """The findings that the workbook lists: what needs an eye first, as many as it has room for."""
        return self.findings.head(MOST_ROWS if self.most_rows is None else min(self.most_rows, MOST_ROWS))

    @property
    def excused(self) -> pd.DataFrame:
        """Findings that stand and are let stand: waived, or called false positives. Shown, never hidden."""
        return self.findings[self.findings["state"].isin(EXCUSED)]

    @cached_property
    def moved(self) -> pd.DataFrame:
        """What moved since the night before, by `Move`; on a first night there is nothing to compare."""
        rows = self.findings if self.previous else self.findings.head(0)
        moves = rows["tonight"].map(_MOVES)
        order = {move: place for place, move in enumerate(Move)}
        places = moves.map(order).dropna().sort_values(kind="stable")
        return rows.loc[places.index].assign(move=moves[places.index])

    @property
    def trend(self) -> tuple[tuple[date, Figures | None], ...]:
        """The figures by day, tonight's last; None for a day without a night to compare."""
        return (*self.past.days, (self.as_of, self.figures))

    @property
    def trend_shown(self) -> tuple[tuple[date, Figures | None], ...]:
        """The same from the first night on."""
        first = next(place for place, (_, at) in enumerate(self.trend) if at is not None)
        return self.trend[first:]

    @property
    def figures(self) -> Figures:
        """What tonight came to."""
        return Figures.of(self.counts)

    @cached_property
    def counts(self) -> dict[str, object]:
        """The figures the ledger keeps of a night, for the trend."""
        verdicts = {verdict.value: count for verdict, count in self.population.verdicts.items()}
        states = self.findings["state"].value_counts()
        return {
            **self.upkeep.to_json(),
            "verdicts": verdicts,
            "open": len(self.open),
            "overdue": self.overdue,
            "states": {str(name): int(count) for name, count in sorted(states.items())},
            HELD: sorted(one.waiver_id for one in self.waivers if one.findings),
            "severities": {
                str(name): int(count) for name, count in sorted(self.open["severity"].value_counts().items())
            },
        }

    @property
    def overdue(self) -> int:
        """Open findings past their due date."""
        return int(self.is_overdue.sum())

    @cached_property
    def is_overdue(self) -> pd.Series[bool]:
        """Per open finding whether it is past its due date; nobody is asked for what is held or gone."""
        waits = self.open["state"].isin((State.HELD, State.ABSENT))
        return (self.open["due_on"] < self.as_of) & ~waits
