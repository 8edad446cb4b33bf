"""One device as the last night saw it: what is known of it, and what every rule made of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.assessment import Assessment, assess
from audit.check import Plan
from audit.config import Settings
from audit.crosscheck.schema import Subject
from audit.dossier.facts import facts_of
from audit.dossier.judgements import Judgement, judgements_of
from audit.engines import choose_engine
from audit.errors import NothingToShow
from audit.intake.feeds import Feed, read_feeds
from audit.intake.identifiers import Unreadable, clean_identifier
from audit.intake.store import store_to_look
from audit.ledger.database import Database
from audit.ledger.inputs_read import hashes_read
from audit.ledger.nights import open_night
from audit.ledger.signoffs import record_of
from audit.ledger.snapshots import recall_statuses
from audit.programme import items_of, programme_states
from audit.rules.selection import selected_rules
from audit.words import Words

# how a rule's look at the device may have ended, in the order in which it is told
_STATES = ("flagged", "unknown", "not_evaluated", "passed", "not_applicable", "not_enabled")


@dataclass(frozen=True)
class Dossier:
    """Everything about one device. `facts`: (group, label, value), blanks left out."""

    as_of: date
    key: str
    changed: bool  # the files are no longer those the night read
    facts: tuple[tuple[str, str, str], ...]
    judgements: tuple[Judgement, ...]

    def to_text(self, words: Words) -> str:
        """For a terminal: the facts by group, then the rules, what was found first."""
        colon = words("colon")
        lines = [f"{self.key}    {words('report.as_of')} {self.as_of}"]
        if self.changed:
            lines.append(f"{words('cli.warning')}{colon}{words('dossier.changed')}")
        group = ""
        for own, label, value in self.facts:
            if own != group:
                lines += ["", own]
                group = own
            lines.append(f"  {label}{colon}{value}")
        for state in _STATES:
            told = [one for one in self.judgements if one.state == state]
            if not told:
                continue
            lines += ["", f"{words.label('dossier_state', state)} ({len(told)})"]
            if state == "not_applicable":
                lines.append("  " + words.show(list(dict.fromkeys(one.rule.id for one in told))))
                continue
            lines += [f"  {_line(one, words)}" for one in told]
        return "\n".join(lines)

    def to_json(self, words: Words) -> dict[str, Any]:
        """For a program."""
        return {
            "as_of": self.as_of.isoformat(),
            "key": self.key,
            "changed": self.changed,
            "facts": [{"group": group, "label": label, "value": value} for group, label, value in self.facts],
            "rules": [
                {
                    "rule": one.rule.id,
                    "title": one.rule.title[words.language],
                    "state": one.state,
                    "where": one.where,
                    "why": one.why,
                }
                for one in self.judgements
            ],
        }


def _line(one: Judgement, words: Words) -> str:
    where = f" [{one.where}]" if one.where else ""
    why = f"{words('colon')}{one.why}" if one.why else ""
    return f"{one.rule.id} {one.rule.title[words.language]}{where}{why}"


def dossier_of(settings: Settings, words: Words, wanted: str) -> Dossier:
    """The device with that serial, TUSN or merchant/terminal pair, as of the last night in the ledger.

    The files are looked at again as they lie now, through the store, which knows them by content; where they
    are no longer those of the night, `changed` says so. Raises NothingToShow where no night was published or
    neither the ledger nor the registration list has the device.
    """
    with Database(settings.ledger.url, settings.state, reading=True) as database:
        with open_night(database, date.max) as night:
            last = night.runs[-1] if night.runs else None
        if last is None:
            raise NothingToShow("no_night_yet")
        plan = Plan(*selected_rules(settings.rules, settings.folder / settings.file), last.as_of)
        with open_night(database, last.as_of) as night:
            memory = replace(night.recall(), remembered=recall_statuses(settings.state, night.revision))
            read_then = hashes_read(night.connection, last.number)
            record = record_of(night.connection, last.as_of)
    items = items_of(settings.audit.programme)
    programme = tuple(programme_states(items, record, last.as_of, words))
    with ExitStack() as stack:
        feeds = read_feeds(settings, last.as_of, stack.enter_context(store_to_look(settings.state)))
        engine = stack.enter_context(choose_engine(settings, sum(feed.rows for feed in feeds.values())))
        assessed = assess(engine, settings, feeds, memory, plan, programme, everything=True)
        rows = _rows_about(wanted, assessed)
        if not any(table.num_rows for table in rows.values()):
            raise NothingToShow("unknown_device", device=wanted, as_of=last.as_of.isoformat())
        return Dossier(
            last.as_of,
            wanted,
            _hashes_of(feeds) != read_then,
            tuple(facts_of(rows, words)),
            tuple(judgements_of(assessed, plan, rows, words)),
        )


def _hashes_of(feeds: Mapping[str, Feed]) -> frozenset[str]:
    return frozenset(
        file.reading.sha256 for feed in feeds.values() for slot in feed.slots for file in slot.files
    )


def _rows_about(wanted: str, assessed: Assessment) -> dict[Subject, pa.Table]:
    """The fact rows of the device, of its merchant and store, and of registrations under its number."""
    names = _names_of(wanted)
    rows = {
        subject: _found(assessed, subject, nw.any_horizontal(*_named(subject, names), ignore_nulls=True))
        for subject in (Subject.DEVICE, Subject.REGISTRATION)
    }
    keys = [key for table in rows.values() for key in table["device_key"].to_pylist() if key]
    merchants = [one for one in rows[Subject.DEVICE]["merchant_no"].to_pylist() if one]
    stores = [one for one in rows[Subject.DEVICE]["store_no"].to_pylist() if one]
    own_store = _among("merchant_no", merchants) & _among("store_no", stores)
    for subject in (Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY, Subject.ROW):
        rows[subject] = _found(assessed, subject, _among("device_key", keys))
    rows[Subject.MERCHANT] = _found(assessed, Subject.MERCHANT, _among("merchant_no", merchants))
    rows[Subject.SITE] = _found(assessed, Subject.SITE, own_store)
    return rows


def _names_of(wanted: str) -> list[str]:
    """A number as the lists may hold it: as it was typed, and as the intake would clean it."""
    try:
        return list(dict.fromkeys(filter(None, (wanted, clean_identifier(wanted)))))
    except Unreadable:
        return [wanted]


def _named(subject: Subject, names: list[str]) -> Iterator[nw.Expr]:
    yield nw.col("serial_no").is_in(names)
    yield nw.col("tusn").is_in(names)
    yield nw.concat_str([nw.col("merchant_no"), nw.col("terminal_id")], separator="/").is_in(names)
    if subject is Subject.DEVICE:
        yield nw.col("device_key").is_in(names)


def _among(name: str, values: list[str]) -> nw.Expr:
    """Whether a text is one of the values; without any, none is: no text is blank, a blank cell is null."""
    return nw.col(name).is_in(values or [""])


def _found(assessed: Assessment, subject: Subject, condition: nw.Expr) -> pa.Table:
    return assessed.engine.collected(assessed.facts.frames[subject].filter(condition)).sort_by("row_id")
