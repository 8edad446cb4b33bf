"""What is wrong with a configuration, in words: the line, the key, what would be right."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from audit.errors import ConfigError

_HEADER = re.compile(r"\s*\[\[?\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*(?P<name>(?:"[^"]*"|'[^']*'|[^="'#\[\]])+?)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([^.\s"']+)""")
_FULL_WIDTH = "“”‘’＂＇＝，：；［］【】"  # what a Chinese keyboard writes where TOML wants its own

# what pydantic calls a wrong value, and the sentence of ours for it
_SENTENCES = {
    "tuple_type": "config_value_list",
    "too_short": "config_value_list",
    "list_type": "config_value_list",
    "dict_type": "config_value_section",
    "model_type": "config_value_section",
    "model_attributes_type": "config_value_section",
    "int_type": "config_value_whole",
    "int_parsing": "config_value_whole",
    "int_from_float": "config_value_whole",
    "float_type": "config_value_number",
    "float_parsing": "config_value_number",
    "finite_number": "config_value_number",
    "bool_type": "config_value_yes_no",
    "bool_parsing": "config_value_yes_no",
    "string_type": "config_value_text",
    "path_type": "config_value_text",
    "string_pattern_mismatch": "config_value_hour",  # the hours are the only ones with a pattern
    "literal_error": "config_value_choice",
    "greater_than": "config_value_above",
    "greater_than_equal": "config_value_least",
    "less_than_equal": "config_value_most",
}
_LIMITS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than_equal": "le"}


def read_toml(file: Path) -> tuple[str, dict[str, Any]]:
    """The text of a TOML file, and what it holds. Raises ConfigError that says what to do."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as failure:
        raise ConfigError("config_unreadable", file=str(file), detail=failure.strerror or "") from None
    except UnicodeDecodeError:
        raise ConfigError("config_not_utf8", file=str(file)) from None
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise ConfigError(_syntax(text, str(failure)), file=str(file), detail=str(failure)) from None


def _syntax(text: str, problem: str) -> str:
    """Which sentence helps with a syntax error: Chinese punctuation and names are what it mostly is."""
    if _has_full_width(text, problem):
        return "config_full_width"
    return "config_bare_key" if _has_bare_name(text, problem) else "config_syntax"


def explained(
    failure: ValidationError, file: Path, text: str, keys_at: Mapping[tuple[str, ...], Collection[str]]
) -> ConfigError:
    """The first problem in the words of the file; `keys_at` are the keys that sections may have."""
    problems = failure.errors(include_url=False, include_input=False)
    # what a section lacks is mostly there, under the name that nobody knows
    problem = next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])
    where = [str(part) for part in problem["loc"] if part != "[key]"]
    facts = {"file": place(file, text, where), "key": ".".join(where)}
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return ConfigError("config_unknown_key", **facts, near=near(where[-1], _keys(where, keys_at)))
    if kind == "missing":
        return ConfigError("config_missing_key", **facts)
    if kind.startswith("config_"):  # a validator of ours, which names its sentence
        return ConfigError(kind, **facts, **context)
    if kind.startswith("date"):
        return ConfigError("config_value_date", **facts)
    if kind in _SENTENCES:
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        limit = f"{context[_LIMITS[kind]]:g}" if kind in _LIMITS else ""
        return ConfigError(_SENTENCES[kind], **facts, choices=choices, limit=limit)
    return ConfigError("config_value", **facts, detail=problem["msg"])


def _keys(where: Sequence[str], keys_at: Mapping[tuple[str, ...], Collection[str]]) -> Collection[str]:
    """The keys of the section of a key; of a section that is named freely, those of all like it."""
    section = tuple(where[:-1])
    return keys_at.get(section) or keys_at.get(section[:-1]) or keys_at[()]


def near(name: str, known: Collection[str]) -> str:
    """The nearest right name; where none is near, all there are."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return found[0] if found else ", ".join(known)


def place(file: Path, text: str, where: Sequence[str]) -> str:
    """The file with the line of a key, "audit.toml:12"; with the variable where the environment says it."""
    wanted = "_".join(["AUDIT", *where[:2]]).upper()
    if variables := [name for name in os.environ if name.upper() == wanted]:
        return f"{file} ({variables[0]})"  # which beats the file
    if line := line_of(text, where):
        return f"{file}:{line}"
    variables = [name for name in os.environ if name.upper().startswith(f"AUDIT_{where[0].upper()}_")]
    return f"{file} ({variables[0]})" if variables else str(file)


def place_in(file: Path, where: Sequence[str]) -> str:
    """The same for a file that was read before; of one that is gone by now its name."""
    text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
    return place(file, text, where)


def no_json(failure: SettingsError, file: Path) -> ConfigError:
    """A list or a table from the environment that is none; its text may be a secret and is not shown."""
    written = getattr(failure.__cause__, "doc", None)
    names = [
        name for name, value in os.environ.items() if value == written and name.upper().startswith("AUDIT_")
    ]
    return ConfigError("config_variable", file=str(file), name=names[0] if names else "AUDIT_*")


def line_of(text: str, where: Sequence[str]) -> int | None:
    """The line a key stands in, counted from 1; that of its section where the key itself is not to be found.

    >>> line_of('[mail]\\nhost = "x"\\nto = [\\n  "a"]', ["mail", "to", "0"])
    3
    >>> line_of("[audit]", ["mail", "to"])
    """
    section: list[str] = []
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            named = section = _parts(header["name"])
        elif key := _KEY.match(line):
            named = [*section, *_parts(key["name"])]
        else:
            continue
        if named == list(where[: len(named)]) and (best is None or len(named) > best[0]):
            best = (len(named), number)
    return best[1] if best else None


def _parts(name: str) -> list[str]:
    return ["".join(found) for found in _PART.findall(name)]


def _has_full_width(text: str, problem: str) -> bool:
    """Whether the line of a syntax error has Chinese punctuation outside of quotes and comments."""
    line = re.sub(r'"[^"]*"|\'[^\']*\'|#.*', "", _line_at(text, problem))
    return any(mark in line for mark in _FULL_WIDTH)


def _has_bare_name(text: str, problem: str) -> bool:
    """Whether the line of a syntax error has a name in Chinese that TOML wants in quotes: [routing.星联]."""
    line = _line_at(text, problem)
    name = line if line.lstrip().startswith("[") else line.partition("=")[0]
    return not re.sub(r'"[^"]*"|\'[^\']*\'|#.*', "", name).isascii()


def _line_at(text: str, problem: str) -> str:
    found = re.search(r"at line (\d+)", problem)
    return text.splitlines()[int(found[1]) - 1] if found else ""
