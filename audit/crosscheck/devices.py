"""The ledger's side: what is known of a device, and of a device in each required channel."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import narwhals.stable.v2 as nw

Frame = nw.LazyFrame[Any]

OUT_OF_SCOPE = ("retired", "stock", "lost", "blacklist")
IN_USE = ("active", "partial")

_MERCHANT_COLUMNS = (
    "merchant_status",
    "license_expiry",
    "uscc",
    "mcc",
)
_MODEL_COLUMNS = (
    "min_firmware",
    "min_firmware_key",
    "min_app_version",
    "min_app_version_key",
    "eol_on",
    "eos_on",
    "cert_expiry",
    "source",
)


def device_facts(
    devices: Frame, merchants: Frame, models: Frame, matches: Frame, device_columns: Collection[str]
) -> Frame:
    """One row per ledger row that names a device: scope, merchant, model, namesakes, registrations."""
    named = devices.filter(~nw.col("device_key").is_null())
    return (
        _scoped(named, "terminal_status" in device_columns)
        .with_columns(
            last_contact_at=nw.max_horizontal("last_heartbeat_at", "last_signin_at"),
            license_recognised=_always("license_no" in device_columns),
        )
        .join(_merchant_side(merchants), on="merchant_no", how="left")
        .with_columns(
            merchant_listed=~nw.col("merchant_row_id").is_null(),
            merchant_name=nw.coalesce("listed_merchant_name", "merchant_name"),
        )
        .join(_model_side(devices, models), on="row_id", how="left")
        .join(_namesakes(devices), on="row_id", how="left")
        .join(_registered_anywhere(matches), on="row_id", how="left")
        .with_columns(model_listed=~nw.col("model_row_id").is_null())
        .with_columns(registered_rows=nw.col("registered_rows").fill_null(0))
    )


def device_channel_facts(device: Frame, winning: Frame, channels: Frame) -> Frame:
    """One row per device of the ledger and required channel, with the registration that stands there."""
    return (
        device.join(channels, how="cross")
        .join(winning, on=["row_id", "channel"], how="left")
        .with_columns(has_registration=~nw.col("reg_row_id").is_null())
    )


def _scoped(devices: Frame, has_status: bool) -> Frame:
    """Whether a device is to be audited, and whether it is in use.

    A ledger without a status column lists the devices in use; where there is one, a blank is unknown.
    """
    if not has_status:
        return devices.with_columns(in_scope=_always(True), in_use=_always(True))
    status = nw.col("terminal_status")
    return devices.with_columns(
        in_scope=~status.is_in(list(OUT_OF_SCOPE)),
        in_use=status.is_in(list(IN_USE)),
    )


def _merchant_side(merchants: Frame) -> Frame:
    first = merchants.filter(~nw.col("merchant_no").is_null()).unique(
        subset=["merchant_no"], keep="first", order_by=["row_id"]
    )
    return first.select(
        "merchant_no",
        *_MERCHANT_COLUMNS,
        listed_merchant_name=nw.col("merchant_name"),
        merchants_rejected=nw.col("rejected"),
        merchant_source_file=nw.col("source_file"),
        merchant_source_sheet=nw.col("source_sheet"),
        merchant_source_row=nw.col("source_row"),
        merchant_row_id=nw.col("row_id"),
    )


def _always(answer: bool) -> nw.Expr:
    """A constant column of the engine's own boolean type."""
    named = ~nw.col("device_key").is_null()
    return named if answer else ~named


def _model_side(devices: Frame, models: Frame) -> Frame:
    """The line of the model table for each device: one of its vendor, else one that names no vendor."""
    lines = models.filter(~nw.col("model_key").is_null()).select(
        "model_key",
        "vendor_key",
        *(nw.col(name).alias(f"model_{name}") for name in _MODEL_COLUMNS),
        models_rejected=nw.col("rejected"),
        model_row_id=nw.col("row_id"),
    )
    ours = lines.filter(~nw.col("vendor_key").is_null()).unique(
        subset=["model_key", "vendor_key"], keep="first", order_by=["model_row_id"]
    )
    anybody = lines.filter(nw.col("vendor_key").is_null()).unique(
        subset=["model_key"], keep="first", order_by=["model_row_id"]
    )
    named = devices.select("row_id", "model_key", "vendor_key")
    exact = named.join(ours, on=["model_key", "vendor_key"], how="inner")
    rest = named.join(ours.select("model_key", "vendor_key"), on=["model_key", "vendor_key"], how="anti")
    general = rest.join(anybody.drop("vendor_key"), on="model_key", how="inner")
    return nw.concat([exact, general.select(*exact.collect_schema().names())]).drop("model_key", "vendor_key")


def _namesakes(devices: Frame) -> Frame:
    """How often a serial stands in the ledger's live rows, between which merchants, and where else."""
    in_scope = ~nw.col("terminal_status").is_in(list(OUT_OF_SCOPE))
    named = devices.filter(~nw.col("serial_no").is_null(), in_scope | nw.col("terminal_status").is_null())
    groups = named.group_by("serial_no").agg(
        serial_rows=nw.len(), first_row_id=nw.col("row_id").min(), last_row_id=nw.col("row_id").max()
    )
    repeated = groups.filter(nw.col("serial_rows") > 1)
    owners = (
        named.filter(~nw.col("merchant_no").is_null())
        .group_by("serial_no")
        .agg(
            first_merchant=nw.col("merchant_no").min(),
            last_merchant=nw.col("merchant_no").max(),
        )
    )
    rows = named.select("row_id", "serial_no").join(repeated, on="serial_no", how="inner")
    rows = rows.join(owners, on="serial_no", how="left").with_columns(
        other_row_id=nw.when(nw.col("row_id") == nw.col("first_row_id"))
        .then(nw.col("last_row_id"))
        .otherwise(nw.col("first_row_id"))
    )
    places = devices.select(
        other_row_id=nw.col("row_id"),
        twin_source_file=nw.col("source_file"),
        twin_source_sheet=nw.col("source_sheet"),
        twin_source_row=nw.col("source_row"),
    )
    return rows.join(places, on="other_row_id", how="left").drop(
        "serial_no", "first_row_id", "last_row_id", "other_row_id"
    )


def _registered_anywhere(matches: Frame) -> Frame:
    """How many registrations of a device stand, in any channel, and between which merchants they lie."""
    return (
        matches.filter(nw.col("reg_status") == "registered")
        .group_by("row_id")
        .agg(
            registered_rows=nw.len(),
            first_registered_merchant=nw.col("reg_merchant_no").min(),
            last_registered_merchant=nw.col("reg_merchant_no").max(),
            registered_source_file=nw.col("reg_source_file").min(),
            registered_source_sheet=nw.col("reg_source_sheet").min(),
            registered_source_row=nw.col("reg_source_row").min(),
        )
    )
