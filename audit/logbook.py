"""The log for programs: one JSON object a line, in a file only its owner can read.

    {"time": "2026-11-21T02:00:07.120+08:00", "level": "info", "event": "published", "command": "run",
     "invocation": "b1946ac92492d234", "run_id": "", "pid": 4711, "message": "Report published: …"}

`invocation` is the same on every line of one start of the program; `run_id` is the night's own, once known.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
import traceback
from datetime import datetime
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from audit import __version__
from audit.config import Settings
from audit.files import PRIVATE, private_folder
from audit.redaction import redact
from audit.words import Words, load_words

LOG = logging.getLogger("audit")


class LogFile(WatchedFileHandler):
    """Appends to the log, and follows it when another process has begun a new one.

    Only the holder of the state folder's lock begins a new one (`rotate`). A log that cannot be written is
    told of once and stops nothing.
    """

    def __init__(self, path: Path, words: Words) -> None:
        super().__init__(path, encoding="utf-8", delay=True)
        self._path = path
        self._words = words
        self._silent = False

    def _open(self) -> TextIOWrapper:
        private_folder(self._path.parent)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
        # nothing is left in a buffer, to fail once more when the file is closed
        return TextIOWrapper(os.fdopen(descriptor, "ab", buffering=0), encoding="utf-8", write_through=True)

    def rotate(self, max_bytes: int, keep: int) -> None:
        """Set a full log aside as `.1`; older ones move up, and the oldest beyond `keep` goes."""
        try:
            if not self._path.exists() or self._path.stat().st_size < max_bytes:
                return
            numbered = [self._path, *(Path(f"{self._path}.{number}") for number in range(1, keep + 1))]
            for older, newer in zip(numbered[::-1], numbered[-2::-1], strict=False):
                if newer.exists():
                    newer.replace(older)
        except OSError as failure:
            self._told(failure)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; looking whether the file is still the same may fail as well."""
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Say once that nothing can be logged."""
        self._told(sys.exc_info()[1])

    def _told(self, failure: BaseException | None) -> None:
        if not self._silent:
            self._silent = True
            detail = getattr(failure, "strerror", None) or failure
            sys.stderr.write(self._words("error.log_unwritable", file=self._path, detail=detail) + "\n")


class _AsJson(logging.Formatter):
    def __init__(self, zone: ZoneInfo, command: str) -> None:
        super().__init__()
        self._zone = zone
        self._command = command
        self._invocation = secrets.token_hex(8)
        self.run_id = ""

    def format(self, record: logging.LogRecord) -> str:
        self.run_id = getattr(record, "run_id", "") or self.run_id
        plain: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, self._zone).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
            "command": self._command,
            "invocation": self._invocation,
            "run_id": self.run_id,
            "pid": record.process,
            "message": redact(record.getMessage()),
        }
        plain |= {key: _plain(value) for key, value in getattr(record, "facts", {}).items()}
        if record.exc_info:
            plain["traceback"] = redact("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(plain, ensure_ascii=False)


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) else redact(str(value))


def open_log(settings: Settings, command: str) -> LogFile:
    """Log to the configured file from now on; what other libraries warn of goes there as well."""
    handler = LogFile(settings.log_file, load_words(settings.audit.language))
    handler.setFormatter(_AsJson(settings.zone, command))
    root = logging.getLogger()
    root.addHandler(handler)
    LOG.setLevel(logging.INFO)
    facts = {"version": __version__, "config": settings.folder / settings.file}
    LOG.info("%s %s", command, facts["config"], extra={"event": "started", "facts": facts})
    return handler


def rotate_log(settings: Settings) -> None:
    """Begin a new log file where this one is full. The caller holds the state folder."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogFile):
            handler.rotate(int(settings.log.max_mib * (1 << 20)), settings.log.keep)


def close_log(handler: LogFile) -> None:
    """Log there no longer."""
    logging.getLogger().removeHandler(handler)
    handler.close()
