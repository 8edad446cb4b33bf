"""Where a ledger lies: a file in the state folder, or a server."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchModuleError

from audit.errors import CannotWrite, ConfigError, LedgerDamaged
from audit.files import PRIVATE, private_folder
from audit.ledger import server
from audit.ledger.aside import TRAILS, copied_aside, is_writable

LEDGER_FILE = "ledger.sqlite"  # in the state folder
KEY_FILE = "secret"  # there, too


@dataclass(frozen=True)
class Place:
    """Where a ledger is: at a URL, in a file, or nowhere; of nothing an empty one is made in memory.

    `shown` is what people are told of it, `aside` the folder of a `file` that is a copy.
    """

    shown: str
    url: str = ""
    file: Path | None = None
    aside: TemporaryDirectory[str] | None = None

    def engine(self) -> sa.Engine:
        """The way there. Raises ConfigError for a URL that cannot be used."""
        try:
            # without a file's name it is in memory; a name is no URL, and may have a % in it
            file = str(self.file) if self.file else None
            url = server.connected(self.url) if self.url else sa.URL.create("sqlite", database=file)
            return sa.create_engine(url)
        except NoSuchModuleError as failure:
            raise ConfigError("ledger_url", detail=str(failure)) from failure
        except ModuleNotFoundError as failure:
            raise ConfigError("ledger_driver", module=failure.name or "") from failure

    def unwritable(self, failure: Exception) -> CannotWrite:
        """What to raise where it, or what stands beside it, cannot be written; a server may be away."""
        of_server = self.url and not isinstance(failure, OSError)
        key = "ledger_unusable" if of_server else "cannot_write"
        return CannotWrite(key, path=self.shown, detail=said(failure))


def place_to_read(url: str, state: Path) -> Place:
    """Nothing is made or changed there; what may not be written is copied."""
    if url:
        return Place(server.shown(url), url=url)
    file = state / LEDGER_FILE
    _require_kept(file)
    if not ledger_exists(url, state):
        return Place(str(file))
    if is_writable(file):
        return Place(str(file), file=file)
    aside = copied_aside(file)
    return Place(str(file), file=Path(aside.name) / LEDGER_FILE, aside=aside)


def place_to_write(url: str, state: Path) -> Place:
    """The state folder is made, and the file, where they are not there."""
    file = state / LEDGER_FILE
    place = Place(server.shown(url), url=url) if url else Place(str(file), file=file)
    try:
        private_folder(state)
        if place.file:
            _require_kept(place.file)
            place.file.touch(PRIVATE)
    except OSError as failure:
        raise place.unwritable(failure) from failure
    return place


def _require_kept(file: Path) -> None:
    """Raise LedgerDamaged where a file that nights were entered in is gone, or holds nothing any more.

    To a database it is a new one, and what was known for years would be forgotten without a word.
    """
    parts = [file.with_name(file.name + trail) for trail in ("", *TRAILS)]
    holds = any(path.stat().st_size for path in parts if path.is_file())
    if not holds and any((file.parent / "statuses").glob("*.parquet")):
        raise LedgerDamaged("ledger_emptied" if file.is_file() else "ledger_lost", path=str(file))


def ledger_exists(url: str, state: Path) -> bool:
    """Whether there is a ledger to open; one on a server is taken to be there."""
    return bool(url) or (state / LEDGER_FILE).is_file()


def copy_ledger(file: Path, target: Path) -> None:
    """A whole copy of a ledger's file, whoever has it open. Raises CannotWrite."""
    try:
        target.unlink(missing_ok=True)
        target.touch(PRIVATE)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except (OSError, sqlite3.Error) as failure:
        raise CannotWrite.to(target, failure) from failure


def said(failure: Exception) -> str:
    """What a database, or the machine, said of a failure: its first line."""
    return str(getattr(failure, "orig", None) or failure).splitlines()[0]
