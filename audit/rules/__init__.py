"""The rulebook: every rule, by family."""

from __future__ import annotations

from audit.rules import (
    approvals,
    binding,
    cells,
    contact,
    device_types,
    devices,
    duplicates,
    elements,
    five_elements,
    input_columns,
    inputs,
    inspections,
    lifecycle,
    matching,
    merchants,
    orphans,
    papers,
    places,
    platform,
    plausibility,
    policies,
    programme,
    redelivery,
    registration,
    resilience,
    serials,
    software,
    transactions,
    upkeep,
)
from audit.rules.model import Category, Owner, Rule, Severity, Texts

_FAMILIES = (
    *("REG", "ELE", "TYP", "LIF", "MER", "DEV", "HB", "DOR"),
    *("TXN", "POL", "AUD", "DUP", "SRC", "DQ", "SYS", "RES"),
)
_MODULES = (
    registration,
    elements,
    lifecycle,
    merchants,
    papers,
    approvals,
    devices,
    software,
    contact,
    transactions,
    duplicates,
    inputs,
    input_columns,
    redelivery,
    resilience,
    upkeep,
    matching,
    orphans,
    five_elements,
    places,
    device_types,
    binding,
    policies,
    inspections,
    programme,
    cells,
    plausibility,
    serials,
    platform,
)


def _place(rule: Rule) -> tuple[int, str]:
    return _FAMILIES.index(rule.id.split("-")[0]), rule.id


RULES: dict[str, Rule] = {
    rule.id: rule for rule in sorted((rule for module in _MODULES for rule in module.RULES), key=_place)
}

__all__ = ["RULES", "Category", "Owner", "Rule", "Severity", "Texts"]
