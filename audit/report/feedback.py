"""Returned workbooks as a reader is told of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from audit.intake.dates import FOREVER
from audit.intake.reading import FileReading
from audit.ledger.feedback import OpenConflict, Taken
from audit.ledger.forms import FORM_HEADERS, RECTIFICATION
from audit.ledger.merge import Refusal, Status
from audit.report.parts import ConflictLine, FeedbackLine, RefusedCell
from audit.report.sentences import notice_sentences, problem_of
from audit.words import Words, load_programme

_SHOWN_TEXT = 300  # characters


def feedback_lines(taken: Iterable[Taken], words: Words, zone: ZoneInfo) -> tuple[FeedbackLine, ...]:
    """One line per copy, with the cells that were not taken, in the order they stand in."""
    return tuple(
        FeedbackLine(
            name=one.copy.name,
            who=one.copy.who,
            said_at=on_the_clock(one.copy.said_at, zone),
            rows=one.rows,
            changes=one.changes,
            conflicts=one.conflicts,
            refused=tuple(_refused(refusal, words) for refusal in sorted(one.refusals, key=_place)),
            problem=problem_of(one.copy.reading, words),
            notices=tuple(notice_sentences(told_beside(one.copy.reading), words)),
        )
        for one in taken
    )


def shortened(text: str) -> str:
    """What was written, as far as a table bears it; the whole is in the writer's copy."""
    return text if len(text) <= _SHOWN_TEXT else f"{text[: _SHOWN_TEXT - 1]}…"


def told_beside(reading: FileReading) -> FileReading:
    """A reading without the notices that are refusals of their own."""
    return replace(reading, notices=tuple(one for one in reading.notices if one[0] != "form_lacks"))


def _place(refusal: Refusal) -> tuple[str, int, int, str]:
    """Where a refused cell stands, "整改台账!AK3": by sheet, then row, then column."""
    sheet, _, cell = refusal.cell.rpartition("!")
    letters = cell.rstrip("0123456789:")
    row = cell[len(letters) :].partition(":")[0]
    return sheet, int(row or 0), len(letters), letters


def on_the_clock(said_at: str, zone: ZoneInfo) -> str:
    """When a copy was saved, as people there would say it; what is no time stays as the copy has it.

    >>> on_the_clock("2026-11-27T07:25:24Z", ZoneInfo("Asia/Shanghai"))
    '2026-11-27 15:25'
    """
    try:
        moment = datetime.fromisoformat(said_at)
    except ValueError:
        return said_at
    # LibreOffice tells local time and does not say whose
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return f"{local:%Y-%m-%d %H:%M}"


def conflict_lines(
    conflicts: Iterable[OpenConflict],
    words: Words,
    zone: ZoneInfo,
    findings: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> tuple[ConflictLine, ...]:
    """One line per conflict nobody has settled; `findings` holds by id the `detail` of those known."""
    return tuple(
        ConflictLine(
            _named(one.finding_id, words),
            findings.get(one.finding_id, {}).get("detail") or _named(one.finding_id, words),
            form_header(one.field, words),
            _shown(one.field, one.ledger_text, words),
            _shown(one.field, one.copy_text, words),
            one.who,
            on_the_clock(one.said_at, zone),
            one.noticed_on,
        )
        for one in conflicts
    )


def _named(key: str, words: Words) -> str:
    """A finding's number as it is; an item of the programme in words; a cycle's line by its cycle."""
    item = load_programme().get(key)
    return str(item[words.language]) if item else key.partition("/")[0]


def form_header(field: str, words: Words) -> str:
    """The header of a field of a form, or of a column that is not filled in."""
    return words(f"header.{FORM_HEADERS.get(field, field)}")


def _refused(refusal: Refusal, words: Words) -> RefusedCell:
    facts = dict(refusal.facts)
    if isinstance(missing := facts.get("missing"), (list, tuple)):
        facts["missing"] = [form_header(name, words) for name in missing]
    # what an earlier release put down was of 整改台账 alone
    facts["words_in"] = form_header(str(facts.get("words_in", RECTIFICATION.words_in)), words)
    if refusal.key == "not_a_status":
        facts["statuses"] = [words.label("handling", status) for status in Status]
    return RefusedCell(
        refusal.cell,
        _named(refusal.finding_id, words),
        form_header(refusal.field, words) if refusal.field else "",
        words("forever")
        if refusal.text == FOREVER.isoformat()
        else shortened(_shown(refusal.field, refusal.text, words)),
        words(f"refused.{refusal.key}", **facts),
    )


def _shown(field: str, text: str, words: Words) -> str:
    return words.label("handling", text) if field == "status" and text in list(Status) else text
