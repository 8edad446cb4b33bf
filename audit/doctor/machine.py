"""The machine: clock, folders, file modes, disk, engine."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from audit.config import Settings
from audit.doctor.check import Check, Verdict
from audit.engines.cluster import lacks_java
from audit.errors import CannotWrite, ExitCode
from audit.files import replacing, shown_name
from audit.intake.dropfolder import files_of
from audit.ledger.place import LEDGER_FILE
from audit.words import Words

_OPEN = stat.S_IRWXG | stat.S_IRWXO
_LEAST_BYTES = 200 << 20  # a small estate's night with everything it leaves behind
_NIGHTS_AHEAD = 3  # so many more like the last one must fit
_AHEAD = timedelta(minutes=5)  # clocks of two machines may differ
_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs")


def look_at_clock(settings: Settings, words: Words, now: datetime) -> Iterator[Check]:
    """Whether the clock can be right: no input was written in the future, and no audit date is fixed."""
    if settings.audit.as_of:
        told = words("doctor.clock_fixed", as_of=settings.audit.as_of)
        yield Check("clock", Verdict.WARN, told, words("doctor.clock_fixed_remedy"))
        return
    paths = [
        path
        for section in settings.inputs.values()
        for _, found in files_of(settings.folder, section.files, settings.is_own)
        for path in found
        if path.is_file()  # a link may lead nowhere
    ]
    newest = max(paths, key=lambda path: path.stat().st_mtime, default=None)
    if newest and newest.stat().st_mtime > (now + _AHEAD).timestamp():
        told = words("doctor.clock_behind", file=shown_name(newest.name))
        yield Check("clock", Verdict.WARN, told, words("doctor.clock_behind_remedy"))
        return
    local = now.astimezone(settings.zone)
    told = words("doctor.clock_ok", now=f"{local:%Y-%m-%d %H:%M}", zone=settings.audit.timezone)
    yield Check("clock", Verdict.OK, words("doctor.clock_night", told=told, night=settings.night()))


def look_at_folders(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether state and output can be written, by nobody else, and lie on a disk that can lock."""
    for name, folder in (("state", settings.state), ("output", settings.output)):
        try:
            with replacing(folder / ".doctor") as temporary:
                temporary.write_bytes(b"")
            (folder / ".doctor").unlink()
        except CannotWrite as failure:
            told = failure.told(words)
            yield Check(name, Verdict.FAIL, told, code=failure.exit_code)
            continue
        kind = _file_system(folder)
        if name == "state" and kind in _REMOTE:
            told = words("doctor.state_remote", folder=folder, kind=kind)
            yield Check(name, Verdict.WARN, told, words("doctor.state_remote_remedy"))
        elif folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            told = words("doctor.folder_open", folder=folder)
            yield Check(name, Verdict.WARN, told, words("doctor.folder_open_remedy", folder=folder))
        else:
            yield Check(name, Verdict.OK, words("doctor.folder_ok", folder=folder))


def look_at_secrets(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether the files with secrets and personal numbers are their owner's alone."""
    state = settings.state
    kept = [state / "secret", state / LEDGER_FILE, settings.log_file, *state.glob("outbox/*")]
    if settings.mail and settings.mail.password_file:
        kept.append(settings.path(settings.mail.password_file))
    loose = [path for path in kept if path.is_file() and path.stat().st_mode & _OPEN]
    for path in loose:
        told = words("doctor.secret_open", file=path)
        yield Check("secrets", Verdict.FAIL, told, words("doctor.secret_open_remedy", file=path))
    missing = [
        name for feed in settings.inputs.values() if (name := feed.password_env) not in {"", *os.environ}
    ]
    for name in dict.fromkeys(missing):
        told = words("doctor.secret_missing", name=name)
        yield Check("secrets", Verdict.WARN, told, words("doctor.secret_missing_remedy", name=name))
    if not loose and not missing:
        yield Check("secrets", Verdict.OK, words("doctor.secrets_ok"))


def look_at_disk(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether some more nights like the last one fit."""
    nights = sorted(settings.output.glob("20??-??-??"))
    last = sum(path.stat().st_size for path in nights[-1].iterdir()) if nights else 0
    wanted = max(_LEAST_BYTES, _NIGHTS_AHEAD * last)
    there = [_nearest_there(path) for path in (settings.state, settings.output)]
    for folder in {path.stat().st_dev: path for path in there}.values():
        free = shutil.disk_usage(folder).free
        facts = {"folder": folder, "free": free >> 20, "wanted": wanted >> 20}
        if free < wanted:
            remedy = words("doctor.disk_remedy")
            yield Check(
                "disk", Verdict.FAIL, words("doctor.disk_full", **facts), remedy, ExitCode.CANNOT_WRITE
            )
        else:
            yield Check("disk", Verdict.OK, words("doctor.disk_ok", **facts))


def _nearest_there(folder: Path) -> Path:
    """The folder itself, or the one in which it would be made."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def look_at_engine(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether the configured engine is installed, and a cluster's master answers. Raises ConfigError."""
    engine = settings.audit.engine
    extra = {"duckdb": "duckdb", "spark": "pyspark"}.get(engine, "")
    if extra and not find_spec(extra):
        told = words("error.engine_missing", engine=engine, extra=engine)
        yield Check("engine", Verdict.FAIL, told)
    elif engine == "spark" and lacks_java(settings.spark.master):
        yield Check("engine", Verdict.FAIL, words("error.spark_java_missing"))
    elif engine == "spark":
        from audit.engines.cluster import knock

        if not settings.spark.is_remote:  # a server of Connect may be one that wakes up when it is asked
            knock(settings.spark.master)
        yield Check("engine", Verdict.OK, words("doctor.engine_ok", engine=engine))
    elif engine == "auto" and find_spec("duckdb"):
        from audit.engines import DuckDBEngine, rows_for_pandas

        with DuckDBEngine.of(settings) as beyond:
            gib = f"{beyond.memory_bytes / (1 << 30):.1f}"
        told = words("doctor.engine_auto", rows=f"{rows_for_pandas():,}", gib=gib)
        yield Check("engine", Verdict.OK, told)
    else:
        yield Check("engine", Verdict.OK, words("doctor.engine_ok", engine=engine))


def _file_system(folder: Path) -> str:
    """The kind of file system a folder lies on, as the kernel names it; "" where that cannot be told."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    found = [line.split(" - ", 1)[1].split()[0] for line in lines if line.split()[2] == wanted]
    return found[-1] if found else ""
