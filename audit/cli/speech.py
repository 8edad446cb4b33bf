"""How a command begins, speaks and ends: its settings, its language, its last line and exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.errors import AuditError, ExitCode
from audit.words import LANGUAGES, Words, load_words, locale_language

if TYPE_CHECKING:
    from audit.config import Settings


@contextmanager
def configured(config: Path) -> Iterator[tuple[Settings, Words]]:
    """The configuration and its language; failures end the program with their code."""
    with failing(words_in("")):
        from audit.config import load_settings

        settings = load_settings(config)
    words = load_words(settings.audit.language, settings.own_templates)
    with failing(words):
        yield settings, words


@contextmanager
def failing(words: Words) -> Iterator[Words]:
    """Turn what goes wrong into a sentence on standard error and an exit code."""
    try:
        yield words
    except AuditError as failure:
        say_line(
            words(
                "cli.exit_line",
                code=int(failure.exit_code),
                reason=words(f"error.{failure.key}", **failure.facts),
            )
        )
        raise typer.Exit(int(failure.exit_code)) from failure
    except (typer.Exit, typer.BadParameter, typer.Abort):
        raise
    except KeyboardInterrupt:
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    except Exception as failure:
        import traceback

        traceback.print_exc()
        detail = f"{type(failure).__name__}: {failure}"
        say_line(words("cli.exit_line", code=int(ExitCode.BUG), reason=words("error.bug", detail=detail)))
        raise typer.Exit(int(ExitCode.BUG)) from failure


@contextmanager
def progress(words: Words) -> Iterator[Callable[[str, str], None]]:
    """A moving line on a terminal; plain lines elsewhere, stages only."""
    if not sys.stderr.isatty():
        yield lambda key, detail: None if key == "read_file" else say_line(_line(words, key, detail))
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("") as status:

        def say(key: str, detail: str) -> None:
            line = _line(words, key, detail)
            if key in ("published", "mail_sent"):
                console.print(line, highlight=False)
            status.update(line)

        yield say


def _line(words: Words, key: str, detail: str) -> str:
    facts = {"published": {"folder": detail}, "read_file": {"file": detail}, "mail_sent": {"to": detail}}
    return words(f"cli.{key}", **facts.get(key, {}))


def words_in(language: str) -> Words:
    """The words of the language asked for, or of the caller's locale."""
    if language and language not in LANGUAGES:
        raise typer.BadParameter("zh | en", param_hint="--language")
    return load_words(language or locale_language())


def say_line(line: str) -> None:
    """A line for the person or the log beside the output."""
    typer.echo(line, err=True)
