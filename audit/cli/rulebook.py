"""The rules, one rule, or all that is known of one device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, AsJson, Config, Language
from audit.cli.speech import configured, failing, say_json, words_in
from audit.words import language_in


def rules(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help=HELP("cli.option_markdown"))] = False,
    language: Language = "",
) -> None:
    """The rulebook."""
    if as_json and markdown:
        raise typer.BadParameter("--json | --markdown", param_hint="--json")
    with failing(words_in(language)) as words:
        from audit.rules.catalogue import as_markdown, as_plain, as_table

        if as_json:
            say_json(as_plain(words))
        else:
            typer.echo(as_markdown(words) if markdown else as_table(words))


def explain(
    rule: Annotated[str, typer.Argument(help=HELP("cli.option_rule"))] = "",
    device: Annotated[str, typer.Option("--device", help=HELP("cli.option_device"))] = "",
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
    language: Language = "",
) -> None:
    """One rule, or one device."""
    if bool(rule) == bool(device):
        raise typer.BadParameter(HELP("cli.rule_or_device"), param_hint="RULE | --device")
    if device:
        _explain_device(device, config, as_json, language)
        return
    with failing(words_in(language or language_in(config))) as words:
        from audit.rules.catalogue import explained, plain_rule, rule_named

        found = rule_named(rule)
        if as_json:
            say_json(plain_rule(found, words))
        else:
            typer.echo(explained(found, words))


def _explain_device(device: str, config: Path, as_json: bool, language: str) -> None:
    with configured(config) as (settings, own):
        from audit.dossier import dossier_of

        words = words_in(language) if language else own
        dossier = dossier_of(settings, words, device)
        if as_json:
            say_json(dossier.to_json(words))
        else:
            typer.echo(dossier.to_text(words))
