"""How much of what a merchant's file and a device's row must hold is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame

OF_MERCHANTS = "merchant"
_ASKED = ("missing_fields", "required_fields")


@dataclass(frozen=True)
class Completeness:
    """The required fields of one kind of row."""

    kind: str  # "merchant", or the type of device: a two-digit code, "" where it is not known
    rows: int
    required: int  # cells that must be filled in
    blanks: Mapping[str, int]  # by canonical column, most first; only those that have any

    @property
    def complete(self) -> float | None:
        """Filled among required cells, 0 to 1; None where nothing is required."""
        return 1 - sum(self.blanks.values()) / self.required if self.required else None


def completeness_of(
    engine: Engine,
    facts: Facts,
    device_profile: Mapping[str, Sequence[str]],
    merchant_profile: Sequence[str],
) -> tuple[Completeness, ...]:
    """The merchants that are not closed, then the devices in scope by type."""
    found = []
    frame = facts.frames.get(Subject.MERCHANT)
    if frame is not None and "required_fields" in frame.collect_schema().names():
        going = frame.select("merchant_status", *_ASKED)
        going = going.filter((nw.col("merchant_status") != "closed").fill_null(True))
        merchants = going.with_columns(kind=nw.lit(OF_MERCHANTS))
        found += _counted(engine, merchants, _among(merchant_profile, facts, "merchants"))
    devices = facts.frames[Subject.DEVICE]
    if "required_fields" in devices.collect_schema().names():
        scoped = devices.select("in_scope", "device_type_code", *_ASKED)
        scoped = scoped.filter(nw.col("in_scope").fill_null(True))
        named = list(dict.fromkeys(name for fields in device_profile.values() for name in fields))
        typed = scoped.with_columns(kind=nw.col("device_type_code").fill_null(""))
        by_type = _counted(engine, typed, _among(named, facts, "devices"))
        found += sorted(by_type, key=lambda one: (one.kind == "", one.kind))
    return tuple(found)


def _among(fields: Sequence[str], facts: Facts, feed: str) -> list[str]:
    return [name for name in fields if name in facts.columns[feed]]


def _counted(engine: Engine, frame: Frame, fields: Sequence[str]) -> list[Completeness]:
    missing = nw.col("missing_fields").fill_null("")
    blanks = {
        f"blank_{name}": missing.str.contains(f",{name},", literal=True).cast(nw.Int64) for name in fields
    }
    rows = frame.select("kind", required=nw.col("required_fields").fill_null(0), **blanks)
    sums = {name: nw.col(name).sum() for name in ("required", *blanks)}
    counted = engine.collected(rows.group_by("kind").agg(rows=nw.len(), **sums))
    return [_line(row, fields) for row in counted.to_pylist()]


def _line(row: Mapping[str, Any], fields: Sequence[str]) -> Completeness:
    blanks = {name: int(row[f"blank_{name}"] or 0) for name in fields}
    most_first = sorted(blanks.items(), key=lambda one: (-one[1], one[0]))
    return Completeness(
        row["kind"], int(row["rows"]), int(row["required"] or 0), {name: n for name, n in most_first if n}
    )
