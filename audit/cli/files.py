"""Files from outside: how they are read, what they propose, what people filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, AsJson, Config, Language
from audit.cli.speech import configured, failing, say_json, words_in
from audit.errors import ConfigError, ExitCode
from audit.words import language_in


def inspect(
    files: Annotated[list[Path], typer.Argument(help=HELP("cli.option_files"))],
    table: Annotated[str, typer.Option("--table", "-t", help=HELP("cli.option_table"))] = "",
    to: Annotated[Path | None, typer.Option("--to", help=HELP("cli.option_to"))] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help=HELP("cli.option_config"))] = None,
    as_json: AsJson = False,
    language: Language = "",
) -> None:
    """How files are read."""
    with failing(words_in(language or (language_in(config) if config else ""))) as words:
        from audit.inspection import inspect_files

        section = None
        if config and not table:
            raise ConfigError("table_needed")
        if config:
            from audit.config import load_settings

            section = load_settings(config).inputs.get(table)
        inspected = inspect_files(files, table, section, to)
        if as_json:
            say_json(inspected.to_json(words))
        else:
            typer.echo(inspected.to_text(words))
        raise typer.Exit(int(ExitCode.INCOMPLETE if inspected.failed else ExitCode.DONE))


def init(
    folder: Annotated[Path, typer.Argument(help=HELP("cli.option_folder"), exists=True, file_okay=False)],
    language: Language = "",
) -> None:
    """A first configuration."""
    with failing(words_in(language)) as words:
        from audit.proposal import propose, summary_lines, write_proposal

        target = folder / DEFAULT_CONFIG
        proposal = propose(folder, words)
        write_proposal(proposal, target)
        for line in summary_lines(proposal, target, words):
            typer.echo(line)


def feedback(
    files: Annotated[list[Path], typer.Argument(help=HELP("cli.option_copies"))],
    config: Config = DEFAULT_CONFIG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=HELP("cli.option_dry_run"))] = False,
    as_json: AsJson = False,
) -> None:
    """Filled-in workbooks into the ledger, between two nights."""
    with configured(config, log="feedback") as (settings, words):
        from audit.intake.nursery import fork_nursery

        fork_nursery()  # before what both need is imported
        from audit.handback import hand_back

        told = hand_back(settings, words, files, dry_run=dry_run)
        if as_json:
            say_json(told.to_json())
        else:
            typer.echo(told.to_text(words))
        raise typer.Exit(int(ExitCode.INCOMPLETE if told.failed else ExitCode.DONE))
