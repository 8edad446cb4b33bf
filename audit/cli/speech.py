"""How a command begins, speaks and ends: its settings, its language, its last line and exit code."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.errors import GOOD, AuditError, ExitCode, of_the_machine
from audit.ownwords import check_words
from audit.redaction import hide, redact
from audit.words import LANGUAGES, Words, language_in, load_words, locale_language

if TYPE_CHECKING:
    from audit.config import Settings

LOG = logging.getLogger("audit")
LOG.addHandler(logging.NullHandler())
_LASTING = ("published", "mail_sent", "mail_held", "mail_failed", "notice_failed")  # what stays on a terminal
_speech: list[Callable[[str], None]] = [lambda line: typer.echo(line, err=True)]  # the last one speaks


@contextmanager
def configured(config: Path, *, log: str = "", quiet: bool = False) -> Iterator[tuple[Settings, Words]]:
    """The configuration and its language; failures end the program with their code.

    `log` is the name of a command of which the log of the configuration is to tell as well. A `quiet` one
    says nothing on standard error until it ends, and then only when it did not end well.
    """
    with failing(words_in(language_in(config))):
        from audit.config import load_settings

        settings = load_settings(config)
        for secret in settings.secrets:
            hide(secret)
        check_words(settings.own_templates)
    words = load_words(settings.audit.language, settings.own_templates)
    hushed = _hushed() if quiet else nullcontext()
    with hushed, logging_to(settings, log) if log else nullcontext(), failing(words):
        yield settings, words


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep what is said until the command ends; cron sends a mail for every line it hears."""
    kept: list[str] = []
    _speech.append(kept.append)
    try:
        yield
    except typer.Exit as end:
        if end.exit_code not in GOOD:
            for line in kept:
                typer.echo(line, err=True)
        raise
    finally:
        _speech.pop()


@contextmanager
def logging_to(settings: Settings, command: str) -> Iterator[None]:
    """Log for as long as the command runs."""
    from audit.logbook import close_log, open_log

    handler = open_log(settings, command)
    try:
        yield
    finally:
        close_log(handler)


@contextmanager
def failing(words: Words) -> Iterator[Words]:
    """Turn what goes wrong into a sentence on standard error and an exit code."""
    try:
        yield words
    except AuditError as failure:
        say_end(words, failure.exit_code, failure.told(words))
        raise typer.Exit(int(failure.exit_code)) from failure
    except (typer.Exit, typer.BadParameter, typer.Abort):
        raise
    except KeyboardInterrupt:
        LOG.error("", extra={"event": "interrupted"})
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    except OSError as failure:
        expected = of_the_machine(failure)
        if expected is None:
            raise _bug(words, failure) from failure
        say_end(words, expected.exit_code, expected.told(words))
        raise typer.Exit(int(expected.exit_code)) from failure
    except Exception as failure:
        raise _bug(words, failure) from failure


def _bug(words: Words, failure: Exception) -> typer.Exit:
    """What nobody expected is told with its traceback, and ends the program as a bug."""
    import traceback

    _speech[-1](redact(traceback.format_exc()))
    LOG.exception("%s", failure, extra={"event": "bug"})
    detail = f"{type(failure).__name__}: {failure}"
    say_end(words, ExitCode.BUG, words("error.bug", detail=detail))
    return typer.Exit(int(ExitCode.BUG))


@contextmanager
def progress(words: Words) -> Iterator[Callable[[str, str], None]]:
    """A moving line on a terminal; plain lines elsewhere, stages only. The log has them all."""

    def log(key: str, detail: str) -> str:
        line = _line(words, key, detail)
        LOG.info("%s", line, extra={"event": key})
        return line

    def plainly(key: str, detail: str) -> None:
        line = log(key, detail)
        if key != "read_file":
            _speech[-1](redact(line))

    if len(_speech) > 1 or not sys.stderr.isatty():
        yield plainly
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("") as status:

        def say(key: str, detail: str) -> None:
            line = redact(log(key, detail))
            if key in _LASTING:
                console.print(line, highlight=False)
            status.update(line)

        yield say


def _line(words: Words, key: str, detail: str) -> str:
    facts = {"published": {"folder": detail}, "read_file": {"file": detail}, "mail_sent": {"to": detail}}
    facts |= {key: {"detail": detail} for key in ("notice_failed", "mail_failed", "mail_held")}
    return words(f"cli.{key}", **facts.get(key, {}))


def words_in(language: str) -> Words:
    """The words of the language asked for, or of the caller's locale."""
    if language and language not in LANGUAGES:
        raise typer.BadParameter("zh | en", param_hint="--language")
    return load_words(language or locale_language())


def say_json(plain: object) -> None:
    """What a command found, for a program."""
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def say_line(line: str, event: str = "said") -> None:
    """A line for the person beside the output, and for the log."""
    _speech[-1](redact(line))
    LOG.info("%s", line, extra={"event": event})


def say_end(words: Words, code: ExitCode, reason: str, run_id: str = "") -> None:
    """The last line: exit code and reason."""
    key = "cli.exit_line_of_run" if run_id else "cli.exit_line"
    line = words(key, code=int(code), reason=redact(reason), run=run_id)  # an id may look like an account
    _speech[-1](line)
    level = logging.INFO if code in GOOD else logging.ERROR
    facts = {"exit_code": int(code)}
    LOG.log(level, "%s", line, extra={"event": "ended", "run_id": run_id, "facts": facts})


def unraisable(told: sys.UnraisableHookArgs) -> None:
    """What goes wrong while something is thrown away is for the log alone; a full disk brings a lot of it."""
    if told.exc_value is not None:
        LOG.warning("%s", told.exc_value, extra={"event": "unraisable"}, exc_info=told.exc_value)
