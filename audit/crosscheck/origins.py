"""Which feeds facts were brought over from: a rule may look at one it can do without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audit.crosscheck.schema import CHANNEL_GROUPS, DEVICE_GROUPS, Subject

_OF_GROUP = {
    "merchant": "merchants",
    "model": "models",
    "registered": "registrations",
    "near": "registrations",
    "inspected": "inspections",
    "transactions": "transactions",
    "registration": "registrations",
    "known_error": "error_texts",
}
_OF_DEVICES = {
    name: _OF_GROUP[group]
    for group, types in (*DEVICE_GROUPS.items(), *CHANNEL_GROUPS.items())
    if group in _OF_GROUP
    for name in types
}
# the feed that a fact comes from, where it is not that of the subject's own rows
_BROUGHT_FROM: Mapping[Subject, Mapping[str, str]] = {
    Subject.DEVICE: _OF_DEVICES,
    Subject.DEVICE_CHANNEL: _OF_DEVICES,
    Subject.DEVICE_POLICY: {**_OF_DEVICES, "policy_id": "merchants"},  # a policy may cover one trade only
    Subject.MERCHANT: {
        "devices_in_use": "devices",
        "spare_devices": "devices",
        "registered_channels": "registrations",
    },
    Subject.REGISTRATION: {"in_ledger": "devices"},
}


def feeds_behind(subject: Subject, names: Iterable[str]) -> frozenset[str]:
    """The feeds that these facts were brought over from, as far as any was delivered."""
    brought = _BROUGHT_FROM.get(subject, {})
    return frozenset(brought[name] for name in names if name in brought)
