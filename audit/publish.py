"""A published night appears whole or not at all.

Rendered files go to a folder beside the final one; the ledger commits their hashes; then the folder is
renamed. A crash in between is settled at the next start: what the ledger knows is published, the rest is
thrown away.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol

from audit.errors import CannotWrite
from audit.files import digest_of, private_folder, sync

SUMMARY = "summary.json"
_NIGHT = re.compile(r"\d{4}-\d\d-\d\d(~r\d+)?")
_DRAFT = ".tmp"
_MODE = 0o600
_AT_ONCE = 2  # files


class Committed(Protocol):
    """What the ledger holds of something published: a night's run, or the report of a cycle."""

    @property
    def folder(self) -> str:
        """The name of its folder."""

    @property
    def files(self) -> Mapping[str, str]:
        """The hashes of what it published."""


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """sha256 by file name; of summary.json over all but what was measured, which no two runs have alike."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        hashed = list(threads.map(_digest, sorted(files.items())))
    return dict(hashed)


def _digest(file: tuple[str, bytes]) -> tuple[str, str]:
    name, data = file
    return name, sha256(_unmeasured(data) if name == SUMMARY else data).hexdigest()


def digest_as_published(path: Path) -> str:
    """What `digests` makes of a file that was published."""
    if path.name == SUMMARY:
        return digests({SUMMARY: path.read_bytes()})[SUMMARY]
    return digest_of(path)


def _unmeasured(data: bytes) -> bytes:
    try:
        told = json.loads(data)
        return json.dumps({name: told[name] for name in told if name != "measured"}).encode()
    except (ValueError, TypeError):  # not what was written here
        return data


def draft(output: Path, name: str, run_id: str, files: Mapping[str, bytes]) -> Path:
    """Write the files to a folder nobody looks at yet. Raises CannotWrite and leaves nothing behind.

    `name` is that of the folder to be: a night's date, or a cycle.
    """
    folder = output / f".{name}.{run_id}{_DRAFT}"
    try:
        private_folder(output)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(_write, (folder / file for file in files), files.values()))
        sync(folder)
    except OSError as failure:
        shutil.rmtree(folder, ignore_errors=True)
        raise CannotWrite.to(failure.filename or folder, failure) from failure
    return folder


def require_writable(output: Path) -> None:
    """Raise CannotWrite where nothing could be published. Leaves nothing, and makes no folder."""
    there = next(folder for folder in (output, *output.absolute().parents) if folder.exists())
    try:
        with TemporaryFile(dir=there):
            pass
    except OSError as failure:
        raise CannotWrite.to(output, failure) from failure


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(_MODE)
    sync(path)


@contextmanager
def drafting() -> Iterator[list[Path]]:
    """A list of drafts that are thrown away unless everything inside, the ledger's commit too, succeeds."""
    drafts: list[Path] = []
    try:
        yield drafts
    except BaseException:
        for folder in drafts:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def swap_in(output: Path, name: str, folder: Path) -> Path:
    """Rename the draft to the folder of that name; an earlier telling is kept as `~r1`, `~r2`…"""
    final = output / name
    try:
        _keep(final)
        folder.rename(final)
        sync(output)
    except OSError as failure:
        raise CannotWrite.to(final, failure) from failure
    return final


def set_aside(output: Path, names: Iterable[str]) -> None:
    """Keep the folders of nights that no longer stand as `~r1`, `~r2`…"""
    try:
        for name in names:
            _keep(output / name)
    except OSError as failure:
        raise CannotWrite.to(output, failure) from failure


def _keep(folder: Path) -> None:
    if folder.exists():
        number = 1
        while (kept := folder.with_name(f"{folder.name}~r{number}")).exists():
            number += 1
        folder.rename(kept)


def is_of_a_night(name: str) -> bool:
    """Whether a folder of that name is a published night, or an earlier telling of one."""
    return bool(_NIGHT.fullmatch(name))


def settle(
    output: Path,
    committed: Callable[[str], Committed | None],
    withdrawn: Iterable[str] = (),
) -> None:
    """Finish or undo what a crash left between commit and rename.

    `committed` gives, by run id, what stands in the ledger; `withdrawn` are the names of the folders of
    which nothing stands any more.
    """
    set_aside(output, withdrawn)
    for folder in sorted(output.glob(f".*{_DRAFT}")) if output.is_dir() else []:
        run_id = folder.name.removesuffix(_DRAFT).rpartition(".")[2]
        run = committed(run_id)
        if run and not intact(output / run.folder, run.files) and intact(folder, run.files):
            swap_in(output, run.folder, folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def intact(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether a folder holds every file with the bytes it was published with."""
    if not files or not folder.is_dir():
        return False
    return all(
        (path := folder / name).is_file() and digest_as_published(path) == digest
        for name, digest in files.items()
    )
