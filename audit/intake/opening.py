"""Opening a file somebody else put there: a whole, regular file inside its folder, or nothing."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

from audit.errors import InputError, Unusable

MAX_BYTES = 256 << 20
_SETTLED_SECONDS = 1.0  # a file changed more recently than this is looked at twice


def await_settled(path: Path) -> None:
    """Return once the file may be read.

    Raises InputError when it is no regular file, when it is a link that leads out of its folder, when it
    is too large, or when it is still being written.
    """
    try:
        before = _examined(path)
        fresh = _SETTLED_SECONDS - (time.time() - before.st_mtime)
        if 0 < fresh <= _SETTLED_SECONDS:
            time.sleep(fresh)
            _unchanged(before, path.stat())
    except OSError as failure:
        raise _unreadable(failure) from None


def read_whole(path: Path) -> bytes:
    """The file's bytes. Raises InputError as `await_settled` does, or when it changes while it is read."""
    try:
        before = _examined(path)
        data = path.read_bytes()
        _unchanged(before, path.stat())
    except OSError as failure:
        raise _unreadable(failure) from None
    return data


def _examined(path: Path) -> os.stat_result:
    if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
        raise InputError(Unusable.UNSAFE, "file_not_regular")
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise InputError(Unusable.UNSAFE, "file_not_regular")
    if found.st_size > MAX_BYTES:
        raise InputError(Unusable.UNSAFE, "file_too_large", mib=found.st_size >> 20, limit=MAX_BYTES >> 20)
    return found


def _unchanged(before: os.stat_result, after: os.stat_result) -> None:
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(Unusable.TRUNCATED, "file_moving")


def _unreadable(failure: OSError) -> InputError:
    if isinstance(failure, FileNotFoundError):
        return InputError(Unusable.UNREADABLE, "no_such_file")
    return InputError(Unusable.UNREADABLE, "file_unreadable", detail=failure.strerror or str(failure))
