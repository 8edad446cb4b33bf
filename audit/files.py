"""What is in a file, and writing so that a crash leaves the old one or the new one, never half of either."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path

from audit.errors import CannotWrite

PRIVATE = 0o600
_FOLDER = 0o700  # whatever the umask: who may write a folder may put another file in the place of ours
_TEMPORARY = re.compile(r"\..+\.(\d+)-[0-9a-f]{8}\.tmp")  # whose it is stands in its name


@contextmanager
def replacing(path: Path, mode: int = PRIVATE) -> Iterator[Path]:
    """A temporary path beside `path` that becomes `path` when the block ends well.

    A block that writes nothing changes nothing. Raises CannotWrite when the disk is full, read-only or
    forbidden; nothing is left behind then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        if mode == PRIVATE:
            private_folder(path.parent)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if temporary.exists():
            temporary.chmod(mode)
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
    except OSError as failure:
        raise CannotWrite.to(path, failure) from failure
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it, for its owner alone, where they are not there. Raises OSError."""
    for above in reversed(folder.parents):
        if not above.exists():
            above.mkdir(_FOLDER, exist_ok=True)
    folder.mkdir(_FOLDER, exist_ok=True)


def shown_name(path: str) -> str:
    """A path as people know it: a name that is no UTF-8 is GB 18030, as archives of Chinese Windows have it.

    Python keeps its bytes as halves of characters, which nothing that holds text takes.
    """
    return "/".join(map(_shown_part, path.split("/")))


def shown_as(path: Path) -> Path:
    """The file that people know by this path: the one there, else one beside it whose name is shown so."""
    try:
        beside = path.parent.iterdir() if not path.exists() else ()
        return next((one for one in beside if shown_name(one.name) == path.name), path)
    except OSError:
        return path


def _shown_part(name: str) -> str:
    try:
        return os.fsencode(name).decode()
    except UnicodeDecodeError:
        return os.fsencode(name).decode("gb18030", "replace")


def digest_of(path: Path) -> str:
    """sha256 of a file's bytes, hex."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def write_private(path: Path, data: bytes) -> None:
    """Write a whole file atomically, readable by its owner alone."""
    with replacing(path) as temporary:
        temporary.touch(PRIVATE)
        temporary.write_bytes(data)


@contextmanager
def scratch(folder: Path) -> Iterator[None]:
    """Temporary files of every library go to this folder, which is empty before and gone afterwards.

    Some have a name, and would stay in the machine's own place for them when we are killed.
    """
    before = tempfile.tempdir
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(_FOLDER, parents=True)
    except OSError as failure:
        raise CannotWrite.to(folder, failure) from failure
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def clear_abandoned(folder: Path) -> None:
    """Remove what writers that were killed have left half written, in a folder and all below it."""
    for path in folder.rglob(".*.tmp"):
        found = _TEMPORARY.fullmatch(path.name)
        if found and not _runs(int(found[1])):
            path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return process != os.getpid()  # the number is ours now, and we are only beginning


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
