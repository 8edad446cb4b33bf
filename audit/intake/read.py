"""Read one file: its bytes decide what it is, its canonical rows go to Parquet, its account comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from audit.errors import InputError, Unusable
from audit.intake.canonical import Profile, canonicalise
from audit.intake.derived import with_derived
from audit.intake.formats.source import Source, open_source
from audit.intake.grid import Grid
from audit.intake.opening import read_whole
from audit.intake.personal import protect
from audit.intake.reading import FileReading, SheetReading
from audit.intake.sheets import tables_in
from audit.tables import TABLES

# raised whenever the same bytes would give other rows, so that no stale canonical table is taken
INTAKE_VERSION = 10


@dataclass(frozen=True)
class Request:
    """One file to read, in plain values that travel to a child process.

    An empty `table` asks which tables the file holds; the first of them is read.
    `password` opens protected workbooks and archives. `secret` is the key (hex) of the hashes that replace
    personal numbers; "" leaves them in clear, which is for the owner of the file alone (`inspect --to`);
    `unmask` names personal columns whose text stays beside its hash.
    `derived` adds the columns that are worked out for the rules.
    """

    path: str
    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    encoding: str = ""
    zone: str = "Asia/Shanghai"
    password: str = ""
    secret: str = ""
    unmask: Sequence[str] = ()
    derived: bool = True
    fewest: int = 2  # columns of the table that a header names at least; 1 for a mere list
    careful: bool = False  # without readers that may abort the process
    output: str = ""

    def fingerprint(self, digest: str) -> str:
        """What the canonical rows depend on: the bytes, how they are read, and the reader."""
        depends = [INTAKE_VERSION, digest, self.table, dict(self.columns), self.encoding, self.zone]
        depends += [{name: dict(words) for name, words in self.codes.items()}]
        depends.append(sha256(self.secret.encode()).hexdigest() if self.secret else "")
        depends += [sorted(self.unmask)] if self.unmask else []
        depends.append(self.derived)
        depends += [self.fewest] if self.fewest != 2 else []
        return sha256(json.dumps(depends, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """The request that `to_json` wrote."""
        return cls(**plain)


def digest_of(path: Path) -> str:
    """sha256 of a file's bytes, hex."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def read_file(request: Request) -> FileReading:
    """Read the file and write its canonical rows to `request.output`. Failures are part of the reading."""
    reading = FileReading(request.path)
    try:
        data = read_whole(Path(request.path))
        reading = replace(reading, sha256=sha256(data).hexdigest())
        source = _opened(data, request)
        reading = replace(
            reading,
            kind=source.kind,
            encoding=source.encoding,
            delimiter=source.delimiter,
            notices=source.notices,
            sheets=tuple(map(_unused, source.grids)),
        )
        tables = (request.table,) if request.table else tables_in(source.grids)
        if not tables:
            raise InputError(Unusable.MISSING_COLUMN, "no_known_table")
        reading = replace(reading, tables=tables)
        table = TABLES[tables[0]]
        canonical = canonicalise(
            source.grids,
            Profile(table, request.columns, request.codes, ZoneInfo(request.zone), request.fewest),
        )
    except InputError as failure:
        return reading.failed(failure)
    rows = with_derived(canonical.rows, table) if request.derived else canonical.rows
    if request.secret:
        rows = protect(rows, table, bytes.fromhex(request.secret), request.unmask)
    pq.write_table(rows, request.output, compression="lz4")
    return replace(
        reading,
        rows=rows.num_rows,
        sheets=canonical.sheets,
        rejections=canonical.rejections,
        rejected=canonical.rejected,
        notices=(*reading.notices, *canonical.notices),
        exported_at=canonical.exported_at,
    )


def _unused(grid: Grid) -> SheetReading:
    """A sheet of a file that comes to nothing: still part of the account."""
    skipped = grid.skipped or ("unused" if grid.height else "empty")
    return SheetReading(grid.sheet, rows_in_file=grid.height, skipped=skipped)


def _opened(data: bytes, request: Request) -> Source:
    try:
        return open_source(data, request.encoding, request.password, careful=request.careful)
    except InputError:
        raise
    except Exception as failure:  # what a parser raises on damaged bytes is anybody's guess
        detail = f"{type(failure).__name__}: {failure}".splitlines()[0][:200]
        raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=detail) from failure
