"""Every failure the program expects, each with its exit code.

AuditError
├── ConfigError        40  audit.toml or an AUDIT_* variable is wrong
├── NoUsableInput      41  nothing could be read, so nothing can be audited
├── Locked             42  another run holds the lock
├── CannotWrite        43  disk full, read-only, no permission
├── NightRefused       40  the ledger already holds a later night
├── NothingToShow      40  what was asked for is in no night of the ledger
├── LedgerDamaged      43  the ledger's file is broken, or of a newer release
├── Stopped            143 told to stop; the step under way was finished (Interrupted: 130)
└── InputError         20  one file is unreadable; the others are still audited

An error carries a message key and the facts; the words are in `templates/labels.*.toml` under `[error]`.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """What the process returns. Unknown codes are failures to whoever calls it."""

    DONE = 0
    FINDINGS = 10
    INCOMPLETE = 20
    DELIVERY = 30
    CONFIG = 40
    NO_INPUT = 41
    LOCKED = 42
    CANNOT_WRITE = 43
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


# the night was told whole, and nobody waits for what it says
GOOD = (ExitCode.DONE, ExitCode.FINDINGS)
# of several outcomes the one that decides what the process returns; a signal stands above them all
_GRAVITY = (
    ExitCode.DONE,
    ExitCode.FINDINGS,
    ExitCode.INCOMPLETE,
    ExitCode.DELIVERY,
    ExitCode.CONFIG,
    ExitCode.NO_INPUT,
    ExitCode.LOCKED,
    ExitCode.CANNOT_WRITE,
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
)


def gravest(*codes: ExitCode) -> ExitCode:
    """The code that wins over the others."""
    return max(codes, key=_GRAVITY.index)


class AuditError(Exception):
    """An expected failure: `key` names the sentence, `facts` fill it."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, facts)
        self.key = key
        self.facts = facts

    def told(self, words: Callable[..., str]) -> str:
        """The sentence, in the language of `words`."""
        return words(f"error.{self.key}", **self.facts)

    def __str__(self) -> str:
        return f"{self.key}: " + ", ".join(f"{name}={value}" for name, value in self.facts.items())


class ConfigError(AuditError):
    """The configuration cannot be used as it is."""

    exit_code = ExitCode.CONFIG


class NoUsableInput(AuditError):
    """No configured file could be read."""

    exit_code = ExitCode.NO_INPUT


class Locked(AuditError):
    """Another run holds the state folder."""

    exit_code = ExitCode.LOCKED


class CannotWrite(AuditError):
    """A report or the state could not be written."""

    exit_code = ExitCode.CANNOT_WRITE

    @classmethod
    def to(cls, place: object, failure: Exception) -> Self:
        """That a file, a folder or a database took nothing, and why."""
        detail = getattr(failure, "strerror", None) or str(failure)
        return cls("cannot_write", path=str(place), detail=detail)


_OF_THE_MACHINE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.ESTALE,
    errno.EMFILE,
    errno.ENFILE,
}


def of_the_machine(failure: OSError) -> CannotWrite | None:
    """What the machine refused, wherever it came up, as an expected failure; None for what may be a bug."""
    if failure.errno not in _OF_THE_MACHINE:
        return None
    return CannotWrite("cannot_use", path=failure.filename or "", detail=failure.strerror or str(failure))


class NightRefused(AuditError):
    """The as-of date lies before the last night in the ledger."""

    exit_code = ExitCode.CONFIG


class NothingToShow(AuditError):
    """No night of the ledger holds what was asked for."""

    exit_code = ExitCode.CONFIG


class LedgerDamaged(AuditError):
    """The ledger cannot be trusted as it is, or was written by a newer release; nothing was changed."""

    exit_code = ExitCode.CANNOT_WRITE


class Stopped(AuditError):
    """The program was told to stop, and did so between two steps."""

    exit_code = ExitCode.TERMINATED


class Interrupted(Stopped):
    """The same, from the keyboard."""

    exit_code = ExitCode.INTERRUPTED


class Unusable(StrEnum):
    """Why a file, or a sheet of it, could not be taken in."""

    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    NOT_A_SPREADSHEET = "not_a_spreadsheet"
    MISSING_COLUMN = "missing_column"
    AMBIGUOUS_COLUMN = "ambiguous_column"
    UNREADABLE_VALUES = "unreadable_values"
    UNSAFE = "unsafe"


class InputError(AuditError):
    """One input file cannot be used; `reason` is the class a program can act on."""

    exit_code = ExitCode.INCOMPLETE

    def __init__(self, reason: Unusable, key: str, /, **facts: object) -> None:
        super().__init__(key, **facts)
        self.reason = reason
