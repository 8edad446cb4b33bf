"""The findings of the page: as its table shows them, and packed for its script."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from isal import isal_zlib

from audit.ledger.lives import CLOSED
from audit.plaintext import UNSEEN, plain
from audit.report.coded import Coded, CodedFindings
from audit.report.snippets import anywhere
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
_HERE = "{row}"  # stands in a text where a number is to stand
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
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
    """The values of a column as a reader sees them, each once, and per row the place of its own."""

    texts: pa.Array
    places: np.ndarray

    def rows(self, rows: slice | np.ndarray) -> pa.Array:
        """The text of each of some rows."""
        return self.texts.take(pa.array(self.places[rows]))


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
        cells = {name: one.rows(slice(most)).to_pylist() for name, one in told.items()}
        return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


@dataclass(frozen=True)
class PageFindings:
    """The findings that stand, as the page holds them."""

    first: list[dict[str, str]]  # what its table shows without a script
    packed: str  # what the script gets
    held: int  # findings in that
    standing: int


def page_findings(findings: CodedFindings, words: Words, max_rows: int) -> PageFindings:
    """Those that stand of the findings: the first `max_rows` for the table, more for the script."""
    standing = np.flatnonzero(~findings["state"].holds(*CLOSED))
    rows = _page_rows(findings, standing[: max(max_rows, EMBEDDED)], words)
    return PageFindings(rows.first(max_rows), _packed(rows, words), len(rows), len(standing))


def _page_rows(findings: CodedFindings, shown: np.ndarray, words: Words) -> PageRows:
    """The findings in these places."""
    found = {
        name: findings[name].rows(shown).dense()
        for name in (*(name for name in _TOLD if name not in _MADE), *_SOURCE)
    }
    columns = {name: _column_of(coded, _CODED.get(name, ""), words) for name, coded in found.items()}
    columns |= {"source": columns["source_file"], "place": _places(found["source_row"], columns, words)}
    return PageRows({name: columns[name] for name in _TOLD}, _column_of(found["severity"], "", words))


def _packed(rows: PageRows, words: Words) -> str:
    """The rows column by column as deflated JSON in base64: about a tenth of the same as a table."""
    columns = (f"{_JSON(name)}:{_told(rows, name, words)}" for name in rows.columns)
    return b64encode(isal_zlib.compress(f"{{{','.join(columns)}}}".encode(), LEVEL)).decode()


def _told(rows: PageRows, name: str, words: Words) -> str:
    """As JSON: distinct values, and per row the place of its own (left out where all are distinct).

    Columns to choose from have their values in the reader's order: `ordered`.
    """
    column = rows.columns[name]
    if name in _CHOSEN:
        texts = column.texts.to_pylist()
        order = _order(texts, name, words)
        rank = np.array([order.index(text) for text in texts], np.int64)
        codes = ""
        if name == "severity":
            first = dict(zip(texts, np.unique(column.places, return_index=True)[1].tolist(), strict=True))
            own = rows.severity_codes.rows(np.array([first[text] for text in order], np.int64))
            codes = f',"codes":{_JSON(own.to_pylist())}'
        return f'{{"values":{_JSON(order)},"at":{_numbers(rank[column.places])},"ordered":true{codes}}}'
    values = f'{{"values":{_strings(column.texts)}'
    if np.array_equal(column.places, np.arange(len(column.texts))):
        return f"{values}}}"
    return f'{values},"at":{_numbers(column.places)}}}'


def _strings(texts: pa.Array) -> str:
    """Texts as JSON. Most hold nothing that it escapes, and are told as they lie."""
    if not len(texts) or anywhere(texts, r'["\\\x00-\x1f]'):
        return _JSON(texts.to_pylist())
    return '["' + _joined(texts, '","') + '"]'


def _numbers(places: np.ndarray) -> str:
    """Whole numbers as JSON; Python would make an object of each."""
    return f"[{_joined(pa.array(places).cast(pa.string()), ',')}]"


def _joined(texts: pa.Array, mark: str) -> str:
    return str(pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], texts), mark)[0].as_py())


def _order(texts: Sequence[str], name: str, words: Words) -> list[str]:
    """The values that occur: code words as the words list them, others by alphabet."""
    found = set(texts)
    listed = map(plain, words.section(_CODED[name]).values()) if name in _CODED else ()
    known = [value for value in dict.fromkeys(listed) if value in found]
    return [*known, *sorted(found.difference(known))]


def _column_of(column: Coded, group: str, words: Words) -> TextColumn:
    """Values as a reader sees them, code words by their label; what is unknown is empty."""
    texts = column.values.cast(pa.string())
    if group:
        texts = pa.array([plain(words.label(group, value)) for value in texts.to_pylist()], pa.string())
    elif anywhere(texts, UNSEEN):
        texts = pa.array([plain(value) for value in texts.to_pylist()], pa.string())
    elif not pc.any(pc.equal(texts, "")).as_py():
        return TextColumn(_with_blank(texts) if column.has_blanks else texts, column.at)
    return _merged(_with_blank(texts).take(pa.array(column.at)))


def _with_blank(texts: pa.Array) -> pa.Array:
    return pa.concat_arrays([texts, pa.array([""])])


def _merged(texts: pa.Array) -> TextColumn:
    """Texts by row, those that are alike told once."""
    found = texts.dictionary_encode()
    return TextColumn(found.dictionary, found.indices.to_numpy())


def _places(rows: Coded, columns: Mapping[str, TextColumn], words: Words) -> TextColumn:
    """Sheet and row as a reader is told them, as far as there are any."""
    before, after = plain(words("report.row_mark", row=_HERE)).split(_HERE)
    marks = pc.binary_join_element_wise(before, rows.decoded.cast(pa.string()), after, "")
    named = columns["source_sheet"].rows(slice(None))
    named = pc.if_else(pc.equal(named, ""), None, named)
    both = pc.binary_join_element_wise(named, marks, " · ")
    return _merged(pc.coalesce(both, named, marks, pa.scalar("")))


def setup(rows: int, left: int, columns: Sequence[PageColumn], words: Words) -> str:
    """What the script has to know beside the rows, as JSON that no tag can end."""
    told = {
        "rows": rows,
        "left": left,
        "say": words.section("page.say"),
        "columns": [{"name": one.name, "label": one.label, "shown": one.shown} for one in columns],
    }
    return _JSON(told).replace("<", "\\u003c")
