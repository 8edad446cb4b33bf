"""The canonical tables, one per feed: columns, kinds, meanings, header synonyms, code words."""

from audit.tables.codes import CHANNEL, MERCHANT_STATUS, REGISTRATION_STATUS, TERMINAL_STATUS
from audit.tables.devices import DEVICES
from audit.tables.merchants import MERCHANTS
from audit.tables.model import SEVERAL, CodeList, Column, Kind, Table, header_forms, normalise_label
from audit.tables.records import ERROR_TEXTS, INSPECTIONS, TRAINING, TRANSACTIONS
from audit.tables.reference import MODELS, POLICIES
from audit.tables.registrations import REGISTRATIONS

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        DEVICES,
        MERCHANTS,
        REGISTRATIONS,
        MODELS,
        POLICIES,
        INSPECTIONS,
        TRAINING,
        ERROR_TEXTS,
        TRANSACTIONS,
    )
}

__all__ = [
    "CHANNEL",
    "DEVICES",
    "MERCHANTS",
    "MERCHANT_STATUS",
    "MODELS",
    "POLICIES",
    "REGISTRATIONS",
    "REGISTRATION_STATUS",
    "SEVERAL",
    "TABLES",
    "TERMINAL_STATUS",
    "CodeList",
    "Column",
    "Kind",
    "Table",
    "header_forms",
    "normalise_label",
]
