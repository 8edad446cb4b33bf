"""The figures of the transactions table beside the devices."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import narwhals.stable.v2 as nw

from audit.engines import KEYS, Engine, Frame
from audit.tables.devices import TRANSACTION_COLUMNS

_LONG_AGO = date(1900, 1, 1)


def with_transactions(engine: Engine, facts: Frame, transactions: Frame, columns: Collection[str]) -> Frame:
    """The figures of the transactions table where the ledger has none of its own."""
    if not columns:
        return facts
    names = tuple(column.name for column in TRANSACTION_COLUMNS)
    newest = transactions.with_columns(said_on=nw.col("period_end").fill_null(_LONG_AGO))
    for key in ("serial_key", "place_key"):
        if not set(KEYS[key]) <= set(columns):
            continue
        side = engine.pick(engine.named(newest, key), [key], ["said_on", "row_id"], last=True)
        side = engine.staged(side.select(key, **{f"told_{name}": nw.col(name) for name in names}))
        facts = engine.attach(facts, side, key)
        told = {name: nw.coalesce(name, f"told_{name}") for name in names}
        facts = facts.with_columns(**told).drop(*(f"told_{name}" for name in names))
    return facts
