"""The rulebook in words: lists, one rule explained, RULES.md. All from the rules themselves."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from audit.errors import ConfigError
from audit.rules import RULES
from audit.rules.article import STATEMENTS, Statement
from audit.rules.model import Rule
from audit.rules.selection import nearest
from audit.words import Words, load_programme


def rule_named(name: str) -> Rule:
    """A rule by its id, upper or lower case. Raises ConfigError naming the nearest."""
    if rule := RULES.get(name.upper()):
        return rule
    raise ConfigError("unknown_rule", rule=name, near=nearest(name))


def plain_rule(rule: Rule, words: Words) -> dict[str, Any]:
    """A rule as plain values."""
    language = words.language
    return {
        "id": rule.id,
        "title": rule.title[language],
        "subject": rule.subject.kind,
        "category": rule.category.value,
        "severity": rule.severity.value,
        "cases": [{"severity": case.severity.value, "says": case.says[language]} for case in rule.cases],
        "requires": list(rule.requires),
        "one_of": [list(group) for group in rule.one_of],
        "thresholds": [
            {
                "name": one.name,
                "default": one.default,
                "unit": one.unit[language],
                "source": one.source[language],
            }
            for one in rule.thresholds
        ],
        "cause": rule.cause,
        "owner": rule.owner.value,
        "why": rule.why[language],
        "remedy": rule.remedy[language],
        "example": {"rows": [dict(row) for row in rule.example.rows], "flagged": list(rule.example.flagged)},
        "since": rule.since,
    }


def as_plain(words: Words) -> list[dict[str, Any]]:
    """Every rule as plain values."""
    return [plain_rule(rule, words) for rule in RULES.values()]


def as_table(words: Words) -> str:
    """One line a rule, for a terminal."""
    rows = [
        (
            rule.id,
            words.label("severity", rule.severity),
            words.label("owner", rule.owner),
            rule.title[words.language],
        )
        for rule in RULES.values()
    ]
    widths = [max(_width(row[place]) for row in rows) for place in range(3)]
    return "\n".join(
        "  ".join([*(_padded(text, width) for text, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    )


def explained(rule: Rule, words: Words) -> str:
    """A rule for a person: what, why, what to do, and its example as a table."""
    language, colon = words.language, words("colon")
    lines = [f"{rule.id}  {rule.title[language]}", ""]
    lines.append(f"{words('cli.article')}{colon}{rule.cause} {words.label('cause', rule.cause)}")
    lines.append(f"{words('header.owner')}{colon}{words.label('owner', rule.owner)}")
    lines.append(f"{words('header.category')}{colon}{words.label('category', rule.category)}")
    lines += ["", f"{words('cli.cases')}{colon}"]
    lines += [
        f"  [{words.label('severity', case.severity)}] {_readable(case.says[language], words)}"
        for case in rule.cases
    ]
    if rule.thresholds:
        lines.append(f"{words('header.thresholds')}{colon}")
        lines += [
            f"  {one.name} = {one.default:g}  ({one.unit[language]} · {one.source[language]})"
            for one in rule.thresholds
        ]
    if rule.requires:
        lines.append(f"{words('cli.requires')}{colon}{_named(rule.requires, words)}")
    if rule.one_of:
        groups = words("cli.or").join(_named(group, words) for group in rule.one_of)
        lines.append(f"{words('cli.one_of')}{colon}{groups}")
    lines += [
        "",
        f"{words('report.why')}{colon}{rule.why[language]}",
        f"{words('report.what_to_do')}{colon}{rule.remedy[language]}",
    ]
    return "\n".join([*lines, "", words("cli.example"), *_example(rule)])


def _named(columns: tuple[str, ...], words: Words) -> str:
    parts = (name.split(".") for name in columns)
    return words.show([f"{words.label('feed', feed)}.{words.column(name)}" for feed, name in parts])


def as_markdown(words: Words) -> str:
    """RULES.md: the full catalogue in one language."""
    lines = [f"# {words('sheet.rules')}", "", words("report.rules_note"), ""]
    lines += rule_table(words)
    for rule in RULES.values():
        body = explained(rule, words).split("\n")
        cut = body.index(words("cli.example"))
        lines += ["", f"## {rule.id} {rule.title[words.language]}", ""]
        for line in filter(None, body[1:cut]):
            lines += [f"- {line.strip()}"] if line.startswith("  ") else ["", line, ""]
        lines += ["", "```text", *body[cut + 1 :], "```"]
    lines += ["", f"## {words('trace.title')}", "", words("trace.note"), "", *trace_table(words)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def rule_table(words: Words) -> list[str]:
    """The rules as a Markdown table, for RULES.md and the README."""
    names = ("rule", "severity", "title", "owner", "cause")
    head = [words(f"header.{name}") for name in names]
    rows = [
        (
            rule.id,
            words.label("severity", rule.severity),
            rule.title[words.language],
            words.label("owner", rule.owner),
            f"{rule.cause} {words.label('cause', rule.cause)}",
        )
        for rule in RULES.values()
    ]
    return [_markdown(head), _markdown(["---"] * len(head)), *(_markdown(row) for row in rows)]


def trace_table(words: Words) -> list[str]:
    """Every statement of the article with what answers it, as a Markdown table."""
    items: dict[str, list[str]] = {}
    for item in load_programme().values():
        items.setdefault(item["statement"], []).append(item[words.language])
    head = [words("header.cause"), words("sheet.rules"), words("trace.items"), words("trace.sheets")]
    rows = [
        (
            f"{one.number} {words.label('cause', one.number)}",
            words.show(one.rules),
            "<br>".join(items.get(one.number, [])),
            words.show([words(f"sheet.{sheet}") for sheet in _sheets(one, one.number in items)])
            or words("trace.unmeasured"),
        )
        for one in STATEMENTS.values()
    ]
    return [_markdown(head), _markdown(["---"] * len(head)), *(_markdown(row) for row in rows)]


def _sheets(one: Statement, has_items: bool) -> list[str]:
    """Keys of `[sheet]`: its findings', its self-audit items', and those it names itself."""
    return [*(["findings"] if one.rules else []), *(["checklist"] if has_items else []), *one.sheets]


def _readable(sentence: str, words: Words) -> str:
    """A sentence with the names of its fields in a reader's words."""

    def named(found: re.Match[str]) -> str:
        known = words.section("column") | words.section("fact")
        name = "age_days" if found[2] == "days" else found[1]
        return f"‹{known.get(name, name)}›"

    # the name of a channel brings its blank along: `[channel_phrase]`
    return re.sub(r"›(?=[a-z])", "› ", re.sub(r"\{(\w+)(?::(\w+))?\}", named, sentence))


def _markdown(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _example(rule: Rule) -> list[str]:
    """The example's rows, flagged ones marked."""
    names = list(dict.fromkeys(name for row in rule.example.rows for name in row))
    cells = [names, *([_shown(row.get(name)) for name in names] for row in rule.example.rows)]
    widths = [max(_width(row[place]) for row in cells) for place in range(len(names))]
    lines = []
    for number, row in enumerate(cells, start=-1):
        mark = "▶" if number in rule.example.flagged else " "
        lines.append(
            f"{mark} "
            + "  ".join(_padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip()
        )
    return lines


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _width(text: str) -> int:
    """Columns a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
