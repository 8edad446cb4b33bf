"""The registration list: what stands for a device in a channel, and what stands for nothing in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw

Frame = nw.LazyFrame[Any]

_LONG_AGO = datetime(1900, 1, 1)  # noqa: DTZ001 - compared with naive vendor time
# of several registrations the strongest stands; one whose status is unknown stands last
_STATUS_RANK = {"registered": 0, "pending": 1, "failed": 2, "frozen": 3, "cancelled": 4, "not_registered": 5}
_UNKNOWN_RANK = 6
UNKNOWN = "unknown"  # a status that was there and could not be read

KEPT = (
    "registration_no",
    "merchant_no",
    "reg_status",
    "reg_message",
    "submitted_at",
    "registered_at",
    "rejected",
    "source_file",
    "source_sheet",
    "source_row",
)


def latest(registrations: Frame) -> Frame:
    """The last registration of each device, channel and merchant: by decision, else submission, else row."""
    dated = registrations.filter(~nw.col("device_key").is_null()).with_columns(
        _at=nw.col("effective_at").fill_null(_LONG_AGO)
    )
    return dated.unique(
        subset=["device_key", "channel", "merchant_no"], keep="last", order_by=["_at", "row_id"]
    ).drop("_at")


def match_keys(devices: Frame) -> Frame:
    """Every key a registration may name a ledger row by: serial, TUSN, merchant and terminal number."""
    named = devices.select(
        "row_id",
        sn=nw.concat_str([nw.lit("sn:"), nw.col("serial_no")]),
        tusn=nw.concat_str([nw.lit("tusn:"), nw.col("tusn")]),
        tid=nw.concat_str([nw.lit("tid:"), nw.col("merchant_no"), nw.lit("/"), nw.col("terminal_id")]),
    )
    kinds = [named.select("row_id", match_key=nw.col(kind)) for kind in ("sn", "tusn", "tid")]
    return nw.concat([kind.filter(~nw.col("match_key").is_null()) for kind in kinds])


def candidates(devices: Frame, keys: Frame, current: Frame) -> Frame:
    """Each ledger row with every registration that names it (columns prefixed `reg_`)."""
    current = current.with_columns(reg_status=nw.col("reg_status").fill_null(UNKNOWN))
    named = current.select(
        nw.col("device_key").alias("match_key"),
        "channel",
        nw.col("row_id").alias("reg_row_id"),
        *(nw.col(name).alias(name if name.startswith("reg_") else f"reg_{name}") for name in KEPT),
    )
    owners = devices.select("row_id", device_merchant=nw.col("merchant_no"))
    return keys.join(named, on="match_key", how="inner").join(owners, on="row_id", how="left")


def winners(matches: Frame, channels: Frame, any_channel: bool) -> Frame:
    """One registration per ledger row and required channel (`channels`: one row each).

    The one under the ledger's own merchant wins, then the strongest status, then the later row. Where any
    channel will do, the choice is among all of them.
    """
    if any_channel:
        per_channel = matches.drop("channel").join(channels, how="cross")
    else:
        named = matches.join(channels, on="channel", how="inner")
        # "common" counts in every channel; a channel nobody can read may be any of them, so that the device
        # is neither registered there nor missing
        everywhere = matches.filter(
            nw.col("channel").is_null() | (nw.col("channel") == "common")
        ).with_columns(
            reg_status=nw.when(~nw.col("channel").is_null())
            .then(nw.col("reg_status"))
            .otherwise(nw.lit(UNKNOWN))
        )
        spread = everywhere.drop("channel").join(channels, how="cross")
        per_channel = nw.concat([named, spread.select(*named.collect_schema().names())])
    ranked = per_channel.with_columns(
        _elsewhere=nw.when(nw.col("reg_merchant_no") == nw.col("device_merchant")).then(0).otherwise(1),
        _weakness=_rank(nw.col("reg_status")),
        _earlier=-nw.col("reg_row_id"),
    )
    return ranked.unique(
        subset=["row_id", "channel"], keep="first", order_by=["_elsewhere", "_weakness", "_earlier"]
    ).drop("_elsewhere", "_weakness", "_earlier", "device_merchant", "match_key")


def registration_facts(current: Frame, keys: Frame) -> Frame:
    """One row per current registration, with whether the ledger knows its device."""
    known = keys.group_by("match_key").agg(ledger_row_id=nw.col("row_id").min())
    facts = current.join(known, left_on="device_key", right_on="match_key", how="left")
    return facts.with_columns(in_ledger=~nw.col("ledger_row_id").is_null())


def _rank(status: nw.Expr) -> nw.Expr:
    expression: nw.Expr = nw.lit(_UNKNOWN_RANK)
    for word, rank in _STATUS_RANK.items():
        expression = nw.when(status == word).then(nw.lit(rank)).otherwise(expression)
    return expression
