"""The merchants of the list: what their files lack, and the devices they have."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import narwhals.stable.v2 as nw

from audit.crosscheck.devices import completeness
from audit.engines import Engine, Frame


def merchant_facts(
    engine: Engine,
    merchants: Frame,
    device: Frame | None,
    device_channel: Frame | None,
    columns: Collection[str],
    profile: Sequence[str],
) -> Frame:
    """One row per line of the merchant list: what it lacks, and how many devices it has."""
    facts = engine.named(merchants, "merchant_key")
    micro = nw.col("merchant_type").str.contains("小微", literal=True) | (nw.col("uscc_check") == "id_number")
    always, of_companies = ~nw.col("merchant_no").is_null(), ~micro.fill_null(False)
    facts = completeness(
        engine,
        facts,
        {"required": always, "required of companies": of_companies},
        {
            name: "required of companies" if name in _NOT_OF_MICRO else "required"
            for name in profile
            if name in columns
        },
    )
    facts = facts.with_columns(channel_no_recognised=always if "channel_merchant_no" in columns else ~always)
    if device is not None:
        listed = device.select("merchant_key", "in_use", "is_spare")
        used = engine.where(listed, ~nw.col("merchant_key").is_null(), nw.col("in_use"))
        spare = nw.col("is_spare").fill_null(False)
        grouped = used.with_columns(spare=nw.when(spare).then(1).otherwise(0)).group_by("merchant_key")
        counts = grouped.agg(devices_in_use=nw.len(), spare_devices=nw.col("spare").sum())
        facts = _counts(engine, facts, counts, ("devices_in_use", "spare_devices"))
    if device_channel is not None:
        stands = nw.col("in_use") & nw.col("has_registration") & (nw.col("reg_status") == "registered")
        told = device_channel.select("merchant_key", "channel", "in_use", "has_registration", "reg_status")
        named = engine.where(told, ~nw.col("merchant_key").is_null(), stands)
        channels = engine.distinct(named, "merchant_key", "channel").group_by("merchant_key")
        reached = channels.agg(registered_channels=nw.len())
        facts = _counts(engine, facts, reached, ("registered_channels",))
    return facts


_NOT_OF_MICRO = frozenset({"license_expiry", "license_start"})


def _counts(engine: Engine, facts: Frame, counts: Frame, names: Sequence[str]) -> Frame:
    facts = engine.attach(facts, engine.staged(counts), "merchant_key")
    return facts.with_columns(**{name: nw.col(name).fill_null(0).cast(nw.Int64) for name in names})
