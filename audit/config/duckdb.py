"""`[duckdb]`: what the engine may use of this machine."""

from __future__ import annotations

from pydantic import Field

from audit.config.section import Section


class DuckDBSection(Section):
    """`[duckdb]`: the memory it may take; beyond, it writes to the state folder."""

    memory_gib: float | None = Field(default=None, ge=0.25)  # half of the machine's memory when left out
