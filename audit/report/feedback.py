"""Returned workbooks as a reader is told of them."""

from __future__ import annotations

from collections.abc import Iterable

from audit.ledger.feedback import OpenConflict, Taken
from audit.ledger.forms import FORM_HEADERS
from audit.ledger.merge import DATE_FIELDS, Refusal
from audit.report.parts import ConflictLine, FeedbackLine, RefusedCell
from audit.report.sentences import problem_of
from audit.words import Words, load_programme


def feedback_lines(taken: Iterable[Taken], words: Words) -> tuple[FeedbackLine, ...]:
    """One line per copy, with the cells that were not taken."""
    return tuple(
        FeedbackLine(
            name=one.copy.name,
            who=one.copy.who,
            said_at=one.copy.said_at,
            rows=one.copy.count,
            changes=one.changes,
            conflicts=one.conflicts,
            refused=tuple(_refused(refusal, words) for refusal in one.refusals),
            problem=problem_of(one.copy.reading, words),
        )
        for one in taken
    )


def conflict_lines(conflicts: Iterable[OpenConflict], words: Words) -> tuple[ConflictLine, ...]:
    """One line per conflict nobody has settled."""
    return tuple(
        ConflictLine(
            _named(one.finding_id, words),
            form_header(one.field, words),
            _shown(one.field, one.ledger_text, words),
            _shown(one.field, one.copy_text, words),
            one.who,
            one.said_at,
            one.noticed_on,
        )
        for one in conflicts
    )


def _named(key: str, words: Words) -> str:
    """A finding's number as it is; an item of the programme in words; a cycle's line by its cycle."""
    item = load_programme().get(key)
    return str(item[words.language]) if item else key.partition("/")[0]


def form_header(field: str, words: Words) -> str:
    """The header of a field of the rectification ledger."""
    return words(f"header.{FORM_HEADERS[field]}")


def _refused(refusal: Refusal, words: Words) -> RefusedCell:
    facts = dict(refusal.facts)
    if isinstance(missing := facts.get("missing"), (list, tuple)):
        facts["missing"] = [form_header(name, words) for name in missing]
    return RefusedCell(
        refusal.cell,
        _named(refusal.finding_id, words),
        form_header(refusal.field, words) if refusal.field else "",
        refusal.text,
        words(f"refused.{refusal.key}", **facts),
    )


def _shown(field: str, text: str, words: Words) -> str:
    if field in DATE_FIELDS or field != "status":
        return text
    return words.label("handling", text)
