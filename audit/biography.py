"""`history --finding`: what became of one finding, and who said what of it, in words or as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from audit.config import Settings
from audit.ledger.database import Database
from audit.ledger.happenings import Biography, Happening, biography
from audit.ledger.lives import Kind
from audit.ledger.merge import Status
from audit.report.feedback import form_header, on_the_clock
from audit.words import Words


def life_of(settings: Settings, finding_id: str) -> Biography:
    """What the ledger holds of the finding, also while a night is under way."""
    with Database(settings.ledger.url, settings.state, reading=True) as database:
        return biography(database, finding_id)


def life_text(found: Biography, zone: ZoneInfo, words: Words) -> str:
    """What it is, and one line for each thing that happened to it; hours are those of `zone`."""
    head = words("life.head", finding=found.finding_id, rule=found.rule, title=found.title)
    lines = [f"{one.as_of}  {_told(one, zone, words)}" for one in found.happenings]
    return "\n".join([head, *([found.detail] if found.detail else []), *lines])


def _told(one: Happening, zone: ZoneInfo, words: Words) -> str:
    if one.field:
        texts = {name: _shown(one.field, getattr(one, name), words) for name in ("before", "after")}
        said = words(f"life.{one.kind}", field=form_header(one.field, words), **texts)
    else:
        said = words(f"life.{one.kind}", severity=words.label("severity", one.severity))
    if one.kind in (Kind.WORSE, Kind.BETTER):
        said += words("life.from", severity=words.label("severity", one.severity_before))
    if one.grant:
        said += words("life.grant", **asdict(one.grant))
    if one.kind is Kind.SAID:
        said += words(
            "life.copy",
            file=one.file,
            who=one.who or words("life.unsigned"),
            saved=on_the_clock(one.said_at, zone),
        )
    if not one.stands:
        said += words("life.told_anew")
    return said


def _shown(field: str, text: str, words: Words) -> str:
    known = field == "status" and text in list(Status)
    return (words.label("handling", text) if known else text) or words("life.blank")


def life_plain(found: Biography) -> dict[str, Any]:
    """The same for programs."""
    return {
        **asdict(found),
        "happenings": [
            {
                **asdict(one),
                "as_of": one.as_of.isoformat(),
                "grant": one.grant and {**asdict(one.grant), "until": one.grant.until.isoformat()},
            }
            for one in found.happenings
        ],
    }
