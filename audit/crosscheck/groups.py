"""What many devices say together: the stores of a merchant, and the channels."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import narwhals.stable.v2 as nw

from audit.crosscheck.devices import PROVINCE, with_province
from audit.crosscheck.schema import FACTS, Subject
from audit.engines import Engine, Frame, one_if
from audit.intake.reading import Reason


def site_facts(engine: Engine, device: Frame) -> Frame:
    """One row per store with a number: its devices in use, when the first and the last was heard from.

    `heard_until` is the last contact anywhere in the same file: what a store can be late against when the
    ledger is some days old.
    """
    asked = device.select(
        "row_id", "merchant_key", "store_no", "last_contact_at", "in_use", "is_spare", "source_file"
    )
    heard = engine.named(asked, "last_contact_at")
    until = heard.group_by("source_file").agg(heard_until=nw.col("last_contact_at").max())
    used = engine.where(
        engine.named(heard, "merchant_key", "store_no"),
        nw.col("in_use"),
        ~nw.col("is_spare").fill_null(False),
    )
    key = ["merchant_key", "store_no"]
    spans = used.group_by(*key).agg(
        row_id=nw.col("row_id").min(),
        devices=nw.len(),
        first_contact_at=nw.col("last_contact_at").min(),
        last_contact_at=nw.col("last_contact_at").max(),
    )
    sites = engine.attach(engine.staged(spans.drop(*key)), device.select(*_OF_SITES), "row_id")
    return engine.attach(sites, engine.staged(until), "source_file")


# what is told of a store: as the first of its devices has it
_OF_SITES = (
    "row_id", "merchant_no", "store_no", "merchant_name", "store_name", "vendor", "agent", "province",
    "source_file", "source_sheet", "source_row",
)  # fmt: skip


def channel_facts(device_channel: Frame) -> Frame:
    """One row per channel: how many devices were registered on the last good night and are not tonight."""
    used = device_channel.filter(nw.col("in_use"))
    before = nw.col("previous_status")
    turned = (before == "registered") & (
        ~nw.col("has_registration") | ~nw.col("reg_status").is_in(["registered", "unknown"])
    )
    marked = used.with_columns(
        known=one_if(~before.is_null()),
        devices=one_if(before == "registered"),
        turned=one_if(turned),
    )
    counted = marked.group_by("channel").agg(
        row_id=nw.col("row_id").min(),
        known=nw.col("known").sum(),
        devices=nw.col("devices").sum(),
        turned=nw.col("turned").sum(),
    )
    some = nw.col("devices") > 0
    numbers = {name: nw.col(name).cast(nw.Int64) for name in ("known", "devices", "turned")}
    return (
        counted.with_columns(**numbers)
        .with_columns(
            turned_percent=nw.when(some).then(100.0 * nw.col("turned") / nw.col("devices")),
            compared=nw.col("known") > 0,
        )
        .drop("known")
    )


_ROW_COLUMNS = {
    "devices": ("device_key", "serial_no", "terminal_id", "vendor", "store_no", "place_fault", "install_date",
                "production_date", "longitude", "latitude"),
    "registrations": ("device_key", "serial_no", "terminal_id", "vendor", "place_fault", "submitted_at",
                      "registered_at", "longitude", "latitude"),
    "merchants": (),
    "policies": (),
}  # fmt: skip
_EVERY_ROW = (
    "row_id", "merchant_no", "merchant_name", "agent", "province", "rejected_reasons", "unread_text",
    "format_faults", "swapped_fields", "source_file", "source_sheet", "source_row",
)  # fmt: skip
_KEY_OF = {
    "devices": "device_key",
    "registrations": "device_key",
    "merchants": "merchant_no",
    "policies": "policy_id",
}


def row_facts(engine: Engine, tables: Mapping[str, Frame], strange: Mapping[str, Collection[str]]) -> Frame:
    """The rows of the three lists and the policies one below the other, with what was wrong in their cells.

    A row is known by its device, merchant or policy; one whose key could not be read, by the text that stood
    there. `strange` are, by column, the words of policies that nobody knows.
    """
    policies = tables["policies"]
    for name, words in strange.items():
        policies = _with_strange(policies, name, words)
    told = {**tables, "policies": policies}
    return engine.stacked([_rows(engine, feed, told[feed]) for feed in _ROW_COLUMNS])


def _with_strange(policies: Frame, name: str, words: Collection[str]) -> Frame:
    is_strange = nw.col(name).is_in(sorted(words)).fill_null(False)
    cell = nw.concat_str([nw.lit(f"{name}="), nw.col(name)])
    before = nw.col("unread_text")
    return policies.with_columns(
        rejected_reasons=nw.when(is_strange)
        .then(
            nw.concat_str(
                [nw.col("rejected_reasons").fill_null(","), nw.lit(f"{name}={Reason.UNKNOWN_CODE},")]
            )
        )
        .otherwise(nw.col("rejected_reasons")),
        unread_text=nw.when(is_strange)
        .then(nw.coalesce(nw.concat_str([before, nw.lit("\x1f"), cell]), cell))
        .otherwise(before),
    )


def _rows(engine: Engine, feed: str, frame: Frame) -> Frame:
    own = _ROW_COLUMNS[feed]
    lacking = {
        name: FACTS[Subject.ROW][name] for name in _EVERY_ROW if name not in frame.collect_schema().names()
    }
    frame = engine.with_nulls(frame, lacking) if lacking else frame
    frame = with_province(frame) if set(PROVINCE) <= set(frame.collect_schema().names()) else frame
    made = {"feed": nw.lit(feed), "row_key": nw.coalesce(_KEY_OF[feed], "unread_text")}
    if feed == "devices":
        made["last_contact_at"] = nw.max_horizontal("last_heartbeat_at", "last_signin_at")
    present = {*own, *_EVERY_ROW, *made}
    absent = {name: kind for name, kind in FACTS[Subject.ROW].items() if name not in present}
    return engine.with_nulls(frame.select(*_EVERY_ROW, *own, **made), absent)
