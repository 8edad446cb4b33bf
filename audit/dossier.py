"""One device as the last night saw it: what is known of it, and what every rule made of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.assessment import Assessment, assess
from audit.check import NOT_APPLICABLE, PASSED, UNKNOWN, Plan, verdict_of
from audit.config import Settings
from audit.crosscheck.schema import DEVICE_GROUPS, FACTS, REGISTRATION_SIDE, Subject
from audit.engines import PandasEngine, choose_engine
from audit.errors import NothingToShow
from audit.findings import as_text, worded
from audit.intake.feeds import Feed, read_feeds
from audit.intake.identifiers import Unreadable, clean_identifier
from audit.intake.store import Store
from audit.ledger.database import Database
from audit.ledger.inputs_read import hashes_read
from audit.ledger.nights import open_night
from audit.ledger.signoffs import record_of
from audit.ledger.snapshots import recall_statuses
from audit.programme import items_of, programme_states
from audit.report.sentences import shown_fact
from audit.rules.model import Rule
from audit.rules.selection import selected_rules
from audit.words import Words

# a rule about these subjects may look at the device; the others are about inputs, channels or the programme
_ABOUT_DEVICES = (
    Subject.DEVICE, Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY, Subject.MERCHANT, Subject.REGISTRATION,
    Subject.SITE, Subject.ROW,
)  # fmt: skip
# columns that serve the comparison and mean nothing to a reader
_INTERNAL = (
    "_key",
    "_hash",
    "device_type_code",
    "province_code",
    "city_code",
    "_check",
    "point_x",
    "point_y",
    "point_z",
    "row_id",
    "rejected",
    "rejected_reasons",
    "_raw",
)


@dataclass(frozen=True)
class Judgement:
    """What one rule made of the device, once per channel or policy it looks at.

    `state`: flagged, passed, unknown, not_applicable, not_evaluated (though due) or not_enabled.
    """

    rule: Rule
    state: str
    where: str  # the channel or policy, "" where there is only one look
    why: str


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
                lines.append("  " + words.show(dict.fromkeys(one.rule.id for one in told)))
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


_STATES = ("flagged", "unknown", "not_evaluated", "passed", "not_applicable", "not_enabled")


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
    database = Database(settings.ledger.url, settings.state)
    try:
        with open_night(database, date.max) as night:
            last = night.runs[-1] if night.runs else None
        if last is None:
            raise NothingToShow("no_night_yet")
        plan = Plan(*selected_rules(settings.rules), last.as_of)
        with open_night(database, last.as_of) as night:
            memory = replace(night.recall(), statuses=recall_statuses(settings.state, night.revision))
            read_then = hashes_read(night.connection, last.number)
            record = record_of(night.connection, last.as_of)
        feeds = read_feeds(settings, last.as_of, Store(settings.state))
    finally:
        database.close()
    items = items_of(settings.audit.programme)
    programme = tuple(programme_states(items, record, last.as_of, words))
    with choose_engine(settings, sum(feed.rows for feed in feeds.values())) as engine:
        assessed = assess(engine, settings, feeds, memory, plan, programme, everything=True)
        rows = _rows_about(wanted, assessed)
        if not any(table.num_rows for table in rows.values()):
            raise NothingToShow("unknown_device", device=wanted, as_of=last.as_of.isoformat())
        return Dossier(
            last.as_of,
            wanted,
            _hashes_of(feeds) != read_then,
            tuple(_facts_of(rows, words)),
            tuple(_judgements(assessed, plan, rows, words)),
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


def _facts_of(rows: Mapping[Subject, pa.Table], words: Words) -> Iterator[tuple[str, str, str]]:
    derived = {name for group in DEVICE_GROUPS.values() for name in group}
    own = [name for name in FACTS[Subject.DEVICE] if name not in derived]
    yield from _group(words.label("feed", "devices"), rows[Subject.DEVICE], own, words)
    for group, types in DEVICE_GROUPS.items():
        yield from _group(words.label("dossier_group", group), rows[Subject.DEVICE], list(types), words)
    beside = rows[Subject.DEVICE_CHANNEL]
    for place, channel in enumerate(beside["channel"].to_pylist()):
        title = f"{words.label('feed', 'registrations')} · {words.label('channel', channel)}"
        yield from _group(title, beside.slice(place, 1), list(REGISTRATION_SIDE), words)
    if not rows[Subject.DEVICE].num_rows:
        listed = list(FACTS[Subject.REGISTRATION])
        yield from _group(words.label("feed", "registrations"), rows[Subject.REGISTRATION], listed, words)


def shown_facts() -> set[str]:
    """Every fact column that a dossier may show."""
    names = {*FACTS[Subject.DEVICE], *REGISTRATION_SIDE, *FACTS[Subject.REGISTRATION]}
    return {name for name in names if not name.endswith(_INTERNAL)}


def _group(title: str, table: pa.Table, names: Sequence[str], words: Words) -> Iterator[tuple[str, str, str]]:
    for place in range(table.num_rows):
        row = table.slice(place, 1)
        shown = title if table.num_rows == 1 else f"{title} {place + 1}"
        for name in names:
            value = (
                None if name.endswith(_INTERNAL) else as_text(row[name].combine_chunks(), words)[0].as_py()
            )
            if value not in (None, ""):
                yield shown, fact_label(name, words), _worded(name, value, words)


def fact_label(name: str, words: Words) -> str:
    """A fact column in the reader's words; the same fact of another list has the label of its own column."""
    known = words.section("column") | words.section("fact")
    plain = name.removesuffix("_hash")
    for prefix in ("", "reg_", "merchant_", "model_"):
        if plain.startswith(prefix) and (label := known.get(plain.removeprefix(prefix))):
            return str(label)
    # the place a fact was read: registered_source_file, twin_source_row
    return str(known.get(f"source_{plain.rpartition('_source_')[2]}", name))


def _worded(name: str, value: str, words: Words) -> str:
    group = _CODES.get(name, "")
    if value in ("true", "false"):
        return words(f"dossier.{value}")
    return words.label(group, value) if group else value


_CODES = {
    "terminal_status": "terminal_status",
    "merchant_status": "merchant_status",
    "reg_status": "reg_status",
    "previous_status": "reg_status",
    "near_kind": "near_kind",
    "near_scope": "near_scope",
    "place_fault": "place_fault",
    "last_inspection_result": "inspection_result",
    "matched_by": "matched_by",
    "registered_elsewhere": "channel",
}


def _judgements(
    assessed: Assessment, plan: Plan, rows: Mapping[Subject, pa.Table], words: Words
) -> Iterator[Judgement]:
    for outcome in assessed.outcomes:
        rule = outcome.rule
        if rule.subject not in _ABOUT_DEVICES:
            continue
        if missed := outcome.not_evaluated:
            shown = {name: shown_fact(name, value, words) for name, value in missed.facts.items()}
            why = words(f"not_evaluated.{missed.key}", **shown)
            yield Judgement(rule, "not_evaluated" if missed.due else "not_enabled", "", why)
        elif rows[rule.subject].num_rows:
            yield from _looks(rule, plan, rows[rule.subject], words)
        else:
            yield Judgement(rule, "not_applicable", "", "")


def _looks(rule: Rule, plan: Plan, table: pa.Table, words: Words) -> Iterator[Judgement]:
    """One judgement per row: a channel, a policy, a registration."""
    verdict = verdict_of(rule, plan.as_of, plan.thresholds.get(rule.id), table.column_names)
    judged = PandasEngine().frame(table).select(verdict=verdict).collect("pyarrow").to_arrow()
    for place, case in enumerate(judged["verdict"].to_pylist()):
        row = table.slice(place, 1)
        where = _where(rule, row, words) if table.num_rows > 1 or "channel" in rule.subject.identity else ""
        yield Judgement(rule, _state(case), where, _why(rule, case, row, words, plan.as_of))


def _state(case: int) -> str:
    return {PASSED: "passed", UNKNOWN: "unknown", NOT_APPLICABLE: "not_applicable"}.get(case, "flagged")


def _where(rule: Rule, row: pa.Table, words: Words) -> str:
    parts = [(name, row[name][0].as_py()) for name in rule.subject.identity if name != "device_key"]
    return " ".join(words.label("channel", value) for _, value in parts if value)


def _why(rule: Rule, case: int, row: pa.Table, words: Words, as_of: date) -> str:
    if case > 0:
        return str(worded(rule.cases[case - 1].says, row, words, as_of)[0].as_py())
    if case == UNKNOWN:
        return words("dossier.lacks", columns=_lacking(rule, row, words) or [words("dossier.undecided")])
    seen = rule.actual.fields
    if case == PASSED and seen and all(row[name][0].as_py() is not None for name in seen):
        return str(worded(rule.actual, row, words, as_of)[0].as_py())
    return ""


def _lacking(rule: Rule, row: pa.Table, words: Words) -> list[str]:
    """The facts without which the rule could not tell: blank ones, and cells nobody could read."""
    blank = [name for name in rule.known if row[name][0].as_py() is None]
    rejected = [name for name in row.column_names if name.endswith("rejected")]
    unread: Iterable[str] = (
        name
        for column in rejected
        for name in (row[column][0].as_py() or "").strip(",").split(",")
        if any(required.endswith(f".{name}") for required in rule.requires)
    )
    return [fact_label(name, words) for name in dict.fromkeys([*blank, *unread])]
