"""The fact tables, column by column: what a rule may ask, with the Arrow type every engine gives it.

A fact table holds the columns of its own canonical table and, beside them, what the cross-check found out:
each group below is made by one step of `crosscheck`, and only when a rule of the night asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import pyarrow as pa

from audit.engines import schema_of
from audit.tables import TABLES

_TEXT, _DAY, _MOMENT = pa.string(), pa.date32(), pa.timestamp("us")
_COUNT, _NUMBER, _YES = pa.int64(), pa.float64(), pa.bool_()
Types = dict[str, pa.DataType]


class Subject(StrEnum):
    """What a rule speaks about; each has one fact table."""

    DEVICE = "device"  # a row of the ledger
    DEVICE_CHANNEL = "device_channel"  # a row of the ledger in one required channel
    DEVICE_POLICY = "device_policy"  # a row of the ledger in one channel under one policy that covers it
    MERCHANT = "merchant"
    REGISTRATION = "registration"
    SITE = "site"  # a store of a merchant
    CHANNEL = "channel"
    POLICY = "policy"
    TRAINING = "training"  # the last training of one person or party in one topic
    PROGRAMME = "programme"  # an item of the self-audit programme that is in use
    RECTIFICATION = "rectification"  # the open findings of one responsible party
    ROW = "row"  # a row of the devices, registrations or merchants list, for the quality of its data
    INPUT = "input"  # a pattern of [inputs]

    @property
    def kind(self) -> str:
        """The word for the subject in finding ids and reports."""
        return "device" if self in (Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY) else self.value

    @property
    def identity(self) -> tuple[str, ...]:
        """The fact columns by which a subject is found again on another night."""
        return _IDENTITY[self]


_IDENTITY = {
    Subject.DEVICE: ("device_key",),
    Subject.DEVICE_CHANNEL: ("device_key", "channel"),
    Subject.DEVICE_POLICY: ("device_key", "channel", "policy_id"),
    Subject.MERCHANT: ("merchant_no",),
    Subject.REGISTRATION: ("device_key", "channel", "merchant_no"),
    Subject.SITE: ("merchant_no", "store_no"),
    Subject.CHANNEL: ("channel",),
    Subject.POLICY: ("policy_id",),
    Subject.TRAINING: ("topic", "trainee_key"),
    Subject.PROGRAMME: ("item",),
    Subject.RECTIFICATION: ("owner_key",),
    Subject.ROW: ("row_key", "feed"),
    Subject.INPUT: ("feed", "pattern"),
}


def _typed(kind: pa.DataType, *names: str) -> Types:
    return dict.fromkeys(names, kind)


def _source(prefix: str) -> Types:
    return {f"{prefix}_source_file": _TEXT, f"{prefix}_source_sheet": _TEXT, f"{prefix}_source_row": _COUNT}


# scope and age, from the ledger row itself
SCOPE = {
    **_typed(_YES, "in_scope", "in_use"),  # in_scope: not retired, stock, lost, blacklisted; null is unknown
    "last_contact_at": _MOMENT,  # the later of heartbeat and sign-in
    "license_recognised": _YES,  # the ledger has a column of licence numbers
    "missing_fields": _TEXT,  # ",model,vendor," - required of this type of device, recognised, and blank
    "required_fields": _COUNT,  # how many are required and recognised
}
# the line of the merchant list with this merchant_no
MERCHANT_SIDE = {
    "merchant_listed": _YES,
    "merchant_status": _TEXT,
    "merchant_mcc": _TEXT,
    "merchant_risk_level": _TEXT,
    "merchant_acquirer_code": _TEXT,
    "merchant_uscc": _TEXT,  # as shown: a citizen number is masked
    "merchant_uscc_hash": _TEXT,
    "merchant_uscc_check": _TEXT,
    "merchant_settle_account": _TEXT,  # masked
    "merchant_settle_account_hash": _TEXT,
    "merchants_rejected": _TEXT,
    **_source("merchant"),
}
# the line of the model table for this model: of its vendor, else one that names no vendor
MODEL_SIDE = {
    "model_listed": _YES,
    "model_min_firmware": _TEXT,
    "model_min_firmware_key": _TEXT,
    "model_min_app_version": _TEXT,
    "model_min_app_version_key": _TEXT,
    "model_version_fits": _YES,  # the firmware has the form the model table gives; null where it gives none
    "model_eol_on": _DAY,
    "model_eos_on": _DAY,
    "model_cert_no": _TEXT,
    "model_cert_expiry": _DAY,
    "model_pts_version": _TEXT,
    "model_pts_expiry": _DAY,
    "model_sm_required_from": _DAY,
    "model_as_of": _DAY,
    "model_source": _TEXT,
    "models_rejected": _TEXT,
}
# how often the serial and the pair (merchant, terminal number) stand in the live rows of the ledger
NAMESAKES = {
    "serial_rows": _COUNT,  # null where the serial stands once
    **_typed(_TEXT, "first_merchant", "last_merchant"),
    "merchant_count": _COUNT,  # under how many the serial stands
    **_source("twin"),
}
TERMINAL_TWINS = {
    "terminal_rows": _COUNT,  # live rows with the same merchant and terminal number; null where one
    **_typed(_TEXT, "first_terminal_serial", "last_terminal_serial"),  # among them
    **_source("terminal_twin"),
}
# valid registrations of the device in any channel
REGISTERED = {
    "registered_rows": _COUNT,  # 0 where none
    "registration_unread": _YES,  # one of the device has a status that is blank or cannot be read
    **_typed(_TEXT, "first_registered_merchant", "last_registered_merchant"),
    **_source("registered"),
}
# a registration nobody matched whose serial resembles this unmatched device's; a suggestion, never a match
NEAR = {
    "near_serial": _TEXT,
    "near_kind": _TEXT,  # lost_zeros, look_alike, transposed, edited
    "near_scope": _TEXT,  # merchant, batch, anywhere
    "near_candidates": _COUNT,  # how many registrations come as close
    "near_device_key": _TEXT,  # the device_key of that registration
    "near_merchant_no": _TEXT,
    **_source("near"),
}
# the last inspection of the device, or of its whole merchant
INSPECTED = {
    "last_inspected_on": _DAY,
    "last_inspection_result": _TEXT,  # pass, fail, not_done
    "last_inspection_issue": _TEXT,
    "inspected_serial": _TEXT,  # the serial last read at the terminal of this merchant and number
    **_source("inspection"),
    **_source("inspected"),  # where that serial was recorded
}
# transactions of the last period delivered, from the ledger's own columns or the transactions table
TRANSACTIONS = _typed(_NUMBER, "txn_amount", "txn_count", "txn_failed")

DEVICE_GROUPS: Mapping[str, Types] = {
    "scope": SCOPE,
    "merchant": MERCHANT_SIDE,
    "model": MODEL_SIDE,
    "namesakes": NAMESAKES,
    "terminal_twins": TERMINAL_TWINS,
    "registered": REGISTERED,
    "near": NEAR,
    "inspected": INSPECTED,
    "transactions": TRANSACTIONS,
}

# the registration that stands for the device in the channel: latest per merchant, the ledger's own merchant
# first, then the strongest status
_WINNER = (
    "registration_no", "serial_no", "tusn", "terminal_id", "merchant_no", "reg_status", "reg_message",
    "submitted_at", "registered_at", "last_sync_at", "acquirer_code", "uscc", "uscc_hash", "settle_account",
    "settle_account_hash", "address", "address_key", "province_code", "city_code", "point_x", "point_y",
    "point_z", "device_type", "device_type_code", "model", "rejected", "source_file", "source_sheet",
    "source_row",
)  # fmt: skip


def _prefixed(types: Mapping[str, pa.DataType], names: Iterable[str]) -> Types:
    return {name if name.startswith("reg_") else f"reg_{name}": types[name] for name in names}


REGISTRATION_SIDE = {
    "has_registration": _YES,
    "matched_by": _TEXT,  # tusn, serial, cross, terminal, channel_terminal; null where nothing matched
    "candidates": _COUNT,  # different devices of the list that this one matches; 2 and more is ambiguous
    "registered_elsewhere": _TEXT,  # another channel in which the device is registered
    "previous_status": _TEXT,  # reg_status on the last good night; "missing" where it had no registration
    **_prefixed(schema_of(TABLES["registrations"]), _WINNER),
}
# what the error texts table knows of the registration's message, else of the device's last error
KNOWN_ERROR = _typed(_TEXT, "known_error", "known_error_cause", "known_error_remedy")
CHANNEL_GROUPS: Mapping[str, Types] = {"registration": REGISTRATION_SIDE, "known_error": KNOWN_ERROR}


FACTS: Mapping[Subject, Types] = {
    Subject.DEVICE: {
        **schema_of(TABLES["devices"]),
        **{name: kind for group in DEVICE_GROUPS.values() for name, kind in group.items()},
    },
    Subject.DEVICE_CHANNEL: {
        **schema_of(TABLES["devices"]),
        **{name: kind for group in DEVICE_GROUPS.values() for name, kind in group.items()},
        "channel": _TEXT,
        **{name: kind for group in CHANNEL_GROUPS.values() for name, kind in group.items()},
    },
    Subject.DEVICE_POLICY: {
        "row_id": _COUNT,
        **_typed(
            _TEXT, "device_key", "serial_no", "terminal_id", "merchant_no", "merchant_name", "vendor",
            "agent", "province", "store_no", "channel", "reg_status", "source_file", "source_sheet",
        ),
        "source_row": _COUNT,
        **_typed(_YES, "in_scope", "in_use", "has_registration"),
        "reg_registered_at": _MOMENT,
        **_typed(_TEXT, "policy_id", "policy_title", "policy_requirement", "policy_field", "policy_value"),
        "policy_source": _TEXT,
        **_typed(_DAY, "effective_on", "deadline_on"),
        "found_value": _TEXT,  # what the device has in policy_field
        # null where the field was not recognised or cannot be read, or the requirement names none
        "requirement_met": _YES,
    },
    Subject.MERCHANT: {
        **schema_of(TABLES["merchants"]),
        "missing_fields": _TEXT,  # ",uscc,legal_name," - required of a merchant, recognised, and blank
        "required_fields": _COUNT,
        "channel_no_recognised": _YES,  # the list has a column of numbers at the channel
        "devices_in_use": _COUNT,
        "spare_devices": _COUNT,
        "registered_channels": _COUNT,  # required channels in which a device of the merchant is registered
    },
    Subject.REGISTRATION: {
        **schema_of(TABLES["registrations"]),
        "in_ledger": _YES,  # a row of the ledger matches it
        # live registrations of the same merchant and terminal number; null where one serial only
        "terminal_serials": _COUNT,
        **_typed(_TEXT, "first_terminal_serial", "last_terminal_serial"),
        "near_device_serial": _TEXT,  # the unmatched device that resembles it (see NEAR)
        "near_device_key": _TEXT,
    },
    Subject.SITE: {
        "row_id": _COUNT,
        **_typed(_TEXT, "merchant_no", "merchant_name", "store_no", "store_name"),
        **_typed(_TEXT, "vendor", "agent", "province"),
        "devices": _COUNT,  # in use and not spare, with a time of last contact
        **_typed(_MOMENT, "first_contact_at", "last_contact_at"),  # earliest, latest last contact
        "heard_until": _MOMENT,  # the last contact of any device in the same file
        "source_file": _TEXT,
        "source_sheet": _TEXT,
        "source_row": _COUNT,
    },
    Subject.CHANNEL: {
        "row_id": _COUNT,
        "channel": _TEXT,
        "devices": _COUNT,  # in use, and registered on the last good night
        "turned": _COUNT,  # of those, not registered tonight
        "turned_percent": _NUMBER,
        "compared": _YES,  # a last good night is known
    },
    Subject.POLICY: {**schema_of(TABLES["policies"]), "devices": _COUNT},  # devices: in use and covered
    Subject.TRAINING: {**schema_of(TABLES["training"]), "trainee_key": _TEXT},
    Subject.PROGRAMME: {
        "row_id": _COUNT,
        "item": _TEXT,
        "item_text": _TEXT,
        "last_done": _DAY,
        "next_due": _DAY,
        "cadence": _TEXT,
        "evidence": _TEXT,
        "cycle": _TEXT,  # 2026-11: the self-audit cycle to be signed off next
    },
    Subject.RECTIFICATION: {
        "row_id": _COUNT,
        "owner_key": _TEXT,  # vendor, merchant, acquirer, operator
        "open_findings": _COUNT,
        "overdue_findings": _COUNT,
        "long_overdue_findings": _COUNT,  # past twice the time they were given
        "oldest_due_on": _DAY,
    },
    Subject.ROW: {
        "row_id": _COUNT,
        **_typed(
            _TEXT, "feed", "row_key", "device_key", "serial_no", "terminal_id", "merchant_no",
            "merchant_name", "vendor", "agent", "province", "store_no",
            "rejected_reasons",  # ",serial_no=precision,install_date=unknown_date,"
            "unread_text",  # the text of the rejected cells, "serial_no=8.6E+17"; personal ones masked
            "format_faults",  # ",terminal_id," - columns whose form is not that of their kind
            "swapped_fields",  # "serial_no,merchant_no" - two columns that seem exchanged
            "place_fault",  # outside, swapped
            "source_file", "source_sheet",
        ),
        **_typed(_DAY, "install_date", "production_date"),
        **_typed(_MOMENT, "last_contact_at", "submitted_at", "registered_at"),
        **_typed(_NUMBER, "longitude", "latitude"),
        "source_row": _COUNT,
    },
    Subject.INPUT: {
        "row_id": _COUNT,
        **_typed(_TEXT, "feed", "pattern"),
        **_typed(_YES, "mandatory", "delivered"),
        **_typed(_COUNT, "files", "unusable"),
        "error": _TEXT,
        **_typed(_COUNT, "rows", "rows_before"),
        "change_percent": _NUMBER,
        "exported_on": _DAY,
        **_typed(_COUNT, "age_days", "max_age_days"),
        **_typed(_TEXT, "basis", "missing_columns", "blank_columns", "gone_columns", "sensitive_columns"),
        "source_file": _TEXT,
        "near_headers": _TEXT,  # of its own, that resemble names of what is missing
        # a file with a new date and the bytes of one that was there before, and what that was
        **_typed(_TEXT, "again_file", "first_file"),
        "first_on": _DAY,
        "first_days": _COUNT,
        "moves": _YES,  # it tells of contacts or transactions
    },
}  # fmt: skip
