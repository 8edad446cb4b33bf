"""What a report is made of: devices by verdict, and the lines of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from audit.intake.reading import Rejection
from audit.ledger.waivers import Standing
from audit.routing.owners import Unmet
from audit.rules.model import Rule


class Verdict(StrEnum):
    """What a device is, gravest first; each device has one."""

    UNREGISTERED = "unregistered"
    MISMATCH = "mismatch"
    EXPIRED = "expired"
    ATTENTION = "attention"
    NOT_EVALUATED = "not_evaluated"
    COMPLIANT = "compliant"


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
    uncompared: int  # devices whose serials were too many, or too long, to look for mistyped ones
    unseen: int  # devices not evaluated, for nobody knows of the days since their ledger was exported
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
    """A returned workbook: who saved it, and what became of what it says. `problem` says why nothing did.

    `said_at` is on the estate's clock, `notices` tell of what stands where nobody reads.
    """

    name: str
    who: str
    said_at: str
    rows: int
    changes: int
    conflicts: int
    refused: tuple[RefusedCell, ...]
    problem: str
    notices: tuple[str, ...] = ()


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
    """Two people wrote different things; the ledger holds the first. `detail` is the finding's sentence."""

    finding_id: str
    detail: str
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
