"""Jinja2 as the page and the mail use it: every value escaped, none with characters nobody can see."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from audit.errors import ConfigError
from audit.plaintext import plain
from audit.words import template_folders


@dataclass(frozen=True)
class Inline:
    """A style sheet or a script within the page, and how the page's content policy names it."""

    text: Markup
    source: Markup


def environment(own_templates: Path | None) -> Environment:
    """Escaping is on for every template but the plain-text one, whatever the file is called.

    A template of one's own may use what it is given, and reach nothing of the program behind it.
    """
    return SandboxedEnvironment(
        loader=FileSystemLoader(template_folders(own_templates)),
        autoescape=lambda name: not (name or "").endswith(".txt"),
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(found: Environment, name: str, context: Mapping[str, Any]) -> str:
    """A template, filled in. Raises ConfigError for one of the user's own that cannot be."""
    try:
        return found.get_template(name).render(**context)
    except TemplateError as failure:
        raise ConfigError("template_broken", name=name, detail=str(failure)) from failure


def inline(found: Environment, name: str, facts: Mapping[str, object]) -> Inline:
    """A template that is style or script; `facts` are the program's own, never a vendor's."""
    text = render(found, name, facts)
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return Inline(Markup(text), Markup(f"'sha256-{digest}'"))  # noqa: S704 - our own text


def _seen(value: object) -> object:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
