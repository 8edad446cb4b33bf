"""One thing the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from audit.errors import ExitCode


class Verdict(StrEnum):
    """What became of a check."""

    OK = "ok"
    WARN = "warn"  # the night runs, and something is not as it should be
    FAIL = "fail"  # the night would end with the check's code


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and what to do about it; `code` is that of a night that met it."""

    name: str
    verdict: Verdict
    told: str
    remedy: str = ""
    code: ExitCode = ExitCode.CONFIG
