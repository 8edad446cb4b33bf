"""Rows of the ledger that share what only one device can have: a serial, a terminal number."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.engines import Engine, Frame


def _live(engine: Engine, devices: Frame, *keys: str) -> Frame:
    rows = devices.select(*dict.fromkeys(["row_id", "in_scope", "serial_key", "merchant_key", *keys]))
    named = (~nw.col(name).is_null() for name in keys)
    return engine.where(rows, nw.col("in_scope").fill_null(True), *named)


def namesakes(engine: Engine, devices: Frame) -> Frame:
    """Per live row that shares its serial: how often, under which merchants, and where else (NAMESAKES).

    The TUSN stands for a serial that a row does not have.
    """
    devices = devices.with_columns(own_key=nw.coalesce("serial_key", "tusn_key"))
    rows = _live(engine, devices, "own_key")
    shared = engine.shared(rows, ["own_key"], "serial_rows")
    shared = _beside(engine, shared, devices.select("row_id", "merchant_no"), "row_id")
    owners = shared.filter(~nw.col("merchant_key").is_null())
    merchants = engine.held(engine.pick(owners, ["own_key", "merchant_key"], ["row_id"]))
    side = shared.select("row_id", "own_key", "serial_rows")
    side = _with_ends(engine, side, shared, "own_key", "row_id", ("first", "last"))
    side = _with_ends(engine, side, merchants, "own_key", "merchant_no", ("first_merchant", "last_merchant"))
    counts = merchants.group_by("own_key").agg(merchant_count=nw.len())
    counts = counts.with_columns(merchant_count=nw.col("merchant_count").cast(nw.Int64))
    side = engine.staged(engine.attach(side, engine.staged(counts), "own_key"))
    return _placed(engine, devices, side, "twin").drop("own_key")


def terminal_twins(engine: Engine, devices: Frame) -> Frame:
    """Per live row that shares its merchant and terminal number: TERMINAL_TWINS."""
    shared = engine.shared(_live(engine, devices, "place_key"), ["place_key"], "terminal_rows")
    shared = _beside(engine, shared, devices.select("row_id", "serial_no"), "row_id")
    named = shared.filter(~nw.col("serial_key").is_null())
    serials = engine.held(engine.pick(named, ["place_key", "serial_key"], ["row_id"]))
    side = shared.select("row_id", "place_key", "terminal_rows")
    side = _with_ends(engine, side, shared, "place_key", "row_id", ("first", "last"))
    ends = ("first_terminal_serial", "last_terminal_serial")
    side = _with_ends(engine, side, serials, "place_key", "serial_no", ends)
    return _placed(engine, devices, side, "terminal_twin").drop("place_key")


def _with_ends(
    engine: Engine, side: Frame, rows: Frame, key: str, value: str, names: tuple[str, str]
) -> Frame:
    """The side with the value that the first row of its key has, and the last."""
    for name, last in zip(names, (False, True), strict=True):
        end = engine.pick(rows, [key], ["row_id"], last=last).select(key, nw.col(value).alias(name))
        side = engine.staged(engine.attach(side, engine.staged(end), key))
    return side


def _placed(engine: Engine, devices: Frame, side: Frame, prefix: str) -> Frame:
    """The side with the place of another of its rows: the first, or of the first itself the last."""
    side = side.with_columns(
        other=nw.when(nw.col("row_id") == nw.col("first")).then(nw.col("last")).otherwise(nw.col("first"))
    ).drop("first", "last")
    places = devices.select(
        other="row_id",
        **{f"{prefix}_source_{part}": nw.col(f"source_{part}") for part in ("file", "sheet", "row")},
    )
    return _beside(engine, side, places, "other").drop("other")


def _beside(engine: Engine, rows: Frame, side: Frame, on: str) -> Frame:
    """The few rows with the columns of a side that has many."""
    rows = engine.held(rows)
    return engine.held(engine.attach(rows, engine.meeting(side, rows, on), on))
