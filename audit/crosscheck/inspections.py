"""Inspections beside the devices they were made of, and the trainings people had."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import narwhals.stable.v2 as nw

from audit.engines import Engine, Frame

_LONG_AGO = date(1900, 1, 1)


def with_inspections(engine: Engine, facts: Frame, inspections: Frame, columns: Collection[str]) -> Frame:
    """The last inspection of each device, or of its whole merchant, and the serial last read in its place.

    An inspection that names a serial or a terminal number is of that device; one that names the merchant
    alone is of all its devices. Of several the latest counts.
    """
    done = ~(nw.col("result") == "not_done").fill_null(False)  # a closed shop was not inspected
    named = inspections.filter(~nw.col("inspect_date").is_null(), done)
    place = nw.concat_str([nw.col("merchant_no"), nw.col("terminal_id")], separator="/")
    ways = (
        ("serial_no", nw.col("serial_no"), named, {"serial_no"}),
        ("inspected_place", place, named, {"merchant_no", "terminal_id"}),
        (
            "merchant_no",
            nw.col("merchant_no"),
            named.filter(nw.col("serial_no").is_null(), nw.col("terminal_id").is_null()),
            {"merchant_no"},
        ),
    )
    facts = facts.with_columns(inspected_place=place)
    latest: list[str] = []
    for number, (key, expression, rows, needed) in enumerate(ways):
        if not needed <= set(columns):
            continue
        side = _last(engine, rows.with_columns(expression.alias(key)), key, f"w{number}")
        facts = engine.attach(facts, side, key)
        latest.append(f"w{number}")
    facts = _latest_of(facts, latest)
    if {"serial_no", "merchant_no", "terminal_id"} <= set(columns):
        read = named.filter(~nw.col("serial_no").is_null()).with_columns(inspected_place=place)
        read = engine.pick(
            read.filter(~nw.col("inspected_place").is_null()),
            ["inspected_place"],
            ["inspect_date", "row_id"],
            last=True,
        )
        side = engine.staged(
            read.select(
                "inspected_place",
                inspected_serial="serial_no",
                inspected_source_file="source_file",
                inspected_source_sheet="source_sheet",
                inspected_source_row="source_row",
            )
        )
        facts = engine.attach(facts, side, "inspected_place")
    return facts.drop("inspected_place")


def _last(engine: Engine, rows: Frame, key: str, prefix: str) -> Frame:
    rows = rows.filter(~nw.col(key).is_null())
    last = engine.pick(rows, [key], ["inspect_date", "row_id"], last=True)
    return engine.staged(
        last.select(
            key,
            **{
                f"{prefix}_last_inspected_on": nw.col("inspect_date"),
                f"{prefix}_last_inspection_result": nw.col("result"),
                f"{prefix}_last_inspection_issue": nw.col("issue"),
                f"{prefix}_inspection_source_file": nw.col("source_file"),
                f"{prefix}_inspection_source_sheet": nw.col("source_sheet"),
                f"{prefix}_inspection_source_row": nw.col("source_row"),
            },
        )
    )


_PARTS = (
    "last_inspection_result",
    "last_inspection_issue",
    "inspection_source_file",
    "inspection_source_sheet",
    "inspection_source_row",
)


def _latest_of(facts: Frame, prefixes: list[str]) -> Frame:
    """Of what the ways found, the latest; of one day, what names the device more closely."""
    if not prefixes:
        return facts
    names = ("last_inspected_on", *_PARTS)
    best = {name: nw.col(f"{prefixes[0]}_{name}") for name in names}
    facts = facts.with_columns(**best)
    for prefix in prefixes[1:]:
        later = nw.col(f"{prefix}_last_inspected_on") > nw.col("last_inspected_on").fill_null(_LONG_AGO)
        facts = facts.with_columns(
            **{
                name: nw.when(later).then(nw.col(f"{prefix}_{name}")).otherwise(nw.col(name))
                for name in names
            }
        )
    return facts.drop(*(f"{prefix}_{name}" for prefix in prefixes for name in names))


def training_facts(engine: Engine, training: Frame) -> Frame:
    """The last training of each person, else party, in each topic."""
    rows = training.filter(~nw.col("topic").is_null()).with_columns(
        trainee_key=nw.coalesce("trainee_hash", "organisation", "merchant_no").fill_null(""),
        trained_last=nw.col("trained_on").fill_null(_LONG_AGO),
    )
    return engine.pick(rows, ["topic", "trainee_key"], ["trained_last", "row_id"], last=True).drop(
        "trained_last"
    )
