"""A user's own labels, looked at before anything is said in them."""

from __future__ import annotations

import difflib
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audit.errors import ConfigError
from audit.words import LANGUAGES, load_words

_OPEN = ("device_type.",)  # groups that may have labels of codes the program does not know


def check_words(own: Path | None) -> None:
    """Whether every label in the user's folder replaces one, with facts that the sentence has.

    Raises ConfigError, which names file and line.
    """
    if own is None:
        return
    known = {f"labels.{language}.toml": language for language in LANGUAGES}
    for file in sorted(own.glob("label*.toml")):
        if file.name not in known:
            near = difflib.get_close_matches(file.name, known, n=1, cutoff=0)
            raise ConfigError("own_file", file=str(file), near=near[0])
        _check(file, dict(leaves(load_words(known[file.name]).tree)))


def leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, object]]:
    """Every text of a tree of labels under its dotted key."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _check(file: Path, shipped: Mapping[str, object]) -> None:
    try:
        text = file.read_text(encoding="utf-8-sig")
        tree = tomllib.loads(text)
    except OSError as failure:
        raise ConfigError("own_unreadable", file=str(file), detail=failure.strerror or "") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise ConfigError("own_syntax", file=str(file), line="?", detail=str(failure)) from None
    for key, value in leaves(tree):
        where = {"file": str(file), "line": _line_of(text, key.rpartition(".")[2]), "key": key}
        if key not in shipped and not key.startswith(_OPEN):
            near = difflib.get_close_matches(key, shipped, n=1, cutoff=0.5)
            raise ConfigError("own_key", **where, near=near[0] if near else "")
        if not isinstance(value, str):
            raise ConfigError("own_not_text", **where)
        _check_facts(value, str(shipped.get(key, "")), where)


def _check_facts(text: str, shipped: str, where: Mapping[str, object]) -> None:
    try:
        facts = _facts(text)
    except ValueError as failure:
        raise ConfigError("own_braces", **where, detail=str(failure)) from None
    known = _facts(shipped)
    if unknown := sorted(facts - known):
        raise ConfigError("own_fact", **where, fact=unknown[0], known=sorted(known))


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _line_of(text: str, key: str) -> int | str:
    """The first line that sets a key of that name."""
    sets = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if sets.match(line)), "?")
