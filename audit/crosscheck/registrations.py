"""The registration list: what stands tonight, for which device, and what stands for none in the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.crosscheck.matching import Way, in_channel, matches
from audit.crosscheck.schema import REGISTRATION_SIDE
from audit.engines import Engine, Frame, nothing

_LONG_AGO = datetime(1900, 1, 1)  # noqa: DTZ001 - compared with naive vendor time
_KEYS = ("row_id", "serial_no", "tusn", "merchant_no", "terminal_id", "channel_terminal_id")


@dataclass(frozen=True)
class Listed:
    """The registration list of the night beside the ledger's keys."""

    engine: Engine
    keys: Frame  # of the ledger: row_id, serial_no, tusn, merchant_no, terminal_id, channel_terminal_id
    current: Frame  # the last registration of each device, channel and merchant
    ways: tuple[Way, ...]


def listed(engine: Engine, devices: Frame, registrations: Frame, ways: tuple[Way, ...]) -> Listed:
    """The list, reduced to what stands: per device, channel and merchant the last decision or submission."""
    named = registrations.filter(~nw.col("device_key").is_null()).with_columns(
        decided_at=nw.col("effective_at").fill_null(_LONG_AGO)
    )
    current = engine.pick(
        named, ["device_key", "channel", "merchant_no"], ["decided_at", "row_id"], last=True
    )
    keyed = devices.filter(~nw.col("device_key").is_null()).select(*_KEYS)
    return Listed(engine, engine.held(keyed), engine.held(current.drop("decided_at")), ways)


def beside_device(
    device: Frame, lists: Listed, channel: str, any_channel: bool, wanted: Collection[str]
) -> Frame:
    """The device facts with the registration that stands for each in one channel (REGISTRATION_SIDE)."""
    engine = lists.engine
    device = device.with_columns(channel=nw.lit(channel))
    found = matches(engine, lists.keys, in_channel(lists.current, channel, any_channel), lists.ways)
    if found is None:
        return engine.with_nulls(device, {"reg_status": pa.string(), "matched_by": pa.string()}).with_columns(
            has_registration=nw.col("row_id") < 0
        )
    found = found.select("row_id", "reg_row_id", "matched_by", "candidates", listed_status="list_status")
    frame = engine.attach(device, engine.held(found), "row_id")
    side = lists.current.select(
        reg_row_id="row_id",
        **{
            name: nw.col(name if name in _OWN_PREFIX else name.removeprefix("reg_"))
            for name in REGISTRATION_SIDE
            if name.startswith("reg_") and (name in wanted or name in _ALWAYS)
        },
    )
    elsewhere = nw.col("matched_by").is_in(["terminal", "channel_terminal"]) & (
        nw.col("serial_no") != nw.col("reg_serial_no")
    )
    return (
        engine.attach(frame, side, "reg_row_id")
        .with_columns(
            reg_status=nw.col("listed_status"),
            has_registration=~nw.col("reg_row_id").is_null() & ~elsewhere.fill_null(False),
        )
        .drop("listed_status", "reg_row_id")
    )


_OWN_PREFIX = ("reg_status", "reg_message")  # so named in the list itself
_ALWAYS = (
    "reg_serial_no", "reg_merchant_no", "reg_rejected", "reg_source_file", "reg_source_sheet",
    "reg_source_row",
)  # fmt: skip


def registered(engine: Engine, lists: Listed) -> Frame | None:
    """Per ledger row with a valid registration in any channel: REGISTERED, and `registered_channel`."""
    valid = lists.current.filter(nw.col("reg_status") == "registered")
    found: list[Frame] = []
    left = lists.keys
    for way in lists.ways:
        if not way.by_serial and way.name != "terminal":
            continue
        keyed = valid.filter(nw.col("serial_no").is_null()) if way.name == "terminal" else valid
        keyed = keyed.select(
            "row_id",
            "merchant_no",
            "channel",
            "source_file",
            "source_sheet",
            "source_row",
            key=way.registration_key(),
        ).filter(~nw.col("key").is_null())
        per_key = _per_key(engine, engine.held(keyed))
        hits = engine.attach(left.select("row_id", key=way.device_key()), per_key, "key").drop("key")
        hits = engine.held(hits.filter(~nw.col("registered_rows").is_null()))
        found.append(hits)
        met = hits.select("row_id", met="registered_rows")
        left = engine.attach(left, met, "row_id").filter(nw.col("met").is_null()).drop("met")
    return engine.stacked(found) if found else None


def _per_key(engine: Engine, keyed: Frame) -> Frame:
    """Each key once: how many registrations, the first and last of its merchants, where the first stands."""
    counted = engine.counted(keyed, ["key"], "registered_rows")
    first = engine.pick(counted, ["key"], ["row_id"]).select(
        "key",
        "registered_rows",
        first_registered_merchant="merchant_no",
        registered_channel="channel",
        registered_source_file="source_file",
        registered_source_sheet="source_sheet",
        registered_source_row="source_row",
    )
    shared = counted.filter(nw.col("registered_rows") > 1, ~nw.col("merchant_no").is_null())
    merchants = engine.held(engine.pick(shared, ["key", "merchant_no"], ["row_id"]))
    last = engine.pick(merchants, ["key"], ["row_id"], last=True)
    last = last.select("key", other_merchant="merchant_no")
    beside = engine.attach(first, last, "key")
    return beside.with_columns(
        last_registered_merchant=nw.coalesce("other_merchant", "first_registered_merchant")
    ).drop("other_merchant")


def registration_facts(lists: Listed, near: Frame | None) -> Frame:
    """One row per current registration: whether the ledger knows its device, who shares its terminal.

    A terminal number passes on to the device that replaces another: by it alone a registration is known
    where one of the two sides names no serial.
    """
    engine = lists.engine
    facts = lists.current.with_columns(ledger_row_id=nothing("row_id"))
    nameless = lists.keys.filter(nw.col("serial_no").is_null())
    for way in lists.ways:
        facts = _known_by(engine, facts, lists.keys if way.by_serial else nameless, way, nw.lit(True))
        if not way.by_serial:
            facts = _known_by(engine, facts, lists.keys, way, nw.col("serial_no").is_null())
    facts = facts.with_columns(in_ledger=~nw.col("ledger_row_id").is_null())
    facts = engine.attach(facts, _shared_terminals(lists), "row_id")
    if near is None:
        return facts.with_columns(
            near_device_serial=nothing("serial_no"), near_device_key=nothing("serial_no")
        )
    return engine.attach(facts, near, "row_id")


def _known_by(engine: Engine, facts: Frame, keys: Frame, way: Way, counts: nw.Expr) -> Frame:
    """The registrations with the ledger row that a way finds for those that count and have none yet."""
    keyed = keys.select("row_id", _key=way.device_key()).filter(~nw.col("_key").is_null())
    side = engine.pick(keyed, ["_key"], ["row_id"]).select("_key", _row="row_id")
    key = nw.when(counts).then(way.registration_key())
    found = engine.attach(facts.with_columns(_key=key), engine.held(side), "_key")
    return found.with_columns(ledger_row_id=nw.coalesce("ledger_row_id", "_row")).drop("_key", "_row")


def _shared_terminals(lists: Listed) -> Frame:
    """Live registrations whose merchant and terminal number stand under several serials."""
    engine = lists.engine
    live = lists.current.filter(
        nw.col("reg_status").is_in(["registered", "pending"]), ~nw.col("terminal_id").is_null()
    ).filter(~nw.col("merchant_no").is_null(), ~nw.col("serial_no").is_null())
    pairs = live.select("row_id", "merchant_no", "terminal_id", "serial_no")
    pair = ["merchant_no", "terminal_id"]
    shared = engine.held(engine.counted(pairs, pair, "sharing").filter(nw.col("sharing") > 1))
    each = engine.held(engine.pick(shared, [*pair, "serial_no"], ["row_id"]))
    several = engine.counted(each, pair, "terminal_serials").filter(nw.col("terminal_serials") > 1)
    several = engine.held(several)
    first = engine.pick(several, pair, ["row_id"]).select(
        *pair, "terminal_serials", first_terminal_serial="serial_no"
    )
    last = engine.pick(several, pair, ["row_id"], last=True).select(*pair, last_terminal_serial="serial_no")
    rows = shared.select("row_id", *pair).join(first, on=pair, how="inner").join(last, on=pair, how="inner")
    return rows.drop(*pair)
