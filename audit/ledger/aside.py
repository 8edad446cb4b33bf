"""A ledger that can be read and not written: of a read-only copy, or of somebody else's estate.

It is copied to a place of our own and looked at there: SQLite cannot open a ledger without writing beside it,
and one of an older release is to be brought to its form first.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from audit.errors import CannotWrite, LedgerDamaged
from audit.files import PRIVATE

TRAILS = ("-wal", "-journal")  # what is committed and not yet in the file


def is_writable(file: Path) -> bool:
    """Whether the ledger, and what SQLite keeps beside it, could be written."""
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


def copied_aside(file: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder of our own with a copy of the ledger under its name, as of its last commit.

    Raises LedgerDamaged where it may not be read, CannotWrite where there is no room for a copy.
    """
    try:
        file.open("rb").close()
    except OSError as failure:
        detail = failure.strerror or str(failure)
        raise LedgerDamaged("ledger_unreadable", path=str(file), detail=detail) from failure
    try:
        folder = tempfile.TemporaryDirectory(prefix="pos-audit-")
    except OSError as failure:
        raise CannotWrite("cannot_write", path=tempfile.gettempdir(), detail=str(failure)) from failure
    copy = Path(folder.name) / file.name
    try:
        copy.touch(PRIVATE)
        try:
            _backed_up(file, copy)
        except sqlite3.Error:  # nobody has it open, for then SQLite could read it where it lies
            for trail in ("", *TRAILS):
                if (source := file.with_name(file.name + trail)).is_file():
                    shutil.copyfile(source, copy.with_name(source.name))
    except OSError as failure:
        folder.cleanup()
        detail = failure.strerror or str(failure)
        raise CannotWrite("cannot_write", path=str(copy), detail=detail) from failure
    return folder


def _backed_up(file: Path, copy: Path) -> None:
    """What stands in a ledger that others may be writing."""
    with (
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
