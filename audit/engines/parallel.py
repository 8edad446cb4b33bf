"""Several columns at once: Arrow's kernels leave Python's lock alone, so threads use every processor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import current_thread
from typing import TypeVar

_One = TypeVar("_One")
_Made = TypeVar("_Made")

_NAME = "columns"
_WORTH_IT = 50_000  # rows; below, to hand work over takes longer than the work


def at_once(work: Callable[[_One], _Made], items: Iterable[_One], rows: int) -> list[_Made]:
    """The work done for each item, in the items' order; of few rows by the caller itself.

    So is what one of the threads asks for: were all of them to wait for each other, nothing would be done.
    """
    if rows < _WORTH_IT or current_thread().name.startswith(_NAME):
        return list(map(work, items))
    return list(_pool().map(work, items))


def begun(make: Callable[[], _Made]) -> Callable[[], _Made]:
    """What is made beside what follows, when it is asked for."""
    thread = ThreadPoolExecutor(1, "begun")
    coming = thread.submit(make)
    thread.shutdown(wait=False)
    return coming.result


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), _NAME)
