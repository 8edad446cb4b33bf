"""Which rules run, how grave they are and at which thresholds, from `[rules]`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from audit.config import RulesSection
from audit.errors import ConfigError
from audit.rules import RULES
from audit.rules.model import Rule, Severity

_MOST = 100_000  # days, metres or per cent; no calendar goes much further


def selected_rules(section: RulesSection) -> tuple[tuple[Rule, ...], dict[str, dict[str, float]]]:
    """The rules of the night in catalogue order, and their configured thresholds.

    `select` and `disable` take ids ("REG-01") or families ("REG"). Raises ConfigError for what does not exist.
    """
    chosen = [rule for rule in RULES.values() if _named(rule, section.select or ("",))]
    chosen = [rule for rule in chosen if not _named(rule, section.disable)]
    for name in (*section.select, *section.disable, *section.by_id):
        if not any(_named(rule, (name,)) for rule in RULES.values()):
            raise _unknown(name)
    thresholds: dict[str, dict[str, float]] = {}
    rules = []
    for rule in chosen:
        own = section.by_id.get(rule.id, {})
        if not isinstance(own, Mapping):
            raise ConfigError("config_rule_value", rule=rule.id, key=rule.id, value=own)
        thresholds[rule.id] = _thresholds(rule, own)
        rules.append(_with_severity(rule, own.get("severity")))
    return tuple(rules), thresholds


def _named(rule: Rule, names: tuple[str, ...]) -> bool:
    return any(name in ("", rule.id, rule.id.split("-")[0]) for name in names)


def _unknown(name: str) -> ConfigError:
    return ConfigError("config_unknown_rule", rule=name, near=nearest(name))


def nearest(name: str) -> list[str]:
    """The ids of rules a name may have meant, the likeliest first."""
    return difflib.get_close_matches(name.upper(), RULES, n=3, cutoff=0.3) or ["—"]


def _thresholds(rule: Rule, own: Mapping[str, Any]) -> dict[str, float]:
    known = {threshold.name for threshold in rule.thresholds}
    found = {}
    for key, value in own.items():
        if key == "severity":
            continue
        if key not in known:
            raise ConfigError("config_rule_key", rule=rule.id, key=key, known=sorted({*known, "severity"}))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MOST:
            raise ConfigError("config_rule_threshold", rule=rule.id, key=key, value=value, most=_MOST)
        found[key] = float(value)
    return found


def _with_severity(rule: Rule, wanted: object) -> Rule:
    """The rule with one severity for all its cases, where one is configured."""
    if wanted is None:
        return rule
    if wanted not in list(Severity):
        raise ConfigError("config_rule_severity", rule=rule.id, value=wanted, known=list(Severity))
    return replace(rule, cases=tuple(replace(case, severity=Severity(str(wanted))) for case in rule.cases))
