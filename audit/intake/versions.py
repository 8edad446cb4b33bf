"""Two versions of one file in the drop folder: the newer one counts, and the older one is said to be old.

Files are versions of each other when their names differ only in dates and copy marks and they speak of
mostly the same devices. Files that speak of different devices are parts of one list, and all of them count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.rows import names_of, read_rows
from audit.tables import Table

_SAME_SHARE = 0.5  # of the smaller file's keys
_VARYING = re.compile(
    r"20\d\d[-_.年]?[01]\d[-_.月]?[0-3]\d日?|(?<!\d)\d{6}(?!\d)|[(（]\d{1,2}[)）]|副本|拷贝|复件|最新|最终版?|"
    r"\b(?:copy|final|new|latest|of)\b|\bv?\d{1,2}(?=\.[a-z]+$)|[\s_.-]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Candidate:
    """A file that was read: its name, when it was exported (sortable text), and its canonical rows."""

    name: str
    age: tuple[str, int]
    rows: Path


def superseded(files: Sequence[Candidate], table: Table) -> dict[str, str]:
    """The name of each file that a newer version replaces, and the name of that version."""
    families: dict[str, list[Candidate]] = defaultdict(list)
    for file in files:
        families[_family(file.name)].append(file)
    replaced: dict[str, str] = {}
    for family in families.values():
        newest_first = sorted(family, key=lambda file: (file.age, file.name), reverse=True)
        kept: list[tuple[Candidate, pa.Array]] = []
        for file in newest_first if len(family) > 1 else ():
            keys = _keys(file.rows, table)
            newer = next((other for other, theirs in kept if mostly_same(keys, theirs)), None)
            if newer:
                replaced[file.name] = newer.name
            else:
                kept.append((file, keys))
    return replaced


def _family(name: str) -> str:
    path = Path(name)
    return f"{path.parent}/{_VARYING.sub('', path.name.lower())}"


def _keys(rows: Path, table: Table) -> pa.Array:
    present = names_of(rows)
    key = next((key for key in table.keys if all(part in present for part in key)), ())
    parts = [column.cast(pa.string()) for column in read_rows(rows, key).columns]
    return pc.unique(pc.binary_join_element_wise(*parts, "\x1f")).drop_null() if parts else pa.array([])


def mostly_same(left: pa.Array, right: pa.Array) -> bool:
    """Whether more than half of the keys of the smaller list are in the other one."""
    smaller, larger = sorted((left, right), key=len)
    if not len(smaller):
        return False
    shared: int = pc.sum(pc.is_in(smaller, value_set=larger)).as_py()
    return shared > _SAME_SHARE * len(smaller)
