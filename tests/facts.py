"""Fact frames made from a rule's example rows, on any engine."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import FACTS, Subject
from audit.engines import Engine
from audit.rules.model import Rule
from audit.tables import TABLES

EVERYTHING = {name: frozenset(table.by_name) for name, table in TABLES.items()}


def fact_types(subject: Subject) -> dict[str, pa.DataType]:
    """Fact columns of a subject and their Arrow types."""
    return FACTS[subject]


def example_facts(rule: Rule, engine: Engine, only: Collection[str] | None = None) -> Facts:
    """Facts that hold the rows of a rule's example, and nothing else; with all columns, or `only` these."""
    frames: dict[Subject, nw.LazyFrame[Any]] = {rule.subject: engine.frame(example_rows(rule, only))}
    return Facts(engine, frames, EVERYTHING)


def example_rows(rule: Rule, only: Collection[str] | None = None, first: int = 0) -> pa.Table:
    """The rows of a rule's example as facts, numbered from `first`; with all columns, or `only` these."""
    types = {name: kind for name, kind in fact_types(rule.subject).items() if only is None or name in only}
    rows = [{"row_id": place, **row} for place, row in enumerate(rule.example.rows, start=first)]
    columns = {
        name: pa.array([_typed(row.get(name), kind) for row in rows], kind) for name, kind in types.items()
    }
    return pa.table(columns)


def _typed(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, str) and pa.types.is_timestamp(kind):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and pa.types.is_date(kind):
        return date.fromisoformat(value)
    return value
