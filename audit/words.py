"""The words a person reads, from `templates/labels.zh.toml` and `templates/labels.en.toml`.

A user's own template folder may hold files of the same names; what they say replaces what is shipped.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from audit.kept import keep, recalled

LANGUAGES = ("zh", "en")
_NUMBER_OF_ERROR = re.compile(r"\[[Ee]rrno -?\d+\] ")


def template_folders(own: Path | None = None) -> tuple[Path, ...]:
    """Where templates are looked for: the user's folder, then the one that came with the program.

    A wheel carries the templates inside the package; a checkout has them beside it.
    """
    package = Path(__file__).resolve().parent
    shipped = next(
        folder for folder in (package / "templates", package.parent / "templates") if folder.is_dir()
    )
    return (own, shipped) if own else (shipped,)


@dataclass(frozen=True)
class Words:
    """Labels and sentences of one language."""

    language: str
    tree: Mapping[str, Any]

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence under a dotted key, its `{fields}` filled. Raises KeyError for an unknown key."""
        text = self.section(key)
        if not isinstance(text, str):
            raise KeyError(key)
        shown = {name: self._fact(name, value) for name, value in facts.items()}
        return text.format(**shown) if facts else text

    def section(self, key: str) -> Any:
        """What stands under a dotted key: a text or a mapping of texts."""
        found: Any = self.tree
        for part in key.split("."):
            found = found[part]
        return found

    def label(self, group: str, word: object) -> str:
        """The label of a code word; a word without one is shown as it is."""
        return str(self.tree.get(group, {}).get(str(word), word))

    def column(self, name: str) -> str:
        """The label of a canonical column."""
        return self.label("column", name)

    def show(self, value: object) -> str:
        """A fact as it stands in a sentence; lists with the language's own comma."""
        if isinstance(value, (list, tuple)):
            return self("list_mark").join(map(str, value))
        return "" if value is None else str(value)

    def _fact(self, name: str, value: object) -> str:
        """A fact of a sentence; a `detail` is often what the machine said, in its English."""
        text = self.show(value)
        for phrase, told in self.section("machine").items() if name == "detail" else ():
            if phrase in text:
                text = _NUMBER_OF_ERROR.sub("", text).replace(phrase, told)
        return text


@cache
def load_words(language: str, own: Path | None = None) -> Words:
    """The words of a language, the user's own over the shipped ones."""
    *theirs, shipped = template_folders(own)
    name = f"labels.{language}.toml"
    tree = _shipped(shipped / name)
    for folder in theirs:
        if (folder / name).is_file():
            _merge(tree, tomllib.loads((folder / name).read_text(encoding="utf-8-sig")))
    return Words(language, tree)


@cache
def load_programme() -> dict[str, dict[str, Any]]:
    """The catalogue of self-audit items, `programme.toml`: statement, cadence, owner, rules, zh, en."""
    return _shipped(template_folders()[-1] / "programme.toml")


def _shipped(file: Path) -> dict[str, Any]:
    """A file of ours, which every command would take 15 ms to parse."""
    data = file.read_bytes()
    tree: dict[str, Any] | None = recalled(file, data)
    if tree is None:
        tree = tomllib.loads(data.decode())
        keep(file, data, tree)
    return tree


def locale_language() -> str:
    """zh where the terminal's locale is Chinese, else en; for what is said before a configuration is read."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def language_in(config: Path) -> str:
    """The language a configuration asks for, though it may be of no use otherwise; "" where it says none."""
    try:
        text = config.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
    found = re.search(r"""^\s*language\s*=\s*["'](zh|en)["']""", text, re.MULTILINE)
    return found[1] if found else ""


def _merge(tree: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            _merge(tree[key], value)
        else:
            tree[key] = value
