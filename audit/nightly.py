"""Running every night: the `schedule` loop, and the line for those who have cron."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import schedule

from audit.config import Settings
from audit.errors import ExitCode
from audit.words import Words

_LONGEST_NAP = 60.0


def run_nightly(settings: Settings, config: Path, say: Callable[[str], None], words: Words) -> int:
    """Audit at `[schedule].at` in the estate's zone, every day, until SIGTERM or SIGINT.

    Each night runs in a process of its own: whatever happens to it, the loop goes on. The result is the
    exit code of the loop: 143 or 130, with no night cut off.
    """
    stop = threading.Event()
    code = int(ExitCode.TERMINATED)

    def stopping(number: int, _: FrameType | None) -> None:
        nonlocal code
        code = 128 + number
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopping)
    loop = nightly_loop(settings, config, say, words)
    say(words("cli.next_run", at=next_night(loop, settings), zone=settings.audit.timezone))
    while not stop.is_set():
        if (loop.idle_seconds or 0.0) <= 0:
            loop.run_pending()
            say(words("cli.next_run", at=next_night(loop, settings), zone=settings.audit.timezone))
        stop.wait(min(max(loop.idle_seconds or 0.0, 0.0), _LONGEST_NAP))
    say(words("cli.stopped"))
    return code


def nightly_loop(
    settings: Settings, config: Path, say: Callable[[str], None], words: Words
) -> schedule.Scheduler:
    """A scheduler of its own with one job: the night, at its hour in the estate's zone."""
    loop = schedule.Scheduler()
    loop.every().day.at(settings.schedule.at, settings.audit.timezone).do(_night, config, say, words)
    return loop


def next_night(loop: schedule.Scheduler, settings: Settings) -> str:
    """When the next night is due, on the estate's clock."""
    moment = loop.next_run
    return moment.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M") if moment else ""


def crontab_line(settings: Settings, config: Path, now: datetime | None = None) -> str:
    """The lines for `crontab -e`, in the machine's own time.

    cron knows no zones (some take CRON_TZ, Debian's does not), so the hour is converted; a machine whose
    clock changes in summer is better served by `pos-audit schedule`.
    """
    hour, minute = (int(part) for part in settings.schedule.at.split(":"))
    there = (now or datetime.now(UTC)).astimezone(settings.zone).replace(hour=hour, minute=minute)
    here = there.astimezone()
    command = shlex.join([sys.executable, "-m", "audit", "run", "--config", str(config.resolve())])
    comment = f"# {settings.schedule.at} {settings.audit.timezone} = {here:%H:%M} {here.tzname()}"
    return f"{comment}\n{here.minute} {here.hour} * * * " + command.replace("%", r"\%")


def _night(config: Path, say: Callable[[str], None], words: Words) -> None:
    """One night in its own process group, so that a signal to the loop does not cut it off."""
    command = [sys.executable, "-m", "audit", "run", "--config", str(config)]
    try:
        # our own interpreter and module, and the path the user gave
        code = subprocess.run(command, check=False, start_new_session=True).returncode  # noqa: S603
    except OSError as failure:
        say(str(failure))
        code = int(ExitCode.BUG)
    if code not in (ExitCode.DONE, ExitCode.FINDINGS):
        say(words("cli.night_failed", code=code))
