"""`[audit.profile]`: which fields must be filled in."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, field_validator

from audit.config.explaining import near
from audit.config.section import Section, unfit
from audit.tables import TABLES

# the fields a merchant's file has to hold: the article's licence, legal person and documents, and the five
# elements' account and address; operating practice of acquirers, to be set to one's own standard
MERCHANT_PROFILE = (
    "merchant_name",
    "uscc",
    "legal_name",
    "legal_id_no",
    "settle_account",
    "biz_address",
    "mcc",
    "license_expiry",
)
# by terminal type code; type 11 (printed codes) has no serial of its own. The API of one acquirer asks for
# model and maker of every powered terminal; to be set to one's own standard
DEVICE_PROFILE: Mapping[str, tuple[str, ...]] = {
    "default": ("serial_no", "merchant_no", "terminal_id", "vendor", "model", "device_type", "address"),
    "11": ("merchant_no", "terminal_id", "device_type", "address"),
}


class ProfileSection(Section):
    """`[audit.profile]`: which fields a merchant and a device of each type must have filled in."""

    merchant: tuple[str, ...] = MERCHANT_PROFILE
    device: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(DEVICE_PROFILE))

    @field_validator("merchant")
    @classmethod
    def _known_of_merchants(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        return _known_fields(fields, "merchants")

    @field_validator("device")
    @classmethod
    def _known_of_devices(cls, fields: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for kind, names in fields.items():
            if kind != "default" and not (len(kind) == 2 and kind.isdigit()):
                raise unfit("config_value_device_type", found=kind)
            _known_fields(names, "devices")
        return fields


def _known_fields(fields: tuple[str, ...], feed: str) -> tuple[str, ...]:
    for name in fields:
        if name not in TABLES[feed].by_name:
            raise unfit("config_unknown_column", column=name, near=near(name, TABLES[feed].by_name))
    return fields
