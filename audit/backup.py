"""Backing up the state folder and bringing it back: the ledger, the estate's key, what waits to be sent."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from audit import __version__
from audit.config import Settings
from audit.errors import ConfigError
from audit.files import PRIVATE, digest_of, replacing, sync, write_private
from audit.intake.store import Store
from audit.ledger.aside import TRAILS
from audit.ledger.database import Database
from audit.ledger.history import past_nights
from audit.ledger.place import LEDGER_FILE, copy_ledger, ledger_exists
from audit.lock import RESTORING, only_run

_GZIP = b"\x1f\x8b"  # what such a file begins with
_MANIFEST = "manifest.json"
_KEPT = ("secret", "statuses/*", "outbox/*")  # beside the ledger; the rest is made again when it is needed


@dataclass(frozen=True)
class Backup:
    """What a backup holds: files by name with their sha256; the last night in the ledger, "" for none."""

    files: dict[str, str]
    last_night: str
    whole_ledger: bool  # whether the ledger itself is in it; one on a server is its administrator's to keep


def back_up(settings: Settings, target: Path) -> Backup:
    """Write a tar.gz of the state, as of between two nights.

    Raises Locked, CannotWrite, ConfigError; LedgerDamaged where ledger or key are not what they were.
    It takes the place of an earlier backup, and of nothing else.
    """
    state = settings.state
    if target.exists() and not _may_be_replaced(target):
        raise ConfigError("config_exists", file=str(target))
    with only_run(state, settings.zone):
        if not ledger_exists(settings.ledger.url, state):
            raise ConfigError("backup_nothing", state=state)
        Store(state)  # which stops where the key is gone: without it what is in the ledger is of no use
        with Database(settings.ledger.url, state, reading=bool(settings.ledger.url)) as database:
            nights = past_nights(database, 1)
        with tempfile.TemporaryDirectory() as scratch, replacing(target) as temporary:
            paths = {
                str(path.relative_to(state)): path for kind in _KEPT for path in sorted(state.glob(kind))
            }
            if not settings.ledger.url:
                paths[LEDGER_FILE] = Path(scratch) / LEDGER_FILE
                copy_ledger(state / LEDGER_FILE, paths[LEDGER_FILE])
            made = Backup(
                {name: digest_of(path) for name, path in paths.items()},
                nights[-1].as_of.isoformat() if nights else "",
                not settings.ledger.url,
            )
            temporary.touch(PRIVATE)  # before the key goes into it
            with tarfile.open(temporary, "w:gz") as archive:
                plain = json.dumps({"version": __version__, **vars(made)}, indent=2).encode()
                manifest = tarfile.TarInfo(_MANIFEST)
                manifest.size, manifest.mode = len(plain), 0o600
                archive.addfile(manifest, io.BytesIO(plain))
                for name, path in paths.items():
                    archive.add(path, name)
    return made


def _may_be_replaced(target: Path) -> bool:
    if not target.is_file():
        return False
    with target.open("rb") as file:
        return file.read(len(_GZIP)) in (_GZIP, b"")


def restore(settings: Settings, source: Path) -> Backup:
    """Bring a backup into a state folder that holds no estate yet, whole or not at all.

    Every file is checked against the backup's own hashes before the first is written; what a restoring that
    was killed left there is no estate. Raises ConfigError, CannotWrite; LedgerDamaged when the ledger is
    not sound.
    """
    state = settings.state
    with only_run(state, settings.zone, restores=True):
        if held := _of_an_estate(settings):
            raise ConfigError("restore_occupied", state=state, name=held[0])
        found, files = _read(source)
        under_way = state / RESTORING
        try:
            under_way.touch(PRIVATE)
            sync(state)
            for name, data in files.items():
                write_private(state / name, data)
            with Database(settings.ledger.url, state) as database:
                if problems := database.problems():
                    raise ConfigError("backup_damaged", file=source, detail=problems[0])
        except BaseException:
            # what SQLite keeps beside a ledger would be taken for the next one's
            for name in (*files, *(f"{LEDGER_FILE}{trail}" for trail in TRAILS)):
                (state / name).unlink(missing_ok=True)
            raise
        finally:
            under_way.unlink(missing_ok=True)
    return found


def _of_an_estate(settings: Settings) -> list[str]:
    """What in the state folder says that nights were told there.

    A key alone does not: `doctor` makes one to read the files with, and nothing depends on it yet. Where the
    ledger is on a server it may be the only thing that is here.
    """
    if (settings.state / RESTORING).exists():
        return []
    names = ("secret", "statuses/*") if settings.ledger.url else (LEDGER_FILE, "statuses/*")
    found = (path for name in names for path in settings.state.glob(name))
    return [str(path.relative_to(settings.state)) for path in found]


def _read(source: Path) -> tuple[Backup, dict[str, bytes]]:
    """The files of a backup: those its manifest names, and no others, whatever the archive holds."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            plain = json.loads(_member(archive, _MANIFEST))
            found = Backup(dict(plain["files"]), str(plain["last_night"]), bool(plain["whole_ledger"]))
            files = {name: _member(archive, name) for name in found.files}
    except (OSError, EOFError, tarfile.TarError, KeyError, TypeError, ValueError) as failure:
        raise ConfigError("backup_damaged", file=source, detail=str(failure)) from failure
    for name, data in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or sha256(data).hexdigest() != found.files[name]:
            raise ConfigError("backup_damaged", file=source, detail=name)
    return found, files


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)  # KeyError for one that is not there
    if stream is None:
        raise ValueError(name)
    return stream.read()
