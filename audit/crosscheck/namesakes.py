"""Rows of the ledger that share what only one device can have: a serial, a terminal number."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.engines import Engine, Frame


def _live(engine: Engine, devices: Frame, *keys: str) -> Frame:
    rows = devices.select("row_id", "in_scope", "serial_no", "merchant_no", "terminal_id")
    return engine.where(engine.named(rows, *keys), nw.col("in_scope").fill_null(True))


def namesakes(engine: Engine, devices: Frame) -> Frame:
    """Per live row that shares its serial: how often, under which merchants, and where else (NAMESAKES)."""
    rows = _live(engine, devices, "serial_no").select("row_id", "serial_no", "merchant_no")
    shared = engine.held(engine.shared(rows, ["serial_no"], "serial_rows"))
    owners = shared.filter(~nw.col("merchant_no").is_null())
    merchants = engine.held(engine.pick(owners, ["serial_no", "merchant_no"], ["row_id"]))
    side = shared.select("row_id", "serial_no", "serial_rows")
    side = _with_ends(engine, side, shared, "serial_no", "row_id", ("first", "last"))
    side = _with_ends(
        engine, side, merchants, "serial_no", "merchant_no", ("first_merchant", "last_merchant")
    )
    return _placed(engine, devices, side, "twin").drop("serial_no")


def terminal_twins(engine: Engine, devices: Frame) -> Frame:
    """Per live row that shares its merchant and terminal number: TERMINAL_TWINS."""
    rows = _live(engine, devices, "merchant_no", "terminal_id").drop("in_scope")
    # a terminal number is rarer than a merchant's: few are left to be looked at as pairs
    shared = engine.shared(rows, ["terminal_id", "merchant_no"], "terminal_rows")
    shared = engine.held(
        shared.with_columns(
            terminal_key=nw.concat_str([nw.col("merchant_no"), nw.col("terminal_id")], separator="/")
        )
    )
    named = shared.filter(~nw.col("serial_no").is_null())
    serials = engine.held(engine.pick(named, ["terminal_key", "serial_no"], ["row_id"]))
    side = shared.select("row_id", "terminal_key", "terminal_rows")
    side = _with_ends(engine, side, shared, "terminal_key", "row_id", ("first", "last"))
    ends = ("first_terminal_serial", "last_terminal_serial")
    side = _with_ends(engine, side, serials, "terminal_key", "serial_no", ends)
    return _placed(engine, devices, side, "terminal_twin").drop("terminal_key")


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
    return engine.staged(engine.attach(engine.staged(side), places, "other").drop("other"))
