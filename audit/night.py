"""What belongs to one night: what is asked of it, what it reads, how it goes and how it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from audit import __version__
from audit.check import Plan
from audit.config import Settings
from audit.errors import ExitCode
from audit.files import digest_of
from audit.intake.feeds import Feed
from audit.ledger.nights import Practice
from audit.ledger.returned import ReturnedCopy
from audit.routing.owners import Owner
from audit.words import Words

Say = Callable[[str, str], None]  # a message key of [cli] and a detail; no key: may the night go on?


# seconds; with ten times as many, a thread that comes back from Arrow waits longer than it works
_TURN = 0.0005


@dataclass(frozen=True)
class Wishes:
    """What is asked of one night beyond its configuration.

    `rebuild` is the reason for telling a night that lies before others; `until` leaves out inputs whose name
    bears a later date; `rehearse` tells the night and keeps nothing of it.
    """

    fail_on: str | None = None
    mail: bool = True
    rebuild: str = ""
    until: date | None = None
    rehearse: bool = False


@dataclass(frozen=True)
class Task:
    """What one night is told by, from its first line to its last."""

    settings: Settings
    words: Words
    plan: Plan  # its rules, and the day it is of
    practice: Practice
    wishes: Wishes

    @property
    def as_of(self) -> date:
        """The day the night is of."""
        return self.plan.as_of

    @property
    def folder(self) -> Path:
        """Where it is published."""
        return self.settings.output / self.as_of.isoformat()

    @property
    def scope(self) -> dict[str, object]:
        """What nights must have in common to be compared."""
        own = self.settings.audit
        return {"estate": own.name, "channels": sorted(own.required_channels)}


@dataclass(frozen=True)
class Inputs:
    """What a night reads: the feeds, workbooks people filled in, the owners of rows, the key of seals."""

    feeds: Mapping[str, Feed]
    copies: tuple[ReturnedCopy, ...]
    owners: tuple[Owner, ...]
    secret: str = field(repr=False)

    @property
    def rows(self) -> int:
        """Rows of all feeds."""
        return sum(feed.rows for feed in self.feeds.values())


@dataclass(frozen=True)
class Result:
    """How a night ended, for whoever started it."""

    code: ExitCode
    reason: str
    folder: Path
    summary: Mapping[str, Any] = field(default_factory=dict)
    replayed: bool = False
    run_id: str = ""


class Progress:
    """Says which stage begins, and keeps how many seconds each took."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, said: str) -> Iterator[None]:
        """Announce a stage and time it."""
        self.say(said, "")
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns more often: some of a night's leave Python time and again, others never."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def run_id_of(task: Task, inputs: Inputs, revision: str) -> str:
    """What a night depends on, in 16 hex digits: date, inputs, configuration, program, ledger before."""
    settings, ledger = task.settings, task.settings.ledger
    files = [
        [slot.feed, slot.pattern, file.name, file.reading.sha256, str(file.fresh.on)]
        for feed in inputs.feeds.values()
        for slot in feed.slots
        for file in slot.files
    ]
    files += [[copy.name, copy.sha256] for copy in inputs.copies]
    files += [
        [str(file), digest_of(settings.path(file))] for file in (ledger.calendar, ledger.waivers) if file
    ]
    files += [[owner.fingerprint] for owner in inputs.owners]
    told = [task.as_of.isoformat(), files, settings.digest, __version__, revision, task.wishes.fail_on]
    return sha256(repr(told).encode()).hexdigest()[:16]
