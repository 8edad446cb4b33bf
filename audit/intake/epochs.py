"""Columns of moments that count seconds from 1970: ten digits, of which a cell alone tells nothing."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.repeats import numbered
from audit.tables import Column, Kind
from audit.tables.codes import NULL_TOKENS

_SECONDS = r"^1\d{9}(?:\.\d+)?$"
# 2611210805, which databases keep for 2026-11-21 08:05
_COMPACT = r"^\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d$"
_NOTHING = pa.array(sorted({*NULL_TOKENS, "0", "-1"}))
_FIRST = 100
_COUNT = re.compile(r"\s*(1\d{9})(?:\.\d+)?\s*")


def counts_seconds(column: Column, cells: pa.Array) -> bool:
    """Whether every moment in a column is a count of seconds, and nothing else.

    >>> from audit.tables import DEVICES
    >>> counts_seconds(DEVICES.by_name["install_date"], pa.array(["1700000000", "1700086400", None, "0"]))
    True
    """
    if column.kind not in (Kind.DATE, Kind.MOMENT):
        return False
    values = pc.utf8_trim_whitespace(numbered(cells)[0].drop_null())
    if not any(_COUNT.fullmatch(text) for text in values.slice(0, _FIRST).to_pylist()):
        return False
    values = values.filter(pc.invert(pc.is_in(pc.utf8_upper(values), value_set=_NOTHING)))
    if not pc.all(pc.match_substring_regex(values, _SECONDS)).as_py():
        return False
    return not pc.all(pc.match_substring_regex(values, _COMPACT)).as_py()


def in_milliseconds(text: str) -> str:
    """A count of seconds as one of milliseconds, which is never anything else; any other text as it is.

    >>> in_milliseconds("1700000000"), in_milliseconds("-")
    ('1700000000000', '-')
    """
    found = _COUNT.fullmatch(text)
    return f"{found[1]}000" if found else text
