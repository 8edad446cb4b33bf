"""Read one file: its bytes decide what it is, its canonical rows go to Parquet, its account comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from audit.errors import InputError, Unusable
from audit.intake.canonical import Canonical, Notice, Profile, canonicalise
from audit.intake.delimited import read_delimited
from audit.intake.derived import with_derived
from audit.intake.personal import protect
from audit.intake.reading import FileReading
from audit.intake.sniff import FileKind, sniff
from audit.intake.xlsx import read_xlsx
from audit.tables import TABLES

MAX_BYTES = 256 << 20
# raised whenever the same bytes would give other rows, so that no stale canonical table is taken
INTAKE_VERSION = 1


@dataclass(frozen=True)
class Request:
    """One file to read, in plain values that travel to a child process.

    `secret` is the key (hex) of the hashes that replace personal numbers; "" leaves them in clear, which
    is for the owner of the file alone (`inspect --to`).
    """

    path: str
    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    encoding: str = ""
    zone: str = "Asia/Shanghai"
    secret: str = ""
    output: str = ""

    def fingerprint(self, digest: str) -> str:
        """What the canonical rows depend on: the bytes, how they are read, and the reader."""
        depends = [INTAKE_VERSION, digest, self.table, dict(self.columns), self.encoding, self.zone]
        depends += [{name: dict(words) for name, words in self.codes.items()}]
        depends.append(sha256(self.secret.encode()).hexdigest() if self.secret else "")
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
        data = _bytes(Path(request.path))
        reading = replace(reading, sha256=sha256(data).hexdigest())
        kind = sniff(data)
        reading = replace(reading, kind=str(kind))
        canonical, details = _canonical(data, kind, request)
        reading = replace(reading, **details)
    except InputError as failure:
        return replace(
            reading, error=str(failure.reason), error_key=failure.key, error_facts=dict(failure.facts)
        )
    table = TABLES[request.table]
    rows = with_derived(canonical.rows, table)
    if request.secret:
        rows = protect(rows, table, bytes.fromhex(request.secret))
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


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(Unusable.UNSAFE, "file_too_large", mib=size >> 20, limit=MAX_BYTES >> 20)
        return path.read_bytes()
    except OSError as failure:
        raise InputError(
            Unusable.UNREADABLE, "file_unreadable", detail=failure.strerror or str(failure)
        ) from None


def _canonical(data: bytes, kind: FileKind, request: Request) -> tuple[Canonical, dict[str, Any]]:
    profile = Profile(TABLES[request.table], request.columns, request.codes, ZoneInfo(request.zone))
    if kind is FileKind.XLSX:
        return canonicalise(read_xlsx(data), profile), {}
    text = read_delimited(data, request.encoding or None)
    notices: tuple[Notice, ...] = ()
    if text.overlong:
        notices = (("overlong_rows", {"count": len(text.overlong), "rows": list(text.overlong[:20])}),)
    details = {"encoding": text.encoding, "delimiter": text.delimiter, "notices": notices}
    return canonicalise([text.grid], profile), details
