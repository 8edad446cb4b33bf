"""Which registration stands for which device: five ways to know a device by, tried in order.

TUSN, serial, serial against TUSN, merchant with terminal number, channel terminal number. A device that a
stronger way finds is not looked for by a weaker one. Where one way finds several devices of the list,
nothing is guessed: the match is ambiguous and its status unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from audit.engines import KEYS, Engine, Frame

UNKNOWN = "unknown"  # a status that was there and could not be read, or that nobody can be sure of
# of several registrations the strongest stands; one whose status is unknown stands last
_STRENGTH = {"registered": 6, "pending": 5, "failed": 4, "frozen": 3, "cancelled": 2, "not_registered": 1}


@dataclass(frozen=True)
class Way:
    """One way to know a device by: the key on the ledger's side and on the list's (see `engines.keys`)."""

    name: str
    device: str
    registration: str
    by_serial: bool = True  # it names the device itself, not the place it stands in


WAYS = (
    Way("tusn", "tusn_key", "tusn_key"),
    Way("serial", "serial_key", "serial_key"),
    Way("cross", "serial_key", "tusn_key"),
    Way("cross", "tusn_key", "serial_key"),
    Way("terminal", "place_key", "place_key", by_serial=False),
    Way("channel_terminal", "channel_terminal_key", "channel_terminal_key", by_serial=False),
)


def ways_between(columns: Mapping[str, Collection[str]]) -> tuple[Way, ...]:
    """The ways that the columns of tonight's feeds allow."""
    return tuple(
        way
        for way in WAYS
        if set(KEYS[way.device]) <= set(columns["devices"])
        and set(KEYS[way.registration]) <= set(columns["registrations"])
    )


def in_channel(engine: Engine, current: Frame, ways: Sequence[Way], channel: str, any_channel: bool) -> Frame:
    """The registrations that count in a channel: `reg_row_id`, their keys, and `sure_status`.

    "common" counts everywhere. A channel nobody can read may be any, so its status is unknown.
    """
    keys = {"device_code", "merchant_key", "serial_key", *(way.registration for way in ways)}
    known = current.select("row_id", "channel", "reg_status", *(name for name in KEYS if name in keys))
    if not any_channel:
        here = (nw.col("channel") == channel) | (nw.col("channel") == "common") | nw.col("channel").is_null()
        known = engine.where(known, here)
    sure = nw.col("reg_status")
    if not any_channel:
        sure = nw.when(~nw.col("channel").is_null()).then(sure)
    return known.with_columns(sure_status=sure).rename({"row_id": "reg_row_id"})


def status_in(any_channel: bool) -> nw.Expr:
    """The status of a registration in a channel, from `reg_status`, `reg_channel` and `ambiguous`."""
    unsure = nw.col("ambiguous")
    if not any_channel:
        unsure = unsure | nw.col("reg_channel").is_null()
    status = nw.when(unsure).then(nw.lit(UNKNOWN)).otherwise(nw.col("reg_status").fill_null(UNKNOWN))
    return nw.when(~nw.col("reg_row_id").is_null()).then(status)


def matches(engine: Engine, devices: Frame, listed: Frame, ways: tuple[Way, ...]) -> Frame | None:
    """For each ledger row that a registration names: row_id, reg_row_id, matched_by, candidates, ambiguous.

    `devices` holds row_id and the key columns, `listed` is `in_channel`. Of several registrations of one
    device the ledger's own merchant wins, then the strongest status, then the later row.
    """
    found: list[Frame] = []
    left = devices
    doubts = {"tusn", "serial"} <= {way.name for way in ways}
    for way in ways:
        hits = engine.held(_by(engine, left, listed, way, ["list_key"] if doubts else []))
        found.append(hits.with_columns(matched_by=nw.lit(way.name), ambiguous=nw.col("candidates") > 1))
        if way is not ways[-1]:
            left = engine.lacking(left, hits, "row_id")
    if not found:
        return None
    matched = engine.stacked(found)
    return engine.staged(_doubted(engine, devices, matched, listed)) if doubts else matched


def _by(engine: Engine, devices: Frame, listed: Frame, way: Way, kept: Sequence[str]) -> Frame:
    """What one way finds: row_id, reg_row_id, candidates, and what is kept of the list.

    A key that the list holds once is looked up; the others are joined and ranked.
    """
    keyed = devices.select("row_id", device_merchant="merchant_key", match_key=way.device)
    keyed = engine.held(engine.named(keyed, "match_key"))
    named = listed.select(
        "reg_row_id",
        "sure_status",
        list_key="device_code",
        list_merchant="merchant_key",
        match_key=way.registration,
    )
    named = engine.named(engine.meeting(named, keyed, "match_key"), "match_key")
    several = engine.staged(engine.shared(named, ["match_key"], "sharing"))
    single = engine.lacking(named.select("match_key", "reg_row_id", *kept), several, "match_key")
    hits = engine.named(engine.attach(keyed, single, "match_key"), "reg_row_id")
    hits = hits.select("row_id", "reg_row_id", *kept, candidates=nw.lit(1).cast(nw.Int64))
    if not engine.is_nothing(several):
        hits = engine.stacked([hits, _best(engine, keyed, several, kept)])
    return hits


def _best(engine: Engine, keyed: Frame, several: Frame, kept: Sequence[str]) -> Frame:
    """Of the registrations that share a key, the one that stands for each device that has it."""
    rivals = engine.meeting(keyed, several, "match_key").join(several, on="match_key", how="inner")
    rivals = engine.staged(
        rivals.with_columns(
            own=nw.when(nw.col("list_merchant") == nw.col("device_merchant")).then(1).otherwise(0),
            strength=_strength(nw.col("sure_status")),
        )
    )
    devices_named = rivals.group_by("row_id").agg(candidates=nw.col("list_key").n_unique())
    best = engine.pick(rivals, ["row_id"], ["own", "strength", "reg_row_id"], last=True)
    best = engine.attach(best, devices_named, "row_id")
    return best.select("row_id", "reg_row_id", *kept, "candidates")


def _doubted(engine: Engine, devices: Frame, matched: Frame, listed: Frame) -> Frame:
    """A device found by its TUSN whose serial names another device of the list has two candidates."""
    serials = engine.named(listed.select("serial_key", "reg_row_id", other_key="device_code"), "serial_key")
    own = engine.attach(
        devices.select("row_id", "serial_key"), engine.held(serials), "serial_key", first="reg_row_id"
    )
    doubted = engine.attach(matched, engine.held(own.select("row_id", "other_key")), "row_id")
    other = (nw.col("matched_by") == "tusn") & (nw.col("other_key") != nw.col("list_key"))
    return doubted.with_columns(
        candidates=nw.when(other).then(nw.lit(2).cast(nw.Int64)).otherwise(nw.col("candidates"))
    ).drop("other_key")


def _strength(status: nw.Expr) -> nw.Expr:
    expression: nw.Expr = nw.lit(0)
    for word, strength in _STRENGTH.items():
        expression = nw.when(status == word).then(nw.lit(strength)).otherwise(expression)
    return expression
