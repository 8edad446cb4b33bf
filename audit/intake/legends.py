"""Code legends that stand beside a table: "设备类型：1,传统POS;2,固话POS" says what 1 and 2 mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.labels import lookup
from audit.tables import Table, normalise_label

_SEARCHED_ROWS, _NOTES = 60, 8
_NAMED = re.compile(
    r"^\s*(?:(?:注|备注|说明|注意|其中|图例)\s*[:：]\s*)?([^:：（(]{1,24}?)\s*(?:[:：]|[（(])\s*(.+?)\s*[）)]?\s*$",
    re.DOTALL,
)
# of 1-正常 2-注销, 0正常1注销 too, a label ends before the next code
_PAIR = re.compile(
    r"(?<![0-9A-Za-z])([0-9]{1,2}|[A-Z])\s*[,，=:：、.．\-—]?\s*([^\s0-9A-Z,，;；/|、=:：.\-—][^,，;；/|、\n]{0,30}?)"
    r"(?=\s*(?:[,，;；/|、\n]|$)|\s+(?:[0-9]{1,2}|[A-Z])\s*[,，=:：、.．\-—]|\s*[0-9]{1,2}\s*[\-=:：.、]?[\u4e00-\u9fff])"
)


def harvest(
    grid: Grid, header: HeaderMap, table: Table, configured: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Per canonical column, the normalised codes that legends on the sheet explain, to canonical words.

    Legends are looked for in the header itself, above it, in the last rows and in columns nobody claimed. A
    label the column does not know explains nothing, and its code stays unknown.
    """
    found: dict[str, dict[str, str]] = {}
    for text in _candidates(grid, header):
        parts = _NAMED.match(text)
        if not parts:
            continue
        name = lookup(parts[1], table, configured)[0]
        column = table.by_name.get(name)
        if column is None or column.codes is None:
            continue
        pairs = {code: label.strip() for code, label in _PAIR.findall(parts[2])}
        known = {
            normalise_label(code) or code: column.codes.by_label[normalise_label(label)]
            for code, label in pairs.items()
            if normalise_label(label) in column.codes.by_label
        }
        if len(pairs) > 1 and known:
            found.setdefault(name, {}).update(known)
    return found


def _candidates(grid: Grid, header: HeaderMap) -> Iterator[str]:
    mapped = set(header.columns.values())
    for index, column in enumerate(grid.columns):
        searched = min(_SEARCHED_ROWS, grid.height)
        # a column of the table holds none, but for titles and the notes at the end
        notes = range(max(header.row + 1, grid.height - _NOTES), grid.height)
        rows = [*range(header.row + 1), *notes] if index in mapped else [*range(searched), *notes]
        for row in dict.fromkeys(rows):
            text = column[row].as_py()
            if text and len(text) > 5:
                yield text
