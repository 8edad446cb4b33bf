"""The figures of the transactions table beside the devices."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import narwhals.stable.v2 as nw

from audit.engines import KEYS, Engine, Frame, one_if
from audit.tables.devices import TRANSACTION_COLUMNS

_NAMES = tuple(column.name for column in TRANSACTION_COLUMNS)
_LONG_AGO = date(1900, 1, 1)
_TOGETHER = 28  # days: those of a month of days or weeks are added up, and never two months
_HUNDREDTHS = 100.0  # of yuan, added up as whole numbers: the same sum in whatever order an engine adds
_MOST = 1e12  # where hundredths cease to be exact; so large a figure was misread


def with_transactions(engine: Engine, facts: Frame, transactions: Frame, columns: Collection[str]) -> Frame:
    """The figures of the transactions table where the ledger has none of its own."""
    if not columns:
        return facts
    rows = transactions.with_columns(said_on=nw.col("period_end").fill_null(_LONG_AGO))
    for key in ("serial_key", "place_key"):
        if not set(KEYS[key]) <= set(columns):
            continue
        facts = engine.attach(facts, engine.staged(_added_up(engine, engine.named(rows, key), key)), key)
        told = {name: nw.coalesce(name, f"told_{name}") for name in _NAMES}
        facts = facts.with_columns(**told).drop(*(f"told_{name}" for name in _NAMES))
    return facts


def _added_up(engine: Engine, rows: Frame, key: str) -> Frame:
    """Per key the figures of its last period: of the rows of four weeks, if they say of which day they are.

    What is unknown of one of them is unknown of all.
    """
    known = {name: (nw.col(name).abs() < _MOST).fill_null(False) for name in _NAMES}
    whole = engine.held(
        rows.select(
            key,
            "said_on",
            undated=one_if(nw.col("said_on") == _LONG_AGO),
            **{
                name: nw.when(known[name])
                .then((nw.col(name) * _HUNDREDTHS).round(0))
                .otherwise(nw.lit(0.0))
                .cast(nw.Int64)
                for name in _NAMES
            },
            **{f"no_{name}": one_if(~known[name]) for name in _NAMES},
        )
    )
    last = engine.staged(whole.group_by(key).agg(until=nw.col("said_on").max()))
    since = nw.col("until").dt.offset_by(f"-{_TOGETHER}d").cast(nw.Date)
    recent = engine.where(engine.attach(whole, last, key), nw.col("said_on") > since)
    counted = ("undated", *_NAMES, *(f"no_{name}" for name in _NAMES))
    sums = recent.group_by(key).agg(**{name: nw.col(name).sum() for name in counted})
    return sums.select(
        key,
        **{
            f"told_{name}": nw.when((nw.col(f"no_{name}") == 0) & (nw.col("undated") < 2)).then(
                nw.col(name).cast(nw.Float64) / _HUNDREDTHS
            )
            for name in _NAMES
        },
    )
