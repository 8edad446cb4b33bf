"""Jinja2 as page and mail use it: every value escaped, none with characters nobody can see."""

from __future__ import annotations

import traceback
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from audit.errors import ConfigError
from audit.plaintext import plain
from audit.report.precompiled import Precompiled
from audit.words import template_folders

RENDERED = (".html", ".txt", ".css", ".js")


@dataclass(frozen=True)
class Inline:
    """A style sheet or a script within the page, and how the page's content policy names it."""

    text: Markup
    source: Markup


def environment(own_templates: Path | None) -> Environment:
    """Escaping is on for every template but the plain-text one, whatever the file is called.

    A template of one's own may use what it is given, and reach nothing of the program behind it. Templates
    are read once, and again when they were changed or a file came to the folder or went.
    """
    there = own_templates.iterdir() if own_templates and own_templates.is_dir() else ()
    return _environment(template_folders(own_templates), frozenset(path.name for path in there))


@lru_cache(2)
def _environment(folders: tuple[Path, ...], _: frozenset[str]) -> Environment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=lambda name: not (name or "").endswith(".txt"),
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
        # these options, and how values are finished, are part of the code
        bytecode_cache=Precompiled(folders[-1], Path(__file__).read_bytes()),
    )


def render(found: Environment, name: str, context: Mapping[str, Any]) -> str:
    """A template, filled in. Raises ConfigError, with file and line, where one of the user's own fails."""
    try:
        return found.get_template(name).render(**context)
    except Exception as failure:  # whatever the user's template may raise
        for frame in reversed(traceback.extract_tb(failure.__traceback__)):
            if _is_own(Path(frame.filename), found):
                detail = f"{type(failure).__name__}: {failure}"
                facts = {"file": frame.filename, "line": frame.lineno, "detail": detail}
                raise ConfigError("own_breaks", **facts) from failure
        raise


def _is_own(file: Path, found: Environment) -> bool:
    """Whether a file is a template that did not come with the program."""
    assert isinstance(found.loader, FileSystemLoader)
    *own, shipped = found.loader.searchpath
    return (
        file.suffix in RENDERED
        and any(file.is_relative_to(folder) for folder in own)
        and not file.is_relative_to(shipped)
    )


def filled(name: str, facts: Mapping[str, Any]) -> str:
    """A template of the program's own that programs read: TOML, units, YAML. Nothing is escaped in it."""
    found = Environment(
        loader=FileSystemLoader(template_folders()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - facts come quoted as the form wants them
    )
    return found.get_template(name).render(facts)


def inline(found: Environment, name: str, facts: Mapping[str, object]) -> Inline:
    """A template that is style or script; `facts` are the program's own, never a vendor's."""
    text = render(found, name, facts)
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return Inline(Markup(text), Markup(f"'sha256-{digest}'"))  # noqa: S704 - our own text


def _seen(value: object) -> object:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
