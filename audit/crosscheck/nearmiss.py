"""Unmatched devices against unmatched registrations: which serial may be a slip of which.

A suggestion, never a match. Serials of one delivery are numbered in sequence and have real neighbours one
digit away, so that a candidate of the same merchant goes before one of the same batch and that before any
other; then the more specific kind of slip; then a registration that no other device comes as close to; then
the smaller serial and the smaller row_id. Whether the last digits differ, as a counter's would, was tried as
a further sign and changed the share of right suggestions by less than 1 % either way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.crosscheck.alike import KINDS, LONGEST, Pairs, Places, alike, among, comparable, joined

SCOPES = ("merchant", "batch", "anywhere")
# distinct serials on either side; a million each took 1.4 GB and 38 s, of one sequence or of none
# (benchmarks/near_misses.py --serials 1000000). Beyond it a list is missing or misread, which is no
# matter of slips.
MOST_SERIALS = 1_000_000

_BUNCH = 250_000  # pairs that are looked up at once
_SHARED = ("merchant_no", "batch_no")
_NOWHERE = np.iinfo(np.int64).max

_DEVICE = pa.schema(
    [("row_id", pa.int64()), *((name, pa.string()) for name in ("device_key", "serial_no", *_SHARED))]
)
_REGISTRATION = pa.schema(
    [*_DEVICE, ("source_file", pa.string()), ("source_sheet", pa.string()), ("source_row", pa.int64())]
)
PAIRS = pa.schema(
    [
        ("row_id", pa.int64()),
        ("near_row_id", pa.int64()),
        ("near_serial", pa.string()),
        ("near_kind", pa.string()),
        ("near_scope", pa.string()),
        ("near_candidates", pa.int64()),
        ("near_device_key", pa.string()),
        ("near_merchant_no", pa.string()),
        ("near_source_file", pa.string()),
        ("near_source_sheet", pa.string()),
        ("near_source_row", pa.int64()),
    ]
)
REGISTRATIONS = pa.schema(
    [("row_id", pa.int64()), ("near_device_serial", pa.string()), ("near_device_key", pa.string())]
)


@dataclass(frozen=True)
class NearMisses:
    """The best suggestion for each row that has one, in the order of row_id.

    `pairs` has one row per device, `registrations` one per registration. `near_candidates` is the largest
    of: serials that come as close to the device, devices that come as close to the registration, and
    devices that are offered the same registration. 1 is unique on both sides. `capped` is how many
    devices were not compared: more than `MOST_SERIALS` on a side, serials longer than `LONGEST`, or with
    more than `MOST_ALIKE` partners that differ in the same place.
    """

    pairs: pa.Table
    registrations: pa.Table
    capped: int


@dataclass(frozen=True)
class _Side:
    """The comparable rows of one side by row_id, with the places of their serials in the sorted list."""

    rows: pa.Table
    serials: pa.Array
    serial: Places
    groups: tuple[
        Places, ...
    ]  # for each of SCOPES: the number of the row's merchant, batch; -1 where unknown

    @cached_property
    def by_serial(self) -> Places:
        """The rows, ordered by their serial."""
        return np.argsort(self.serial, kind="stable")

    @cached_property
    def starts(self) -> Places:
        """Where the rows of each serial start in `by_serial`."""
        return np.searchsorted(self.serial[self.by_serial], np.arange(len(self.serials) + 1))

    @cached_property
    def known(self) -> tuple[tuple[Places, Places], ...]:
        """For each of SCOPES: the keys of (group, serial) that occur, in order, and the first row of each."""
        return tuple(
            (keys[keys >= 0], first[keys >= 0])
            for group in self.groups
            for keys, first in [np.unique(self.key(group, self.serial), return_index=True)]
        )

    def key(self, group: Places, serial: Places) -> Places:
        """One number for a group and a serial of this side; negative where the group is unknown."""
        return group * len(self.serials) + np.where(group < 0, 0, serial)


@dataclass(frozen=True)
class _Candidates:
    """Rows of the one side with serials of the other that resemble theirs."""

    row: npt.NDArray[np.int32]
    serial: npt.NDArray[np.int32]
    rank: npt.NDArray[np.uint8]  # scope and kind, smaller is closer


@dataclass(frozen=True)
class _Best:
    """The rows that have a candidate, the best serial for each, its rank, and how many are as good."""

    row: Places
    serial: Places
    rank: Places
    candidates: Places


def near_misses(devices: pa.Table, registrations: pa.Table) -> NearMisses:
    """The near misses between two tables that hold only what nobody matched.

    Both need row_id, device_key, serial_no, merchant_no, batch_no; registrations also source_file,
    source_sheet, source_row. The order of rows does not matter.
    """
    devices = devices.select(_DEVICE.names).cast(_DEVICE)
    registrations = registrations.select(_REGISTRATION.names).cast(_REGISTRATION)
    too_long = pc.sum(pc.greater(pc.utf8_length(devices["serial_no"]), LONGEST)).as_py() or 0
    ours, theirs = _sides(devices, registrations)
    if max(len(ours.serials), len(theirs.serials)) > MOST_SERIALS:
        nothing = PAIRS.empty_table(), REGISTRATIONS.empty_table()
        return NearMisses(*nothing, capped=too_long + ours.rows.num_rows)
    found = alike(ours.serials, theirs.serials)
    crowded = int(found.crowded[ours.serial].sum())
    forward = _best(_candidates(ours, theirs, found.parts), ours, theirs)
    backward = _best(_candidates(theirs, ours, [part.turned() for part in found.parts]), theirs, ours)
    return NearMisses(
        _pairs(forward, ours, theirs), _other_side(backward, theirs, ours), capped=too_long + crowded
    )


def _sides(*tables: pa.Table) -> list[_Side]:
    tables = tuple(table.filter(comparable(table["serial_no"])).sort_by("row_id") for table in tables)
    groups = [
        (*shared, np.zeros(table.num_rows, np.int64))
        for table, *shared in zip(tables, *(_numbers(tables, name) for name in _SHARED), strict=True)
    ]
    sides = []
    for table, own in zip(tables, groups, strict=True):
        serials = pc.unique(table["serial_no"])
        serials = serials.take(pc.sort_indices(serials))
        sides.append(_Side(table, serials, _places(table["serial_no"], serials), own))
    return sides


def _numbers(tables: Sequence[pa.Table], name: str) -> list[Places]:
    """A number for each text of this column, the same in all tables; -1 for null."""
    texts = pc.unique(
        pa.chunked_array([chunk for table in tables for chunk in table[name].chunks], pa.string())
    )
    return [_places(table[name], texts.drop_null()) for table in tables]


def _places(texts: pa.ChunkedArray, known: pa.Array) -> Places:
    places = pc.fill_null(pc.index_in(texts, value_set=known).cast(pa.int64()), -1)
    numbers: Places = places.to_numpy()
    return numbers


def _candidates(near: _Side, far: _Side, parts: Sequence[Pairs]) -> list[_Candidates]:
    candidates = []
    for pairs in _bunched(parts):
        start = near.starts[pairs.left]
        count = near.starts[pairs.left + 1] - start
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        row = near.by_serial[np.repeat(start, count) + within]
        serial = np.repeat(pairs.right, count)
        scope = np.full(len(row), len(SCOPES) - 1, np.uint8)
        for place in reversed(range(len(_SHARED))):
            scope[among(far.key(near.groups[place][row], serial), far.known[place][0])] = place
        rank = scope * len(KINDS) + pairs.kind
        candidates.append(_Candidates(row.astype(np.int32), serial.astype(np.int32), rank))
    return candidates


def _bunched(parts: Sequence[Pairs]) -> Iterator[Pairs]:
    """The parts of a kind put together: the merchants of the other side are looked up once for many pairs."""
    for kind in dict.fromkeys(part.kind for part in parts):
        bunch: list[Pairs] = []
        for part in (one for one in parts if one.kind == kind):
            bunch.append(part)
            if sum(one.left.size for one in bunch) > _BUNCH:
                yield joined(bunch)
                bunch = []
        if bunch:
            yield joined(bunch)


def _best(candidates: Sequence[_Candidates], near: _Side, far: _Side) -> _Best:
    """The best candidate of each row; see the module's words for the order."""
    rows, serials = near.rows.num_rows, len(far.serials)
    by_rank = np.zeros((serials, len(SCOPES) * len(KINDS)), np.int64)
    for some in candidates:
        np.add.at(by_rank, (some.serial, some.rank), 1)
    as_close_to_serial = by_rank.cumsum(axis=1)

    best = np.full(rows, _NOWHERE)
    for some in candidates:
        shared = as_close_to_serial[some.serial, some.rank] > 1
        order = some.rank.astype(np.int64) << 1 | shared
        np.minimum.at(best, some.row, order << 32 | some.serial)
    row = np.flatnonzero(best != _NOWHERE)
    serial, rank = best & 0xFFFFFFFF, best >> 33

    as_close_to_row = np.zeros(rows, np.int64)
    for some in candidates:
        as_close_to_row += np.bincount(some.row[some.rank == rank[some.row]], minlength=rows)
    as_good = np.maximum(as_close_to_row[row], as_close_to_serial[serial[row], rank[row]])
    return _Best(row, serial[row], rank[row], as_good)


def _first_rows(best: _Best, near: _Side, far: _Side) -> Places:
    """The first row of the other side with the best serial, in the scope it was found in."""
    scope = best.rank // len(KINDS)
    first = np.empty(len(best.row), np.int64)
    for place, (keys, rows) in enumerate(far.known):
        here = np.flatnonzero(scope == place)
        wanted = far.key(near.groups[place][best.row[here]], best.serial[here])
        first[here] = rows[np.searchsorted(keys, wanted)]
    return first


def _pairs(best: _Best, near: _Side, far: _Side) -> pa.Table:
    partner = _first_rows(best, near, far)
    offered = np.bincount(partner, minlength=far.rows.num_rows)[partner]
    there = far.rows.take(pa.array(partner))
    scope, kind = np.divmod(best.rank, len(KINDS))
    columns = {
        "row_id": near.rows["row_id"].take(pa.array(best.row)),
        "near_row_id": there["row_id"],
        "near_serial": there["serial_no"],
        "near_kind": pa.array(KINDS).take(pa.array(kind)),
        "near_scope": pa.array(SCOPES).take(pa.array(scope)),
        "near_candidates": pa.array(np.maximum(best.candidates, offered)),
        **{name: there[name.removeprefix("near_")] for name in PAIRS.names[6:]},
    }
    return pa.table(columns, schema=PAIRS)


def _other_side(best: _Best, near: _Side, far: _Side) -> pa.Table:
    there = far.rows.take(pa.array(_first_rows(best, near, far)))
    columns = [near.rows["row_id"].take(pa.array(best.row)), there["serial_no"], there["device_key"]]
    return pa.table(columns, schema=REGISTRATIONS)
