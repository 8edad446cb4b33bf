"""Looking after an estate: is it fit, is it well, is it kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, AsJson, Config
from audit.cli.speech import configured, say_end, say_json
from audit.errors import ExitCode


def doctor(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """What a night needs."""
    with configured(config) as (settings, words):
        from audit import doctor as examination

        checks = examination.checkup(settings, words)
        if as_json:
            say_json(examination.checkup_plain(checks))
        else:
            typer.echo(examination.checkup_text(checks, words))
        code = examination.code_of(checks)
        say_end(words, code, words("cli.doctor_failed" if code else "cli.doctor_done"))
        raise typer.Exit(int(code))


def status(
    config: Config = DEFAULT_CONFIG,
    max_age: Annotated[
        float | None, typer.Option("--max-age", min=0, help=HELP("cli.option_max_age"))
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Whether nights come."""
    with configured(config) as (settings, words):
        from audit.status import status_of, status_plain, status_text

        found = status_of(settings, datetime.now(UTC), max_age)
        if as_json:
            say_json(status_plain(found))
        else:
            typer.echo(status_text(found, words))
        keys = {ExitCode.DONE: "done", ExitCode.INCOMPLETE: "late", ExitCode.DELIVERY: "waiting"}
        say_end(words, found.code, words(f"cli.status_{keys[found.code]}"))
        raise typer.Exit(int(found.code))


def backup(
    target: Annotated[Path, typer.Argument(help=HELP("cli.option_backup"))], config: Config = DEFAULT_CONFIG
) -> None:
    """The state in one file."""
    with configured(config, log="backup") as (settings, words):
        from audit.backup import back_up

        made = back_up(settings, target)
        typer.echo(words("cli.backup_done", files=len(made.files), file=target, last=made.last_night or "-"))
        if not made.whole_ledger:
            typer.echo(words("cli.backup_server"))


def restore(
    source: Annotated[Path, typer.Argument(help=HELP("cli.option_backup"), exists=True, dir_okay=False)],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """The state from one file."""
    with configured(config, log="restore") as (settings, words):
        from audit.backup import restore as bring_back

        found = bring_back(settings, source)
        facts = {"files": len(found.files), "state": settings.state, "last": found.last_night or "-"}
        typer.echo(words("cli.restore_done", **facts))
