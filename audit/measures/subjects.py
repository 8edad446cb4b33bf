"""What findings are about, read once and by column: the devices, merchants and stores they touch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.repeats import whole

SEPARATOR = "\x1f"
DEVICES, MERCHANTS, SITES = "devices", "merchants", "sites"
# the columns of findings that measures look at
COLUMNS = ("finding_id", "rule", "category", "severity", "subject", "identity", "merchant_no",
           "merchant_name", "led_by")  # fmt: skip


@dataclass(frozen=True)
class Numbered:
    """Values by row as numbers, -1 for a row that has none; `values` says what the numbers stand for."""

    numbers: np.ndarray
    values: list[str]

    def distinct(self, rows: np.ndarray) -> np.ndarray:
        """The numbers that occur in these rows, each once, rising."""
        seen = np.zeros(len(self.values) + 1, bool)
        seen[self.numbers[rows]] = True
        return np.flatnonzero(seen[:-1])


def numbered(values: pa.Array | pa.ChunkedArray) -> Numbered:
    """The texts as numbers, in the order in which they first occur; what is empty has none."""
    texts = whole(values)
    found = pc.if_else(pc.equal(texts, ""), None, texts).dictionary_encode()
    numbers = found.indices.cast(pa.int64()).fill_null(-1)
    return Numbered(numbers.to_numpy(zero_copy_only=False), found.dictionary.to_pylist())


@dataclass(frozen=True)
class Findings:
    """Open findings by column."""

    table: pa.Table = field(repr=False)

    def texts(self, name: str) -> list[str | None]:
        """A column as it stands."""
        found: list[str | None] = self.table[name].to_pylist()
        return found

    @cached_property
    def identities(self) -> list[list[str | None]]:
        """The identity columns of each finding's subject."""
        parsed: list[list[str | None]] = json.loads(f"[{','.join(self.table['identity'].to_pylist())}]")
        return parsed

    def numbered(self, name: str) -> Numbered:
        """A column as numbers."""
        return numbered(self.table[name])

    @cached_property
    def merchant_numbers(self) -> Numbered:
        """The merchant that each finding names."""
        return self.numbered("merchant_no")

    @cached_property
    def leaders(self) -> np.ndarray:
        """The row of the finding that each follows from; -1 where that is none of these."""
        places = {identifier: row for row, identifier in enumerate(self.texts("finding_id"))}
        return np.array([places.get(one, -1) if one else -1 for one in self.texts("led_by")], np.int64)

    @cached_property
    def touched(self) -> dict[str, Numbered]:
        """Per kind the device, merchant or store of each finding. A row without any key is nobody's."""
        keys: dict[str, list[str | None]] = {
            kind: [None] * self.table.num_rows for kind in (DEVICES, MERCHANTS, SITES)
        }
        devices, merchants, sites = keys.values()
        for row, (subject, identity) in enumerate(zip(self.texts("subject"), self.identities, strict=True)):
            if identity[0] is None:
                continue
            if subject == "device":
                devices[row] = identity[0]
            elif subject == "merchant" or (subject == "row" and identity[1] == "merchants"):
                merchants[row] = identity[0]
            elif subject == "site":
                sites[row] = SEPARATOR.join(part or "" for part in identity)
            else:
                devices[row] = identity[0]
        return {kind: numbered(pa.array(values, pa.string())) for kind, values in keys.items()}
