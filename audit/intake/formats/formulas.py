"""Formulas that nobody need compute: they show a text that stands in them."""

from __future__ import annotations

import re

_QUOTED = r'"((?:[^"]|"")*)"'
_LITERAL = re.compile(
    rf"=?\s*(?:{_QUOTED}|(?:HYPERLINK)\(\s*{_QUOTED}\s*,\s*{_QUOTED}\s*\))\s*", re.IGNORECASE
)


def literal(formula: str) -> str | None:
    """The text that a formula shows whatever else the sheet holds; None of one that has to be computed.

    >>> literal('"00012345"'), literal('HYPERLINK("http://tms/1","SN0001")'), literal('A1&"x"')
    ('00012345', 'SN0001', None)
    """
    found = _LITERAL.fullmatch(formula)
    if not found:
        return None
    shown = found[1] if found[1] is not None else found[3]
    return str(shown).replace('""', '"')
