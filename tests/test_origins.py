"""What facts come from: one without an origin would let findings be closed when its column is gone."""

from __future__ import annotations

import pytest

from audit.crosscheck.origins import origins_of
from audit.crosscheck.schema import CHANNEL_GROUPS, DEVICE_GROUPS, FACTS, Subject

# where a row stands, and what every finding shows
TOLD = {
    *("row_id", "source_file", "source_sheet", "source_row", "copies"),
    *("serial_no", "terminal_id", "merchant_no", "merchant_name", "vendor", "agent", "province", "store_no"),
}
# of the cells of the row, in whatever column
OF_CELLS = {"rejected", "rejected_reasons", "unread_text", "format_faults", "swapped_fields"}
PROFILE = {"devices": frozenset({"model"}), "merchants": frozenset({"uscc"})}
OF_LISTS = set(Subject) - {Subject.INPUT, Subject.PROGRAMME, Subject.RECTIFICATION}


@pytest.mark.parametrize("subject", sorted(OF_LISTS))
def test_every_fact_comes_from_a_column(subject: Subject):
    required = {"channel"} if subject in (Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY) else set()
    names = FACTS[subject].keys() - TOLD - OF_CELLS - required
    assert not {
        name
        for name in names
        if not (found := origins_of(subject, [name], [], PROFILE)).own and not found.lists
    }


@pytest.mark.parametrize("group", sorted({*DEVICE_GROUPS, *CHANNEL_GROUPS} - {"scope"}))
def test_what_is_found_in_a_list_is_found_by_columns_of_both(group: str):
    for name in {**DEVICE_GROUPS, **CHANNEL_GROUPS}[group]:
        found = origins_of(Subject.DEVICE_CHANNEL, [name], [], {})
        assert found.lists, name
        assert found.own or "devices" in found.lists, name
