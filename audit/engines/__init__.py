"""Canonical tables as narwhals lazy frames. The only place that names an engine.

Every engine sees the same columns, and gives the same findings.
"""

from __future__ import annotations

from importlib.util import find_spec

from audit.config import Settings
from audit.engines.base import Engine, Frame, nothing, one_if
from audit.engines.conditions import answers
from audit.engines.duckdb import DuckDBEngine
from audit.engines.keys import KEYS
from audit.engines.memory import machine_bytes
from audit.engines.pandas import PandasEngine
from audit.engines.spark import SparkEngine
from audit.engines.tables import completed, open_tables, schema_of

__all__ = [
    "KEYS",
    "DuckDBEngine",
    "Engine",
    "Frame",
    "PandasEngine",
    "SparkEngine",
    "answers",
    "choose_engine",
    "completed",
    "nothing",
    "one_if",
    "open_tables",
    "rows_for_pandas",
    "schema_of",
]

# rows of all feeds together up to which pandas is chosen by itself
PANDAS_ROWS = 3_000_000
# of memory that a row needs there at most, measured with every rule: benchmarks/RESULTS.md
PANDAS_BYTES = 1_800


def choose_engine(settings: Settings, rows: int) -> Engine:
    """The configured engine, or by `auto` pandas while the estate fits comfortably in memory.

    That is up to `PANDAS_ROWS`, on a machine that has twice what they need. Beyond, `auto` takes DuckDB where
    it is installed. A cluster is never chosen by itself.
    """
    configured = settings.audit.engine
    if configured == "spark":
        return SparkEngine.of(settings)
    fits = rows <= rows_for_pandas() or not find_spec("duckdb")
    if configured == "pandas" or (configured == "auto" and fits):
        return PandasEngine()
    return DuckDBEngine.of(settings)


def rows_for_pandas() -> int:
    """Rows of all feeds together that `auto` gives to pandas on this machine."""
    return min(PANDAS_ROWS, machine_bytes() // (2 * PANDAS_BYTES))
