"""What a header says: the canonical column it names, in one language or two, by one name or several."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from audit.tables import Table, header_forms

_LONGEST = 80  # characters
_BETWEEN = re.compile(r"[/|\n、／]|或")


def lookup(label: str, table: Table, configured: Mapping[str, str]) -> tuple[str, int, str]:
    """Canonical name, rank (lower is better) and how it was found; ("", 0, "") for a stranger."""
    forms = header_forms(label)
    for form in forms:
        if name := configured.get(form):
            return name, -1, "configured"
    for form in forms:
        if name := table.by_synonym.get(form):
            return name, table.by_name[name].synonyms[form], "synonym"
    if halves := next(filter(None, (_two_languages(form, table) for form in forms)), None):
        name = table.by_synonym[halves[0]]
        return name, min(table.by_name[name].synonyms[half] for half in halves), "synonym"
    if found := _by_several_names(label, table):
        return *found, "synonym"
    return "", 0, ""


def _two_languages(form: str, table: Table) -> tuple[str, str] | None:
    """The two names of one column that a header is made of, one Chinese, one English: 商户号/Merchant ID."""
    if form.isascii() or not re.search("[a-z]", form):
        return None
    for cut in range(1, min(len(form), _LONGEST)):
        first, second = form[:cut], form[cut:]
        name = table.by_synonym.get(first)
        if name and name == table.by_synonym.get(second) and first.isascii() != second.isascii():
            return first, second
    return None


def _by_several_names(label: str, table: Table) -> tuple[str, int] | None:
    """The column that all names of a header may mean, and its rank: 法人/经营者. One name means no other."""
    parts = [header_forms(part) for part in _BETWEEN.split(label[:_LONGEST]) if part.strip()]
    if len(parts) < 2:
        return None
    for name in dict.fromkeys(
        table.by_synonym[form] for part in parts for form in part if form in table.by_synonym
    ):
        column = table.by_name[name]
        if all(not (column.synonyms.keys() | column.fallbacks).isdisjoint(part) for part in parts):
            return name, min(
                column.synonyms[form] for part in parts for form in part if form in column.synonyms
            )
    return None


def suggest(name: str, table: Table, labels: list[str]) -> list[str]:
    """Headers that resemble a missing column; offered to the reader, never taken."""
    synonyms = table.by_name[name].synonyms
    near = []
    for label in labels:
        form = header_forms(label)[-1]
        contained = any(len(word) > 1 and (word in form or form in word) for word in synonyms if form)
        if contained or difflib.get_close_matches(form, synonyms, n=1, cutoff=0.75):
            near.append(label.strip())
    return near[:5]
