"""What makes a machine run the nights by itself: a crontab line, systemd units, a Kubernetes CronJob."""

from __future__ import annotations

import getpass
import os
import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from audit import __version__
from audit.config import WEEKDAYS, Settings
from audit.files import write_private
from audit.report.templating import filled
from audit.words import Words

_NIGHT = ("pos-audit.service", "pos-audit.timer")
_DELIVERY = ("pos-audit-deliver.service", "pos-audit-deliver.timer")
_CRONJOB = "pos-audit-cronjob.yaml"
_PATIENCE = "900"  # seconds a night waits for a delivery that is under way
_CREDENTIAL = Path("/etc/pos-audit/mail-password")
_READABLE = 0o644


def crontab_line(settings: Settings, config: Path, words: Words, now: datetime | None = None) -> str:
    """The lines for `crontab -e`, in the machine's own time.

    cron knows no zones (some take CRON_TZ, Debian's does not), so hour and weekdays are converted; a machine
    whose clock changes in summer is better served by the timer or by `pos-audit schedule`.
    """
    at, zone = settings.schedule.at, settings.zone
    there = datetime.combine((now or datetime.now(UTC)).astimezone(zone), time.fromisoformat(at), zone)
    here = there.astimezone()
    shift = (here.date() - there.date()).days
    comment = words(
        "cron.crontab", at=at, zone=settings.audit.timezone, here=f"{here:%H:%M}", name=here.tzname()
    )
    lines = [
        f"# {comment}",
        _cron_line(
            f"{here.minute} {here.hour} * * {_cron_days(settings, shift)}", _run(settings, config.resolve())
        ),
    ]
    if _drifts(there):
        lines.insert(1, f"# {words('cron.summer')}")
    if settings.delivers:
        lines += [f"# {words('cron.deliver')}", _cron_line("7-59/15 * * * *", _deliver(config.resolve()))]
    return "\n".join(lines)


def _drifts(there: datetime) -> bool:
    """Whether an hour of the estate is another one here half a year later."""
    later = there + timedelta(days=182)
    return f"{there.astimezone():%H:%M}" != f"{later.astimezone():%H:%M}"


def systemd_units(settings: Settings, config: Path, words: Words) -> dict[str, str]:
    """A hardened service and its timer, by file name. The hour is the estate's, whatever the machine's is."""
    mail = settings.mail
    own = getpass.getuser()
    facts = {
        "words": words,
        "run": _unit_command(_run(settings, config.resolve())),
        "deliver": _unit_command(_deliver(config.resolve())),
        "user": "pos-audit" if own == "root" else own,
        "folder": _unit_path(settings.folder),
        "writable": [_unit_word(str(path)) for path in _writable(settings)],
        "shared": [_unit_word(folder) for folder in _shared(settings)],
        "home": "read-only" if _at_home(Path(sys.executable), settings.folder) else "true",
        "credential": _unit_path(_password_file(settings)) if mail and mail.user else "",
        "java": settings.audit.engine == "spark",
        "calendar": _calendar(settings),
    }
    names = (*_NIGHT, *_DELIVERY) if settings.delivers else _NIGHT
    return {name: filled(name, facts) for name in names}


def kubernetes_manifest(settings: Settings, words: Words) -> dict[str, str]:
    """A CronJob whose pod runs as nobody in particular, with one volume for the estate's folder."""
    facts = {
        "words": words,
        "schedule": "{1} {0} * * {2}".format(*_clock(settings), _cron_days(settings, 0)),
        "zone": settings.audit.timezone,
        "version": __version__,
        "run": _run(settings, Path("/estate") / settings.file),
        "deliver": _deliver(Path("/estate") / settings.file),
        "delivers": settings.delivers,
        "mail": bool(settings.mail and settings.mail.user),
    }
    return {_CRONJOB: filled(_CRONJOB, facts)}


def written(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the texts into a folder, readable by everybody: no secret is in them."""
    paths = []
    for name, text in files.items():
        write_private(folder / name, text.encode())
        (folder / name).chmod(_READABLE)
        paths.append(folder / name)
    return paths


def _run(settings: Settings, config: Path) -> list[str]:
    most = settings.schedule.catch_up
    caught_up = ["--catch-up", str(most)] if most else []
    return ["run", "--config", str(config), "--quiet", "--wait", _PATIENCE, *caught_up]


def _deliver(config: Path) -> list[str]:
    return ["deliver", "--config", str(config), "--quiet"]


def _cron_line(hours: str, arguments: list[str]) -> str:
    command = shlex.join([sys.executable, "-m", "audit", *arguments])
    return f"{hours} " + command.replace("%", r"\%")


def _unit_command(arguments: list[str]) -> str:
    return " ".join(map(_unit_word, [sys.executable, "-m", "audit", *arguments]))


def _clock(settings: Settings) -> tuple[int, int]:
    at = time.fromisoformat(settings.schedule.at)
    return at.hour, at.minute


def _cron_days(settings: Settings, shift: int) -> str:
    """cron's day of the week, Sunday 0; the day there may be another day here."""
    days = {(WEEKDAYS.index(day) + 1 + shift) % 7 for day in settings.schedule.days}
    return "*" if len(days) == len(WEEKDAYS) else ",".join(map(str, sorted(days)))


def _writable(settings: Settings) -> list[Path]:
    """The folders a night writes to, those within others left out."""
    textfile = settings.notify.textfile
    folders = [settings.state, settings.output, settings.log_file.parent]
    folders += [settings.path(textfile).parent] if textfile else []
    return [one for one in dict.fromkeys(folders) if not any(other in one.parents for other in folders)]


def _shared(settings: Settings) -> list[str]:
    """The folder that a cluster reads and writes as well, where it is one: its mode is for others to say."""
    place = settings.spark_shared
    return [place] if settings.audit.engine == "spark" and "://" not in place else []


def _at_home(*paths: Path) -> bool:
    return any(path.is_relative_to(home) for path in paths for home in ("/home", "/root", "/run/user"))


def _calendar(settings: Settings) -> str:
    days = [day.title() for day in WEEKDAYS if day in settings.schedule.days]
    named = "" if len(days) == len(WEEKDAYS) else ",".join(days) + " "
    return f"{named}*-*-* {settings.schedule.at}:00 {settings.audit.timezone}"


def _password_file(settings: Settings) -> Path:
    """The file the credential is loaded from: the one that is configured, else the usual place."""
    file = settings.mail.password_file if settings.mail else None
    return settings.path(file) if file else _CREDENTIAL


def _unit_word(text: str) -> str:
    """A word of a unit's command line or list: systemd's own marks are doubled, the rest is quoted."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != text or any(mark in text for mark in " \t'") else text


def _unit_path(path: Path) -> str:
    """A path that is a whole setting of its own: nothing but the percent sign means anything there."""
    return os.fspath(path).replace("%", "%%")
