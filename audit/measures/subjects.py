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
    def keys(self) -> pa.Array:
        """The first identity column of each finding's subject."""
        return _named(whole(self.table["identity"]), 0)

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
        led_by, ids = whole(self.table["led_by"]), whole(self.table["finding_id"])
        found = pc.index_in(led_by, value_set=ids, skip_nulls=True).cast(pa.int64())
        rows: np.ndarray = found.fill_null(-1).to_numpy()
        return rows

    @cached_property
    def touched(self) -> dict[str, Numbered]:
        """Per kind the device, merchant or store of each finding. A row without any key is nobody's."""
        identity, subject = whole(self.table["identity"]), whole(self.table["subject"])
        is_site = pc.equal(subject, "site")
        of_list = pc.equal(_named(pc.if_else(pc.equal(subject, "row"), identity, None), 1), "merchants")
        is_merchant = pc.or_(pc.equal(subject, "merchant"), pc.fill_null(of_list, False))
        is_device = pc.invert(pc.or_(is_site, is_merchant))
        keyed = pc.if_else(pc.is_valid(self.keys), identity, None)
        return {
            DEVICES: numbered(pc.if_else(is_device, self.keys, None)),
            MERCHANTS: numbered(pc.if_else(is_merchant, self.keys, None)),
            SITES: numbered(_joined(pc.if_else(is_site, keyed, None))),
        }


# the first and second of texts without escapes
_PLAIN = (r'^\["(?P<text>[^"\\]*)"', r'^\["[^"\\]*", "(?P<text>[^"\\]*)"')


def _named(identities: pa.Array, place: int) -> pa.Array:
    """The first or second of each JSON list of texts; null where it is null or there is no list."""
    found = pc.struct_field(pc.extract_regex(identities, _PLAIN[place]), [0])
    others = pc.and_(pc.is_valid(identities), pc.is_null(found))
    if not pc.any(others).as_py():
        return found
    parsed = [json.loads(text)[place] for text in identities.filter(others).to_pylist()]
    return pc.replace_with_mask(found, others, pa.array(parsed, pa.string()))


def _joined(identities: pa.Array) -> pa.Array:
    """The texts of each JSON list in one; null where there is no list."""
    texts = (
        None if one is None else SEPARATOR.join(part or "" for part in json.loads(one))
        for one in identities.to_pylist()
    )
    return pa.array(texts, pa.string())
