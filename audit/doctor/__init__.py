"""`pos-audit doctor`: everything a night will need, looked at before it needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from audit.config import Settings
from audit.doctor.check import Check, Verdict
from audit.doctor.inputs import look_at_feedback, look_at_inputs, look_at_routing
from audit.doctor.ledger import look_at_ledger
from audit.doctor.machine import look_at_clock, look_at_disk, look_at_engine, look_at_folders, look_at_secrets
from audit.doctor.mail import look_at_mail, look_at_notify
from audit.doctor.rulebook import look_at_calendar, look_at_rules, look_at_templates
from audit.errors import AuditError, ExitCode, gravest, of_the_machine
from audit.words import Words

_LOOKS: tuple[Callable[[Settings, Words, datetime], Iterator[Check]], ...] = (
    look_at_rules,
    look_at_templates,
    look_at_calendar,
    look_at_clock,
    look_at_folders,
    look_at_secrets,
    look_at_disk,
    look_at_engine,
    look_at_ledger,
    look_at_inputs,
    look_at_feedback,
    look_at_routing,
    look_at_mail,
    look_at_notify,
)


def checkup(settings: Settings, words: Words, now: datetime | None = None) -> tuple[Check, ...]:
    """Every check, in order. Nothing is changed but the cache of files read; no mail is sent.

    A look that fails with an expected failure is a failed check of its own, and the others go on.
    """
    moment = now or datetime.now(UTC)
    found = [Check("config", Verdict.OK, words("doctor.config_ok", file=settings.folder / settings.file))]
    for look in _LOOKS:
        try:
            found += look(settings, words, moment)
        except AuditError as failure:
            found.append(failed(look.__name__.removeprefix("look_at_"), failure, words))
        except OSError as failure:
            if (expected := of_the_machine(failure)) is None:
                raise
            found.append(failed(look.__name__.removeprefix("look_at_"), expected, words))
    return tuple(found)


def failed(name: str, failure: AuditError, words: Words) -> Check:
    """An expected failure as a check; its sentence says what to do."""
    return Check(name, Verdict.FAIL, failure.told(words), code=failure.exit_code)


def code_of(checks: tuple[Check, ...]) -> ExitCode:
    """How a night would end at best."""
    return gravest(ExitCode.DONE, *(one.code for one in checks if one.verdict is Verdict.FAIL))


def checkup_text(checks: tuple[Check, ...], words: Words) -> str:
    """A line for each check, with the remedy below it, and the sum."""
    lines = []
    for one in checks:
        name, verdict = words(f"doctor.{one.name}"), words(f"doctor.{one.verdict}")
        lines.append(words("doctor.line", verdict=verdict, name=name, told=one.told))
        if one.remedy:
            lines.append(words("doctor.remedy", remedy=one.remedy))
    counts = {verdict.value: sum(one.verdict is verdict for one in checks) for verdict in Verdict}
    return "\n".join([*lines, words("doctor.sum", **counts)])


def checkup_plain(checks: tuple[Check, ...]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "exit_code": int(code_of(checks)),
        "checks": [
            {"check": one.name, "verdict": one.verdict.value, "told": one.told, "remedy": one.remedy}
            for one in checks
        ],
    }
