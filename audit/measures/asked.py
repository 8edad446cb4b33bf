"""The fact columns that the measures look at, as far as the night's files have them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from audit.crosscheck.schema import TRANSACTIONS, Subject

_COMPLETENESS = ("missing_fields", "required_fields")
_OF_DEVICES = ("cert_expiry", "pts_expiry")
_OF_MODELS = ("cert_expiry", "pts_expiry", "eol_on", "eos_on")
_OF_MERCHANTS = ("license_expiry", "legal_id_expiry")

# of what is there whatever is asked for
LOOKED_AT: Mapping[Subject, frozenset[str]] = {
    Subject.DEVICE: frozenset(
        {
            *("row_id", "device_code", "in_scope", "in_use", "rejected"),
            *("serial_no", "terminal_id", "merchant_name", "vendor"),
        }
    ),
    Subject.MERCHANT: frozenset({"row_id"}),
}


def asked(
    columns: Mapping[str, Collection[str]],
    device_profile: Mapping[str, Collection[str]],
    merchant_profile: Collection[str],
) -> dict[Subject, frozenset[str]]:
    """Per subject what is wanted beside what the rules ask for; nothing that no file can answer."""
    devices, models, merchants = columns["devices"], columns["models"], columns["merchants"]
    of_devices = {"device_key", "device_type_code", "merchant_no", "store_no"}
    of_devices |= {name for name in (*TRANSACTIONS, *_OF_DEVICES) if name in devices}
    if any(set(fields) & set(devices) for fields in device_profile.values()):
        of_devices |= set(_COMPLETENESS)
    if "model" in devices and (own := {f"model_{name}" for name in _OF_MODELS if name in models}):
        of_devices |= own | {"model", "vendor", "model_key", "vendor_key"}
    found = {Subject.DEVICE: frozenset(of_devices)}
    if merchants:
        of_merchants = {"merchant_no", "merchant_name", "merchant_status"}
        of_merchants |= {name for name in _OF_MERCHANTS if name in merchants}
        if set(merchant_profile) & set(merchants):
            of_merchants |= set(_COMPLETENESS)
        found[Subject.MERCHANT] = frozenset(of_merchants)
    if columns["policies"]:
        found[Subject.POLICY] = frozenset({"policy_id", "title", "effective_on", "deadline_on", "devices"})
    return found
