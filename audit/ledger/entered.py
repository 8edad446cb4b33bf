"""What the ledger gives a night to report, once its findings are entered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from audit.ledger.feedback import OpenConflict
from audit.ledger.history import Behind
from audit.ledger.past import Past
from audit.ledger.waivers import Watched


@dataclass(frozen=True)
class Entered:
    """Tonight's findings as the ledger has them now, and what it tells of the nights behind."""

    findings: pa.Table  # as `telling.told` gives them, with their seals
    rules: Mapping[str, Mapping[str, str]]  # `rule_records`
    past: Past
    behind: Behind
    conflicts: tuple[OpenConflict, ...]
    waivers: tuple[Watched, ...]
