"""`pos-audit feedback`: filled-in workbooks into the ledger, without waiting for the night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audit.config import Settings
from audit.errors import NothingToShow
from audit.intake.store import Store
from audit.ledger.database import Database
from audit.ledger.feedback import open_conflicts, take_in
from audit.ledger.merge import Terms
from audit.ledger.nights import open_night
from audit.ledger.returned import read_copy
from audit.lock import only_run
from audit.report.feedback import conflict_lines, feedback_lines
from audit.report.parts import ConflictLine, FeedbackLine
from audit.words import Words


@dataclass(frozen=True)
class HandBack:
    """What became of the copies. `conflicts` are those nobody has settled, these copies' among them."""

    lines: tuple[FeedbackLine, ...]
    conflicts: tuple[ConflictLine, ...]
    dry_run: bool

    @property
    def failed(self) -> bool:
        """Whether something a person wrote was not taken."""
        return any(line.problem or line.refused or line.conflicts for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "dry_run": self.dry_run,
            "copies": [asdict(line) for line in self.lines],
            "conflicts": [asdict(one) | {"noticed_on": one.noticed_on.isoformat()} for one in self.conflicts],
        }

    def to_text(self, words: Words) -> str:
        """For a terminal: one line a copy, then what was not taken, cell by cell."""
        colon = words("colon")
        lines = [words("cli.dry_run")] if self.dry_run else []
        for one in self.lines:
            counts = {"changes": one.changes, "conflicts": one.conflicts, "refused": len(one.refused)}
            said = one.problem or words("cli.copy_read", rows=one.rows, **counts)
            lines.append(f"{one.name}{colon}{said}")
            lines += [
                f"  {cell.cell} {cell.column}".rstrip() + f"{colon}{cell.reason}" for cell in one.refused
            ]
            lines += [f"  {notice}" for notice in one.notices]
        if self.conflicts:
            lines.append(words("report.conflict_title"))
            lines += [
                f"  {one.finding_id} {one.column}{colon}{one.ledger_text} / {one.copy_text}"
                + (f" ({one.who})" if one.who else "")
                for one in self.conflicts
            ]
        return "\n".join(lines)


def hand_back(settings: Settings, words: Words, files: Sequence[Path], *, dry_run: bool) -> HandBack:
    """Merge the files with the ledger as it stands after its last night; `dry_run` changes nothing.

    Raises NothingToShow where the ledger holds no night, Locked while a night is under way.
    """
    with only_run(settings.state, settings.zone):
        store = Store(settings.state)
        copies = [read_copy(file, store, words) for file in files]
        with (
            Database(settings.ledger.url, settings.state) as database,
            open_night(database, date.max) as night,
        ):
            if not night.runs:
                raise NothingToShow("no_night_yet")
            terms = Terms(night.runs[-1].as_of, settings.ledger.max_waiver_days)
            taken = take_in(night.connection, copies, terms, dry_run=dry_run)
            conflicts = open_conflicts(night.connection)
    zone = settings.zone
    return HandBack(feedback_lines(taken, words, zone), conflict_lines(conflicts, words, zone), dry_run)
