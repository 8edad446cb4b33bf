"""Code legends beside a table or on a sheet of their own: "状态：1,正常;2,停用" says what 1 and 2 mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from audit.intake.codetables import code_tables
from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.labels import lookup
from audit.tables import Column, Table, normalise_label

_SEARCHED_ROWS, _NOTES = 60, 8
_MEANS = "表示|代表|为|是|指"
_NAMED = re.compile(
    r"^\s*(?:(?:注|备注|说明|注意|其中|图例)\s*[:：]\s*)?([^:：（(]{1,24}?)(?:取值|代码|编码)?(?:说明|含义)?"
    # 状态中0表示未报备; 状态：0未报备; 状态（0未报备）
    rf"\s*(?:(?:中|里|字段)?\s*[,，]?\s*(?=[0-9A-Z]{{1,2}}\s*(?:[=:：、\-—]|{_MEANS})|[0-9]{{1,2}}[\u4e00-\u9fff])|[:：]|[（(])\s*(.+?)\s*[）)]?\s*$",
    re.DOTALL,
)
# of 1-正常 2-注销, 0正常1注销 too, a label ends before the next code
_PAIR = re.compile(
    rf"(?<![0-9A-Za-z])([0-9]{{1,2}}|[A-Z])\s*(?:[,，=:：、.．)）\-—]|{_MEANS})?\s*"
    r"([^\s0-9A-Z,，;；/|、=:：.)）\-—][^,，;；/|、\n]{0,30}?)"
    r"(?=\s*(?:[,，;；/|、\n]|$)|\s+(?:[0-9]{1,2}|[A-Z])\s*[,，=:：、.．\-—]"
    r"|\s*[(（]?[0-9]{1,2}\s*[\-=:：.、)）]?[\u4e00-\u9fff])"
)
# the label first: 正常-1，注销-2
_TURNED = re.compile(r"([\u4e00-\u9fff]{1,12})\s*[=:：\-—]\s*([0-9]{1,2}|[A-Z])")
_PARTED = re.compile(r"\s*[,，;；/|、\n]\s*|\s+")
_IN_BRACKETS = re.compile(r"[（(\[【]([^（()）\[\]【】]{6,})[)）\]】]")  # 终端台账（状态：1在用，2停用）
_CODE = re.compile(r"[0-9]{1,2}|[A-Z]")
_LONGEST_DICTIONARY = 300  # rows


def harvest(
    grid: Grid, header: HeaderMap, table: Table, configured: Mapping[str, str], others: Sequence[Grid] = ()
) -> dict[str, dict[str, str]]:
    """Per canonical column, the normalised codes that legends explain, to canonical words.

    Legends are looked for in the header itself, above it, in the last rows and in columns nobody claimed, and
    before all these on `others`, the sheets of the file without a table; there and beside the list also as
    tables of codes. A label the column does not know explains nothing, and its code stays unknown.
    """
    found: dict[str, dict[str, str]] = {}
    explained = (one for other in others for one in _of_dictionary(other, table, configured))
    tables = code_tables(grid, header, table, others)
    for column, pairs in (*tables, *explained, *_of_texts(_candidates(grid, header), table, configured)):
        assert column.codes is not None
        known = {
            normalise_label(code) or code: column.codes.by_label[normalise_label(label)]
            for code, label in pairs.items()
            if normalise_label(label) in column.codes.by_label
        }
        if len(pairs) > 1 and known and column.name in header.columns:
            found.setdefault(column.name, {}).update(known)
    return found


def _of_texts(
    texts: Iterator[str], table: Table, configured: Mapping[str, str]
) -> Iterator[tuple[Column, dict[str, str]]]:
    """The column that each text explains, and its codes with their labels."""
    for said in (form for text in texts for form in (text, *_IN_BRACKETS.findall(text))):
        parts = _NAMED.match(said)
        if parts and (column := _of_codes(parts[1], table, configured)):
            turned = [_TURNED.fullmatch(part) for part in _PARTED.split(parts[2].strip())]
            if all(turned):
                yield column, {pair[2]: pair[1] for pair in turned if pair}
            else:
                yield column, {code: label.strip() for code, label in _PAIR.findall(parts[2])}


def _of_dictionary(
    grid: Grid, table: Table, configured: Mapping[str, str]
) -> Iterator[tuple[Column, dict[str, str]]]:
    """What a sheet of codes explains: 终端状态 | 0 | 在用, the column's name beside its codes, the first of
    them or above them; behind the number of the row or its name in the database."""
    if grid.height > _LONGEST_DICTIONARY:
        return
    rows = [[cell.strip() for cell in grid.row(row) if cell and cell.strip()] for row in range(grid.height)]
    yield from _of_texts((cell for cells in rows for cell in cells if len(cell) > 5), table, configured)
    column: Column | None = None
    pairs: dict[str, str] = {}
    for names, code in (_named_code(cells, table, configured) for cells in rows):
        if names:
            known = (_of_codes(name, table, configured) for name in names)
            named = next(filter(None, known), None)
            if column and column != named:
                yield column, pairs
            if not named or named != column:
                column, pairs = named, {}
        if len(code) > 1:
            pairs[code[0]] = code[1]
    if column:
        yield column, pairs


def _named_code(cells: list[str], table: Table, configured: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The cells before the code of a row, and those from it on; the number of the row is neither."""
    if len(cells) > 1 and _CODE.fullmatch(cells[0]) and lookup(cells[1], table, configured)[0]:
        cells = cells[1:]
    place = next((place for place, cell in enumerate(cells) if _CODE.fullmatch(cell)), len(cells))
    return cells[:place], cells[place:]


def _of_codes(name: str, table: Table, configured: Mapping[str, str]) -> Column | None:
    column = table.by_name.get(lookup(name, table, configured)[0])
    return column if column and column.codes else None


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
