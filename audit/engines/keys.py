"""What rows are known by, as columns to join and to group by.

A key is opaque: two are equal where the texts behind them are, whichever table they stand in, and it is null
where one of the texts is. Engines that plan their queries take the texts themselves; in memory a key is a
whole number, so that no text is hashed twice in a night.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines.parallel import at_once
from audit.intake.repeats import whole

KEYS: Mapping[str, tuple[str, ...]] = {
    "device_code": ("device_key",),
    "serial_key": ("serial_no",),
    "tusn_key": ("tusn",),
    "merchant_key": ("merchant_no",),
    "place_key": ("merchant_no", "terminal_id"),
    "channel_terminal_key": ("channel_terminal_id",),
}
# a serial of one list may be the TUSN of the other
_SPACES = (("serial_no", "tusn"), ("merchant_no",), ("terminal_id",), ("channel_terminal_id",))
_KEYED = ("devices", "registrations", "merchants", "inspections", "transactions")
_MOST_DIGITS = 8
_BETWEEN = "\x1f"  # stands in no cell, so that "M/1" and "2" are not "M" and "1/2"
_Codes = Mapping[tuple[str, str], pa.Array]  # by table and column


def keys_of(table: str, columns: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The keys of a table, each with the columns it is made of."""
    if table not in _KEYED:
        return {}
    return {name: parts for name, parts in KEYS.items() if set(parts) <= set(columns)}


def as_texts(keys: Mapping[str, tuple[str, ...]]) -> dict[str, nw.Expr]:
    """The keys as the texts they stand for."""
    return {
        name: nw.concat_str([nw.col(part) for part in parts], separator=_BETWEEN)
        if len(parts) > 1
        else nw.col(parts[0])
        for name, parts in keys.items()
    }


def with_numbers(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables with their keys as numbers."""
    codes: dict[tuple[str, str], pa.Array] = {}
    sizes: dict[str, int] = {}
    rows = max(table.num_rows for table in tables.values())
    for space, numbered in zip(_SPACES, at_once(lambda one: _space(tables, one), _SPACES, rows), strict=True):
        numbers, size = numbered
        codes |= numbers
        sizes |= dict.fromkeys(space, size)
    codes |= _of_devices(tables, codes, sizes["serial_no"])
    return {name: _with_keys(name, rows, codes, sizes) for name, rows in tables.items()}


def _space(
    tables: Mapping[str, pa.Table], space: tuple[str, ...]
) -> tuple[dict[tuple[str, str], pa.Array], int]:
    """The numbers of columns that may hold the same, and a number above all of them."""
    own = [(name, part) for name in _KEYED for part in space if part in tables[name].column_names]
    columns = [whole(tables[name][part]) for name, part in own]
    # terminal numbers are looked for beside merchants' only: theirs need not lie close together
    width = _digits(columns) if space == ("terminal_id",) else 0
    numbers, size = _read(columns, width) if width else _numbered(columns)
    return dict(zip(own, numbers, strict=True)), size


def _of_devices(tables: Mapping[str, pa.Table], codes: _Codes, size: int) -> dict[tuple[str, str], pa.Array]:
    """Numbers of `device_key`. Nearly all are "sn:" and a serial, which has a number already."""
    own = [(name, "device_key") for name in _KEYED if "device_key" in tables[name].column_names]
    keys = [whole(tables[name]["device_key"]) for name, _ in own]
    serials = [codes[name, "serial_no"] for name, _ in own]
    named = [
        pc.fill_null(pc.and_(pc.starts_with(key, "sn:"), pc.is_valid(serial)), False)
        for key, serial in zip(keys, serials, strict=True)
    ]
    others, _ = _numbered([key.filter(pc.invert(by)) for key, by in zip(keys, named, strict=True)])
    return {
        one: pc.replace_with_mask(serial, pc.invert(by), pc.add(other, size))
        for one, serial, by, other in zip(own, serials, named, others, strict=True)
    }


def _numbered(columns: list[pa.Array]) -> tuple[list[pa.Array], int]:
    """The columns' texts as numbers, the same for the same text, and a number above all of them."""
    encoded = pa.chunked_array(columns, pa.string()).dictionary_encode()
    size = len(encoded.chunk(encoded.num_chunks - 1).dictionary) if encoded.num_chunks else 0
    numbers = pa.chunked_array([chunk.indices for chunk in encoded.chunks], pa.int32())
    found, start = [], 0
    for column in columns:  # a column without rows has left no chunk behind
        found.append(numbers.slice(start, len(column)).combine_chunks().cast(pa.int64()))
        start += len(column)
    return found, size


def _read(columns: list[pa.Array], width: int) -> tuple[list[pa.Array], int]:
    """Texts of so many digits at most as the numbers they are, "01" another than "1"; see `_numbered`."""
    numbers = []
    for column in columns:
        length = pc.min_max(pc.binary_length(column))["min"].as_py()
        number = column.cast(pa.int64())
        if length is not None and length < width:
            lost = pc.subtract(width, pc.binary_length(column).cast(pa.int64()))
            number = pc.add(number, pc.multiply(lost, int(10**width)))
        numbers.append(number)
    return numbers, int(10**width) * width


def _digits(columns: list[pa.Array]) -> int:
    """How many digits the texts consist of at most; 0 where they do not, or of too many or none."""
    ends = [pc.min_max(pc.binary_length(column)).as_py() for column in columns]
    widths = [end for one in ends for end in one.values() if end is not None]
    if not widths or not 0 < min(widths) <= max(widths) <= _MOST_DIGITS:
        return 0
    plain = all(pc.all(pc.ascii_is_decimal(column)).as_py() is not False for column in columns)
    return max(widths) if plain else 0


def _with_keys(name: str, rows: pa.Table, codes: _Codes, sizes: Mapping[str, int]) -> pa.Table:
    for key, (first, *others) in keys_of(name, rows.column_names).items():
        number = codes[name, first]
        for part in others:
            number = pc.add(pc.multiply(number, sizes[part]), codes[name, part])
        rows = rows.append_column(key, number)
    return rows
