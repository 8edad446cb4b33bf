"""The findings of the page: as its table shows them, and packed for its script."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.plaintext import plain
from audit.report.model import Report
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
_BESIDE = ("remedy", "place")  # told in the cell of another column
_CODED = {"severity": "severity", "state": "state", "owner": "owner", "channel": "channel"}
_CHOSEN = ("severity", "state", "rule", "owner")  # the columns with a list to choose from


def page_columns(words: Words) -> list[PageColumn]:
    """Every column, in order."""
    return [
        PageColumn(name, words(f"header.{'source_file' if name == 'source' else name}"), shown)
        for name, shown in _COLUMNS.items()
    ]


def page_rows(report: Report, words: Words, most: int) -> pd.DataFrame:
    """The findings that stand, the first `most`, as text. `severity_code` is the code word."""
    found = report.standing.head(most)
    columns = {
        name: found[name].map({word: words.label(group, word) for word in found[name].dropna().unique()})
        for name, group in _CODED.items()
    }
    columns["source"] = found["source_file"]
    columns["place"] = _places(found["source_sheet"], found["source_row"], words)
    names = (*_COLUMNS, *_BESIDE)
    rows = pd.DataFrame({name: _texts(columns[name] if name in columns else found[name]) for name in names})
    return rows.assign(severity_code=found["severity"])


def _places(sheets: pd.Series, rows: pd.Series, words: Words) -> pd.Series:
    """Sheet and row as a reader is told them, as far as there are any."""
    marks = [[] if pd.isna(row) else [words("report.row_mark", row=int(row))] for row in rows]
    named = zip(_texts(sheets), marks, strict=True)
    return pd.Series([" · ".join([*([sheet] if sheet else []), *mark]) for sheet, mark in named], rows.index)


def packed(rows: pd.DataFrame, words: Words) -> str:
    """The rows column by column as deflated JSON in base64: about a tenth of the same as a table."""
    columns = {name: _column(rows, name, words) for name in (*_COLUMNS, *_BESIDE)}
    plain_json = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    return b64encode(zlib.compress(plain_json.encode(), 6)).decode()


def _column(rows: pd.DataFrame, name: str, words: Words) -> dict[str, object]:
    """Distinct values, and per row the place of its own (left out where all are distinct).

    Columns to choose from have their values in the reader's order: `ordered`.
    """
    values = rows[name]
    if name in _CHOSEN:
        order = _order(rows, name, words)
        column: dict[str, object] = {
            "values": order,
            "at": pd.Categorical(values, order).codes.tolist(),
            "ordered": True,
        }
        if name == "severity":
            codes = rows.drop_duplicates("severity").set_index("severity")["severity_code"]
            column["codes"] = [codes[value] for value in order]
        return column
    at, distinct = pd.factorize(values)
    if len(distinct) == len(values):
        return {"values": values.tolist()}
    return {"values": distinct.tolist(), "at": at.tolist()}


def _order(rows: pd.DataFrame, name: str, words: Words) -> list[str]:
    """The values that occur: code words as the words list them, others by alphabet."""
    found = set(rows[name])
    listed = map(plain, words.section(_CODED[name]).values()) if name in _CODED else ()
    known = [value for value in dict.fromkeys(listed) if value in found]
    return [*known, *sorted(found.difference(known))]


def _texts(values: pd.Series) -> pd.Series:
    """Values as a reader sees them; what is unknown is empty."""
    places, distinct = pd.factorize(values.astype(object).where(values.notna(), ""))
    texts = np.array([plain(str(value)) for value in distinct], object)
    return pd.Series(texts[places], values.index, dtype=object)


def setup(rows: int, left: int, columns: Sequence[PageColumn], words: Words) -> str:
    """What the script has to know beside the rows, as JSON that no tag can end."""
    told = {
        "rows": rows,
        "left": left,
        "say": words.section("page.say"),
        "columns": [{"name": one.name, "label": one.label, "shown": one.shown} for one in columns],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
