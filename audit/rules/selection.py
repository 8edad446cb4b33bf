"""Which rules run, how grave they are and at which thresholds, from `[rules]`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from audit.config import RulesSection, place_in
from audit.config import near as nearest_key
from audit.errors import ConfigError
from audit.rules import RULES
from audit.rules.model import Rule, Severity

_MOST = 100_000  # days, metres or per cent; no calendar goes much further


def selected_rules(
    section: RulesSection, file: Path = Path("audit.toml")
) -> tuple[tuple[Rule, ...], dict[str, dict[str, float]]]:
    """The rules of the night in catalogue order, and their configured thresholds.

    `select` and `disable` take ids ("REG-01") or families ("REG"). Raises ConfigError for what does not exist,
    with its line in `file`.
    """
    for key, own in section.by_id.items():
        if not isinstance(own, Mapping):  # no rule's table, and so a key of [rules] itself
            near = nearest_key(key, (*RulesSection.model_fields, *RULES))
            where = place_in(file, ["rules", key])
            raise ConfigError("config_unknown_key", file=where, key=f"rules.{key}", near=near)
    chosen = [rule for rule in RULES.values() if _named(rule, section.select or ("",))]
    chosen = [rule for rule in chosen if not _named(rule, section.disable)]
    named = [("select", name) for name in section.select]
    named += [("disable", name) for name in section.disable]
    named += [(name, name) for name in section.by_id]
    for key, name in named:
        if not any(_named(rule, (name,)) for rule in RULES.values()):
            where = place_in(file, ["rules", key])
            raise ConfigError("config_unknown_rule", file=where, rule=name, near=nearest(name))
    thresholds: dict[str, dict[str, float]] = {}
    rules = []
    for rule in chosen:
        own = section.by_id.get(rule.id, {})
        thresholds[rule.id] = _thresholds(rule, own, file)
        rules.append(_with_severity(rule, own.get("severity"), file))
    return tuple(rules), thresholds


def _named(rule: Rule, names: tuple[str, ...]) -> bool:
    return any(name in ("", rule.id, rule.id.split("-")[0]) for name in names)


def nearest(name: str) -> list[str]:
    """The ids of rules a name may have meant, the likeliest first."""
    return difflib.get_close_matches(name.upper(), RULES, n=3, cutoff=0.3) or ["—"]


def _thresholds(rule: Rule, own: Mapping[str, Any], file: Path) -> dict[str, float]:
    known = {threshold.name for threshold in rule.thresholds}
    found = {}
    for key, value in own.items():
        if key == "severity":
            continue
        if key not in known:
            raise _wrong("config_rule_key", rule, key, file, known=sorted({*known, "severity"}))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MOST:
            raise _wrong("config_rule_threshold", rule, key, file, value=value, most=_MOST)
        found[key] = float(value)
    return found


def _with_severity(rule: Rule, wanted: object, file: Path) -> Rule:
    """The rule with one severity for all its cases, where one is configured."""
    if wanted is None:
        return rule
    if wanted not in list(Severity):
        raise _wrong("config_rule_severity", rule, "severity", file, value=wanted, known=list(Severity))
    return replace(rule, cases=tuple(replace(case, severity=Severity(str(wanted))) for case in rule.cases))


def _wrong(sentence: str, rule: Rule, key: str, file: Path, **facts: object) -> ConfigError:
    where = place_in(file, ["rules", rule.id, key])
    return ConfigError(sentence, file=where, rule=rule.id, key=key, **facts)
