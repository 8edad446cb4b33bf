"""Each file is opened in a child process of its own with limits: a reader that crashes, hangs or swells takes
only its own file with it.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from audit.errors import CannotWrite, ExitCode, Unusable
from audit.intake.formats.sniff import PARQUET
from audit.intake.nursery import Nursery, NurseryGone, close_nursery, open_nursery
from audit.intake.reading import FileReading
from audit.redaction import redact

_POLL_SECONDS = 0.05
_CHUNK = 1 << 16
_MOSTLY = 0.8  # of its time a reader that nothing keeps waiting has a processor


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Address space is generous, for Arrow reserves more than it uses.

    An honest file takes about a second for every MiB it has, or five where it is packed as densely as
    Parquet; a small one that takes longer than `seconds` is stuck. On a machine with other work its reader
    waits for a processor: one that had little of it has `patience` times as long.
    """

    seconds: float = 20.0
    seconds_per_mib: float = 4.0
    seconds_per_dense_mib: float = 20.0
    most_seconds: float = 1_200.0
    patience: float = 3.0
    resident_bytes: int = 1_200 << 20
    address_bytes: int = 8 << 30

    def seconds_for(self, path: str) -> float:
        """The time a file of this size may take."""
        try:
            # a pipe that has taken the file's place keeps nobody waiting
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
                dense = stream.read(len(PARQUET)) == PARQUET
            mib = Path(path).stat().st_size / (1 << 20)
        except OSError:
            return self.seconds
        slow = self.seconds_per_dense_mib if dense else self.seconds_per_mib
        return min(self.most_seconds, self.seconds + slow * mib)


DEFAULT_LIMITS = Limits()


def read_in_child(
    request: dict[str, object], limits: Limits = DEFAULT_LIMITS, shared: Sequence[int] = ()
) -> FileReading:
    """What `read.read_file`, or `form.read_form`, returns for the request.

    A dead child becomes a reading with an error. `shared` are descriptors of ours that it may use. Raises
    CannotWrite where there was no room for the rows.

    A child that crashed or swelled is followed by one that reads with care.
    """
    reading = _read_once(request, limits, shared)
    if reading.error_key in ("reader_crashed", "reader_too_large") and not request.get("careful"):
        return _read_once({**request, "careful": True}, limits, shared)
    return reading


def _read_once(request: dict[str, object], limits: Limits, shared: Sequence[int]) -> FileReading:
    path = str(request["path"])
    nursery = open_nursery()
    try:
        return _asked(nursery, request, limits, shared)
    except NurseryGone as failure:
        close_nursery(nursery)
        return _failed(path, Unusable.UNREADABLE, "reader_crashed", detail=redact(str(failure)))


def _asked(
    nursery: Nursery, request: dict[str, object], limits: Limits, shared: Sequence[int]
) -> FileReading:
    path = str(request["path"])
    with ExitStack() as pipes:
        (output, theirs), (errors, theirs_too) = os.pipe(), os.pipe()
        for end in (output, errors):
            pipes.callback(os.close, end)
        try:
            numbers = {theirs: 1, theirs_too: 2, **{one: one for one in shared}}
            pid = nursery.child(request, numbers, limits.address_bytes)
        finally:
            os.close(theirs)
            os.close(theirs_too)
        said, killed = _heard(pid, (output, errors), path, limits)
    if (code := nursery.end_of(pid)) == 0:
        return FileReading.from_json(json.loads(said[output]))
    if killed:
        return _failed(path, Unusable.UNSAFE, killed.key, **killed.facts)
    last = said[errors].decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit {code}"]
    if code == ExitCode.CANNOT_WRITE:  # the disk is full, and the file may well be whole
        raise CannotWrite("cannot_use", path=str(request["output"]), detail=last[0])
    return _failed(path, Unusable.UNREADABLE, "reader_crashed", detail=redact(last[0])[:300])


@dataclass(frozen=True)
class _Killed:
    """Why a child was stopped, in the words of `[error]`."""

    key: str
    facts: dict[str, object]


def _heard(
    pid: int, ends: Sequence[int], path: str, limits: Limits
) -> tuple[dict[int, bytes], _Killed | None]:
    """What a child says until it ends, and why it was killed, where it was."""
    said: dict[int, bytearray] = {end: bytearray() for end in ends}
    killed: _Killed | None = None
    started, allowed = time.monotonic(), limits.seconds_for(path)
    with selectors.DefaultSelector() as listening:
        for end in ends:
            listening.register(end, selectors.EVENT_READ)
        while listening.get_map():
            for ready, _ in listening.select(_POLL_SECONDS):
                piece = os.read(ready.fd, _CHUNK)
                said[ready.fd] += piece
                if not piece:
                    listening.unregister(ready.fd)
            if killed:
                continue
            taken = time.monotonic() - started
            if taken > limits.patience * allowed or (taken > allowed and _worked(pid) > _MOSTLY * allowed):
                killed = _Killed("reader_too_slow", {"seconds": round(allowed)})
            elif _resident(pid) > limits.resident_bytes:
                killed = _Killed("reader_too_large", {"mib": limits.resident_bytes >> 20})
            if killed:
                os.kill(pid, signal.SIGKILL)
    return {end: bytes(text) for end, text in said.items()}, killed


def _failed(path: str, reason: Unusable, key: str, **facts: object) -> FileReading:
    return FileReading(path, error=str(reason), error_key=key, error_facts=facts)


def _resident(pid: int) -> int:
    """Bytes of memory a process holds now; 0 when it has just ended or the system does not say."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _worked(pid: int) -> float:
    """Seconds of processor time a process had; without end where the system does not say."""
    try:
        # the name before them, in brackets, may hold blanks
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return float("inf")
