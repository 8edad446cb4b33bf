"""Which canonical column each header means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from audit.errors import InputError, Unusable
from audit.intake.beside import labels_beside
from audit.intake.claims import Search
from audit.intake.explained import below_explained
from audit.intake.grid import Grid
from audit.intake.headerrow import HeaderRow, has_key
from audit.intake.labels import lookup, suggest
from audit.intake.reading import Mapped
from audit.tables import Table


@dataclass(frozen=True)
class HeaderMap:
    """The columns of a sheet that mean something: canonical name to grid column."""

    row: int  # 0-based; of a header in two rows, the lower one
    width: int  # columns up to the last with a label
    columns: Mapping[str, int]
    mapped: tuple[Mapped, ...]
    unmapped: tuple[str, ...]
    second_choices: tuple[Mapped, ...]  # headers that mean a column another header already gives
    beside: str = ""  # the letter of the column in which another table begins, whose headers are unmapped
    of_others: tuple[int, ...] = ()  # the columns of that table
    places: Mapping[str, int] = field(default_factory=dict)  # of columns that share one: where in its cells
    completed: tuple[tuple[int, int], ...] = ()  # columns, each with another of its name and the same content
    nameless: tuple[int, ...] = ()  # columns without a label

    def label(self, index: int) -> str:
        """The header of a column that means something."""
        names = [name for name, place in self.columns.items() if place == index]
        return next((one.header for one in self.mapped if one.column in names), "")


def map_headers(
    grid: Grid,
    header: HeaderRow,
    table: Table,
    configured: Mapping[str, str],
    codes: Collection[str] = (),
) -> HeaderMap:
    """The canonical column of each label of the header. `codes` are columns whose words are configured.

    Raises InputError when one of two columns with different content would have to be guessed, or when
    the columns that identify a row are missing.
    """
    row = header.row
    labels = {index: label for index, label in enumerate(header.labels) if label and label.strip()}
    width = max(labels) + 1
    nameless = tuple(index for index in range(len(grid.columns)) if index not in labels)
    search = Search(grid, below_explained(grid, row, labels, table), table, labels, codes)
    beside = labels_beside(
        grid,
        row,
        labels,
        lambda label: lookup(label, table, configured)[0],
        lambda left, right: not search.says_same(left, right),
        {table.status, *table.wide},
    )
    strangers = tuple(labels.pop(index).strip() for index in sorted(beside))
    search.by_name(configured)
    search.by_cells()
    search.leave_states_of_devices()
    places = search.by_parts(configured)
    columns = search.columns
    _require_key(table, columns, list(labels.values()))
    mapped = tuple(
        Mapped(grid.letter(index), labels[index].strip(), name, search.how[name])
        for name, index in sorted(columns.items(), key=lambda item: item[1])
    )
    known = search.claimed.union(columns.values())
    unmapped = tuple(label.strip() for index, label in labels.items() if index not in known)
    used = {one.letter for one in mapped}
    return HeaderMap(
        row,
        width,
        columns,
        mapped,
        unmapped + strangers,
        tuple(one for one in search.second if one.letter not in used),
        grid.letter(min(beside)) if beside else "",
        tuple(sorted(beside)),
        places,
        tuple(search.completed),
        nameless,
    )


def _require_key(table: Table, columns: Mapping[str, int], labels: list[str]) -> None:
    if has_key(columns, table):
        return
    missing = [part for part in table.keys[0] if part not in columns]
    raise InputError(
        Unusable.MISSING_COLUMN,
        "columns_missing",
        table=table.name,
        columns=missing,
        suggestions={name: suggest(name, table, labels) for name in missing},
    )
