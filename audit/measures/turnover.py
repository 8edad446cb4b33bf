"""Payments of the period delivered, by device: what is not known is counted, never taken for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame, one_if

# a device that is said to take more than ten thousand million in a period was misread: its figure is unknown
_LIMIT = 10_000_000_000
# amounts in fen, so that sums are the same in whatever order an engine adds them up
_SUMS = ("fen", "amounts", "transactions", "counts", "failed", "rated", "rated_transactions")


@dataclass(frozen=True)
class Turnover:
    """Sums over some devices, each over those of them for which the figure is known."""

    devices: int
    fen: int  # hundredths of a yuan
    amounts: int  # devices whose amount is known
    transactions: int
    counts: int  # devices whose number of transactions is known
    failed: int
    rated: int  # devices for which failures and transactions are known and agree
    rated_transactions: int

    @property
    def yuan(self) -> float | None:
        """The amount known; None where no device's is."""
        return self.fen / 100 if self.amounts else None

    @property
    def without_amount(self) -> int:
        """Devices whose amount is not known."""
        return self.devices - self.amounts

    @property
    def paid(self) -> int | None:
        """Transactions, failed ones included; None where no device's number is known."""
        return self.transactions if self.counts else None

    @property
    def fail_rate(self) -> float | None:
        """Failed transactions among all, 0 to 1; None where nothing is known of either."""
        return self.failed / self.rated_transactions if self.rated_transactions else None


NO_TURNOVER = Turnover(0, 0, 0, 0, 0, 0, 0, 0)


def turnover_of(row: Mapping[str, Any]) -> Turnover:
    """The sums that `totals` made of a group."""
    return Turnover(devices=int(row["devices"]), **{name: int(row.get(name) or 0) for name in _SUMS})


def totals(rows: Frame) -> dict[str, nw.Expr]:
    """Sums per group of rows of `figures`, as far as these have any figure."""
    known = rows.collect_schema().names()
    return {"devices": nw.len(), **{name: nw.col(name).sum() for name in _SUMS if name in known}}


@dataclass(frozen=True)
class Priced:
    """The ledger with its figures: every row, and of each device one."""

    rows: Frame
    devices: Frame


def priced(engine: Engine, facts: Facts) -> Priced:
    """Both, worked out once for whoever asks what is paid where."""
    rows = engine.held(figures(facts))
    return Priced(rows, engine.held(once(engine, rows, "device_code")))


def figures(facts: Facts) -> Frame:
    """The rows of the ledger with their figures as whole numbers, and whether each is known (1 or 0).

    What no file tells of any device has no column. `unpriced` counts what is not known of a row.
    """
    frame = facts.frames[Subject.DEVICE]
    told = facts.columns["devices"]
    found: dict[str, nw.Expr] = {}
    if "txn_amount" in told:
        amount = _known("txn_amount")
        found |= {"fen": _whole(amount, nw.col("txn_amount") * 100), "amounts": one_if(amount)}
    if "txn_count" in told:
        count = _known("txn_count")
        found |= {"transactions": _whole(count, nw.col("txn_count")), "counts": one_if(count)}
        if "txn_failed" in told:
            rated = count & _known("txn_failed") & (nw.col("txn_failed") <= nw.col("txn_count"))
            found |= {"failed": _whole(rated, nw.col("txn_failed")), "rated": one_if(rated)}
            found["rated_transactions"] = _whole(rated, nw.col("txn_count"))
    own = ("row_id", "device_key", "device_code", "merchant_no", "store_no", "in_use")
    rows = frame.select(*own, **found)
    if parts := [nw.col(name) for name in ("amounts", "counts") if name in found]:
        rows = rows.with_columns(unpriced=len(parts) - nw.sum_horizontal(*parts))
    return rows


def once(engine: Engine, frame: Frame, *key: str) -> Frame:
    """One row of `figures` per key: of several the first that has figures."""
    order = [name for name in ("unpriced", "row_id") if name in frame.collect_schema().names()]
    return engine.pick(frame, list(key), order)


def _known(name: str) -> nw.Expr:
    value = nw.col(name)
    least = -_LIMIT if name == "txn_amount" else 0  # refunds may outweigh what was paid
    return ((value >= least) & (value < _LIMIT)).fill_null(False)


def _whole(known: nw.Expr, value: nw.Expr) -> nw.Expr:
    return nw.when(known).then((value + 0.5).floor()).otherwise(nw.lit(0.0)).cast(nw.Int64)
