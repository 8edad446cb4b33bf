"""The commands and their exit codes; nothing else. Heavy imports wait until a command needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

import typer

from audit import __version__
from audit.cli.cycles import cycle
from audit.cli.files import feedback, init, inspect
from audit.cli.letters import letter
from audit.cli.nights import cron, run, schedule
from audit.cli.options import HELP
from audit.cli.past import diff, history, prune, verify
from audit.cli.post import deliver
from audit.cli.rulebook import explain, rules
from audit.cli.upkeep import backup, doctor, restore, status

# in the order of --help
_COMMANDS = (
    run,
    doctor,
    status,
    inspect,
    init,
    rules,
    explain,
    feedback,
    cycle,
    letter,
    history,
    diff,
    verify,
    prune,
    backup,
    restore,
    deliver,
    schedule,
    cron,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=HELP("cli.version"))
    ] = False,
) -> None:
    pass


def _program(commands: Iterable[Callable[..., None]]) -> typer.Typer:
    made = typer.Typer(
        name="pos-audit",
        help=HELP("cli.description"),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    made.callback()(_options)
    for command in commands:
        made.command(help=HELP(f"cli.{command.__name__}"))(command)
    return made


app = _program(_COMMANDS)


def program(arguments: list[str]) -> typer.Typer:
    """The program as these arguments need it.

    To read the signatures of commands that nobody asks for takes as long as to read the configuration.
    """
    asked = [one for one in _COMMANDS if [one.__name__] == arguments[:1]]
    return _program(asked) if asked else app
