"""The process that reading children are forks of, one per file.

It is `python -m audit.intake.forking FD`, or a fork of a program that has just begun. It has imported the
readers, runs no code of a file itself, has no thread that a fork could leave halfway, and ends when the
socket does. A request goes over the socket with the descriptors of the child's output, its errors, and
whatever else the child may use; the answer is the child's process id, and later how it ended.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import json
import os
import resource
import signal
import socket
import struct
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, NoReturn

from audit.errors import ExitCode, of_the_machine

_LENGTH = struct.Struct("!I")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MAX_DESCRIPTORS = 8
_KIB = 1024  # the unit of ru_maxrss on Linux
# glibc's malloc.h: M_MMAP_THRESHOLD, at most 32 MiB, and M_TRIM_THRESHOLD, in bytes
_MALLOC = ((-3, 32 << 20), (-1, 256 << 20))
_SPARE = 200  # descriptors wait from here on until each has its place


def send(to: socket.socket, what: object, descriptors: Sequence[int] = ()) -> None:
    """A message, which `received` takes in over there with these descriptors."""
    data = json.dumps(what).encode()
    socket.send_fds(to, [_LENGTH.pack(len(data))], descriptors)
    to.sendall(data)


def received(sender: socket.socket) -> tuple[Any, list[int]]:
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


def forked() -> int:
    """What `os.fork` gives, which warns of other threads: the only one is jemalloc's, which halts for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def grow_up(asking: socket.socket) -> NoReturn:
    """The fork: nothing of what the program was about to do is done here."""
    code = 1
    try:
        _let_go(asking.fileno())
        serve(asking)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _let_go(kept: int) -> None:
    """Hold nothing of the program's open, its lock above all, which would outlive it.

    The numbers stay taken, by what swallows everything: a log that still knows its own must not write to
    whatever would get it next.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for one in [int(path.name) for path in Path("/dev/fd").iterdir()]:
        if one not in (1, 2, kept, nothing):
            os.dup2(nothing, one)


class WithoutPandas(MetaPathFinder):
    """pyarrow imports pandas wherever it is installed; no reader uses it, and it costs 0.3 s."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def serve(asking: socket.socket) -> None:
    """Answer until the other side ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends whoever asks, and with it us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # what it does to the program is not for us to say
    sys.meta_path.insert(0, WithoutPandas())
    from audit.intake import form, read  # noqa: F401  # what children find imported
    from audit.intake.gazetteer import gazetteer
    from audit.tables import TABLES

    # and what nearly each would work out for itself
    gazetteer()
    for table in TABLES.values():
        _ = table.by_synonym

    _keep_memory()
    gc.freeze()
    gc.enable()
    with suppress(BrokenPipeError):  # who asked was killed before our answer
        _answer(asking)


def _keep_memory() -> None:
    """Let no child give back what it takes again for the next stretch of a sheet: half of its page faults.

    Arrow takes its memory from the same store then.
    """
    import pyarrow

    with suppress(AttributeError):  # another C library
        for parameter, size in _MALLOC:
            ctypes.CDLL(None).mallopt(parameter, size)
        pyarrow.set_memory_pool(pyarrow.system_memory_pool())


def _answer(asking: socket.socket) -> None:
    while True:
        asked, descriptors = received(asking)
        if asked is None:
            return
        if "wait" in asked:
            _, status, used = os.wait4(asked["wait"], 0)
            send(asking, [status, used.ru_maxrss * _KIB])
            continue
        ours, pid = os.getpid(), forked()
        if pid == 0:
            asking.close()
            _live(asked, descriptors, ours)
        for one in descriptors:
            os.close(one)
        send(asking, pid)


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
    except BaseException as failure:
        traceback.print_exc()
        if isinstance(failure, OSError) and failure.errno and of_the_machine(failure):
            sys.stderr.write(os.strerror(failure.errno))
            sys.stderr.flush()
            code = ExitCode.CANNOT_WRITE
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
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # nothing is left to tidy, and tidying takes longer than a small file
