"""The commands and their exit codes; nothing else. Heavy imports wait until a command needs them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audit import __version__
from audit.errors import AuditError, ConfigError, ExitCode
from audit.words import LANGUAGES, Words, load_words, locale_language

if TYPE_CHECKING:
    from audit.config import Settings

_HELP = load_words(locale_language())
app = typer.Typer(
    name="pos-audit",
    help=_HELP("cli.description"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Config = Annotated[Path, typer.Option("--config", "-c", help=_HELP("cli.option_config"))]
AsJson = Annotated[bool, typer.Option("--json", help=_HELP("cli.option_json"))]
Language = Annotated[str, typer.Option("--language", help=_HELP("cli.option_language"))]
DEFAULT_CONFIG = Path("audit.toml")


def main() -> None:
    """The program."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_HELP("cli.version"))
    ] = False,
) -> None:
    pass


@app.command(help=_HELP("cli.run"))
def run(
    config: Config = DEFAULT_CONFIG,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help=_HELP("cli.option_as_of"))
    ] = None,
    fail_on: Annotated[str | None, typer.Option("--fail-on", help=_HELP("cli.option_fail_on"))] = None,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help=_HELP("cli.option_no_mail"))] = True,
    as_json: AsJson = False,
) -> None:
    """One night."""
    if fail_on not in (None, "critical", "high", "medium", "low", "new"):
        raise typer.BadParameter("critical | high | medium | low | new", param_hint="--fail-on")
    with _settings(config) as (settings, words):
        from audit.pipeline import run_audit

        with _progress(words) as say:
            result = run_audit(
                settings, words, as_of.date() if as_of else None, fail_on=fail_on, mail=mail, say=say
            )
        if as_json:
            shown = {"exit_code": int(result.code), "reason": result.reason, "folder": str(result.folder)}
            typer.echo(json.dumps(shown | {"replayed": result.replayed}, ensure_ascii=False))
        reason = words("reason.replayed", as_of=result.folder.name) if result.replayed else result.reason
        _say(words("cli.exit_line", code=int(result.code), reason=reason))
        raise typer.Exit(int(result.code))


@app.command(help=_HELP("cli.inspect"))
def inspect(
    files: Annotated[list[Path], typer.Argument(help=_HELP("cli.option_files"))],
    table: Annotated[str, typer.Option("--table", "-t", help=_HELP("cli.option_table"))] = "",
    to: Annotated[Path | None, typer.Option("--to", help=_HELP("cli.option_to"))] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help=_HELP("cli.option_config"))] = None,
    as_json: AsJson = False,
    language: Language = "",
) -> None:
    """How files are read."""
    with _failing(_words(language)) as words:
        from audit.inspection import inspect_files

        section = None
        if config and not table:
            raise ConfigError("table_needed")
        if config:
            from audit.config import load_settings

            section = load_settings(config).inputs.get(table)
        inspected = inspect_files(files, table, section, to)
        if as_json:
            typer.echo(json.dumps(inspected.to_json(words), ensure_ascii=False, indent=2))
        else:
            typer.echo(inspected.to_text(words))
        raise typer.Exit(int(ExitCode.INCOMPLETE if inspected.failed else ExitCode.DONE))


@app.command(help=_HELP("cli.init"))
def init(
    folder: Annotated[Path, typer.Argument(help=_HELP("cli.option_folder"), exists=True, file_okay=False)],
    language: Language = "",
) -> None:
    """A first configuration."""
    with _failing(_words(language)) as words:
        from audit.proposal import propose, summary_lines, write_proposal

        target = folder / DEFAULT_CONFIG
        proposal = propose(folder, words)
        write_proposal(proposal, target)
        for line in summary_lines(proposal, target, words):
            typer.echo(line)


@app.command(help=_HELP("cli.rules"))
def rules(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help=_HELP("cli.option_markdown"))] = False,
    language: Language = "",
) -> None:
    """The rulebook."""
    with _failing(_words(language)) as words:
        from audit.rules.catalogue import as_markdown, as_plain, as_table

        if as_json:
            typer.echo(json.dumps(as_plain(words), ensure_ascii=False, indent=2))
        else:
            typer.echo(as_markdown(words) if markdown else as_table(words))


@app.command(help=_HELP("cli.explain"))
def explain(
    rule: Annotated[str, typer.Argument(help=_HELP("cli.option_rule"))] = "",
    device: Annotated[str, typer.Option("--device", help=_HELP("cli.option_device"))] = "",
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
    language: Language = "",
) -> None:
    """One rule, or one device."""
    if bool(rule) == bool(device):
        raise typer.BadParameter(_HELP("cli.rule_or_device"), param_hint="RULE | --device")
    if device:
        _explain_device(device, config, as_json, language)
        return
    with _failing(_words(language)) as words:
        from audit.rules.catalogue import explained, plain_rule, rule_named

        found = rule_named(rule)
        if as_json:
            typer.echo(json.dumps(plain_rule(found, words), ensure_ascii=False, indent=2))
        else:
            typer.echo(explained(found, words))


def _explain_device(device: str, config: Path, as_json: bool, language: str) -> None:
    with _settings(config) as (settings, own):
        from audit.dossier import dossier_of

        words = _words(language) if language else own
        dossier = dossier_of(settings, words, device)
        shown = json.dumps(dossier.to_json(words), ensure_ascii=False, indent=2) if as_json else ""
        typer.echo(shown or dossier.to_text(words))


@app.command(help=_HELP("cli.schedule"))
def schedule(config: Config = DEFAULT_CONFIG) -> None:
    """Every night."""
    with _settings(config) as (settings, words):
        from audit.nightly import run_nightly

        raise typer.Exit(run_nightly(settings, config, lambda line: _say(line), words))


@app.command(help=_HELP("cli.cron"))
def cron(config: Config = DEFAULT_CONFIG) -> None:
    """The crontab line."""
    with _settings(config) as (settings, _):
        from audit.nightly import crontab_line

        typer.echo(crontab_line(settings, config))


@contextmanager
def _settings(config: Path) -> Iterator[tuple[Settings, Words]]:
    """The configuration and its language; failures end the program with their code."""
    with _failing(_words("")):
        from audit.config import load_settings

        settings = load_settings(config)
    words = load_words(settings.audit.language, settings.own_templates)
    with _failing(words):
        yield settings, words


@contextmanager
def _failing(words: Words) -> Iterator[Words]:
    """Turn what goes wrong into a sentence on standard error and an exit code."""
    try:
        yield words
    except AuditError as failure:
        _say(
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
        _say(words("cli.exit_line", code=int(ExitCode.BUG), reason=words("error.bug", detail=detail)))
        raise typer.Exit(int(ExitCode.BUG)) from failure


@contextmanager
def _progress(words: Words) -> Iterator[Callable[[str, str], None]]:
    """A moving line on a terminal; plain lines elsewhere, stages only."""
    if not sys.stderr.isatty():
        yield lambda key, detail: None if key == "read_file" else _say(_line(words, key, detail))
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


def _words(language: str) -> Words:
    if language and language not in LANGUAGES:
        raise typer.BadParameter("zh | en", param_hint="--language")
    return load_words(language or locale_language())


def _say(line: str) -> None:
    typer.echo(line, err=True)
