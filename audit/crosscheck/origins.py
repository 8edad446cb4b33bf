"""Which columns of which lists facts come from: a rule may look at some that it can do without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit.crosscheck.schema import (
    CHANNEL_GROUPS,
    DEVICE_GROUPS,
    FACTS,
    Subject,
)
from audit.tables import TABLES
from audit.tables.devices import TRANSACTION_COLUMNS

Columns = Mapping[str, frozenset[str]]  # by feed
_Named = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Origins:
    """What facts come from: columns of the subject's own line, and of whole lists, its own among them."""

    own: frozenset[str]
    lists: Columns


# the feed whose lines are the subjects
OWN_FEED: Mapping[Subject, str] = {
    **dict.fromkeys((Subject.DEVICE, Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY), "devices"),
    Subject.MERCHANT: "merchants",
    Subject.REGISTRATION: "registrations",
    Subject.TRAINING: "training",
    Subject.POLICY: "policies",
}
# what the lines of a list are told apart and matched by
KEYS = ("serial_no", "tusn", "terminal_id", "channel_terminal_id", "merchant_no", "channel_merchant_no")
_PLACE = ("address", "province", "city", "county", "area_code")
_POINT = ("longitude", "latitude", "location")
_SCOPE = ("terminal_status",)
_CONTACT = ("last_heartbeat_at", "last_signin_at")
_STANDS = (*KEYS, "channel", "reg_status", "submitted_at", "registered_at")
_TRANSACTIONS = tuple(column.name for column in TRANSACTION_COLUMNS)

# columns that intake makes of others
_MADE_OF: _Named = {
    "device_key": ("serial_no", "tusn", "merchant_no", "terminal_id"),
    "trainee_key": ("trainee", "organisation"),
    "mid_mcc": ("merchant_no",),
    "effective_at": ("submitted_at", "registered_at"),
    "legal_id_check": ("legal_id_no", "legal_id_type"),
    "address_key": _PLACE,
    "province_code": _PLACE,
    "city_code": _PLACE,
    **dict.fromkeys(("point_x", "point_y", "point_z", "place_fault"), _POINT),
    **dict.fromkeys(("in_scope", "in_use"), _SCOPE),
    "last_contact_at": _CONTACT,
    "license_recognised": ("license_no",),
    "channel_no_recognised": ("channel_merchant_no",),
}
# two lines are one where no column tells them apart any more
_OF_TWINS = {"devices": tuple(TABLES["devices"].by_name)}
# what lies behind every fact of a group, beside the column that one is the name of
_BEHIND: Mapping[str, _Named] = {
    "merchant": {"merchants": ("merchant_no",)},
    "model": {"models": ("model", "vendor")},
    **dict.fromkeys(("namesakes", "terminal_twins"), _OF_TWINS),
    "registered": {"registrations": _STANDS},
    "near": {"registrations": (*_STANDS, "batch_no")},
    "inspected": {"inspections": (*KEYS, "inspect_date", "result", "issue")},
    "transactions": {"transactions": (*KEYS, *_TRANSACTIONS)},
    "registration": {"registrations": _STANDS},
    "known_error": {"error_texts": tuple(TABLES["error_texts"].by_name), "registrations": ("reg_message",)},
}
_OWN_BEHIND: _Named = {
    "merchant": ("merchant_no",),
    "model": ("model", "vendor"),
    "registered": KEYS,
    "near": (*KEYS, "batch_no"),
    "inspected": KEYS,
    "transactions": (*KEYS, *_TRANSACTIONS),
    "registration": KEYS,
    "known_error": ("last_error",),
}
# the list whose columns facts of a group are named after, behind this prefix
_PREFIXED = {
    "merchant": ("merchants", "merchant_"),
    "model": ("models", "model_"),
    "registration": ("registrations", "reg_"),
}
_GROUPS = {
    name: group for group, types in (*DEVICE_GROUPS.items(), *CHANNEL_GROUPS.items()) for name in types
}
_OF_SITES = {"devices": ("merchant_no", "store_no", "is_spare", *_SCOPE, *_CONTACT)}
_OF_SHOPS = {"devices": ("merchant_no", "is_spare", *_SCOPE)}
_OF_STATES = {"registrations": _STANDS, "devices": (*KEYS, *_SCOPE)}
_OF_POLICIES = {
    "devices": ("device_type", "vendor", "merchant_no", *_PLACE, *_SCOPE),
    "merchants": ("merchant_no", "mcc"),
    "policies": tuple(TABLES["policies"].by_name),
}
_OF_TERMINALS = {"registrations": _STANDS}
_OF_NEAR = {"devices": (*KEYS, "batch_no")}
_POLICY_FACTS = (
    *("policy_id", "policy_title", "policy_requirement", "policy_field", "policy_value", "policy_source"),
    *("effective_on", "deadline_on", "found_value", "requirement_met"),
)
# facts that many lines tell together
_COUNTED: Mapping[Subject, Mapping[str, _Named]] = {
    Subject.SITE: dict.fromkeys(FACTS[Subject.SITE], _OF_SITES),
    Subject.CHANNEL: dict.fromkeys(FACTS[Subject.CHANNEL], _OF_STATES),
    # a policy may cover one trade only
    Subject.DEVICE_POLICY: dict.fromkeys(_POLICY_FACTS, _OF_POLICIES),
    Subject.POLICY: {"devices": _OF_POLICIES},
    Subject.MERCHANT: {
        "devices_in_use": _OF_SHOPS,
        "spare_devices": _OF_SHOPS,
        "registered_channels": _OF_STATES,
    },
    Subject.REGISTRATION: {
        "in_ledger": {"devices": KEYS},
        **dict.fromkeys(("terminal_serials", "first_terminal_serial", "last_terminal_serial"), _OF_TERMINALS),
        **dict.fromkeys(("near_device_key", "near_device_serial"), _OF_NEAR),
    },
}


def origins_of(subject: Subject, names: Iterable[str], required: Iterable[str], profile: Columns) -> Origins:
    """What these facts come from, and the required columns ("devices.firmware") with them.

    `profile` has the columns whose blanks are counted. What is told of every finding, the vendor or the
    province, is none of it unless another fact is made of it.
    """
    if subject is Subject.ROW:  # a cell that could not be read may have stood in any column
        return Origins(frozenset().union(*(TABLES[feed].by_name for feed in _OF_ROWS)), {})
    feed = OWN_FEED.get(subject, "")
    own: set[str] = set()
    lists: dict[str, set[str]] = {}
    for name in names:
        for of_list, columns in _COUNTED.get(subject, {}).get(name, {}).items():
            lists.setdefault(of_list, set()).update(columns)
        if name in ("missing_fields", "required_fields"):
            own |= profile.get(feed, frozenset())
        elif feed == "devices" and (group := _GROUPS.get(name)) and group != "scope":
            own.update(_OWN_BEHIND.get(group, ()))
            for of_list, columns in _BEHIND[group].items():
                lists.setdefault(of_list, set()).update(columns)
            if group in _PREFIXED:
                of_list, prefix = _PREFIXED[group]
                lists[of_list].update(_named(of_list, name) or _named(of_list, name.removeprefix(prefix)))
            if name == "model_version_fits":
                lists["models"].add("version_pattern")
        elif feed and name not in _ONLY_TOLD:
            own.update(_named(feed, name))
    for of_list, _, column in (name.partition(".") for name in required):
        (own if of_list == feed else lists.setdefault(of_list, set())).add(column)
    return Origins(frozenset(own), {of_list: frozenset(columns) for of_list, columns in lists.items()})


_OF_ROWS = ("devices", "registrations", "merchants", "policies")
# what every finding shows, and no rule of its own asks for but by another fact
_ONLY_TOLD = frozenset(
    {"serial_no", "terminal_id", "merchant_no", "merchant_name", "vendor", "agent", "province", "store_no"}
)


def _named(feed: str, name: str) -> tuple[str, ...]:
    """The columns of a list behind a column of its canonical table."""
    known = TABLES[feed].by_name
    made = _MADE_OF.get(name, (name, name.rsplit("_", 1)[0]))
    return tuple(column for column in made if column in known)[: None if name in _MADE_OF else 1]
