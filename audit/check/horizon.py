"""To which day a rule counts: no further than the files go that would tell of what it misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from audit.check.plan import Health
from audit.rules.model import Rule

COUNTED_TO = "counted_to"  # a column of rows that were judged


@dataclass(frozen=True)
class Horizon:
    """The audit date, and for rows of files exported before it the day of those."""

    as_of: date
    older: Mapping[str, date] = field(default_factory=dict)

    def noted(self, rows: pa.Table, rule: Rule) -> pa.Table:
        """Rows with the day to which theirs are counted, where that is not the audit date of all."""
        if not self.older:
            return rows
        names, days = zip(*self.older.items(), strict=True)
        places = pc.index_in(rows[rule.file], value_set=pa.array(names, pa.string()))
        counted_to = pc.fill_null(pa.array(days, pa.date32()).take(places), self.as_of)
        return rows.append_column(COUNTED_TO, counted_to)


def horizon_of(rule: Rule, as_of: date, health: Mapping[str, Health]) -> Horizon:
    """That of a rule on a night; the audit date itself for one that misses nothing."""
    return Horizon(as_of, health[rule.told_in].older if rule.told_in else {})


def looks_beyond(rule: Rule, health: Mapping[str, Health]) -> bool:
    """Whether files that would tell of what a rule misses were exported before the audit date."""
    return bool(rule.told_in and rule.told_in in health and health[rule.told_in].older)
