"""What the nights have to say to others: sent, or sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, Config, Quiet
from audit.cli.speech import configured, say_end, say_line
from audit.errors import ExitCode
from audit.words import Words

if TYPE_CHECKING:
    from audit.config import Settings


def deliver(
    config: Config = DEFAULT_CONFIG,
    again: Annotated[bool, typer.Option("--again", help=HELP("cli.option_again"))] = False,
    quiet: Quiet = False,
) -> None:
    """What waits."""
    with configured(config, log="deliver", quiet=quiet) as (settings, words):
        raise typer.Exit(int(delivered(settings, words, again=again)))


def delivered(settings: Settings, words: Words, *, again: bool = False) -> ExitCode:
    """Send what waits, and say how that went."""
    from audit.delivery.courier import deliver as carry

    def sent(whom: str) -> None:
        say_line(words("cli.mail_sent", to=whom))

    problems, notices = carry(settings, words, sent, say_line, again=again)
    for problem in problems:
        say_line(problem)
    code = ExitCode.DELIVERY if problems else ExitCode.DONE
    if problems:
        reason = words("reason.undelivered", count=len(problems))
    else:  # a notice changes no exit code
        reason = words("reason.notices_left" if notices else "reason.delivered", count=notices)
    say_end(words, code, reason)
    return code
