"""What is asked of a reader: one file or one form, and how it is to be read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from audit.intake.sheetname import channel_in_name, state_in_name
from audit.tables import TABLES, normalise_label

# raised whenever the same bytes would give other rows, so that no stale canonical table is taken
INTAKE_VERSION = 97


@dataclass(frozen=True)
class Request:
    """One file to read, in plain values that travel to a child process.

    An empty `table` asks which tables the file holds; the first of them is read.
    `password` opens protected workbooks and archives. `secret` is the key (hex) of the hashes that replace
    personal numbers; "" leaves them in clear, which is for the owner of the file alone (`inspect --to`);
    `unmask` names personal columns whose text stays beside its hash.
    `derived` adds the columns that are worked out for the rules.
    `digest` is that of the bytes if the file still has its `stamp`; the reader need not work it out again.
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
    digest: str = ""
    stamp: Sequence[int] = ()

    def fingerprint(self, digest: str) -> str:
        """What the canonical rows depend on: bytes, reader, how they are read, what the name says."""
        depends = [INTAKE_VERSION, digest, self.table, dict(self.columns), self.encoding, self.zone]
        depends += [{name: dict(words) for name, words in self.codes.items()}]
        depends.append(sha256(self.secret.encode()).hexdigest() if self.secret else "")
        depends += [sorted(self.unmask)] if self.unmask else []
        depends.append(self.derived)
        depends += [self.fewest] if self.fewest != 2 else []
        depends += [channel] if (channel := channel_in_name(self.path)) else []
        depends += [f"state={state}"] if (state := self._state_in_name()) else []
        return sha256(json.dumps(depends, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def _state_in_name(self) -> str:
        return state_in_name(self.path, TABLES[self.table]) if self.table in TABLES else ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """The request that `to_json` wrote."""
        return cls(**plain)


@dataclass(frozen=True)
class FormRequest:
    """A form to read, in plain values that travel to a child process.

    `form` maps headers, in every language the forms may have, to their fields; a row of headers is one that
    has all fields of one of `needs`, beside which `fields` names what is filled in. `headers` are all there
    are in our own sheets: a column with another is somebody's own. The rows go to `output` as Parquet: sheet,
    row, and per field its text, its mark (`Mark`) and its column's letter; who saved the workbook and when
    stand in the schema's metadata.
    """

    path: str
    form: Mapping[str, str]
    needs: tuple[tuple[str, ...], ...]
    fields: tuple[tuple[str, ...], ...]
    headers: tuple[str, ...]
    output: str
    careful: bool = field(default=True)  # the only way a form is read

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """The request that `to_json` wrote."""
        lists = {name: tuple(map(tuple, plain[name])) for name in ("needs", "fields")}
        return cls(**{**plain, **lists, "headers": tuple(plain["headers"])})

    def places(self, labels: Sequence[str | None]) -> dict[str, int]:
        """Where in a row of headers each field stands first."""
        known = {normalise_label(label): name for label, name in self.form.items()}
        found: dict[str, int] = {}
        for place, label in enumerate(labels):
            if label and (name := known.get(normalise_label(label))):
                found.setdefault(name, place)
        return found

    def fields_of(self, needs: tuple[str, ...]) -> tuple[str, ...]:
        """What is filled in on the form that needs these columns."""
        return self.fields[self.needs.index(needs)]


def stamp_of(path: Path) -> tuple[int, int]:
    """Size in bytes, and when the file was changed last, in nanoseconds."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns
