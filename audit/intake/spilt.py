"""Addresses that go on in a column without a header, or in a line below: joined where there is no doubt."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.filled import ADDRESSES, LINED
from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.notices import Notice
from audit.intake.patterns import is_filled, matches
from audit.intake.reading import Aside
from audit.intake.repeats import decoded, encoded, numbered
from audit.tables import Kind, Table

# the rest of an address: a house, a floor, a shop; RE2
_REST = (
    r"^\s*[\p{Han}0-9A-Za-z０-９#＃()（）~、.·\s－-]{0,60}"
    r"(?:[0-9０-９A-Za-z一二三四五六七八九十][#＃号楼层栋幢座室弄组铺区期F]|单元|商铺|[号室楼层栋幢座铺店场厦园苑村路街巷])"
    r"[\p{Han}0-9A-Za-z０-９#＃()（）~、.·\s－-]{0,40}$"
)
_PROVINCE = re.compile(r"^\s*\w{2,3}省")
_CITY = re.compile(r"^\s*\w{2,8}?(?<![超夜菜集门])市")
_HOUSE = re.compile(r"(?:路|街|大道|巷|弄)\D{0,3}\d")
_NO_ADDRESS = r"备注|说明|[已未请停换撤坏待勿]|联系|电话|客户|商户|合计|[省市]?分公司|库存"
_COUNTS = r"^\s*\d{1,5}(?:\.0)?\s*$"  # rows are numbered
_CODES = r"^\s*[0-9A-Z]{1,2}\s*$"  # beside what they mean
_EXPLAINS = r"(?:^|[^0-9A-Za-z])[0-9A-Z]{1,2}\s*[,，=:：、-]\s*\p{Han}|[:：（(].*\d"
_LISTED = 20


def with_spilt(grid: Grid, header: HeaderMap, table: Table, kinds: np.ndarray) -> tuple[Grid, list[Notice]]:
    """The sheet with what its addresses lack in their cells, and what is to be told: of this, and of cells
    that no header names and nothing was made of.

    `kinds` tells rows of data ("") from others.
    """
    data = kinds == ""
    grid, told = _with_columns(grid, header, data)
    grid, of_lines = _with_lines(grid, header, table, kinds)
    return grid, [*told, *of_lines]


def _with_columns(grid: Grid, header: HeaderMap, data: np.ndarray) -> tuple[Grid, list[Notice]]:
    columns, left = list(grid.columns), []
    joined: dict[int, list[str]] = {}  # by the column of the address
    count = 0
    ends = {header.columns[name]: header.columns[name] for name in ADDRESSES if name in header.columns}
    for index in header.nameless:
        if index >= len(columns) or (grid.is_text and index >= header.width):
            break  # of another sheet, which this one goes on with; told of as a separator too many
        filled = is_filled(columns[index]) & data
        if index in header.of_others or not filled.any():
            continue
        of = next((address for address, end in ends.items() if end == index - 1), None)
        if of is not None and (
            _is_merged(grid, header.row, of, index) or _goes_on(columns[of], columns[index], filled)
        ):
            both = pc.binary_join_element_wise(
                *(pc.fill_null(decoded(columns[place]), "") for place in (of, index)), ""
            )
            columns[of] = encoded(pc.if_else(pa.array(filled), both, decoded(columns[of])))
            columns[index] = pa.nulls(grid.height, pa.string())
            ends[of] = index
            joined.setdefault(of, []).append(grid.letter(index))
        elif lost := _worth_telling(columns, index, filled):
            left.append(grid.letter(index))
            count += lost
    told: list[Notice] = [
        ("address_columns_joined", {"sheet": grid.sheet, "header": header.label(of), "letters": letters})
        for of, letters in joined.items()
    ]
    if left:
        told.append(("columns_nameless", {"sheet": grid.sheet, "letters": left[:_LISTED], "count": count}))
    return (replace(grid, columns=tuple(columns)) if joined else grid), told


def _is_merged(grid: Grid, row: int, first: int, last: int) -> bool:
    """Whether the header of one column is that of the other as well."""
    return any(
        merge.first_row <= row <= merge.last_row
        and merge.first_column - grid.first_column == first
        and merge.last_column - grid.first_column >= last
        for merge in grid.merges
    )


def _goes_on(address: pa.Array, rest: pa.Array, filled: np.ndarray) -> bool:
    """Whether all cells of a column are the rest of an address, and stand beside one."""
    if not is_filled(address)[filled].all():
        return False
    values = numbered(rest.filter(pa.array(filled)))[0].drop_null()
    return bool(_is_rest(values).all())


def _is_rest(values: pa.Array) -> np.ndarray:
    rest: np.ndarray = matches(values, _REST) & ~matches(values, _NO_ADDRESS)
    return rest


def _is_another(address: str, text: str) -> bool:
    """Whether a text is an address of its own: it names a province, a city or the number of a house, as the
    one above it does."""
    return any(part.search(address) and part.search(text) for part in (_PROVINCE, _CITY, _HOUSE))


def _worth_telling(columns: Sequence[pa.Array], index: int, filled: np.ndarray) -> int:
    """How many cells say something: neither the number of their row nor what codes mean."""
    rows = pa.array(filled)
    cells = decoded(columns[index].filter(rows))
    beside = decoded(columns[index - 1].filter(rows)) if index else cells
    if matches(cells, _COUNTS).all() or matches(beside, _CODES).all():
        return 0
    return int((~matches(cells, _EXPLAINS)).sum())


def _with_lines(grid: Grid, header: HeaderMap, table: Table, kinds: np.ndarray) -> tuple[Grid, list[Notice]]:
    first = min(header.columns.values())  # where headings stand
    asked = {
        header.columns[name]: name in ADDRESSES
        for name in LINED
        if header.columns.get(name, first) != first and table.by_name[name].kind is Kind.TEXT
    }
    if not asked or not (kinds == Aside.NOTE).any():
        return grid, []
    lines = _lines(grid, kinds, asked)
    joined: dict[int, dict[int, str]] = {}
    done: dict[int, list[int]] = {}
    left: dict[int, list[int]] = {}
    for row, (place, above, text) in lines.items():
        cell = joined.get(place, {}).get(above) or grid.columns[place][above].as_py()
        is_sure = asked[place] and cell and _is_rest(pa.array([text]))[0] and not _is_another(cell, text)
        if is_sure and above not in {lines[other][1] for other in left.get(place, ())}:
            joined.setdefault(place, {})[above] = f"{cell}{text.strip()}"
            joined[place][row] = ""
            done.setdefault(place, []).append(row)
        else:
            left.setdefault(place, []).append(row)
    told = [
        (key, {"sheet": grid.sheet, "header": header.label(place), "count": len(rows), "rows": _shown(rows)})
        for key, found in (("address_lines_joined", done), ("lines_left", left))
        for place, rows in found.items()
    ]
    return _with_cells(grid, joined), told


def _lines(grid: Grid, kinds: np.ndarray, places: Collection[int]) -> dict[int, tuple[int, int, str]]:
    """Rows with one cell, in one of these columns, below a row of data or another such: the column, the row
    of data, the text."""
    found: dict[int, tuple[int, int, str]] = {}
    filled = np.logical_or.reduce([is_filled(grid.columns[place]) for place in places])
    for row in np.flatnonzero(filled & (kinds == Aside.NOTE)).tolist():
        above = found[row - 1][1] if row - 1 in found else row - 1
        cells = [(place, cell) for place, cell in enumerate(grid.row(row)) if cell and cell.strip()]
        if kinds[above] == "" and len(cells) == 1 and cells[0][0] in places:
            found[row] = (cells[0][0], above, cells[0][1])
    return found


def _with_cells(grid: Grid, cells: Mapping[int, Mapping[int, str]]) -> Grid:
    """The sheet with these texts in these places, by column and row; nothing where a text is ""."""
    if not cells:
        return grid
    columns = list(grid.columns)
    for place, texts in cells.items():
        changed = np.zeros(grid.height, bool)
        changed[list(texts)] = True
        new = pa.array([texts[row] or None for row in sorted(texts)], pa.string())
        columns[place] = encoded(pc.replace_with_mask(decoded(columns[place]), pa.array(changed), new))
    return replace(grid, columns=tuple(columns))


def _shown(rows: list[int]) -> list[int]:
    return [row + 1 for row in rows[:_LISTED]]
