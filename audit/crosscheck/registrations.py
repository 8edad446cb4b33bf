"""The registration list: what stands tonight, for which device, and what stands for none in the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.config import ANY_CHANNEL
from audit.crosscheck.devices import PROVINCE, with_province
from audit.crosscheck.matching import Way, in_channel, matches, status_in
from audit.crosscheck.schema import REGISTERED, REGISTRATION_SIDE
from audit.engines import KEYS, Engine, Frame, nothing

_LONG_AGO = datetime(1900, 1, 1)  # noqa: DTZ001 - compared with naive vendor time


@dataclass(frozen=True)
class Listed:
    """The registration list of the night beside the ledger's keys."""

    engine: Engine
    keys: Frame  # of the ledger: row_id and its keys (see `engines.keys`)
    current: Frame  # the last registration of each device, channel and merchant
    rows: Frame  # all lines of the list, to look a line's columns up by row_id
    ways: tuple[Way, ...]


def listed(
    engine: Engine, devices: Frame, registrations: Frame, ways: tuple[Way, ...], wanted: Collection[str]
) -> Listed:
    """The list, reduced to what stands: per device, channel and merchant the last decision or submission.

    `wanted` are the columns of registrations that anybody asks for, beside those the steps look at.
    """
    kept = {*wanted, *_LOOKED_AT}
    names = [name for name in registrations.collect_schema().names() if name in kept]
    named = engine.named(registrations.select(*names), "device_key").with_columns(
        decided_at=nw.col("effective_at").fill_null(_LONG_AGO)
    )
    current = engine.pick(
        named,
        ["device_code", "channel", "merchant_key"],
        ["decided_at", "row_id"],
        last=True,
        late=_LATE_OF_CURRENT,
    )
    keyed = engine.named(devices.select("device_key", "row_id", *KEYS), "device_key").drop("device_key")
    return Listed(engine, engine.kept(keyed), engine.kept(current.drop("decided_at")), registrations, ways)


# what nobody but a rule looks at, of what stands
_LATE_OF_CURRENT = frozenset(
    {
        *("source_file", "source_sheet", "source_row", "batch_no", "registration_no", "effective_at"),
        *("submitted_at", "registered_at", "reg_message", "model", "device_type", "settle_account_hash"),
        *("address", "address_key", "province_code", "city_code", "point_x", "point_y", "point_z"),
    }
)
# columns of the list that the steps themselves look at
_LOOKED_AT = frozenset(
    {
        *("row_id", "device_key", "channel", "merchant_no", "reg_status", "effective_at", "batch_no"),
        *("serial_no", *KEYS, *PROVINCE),
        *("source_file", "source_sheet", "source_row", "rejected"),
    }
)


def matched_in(lists: Listed, channel: str) -> Frame | None:
    """Which registration stands for each row of the ledger in one channel: see `matches`."""
    engine = lists.engine
    known = in_channel(engine, lists.current, lists.ways, channel, channel == ANY_CHANNEL)
    return matches(engine, lists.keys, known, lists.ways)


def beside_device(
    device: Frame, lists: Listed, found: Frame | None, channel: str, wanted: Collection[str]
) -> Frame:
    """The device facts with the registration that stands for each in one channel (REGISTRATION_SIDE).

    `found` is `matched_in` that channel.
    """
    engine = lists.engine
    device = device.with_columns(channel=nw.lit(channel))
    if found is None:
        return engine.with_nulls(device, {"reg_status": pa.string(), "matched_by": pa.string()}).with_columns(
            has_registration=nw.col("row_id") < 0
        )
    found = found.select("row_id", "reg_row_id", "matched_by", "candidates", "ambiguous")
    frame = engine.attach(device, found, "row_id")
    side = lists.rows.select(
        reg_row_id="row_id",
        reg_channel="channel",
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
        engine.attach(frame, side, "reg_row_id", late=_LATE)
        .with_columns(
            reg_status=status_in(channel == ANY_CHANNEL),
            has_registration=~nw.col("reg_row_id").is_null() & ~elsewhere.fill_null(False),
        )
        .drop("ambiguous", "reg_channel", "reg_row_id")
    )


_LATE = frozenset(REGISTRATION_SIDE) - {
    *("reg_status", "reg_serial_no", "reg_message", "reg_registered_at", "reg_rejected"),
}
_OWN_PREFIX = ("reg_status", "reg_message")  # so named in the list itself
_ALWAYS = (
    "reg_status", "reg_serial_no", "reg_merchant_no", "reg_rejected", "reg_source_file", "reg_source_sheet",
    "reg_source_row",
)  # fmt: skip


def with_registered(facts: Frame, lists: Listed, wanted: Collection[str]) -> Frame:
    """The facts with the valid registrations in any channel: REGISTERED, and `registered_channel`."""
    engine = lists.engine
    side = _registered(lists)
    if side is None:
        return facts
    facts = engine.attach(facts, engine.staged(side), "row_id")
    shown = {name: nw.col(source) for name, source in _OF_FIRST.items() if name in wanted}
    if "registration_unread" in wanted:
        facts = engine.attach(facts, engine.staged(_unread(lists)), "row_id")
        facts = facts.with_columns(registration_unread=~nw.col("unread_row").is_null()).drop("unread_row")
    late = set(REGISTERED) - {"registered_rows", "registration_unread"}
    facts = engine.attach(facts, lists.rows.select(first_row="row_id", **shown), "first_row", late=late)
    if "last_registered_merchant" in wanted:
        last = lists.rows.select(last_row="row_id", last_registered_merchant="merchant_no")
        facts = engine.attach(facts, last, "last_row", late=late)
    return facts.with_columns(registered_rows=nw.col("registered_rows").fill_null(0)).drop(
        "first_row", "last_row"
    )


_OF_FIRST = {
    "first_registered_merchant": "merchant_no",
    "registered_channel": "channel",
    "registered_source_file": "source_file",
    "registered_source_sheet": "source_sheet",
    "registered_source_row": "source_row",
}


def _registered(lists: Listed) -> Frame | None:
    """Per ledger row with a valid registration: `registered_rows`, and where the first and last stand."""
    engine = lists.engine
    ways = [way for way in lists.ways if way.by_serial or way.name == "terminal"]
    keys = {"serial_key", "merchant_key", *(way.registration for way in ways)}
    valid = lists.current.select("row_id", "reg_status", *(name for name in KEYS if name in keys))
    valid = engine.where(valid, nw.col("reg_status") == "registered")
    found: list[Frame] = []
    left = lists.keys
    for way in ways:
        keyed = engine.where(valid, nw.col("serial_key").is_null()) if way.name == "terminal" else valid
        keyed = keyed.select("row_id", "merchant_key", key=way.registration)
        ours = engine.named(left.select("row_id", key=way.device), "key")
        keyed = engine.named(engine.meeting(keyed, ours, "key"), "key")
        per_key = _per_key(engine, engine.staged(keyed))
        hits = engine.attach(ours, per_key, "key").drop("key")
        hits = engine.held(engine.named(hits, "registered_rows"))
        found.append(hits)
        if way is not ways[-1]:
            left = engine.lacking(left, hits, "row_id")
    return engine.stacked(found) if found else None


def _unread(lists: Listed) -> Frame:
    """The ledger rows named by a registration of unknown status: `row_id`, and `unread_row` the same."""
    engine = lists.engine
    ways = [way for way in lists.ways if way.by_serial or way.name == "terminal"]
    keys = {"serial_key", *(way.registration for way in ways)}
    rows = lists.current.select("reg_status", *sorted(keys))
    rows = engine.held(engine.where(rows, nw.col("reg_status").is_null()))
    found: list[Frame] = []
    for way in ways:
        keyed = engine.where(rows, nw.col("serial_key").is_null()) if way.name == "terminal" else rows
        keyed = engine.named(keyed.select(key=way.registration), "key")
        ours = engine.named(lists.keys.select("row_id", key=way.device), "key")
        single = engine.distinct(keyed, "key").with_columns(unread=nw.lit(True))
        hits = engine.named(engine.attach(ours, engine.staged(single), "key"), "unread")
        found.append(hits.select("row_id"))
    return engine.distinct(engine.stacked(found), "row_id").with_columns(unread_row=nw.col("row_id"))


def _per_key(engine: Engine, keyed: Frame) -> Frame:
    """Each key once: how many registrations, the row of the first, and that of the last of its merchants."""
    several = engine.held(engine.shared(keyed, ["key"], "rows"))
    many = engine.held(engine.pick(several, ["key"], ["row_id"])).select("key", "rows")
    first = engine.attach(engine.pick(keyed, ["key"], ["row_id"]), many, "key")
    owned = engine.named(several, "merchant_key")
    merchants = engine.staged(engine.pick(owned, ["key", "merchant_key"], ["row_id"]))
    last = engine.pick(merchants, ["key"], ["row_id"], last=True).select("key", last_row="row_id")
    return engine.attach(first, last, "key").select(
        "key",
        registered_rows=nw.col("rows").fill_null(1),
        first_row="row_id",
        last_row=nw.coalesce("last_row", "row_id"),
    )


def registration_facts(lists: Listed, near: Frame | None, wanted: Collection[str] | None) -> Frame:
    """One row per current registration: whether the ledger knows its device, who shares its terminal.

    A terminal number passes on to the device that replaces another: by it alone a registration is known
    where one of the two sides names no serial.
    """
    engine = lists.engine
    facts = engine.attach(with_province(lists.current), _strays(lists), "row_id")
    facts = facts.with_columns(in_ledger=nw.col("stray").is_null()).drop("stray")
    if wanted is None or "terminal_serials" in wanted:
        facts = engine.attach(facts, _shared_terminals(lists), "row_id")
    if near is None:
        return facts.with_columns(
            near_device_serial=nothing("serial_no"), near_device_key=nothing("serial_no")
        )
    return engine.attach(facts, near, "row_id")


def _strays(lists: Listed) -> Frame:
    """The registrations that no row of the ledger matches: `row_id`, and as `stray` the same."""
    engine = lists.engine
    left = lists.current.select("row_id", *sorted({"serial_key", *(way.registration for way in lists.ways)}))
    for way in lists.ways:
        if way.by_serial:
            left = engine.held(_unknown_to(engine, left, lists.keys, way))
            continue
        nameless = engine.where(lists.keys, nw.col("serial_key").is_null())
        left = engine.held(_unknown_to(engine, left, nameless, way))
        without_serial = engine.where(left, nw.col("serial_key").is_null())
        unknown = _unknown_to(engine, without_serial, lists.keys, way)
        left = engine.held(engine.stacked([engine.named(left, "serial_key"), unknown]))
    return left.select("row_id", stray="row_id")


def _unknown_to(engine: Engine, rows: Frame, keys: Frame, way: Way) -> Frame:
    """The registrations that none of these rows of the ledger matches in this way."""
    keyed = rows.with_columns(key=nw.col(way.registration))
    side = engine.named(keys.select(key=way.device), "key")
    return engine.lacking(keyed, engine.meeting(side, keyed, "key"), "key").drop("key")


def _shared_terminals(lists: Listed) -> Frame:
    """Live registrations whose merchant and terminal number stand under several serials."""
    engine = lists.engine
    pairs = lists.current.select("row_id", "place_key", "serial_no", "serial_key", "reg_status")
    live = engine.where(
        pairs,
        nw.col("reg_status").is_in(["registered", "pending"]),
        *(~nw.col(name).is_null() for name in ("place_key", "serial_key")),
    )
    shared = engine.held(engine.shared(live, ["place_key"], "sharing"))
    each = engine.staged(engine.pick(shared, ["place_key", "serial_key"], ["row_id"]))
    several = engine.held(engine.shared(each, ["place_key"], "terminal_serials"))
    first = engine.pick(several, ["place_key"], ["row_id"]).select(
        "place_key", "terminal_serials", first_terminal_serial="serial_no"
    )
    last = engine.pick(several, ["place_key"], ["row_id"], last=True).select(
        "place_key", last_terminal_serial="serial_no"
    )
    ends = engine.attach(engine.staged(first), engine.staged(last), "place_key")
    beside = engine.attach(shared.select("row_id", "place_key"), engine.staged(ends), "place_key")
    return engine.named(beside, "terminal_serials").drop("place_key")
