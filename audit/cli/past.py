"""The nights behind: told, compared, checked, let go."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, AsJson, Config, Night
from audit.cli.speech import configured
from audit.errors import ExitCode


def history(
    config: Config = DEFAULT_CONFIG,
    nights: Annotated[int | None, typer.Option("--nights", min=1, help=HELP("cli.option_nights"))] = None,
    as_json: AsJson = False,
) -> None:
    """The nights behind."""
    with configured(config) as (settings, words):
        from audit import retrospect

        found = retrospect.history(settings, nights)
        if as_json:
            typer.echo(json.dumps(retrospect.history_plain(found), ensure_ascii=False, indent=2))
        else:
            typer.echo(retrospect.history_text(found, words))


def diff(a: Night = None, b: Night = None, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Two nights."""
    with configured(config) as (settings, words):
        from audit import retrospect

        found = retrospect.compare(settings, a.date() if a else None, b.date() if b else None)
        if as_json:
            typer.echo(json.dumps(retrospect.difference_plain(found), ensure_ascii=False, indent=2))
        else:
            typer.echo(retrospect.difference_text(found, words))


def verify(
    night: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help=HELP("cli.option_night"))],
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """A published night against the ledger."""
    with configured(config) as (settings, words):
        from audit import retrospect

        found = retrospect.verify(settings, night.date())
        if as_json:
            typer.echo(json.dumps([vars(one) for one in found], ensure_ascii=False, indent=2))
        else:
            typer.echo(retrospect.verify_text(found, night.date(), words))
        # inputs are the vendors' and may be overwritten any night; what was published must stay as it was
        broken = any(one.kind == "output" and one.verdict != "intact" for one in found)
        raise typer.Exit(int(ExitCode.INCOMPLETE if broken else ExitCode.DONE))


def prune(
    config: Config = DEFAULT_CONFIG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=HELP("cli.option_dry_run"))] = False,
) -> None:
    """What policy lets go."""
    with configured(config, log="prune") as (settings, words):
        from audit import retrospect

        plan, folders = retrospect.prune_nights(settings, settings.night(), dry_run=dry_run)
        typer.echo(retrospect.prune_text(plan, folders, words, dry_run=dry_run))
