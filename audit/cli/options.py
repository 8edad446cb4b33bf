"""The options that commands share, in the language of the caller's locale."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from audit.words import load_words, locale_language

HELP = load_words(locale_language())
Config = Annotated[Path, typer.Option("--config", "-c", readable=False, help=HELP("cli.option_config"))]
AsJson = Annotated[bool, typer.Option("--json", help=HELP("cli.option_json"))]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=HELP("cli.option_quiet"))]
Language = Annotated[str, typer.Option("--language", help=HELP("cli.option_language"))]
Night = Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%d"], help=HELP("cli.option_night"))]
DEFAULT_CONFIG = Path("audit.toml")
