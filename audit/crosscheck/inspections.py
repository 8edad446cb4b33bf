"""Inspections beside the devices they were made of, and the trainings people had."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import INSPECTED
from audit.engines import KEYS, Engine, Frame

_LONG_AGO = date(1900, 1, 1)


def with_inspections(engine: Engine, facts: Frame, inspections: Frame, columns: Collection[str]) -> Frame:
    """The last inspection of each device, or of its whole merchant, and the serial last read in its place.

    An inspection that names a serial or a terminal number is of that device, also where it cannot be read;
    one that names the merchant alone is of all its devices. Of several the latest counts.
    """
    done = ~(nw.col("result") == "not_done").fill_null(False)  # a closed shop was not inspected
    named = engine.held(engine.named(inspections.filter(done), "inspect_date"))
    names_none = (
        nw.col(name).is_null() & ~nw.col("rejected").fill_null("").str.contains(f",{name},", literal=True)
        for name in ("serial_no", "terminal_id")
    )
    of_merchants = named.filter(*names_none)
    latest: list[str] = []
    for key, rows in (("serial_key", named), ("place_key", named), ("merchant_key", of_merchants)):
        if set(KEYS[key]) <= set(columns):
            side = engine.pick(engine.named(rows, key), [key], ["inspect_date", "row_id"], last=True)
            side = side.select(key, **{f"{key}_day": "inspect_date", f"{key}_row": "row_id"})
            facts = engine.attach(facts, engine.staged(side), key)
            latest.append(key)
    if latest:
        facts = facts.with_columns(inspection_row=_latest_of(latest))
        facts = facts.drop(*(f"{key}_{part}" for key in latest for part in ("day", "row")))
        told = {name: nw.col(source) for name, source in _TOLD.items()}
        side = named.select(inspection_row="row_id", **told)
        facts = engine.attach(facts, side, "inspection_row", late=_LATE)
        facts = facts.drop("inspection_row")
    if {"serial_no", "merchant_no", "terminal_id"} <= set(columns):
        read = engine.named(named, "serial_no", "place_key")
        read = engine.pick(read, ["place_key"], ["inspect_date", "row_id"], last=True)
        side = engine.staged(
            read.select(
                "place_key",
                inspected_serial="serial_no",
                inspected_source_file="source_file",
                inspected_source_sheet="source_sheet",
                inspected_source_row="source_row",
            )
        )
        facts = engine.attach(facts, side, "place_key", late=_LATE)
    return facts


_TOLD = {
    "last_inspected_on": "inspect_date",
    "last_inspection_result": "result",
    "last_inspection_issue": "issue",
    "inspection_source_file": "source_file",
    "inspection_source_sheet": "source_sheet",
    "inspection_source_row": "source_row",
}


_LATE = frozenset(INSPECTED) - {"last_inspected_on"}


def _latest_of(keys: Sequence[str]) -> nw.Expr:
    """The row of the latest of what the keys found; of one day, of what names the device more closely."""
    row, day = nw.col(f"{keys[0]}_row"), nw.col(f"{keys[0]}_day")
    for key in keys[1:]:
        own = nw.col(f"{key}_day")
        later = own > day.fill_null(_LONG_AGO)
        row = nw.when(later).then(nw.col(f"{key}_row")).otherwise(row)
        day = nw.when(later).then(own).otherwise(day)
    return row


def training_facts(engine: Engine, training: Frame) -> Frame:
    """The last training of each person, else party, in each topic."""
    rows = training.filter(~nw.col("topic").is_null()).with_columns(
        trainee_key=nw.coalesce("trainee_hash", "organisation", "merchant_no").fill_null(""),
        trained_last=nw.col("trained_on").fill_null(_LONG_AGO),
    )
    return engine.pick(rows, ["topic", "trainee_key"], ["trained_last", "row_id"], last=True).drop(
        "trained_last"
    )
