"""The canonical store: a file read once is not read again while its bytes and its profile stay the same."""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from audit.errors import InputError, LedgerDamaged
from audit.files import PRIVATE, digest_of, private_folder, replacing, write_private
from audit.intake.child import read_in_child
from audit.intake.opening import await_settled
from audit.intake.reading import FileReading
from audit.intake.request import Request, stamp_of
from audit.intake.rows import SUFFIX

_KEY = re.compile(r"[0-9a-f]{64}")
_KEPT_SECONDS = 14 * 86_400
Reader = Callable[[dict[str, object]], FileReading]


class Store:
    """Canonical rows and their account, by fingerprint, in `<state>/canonical/` or another `folder`."""

    def __init__(self, state: Path, reader: Reader = read_in_child, folder: Path | None = None) -> None:
        self.folder = folder or state / "canonical"
        self.secret = _secret(state / "secret")
        self._reader = reader

    def read(self, request: Request) -> tuple[FileReading, Path]:
        """The account of a file and the file of its canonical rows (missing when unusable)."""
        try:
            await_settled(Path(request.path))
            stamp = stamp_of(Path(request.path))
            digest = digest_of(Path(request.path))
        except InputError as failure:
            return FileReading(request.path).failed(failure), self.folder / "none"
        except OSError:
            digest, stamp = "", (0, 0)
        request = replace(request, secret=self.secret, digest=digest, stamp=stamp)
        rows = self.folder / f"{request.fingerprint(digest)}{SUFFIX}"
        account = rows.with_suffix(".json")
        if digest and rows.is_file() and account.is_file():
            for used in (rows, account):
                used.touch(PRIVATE)
            kept = FileReading.from_json(json.loads(account.read_text(encoding="utf-8")))
            return replace(kept, path=request.path), rows
        with replacing(rows) as temporary:
            reading = self._reader(replace(request, output=str(temporary)).to_json())
            if reading.error:
                temporary.unlink(missing_ok=True)  # whole, perhaps, of a child that was stopped at its end
                return reading, rows
        plain = json.dumps(reading.to_json(), sort_keys=True)
        write_private(account, plain.encode())
        return reading, rows

    def nameless(self) -> IO[bytes]:
        """A file on the state's disk that has no name: nothing is left of it, whatever becomes of us."""
        private_folder(self.folder)
        return tempfile.TemporaryFile(dir=self.folder)

    def sweep(self) -> None:
        """Let go of tables nobody has used for two weeks; their files are read again if they come back."""
        oldest = time.time() - _KEPT_SECONDS
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


@contextmanager
def store_to_look(state: Path) -> Iterator[Store]:
    """The store of a state folder; of one that cannot be written, with tables that are let go afterwards."""
    if os.access(state, os.W_OK):
        yield Store(state)
        return
    with tempfile.TemporaryDirectory(prefix="pos-audit-") as folder:
        yield Store(state, folder=Path(folder))


def _secret(path: Path) -> str:
    """The key of this estate's hashes, made on first use, readable by its owner alone.

    Raises LedgerDamaged where it is gone though nights were told with it, or is no key: with another one no
    workbook that was given out could come back, and no person would be known again.
    """
    if path.is_file():
        key = path.read_bytes().decode("ascii", "replace").strip()
        if not _KEY.fullmatch(key):
            raise LedgerDamaged("secret_damaged", path=str(path))
        return key
    if any((path.parent / "statuses").glob("*")):
        raise LedgerDamaged("secret_lost", path=str(path))
    key = secrets.token_hex(32)
    write_private(path, key.encode())
    return key
