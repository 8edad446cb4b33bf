"""Fact frames made from a rule's example rows, on any engine."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.crosscheck.facts import Facts, Subject, build_facts
from audit.crosscheck.inputs import SCHEMA, Memory, input_facts
from audit.engines import DuckDBEngine, Engine, open_tables
from audit.rules.model import Rule
from audit.tables import TABLES

EVERYTHING = {name: frozenset(table.by_name) for name, table in TABLES.items()}


def facts_of_nothing(engine: Engine) -> Facts:
    """The facts of an estate without a row: every column, with its type."""
    inputs = input_facts({}, Memory(), date(2026, 11, 21))
    return build_facts(engine, open_tables(engine, {}), EVERYTHING, inputs, ("wechat",))


@cache
def fact_types(subject: Subject) -> dict[str, pa.DataType]:
    """Fact columns of a subject and their Arrow types."""
    if subject is Subject.INPUT:
        return {field.name: field.type for field in SCHEMA}
    empty = facts_of_nothing(DuckDBEngine()).frames[subject].collect("pyarrow").to_arrow()
    return {field.name: field.type for field in empty.schema}


def example_facts(rule: Rule, engine: Engine) -> Facts:
    """Facts that hold the rows of a rule's example, and nothing else."""
    types = fact_types(rule.subject)
    rows = [{"row_id": place, **row} for place, row in enumerate(rule.example.rows)]
    columns = {
        name: pa.array([_typed(row.get(name), kind) for row in rows], kind) for name, kind in types.items()
    }
    frames: dict[Subject, nw.LazyFrame[Any]] = {rule.subject: engine.frame(pa.table(columns))}
    return Facts(frames, EVERYTHING)


def _typed(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, str) and pa.types.is_timestamp(kind):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and pa.types.is_date(kind):
        return date.fromisoformat(value)
    return value
