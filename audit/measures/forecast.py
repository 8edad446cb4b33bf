"""What runs out next: certificates, approvals, support of models, merchants' papers, policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw

from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame
from audit.rules.model import unread

HORIZONS = (30, 90, 180, 365)  # calendar days after the audit date, the last of them included
MOST = 5_000  # items listed; the counts hold all
# kind, the device's own date, its model's date; the own one beats that of the model
_OF_DEVICES = (
    ("certificate", "cert_expiry", ""),
    ("model_certificate", "", "model_cert_expiry"),
    ("pts", "pts_expiry", "model_pts_expiry"),
    ("eol", "", "model_eol_on"),
    ("eos", "", "model_eos_on"),
)
_BEATEN_BY = {"model_cert_expiry": "cert_expiry", "model_pts_expiry": "pts_expiry"}
# of a date that a device may have of its own or of its model, what is known of neither is told once
_EITHER = {"certificate": "model_certificate"}
_OF_MERCHANTS = (("license", "license_expiry"), ("legal_id", "legal_id_expiry"))
_OF_POLICIES = (("policy_effective", "effective_on"), ("policy_deadline", "deadline_on"))
_NAMES = ("serial_no", "terminal_id", "merchant_no", "merchant_name", "vendor", "model")
_MODEL_KEYS = ("model_key", "vendor_key")
KINDS = tuple(one[0] for one in (*_OF_DEVICES, *_OF_MERCHANTS, *_OF_POLICIES))


@dataclass(frozen=True)
class Due:
    """One kind of date: devices, merchants or policies by when it comes."""

    kind: str
    expired: int
    within: tuple[int, ...]  # cumulative, by `HORIZONS`; what is past does not count
    undated: int  # no date is known


@dataclass(frozen=True)
class Item:
    """One date to come. A date of a model stands once, with the devices it concerns."""

    kind: str
    on: date
    days: int  # from the audit date; 0 on the day itself
    serial_no: str | None = None
    terminal_id: str | None = None
    merchant_no: str | None = None
    merchant_name: str | None = None
    vendor: str | None = None
    model: str | None = None
    policy_id: str | None = None
    title: str | None = None
    devices: int | None = None  # that it concerns, where it is no date of one device


@dataclass(frozen=True)
class Forecast:
    """What is to come. A kind is missing from `due` where no file has its date."""

    due: tuple[Due, ...]
    items: tuple[Item, ...]  # soonest first
    total: int  # items within the last horizon, listed or not

    @property
    def left_out(self) -> int:
        """Items that are not listed."""
        return self.total - len(self.items)


def forecast_of(engine: Engine, facts: Facts, as_of: date, most: int = MOST) -> Forecast:
    """The dates of devices in scope, of merchants that are not closed, and of policies.

    9999-12-31 stands for no end. A date that could not be read is unknown, whatever the model table says.
    """
    found = [
        *_devices(engine, facts, as_of, most),
        *_merchants(engine, facts, as_of, most),
        *_policies(engine, facts, as_of),
    ]
    due = [one for one, _, _ in found]
    items = sorted((item for _, own, _ in found for item in own), key=_order)
    return Forecast(tuple(due), tuple(items[:most]), sum(total for _, _, total in found))


def _order(item: Item) -> tuple[Any, ...]:
    keys = (item.serial_no, item.merchant_no, item.terminal_id, item.model, item.vendor, item.policy_id)
    return item.on, KINDS.index(item.kind), *(key or "" for key in keys)


_Found = tuple[Due, list[Item], int]


def _devices(engine: Engine, facts: Facts, as_of: date, most: int) -> Iterable[_Found]:
    frame = facts.frames[Subject.DEVICE]
    present = set(frame.collect_schema().names())
    own = {name for name in ("cert_expiry", "pts_expiry") if name in facts.columns["devices"]} & present
    of_model = {name for name in present if name.removeprefix("model_") in facts.columns["models"]} & {
        name for _, _, name in _OF_DEVICES
    }
    dates: dict[str, nw.Expr] = {}
    for kind, of_device, of_its_model in _OF_DEVICES:
        if of_device in own:
            dates[f"{kind}|device"] = nw.col(of_device)
        if of_its_model in of_model:
            better = _BEATEN_BY.get(of_its_model, "")
            dates[f"{kind}|model"] = (
                nw.when(nw.col(better).is_null() & ~unread(better)).then(nw.col(of_its_model))
                if better in own
                else nw.col(of_its_model)
            )
    if not dates:
        return
    scoped = engine.where(
        frame.select("row_id", "device_code", "in_scope", **dates), nw.col("in_scope").fill_null(True)
    )
    devices = engine.held(engine.pick(scoped, ["device_code"], ["row_id"]))
    shown = [name for name in (*_NAMES, *_MODEL_KEYS) if name in present]
    soon = devices.filter(nw.any_horizontal(*(_is_soon(name, as_of) for name in dates), ignore_nulls=True))
    named = frame.select("row_id", "device_key", *shown)
    names = engine.staged(engine.attach(engine.held(soon.select("row_id")), named, "row_id"))
    counts, rows = _counts(engine, devices, list(dates), as_of)
    undated = _undated(counts, rows)
    for kind, _, _ in _OF_DEVICES:
        parts = [name for name in dates if name.startswith(f"{kind}|")]
        if parts:
            items: list[Item] = []
            total = 0
            for name in parts:
                if name.endswith("|device"):
                    items += _of_one_device(engine, devices, names, kind, name, as_of, most)
                    total += counts[name][1][-1]
                else:
                    own_items, number = _of_models(engine, devices, names, kind, name, as_of, most)
                    items += own_items
                    total += number
            yield _due(kind, [counts[name] for name in parts], undated[kind]), items, total


def _of_one_device(
    engine: Engine, devices: Frame, names: Frame, kind: str, on: str, as_of: date, most: int
) -> list[Item]:
    soonest = _soonest(devices.select("row_id", on=nw.col(on)), as_of)
    soonest = engine.attach(soonest, names.select("row_id", "device_key"), "row_id")
    first = soonest.sort("on", "device_key").head(most)
    rows = engine.collected(engine.attach(first, names.drop("device_key"), "row_id").sort("on", "device_key"))
    return [_item(kind, row, as_of, _NAMES) for row in rows.to_pylist()]


def _of_models(
    engine: Engine, devices: Frame, names: Frame, kind: str, on: str, as_of: date, most: int
) -> tuple[list[Item], int]:
    """A date of a model once, under the names the ledger has for it."""
    soonest = _soonest(devices.select("row_id", on=nw.col(on)), as_of)
    models = names.select(
        "row_id", "model_key", "model", "vendor", vendor_key=nw.col("vendor_key").fill_null("")
    )
    grouped = engine.held(
        engine.attach(soonest, models, "row_id")
        .group_by("on", "model_key", "vendor_key")
        .agg(devices=nw.len(), model=nw.col("model").min(), vendor=nw.col("vendor").min())
    )
    number = engine.collected(grouped.select(rows=nw.len()))["rows"][0].as_py()
    first = engine.collected(grouped.sort("on", "model_key", "vendor_key").head(most))
    return [_item(kind, row, as_of, ("vendor", "model", "devices")) for row in first.to_pylist()], number


def _merchants(engine: Engine, facts: Facts, as_of: date, most: int) -> Iterable[_Found]:
    frame = facts.frames.get(Subject.MERCHANT)
    if frame is None:
        return
    present = frame.collect_schema().names()
    dates = {
        kind: nw.col(name)
        for kind, name in _OF_MERCHANTS
        if name in present and name in facts.columns["merchants"]
    }
    if not dates:
        return
    names = ("merchant_no", "merchant_name")
    going = engine.where(
        frame.select("row_id", "merchant_status", *names, **dates),
        (nw.col("merchant_status") != "closed").fill_null(True),
    )
    merchants = engine.held(engine.pick(going, ["merchant_no"], ["row_id"]))
    counts, rows = _counts(engine, merchants, list(dates), as_of)
    for kind in dates:
        soonest = _soonest(merchants.select(*names, on=nw.col(kind)), as_of)
        first = engine.collected(soonest.sort("on", "merchant_no").head(most))
        items = [_item(kind, row, as_of, names) for row in first.to_pylist()]
        yield _due(kind, [counts[kind]], rows - counts[kind][2]), items, counts[kind][1][-1]


def _policies(engine: Engine, facts: Facts, as_of: date) -> Iterable[_Found]:
    """Policies are few: their rows are looked at here."""
    frame = facts.frames.get(Subject.POLICY)
    if frame is None:
        return
    present = set(frame.collect_schema().names()) & facts.columns["policies"]
    names = [name for name in ("policy_id", "title") if name in present]
    dates = [(kind, name) for kind, name in _OF_POLICIES if name in present]
    rows = engine.collected(frame.select("devices", *names, *(name for _, name in dates))).to_pylist()
    for kind, name in dates:
        days = [(row[name] - as_of).days for row in rows if row[name]]
        within = tuple(sum(0 <= one <= horizon for one in days) for horizon in HORIZONS)
        items = [
            _item(kind, row | {"on": row[name]}, as_of, (*names, "devices"))
            for row in rows
            if row[name] and 0 <= (row[name] - as_of).days <= HORIZONS[-1]
        ]
        yield Due(kind, sum(one < 0 for one in days), within, len(rows) - len(days)), items, len(items)


def _soonest(dated: Frame, as_of: date) -> Frame:
    return dated.filter(_is_soon("on", as_of))


def _is_soon(name: str, as_of: date) -> nw.Expr:
    return (nw.col(name) >= as_of) & (nw.col(name) <= as_of + timedelta(days=HORIZONS[-1]))


_Count = tuple[int, tuple[int, ...], int]  # expired, within each horizon, dated


def _counts(engine: Engine, frame: Frame, dates: Sequence[str], as_of: date) -> tuple[dict[str, _Count], int]:
    """Per date how many are past, how many come within each horizon and how many are known; and all rows."""
    asked: dict[str, nw.Expr] = {}
    for name in dates:
        on = nw.col(name)
        asked[f"{name}|past"] = on < as_of
        asked[f"{name}|dated"] = ~on.is_null()
        for days in HORIZONS:
            asked[f"{name}|{days}"] = (on >= as_of) & (on <= as_of + timedelta(days=days))
    ones = {name: holds.fill_null(False).cast(nw.Int64) for name, holds in asked.items()}
    marked = frame.select("row_id", **ones)
    row = engine.collected(marked.select(nw.len().alias("rows"), *(nw.col(name).sum() for name in ones)))
    found = {name: int(row[name][0].as_py() or 0) for name in row.column_names}
    counts = {
        name: (
            found[f"{name}|past"],
            tuple(found[f"{name}|{days}"] for days in HORIZONS),
            found[f"{name}|dated"],
        )
        for name in dates
    }
    return counts, found["rows"]


def _undated(counts: Mapping[str, _Count], devices: int) -> dict[str, int]:
    """Per kind the devices of which no date is known; those of which another kind tells one are dated."""
    dated: dict[str, int] = {}
    for name, (_, _, known) in counts.items():
        kind = name.partition("|")[0]
        dated[kind] = dated.get(kind, 0) + known
    undated = {kind: devices - known for kind, known in dated.items()}
    for own, of_model in _EITHER.items():
        if {own, of_model} <= set(dated):
            undated |= {own: devices - dated[own] - dated[of_model], of_model: 0}
    return undated


def _due(kind: str, counts: Sequence[_Count], undated: int) -> Due:
    within = tuple(map(sum, zip(*(one[1] for one in counts), strict=True)))
    return Due(kind, sum(one[0] for one in counts), within, undated)


def _item(kind: str, row: Mapping[str, Any], as_of: date, names: Sequence[str]) -> Item:
    days = (row["on"] - as_of).days
    return Item(kind, row["on"], days, **{name: row[name] for name in names if name in row})
