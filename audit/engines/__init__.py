"""Canonical tables as narwhals lazy frames. The only place that names an engine.

Every engine sees the same columns, and gives the same findings.
"""

from __future__ import annotations

from importlib.util import find_spec

from audit.config import Settings
from audit.engines.base import Engine, Frame, nothing
from audit.engines.duckdb import DuckDBEngine
from audit.engines.keys import KEYS
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
    "choose_engine",
    "completed",
    "nothing",
    "open_tables",
    "schema_of",
]

# rows of all feeds together up to which pandas is chosen by itself; its facts need about 1 GB a million
PANDAS_ROWS = 3_000_000


def choose_engine(settings: Settings, rows: int) -> Engine:
    """The configured engine, or by `auto` pandas while the estate fits comfortably in memory.

    Beyond that `auto` takes DuckDB where it is installed. A cluster is never chosen by itself.
    """
    configured = settings.audit.engine
    if configured == "spark":
        return SparkEngine.of(settings)
    if configured == "pandas" or (configured == "auto" and (rows <= PANDAS_ROWS or not find_spec("duckdb"))):
        return PandasEngine()
    return DuckDBEngine()
