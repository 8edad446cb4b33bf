"""`pos-audit cycle`: the report of a self-audit cycle, whole or not at all, frozen once signed off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.config import Settings
from audit.delivery.cyclemail import CycleNews, queue_cycle_mail
from audit.intake.store import Store
from audit.ledger.cycles import cycle_facts
from audit.ledger.database import Database
from audit.ledger.signoffs import (
    Cycle,
    SignOff,
    cycles_of,
    enter_cycle,
    published_editions,
    sign_offs_of,
)
from audit.lock import only_run
from audit.periods import Period
from audit.programme import items_of
from audit.publish import digests, draft, intact, settle, swap_in
from audit.report.cycle import CycleReport, build_cycle, cycle_plain
from audit.report.cyclebook import render_cycle_workbook
from audit.report.cyclepage import render_cycle_page
from audit.report.owntemplates import check_templates
from audit.words import Words

WORKBOOK, PAGE = "cycle.xlsx", "cycle.html"


@dataclass(frozen=True)
class Published:
    """What came of it: `outcome` is published, unchanged or frozen. A frozen cycle was signed off before."""

    outcome: str
    folder: Path
    cycle: Cycle
    signed: SignOff | None = None
    report: CycleReport | None = None
    mailed: bool = False  # a letter is queued
    damaged: bool = False  # signed, and its files are gone or no longer those that were signed

    def to_text(self, words: Words) -> str:
        """For a terminal."""
        facts: dict[str, object] = {"period": self.cycle.period, "folder": str(self.folder)}
        if self.signed:
            facts |= {"by": self.signed.signed_by, "on": self.signed.signed_on}
        lines = [words("cycle.damaged" if self.damaged else f"cycle.{self.outcome}", **facts)]
        if self.report and self.outcome == "published":
            lines += [f"  {text}" for text in self.report.conclusions]
        if not self.signed:
            lines.append(words("cycle.to_sign" if self.cycle.complete else "cycle.to_wait", **facts))
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        signed = self.signed and {"by": self.signed.signed_by, "on": self.signed.signed_on.isoformat()}
        shown: dict[str, Any] = {"outcome": self.outcome, "folder": str(self.folder), "signed": signed}
        shown |= {"damaged": True} if self.damaged else {}
        return shown | (cycle_plain(self.report) if self.report else {"period": self.cycle.period})


def publish_cycle(settings: Settings, words: Words, period: Period, *, mail: bool = True) -> Published:
    """Tell the cycle from the ledger and publish it, unless it was signed off or says nothing new.

    A cycle that has come to its end is mailed, each edition of it once; the letter is queued with it.
    Raises NothingToShow where no night lies in it, Locked while a night is under way, ConfigError for a
    template of the user's own that cannot be used.
    """
    check_templates(settings.own_templates)
    with (
        only_run(settings.state, settings.zone),
        Database(settings.ledger.url, settings.state) as database,
    ):
        with database.transaction() as connection:
            settle(settings.cycles, published_editions(connection).get)
            signed = sign_offs_of(connection).get(period.name)
            known = cycles_of(connection).get(period.name)
        folder = settings.cycles / period.name
        if signed and known:
            damaged = not intact(folder, signed.files)
            return Published("frozen", folder, known, signed, damaged=damaged)
        report = build_cycle(
            cycle_facts(database, period),
            items_of(settings.audit.programme),
            settings.audit.name,
            words,
        )
        if known and known.edition == report.edition and intact(folder, known.files):
            return Published("unchanged", folder, known, report=report)
        files = _rendered(settings, words, report)
        cycle = Cycle(period.name, report.edition, report.through, report.complete, digests(files))
        drafted = draft(settings.cycles, period.name, report.edition, files)
        with database.transaction() as connection:
            enter_cycle(connection, cycle)
            mailed = mail and cycle.complete and settings.mail is not None
            if mailed:
                news = _news(report, cycle, folder, files, words)
                queue_cycle_mail(settings, words, connection, news)
        swap_in(settings.cycles, period.name, drafted)
        return Published("published", folder, cycle, report=report, mailed=mailed)


def _news(
    report: CycleReport, cycle: Cycle, folder: Path, files: dict[str, bytes], words: Words
) -> CycleNews:
    return CycleNews(
        cycle.period,
        cycle.edition,
        report.through,
        tuple(report.conclusions),
        words("cycle.to_sign", period=cycle.period, folder=str(folder)),
        files[WORKBOOK],
        folder,
    )


def _rendered(settings: Settings, words: Words, report: CycleReport) -> dict[str, bytes]:
    return {
        WORKBOOK: render_cycle_workbook(report, words, Store(settings.state).secret),
        PAGE: render_cycle_page(report, words, settings.own_templates),
    }
