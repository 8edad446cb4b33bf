"""What is said of a file: why it could not be used, and what its reader should know.

Apart from the report, whose tables need a library that takes half a second to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from audit.config import Settings
from audit.errors import ConfigError
from audit.files import shown_name
from audit.intake.reading import FileReading
from audit.intake.store import Store
from audit.plaintext import plain
from audit.routing.owners import Owner, UnreadableList, owners_of
from audit.words import Words


def shown_fact(name: str, value: object, words: Words) -> object:
    """A fact in words: names of tables and columns as the reader knows them."""
    if name in ("feed", "table", "other"):
        return words.label("feed", value)
    if name == "rejected_for":
        return words.label("reject", value)
    if name == "kind":
        return words.label("file_kind", value)
    if name == "column":
        return words.column(str(value))
    if name == "channel":
        return words.label("channel", value)
    if name == "columns" and isinstance(value, (list, tuple)):
        return [words.column(str(column)) for column in value]
    return value


def problem_of(reading: FileReading, words: Words) -> str:
    """The sentence for a file that could not be used: what was found and what to do."""
    if not reading.error:
        return ""
    return _sentence(reading, f"error.{reading.error_key}", reading.error_facts, words)


def notice_sentences(reading: FileReading, words: Words) -> Iterable[str]:
    """What the reader of a file should know though nothing was rejected for it."""
    for key, facts in reading.notices:
        yield _sentence(reading, f"notice.{key}", facts, words)


def skipped_sheets(reading: FileReading, words: Words) -> Iterable[str]:
    """One sentence about sheets with something in them that say nothing of the table, in a file that does.

    Those that could not be read are alarms.
    """
    told = [
        f"{sheet.name}{words('colon')}{words.label('cli', f'sheet_skipped_{sheet.skipped}')}"
        for sheet in reading.sheets
        if sheet.skipped not in ("", "empty") and sheet not in reading.unread
    ]
    if told and not reading.error:
        yield words("notice.sheets_skipped", sheets=told)


def _sentence(reading: FileReading, key: str, facts: Mapping[str, object], words: Words) -> str:
    shown = _shown(reading, facts, words)
    suggestions = shown.pop("suggestions", {})
    sentence = words(key, **shown)
    if isinstance(suggestions, Mapping):
        near = [
            words("error.suggestion", column=words.column(name), headers=headers)
            for name, headers in suggestions.items()
            if headers
        ]
        sentence = words("sentence_mark").join([sentence, *near])
    return sentence


def _shown(reading: FileReading, facts: Mapping[str, object], words: Words) -> dict[str, object]:
    """Facts in words. The sheet of a text has no name; spreadsheet programs give it that of the file."""
    shown = {name: shown_fact(name, value, words) for name, value in facts.items()}
    if facts.get("sheet") == "":
        shown["sheet"] = plain(PurePath(shown_name(reading.path)).stem)
    return shown


def owners_as_told(settings: Settings, store: Store, words: Words) -> tuple[Owner, ...]:
    """The owners of `[routing]`. Raises ConfigError for a list of merchants that cannot be used, and why."""
    try:
        return owners_of(settings, store)
    except UnreadableList as failure:
        problem = problem_of(failure.reading, words) if failure.reading else words("error.no_such_file")
        raise ConfigError("routing_file", **failure.facts, problem=problem) from failure
