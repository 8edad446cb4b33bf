"""Waivers (豁免): who lets what stand, why, and until when. Shown, never hidden; the end brings it back."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from audit.config.explaining import read_toml
from audit.errors import ConfigError
from audit.ledger.schema import RUNS, WAIVERS
from audit.rules import RULES
from audit.rules.selection import nearest
from audit.tables.codes import CHANNEL

PATTERNS = ("serial_no", "merchant_no", "channel", "vendor")
_KEYS = ("finding", "rule", *PATTERNS, "reason", "approver", "from", "until")
ENDING_DAYS = 7  # told so long before a waiver ends
IDLE_NIGHTS = 30  # told when it matched nothing for so many; one that never did is told at once
HELD = "waivers"  # of a night's counts: the ids of those that held for something


@dataclass(frozen=True)
class Waiver:
    """One waiver. It names a finding, or a rule with patterns (`*`, `?`) of at least one identifier.

    `source` is file or workbook; `starts_on` None holds from the night that first reads it.
    """

    source: str
    reason: str
    approver: str
    until: date
    finding_id: str = ""
    rule: str = ""
    serial_no: str = ""
    merchant_no: str = ""
    channel: str = ""
    vendor: str = ""
    starts_on: date | None = None

    @property
    def waiver_id(self) -> str:
        """16 hex digits; a waiver with another word is another waiver."""
        parts = [self.source, *self.target]
        parts += [self.reason, self.approver, self.until.isoformat(), str(self.starts_on or "")]
        return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]

    @property
    def target(self) -> tuple[str, ...]:
        """What it is about; it may be written anew for the same, with another end or reason."""
        return (self.finding_id, self.rule, *(getattr(self, name) for name in PATTERNS))

    def runs(self, as_of: date) -> bool:
        """Whether it holds on that night; the last day is included."""
        return (self.starts_on is None or self.starts_on <= as_of) and as_of <= self.until


class Standing(StrEnum):
    """What is to be said of a waiver tonight."""

    ENDED = "ended"
    WITHDRAWN = "withdrawn"  # taken out of its file before its end
    ENDING = "ending"  # within days
    IDLE = "idle"  # matches nothing: never did, or has not for many nights
    UPCOMING = "upcoming"
    RUNNING = "running"


@dataclass(frozen=True)
class Watched:
    """A waiver tonight: the findings it holds for, or the nights up to this one it has held for none.

    `since` is its first day, and never one before the night that first read it: nothing is waived afterwards.
    """

    waiver: Waiver
    standing: Standing
    findings: int = 0
    idle: int = 0
    since: date | None = None


@dataclass(frozen=True)
class Silence:
    """The nights just before this one on which a waiver held for nothing, and whether it has never held.

    `since` is the night from which they count: that of its entry, or a later first day.
    """

    nights: int = 0
    never: bool = True
    since: date | None = None


def load_waivers(file: Path | None, as_of: date, max_days: int) -> tuple[Waiver, ...]:
    """The waivers of `waivers.toml`. Raises ConfigError that names the entry and what is wrong with it."""
    if file is None:
        return ()
    _, plain = read_toml(file)
    for key in plain:
        if key != "waiver":
            raise ConfigError("config_unknown_key", file=str(file), key=key, near="[[waiver]]")
    entries = plain.get("waiver", [])
    if not isinstance(entries, list):
        raise ConfigError("config_unknown_key", file=str(file), key="[waiver]", near="[[waiver]]")
    return tuple(
        _waiver(entry, f"{file.name} [[waiver]] {number}", as_of, max_days)
        for number, entry in enumerate(entries, start=1)
    )


def _waiver(entry: Mapping[str, Any], where: str, as_of: date, max_days: int) -> Waiver:
    named = entry.get("finding") or " ".join(str(entry[key]) for key in ("rule", *PATTERNS) if key in entry)
    where = f"{where} ({named})" if named else where
    for key, value in entry.items():
        if key not in _KEYS:
            raise ConfigError("waiver_key", entry=where, key=key, known=list(_KEYS))
        is_right = type(value) is date if key in ("from", "until") else isinstance(value, str)
        if not is_right:
            raise ConfigError("waiver_value", entry=where, key=key, value=value)
    for key in ("reason", "approver", "until"):
        if not str(entry.get(key, "")).strip():
            raise ConfigError("waiver_missing", entry=where, key=key)
    patterns = {name: entry[name].strip() for name in PATTERNS if entry.get(name, "").strip()}
    if bool(entry.get("finding")) == bool(entry.get("rule") and patterns):
        raise ConfigError("waiver_names", entry=where, patterns=list(PATTERNS))
    _require_known(where, entry.get("rule", "").strip(), patterns.get("channel", ""))
    starts, until = entry.get("from"), entry["until"]
    if starts and starts > until:
        raise ConfigError("waiver_backwards", entry=where, starts=starts, until=until)
    if until - (starts or as_of) > timedelta(days=max_days):
        raise ConfigError("waiver_long", entry=where, until=until, days=max_days)
    return Waiver(
        "file",
        entry["reason"].strip(),
        entry["approver"].strip(),
        until,
        finding_id=entry.get("finding", "").strip(),
        rule=entry.get("rule", "").strip(),
        starts_on=starts,
        **patterns,
    )


def _require_known(where: str, rule: str, channel: str) -> None:
    """A pattern that no rule or channel there is can ever match is a slip."""
    if rule and not fnmatch.filter(RULES, rule):
        raise ConfigError("waiver_rule", entry=where, rule=rule, near=nearest(rule))
    if channel and not fnmatch.filter(CHANNEL.words, channel):
        raise ConfigError("waiver_channel", entry=where, channel=channel, choices=list(CHANNEL.words))


def matched(findings: pa.Table, waivers: Iterable[Waiver], as_of: date) -> tuple[pa.Array, pa.Array]:
    """Per finding the id and the end of the waiver that holds for it; of several the one that ends last.

    `findings` has finding_id, rule and the columns of PATTERNS.
    """
    running = sorted(
        (one for one in waivers if one.runs(as_of)), key=lambda one: (one.until, one.waiver_id), reverse=True
    )
    place = np.full(findings.num_rows, -1, dtype=np.int64)
    single = {one.finding_id: number for number, one in reversed(list(enumerate(running))) if one.finding_id}
    if single:
        found = pc.index_in(findings["finding_id"], value_set=pa.array(list(single), pa.string()))
        numbers = np.array([*single.values(), -1])
        place = numbers[pc.fill_null(found, len(single)).to_numpy()]
    for number, one in enumerate(running):
        if not one.finding_id:
            holds = _holds(findings, one)
            place = np.where(holds & ((place < 0) | (place > number)), number, place)
    ids = pa.array([one.waiver_id for one in running], pa.string())
    ends = pa.array([one.until for one in running], pa.date32())
    taken = pa.array(place, mask=place < 0)
    return ids.take(taken), ends.take(taken)


def _holds(findings: pa.Table, waiver: Waiver) -> np.ndarray[Any, np.dtype[np.bool_]]:
    holds = np.ones(findings.num_rows, dtype=bool)
    for name in ("rule", *PATTERNS):
        if pattern := getattr(waiver, name):
            holds &= np.asarray(
                pc.fill_null(_like(findings[name].combine_chunks(), pattern), False).to_numpy(
                    zero_copy_only=False
                ),
                dtype=bool,
            )
    return holds


def _like(column: pa.Array, pattern: str) -> pa.Array:
    """`*` stands for anything, `?` for one character; a column without them is compared as it is."""
    if not set(pattern) & {"*", "?"}:
        return pc.equal(column, pattern)
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return pc.match_substring_regex(column, f"(?s)^{regex}$")


def enter_waivers(connection: sa.Connection, waivers: Iterable[Waiver], as_of: date) -> None:
    """Keep every waiver that was ever in force; one that is no longer written anywhere ends tonight."""
    current = {one.waiver_id: one for one in waivers}
    known = {row.waiver_id: row.ended_on for row in connection.execute(sa.select(WAIVERS))}
    born = [
        {
            "waiver_id": identifier,
            "entered_on": as_of,
            **{
                name: getattr(one, name)
                for name in ("source", "finding_id", "rule", *PATTERNS, "reason", "approver", "until")
            },
        }
        for identifier, one in current.items()
        if identifier not in known
    ]
    if born:
        connection.execute(sa.insert(WAIVERS), born)
    for identifier, ended in known.items():
        ends = None if identifier in current else (ended or as_of)
        if ends != ended:
            connection.execute(
                sa.update(WAIVERS).where(WAIVERS.c.waiver_id == identifier).values(ended_on=ends)
            )


def withdrawn(connection: sa.Connection, waivers: Iterable[Waiver], as_of: date) -> tuple[Watched, ...]:
    """The waivers that were taken out of their file of late, though they had still to run.

    What one of `waivers` is about is waived still, or anew: it was prolonged, or its reason put right.
    """
    names = ("source", "finding_id", "rule", *PATTERNS, "reason", "approver", "until")
    query = (
        sa.select(*(WAIVERS.c[name] for name in names), WAIVERS.c.entered_on)
        .where(WAIVERS.c.source == "file", WAIVERS.c.until >= WAIVERS.c.ended_on)
        .where(WAIVERS.c.ended_on.between(as_of - timedelta(days=ENDING_DAYS), as_of))
        .order_by(WAIVERS.c.until, WAIVERS.c.waiver_id)
    )
    targets = {one.target for one in waivers}
    gone = (
        Watched(Waiver(**{name: row[name] for name in names}), Standing.WITHDRAWN, since=row["entered_on"])
        for row in connection.execute(query).mappings()
    )
    return tuple(one for one in gone if one.waiver.target not in targets)


def silences(connection: sa.Connection, waivers: Iterable[Waiver], as_of: date) -> dict[str, Silence]:
    """Per waiver its silence before `as_of`, of at most so many nights as matter.

    Nights before it was entered or began do not count; nor do those of which nobody noted what held.
    """
    behind = connection.execute(
        sa.select(RUNS.c.as_of, RUNS.c.counts)
        .where(~RUNS.c.superseded, RUNS.c.as_of < as_of)
        .order_by(RUNS.c.as_of.desc())
        .limit(IDLE_NIGHTS)
    ).all()
    entered = {row.waiver_id: min(row.entered_on, as_of) for row in connection.execute(sa.select(WAIVERS))}
    return {
        one.waiver_id: _silence(
            one, max(entered.get(one.waiver_id, as_of), one.starts_on or date.min), behind
        )
        for one in waivers
    }


def _silence(waiver: Waiver, since: date, behind: Sequence[Any]) -> Silence:
    for number, night in enumerate(behind):
        held = night.counts.get(HELD)
        if night.as_of < since:
            return Silence(number, since=since)
        if held is None or waiver.waiver_id in held:
            return Silence(number, never=False, since=since)
    return Silence(len(behind), since=since)


def watched(
    waivers: Iterable[Waiver], as_of: date, held: Mapping[str, int], before: Mapping[str, Silence]
) -> tuple[Watched, ...]:
    """What is to be said of each waiver, those that end first first.

    `held` counts, per waiver id, the findings it holds for tonight, `before` the nights without any.
    """
    found = []
    for one in sorted(waivers, key=lambda one: (one.until, one.waiver_id)):
        count = held.get(one.waiver_id, 0)
        past = before.get(one.waiver_id, Silence())
        silent = 0 if count or not one.runs(as_of) else past.nights + 1
        if one.until < as_of:
            standing = Standing.ENDED
        elif one.starts_on and one.starts_on > as_of:
            standing = Standing.UPCOMING
        elif one.until - as_of <= timedelta(days=ENDING_DAYS):
            standing = Standing.ENDING
        else:
            idle = silent and (past.never or silent >= IDLE_NIGHTS)
            standing = Standing.IDLE if idle else Standing.RUNNING
        found.append(Watched(one, standing, count, silent, past.since))
    return tuple(found)
