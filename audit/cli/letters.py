"""Letters to merchants."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, Config
from audit.cli.speech import configured


def letter(
    merchant: Annotated[
        list[str] | None, typer.Option("--merchant", help=HELP("cli.option_merchant"))
    ] = None,
    all_of: Annotated[str, typer.Option("--all-of", help=HELP("cli.option_all_of"))] = "",
    config: Config = DEFAULT_CONFIG,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help=HELP("cli.option_letter_night"))
    ] = None,
    to: Annotated[Path, typer.Option("--to", help=HELP("cli.option_letters_to"))] = Path("letters"),
    together: Annotated[bool, typer.Option("--together", help=HELP("cli.option_together"))] = False,
) -> None:
    """A page for each."""
    if not (merchant or all_of):
        raise typer.BadParameter(HELP("cli.merchant_or_owner"), param_hint="--merchant | --all-of")
    with configured(config) as (settings, words):
        from audit.letters import write_letters

        night = as_of.date() if as_of else None
        files, made = write_letters(settings, words, merchant or [], all_of, night, to, together=together)
        typer.echo(words("cli.letters_written", folder=to, count=len(made.letters)))
        for file in files:
            typer.echo(f"  {file.name}")
        if made.unasked:
            typer.echo(
                words("cli.letters_unasked", count=len(made.unasked), merchants=list(made.unasked[:20]))
            )
