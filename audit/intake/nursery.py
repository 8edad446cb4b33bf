"""Where reading children come from: one process that has imported the readers, and forks once per file.

Importing them costs more than most files do. `forking` is what goes on in that process.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from audit.intake.forking import WithoutPandas, forked, grow_up, received, send


class NurseryGone(Exception):
    """The process that children come from has ended."""


class Nursery:
    """The nursery of this process; `open_nursery` gives it.

    `asking` is our end of its socket, `waited` waits for its end and says how it ended.
    """

    def __init__(self, asking: socket.socket, waited: Callable[[], int]) -> None:
        self._socket, self._waited = asking, waited
        self._lock = threading.Lock()
        self.executable = sys.executable
        self.peak_bytes = 0

    def child(self, request: Mapping[str, object], descriptors: Mapping[int, int], address_bytes: int) -> int:
        """The process id of a child that answers the request, with our descriptors under numbers of its own.

        Raises NurseryGone.
        """
        asked = {"request": request, "numbers": list(descriptors.values()), "address_bytes": address_bytes}
        return int(self._ask(asked, list(descriptors)))

    def end_of(self, pid: int) -> int:
        """How a child ended, as `Popen.returncode` says it. Waits for it. Raises NurseryGone."""
        status, peak_bytes = self._ask({"wait": pid}, ())
        self.peak_bytes = max(self.peak_bytes, peak_bytes)
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End it, and every child that is left."""
        self._socket.close()
        self._waited()

    def _ask(self, asked: Mapping[str, object], descriptors: Sequence[int]) -> Any:
        with self._lock:
            try:
                send(self._socket, asked, descriptors)
                answer, _ = received(self._socket)
            except OSError as failure:
                raise NurseryGone(str(failure)) from failure
        if answer is None:
            raise NurseryGone(f"exit {self._waited()}")
        return answer


_opening = threading.Lock()
_opened: list[Nursery] = []


def open_nursery() -> Nursery:
    """The nursery of this process, started where there is none yet."""
    with _opening:
        if _opened and _opened[0].executable != sys.executable:
            _opened.pop().close()
        if not _opened:
            _opened.append(_started())
            atexit.register(close_nursery)
        return _opened[0]


def fork_nursery() -> Nursery:
    """The nursery, which imports nothing again that this process needs as well.

    It is a fork of a program that has just begun; where there is more in it already, it is started anew.
    """
    with _opening:
        if not _opened and threading.active_count() == 1 and not {"numpy", "pandas"} & sys.modules.keys():
            with _one_blas_thread():
                import pyarrow.compute
                import pyarrow.parquet  # noqa: F401
            _leave_pandas_out()
            _import_what_both_need()
            _opened.append(_forked())
            atexit.register(close_nursery)
    return open_nursery()


def close_nursery(gone: Nursery | None = None) -> None:
    """End the nursery; with `gone`, only if it is still that one. The next file gets another."""
    with _opening:
        if _opened and gone in (None, _opened[0]):
            _opened.pop().close()
            atexit.unregister(close_nursery)


def peak_of_children() -> int:
    """The memory, in bytes, of the largest child that has ended; 0 before the first."""
    return max((one.peak_bytes for one in _opened), default=0)


def _leave_pandas_out() -> None:
    """Most of a night has no use for it either: pyarrow looks once, and again when it is asked for frames."""
    import pyarrow

    hidden = WithoutPandas()
    sys.meta_path.insert(0, hidden)
    try:
        pyarrow.array([])
    finally:
        sys.meta_path.remove(hidden)


def _import_what_both_need() -> None:
    """What the readers import that a night imports as well, whatever it is told to do."""
    import lxml.etree  # noqa: F401
    import numpy.ma  # noqa: F401 - pa.array() asks whether an array is masked

    # not `begun`, which leads back here
    from audit.intake import ahead, channelstates, dates, grid, identifiers, opening, places, request  # noqa: F401
    from audit.intake.formats import sniff  # noqa: F401


def _started() -> Nursery:
    ours, theirs = socket.socketpair()
    with theirs, _one_blas_thread():
        # our own interpreter and module
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "audit.intake.forking", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
    return Nursery(ours, process.wait)


def _forked() -> Nursery:
    ours, theirs = socket.socketpair()
    pid = forked()
    if pid == 0:
        grow_up(theirs)
    theirs.close()
    # once its end is known there is nothing left to wait for
    return Nursery(ours, cache(lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Else numpy starts threads when it is imported."""
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
