"""Whose ledger it is: a server's is noted with the mark of the key it was told with.

A file lies beside its key. A URL can be written into any configuration, and two estates in one ledger would
close each other's findings and read of them.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from audit.ledger.schema import RUNS

_MARK = "mark"  # among what a night notes of its scope


def scope_of(noted: Mapping[str, Any]) -> dict[str, Any]:
    """What nights must have in common to be compared; whose they are is no part of it."""
    return {name: value for name, value in noted.items() if name != _MARK}


def marked(scope: Mapping[str, object], key: str) -> dict[str, object]:
    """A scope as it is noted by the estate of this key."""
    return {**scope, _MARK: _mark(key)}


def is_of_another(connection: sa.Connection, key_file: Path) -> bool:
    """Whether the last night was told with another key than the file's; of older releases nobody knows."""
    last = connection.scalar(sa.select(RUNS.c.scope).order_by(RUNS.c.number.desc()).limit(1))
    mark = (last or {}).get(_MARK, "")
    key = key_file.read_text("ascii", "replace").strip() if key_file.is_file() else ""
    return bool(mark) and mark != _mark(key)


def _mark(key: str) -> str:
    return hmac.new(key.encode(), b"ledger", "sha256").hexdigest()[:16]
