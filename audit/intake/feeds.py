"""All the files of a night: found, read side by side, and put together as one canonical table per feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import Settings
from audit.files import shown_name
from audit.intake.ahead import Ahead
from audit.intake.begun import Begun, being_read
from audit.intake.dropfolder import date_in_name, lock_beside
from audit.intake.perchannel import narrowed, put
from audit.intake.reading import FileReading
from audit.intake.rows import names_of, read_rows
from audit.intake.store import Store
from audit.intake.versions import Candidate, superseded
from audit.plaintext import plain
from audit.tables import TABLES, Table

# row ids of the n-th file of a feed start at n times this; a text file may hold more than a sheet
ROWS_PER_FILE = 1 << 32

_FEW = 20  # of so many rows one: whether that is filled in says nothing of the list

Basis = Literal["content", "name", "mtime", "unknown"]


@dataclass(frozen=True)
class Freshness:
    """The day an input was exported on, and how that is known."""

    on: date | None
    basis: Basis

    def age_days(self, as_of: date) -> int | None:
        """Whole calendar days before the audit date; an export of the same day or later is 0."""
        return None if self.on is None else max(0, (as_of - self.on).days)


@dataclass(frozen=True)
class InputFile:
    """One file of a feed: its path as people know it, its account and its freshness."""

    name: str
    reading: FileReading
    fresh: Freshness
    rows_path: Path


@dataclass(frozen=True)
class Slot:
    """One pattern of `[inputs.<feed>].files` and the files it found tonight."""

    feed: str
    pattern: str
    files: tuple[InputFile, ...]

    @property
    def usable(self) -> tuple[InputFile, ...]:
        """Files that were read and count."""
        return tuple(file for file in self.files if not file.reading.error and not file.reading.is_superseded)

    @property
    def rows(self) -> int:
        """Canonical rows."""
        return sum(file.reading.rows for file in self.usable)

    @property
    def columns(self) -> frozenset[str]:
        """Canonical columns that at least one of its usable files has."""
        return frozenset(name for file in self.usable for name in file.reading.columns)

    @cached_property
    def blank(self) -> frozenset[str]:
        """Those of its columns in which every cell of every usable file is blank, and should not be."""
        said = {name for file in self.usable for name in file.reading.said}
        return frozenset(self.sparse - said)

    @cached_property
    def sparse(self) -> frozenset[str]:
        """Those in which hardly a cell can be read, the blank ones among them."""
        filled: Counter[str] = Counter()
        for file in self.usable:
            filled.update(dict(file.reading.filled))
        known = TABLES[self.feed].by_name
        return frozenset(
            name
            for name in self.columns
            if filled[name] < max(1, self.rows / _FEW) and not known[name].of_faults
        )

    @property
    def complete(self) -> bool:
        """Whether the pattern found files and every one of them could be read and held rows."""
        counting = [file for file in self.files if not file.reading.is_superseded]
        return bool(counting) and all(not file.reading.error and file.reading.rows for file in counting)


@dataclass(frozen=True)
class Feed:
    """One kind of input, tonight. `slots` is empty when it is not configured."""

    table: Table
    mandatory: bool
    slots: tuple[Slot, ...] = ()
    required: tuple[str, ...] = ()
    max_age_days: int | None = None
    ahead: Ahead | None = field(default=None, repr=False)  # rows of its files that are in memory already

    @property
    def name(self) -> str:
        """The feed's name."""
        return self.table.name

    @property
    def configured(self) -> bool:
        """Whether `[inputs.<feed>]` exists."""
        return bool(self.slots)

    @property
    def files(self) -> tuple[InputFile, ...]:
        """Usable files, in order."""
        return tuple(file for slot in self.slots for file in slot.usable)

    @property
    def rows(self) -> int:
        """Canonical rows of all files."""
        return sum(slot.rows for slot in self.slots)

    def let_go(self) -> None:
        """Hold no rows in memory: who wanted them has them."""
        if self.ahead:
            self.ahead.forget()

    @cached_property
    def columns(self) -> frozenset[str]:
        """Canonical columns that at least one file has."""
        return self.completed({name for file in self.files for name in file.reading.columns})

    @cached_property
    def told(self) -> frozenset[str]:
        """Those of its columns in which any cell says something, or in which that none does is good news."""
        return self.completed({name for slot in self.slots for name in slot.columns - slot.blank})

    def completed(self, names: Iterable[str]) -> frozenset[str]:
        """Recognised columns as rules count on them; a wide registration list has the long ones too."""
        found = set(names)
        if found & set(self.table.wide):
            found |= {"channel", "reg_status"}
        if any(message in found for _, message in self.table.wide.values()):
            found.add("reg_message")
        found |= {moment for name, (_, moment) in self.table.per_channel.items() if name in found}
        return frozenset(found)


def read_feeds(
    settings: Settings,
    as_of: date,
    store: Store,
    progress: Callable[[str], None] = lambda _: None,
    until: date | None = None,
    begun: Begun | None = None,
) -> dict[str, Feed]:
    """Every configured feed, each file as `being_read` reads it; `begun` is what was begun before."""
    with nullcontext(begun) if begun else being_read(settings, store, until) as reading:
        found, read_files = reading.found, reading(progress)

    def input_file(feed: str, path: Path) -> InputFile:
        account, rows_path = read_files[feed, path]
        if lock := lock_beside(path):
            account = account.with_notice("file_open_elsewhere", lock=lock)
        return InputFile(
            _shown(path, settings.folder), account, freshness(path, account, as_of, settings), rows_path
        )

    feeds = {}
    for name, table in TABLES.items():
        section = settings.inputs.get(name)
        slots = tuple(
            Slot(name, pattern, _newest(tuple(input_file(name, path) for path in paths), table))
            for pattern, paths in found.get(name, [])
        )
        feeds[name] = Feed(
            table,
            settings.is_mandatory(name),
            slots,
            table.required if section is None or section.required is None else section.required,
            section.max_age_days if section else None,
            reading.ahead,
        )
    return feeds


def _newest(files: tuple[InputFile, ...], table: Table) -> tuple[InputFile, ...]:
    """The files with older versions of others marked as such."""
    candidates = [
        Candidate(file.name, _age(file), file.rows_path) for file in files if not file.reading.error
    ]
    newer = superseded(candidates, table)
    return tuple(
        replace(file, reading=file.reading.superseded_by(newer[file.name])) if file.name in newer else file
        for file in files
    )


def _age(file: InputFile) -> tuple[str, int]:
    """When a file was exported, sortable; among files of one moment, when it was written here."""
    exported = file.reading.exported_at or (file.fresh.on.isoformat() if file.fresh.on else "")
    try:
        return exported, Path(file.reading.path).stat().st_mtime_ns
    except OSError:
        return exported, 0


def freshness(path: Path, reading: FileReading, as_of: date, settings: Settings) -> Freshness:
    """The export time the file states, else a date in its name, else its modification time.

    A modification time after the audit date tells only when the copy was made, so it says nothing.
    """
    if reading.exported_at:
        return Freshness(datetime.fromisoformat(reading.exported_at).date(), "content")
    if named := date_in_name(path.name):
        return Freshness(named, "name")
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime, settings.zone).date()
    except OSError:
        return Freshness(None, "unknown")
    return Freshness(modified, "mtime") if modified <= as_of else Freshness(None, "unknown")


@dataclass(frozen=True)
class Part:
    """The canonical rows of one file of a feed, where they lie, and what its row ids start from."""

    path: Path
    name: str  # of the file they were read from, as people know it
    first_id: int
    table: Table
    read: int  # rows of the file
    ahead: Ahead | None = field(default=None, repr=False)

    @property
    def is_long(self) -> bool:
        """Whether the rows are those of the table as they lie there, but for row ids and file names."""
        return {*self.table.wide, *self.table.per_channel}.isdisjoint(names_of(self.path))

    def rows(self) -> pa.Table:
        """The rows with ids and file name; of a wide registration list, one per channel."""
        rows = self.ahead.rows(self.path) if self.ahead else read_rows(self.path)
        rows = rows.append_column("row_id", pa.array(np.arange(rows.num_rows)))
        rows = rows.append_column("source_file", pa.repeat(self.name, rows.num_rows))
        rows = narrowed(rows, self.table)
        return put(rows, "row_id", pc.add(rows["row_id"], self.first_id))


def parts_of(feed: Feed) -> tuple[Part, ...]:
    """The files of a feed, in order."""
    return tuple(
        Part(
            file.rows_path,
            plain(file.name),
            number * ROWS_PER_FILE,
            feed.table,
            file.reading.rows,
            feed.ahead,
        )
        for number, file in enumerate(feed.files)
    )


def assembled(parts: Iterable[Part]) -> pa.Table:
    """The rows of all files, with row ids and file names, each column in one piece.

    A column that no file has is none here; one that another file has is null.
    """
    rows = [part.rows() for part in parts]
    if len(rows) < 2:
        return rows[0] if rows else pa.table({})
    return pa.concat_tables(rows, promote_options="default").combine_chunks()


def _shown(path: Path, folder: Path) -> str:
    return shown_name(str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name)
