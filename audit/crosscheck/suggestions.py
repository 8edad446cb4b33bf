"""Unmatched devices beside unmatched registrations whose serials resemble theirs: suggestions, no matches."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.alike import SHORTEST
from audit.crosscheck.nearmiss import MOST_SERIALS, PAIRS, REGISTRATIONS, NearMisses, near_misses
from audit.crosscheck.registrations import Listed
from audit.engines import Engine, Frame

_COMPARED = ("row_id", "device_key", "serial_no", "merchant_no", "batch_no")
_SOURCE = ("source_file", "source_sheet", "source_row")
_LIVE = ("registered", "pending")
# rows of a side that are brought here; of so many, more serials would be distinct than are compared
MOST_ROWS = 4 * MOST_SERIALS


def suggestions(engine: Engine, device: Frame, lists: Listed) -> tuple[Frame, Frame, int]:
    """NEAR by ledger row, its other side by registration, and how many devices were too many to compare.

    Only what no registration names by serial or TUSN, and only registrations no device names so, are brought
    here and compared.
    """
    devices = device.select("row_id", "in_scope", "serial_key", "tusn_key")
    named = ~nw.col("serial_key").is_null()
    devices = engine.where(devices, named, nw.col("in_scope").fill_null(True))
    listed = lists.current.select("row_id", "reg_status", "serial_key", "tusn_key")
    listed = engine.where(listed, named, nw.col("reg_status").is_in(list(_LIVE)))
    for way in lists.ways:
        if way.by_serial:
            devices = _without(engine, devices, way.device, lists.current, way.registration)
            listed = _without(engine, listed, way.registration, lists.keys, way.device)
    ours = engine.attach(devices.select("row_id"), device.select(*_COMPARED), "row_id")
    theirs = engine.attach(
        listed.select("row_id", "reg_status"), lists.rows.select(*_COMPARED, *_SOURCE), "row_id"
    )
    compared = engine.staged(ours)
    ours = engine.collected(compared.head(MOST_ROWS + 1)).combine_chunks()
    theirs = engine.collected(theirs.head(MOST_ROWS + 1)).combine_chunks()
    if max(len(ours), len(theirs)) > MOST_ROWS:
        compared = compared.filter(nw.col("serial_no").str.len_chars() >= SHORTEST)
        left_out = engine.collected(compared.select(rows=nw.len()))["rows"][0].as_py()
        found = NearMisses(PAIRS.empty_table(), REGISTRATIONS.empty_table(), capped=int(left_out))
    else:
        found = near_misses(ours, theirs)
    return (
        engine.frame(found.pairs.drop_columns("near_row_id")),
        engine.frame(found.registrations),
        found.capped,
    )


def _without(engine: Engine, rows: Frame, own: str, others: Frame, theirs: str) -> Frame:
    """The rows whose key none of the others has."""
    known = engine.named(others.select(nw.col(theirs).alias(own)), own)
    return engine.staged(engine.lacking(rows, engine.meeting(known, rows, own), own))
