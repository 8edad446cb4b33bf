"""Who watches the runs: a watchdog that is pinged, and a file for Prometheus. Neither can harm a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from audit.config import Settings
from audit.errors import AuditError, ExitCode
from audit.words import Words


@dataclass
class Ending:
    """What is to be told of a run at its end; whoever runs it fills it in."""

    code: ExitCode = ExitCode.BUG
    summary: Mapping[str, Any] = field(default_factory=dict)  # as summary.json; empty where no night was told


@contextmanager
def watched(settings: Settings, words: Words, say: Callable[[str], None]) -> Iterator[Ending]:
    """Tell the watchdog that the run in this block begins, and how it ends; write the figures down."""
    from audit.delivery.heartbeat import Heartbeat

    heart = Heartbeat(settings.ping_url)
    heart.begins()
    began = time.time()
    ending = Ending()
    try:
        yield ending
    except BaseException as failure:
        ending.code = _code_of(failure)
        raise
    finally:
        if problem := heart.ends(ending.code, ending.summary):
            say(words("cli.ping_failed", host=heart.host, detail=problem))
        if settings.notify.textfile:
            try:
                from audit.delivery.metrics import write_metrics

                write_metrics(settings, ending.code, ending.summary, began)
            except (AuditError, OSError) as failure:
                said = failure.told(words) if isinstance(failure, AuditError) else failure
                say(words("cli.metrics_failed", detail=said))


def _code_of(failure: BaseException) -> ExitCode:
    if isinstance(failure, AuditError):
        return failure.exit_code
    return ExitCode.INTERRUPTED if isinstance(failure, KeyboardInterrupt) else ExitCode.BUG
