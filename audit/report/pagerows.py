"""The findings of the page: as its table shows them, and packed for its script."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from zlib_ng import zlib_ng

from audit.plaintext import all_plain, plain
from audit.report.model import Report
from audit.report.xlsxpackage import LEVEL
from audit.words import Words

EMBEDDED = 100_000  # findings the script gets; opened within three seconds


@dataclass(frozen=True)
class PageColumn:
    """A column a reader may choose."""

    name: str
    label: str
    shown: bool  # before anybody chooses


# the table in the page itself has the columns that are shown
_COLUMNS = {
    "severity": True,
    "state": True,
    "rule": True,
    "detail": True,
    "merchant_name": True,
    "owner": True,
    "due_on": True,
    "source": True,
    "serial_no": False,
    "terminal_id": False,
    "merchant_no": False,
    "channel": False,
    "vendor": False,
    "agent": False,
    "province": False,
    "store_no": False,
    "first_seen": False,
    "cause": False,
    "finding_id": False,
}
_TOLD = (*_COLUMNS, "remedy", "place")  # the last two in the cell of another column
_MADE = ("source", "place")
_SOURCE = ("source_file", "source_sheet", "source_row")
_HERE = "\0"  # stands in a text where a number is to stand
_CODED = {"severity": "severity", "state": "state", "owner": "owner", "channel": "channel"}
_CHOSEN = ("severity", "state", "rule", "owner")  # the columns with a list to choose from


def page_columns(words: Words) -> list[PageColumn]:
    """Every column, in order."""
    return [
        PageColumn(name, words(f"header.{'source_file' if name == 'source' else name}"), shown)
        for name, shown in _COLUMNS.items()
    ]


@dataclass(frozen=True)
class TextColumn:
    """The values of a column as a reader sees them: each once, as they first occur, and per row its place."""

    texts: list[str]
    places: np.ndarray


@dataclass(frozen=True)
class PageRows:
    """Findings by column, as text."""

    columns: Mapping[str, TextColumn]
    severity_codes: TextColumn  # the code words behind the texts of `severity`

    def __len__(self) -> int:
        return len(self.columns["severity"].places)

    def first(self, most: int) -> list[dict[str, str]]:
        """The first rows; `severity_code` is the code word."""
        told = {**self.columns, "severity_code": self.severity_codes}
        cells = {
            name: [one.texts[place] for place in one.places[:most].tolist()] for name, one in told.items()
        }
        return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def page_rows(report: Report, words: Words, most: int) -> PageRows:
    """The findings that stand, the first `most`."""
    found = report.standing[[*(name for name in _TOLD if name not in _MADE), *_SOURCE]].head(most)
    columns = {name: _column_of(found[name], _CODED.get(name, ""), words) for name in map(str, found)}
    columns |= {"source": columns["source_file"], "place": _places(found, words)}
    return PageRows({name: columns[name] for name in _TOLD}, _column_of(found["severity"], "", words))


def packed(rows: PageRows, words: Words) -> str:
    """The rows column by column as deflated JSON in base64: about a tenth of the same as a table."""
    columns = {name: _told(rows, name, words) for name in rows.columns}
    plain_json = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    return b64encode(zlib_ng.compress(plain_json.encode(), LEVEL)).decode()


def _told(rows: PageRows, name: str, words: Words) -> dict[str, object]:
    """Distinct values, and per row the place of its own (left out where all are distinct).

    Columns to choose from have their values in the reader's order: `ordered`.
    """
    column = rows.columns[name]
    if name in _CHOSEN:
        order = _order(column.texts, name, words)
        rank = np.array([order.index(text) for text in column.texts], np.int64)
        told: dict[str, object] = {"values": order, "at": rank[column.places].tolist(), "ordered": True}
        if name == "severity":
            first = dict(zip(column.texts, np.unique(column.places, return_index=True)[1], strict=True))
            codes = rows.severity_codes
            told["codes"] = [codes.texts[codes.places[first[value]]] for value in order]
        return told
    if len(column.texts) == len(column.places):
        return {"values": column.texts}
    return {"values": column.texts, "at": column.places.tolist()}


def _order(texts: Sequence[str], name: str, words: Words) -> list[str]:
    """The values that occur: code words as the words list them, others by alphabet."""
    found = set(texts)
    listed = map(plain, words.section(_CODED[name]).values()) if name in _CODED else ()
    known = [value for value in dict.fromkeys(listed) if value in found]
    return [*known, *sorted(found.difference(known))]


def _column_of(values: pd.Series, group: str, words: Words) -> TextColumn:
    """Values as a reader sees them, code words by their label; what is unknown is empty."""
    places, distinct = pd.factorize(values)
    texts = all_plain([words.label(group, value) if group else str(value) for value in distinct])
    if places.min(initial=0) < 0 or len({*texts}) < len(texts):
        return _merged([*texts, ""], places)
    return TextColumn(texts, places)


def _merged(texts: list[str], places: np.ndarray) -> TextColumn:
    """The same with texts that are alike told once; the last of them is that of place -1."""
    places, distinct = pd.factorize(np.array(texts, object)[places])
    return TextColumn(distinct.tolist(), places)


def _places(found: pd.DataFrame, words: Words) -> TextColumn:
    """Sheet and row as a reader is told them, as far as there are any."""
    mark, rows = words("report.row_mark", row=_HERE), found["source_row"]
    marks = [
        "" if missing else mark.replace(_HERE, str(int(row)))
        for row, missing in zip(rows, rows.isna(), strict=True)
    ]
    sheets = _column_of(found["source_sheet"], "", words)
    named = [sheets.texts[place] for place in sheets.places.tolist()]
    texts = [
        f"{sheet} · {mark}" if sheet and mark else sheet or mark
        for sheet, mark in zip(named, all_plain(marks), strict=True)
    ]
    return _merged(texts, np.arange(len(texts)))


def setup(rows: int, left: int, columns: Sequence[PageColumn], words: Words) -> str:
    """What the script has to know beside the rows, as JSON that no tag can end."""
    told = {
        "rows": rows,
        "left": left,
        "say": words.section("page.say"),
        "columns": [{"name": one.name, "label": one.label, "shown": one.shown} for one in columns],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
