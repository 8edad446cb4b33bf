"""The figures of the last run as a textfile for Prometheus' node exporter."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from datetime import time as hour
from typing import Any

from audit.config import Settings
from audit.errors import GOOD, AuditError, ExitCode
from audit.files import replacing
from audit.ledger import outbox
from audit.ledger.database import Database
from audit.ledger.lives import CLOSED, EXCUSED
from audit.rules.model import Severity

_READABLE = 0o644  # by the exporter, which is another user
FIGURES = {
    "last_run_timestamp_seconds": "When the last run ended.",
    "last_good_run_timestamp_seconds": "When the last run ended that was complete and delivered.",
    "last_exit_code": "Exit code of the last run.",
    "last_run_seconds": "How long the last run took.",
    "night_timestamp_seconds": "Audit date of the last night that was told, at 00:00 of the estate's zone.",
    "devices": "Devices in scope by verdict, in the last night that was told.",
    "open_findings": "Findings demanded of somebody by severity, in the last night that was told.",
    "messages_waiting": "Messages that somebody has not got.",
}
_SAMPLE = re.compile(r"pos_audit_(?P<name>\w+)(?P<labels>\{[^}]*\})? (?P<value>\S+)")

Samples = dict[tuple[str, str], str]  # (name, labels) -> value


def write_metrics(settings: Settings, code: ExitCode, summary: Mapping[str, Any], began: float) -> None:
    """Write `[notify].textfile` anew. What this run cannot say stays as the run before said it.

    Raises CannotWrite or OSError; the file is whole or the one before then.
    """
    assert settings.notify.textfile is not None
    path = settings.path(settings.notify.textfile)
    now = time.time()
    told: Samples = {
        ("last_run_timestamp_seconds", ""): f"{now:.0f}",
        ("last_exit_code", ""): str(int(code)),
        ("last_run_seconds", ""): f"{now - began:.1f}",
        **_waiting(settings),
    }
    if code in GOOD:
        told["last_good_run_timestamp_seconds", ""] = f"{now:.0f}"
    if summary:
        told |= _night(settings, summary)
    before = _before(path.read_text("utf-8", errors="replace")) if path.is_file() else {}
    renewed = {name for name, _ in told}
    kept = {key: value for key, value in before.items() if key[0] not in renewed}
    with replacing(path, _READABLE) as temporary:
        temporary.write_text(_text(kept | told), "utf-8")


def _night(settings: Settings, summary: Mapping[str, Any]) -> Samples:
    excused = {state.value for state in (*CLOSED, *EXCUSED)}
    severities: Counter[str] = Counter()
    for one in summary["findings"]:
        if one["state"] not in excused:
            severities[one["severity"]] += one["count"]
    midnight = datetime.combine(date.fromisoformat(summary["as_of"]), hour(), settings.zone)
    return {
        ("night_timestamp_seconds", ""): f"{midnight.timestamp():.0f}",
        **{
            ("devices", f'{{verdict="{verdict}"}}'): str(count)
            for verdict, count in summary["devices"]["verdicts"].items()
        },
        **{
            ("open_findings", f'{{severity="{severity.value}"}}'): str(severities[severity.value])
            for severity in Severity
        },
    }


def _waiting(settings: Settings) -> Samples:
    """What waits; nothing where the ledger cannot be read, which may be why the run failed."""
    try:
        with Database(settings.ledger.url, settings.state, reading=True) as database:
            counted = Counter(message.status for message in outbox.waiting(database, datetime.now(UTC)))
    except AuditError:
        return {}
    return {
        ("messages_waiting", f'{{status="{status.value}"}}'): str(counted[status])
        for status in outbox.UNSERVED
    }


def _before(text: str) -> Samples:
    found = filter(None, map(_SAMPLE.fullmatch, text.splitlines()))
    return {(one["name"], one["labels"] or ""): one["value"] for one in found if one["name"] in FIGURES}


def _text(samples: Samples) -> str:
    lines = []
    for name, help_text in FIGURES.items():
        own = {labels: value for (of, labels), value in samples.items() if of == name}
        if own:
            lines += [f"# HELP pos_audit_{name} {help_text}", f"# TYPE pos_audit_{name} gauge"]
            lines += [f"pos_audit_{name}{labels} {value}" for labels, value in own.items()]
    return "\n".join(lines) + "\n"
