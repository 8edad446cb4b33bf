"""Where reading children come from: one process that has imported the readers, and forks once per file.

Importing them costs more than most files do. `python -m audit.intake.nursery FD` is that process; it runs
no code of a file itself, has no thread that a fork could leave halfway, and ends when the socket does.
A request goes over the socket with the descriptors of the child's output, its errors, and whatever else
the child may use; the answer is the child's process id, and later how it ended.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import gc
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from typing import Any, NoReturn

_LENGTH = struct.Struct("!I")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MAX_DESCRIPTORS = 8
_KIB = 1024  # the unit of ru_maxrss on Linux
_SPARE = 200  # descriptors wait from here on until each has its place


class NurseryGone(Exception):
    """The process that children come from has ended."""


class Nursery:
    """The nursery of this process; `open_nursery` gives it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # our own interpreter and module
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "audit.intake.nursery", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # else numpy starts threads
            )
        self._socket = ours
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
        self._process.wait()

    def _ask(self, asked: Mapping[str, object], descriptors: Sequence[int]) -> Any:
        with self._lock:
            try:
                _send(self._socket, asked, descriptors)
                answer, _ = _received(self._socket)
            except OSError as failure:
                raise NurseryGone(str(failure)) from failure
        if answer is None:
            raise NurseryGone(f"exit {self._process.wait()}")
        return answer


_opening = threading.Lock()
_opened: list[Nursery] = []


def open_nursery() -> Nursery:
    """The nursery of this process, started where there is none yet."""
    with _opening:
        if _opened and _opened[0].executable != sys.executable:
            _opened.pop().close()
        if not _opened:
            _opened.append(Nursery())
            atexit.register(close_nursery)
        return _opened[0]


def close_nursery(gone: Nursery | None = None) -> None:
    """End the nursery; with `gone`, only if it is still that one. The next file gets another."""
    with _opening:
        if _opened and gone in (None, _opened[0]):
            _opened.pop().close()
            atexit.unregister(close_nursery)


def peak_of_children() -> int:
    """The memory, in bytes, of the largest child that has ended; 0 before the first."""
    return max((one.peak_bytes for one in _opened), default=0)


def _send(to: socket.socket, what: object, descriptors: Sequence[int] = ()) -> None:
    data = json.dumps(what).encode()
    socket.send_fds(to, [_LENGTH.pack(len(data))], descriptors)
    to.sendall(data)


def _received(sender: socket.socket) -> tuple[Any, list[int]]:
    """A message and its descriptors; None once the other side has ended."""
    try:
        head, descriptors, _, _ = socket.recv_fds(sender, _LENGTH.size, _MAX_DESCRIPTORS)
    except ConnectionResetError:  # killed before it had our last answer
        return None, []
    if not head:
        return None, []
    data = _exactly(sender, _LENGTH.unpack(head + _exactly(sender, _LENGTH.size - len(head)))[0])
    return json.loads(data), descriptors


def _exactly(sender: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = sender.recv(length - len(data))
        if not piece:
            raise OSError("cut off")
        data += piece
    return bytes(data)


class _WithoutPandas(MetaPathFinder):
    """pyarrow imports pandas wherever it is installed; no reader uses it, and it costs 0.3 s."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _serve(asking: socket.socket) -> None:
    """Answer until the other side ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends whoever asks, and with it us
    sys.meta_path.insert(0, _WithoutPandas())
    from audit.intake import form, read  # noqa: F401  # what children find imported

    gc.freeze()
    with suppress(BrokenPipeError):  # who asked was killed before our answer
        _answer(asking)


def _answer(asking: socket.socket) -> None:
    while True:
        asked, descriptors = _received(asking)
        if asked is None:
            return
        if "wait" in asked:
            _, status, used = os.wait4(asked["wait"], 0)
            _send(asking, [status, used.ru_maxrss * _KIB])
            continue
        ours, pid = os.getpid(), os.fork()
        if pid == 0:
            asking.close()
            _live(asked, descriptors, ours)
        for one in descriptors:
            os.close(one)
        _send(asking, pid)


def _live(asked: Mapping[str, Any], descriptors: Sequence[int], parent: int) -> NoReturn:
    """The child: everything that happens to it stays its own."""
    code = 1
    try:
        _die_with(parent)
        _place(descriptors, asked["numbers"])
        resource.setrlimit(resource.RLIMIT_AS, (asked["address_bytes"],) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        answer = json.dumps(_read(asked["request"]).to_json()).encode()
        with os.fdopen(1, "wb", closefd=False) as output:
            output.write(answer)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _die_with(parent: int) -> None:
    """Elsewhere than on Linux a child whose parent was killed reads to the end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was killed before we had said so
        os._exit(1)


def _place(descriptors: Sequence[int], numbers: Sequence[int]) -> None:
    """Give each descriptor its number, first out of each other's way."""
    spare = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, _SPARE) for one in descriptors]
    for one in descriptors:
        os.close(one)
    for one, number in zip(spare, numbers, strict=True):
        os.dup2(one, number)


def _read(request: dict[str, Any]) -> Any:
    from audit.intake.form import read_form
    from audit.intake.read import read_file
    from audit.intake.request import FormRequest, Request

    if "form" in request:
        return read_form(FormRequest.from_json(request))
    return read_file(Request.from_json(request))


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # nothing is left to tidy, and tidying takes longer than a small file
