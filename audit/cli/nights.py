"""The night itself: now, every night, or by cron."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, AsJson, Config
from audit.cli.speech import configured, progress, say_line
from audit.errors import ConfigError


def run(
    config: Config = DEFAULT_CONFIG,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help=HELP("cli.option_as_of"))
    ] = None,
    fail_on: Annotated[str | None, typer.Option("--fail-on", help=HELP("cli.option_fail_on"))] = None,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help=HELP("cli.option_no_mail"))] = True,
    rebuild: Annotated[str | None, typer.Option("--rebuild", help=HELP("cli.option_rebuild"))] = None,
    as_json: AsJson = False,
) -> None:
    """One night."""
    if fail_on not in (None, "critical", "high", "medium", "low", "new"):
        raise typer.BadParameter("critical | high | medium | low | new", param_hint="--fail-on")
    with configured(config) as (settings, words):
        if rebuild is not None and not rebuild.strip():
            raise ConfigError("rebuild_reason")
        from audit.pipeline import run_audit

        with progress(words) as say:
            result = run_audit(
                settings,
                words,
                as_of.date() if as_of else None,
                fail_on=fail_on,
                mail=mail,
                rebuild=(rebuild or "").strip(),
                say=say,
            )
        if as_json:
            shown = {"exit_code": int(result.code), "reason": result.reason, "folder": str(result.folder)}
            typer.echo(json.dumps(shown | {"replayed": result.replayed}, ensure_ascii=False))
        reason = words("reason.replayed", as_of=result.folder.name) if result.replayed else result.reason
        say_line(words("cli.exit_line", code=int(result.code), reason=reason))
        raise typer.Exit(int(result.code))


def schedule(config: Config = DEFAULT_CONFIG) -> None:
    """Every night."""
    with configured(config) as (settings, words):
        from audit.nightly import run_nightly

        raise typer.Exit(run_nightly(settings, config, say_line, words))


def cron(config: Config = DEFAULT_CONFIG) -> None:
    """The crontab line."""
    with configured(config) as (settings, _):
        from audit.nightly import crontab_line

        typer.echo(crontab_line(settings, config))
