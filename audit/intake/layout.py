"""Which rows below the header are data, and what the others are."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.characters import byte_lengths, bytes_of, made_of
from audit.intake.explained import EXAMPLE_ROW, EXPLAINED_WITHIN, HINT, numbers_columns
from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.labels import lookup
from audit.intake.patterns import all_cells, any_cell, is_filled, matches
from audit.intake.reading import Aside
from audit.intake.repeats import decoded, numbered, per_row
from audit.intake.stacked import set_tables_below_aside
from audit.tables import CHANNEL, Kind, Table, normalise_label

# RE2; a whole cell that announces a total
_TOTAL = (
    r"(?i)^[\s`#*]*(.{0,40}(合计|总计|小计|共计|累计|汇总|计数|平均值)|(合计|总计|小计|共计|总条数|总笔数|总数|总台数|记录数)\s*[:：]?.{0,20}"
    r"|共\s*\d+\s*(条|台|户|笔|行|个|页).{0,10}"
    r"|[（(]?\s*\d+\s*(rows?\s*(selected|affected|returned|in set)|行受影响).{0,20}"
    r"|已选择\s*\d+\s*行.{0,5}"
    r"|((sub|grand )?totals?|((total|number of|record|row) )?(records|rows|devices|terminals|items|count))"
    r"\s*[:：]?\s*[\d,.]*(\s*(records?|rows?|devices?|terminals?|items?))?)[\s`]*$"
)
# an example, or what may be filled in
_EXAMPLE = (
    r"示例|样例|示范数据|请删除|（例）|\(例\)|^\s*[例如][:：]|(?i)^\s*(example|sample) row"
    r"|(?i)^\s*[（(\[]?(必填|选填|非必填|必输|required|optional)"
)
# in every cell of a row with fewer than others: 商户号：898100000000001 | 商户名称：某店
_LABELLED = r"^\s*[\p{Han}A-Za-z /]{2,16}[:：]"
# of a row that names a merchant: 商户编号 before a cell with its number, or 商户编号：898100000000001
_CARD = (
    r"(?i)^\s*([商客]户(号码?|编号|编码|代码|ID|名称|全称|简称)?|商编|MID|merchant\s?(id|no\.?|number|name))"
    r"\s*[:：]?\s*$"
)
_CARD_BEGINS = ("商户", "客户", "商编", "MID", "Merchant", "MERCHANT", "merchant")
_NUMBERED_CARD = (
    r"(?i)^\s*([商客]户(号码?|编号|编码|代码|ID)|商编|MID|merchant\s?(id|no\.?|number))"
    r"\s*[:：]\s*[0-9A-Z]{8,20}\s*$"
)
_RULE = r"^\s*[-=_+:*~|—─━]{2,}\s*$"  # below a header, in every cell: :--- and ----
_COMMENT = (
    r"^\s*(#|//|--|——|\*{2,}|-{4,}|[\x{2500}-\x{257F}]{2,}|(?i:T|TLR|TRL|TRAILER|EOF)\s*$"
    r"|(制表|制单|填表|填报|审核|复核|经办|打印|导出|报表|统计|查询|备注|说明|注)[^:：]{0,6}[:：])"
)
# what could be an identifier, damaged ones included: a row that names something is a row of data
_IDENTIFIER = (
    r"^[\s\p{Z}\p{C}`'\"‘’“”=＝]*(?:[A-Za-z]{1,8}\s*[:：])?\s*"
    r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ][0-9A-Za-z０-９Ａ-Ｚａ-ｚ\s\p{Z}\p{C}_./:+-]{4,}[\s\p{Z}\p{C}\"“”]*$"
    r"|^#[A-Z]"
)
# words, or none with a digit: "Prepared by: admin", "End of report"
_PROSE = r"[A-Za-z]{2,}[\s:：]+[A-Za-z]{2,}|^\P{Nd}*$|^Elapsed: "
_HEADING = r"\p{Han}.*\p{Han}"
_LETTERS_AND_DIGITS = bytes_of(string.digits + string.ascii_letters)
_FEW_ROWS = 1_000
_SPARSE_SHARE = 0.34
_MOSTLY = 0.9
_PROSE_BELOW = 2  # cells of a usual row: of shorter ones, the only cell says no less


def classify_rows(grid: Grid, header: HeaderMap, table: Table) -> np.ndarray:
    """Per row of the grid, "" for data or the `Aside` word; rows up to the header are titles."""
    everywhere = range(len(grid.columns))
    filled = np.zeros(grid.height, np.int32)
    for column in grid.columns:
        filled += is_filled(column)
    kinds = np.full(grid.height, "", dtype="<U10")
    body = np.arange(grid.height) > header.row
    typical = float(np.median(filled[body & (filled > 0)])) if (body & (filled > 0)).any() else 0.0
    # among a handful of rows the notes may be the majority: the header knows how wide a row is
    wide = max(typical, filled[header.row] / 2)
    sparse = filled <= (max(2.0, wide * _SPARSE_SHARE) if wide > 4 else 1 if wide > 2 else 0)
    cards = _cards(grid, body)
    named = names_something(grid, header, table) & ~cards
    named |= _of_channels(grid, header, table, body & ~named & (filled > 1))
    cards |= any_cell(grid, everywhere, _NUMBERED_CARD, body & ~named)
    if typical > _PROSE_BELOW:  # the only cell of a row may be a sentence that looks like a number
        named &= ~any_cell(grid, everywhere, _PROSE, body & named & (filled == 1))
    thin = body & ((filled < typical if typical > 1 else filled <= 1) | ((filled < wide) & ~named))

    kinds[any_cell(grid, everywhere, _COMMENT, thin & ~named, first_only=True)] = Aside.NOTE
    kinds[body & sparse & ~named] = Aside.NOTE
    kinds[all_cells(grid, _LABELLED, body & ~named & (filled < typical) & (filled > 0))] = Aside.NOTE
    if filled[header.row] > _PROSE_BELOW:  # where headings are half of the rows, a usual one has few cells
        alone = body & ~named & (filled == 1)
        kinds[any_cell(grid, everywhere, _HEADING, alone)] = Aside.NOTE
    if filled[header.row] > _PROSE_BELOW:
        kinds[_heads_of_merchants(grid, header, body & named & (filled == 1))] = Aside.NOTE
    # a device whose remark says 共3台 is a device: among rows that name something, only the first cell tells
    kinds[any_cell(grid, everywhere, _TOTAL, thin & ~named)] = Aside.TOTAL
    # and so it does in a row that names nothing, however much stands beside it
    kinds[any_cell(grid, everywhere, _TOTAL, thin | (body & ~named), first_only=True)] = Aside.TOTAL
    first_rows = body & (np.arange(grid.height) <= header.row + EXPLAINED_WITHIN)
    # a title of a policy says what that is about
    naming = (table.key_parts | {"merchant_name", "store_name"}) - {"title"}
    names = [index for name, index in header.columns.items() if name in naming]
    kinds[any_cell(grid, names, _EXAMPLE, first_rows)] = Aside.EXAMPLE
    kinds[any_cell(grid, everywhere, EXAMPLE_ROW, first_rows, first_only=True)] = Aside.EXAMPLE
    end = max(header.columns.values()) + 1  # what stands beside the list is none of its rows
    kinds[all_cells(grid, HINT, first_rows, range(end))] = Aside.EXAMPLE
    repeats = _equal_labels(grid, header)
    kinds[body & (repeats >= np.maximum(2, (filled + 1) // 2))] = Aside.HEADER
    for row in np.flatnonzero(first_rows).tolist():
        if _names_columns(grid.row(row), header, table) or numbers_columns(grid.row(row)[:end]):
            kinds[row] = Aside.HEADER
    below_header = first_rows | np.append(False, kinds[:-1] == Aside.HEADER)
    kinds[all_cells(grid, _RULE, below_header)] = Aside.NOTE
    kinds[body & (filled == 0)] = Aside.BLANK
    kinds[cards] = Aside.NOTE
    set_tables_below_aside(grid, header, table, kinds, body & ~named & ~cards & (filled > 1))
    kinds[: header.row + 1] = Aside.TITLE
    return kinds


def continues(grid: Grid, headers: Iterable[HeaderMap], table: Table) -> bool:
    """Whether the rows of a sheet without a header, the first included, are rows under that of another."""
    filled = np.zeros(grid.height, bool)
    for column in grid.columns:
        filled |= is_filled(column)
    parts = table.key_parts
    return any(
        all(header.columns[part] < len(grid.columns) for part in parts & header.columns.keys())
        and filled.any()
        and names_something(grid, replace(header, row=-1), table)[filled].mean() >= _MOSTLY
        for header in headers
    )


def names_something(grid: Grid, header: HeaderMap, table: Table) -> np.ndarray:
    """Rows below the header whose key cells could be keys, so that a sparse row is still a row of data."""
    named, below = np.zeros(grid.height, bool), header.row + 1
    for key in table.keys:
        if not all(part in header.columns for part in key):
            continue
        complete = np.ones(grid.height - below, bool)
        for part in key:
            cells = grid.columns[header.columns[part]].slice(below)
            is_number = table.by_name[part].kind is Kind.IDENTIFIER
            complete &= could_be_identifiers(cells) if is_number else is_filled(cells)
        named[below:] |= complete
    return named


def _equal_labels(grid: Grid, header: HeaderMap) -> np.ndarray:
    """Per row, how many mapped cells repeat their own header."""
    repeats = np.zeros(grid.height, np.int32)
    for index in set(header.columns.values()):
        label = grid.columns[index][header.row].as_py()
        values, numbers = numbered(grid.columns[index])
        equal = pc.fill_null(pc.equal(values, pa.scalar(label, pa.string())), False)
        if numbers is None:
            repeats += equal.to_numpy(zero_copy_only=False)
        elif (place := pc.index(equal, True).as_py()) >= 0:
            repeats += numbers.fill_null(-1).to_numpy(zero_copy_only=False) == place
    return repeats


def _cards(grid: Grid, body: np.ndarray) -> np.ndarray:
    """Rows that say whose devices are listed below, each cell beside its name."""
    begin = np.zeros(grid.height, bool)
    for column in grid.columns[:2]:
        values, index = numbered(column)
        for word in _CARD_BEGINS:
            begin |= per_row(
                pc.fill_null(pc.starts_with(values, word), False).to_numpy(zero_copy_only=False), index
            )
    named = any_cell(grid, range(len(grid.columns)), _CARD, begin, first_only=True)
    cards = any_cell(grid, range(len(grid.columns)), r"\d{6}", named)
    if cards.any():  # and those of the same names whose merchant has no number yet
        names = _names_of_card(grid, int(np.flatnonzero(cards)[0]))
        for row in np.flatnonzero(named & ~cards).tolist():
            cards[row] = names == _names_of_card(grid, row)
    cards &= body
    return cards


def _names_of_card(grid: Grid, row: int) -> dict[int, str]:
    return {at: cell for at, cell in enumerate(grid.row(row)) if cell and re.search(_CARD, cell)}


def _of_channels(grid: Grid, header: HeaderMap, table: Table, asked: np.ndarray) -> np.ndarray:
    """Rows of those asked for that say the state of a channel, of a device which a row above them names."""
    found = np.zeros(grid.height, bool)
    if not {"channel", table.status} <= header.columns.keys() or not asked.any():
        return found
    rows = np.flatnonzero(asked & is_filled(grid.columns[header.columns[table.status]]))
    channels = decoded(grid.columns[header.columns["channel"]].take(pa.array(rows)))
    known = [
        word for word in pc.unique(channels).to_pylist() if word and normalise_label(word) in CHANNEL.by_label
    ]
    found[rows] = pc.is_in(channels, value_set=pa.array(known, pa.string())).to_numpy(zero_copy_only=False)
    return found


def _heads_of_merchants(grid: Grid, header: HeaderMap, alone: np.ndarray) -> np.ndarray:
    """Of rows with one cell those that say the number of a merchant, whose devices are listed below."""
    rows: np.ndarray = np.flatnonzero(alone)
    if "merchant_no" not in header.columns or not 0 < len(rows) <= _FEW_ROWS:
        return rows[:0]
    texts = pc.coalesce(*(decoded(column.take(pa.array(rows))) for column in grid.columns))
    others = decoded(grid.columns[header.columns["merchant_no"]]).filter(pa.array(~alone))
    heads: np.ndarray = rows[pc.is_in(texts, value_set=others.drop_null()).to_numpy(zero_copy_only=False)]
    return heads


def _names_columns(cells: list[str | None], header: HeaderMap, table: Table) -> bool:
    """Whether a row below the header names its columns once more, in another language or as programs do."""
    named = {index for index, cell in enumerate(cells) if cell and _means(cell, index, header, table)}
    keys = {header.columns[part] for key in table.keys for part in key if part in header.columns}
    filled = sum(cell is not None for cell in cells)
    return len(named) > 1 and (bool(named & keys) or 2 * len(named) >= filled)


def _means(cell: str, index: int, header: HeaderMap, table: Table) -> bool:
    return header.columns.get(lookup(cell, table, {})[0]) == index


def could_be_identifiers(cells: pa.Array) -> np.ndarray:
    """Cells that match `_IDENTIFIER`; letters and digits alone do so by their number."""
    values, index = numbered(cells)
    filled = is_filled(values)
    found: np.ndarray = filled & made_of(values, _LETTERS_AND_DIGITS) & (byte_lengths(values) > 4)
    rest = np.flatnonzero(filled & ~found)
    found[rest] = matches(values.take(pa.array(rest)), _IDENTIFIER)
    return per_row(found, index)
