"""Headers by no name of a column, of which the cells tell that they are one that is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from audit.intake.spellings import is_fallback, is_spelt_otherwise
from audit.tables import Column, Table, normalise_label


def fallbacks(
    table: Table, labels: Mapping[int, str], columns: dict[str, int], fits: Callable[[Column, int], bool]
) -> Iterator[tuple[Column, int]]:
    """Columns that nothing claims, with the first header that may mean them, of those first that mean nothing
    else. `columns` grow meanwhile."""
    for column in table.columns:
        # what names the row is no name of anything else
        naming = {columns[part] for part in table.key_parts & columns.keys()}
        # nor is the very name of a column
        naming |= {
            index
            for name, index in columns.items()
            if normalise_label(name) == normalise_label(labels.get(index, ""))
        }
        taken = set(columns.values())
        free_first = sorted(labels.items(), key=lambda one: one[0] in taken)
        for index, label in free_first if column.name not in columns else ():
            if index not in naming and is_fallback(label, column, table) and fits(column, index):
                yield column, index
                break


def spelt_otherwise(
    table: Table,
    labels: Mapping[int, str],
    columns: dict[str, int],
    claimed: Collection[int],
    fits: Callable[[Column, int], bool],
) -> Iterator[tuple[Column, list[int]]]:
    """Columns that are still missing, with the strangers that are other spellings of their names."""
    for column in table.columns:
        if column.name in columns:
            continue
        found = [
            index
            for index, label in labels.items()
            if index not in claimed
            and index not in columns.values()
            and is_spelt_otherwise(label, column, table)
            and fits(column, index)
        ]
        if found:
            yield column, found
