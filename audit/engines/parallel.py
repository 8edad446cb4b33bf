"""Several columns at once: Arrow's kernels leave Python's lock alone, so threads use every processor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

_One = TypeVar("_One")
_Made = TypeVar("_Made")

_WORTH_IT = 50_000  # rows; below, to hand work over takes longer than the work


def at_once(work: Callable[[_One], _Made], items: Iterable[_One], rows: int) -> list[_Made]:
    """The work done for each item, in the items' order; of few rows by the caller itself."""
    if rows < _WORTH_IT:
        return list(map(work, items))
    return list(_pool().map(work, items))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), "columns")
