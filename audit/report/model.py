"""Everything a renderer may show. Built once; renderers never query, recount or decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.ledger.lives import EXCUSED, Kind, State
from audit.ledger.past import Figures, Past
from audit.ledger.waivers import HELD
from audit.measures.night import Measures
from audit.measures.upkeep import Upkeep
from audit.report.coded import Coded, CodedFindings
from audit.report.parts import (
    ChecklistItem,
    ConflictLine,
    FeedbackLine,
    InputLine,
    Population,
    RejectedCell,
    Routing,
    RuleLine,
    WaiverLine,
)
from audit.report.sheetrows import MAX_ROWS

MOST_ROWS = MAX_ROWS - 6  # findings a sheet holds below its heading and notes


class Move(StrEnum):
    """What became of a finding since the night before, what got worse first."""

    WORSE = "worse"  # graver than before
    BACK = "back"  # had been closed
    NEW = "new"
    REFUTED = "refuted"  # was said to be mended
    LAPSED = "lapsed"  # was called a false positive
    ENDED = "ended"  # its waiver is over
    WAIVED = "waived"  # is demanded of nobody until a day
    HELD = "held"  # found, and suspected to be its channel's doing
    ABSENT = "absent"  # its subject is no longer delivered
    FIXED = "fixed"
    GONE = "gone"
    ARRIVED = "arrived"  # the day it warned of has come


_MOVES = {
    Kind.WORSE: Move.WORSE,
    Kind.REOPENED: Move.BACK,
    Kind.OPENED: Move.NEW,
    Kind.REFUTED: Move.REFUTED,
    Kind.LAPSED: Move.LAPSED,
    Kind.WAIVER_ENDED: Move.ENDED,
    Kind.WAIVED: Move.WAIVED,
    Kind.HELD: Move.HELD,
    Kind.ABSENT: Move.ABSENT,
    Kind.FIXED: Move.FIXED,
    Kind.GONE: Move.GONE,
    Kind.ARRIVED: Move.ARRIVED,
}


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
    findings: CodedFindings  # the ledger's rows: open, and mended tonight
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
    def devices(self) -> npt.NDArray[np.int64]:
        """Per finding the number of the device it is about, -1 where it is about none."""
        serial, merchant, terminal = (
            self.findings[name] for name in ("serial_no", "merchant_no", "terminal_id")
        )
        pair = merchant.at.astype(np.int64) * (len(terminal.values) + 1) + terminal.at
        number = np.where(serial.at < len(serial.values), serial.at, len(serial.values) + pair)
        of_device = self.findings["subject"].holds("device")
        counted = pa.array(number, mask=~of_device).dictionary_encode().indices
        return np.asarray(counted.fill_null(-1), np.int64)

    def devices_in(self, rows: npt.NDArray[np.integer[Any]]) -> int:
        """How many devices the findings in these rows are about."""
        return int(np.count_nonzero(np.bincount(self.devices[rows] + 1)[1:]))

    @property
    def open_rows(self) -> npt.NDArray[np.intp]:
        """The rows of findings that are demanded of somebody."""
        return self.findings.open_rows

    @property
    def listed(self) -> int:
        """How many findings the workbook lists: those that need an eye first, as many as it has room for."""
        return min(len(self.findings), MOST_ROWS if self.most_rows is None else self.most_rows)

    @cached_property
    def move(self) -> Coded:
        """Per finding what became of it since the night before; on a first night nothing is known to have.

        What was found and is demanded of nobody is no news: it is held, or has not moved.
        """
        tonight, state = self.findings["tonight"], self.findings["state"]
        words = [*tonight.values.to_pylist(), Kind.HELD.value]
        moves = [_MOVES.get(Kind(word)) if self.previous else None for word in words]
        found = tonight.holds(Kind.OPENED, Kind.REOPENED)
        blank, held = len(words), len(words) - 1
        at = np.where(tonight.at < held, tonight.at, blank)
        at = np.where(found & state.holds(State.HELD), held, at)
        at = np.where(found & state.holds(*EXCUSED), blank, at)
        return Coded(pa.array(words), at.astype(np.int32)).relabelled(pa.array(moves, pa.string()))

    @cached_property
    def moved_rows(self) -> npt.NDArray[np.intp]:
        """The rows of findings that moved, in the order of `Move`."""
        order = list(Move)
        known = [*map(order.index, self.move.values.to_pylist()), len(order)]
        places = np.array(known, np.int64)[self.move.at]
        rows = np.argsort(places, kind="stable")
        return rows[: np.count_nonzero(places < len(order))]

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
        states = self.findings.counted("state", slice(None))
        return {
            **self.upkeep.to_json(),
            "verdicts": verdicts,
            "open": len(self.open_rows),
            "overdue": self.overdue,
            "states": dict(sorted(states.items())),
            HELD: sorted(one.waiver_id for one in self.waivers if one.findings),
            "severities": dict(sorted(self.findings.counted("severity", self.open_rows).items())),
        }

    @property
    def overdue(self) -> int:
        """Open findings past their due date."""
        return int(self.is_overdue.sum())

    @cached_property
    def is_overdue(self) -> npt.NDArray[np.bool_]:
        """Per open finding whether it is past its due date; nobody is asked for what is held or gone."""
        due, state = (self.findings[name].rows(self.open_rows) for name in ("due_on", "state"))
        past = pc.less(due.values, self.as_of).to_numpy(zero_copy_only=False)
        return np.append(past, False)[due.at] & ~state.holds(State.HELD, State.ABSENT)

    @property
    def overdue_rows(self) -> npt.NDArray[np.intp]:
        """The rows of those among the findings."""
        return self.open_rows[self.is_overdue]
