"""The nights behind: told, compared, checked, let go."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, AsJson, Config, Night
from audit.cli.speech import configured, say_json
from audit.errors import ConfigError, ExitCode
from audit.periods import Period


def history(
    config: Config = DEFAULT_CONFIG,
    nights: Annotated[int | None, typer.Option("--nights", min=1, help=HELP("cli.option_nights"))] = None,
    finding: Annotated[str, typer.Option("--finding", help=HELP("cli.option_finding"))] = "",
    as_json: AsJson = False,
) -> None:
    """The nights behind, or all that happened to one finding."""
    with configured(config) as (settings, words):
        if finding:
            from audit.biography import life_of, life_plain, life_text

            life = life_of(settings, finding.strip().lower())
            if as_json:
                say_json(life_plain(life))
            else:
                typer.echo(life_text(life, settings.zone, words))
            return
        from audit import retrospect

        found = retrospect.history(settings, nights)
        if as_json:
            say_json(retrospect.history_plain(found))
        else:
            typer.echo(retrospect.history_text(found, words))


def diff(a: Night = None, b: Night = None, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Two nights."""
    with configured(config) as (settings, words):
        from audit import retrospect

        found = retrospect.compare(settings, a.date() if a else None, b.date() if b else None)
        if as_json:
            say_json(retrospect.difference_plain(found))
        else:
            typer.echo(retrospect.difference_text(found, words))


def verify(
    night: Annotated[str, typer.Argument(help=HELP("cli.option_night_or_cycle"))],
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """A published night, or the report of a cycle, against the ledger."""
    with configured(config) as (settings, words):
        from audit import retrospect

        asked = _night_or_cycle(night)
        if isinstance(asked, date):
            found = retrospect.verify(settings, asked)
        else:
            found = retrospect.verify_cycle(settings, asked)
        if as_json:
            say_json([vars(one) for one in found])
        else:
            typer.echo(retrospect.verify_text(found, asked, words))
        # inputs are the vendors' and may be overwritten any night; what was published must stay as it was
        broken = any(one.kind == "output" and one.verdict != "intact" for one in found)
        raise typer.Exit(int(ExitCode.INCOMPLETE if broken else ExitCode.DONE))


def _night_or_cycle(text: str) -> date | Period:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return Period.named(text)
    except ConfigError:
        raise ConfigError("night_or_cycle", text=text) from None


def prune(
    config: Config = DEFAULT_CONFIG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=HELP("cli.option_dry_run"))] = False,
) -> None:
    """What policy lets go."""
    with configured(config, log="prune") as (settings, words):
        from audit import retrospect

        plan, folders = retrospect.prune_nights(settings, settings.night(), dry_run=dry_run)
        typer.echo(retrospect.prune_text(plan, folders, words, dry_run=dry_run))
