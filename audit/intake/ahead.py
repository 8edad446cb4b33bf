"""Canonical rows taken into memory while other files are still being read."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import pyarrow as pa

from audit.intake.rows import read_rows

_MOST_ROWS = 500_000  # of all files together: what is soon read once more, should nobody ask for it


class Ahead:
    """The rows of files by where they lie. Each file's are given out once; whoever gets them holds them."""

    def __init__(self) -> None:
        self._coming: dict[Path, Future[pa.Table]] = {}
        self._rows = 0
        self._lock = Lock()
        self._thread = ThreadPoolExecutor(1, "ahead")

    def begin(self, path: Path, rows: int) -> None:
        """Take in a file of so many rows, unless that makes too many."""
        with self._lock:
            if path not in self._coming and self._rows + rows <= _MOST_ROWS:
                self._rows += rows
                self._coming[path] = self._thread.submit(read_rows, path)

    def rows(self, path: Path) -> pa.Table:
        """The rows of a file, read now where they are not on their way."""
        with self._lock:
            coming = self._coming.pop(path, None)
        return read_rows(path) if coming is None else coming.result()

    def forget(self) -> None:
        """Let go of what nobody asked for."""
        with self._lock:
            self._coming.clear()

    def close(self) -> None:
        """Begin nothing more."""
        self._thread.shutdown(cancel_futures=True)
