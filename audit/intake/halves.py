"""Columns whose cells hold what two or three columns are for, parted as their header is: 终端号/SN."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.grid import Grid
from audit.intake.identifiers import name_beside_number, number_beside_name
from audit.intake.labels import columns_of_parts
from audit.intake.meaning import sample
from audit.intake.repeats import decoded, each, numbered
from audit.tables import Table, header_forms
from audit.tables.codes import NULL_TOKENS

_BETWEEN_NAMES = re.compile(r"[/|、,，\n+&]|和|及|与")
_BETWEEN = r"\s*[/|、,，;；\n]\s*"  # RE2; in cells
_VENDOR_AND_MODEL = re.compile("(?:终端|设备|机具|产品|机器|pos机?)?(?:品牌|厂商|厂家)及?(?:型号|机型)")
_GLUED = r"^\s*(\p{Han}+)[\s_-]*([0-9A-Za-z][^\p{Han}]*)$"  # 联迪 A8, 联迪A8; RE2
_LONGEST = 40  # characters of a header
BESIDE_NUMBER = -1  # the place of a merchant's name
_NOTHING = pa.array(sorted(NULL_TOKENS))


def shared_columns(
    grid: Grid,
    row: int,
    labels: Mapping[int, str],
    table: Table,
    configured: Mapping[str, str],
    taken: Collection[str],
) -> dict[str, tuple[int, int]]:
    """Per canonical column that is still missing, the column of the sheet that holds it and the place in its
    cells. Every cell has to have as many parts as the header has names, or nothing is parted.
    """
    found: dict[str, tuple[int, int]] = {}
    for index, label in labels.items():
        names = names_in(label, table, configured)
        if not names or not set(names).isdisjoint({*taken, *found}):
            continue
        if _all_parted(grid, row, index, len(names)):
            found |= {name: (index, place) for place, name in enumerate(names)}
    return found


def names_in(label: str, table: Table, configured: Mapping[str, str]) -> list[str]:
    """The different columns that the parts of a header name; none where one of them names no column."""
    if any(map(_VENDOR_AND_MODEL.fullmatch, header_forms(label))):
        return ["vendor", "model"]
    parts = [part.strip() for part in _BETWEEN_NAMES.split(label)] if len(label) <= _LONGEST else []
    names = columns_of_parts([part for part in parts if part], table, configured)
    return names if len(parts) > 1 and all(names) and len(set(names)) == len(parts) else []


def names_merchants(grid: Grid, row: int, index: int, digits: int = 0) -> bool:
    """Whether most cells have a merchant's number and its name beside it; all, with so many digits."""
    texts = sample(grid, row, index)
    if not digits:
        return 2 * sum(bool(name_beside_number(text)) for text in texts) > len(texts)
    if not texts or len(number_beside_name(texts[0])) != digits:
        return False
    every = _different(grid, row, index).to_pylist()
    return all(len(number_beside_name(text)) == digits and name_beside_number(text) for text in every)


def part_of(cells: pa.Array, place: int) -> pa.Array:
    """What stands in that place of each cell; the name beside a number where it is `BESIDE_NUMBER`."""
    if place == BESIDE_NUMBER:
        return each(
            cells,
            lambda texts: pa.array(
                [name_beside_number(text) or None if text else None for text in texts.to_pylist()],
                pa.string(),
            ),
        )
    return each(cells, partial(_part, place=place))


def _part(texts: pa.Array, place: int) -> pa.Array:
    split = _parts(texts)
    long_enough = pc.fill_null(pc.greater(pc.list_value_length(split), place), False)
    parts = pc.list_element(pc.if_else(long_enough, split, pa.scalar([""] * (place + 1))), place)
    return pc.if_else(long_enough, parts, None)


def _parts(texts: pa.Array) -> pa.Array:
    """The parts of each cell; a name in Chinese and what is in Latin letters behind it are two."""
    glued = pc.invert(pc.match_substring_regex(texts, _BETWEEN))
    texts = pc.if_else(glued, pc.replace_substring_regex(texts, _GLUED, r"\1/\2"), texts)
    return pc.split_pattern_regex(texts, _BETWEEN)


def _all_parted(grid: Grid, row: int, index: int, count: int) -> bool:
    texts = _different(grid, row, index)
    lengths = pc.list_value_length(_parts(texts))
    return len(texts) > 0 and bool(pc.all(pc.equal(lengths, count)).as_py())


def _different(grid: Grid, row: int, index: int) -> pa.Array:
    """The different texts of a column that say something."""
    texts = pc.utf8_trim_whitespace(numbered(decoded(grid.columns[index].slice(row + 1)))[0].drop_null())
    return texts.filter(pc.invert(pc.is_in(pc.utf8_upper(texts), value_set=_NOTHING)))
