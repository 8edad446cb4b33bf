"""Rules, waivers, templates and the calendar of working days."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime

from audit.config import Settings
from audit.doctor.check import Check, Verdict
from audit.ledger.waivers import load_waivers
from audit.ledger.workdays import load_calendar
from audit.report.owntemplates import check_templates, misnamed_files
from audit.rules import RULES
from audit.rules.selection import selected_rules
from audit.words import Words


def look_at_rules(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether the configured rules, thresholds and waivers exist."""
    chosen, _thresholds = selected_rules(settings.rules, settings.folder / settings.file)
    own = settings.ledger
    file = settings.path(own.waivers) if own.waivers else None
    waivers = load_waivers(file, settings.night(), own.max_waiver_days)
    told = words("doctor.rules_ok", count=len(chosen), all=len(RULES), waivers=len(waivers))
    yield Check("rules", Verdict.OK, told)


def look_at_templates(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether the templates of one's own can be used, and are nobody else's to change. Raises ConfigError."""
    own = settings.own_templates
    check_templates(own)
    if own and own.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        told = words("doctor.folder_open", folder=own)
        yield Check("templates", Verdict.WARN, told, words("doctor.folder_open_remedy", folder=own))
        return
    if misnamed := list(misnamed_files(own)) if own else []:
        for file, near in misnamed:
            yield Check("templates", Verdict.WARN, words("error.own_file", file=file, near=near))
        return
    told = words("doctor.templates_ok", folder=own) if own else words("doctor.templates_shipped")
    yield Check("templates", Verdict.OK, told)


def look_at_calendar(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether the working days up to the last due date are known."""
    own = settings.ledger
    calendar = load_calendar(settings.path(own.calendar) if own.calendar else None, own.due)
    if years := calendar.unknown_years(settings.night()):
        told = words("doctor.calendar_unknown", years=years)
        yield Check("calendar", Verdict.WARN, told, words("doctor.calendar_remedy"))
    else:
        last = max(calendar.due_days(settings.night()).values())
        yield Check("calendar", Verdict.OK, words("doctor.calendar_ok", until=last))
