"""`pos-audit init`: look at a drop folder and propose a configuration for what lies in it."""

from __future__ import annotations

import glob
import json
import re
import shlex
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from audit.config import MANDATORY_FEEDS
from audit.errors import ConfigError, InputError
from audit.files import shown_name, write_private
from audit.intake.begun import READERS
from audit.intake.child import read_in_child
from audit.intake.labels import suggest
from audit.intake.nursery import fork_nursery
from audit.intake.opening import await_settled
from audit.intake.reading import FileReading, Reason
from audit.intake.request import Request
from audit.report.sentences import problem_of
from audit.report.templating import filled
from audit.tables import TABLES, Kind
from audit.words import Words

_IGNORED = (".", "~$")
_OWN = (".toml", ".md", ".json", ".sqlite")
_DATE = re.compile(r"20\d\d[-_.年]?[01]\d[-_.月]?[0-3]\d日?(?:[-_ ]?\d{4,6})?")
_MAX_LISTED = 20


@dataclass(frozen=True)
class SeenFile:
    """A file of the folder: what it holds, or why it cannot be used."""

    name: str
    rows: int = 0
    kind: str = ""
    problem: str = ""


@dataclass
class SeenFeed:
    """What the folder holds of one feed."""

    name: str
    files: list[SeenFile] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)
    unknown_codes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def patterns(self) -> list[str]:
        """The files as patterns: a date in a name stands for any date."""
        return sorted({_DATE.sub("*", glob.escape(file.name)) for file in self.files})

    @property
    def known_codes(self) -> dict[str, tuple[str, ...]]:
        """The words a code column may hold."""
        codes = {column.name: column.codes for column in TABLES[self.name].columns if column.codes}
        return {name: found.words for name, found in codes.items()}


@dataclass(frozen=True)
class Proposal:
    """A configuration, and what it rests on."""

    text: str
    feeds: tuple[SeenFeed, ...]
    unknown: tuple[SeenFile, ...]


def propose(folder: Path, words: Words) -> Proposal:
    """Read every file of the folder and draft an audit.toml. Raises ConfigError for an empty folder."""
    feeds: dict[str, SeenFeed] = {}
    unknown: list[SeenFile] = []
    channels: set[str] = set()
    files = [path for path in sorted(folder.iterdir()) if _is_input(path)]
    if not files:
        raise ConfigError("folder_empty", folder=str(folder))
    fork_nursery()  # what it has to import is most of the time that small files take
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(READERS) as pool:
        places = [Path(scratch) / f"{number}.parquet" for number in range(len(files))]
        for path, one in zip(files, pool.map(_look, files, places), strict=True):
            if one.first.error:
                unknown.append(SeenFile(shown_name(path.name), problem=problem_of(one.first, words)))
            for name, reading in one.tables.items():
                _add(feeds.setdefault(name, SeenFeed(name)), shown_name(path.name), reading, words)
            channels |= one.channels
    ordered = tuple(feeds[name] for name in TABLES if name in feeds)
    facts = {
        "words": words,
        "language": words.language,
        "folder": folder.resolve().name,
        "feeds": ordered,
        "channels": sorted(channels),
        "absent": [name for name in MANDATORY_FEEDS if name not in feeds],
        "unknown": unknown,
        "toml": _toml,
    }
    return Proposal(filled("audit.toml", facts), ordered, tuple(unknown))


def write_proposal(proposal: Proposal, target: Path) -> None:
    """Write the draft. Raises ConfigError rather than replace a configuration somebody wrote."""
    if target.exists():
        raise ConfigError("config_exists", file=str(target))
    write_private(target, proposal.text.encode())


def summary_lines(proposal: Proposal, target: Path, words: Words) -> list[str]:
    """What was found and what to do next, for the person who asked."""
    lines = []
    for feed in proposal.feeds:
        lines.append(f"{words.label('feed', feed.name)}{words('colon')}")
        for file in feed.files:
            told = file.problem or words("init.rows", rows=file.rows, kind=file.kind)
            lines.append(f"  {file.name}{words('colon')}{told}")
    lines += [words("init.unknown", file=file.name, problem=file.problem) for file in proposal.unknown]
    return [*lines, words("init.written", file=target), words("init.next", file=shlex.quote(str(target)))]


def _is_input(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(_IGNORED) and path.suffix.lower() not in _OWN


@dataclass(frozen=True)
class _Look:
    """A file as it was read first, as each of the tables it holds, and the channels it speaks of."""

    first: FileReading
    tables: dict[str, FileReading]
    channels: set[str]


def _look(path: Path, output: Path) -> _Look:
    """Read a file as every table it holds; `output` is where rows may lie meanwhile."""
    first = _read(path, "", output)
    tables: dict[str, FileReading] = {}
    channels: set[str] = set()
    for name in first.tables if not first.error else ():
        tables[name] = first if name == first.tables[0] else _read(path, name, output)
        if name == "registrations" and not tables[name].error:
            channels |= _channels(output)
    output.unlink(missing_ok=True)
    return _Look(first, tables, channels)


def _read(path: Path, table: str, output: Path) -> FileReading:
    try:
        await_settled(path)
    except InputError as failure:
        return FileReading(str(path)).failed(failure)
    return read_in_child(Request(path=str(path), table=table, output=str(output)).to_json())


def _add(feed: SeenFeed, name: str, reading: FileReading, words: Words) -> None:
    """What one file adds to the picture of its feed."""
    table = TABLES[feed.name]
    if reading.error:
        feed.files.append(SeenFile(name, problem=problem_of(reading, words)))
        return
    feed.files.append(SeenFile(name, reading.rows, reading.kind))
    headers = [header for sheet in reading.sheets for header in sheet.unmapped]
    secrets = set(reading.sensitive)
    feed.unmapped = _merged(feed.unmapped, (header for header in headers if header not in secrets))
    for column in table.required:
        if column not in reading.columns and not table.wide.keys() & reading.columns:
            feed.missing[column] = suggest(column, table, headers)
    for rejection in reading.rejections:
        if rejection.reason is Reason.UNKNOWN_CODE and table.by_name[rejection.column].kind is Kind.CODE:
            known = feed.unknown_codes.get(rejection.column, [])
            feed.unknown_codes[rejection.column] = _merged(known, [rejection.value])


def _merged(known: list[str], more: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*known, *more]))[:_MAX_LISTED]


def _channels(rows: Path) -> set[str]:
    """The channels a registration list speaks of, as rows or as columns."""
    import pyarrow.compute as pc

    from audit.intake.rows import names_of, read_rows

    table = TABLES["registrations"]
    present = names_of(rows)
    wide = {channel for name, (channel, _) in table.wide.items() if name in present}
    if "channel" not in present:
        return wide
    found = pc.unique(read_rows(rows, ["channel"])["channel"]).drop_null().to_pylist()
    return wide | {word for word in found if word != "common"}


def _toml(value: object) -> str:
    """A text or a list of texts as TOML; JSON's quoting is TOML's."""
    return json.dumps(value, ensure_ascii=False)
