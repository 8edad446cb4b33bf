"""The report of a self-audit cycle."""

from __future__ import annotations

from typing import Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, AsJson, Config
from audit.cli.post import delivered
from audit.cli.speech import configured, say_json
from audit.errors import ConfigError, ExitCode
from audit.periods import MONTHS, Period

_CADENCES = {"month": "monthly", "quarter": "quarterly", "half": "half_yearly", "year": "yearly"}


def cycle(
    month: Annotated[str, typer.Option("--month", help=HELP("cli.option_month"))] = "",
    quarter: Annotated[str, typer.Option("--quarter", help=HELP("cli.option_quarter"))] = "",
    half: Annotated[str, typer.Option("--half", help=HELP("cli.option_half"))] = "",
    year: Annotated[str, typer.Option("--year", help=HELP("cli.option_year"))] = "",
    config: Config = DEFAULT_CONFIG,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help=HELP("cli.option_cycle_mail"))] = True,
    as_json: AsJson = False,
) -> None:
    """One cycle."""
    asked = {"month": month, "quarter": quarter, "half": half, "year": year}
    given = [(option, text) for option, text in asked.items() if text]
    if len(given) != 1:
        raise typer.BadParameter(HELP("cli.one_cycle"), param_hint="--month | --quarter | --half | --year")
    [(option, text)] = given
    with configured(config, log="cycle") as (settings, words):
        period = Period.named(text)
        if period.months != MONTHS[_CADENCES[option]]:
            raise ConfigError("period_form", text=text)
        from audit.cycle import publish_cycle

        told = publish_cycle(settings, words, period, mail=mail)
        if as_json:
            say_json(told.to_json())
        else:
            typer.echo(told.to_text(words))
        if told.damaged:
            raise typer.Exit(int(ExitCode.INCOMPLETE))
        if told.mailed:
            raise typer.Exit(int(delivered(settings, words)))
