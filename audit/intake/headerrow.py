"""Which row of a sheet is the header of a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from audit.intake.channelnumbers import number_of_channel
from audit.intake.grid import Grid
from audit.intake.halves import names_in
from audit.intake.labels import is_nameless, lookup, unexplained
from audit.intake.meaning import sample
from audit.intake.spellings import is_fallback, is_spelt_otherwise
from audit.intake.tworows import groups_of_two_rows, names_of_two_rows
from audit.tables import TABLES, Kind, Table

SEARCHED_ROWS = 40
# below a long preamble; only where the rows above are none, and of a sheet of usual width
_FAR_ROWS, USUAL_COLUMNS = 300, 200
_OF_WIDE = 12  # rows of a sheet with more columns, for what each costs
_NUMBER = re.compile(r"[0-9A-Za-z-]*\d[0-9A-Za-z-]{3,}")
_MOSTLY = 0.8
_LOOKED_AT = 50  # cells below a header
_TURNED_COLUMNS, _FEWEST_TURNED = 3, 2


@dataclass(frozen=True)
class HeaderRow:
    """Where the header is and what it says, column by column; `score` tells which table it fits best.

    `meant` gives the columns that labels (normalised) name in this sheet, and in no other.
    """

    row: int
    labels: tuple[str | None, ...]
    score: int
    meant: Mapping[str, str] = field(default_factory=dict)


def score(labels: Sequence[str | None], table: Table, configured: Mapping[str, str]) -> int:
    """How many canonical columns a row of labels names beyond doubt, taken as a header."""
    return len(_known(labels, table, configured))


def named(labels: Sequence[str | None], table: Table, configured: Mapping[str, str]) -> set[str]:
    """The canonical columns a row of labels names, taken as a header.

    A name of two meanings counts where the table would have no key without it.
    """
    found = _known(labels, table, configured)
    found |= {number_of_channel(label, table) for label in labels if label} - {""}
    if has_key(found, table):
        return found
    return found.union(*(_parts_of_key(label, table.name) for label in labels if label))


@lru_cache(maxsize=4_096)  # a row is looked at alone and with the one above it
def _parts_of_key(label: str, table: str) -> frozenset[str]:
    """The columns of a key that a label may name where nothing else does."""
    if not any(map(str.isalpha, label)):  # a number or a date, as most cells are
        return frozenset()
    known = TABLES[table]
    parts = (known.by_name[part] for key in known.keys for part in key)
    shared = names_in(label, known, {})
    return frozenset(
        part.name
        for part in parts
        if part.name in shared or is_fallback(label, part, known) or is_spelt_otherwise(label, part, known)
    )


def _known(labels: Sequence[str | None], table: Table, configured: Mapping[str, str]) -> set[str]:
    return {name for label in labels if label and (name := lookup(label, table, configured)[0])}


def has_key(columns: Collection[str], table: Table) -> bool:
    """Whether the columns identify the rows of the table."""
    return any(all(part in columns for part in key) for key in table.keys)


def find_header(grid: Grid, table: Table, configured: Mapping[str, str], fewest: int = 2) -> HeaderRow | None:
    """The row that names most columns of the table, or None when no row names as many as `fewest`.

    A header in two rows - groups above, names below - counts as one when it names more than either.
    """
    is_wide = len(grid.columns) > USUAL_COLUMNS
    near, far = min(_OF_WIDE if is_wide else SEARCHED_ROWS, grid.height), min(_FAR_ROWS, grid.height)
    best = _best_row(grid, range(near), table, configured, fewest)
    if best is None and near < far and not is_wide:
        best = _best_row(grid, range(near, far), table, configured, fewest)
        if best is not None and not has_key(named(best.labels, table, configured), table):
            return None  # words of a preamble
    return None if best is None or _describes(grid, best, table, configured) else best


def _describes(grid: Grid, header: HeaderRow, table: Table, configured: Mapping[str, str]) -> bool:
    """Whether names of columns stand below the key: a sheet that explains columns, a form for each device."""
    parts = table.key_parts
    for index, label in enumerate(header.labels):
        if label and lookup(label, table, configured)[0] in parts:
            below = [text for text in sample(grid, header.row, index)[:_LOOKED_AT] if text != label]
            if below and 2 * sum(bool(lookup(text, table, configured)[0]) for text in below) > len(below):
                return True
    return False


def key_alone(grid: Grid, table: Table, configured: Mapping[str, str]) -> HeaderRow | None:
    """The row that names the key of the table alone, above cells that could be such: a bare list."""
    for row in range(min(_OF_WIDE if len(grid.columns) > USUAL_COLUMNS else SEARCHED_ROWS, grid.height)):
        labels = grid.row(row)
        found = _known(labels, table, configured)
        if (
            len(found) != 1
            or not has_key(found, table)
            or table.by_name[min(found)].kind is not Kind.IDENTIFIER
        ):
            continue
        places = [
            index for index, label in enumerate(labels) if label and lookup(label, table, configured)[0]
        ]
        below = [text for index in places for text in sample(grid, row, index)]
        if below and sum(bool(_NUMBER.search(text)) for text in below) >= _MOSTLY * len(below):
            return HeaderRow(row, tuple(labels), 1)
    return None


def turned(grid: Grid, table: Table, configured: Mapping[str, str]) -> str:
    """The letter of the column in which headers stand one below the other, or ""."""
    for index, column in enumerate(grid.columns[:_TURNED_COLUMNS]):
        found = _known(column.slice(0, SEARCHED_ROWS).to_pylist(), table, configured)
        if len(found) > _FEWEST_TURNED and has_key(found, table):
            return grid.letter(index)
    return ""


def _best_row(
    grid: Grid, rows: range, table: Table, configured: Mapping[str, str], fewest: int
) -> HeaderRow | None:
    best: HeaderRow | None = None
    most = (fewest - 1, 0, 0, 0)
    above = grid.row(rows.start - 1) if rows.start else None
    for row in rows:
        labels = grid.row(row)
        for upper in [*_uppers(grid, row, above), *_uppers_of_two(grid, row, table, configured)]:
            if (_most_names(labels, upper or [], table, configured), 0, 0, 0) <= most:
                continue  # as it is with nearly all rows below the header
            if upper is not None and (
                # rows of which neither names anything are no header in two rows
                not named([*labels, *(above or [])], table, configured)
                or _is_below_key(labels, above or [], table, configured)
            ):
                continue
            candidate = labels if upper is None else names_of_two_rows(upper, labels, table, configured)
            labelled = [label for label in candidate if label]
            # of groups and the names below them, the latter; of 报备时间 twice and 微信报备时间 beside
            # 支付宝报备时间, the latter; of names and of what explains them, the former
            found = (
                len(named(candidate, table, configured)),
                -(upper is None and _heads_groups(grid, row, labels, table, configured)),
                len(set(labelled)) - len(labelled),
                -sum(bool(unexplained(label)) for label in labelled),
            )
            if found > most:
                most = found
                best = HeaderRow(row, tuple(candidate), score(candidate, table, configured))
        above = labels
    return best


def _heads_groups(
    grid: Grid, row: int, labels: list[str | None], table: Table, configured: Mapping[str, str]
) -> bool:
    """Whether the row below names columns that this one does not, and has nothing below the names of keys."""
    if row + 1 >= grid.height:
        return False
    below = grid.row(row + 1)
    pairs = list(zip(labels, below, strict=True))
    keys = [name for label, name in pairs if label and lookup(label, table, configured)[0] in table.key_parts]
    names = [name for label, name in pairs if not label and name and not is_nameless(name)]
    return bool(keys and names) and not any(keys)


def _is_below_key(
    labels: list[str | None], above: list[str | None], table: Table, configured: Mapping[str, str]
) -> bool:
    """Whether a key stands in a row, below its name: one that says 门店 in another column names none."""
    parts = table.key_parts
    return any(
        lookup(name, table, configured)[0] in parts and not lookup(label, table, configured)[0]
        for name, label in zip(above, labels, strict=True)
        if name and label
    )


def _uppers(grid: Grid, row: int, above: list[str | None] | None) -> list[list[str | None] | None]:
    """Nothing, and what the row above a header may say of its columns."""
    if above is None:
        return [None]
    spread = _spread(grid, row - 1, above)
    uppers = [spread]
    if None in spread and spread.count(None) < len(spread):
        uppers.append(_carried_on(spread))
    return [None, *(_without_covered(grid, row, upper) for upper in uppers)]


def _uppers_of_two(
    grid: Grid, row: int, table: Table, configured: Mapping[str, str]
) -> Iterator[list[str | None]]:
    """What two rows above a header may say of its columns: 安装 over 地址 over 省份."""
    if row < 2:
        return
    upper, middle = grid.row(row - 2), grid.row(row - 1)
    if None not in middle or len(middle) - middle.count(None) < 2 or len(upper) - upper.count(None) < 2:
        return  # the lowest of groups stand above some columns, a title alone
    if not named(grid.row(row), table, configured):
        return
    spread = (_spread(grid, row - 2, upper), _spread(grid, row - 1, middle))
    yield groups_of_two_rows(*spread, table, configured)
    if any(row - 2 <= merge.first_row < row for merge in grid.merges):
        return
    # a group ends where one above it begins
    ends = [bool(label) for label in upper]
    yield groups_of_two_rows(_carried_on(upper), _carried_on(middle, ends), table, configured)


def joined_labels(grid: Grid, row: int) -> Iterator[list[str | None]]:
    """What a row says of its columns, and what it does together with the one above it: 终端1 over 序列号."""
    labels = grid.row(row)
    for upper in _uppers(grid, row, grid.row(row - 1) if row else None):
        yield (
            labels
            if upper is None
            else [f"{above or ''}{label or ''}" or None for above, label in zip(upper, labels, strict=True)]
        )


def _most_names(
    labels: list[str | None], upper: list[str | None], table: Table, configured: Mapping[str, str]
) -> int:
    """As many as `named` finds, or more, in a row or two of labels, by their looks."""
    places = {
        place
        for cells in (labels, upper)
        for place, cell in enumerate(cells)
        if cell and (configured or not is_nameless(cell))
    }
    return len(places) + len(table.key_parts) if places else 0


def _spread(grid: Grid, row: int, labels: list[str | None]) -> list[str | None]:
    """The upper row of a header with the name of each group over all of its columns, and with names that
    reach from a row above it into the lower one.
    """
    spread = list(labels)
    if None in spread and row and not grid.merges:
        # a name over three rows, of text: it stands in the first, above two blanks
        topmost, lower = grid.row(row - 1), grid.row(row + 1)
        if len(topmost) - topmost.count(None) > 1:
            spread = [
                top if label is None and below is None else label
                for top, label, below in zip(topmost, spread, lower, strict=True)
            ]
    for merge in grid.merges:
        if merge.first_row < row < merge.last_row:
            place = merge.first_column - grid.first_column
            if 0 <= place < len(spread):
                spread[place] = grid.columns[place][merge.first_row].as_py()
        if merge.first_row == row == merge.last_row:
            start = merge.first_column - grid.first_column
            for index in range(max(start, 0), min(merge.last_column - grid.first_column + 1, len(spread))):
                spread[index] = labels[start] if 0 <= start < len(labels) else None
    return spread


def _without_covered(grid: Grid, row: int, labels: list[str | None]) -> list[str | None]:
    """The upper row without names over cells that one of the lower row, a group itself, is merged with."""
    kept = list(labels)
    for merge in grid.merges:
        if merge.first_row == row == merge.last_row:
            start = merge.first_column - grid.first_column + 1
            for index in range(max(start, 0), min(merge.last_column - grid.first_column + 1, len(kept))):
                kept[index] = None
    return kept


def _carried_on(labels: list[str | None], ends: Sequence[bool] = ()) -> list[str | None]:
    """The upper row of a header whose groups are not merged: each name up to the next one, or an end."""
    carried: list[str | None] = []
    for place, label in enumerate(labels):
        is_end = not carried or (ends and ends[place])
        carried.append(label or (None if is_end else carried[-1]))
    return carried
