"""The night's own inputs as facts: what was delivered, how old it is, how it compares with the last night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa

from audit.crosscheck.origins import Columns
from audit.crosscheck.programme import Owed
from audit.crosscheck.schema import FACTS, Subject
from audit.intake.dropfolder import date_in_name
from audit.intake.feeds import Feed, InputFile, Slot
from audit.intake.labels import suggest
from audit.tables import TABLES
from audit.tables.devices import TRANSACTION_COLUMNS

SCHEMA = pa.schema(list(FACTS[Subject.INPUT].items()))
# columns that another day leaves as they are in no list of devices
_MOVING = {"last_heartbeat_at", "last_signin_at", "last_txn_at", *(one.name for one in TRANSACTION_COLUMNS)}


# (feed, pattern) -> column -> the last night on which a file of the pattern had it
Came = Mapping[tuple[str, str], Mapping[str, date]]


@dataclass(frozen=True)
class Delivery:
    """A file as it was first there: its name, and the day its name bears, else that of the night."""

    name: str
    on: date


@dataclass(frozen=True)
class Remembered:
    """The registration states of the last night, where they were kept and can be read."""

    statuses: pa.Table | None = None  # device_key, channel, reg_status
    is_lost: bool = False  # they were kept and cannot be read


@dataclass(frozen=True)
class Memory:
    """What the ledger recalls of the nights before the audit date; empty on the first night."""

    as_of: date | None = None
    rows: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (feed, pattern) -> canonical rows
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)  # feed -> columns recognised then
    owed: tuple[Owed, ...] = ()  # findings open then
    came: Came = field(default_factory=dict)  # every column that ever came and was not blank
    filled: Came = field(
        default_factory=dict
    )  # every column that was ever filled in for more than a few rows
    filled_in: Columns = field(default_factory=dict)  # of `columns` those that more than a few rows had
    night: date | None = None  # the last one that stands, whatever it was delivered
    remembered: Remembered = Remembered()
    first: Mapping[str, Delivery] = field(default_factory=dict)  # by sha256 of its bytes


def input_facts(
    feeds: Mapping[str, Feed],
    memory: Memory,
    as_of: date,
    also: Columns | None = None,
    asked: Columns | None = None,
) -> pa.Table:
    """One row per pattern of `[inputs]`, and one for each mandatory feed that is not configured.

    `also` has by feed what, beside its required columns, is of no use to anybody where it is blank; `asked`
    what rules look at, as `gone_columns`.
    """
    rows: list[dict[str, object]] = []
    for feed in feeds.values():
        slots = feed.slots or ((Slot(feed.name, "", ()),) if feed.mandatory else ())
        needed = {*feed.required, *(also or {}).get(feed.name, ())}
        rows += [
            _row(len(rows) + place, feed, slot, memory, as_of, gone_columns(feed, slot, memory, asked or {}))
            | {"blank_columns": ",".join(sorted(_left_blank(feed, slot, needed, memory))) or None}
            for place, slot in enumerate(slots)
        ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _left_blank(feed: Feed, slot: Slot, needed: set[str], memory: Memory) -> set[str]:
    """Columns that are there without a word in them, where some list of the feed, or this one once, has it.

    A list of devices in stock beside that of those in use need not name merchants.
    """
    blank = feed.completed(slot.columns) - feed.completed(slot.columns - slot.blank)
    once = feed.completed(memory.came.get((slot.feed, slot.pattern), {}))
    return {name for name in needed & blank if name not in feed.told or name in once} if slot.rows else set()


def gone_columns(feed: Feed, slot: Slot, memory: Memory, asked: Columns) -> frozenset[str]:
    """What rules look at and the files of a pattern lack tonight, and had not long before they last came.

    Not what no list of the feed has any more: the rules are not evaluated, which is told. Of serial and TUSN
    the one goes on without the other. What is required is told as that.
    """
    came = memory.came.get((slot.feed, slot.pattern), {})
    last = max(came.values(), default=date.min)
    had = feed.completed(column for column, on in came.items() if last - on <= _MISSED)
    left = feed.told | (_NAMES if feed.told & _NAMES else frozenset())
    gone = had - feed.completed(slot.columns) - {*feed.required}
    return gone & left & asked.get(feed.name, frozenset()) if slot.rows else frozenset()


_MISSED = timedelta(days=7)  # later nobody waits for a column any more
_NAMES = frozenset({"serial_no", "tusn"})


def delivered_again(slot: Slot, memory: Memory) -> dict[str, Delivery]:
    """The usable files that bear a newer date than the same bytes did before, and when those were there.

    A file that says itself when it was exported is as old as it says.
    """
    first = dict(memory.first)
    for file in slot.files:
        if named := date_in_name(file.name):
            known = first.get(file.reading.sha256)
            if known is None or named < known.on:
                first[file.reading.sha256] = Delivery(file.name, named)
    return {
        file.name: known
        for file in slot.usable
        if file.fresh.on
        and file.fresh.basis != "content"
        and (known := first.get(file.reading.sha256))
        and known.on < file.fresh.on
    }


def tells_of_days(file: InputFile) -> bool:
    """Whether a file has columns that change with every day: the same bytes are an old file."""
    return not _MOVING.isdisjoint(file.reading.columns)


def _row(
    number: int, feed: Feed, slot: Slot, memory: Memory, as_of: date, gone: frozenset[str]
) -> dict[str, object]:
    broken = [file for file in slot.files if file.reading.error]
    dates = [file.fresh.on for file in slot.usable if file.fresh.on]
    exported = min(dates) if dates and len(dates) == len(slot.usable) else None
    before = memory.rows.get((slot.feed, slot.pattern))
    recognised = {name for file in slot.usable for name in file.reading.columns} | (
        feed.columns & {"channel", "reg_status"}
    )
    telling = [file for file in slot.usable if file.reading.sensitive]
    # of those that count: what lies beside a newer version of itself is not what is spoken of
    oldest = sorted(slot.usable, key=lambda file: file.fresh.on or as_of)
    sensitive = [name for file in telling for name in file.reading.sensitive]
    missing = [name for name in feed.required if name not in recognised] if slot.usable else []
    return {
        "row_id": number,
        "feed": feed.name,
        "pattern": slot.pattern,
        "mandatory": feed.mandatory,
        "delivered": bool(slot.usable) and slot.rows > 0,
        "files": len(slot.files),
        "unusable": len(broken),
        "error": broken[0].reading.error if broken else ("empty" if slot.usable and not slot.rows else None),
        "rows": slot.rows,
        "rows_before": before,
        "change_percent": 100.0 * (slot.rows - before) / before if before else None,
        "exported_on": exported,
        "age_days": None if exported is None else max(0, (as_of - exported).days),
        "max_age_days": feed.max_age_days,
        "basis": slot.usable[0].fresh.basis if slot.usable else None,
        "missing_columns": ",".join(missing) or None,
        "gone_columns": ",".join(sorted(gone)) or None,
        "near_headers": _near_headers(slot, [*missing, *sorted(gone)]),
        "sensitive_columns": " / ".join(dict.fromkeys(sensitive)) or None,
        "source_file": next((file.name for file in (*broken, *telling, *oldest, *slot.files)), slot.pattern),
        **_again(slot, memory, as_of),
    }


def _near_headers(slot: Slot, missing: Sequence[str]) -> str | None:
    """Headers that resemble the names of columns which their files lack."""
    near = [header for file in slot.files for found in file.reading.near_headers.values() for header in found]
    unmapped = [header for file in slot.usable for sheet in file.reading.sheets for header in sheet.unmapped]
    near += [header for name in missing for header in suggest(name, TABLES[slot.feed], unmapped)]
    return " / ".join(dict.fromkeys(near)) or None


def _again(slot: Slot, memory: Memory, as_of: date) -> dict[str, object]:
    """Of the files that were there before under another date the one that tells most, or the oldest."""
    first = delivered_again(slot, memory)
    files = [file for file in slot.usable if file.name in first]
    if not files:
        return {}
    file = min(files, key=lambda one: (not tells_of_days(one), first[one.name].on))
    known = first[file.name]
    return {
        "again_file": file.name,
        "first_file": known.name,
        "first_on": known.on,
        "first_days": (as_of - known.on).days,
        "moves": tells_of_days(file),
    }
