"""The inputs, read as a night would read them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from audit.config import Settings
from audit.doctor.check import Check, Verdict
from audit.errors import ExitCode
from audit.intake.feeds import Feed, read_feeds
from audit.intake.reading import Reason
from audit.intake.store import Store
from audit.report.sentences import owners_as_told, problem_of
from audit.words import Words


def look_at_inputs(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """A check for each configured feed: its files, their age, its columns, its code words."""
    night = settings.night()
    feeds = read_feeds(settings, night, Store(settings.state))
    for feed in feeds.values():
        if feed.configured:
            yield from _feed(feed, words, night)
    usable = any(feed.files for feed in feeds.values())
    for name in (name for name, feed in feeds.items() if settings.is_mandatory(name) and not feed.configured):
        told = words("doctor.input_absent", feed=words.label("feed", name))
        code = ExitCode.INCOMPLETE if usable else ExitCode.NO_INPUT
        yield Check("input", Verdict.FAIL, told, words("doctor.input_absent_remedy", name=name), code)


def look_at_feedback(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether what people hand back can be read; of a folder that is well nothing is said."""
    folder = settings.feedback
    if not folder.is_dir():
        if "feedback" in settings.ledger.model_fields_set:
            told = words("doctor.feedback_missing", folder=folder)
            yield Check("feedback", Verdict.WARN, told, words("doctor.feedback_missing_remedy"))
    elif not os.access(folder, os.R_OK | os.X_OK):
        told = words("error.folder_unreadable", detail=folder)
        yield Check("feedback", Verdict.FAIL, told, code=ExitCode.INCOMPLETE)


def look_at_routing(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether the lists of owners' merchants can be read; nothing without owners. Raises ConfigError."""
    if owners := owners_as_told(settings, Store(settings.state), words):
        yield Check("routing", Verdict.OK, words("doctor.routing_ok", count=len(owners)))


def _feed(feed: Feed, words: Words, night: date) -> Iterator[Check]:
    label = words.label("feed", feed.name)
    grave = Verdict.FAIL if feed.mandatory else Verdict.WARN
    problems = list(_problems(feed, words))
    for told in problems:
        yield Check("input", grave, f"{label}{words('colon')}{told}", code=ExitCode.INCOMPLETE)
    if missing := [words.column(name) for name in feed.required if name not in feed.columns]:
        told = words("doctor.input_columns", feed=label, columns=missing)
        remedy = words("doctor.input_columns_remedy", name=feed.name)
        yield Check("input", grave, told, remedy, ExitCode.INCOMPLETE)
    limit = feed.max_age_days
    for file in feed.files:
        age = file.fresh.age_days(night)
        if limit is not None and age is not None and age > limit:
            told = words("doctor.input_old", feed=label, file=file.name, days=age, limit=limit)
            yield Check("input", Verdict.WARN, told, words("doctor.input_old_remedy"))
    unknown: Counter[str] = Counter()
    for file in feed.files:
        by = file.reading.rejected_by
        unknown.update({column: count for column, reason, count in by if reason == Reason.UNKNOWN_CODE})
    if unknown:
        columns = [f"{words.column(column)} ({count})" for column, count in unknown.most_common()]
        told = words("doctor.input_codes", feed=label, columns=columns)
        remedy = words("doctor.input_codes_remedy", name=feed.name)
        yield Check("input", Verdict.WARN, told, remedy)
    if not problems and not missing:
        told = words("doctor.input_ok", feed=label, files=len(feed.files), rows=feed.rows)
        yield Check("input", Verdict.OK, told)


def _problems(feed: Feed, words: Words) -> Iterator[str]:
    for slot in feed.slots:
        if not slot.files:
            yield words("error.file_missing", pattern=slot.pattern)
        for file in slot.files:
            if file.reading.error:
                yield f"{file.name}{words('colon')}{problem_of(file.reading, words)}"
