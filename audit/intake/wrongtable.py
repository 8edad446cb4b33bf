"""Lists that may have been delivered in the place of another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from audit.errors import InputError, Unusable
from audit.intake.headerrow import has_key, named
from audit.intake.headers import HeaderMap
from audit.intake.labels import lookup
from audit.intake.notices import Notice
from audit.tables import TABLES, Table, header_forms, normalise_label
from audit.tables.headers import TRANSACTION_HEADERS, TRANSACTION_NUMBER_HEADERS

_FEWEST_MORE = 2  # columns that another table knows and this one does not
_SUBJECTS = ("devices", "merchants", "registrations")


def refuse_transactions(header: HeaderMap, table: Table) -> None:
    """Raise InputError for a list of single transactions: its rows are no devices, however they name them."""
    if table.name not in _SUBJECTS or table.status in header.columns:
        return
    labels = [*(one.header for one in header.mapped), *header.unmapped]
    order, others = (
        [label for label in labels if not names.isdisjoint(header_forms(label))]
        for names in map(_names, (TRANSACTION_NUMBER_HEADERS, TRANSACTION_HEADERS))
    )
    if order and len(others) > 1:
        raise InputError(
            Unusable.MISSING_COLUMN, "list_of_transactions", table=table.name, headers=[*order, *others]
        )


def about_other_table(headers: Sequence[HeaderMap], table: Table) -> Iterator[Notice]:
    """A sentence about a file that another table knows better: all that this one knows of it, and more.

    It may still be meant: a registration list serves as a ledger where a vendor sends no other.
    """
    ours = {one.header: one.column for header in headers for one in header.mapped}
    others = [label for header in headers for label in header.unmapped]
    best: tuple[int, str, list[str]] = (0, "", [])
    for name, other in TABLES.items():
        if other is table or not has_key(named([*ours, *others], other, {}), other):
            continue
        if all(lookup(label, other, {})[0] for label, column in ours.items() if column != "remark"):
            more = [label for label in dict.fromkeys(others) if lookup(label, other, {})[0]]
            best = max(best, (len(more), name, more), key=lambda one: one[0])
    if best[0] >= _FEWEST_MORE:
        yield "other_table_fits", {"table": table.name, "other": best[1], "headers": best[2]}


@cache
def _names(headers: str) -> frozenset[str]:
    return frozenset(map(normalise_label, headers.split(",")))
