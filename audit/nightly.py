"""Running every night: the `schedule` loop, for machines without cron or systemd."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import schedule

from audit.config import WEEKDAYS, Settings
from audit.errors import GOOD, ExitCode
from audit.timetable import timetable_of
from audit.words import Words

_NIGHT = "night"
_DELIVERY_MINUTES = 15
_LONGEST_NAP = 60.0
_CLOCK_JUMP = 30.0  # seconds the wall clock may go astray in a nap before the hours are worked out anew
_NAMES = dict(
    zip(WEEKDAYS, ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), strict=True)
)

Say = Callable[[str], None]


class Nightly:
    """The loop: one night at each hour of the timetable, in a process of its own, until told to stop.

    Whatever happens to a night, the loop goes on. `stop` may be set from a signal handler: a night under way
    is told to stop as well, finishes its step, and the loop ends.
    """

    def __init__(self, settings: Settings, config: Path, say: Say, words: Words) -> None:
        self._settings = settings
        self._config = config
        self._say = say
        self._words = words
        self._timetable = timetable_of(settings)
        self._told: datetime | None = self._timetable.last_due(datetime.now(UTC))
        self.stop = threading.Event()
        self.hours = self.fresh_hours()

    def fresh_hours(self) -> schedule.Scheduler:
        """A scheduler of its own: one night per weekday, or one for every day, and in between what waits."""
        hours = schedule.Scheduler()
        own = self._settings.schedule
        every = len(set(own.days)) == len(WEEKDAYS)
        for day in ("day",) if every else tuple(_NAMES[day] for day in own.days):
            job = getattr(hours.every(), day)
            job.at(own.at, self._settings.audit.timezone).do(self.due_night).tag(_NIGHT)
        if self._settings.delivers:
            hours.every(_DELIVERY_MINUTES).minutes.do(self.deliver)
        return hours

    def run(self) -> None:
        """Make up for what was missed while the loop was not there, then keep the hours until stopped."""
        if self.missed(datetime.now(UTC)):
            self._say(self._words("cli.catching_up"))
            self.night()
        self._announce()
        while not self.stop.is_set():
            if (self.hours.idle_seconds or 0.0) <= 0:
                before = self.next_night()
                self.hours.run_pending()
                if self.next_night() != before:
                    self._announce()
            self._nap(min(max(self.hours.idle_seconds or 0.0, 0.0), _LONGEST_NAP))
        self._say(self._words("cli.stopped"))

    def missed(self, now: datetime) -> bool:
        """Whether the last night that was due is not published, on an estate that has had nights before."""
        if not self._settings.schedule.catch_up:
            return False
        due = self._timetable.night_of(self._timetable.last_due(now)).isoformat()
        published = [folder.name for folder in self._settings.output.glob("20??-??-??")]
        return bool(published) and max(published) < due

    def next_night(self) -> str:
        """When the next night is due, on the estate's clock."""
        moments = [job.next_run for job in self.hours.get_jobs(_NIGHT) if job.next_run]
        due = self._timetable.next_due(min(moments).astimezone(UTC) - timedelta(seconds=1))
        return due.astimezone(self._settings.zone).strftime("%Y-%m-%d %H:%M")

    def due_night(self) -> None:
        """The night of the hour, once: on the day after clocks went forward `schedule` is an hour early."""
        due = self._timetable.last_due(datetime.now(UTC))
        if due != self._told:
            self._told = due
            self.night()

    def night(self) -> None:
        """One night; late in the night or early the next day it is the one that was due."""
        timetable, fixed = self._timetable, self._settings.audit.as_of
        night = fixed or timetable.night_of(timetable.last_due(datetime.now(UTC)))
        arguments = ["run", "--config", str(self._config), "--as-of", str(night)]
        if most := self._settings.schedule.catch_up:
            arguments += ["--catch-up", str(most)]
        code = self._start(arguments)
        if code not in (None, *GOOD):
            self._say(self._words("cli.night_failed", code=code))

    def deliver(self) -> None:
        """What waits to be sent, if anything does."""
        if any((self._settings.state / "outbox").glob("*")):
            self._start(["deliver", "--config", str(self._config), "--quiet"])

    def _start(self, arguments: list[str]) -> int | None:
        """The exit code of a command; None when it could not be started.

        It has a process group of its own, so that Ctrl-C reaches it through the loop alone.
        """
        try:
            # our own interpreter and module, and the path the user gave
            child = subprocess.Popen([sys.executable, "-m", "audit", *arguments], start_new_session=True)  # noqa: S603
        except OSError as failure:
            self._say(self._words("cli.night_not_started", detail=failure.strerror or str(failure)))
            return None
        with child:
            while child.poll() is None and not self.stop.wait(0.2):
                pass
            if child.poll() is None:
                child.terminate()
            code = child.wait()
        return code if code >= 0 else 128 - code

    def _announce(self) -> None:
        zone = self._settings.audit.timezone
        self._say(self._words("cli.next_run", at=self.next_night(), zone=zone))

    def _nap(self, seconds: float) -> None:
        """Wait. `schedule` counts on a clock that only goes forward; where it was set back, count anew."""
        wall, steady = time.time(), time.monotonic()
        self.stop.wait(seconds)
        if (time.time() - wall) - (time.monotonic() - steady) < -_CLOCK_JUMP:
            self._say(self._words("cli.clock_back"))
            self._told = None
            self.hours = self.fresh_hours()
            self._announce()


def run_nightly(settings: Settings, config: Path, say: Say, words: Words) -> int:
    """Keep the hours until SIGTERM or SIGINT; the result is the exit code, 143 or 130."""
    loop = Nightly(settings, config, say, words)
    code = int(ExitCode.TERMINATED)

    def stopping(number: int, _: FrameType | None) -> None:
        nonlocal code
        code = 128 + number
        loop.stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopping)
    loop.run()
    return code
