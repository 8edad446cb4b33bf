"""Lists that name a merchant beside the first of its devices alone, as merged cells turn out in text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.cells import CleanColumn, Reader
from audit.intake.channelcolumns import said
from audit.intake.grid import Grid, Mark
from audit.intake.headers import HeaderMap
from audit.intake.labels import DEVICE_NUMBERS
from audit.intake.notices import Notice
from audit.intake.repeats import decoded, encoded
from audit.tables import Kind, Table, normalise_label

# of normalised headers: how many devices there are
_COUNTS = frozenset(
    ("台数", "数量", "qty", "quantity", "devicecount", "terminalcount", "noofdevices", "noofterminals")
).union(f"{what}{count}" for what in ("终端", "设备", "机具", "pos") for count in ("数", "台数", "数量"))
_LISTED = 20
_FEWEST, _SHARE = 2, 0.2  # devices without a merchant of their own, and their share of all
# what devices are listed by, above their merchants
_LARGER = frozenset(
    ("province", "city", "county", "agent", "vendor", "model", "device_type", "acquirer_code")
)
_CODES = frozenset(
    ("channel", "terminal_status", "reg_status", "merchant_status")
)  # of these a blank may be meant: they are told


def with_merchants_of_groups(
    grid: Grid, header: HeaderMap, table: Table, readers: Mapping[str, Reader], places: np.ndarray
) -> tuple[Grid, list[Notice]]:
    """The sheet with what stands beside the first device of a merchant beside its others as well, where
    something in the list proves that these are its own; else the sheet as it is. A sentence about either.

    No merchant is named twice, and at least one more column is filled where the merchant is and blank where
    it is not, or one names larger groups beside the first of their merchants. Stock, which has no merchant,
    may look the same: so the groups have to be counted by a column, or no device without a merchant may be
    anything but in use. The larger groups are filled with the merchants alone.
    """
    if table.name == "policies":
        return grid, []  # a blank there means any
    larger = _larger_groups(grid, header, places)
    groups = _groups(grid, header, places, larger)
    left = _about_larger(grid, header, "groups_blank_below", larger)
    if groups is None:
        return grid, left
    heads, columns = groups
    count = int((~heads).sum())
    if not (_counted(grid, columns, places, heads) or _in_use(grid, header, table, readers, places[~heads])):
        return grid, [("merchants_blank_below", {"sheet": grid.sheet, "count": count}), *left]
    own = {name for name in header.columns if table.by_name[name].kind is Kind.NUMBER} | DEVICE_NUMBERS
    filled = {index for name, index in header.columns.items() if index in columns and name not in own}
    grid = filled_from(grid, filled, heads, places)
    codes = {header.columns[name] for name in _CODES & header.columns.keys()}
    nested = {
        index: of_group
        for index, of_group in larger.items()
        if index not in codes and (heads | ~of_group).all()
    }
    for index, of_group in nested.items():
        grid = filled_from(grid, [index], of_group, places)
    others = {index: of_group for index, of_group in larger.items() if index not in nested}
    told = [
        *_about_larger(grid, header, "groups_filled_down", nested),
        *_about_larger(grid, header, "groups_blank_below", others),
    ]
    return grid, [("merchants_filled_down", {"sheet": grid.sheet, "count": count}), *told]


def about_missing_devices(
    grid: Grid, header: HeaderMap, cleaned: Mapping[str, CleanColumn], places: np.ndarray
) -> Iterator[Notice]:
    """A column that counts more devices beside a number than the list has rows for their merchant."""
    own = header.columns.values()
    counting = {
        index: label.strip()
        for index, label in enumerate(grid.row(header.row))
        if label and index not in own and normalise_label(label) in _COUNTS
        if not _is_of_summary(grid, header, places, index)
    }
    if not counting or DEVICE_NUMBERS.isdisjoint(header.columns):
        return
    owners = np.arange(len(places))  # without a merchant each row stands for itself
    if "merchant_no" in cleaned:
        known = decoded(cleaned["merchant_no"].values).dictionary_encode().indices
        owners = np.where(known.is_valid(), known.fill_null(0), len(places) + owners)
    rows = np.bincount(owners)[owners]
    for index, label in counting.items():
        cells = said(grid, index).take(pa.array(places))
        counted = pc.if_else(pc.match_substring_regex(cells, r"^\d{1,4}(\.0)?台?$"), cells, "0")
        numbers = pc.replace_substring_regex(counted.fill_null("0"), r"\D.*", "").cast(pa.int64())
        if len(short := places[numbers.to_numpy() > rows]):
            facts: dict[str, object] = {"sheet": grid.sheet, "header": label, "count": len(short)}
            yield "devices_not_listed", {**facts, "rows": (short[:_LISTED] + 1).tolist()}


def _is_of_summary(grid: Grid, header: HeaderMap, places: np.ndarray, index: int) -> bool:
    """Whether the column belongs to a small table beside the list: a blank column lies between, or it and an
    unused column left of it end together above the end of the list."""
    own = [place for place in header.columns.values() if place < index]
    labels = grid.row(header.row)
    between = range(max(own, default=index), index)
    if any(not labels[place] and not _is_filled(grid, place, places).any() for place in between):
        return True
    if index - 1 in own or not index:
        return False
    filled = _is_filled(grid, index, places)
    count = int(filled.sum())
    is_top = count < len(places) and bool(filled[:count].all())
    return is_top and bool((filled == _is_filled(grid, index - 1, places)).all())


def _groups(
    grid: Grid, header: HeaderMap, places: np.ndarray, larger: Mapping[int, np.ndarray]
) -> tuple[np.ndarray, list[int]] | None:
    """Of the rows of data those that name a merchant, and the columns that are filled in these alone; None of
    a list that is not made so. `larger` are the columns that name groups of merchants."""
    merchants = header.columns.get("merchant_no")
    numbers = [index for name, index in header.columns.items() if name in DEVICE_NUMBERS]
    if merchants is None or not numbers or (heads := _heads(grid, merchants, places)) is None:
        return None
    has_number = np.logical_or.reduce([_is_filled(grid, index, places) for index in numbers])
    columns = [index for index in range(header.width) if (_is_filled(grid, index, places) == heads).all()]
    is_nested = any((heads | ~of_group).all() for of_group in larger.values())
    return (heads, columns) if has_number.all() and (len(columns) > 1 or is_nested) else None


def _larger_groups(grid: Grid, header: HeaderMap, places: np.ndarray) -> dict[int, np.ndarray]:
    """Columns that name groups of merchants or devices beside the first of each, and the rows that do."""
    found = {
        index: heads
        for name, index in header.columns.items()
        if name in _LARGER | _CODES and (heads := _heads(grid, index, places)) is not None
    }
    merchants = header.columns.get("merchant_no")
    if not found or merchants is None:
        return found
    named = _is_filled(grid, merchants, places)
    return {index: heads for index, heads in found.items() if not (heads == named).all()}


def _heads(grid: Grid, index: int, places: np.ndarray) -> np.ndarray | None:
    """Of the rows of data those with a value in a column that has each but once, beginning in the first row,
    and blanks below; None of any other column."""
    if len(places) < _FEWEST or grid.columns[index].null_count < _FEWEST:
        return None
    heads = _is_filled(grid, index, places)
    blanks = len(places) - int(heads.sum())
    if not heads[0] or blanks < max(_FEWEST, _SHARE * len(places)):
        return None
    if any(merge.first_column - grid.first_column == index for merge in grid.merges):
        return None  # what is merged there is known
    marks = grid.marks[index]
    if marks is not None and pc.any(pc.equal(marks, Mark.UNCACHED)).as_py():
        return None  # what is blank may only not have been computed
    named = said(grid, index).take(pa.array(places[heads]))
    return None if pc.count_distinct(named).as_py() < len(named) else heads


def _about_larger(grid: Grid, header: HeaderMap, key: str, larger: Mapping[int, np.ndarray]) -> list[Notice]:
    if not larger:
        return []
    labels = [one.header for one in header.mapped if header.columns[one.column] in larger]
    count = int((~np.logical_and.reduce(list(larger.values()))).sum())
    return [(key, {"sheet": grid.sheet, "headers": labels, "count": count})]


def _source(grid: Grid, heads: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Per row of the grid the row that says what its own does not: of the rows of data, the head above it."""
    source = np.arange(grid.height)
    source[places] = places[np.maximum.accumulate(np.where(heads, np.arange(len(places)), 0))]
    return source


def _counted(grid: Grid, columns: Collection[int], places: np.ndarray, heads: np.ndarray) -> bool:
    """Whether a column numbers the groups, 1, 2, 3, or says how many devices each of them has."""
    sizes = np.diff(np.append(np.flatnonzero(heads), len(heads))).tolist()
    counts = {tuple(map(str, numbers)) for numbers in (range(1, len(sizes) + 1), sizes)}
    return any(
        tuple(said(grid, index).take(pa.array(places[heads])).to_pylist()) in counts for index in columns
    )


def _in_use(
    grid: Grid, header: HeaderMap, table: Table, readers: Mapping[str, Reader], rows: np.ndarray
) -> bool:
    """Whether the state of all those devices is that of one with a merchant: in use; in a list of
    registrations any."""
    read = [
        readers[name].clean(said(grid, header.columns[name]).take(pa.array(rows)), None).values
        for name in (table.status, *table.wide)
        if name in header.columns
    ]
    if table.name == "devices":
        return any(pc.all(pc.fill_null(pc.equal(one, "active"), False)).as_py() for one in read)
    return any(not one.null_count for one in read)


def filled_from(grid: Grid, filled: Collection[int], heads: np.ndarray, places: np.ndarray) -> Grid:
    """The sheet whose rows of data say in those columns what the last of the `heads` above them does."""
    source = _source(grid, heads, places)
    columns, marks = list(grid.columns), list(grid.marks)
    for index in filled:
        columns[index] = encoded(columns[index].take(pa.array(source)))
        if (of_cells := marks[index]) is not None:
            marks[index] = of_cells.take(pa.array(source))
    return replace(grid, columns=tuple(columns), marks=tuple(marks))


def _is_filled(grid: Grid, index: int, places: np.ndarray) -> np.ndarray:
    filled: np.ndarray = grid.columns[index].is_valid().to_numpy(zero_copy_only=False)[places]
    return filled
