"""The rulebook: every rule, by family."""

from __future__ import annotations

from audit.rules import devices, duplicates, elements, inputs, lifecycle, merchants, registration
from audit.rules.model import Category, Owner, Rule, Severity, Texts

RULES: dict[str, Rule] = {
    rule.id: rule
    for family in (registration, elements, lifecycle, merchants, devices, duplicates, inputs)
    for rule in family.RULES
}

__all__ = ["RULES", "Category", "Owner", "Rule", "Severity", "Texts"]
