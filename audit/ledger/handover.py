"""A table that is given up column by column, so that a million words are not held twice."""

from __future__ import annotations

import pyarrow as pa


class Handover:
    """Takes a table over: whoever made it keeps no other hold of it."""

    def __init__(self, table: pa.Table) -> None:
        self._columns: dict[str, pa.ChunkedArray] = dict(zip(table.column_names, table.columns, strict=True))

    @property
    def table(self) -> pa.Table:
        """What has not been taken out, as a table that shares its memory."""
        return pa.table(self._columns)

    def take_out(self, name: str) -> pa.Array:
        """A column that is nobody's any more once the result is let go."""
        return self._columns.pop(name).combine_chunks()
