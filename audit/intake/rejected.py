"""Cells that could not be read: what is told of each, and what their rows keep of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from audit.intake.cells import CleanColumn
from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.reading import Reason, Rejection
from audit.plaintext import plain
from audit.redaction import mask, mask_numbers
from audit.tables import Column, Kind, Table

_LISTED = 1_000
_LISTED_OF_EACH = 10  # column and reason, however many cells of others come before


def rejections_of(
    grid: Grid,
    header: HeaderMap,
    table: Table,
    cleaned: Mapping[str, CleanColumn],
    places: np.ndarray,
) -> list[Rejection]:
    """What is told of every rejected cell, by row and column."""
    found = []
    headers = {mapped.column: mapped for mapped in header.mapped}
    for name, column in cleaned.items():
        cells = grid.columns[header.columns[name]]
        for row, reason in column.rejected:
            place = int(places[row])
            text = cells[place].as_py() or ""
            found.append(
                Rejection(
                    plain(grid.sheet),
                    place + 1,
                    headers[name].letter,
                    plain(headers[name].header),
                    name,
                    _shown(plain(text), table.by_name[name]),
                    reason,
                )
            )
    return sorted(found, key=lambda rejection: (rejection.row, rejection.letter))


def counted(rejections: Iterable[Rejection]) -> tuple[tuple[str, str, int], ...]:
    """Rejected cells by column and reason, the most first."""
    kinds = Counter((one.column, str(one.reason)) for one in rejections)
    return tuple((column, reason, count) for (column, reason), count in kinds.most_common())


def listed(rejections: Sequence[Rejection]) -> tuple[Rejection, ...]:
    """Those that are told one by one: the first thousand, among them the first of each column and reason."""
    if len(rejections) <= _LISTED:
        return tuple(rejections)
    seen: Counter[tuple[str, Reason]] = Counter()
    first: list[int] = []
    others: list[int] = []
    for place, one in enumerate(rejections):
        kind = one.column, one.reason
        seen[kind] += 1
        (first if seen[kind] <= _LISTED_OF_EACH else others).append(place)
    places = sorted([*first, *others[: max(0, _LISTED - len(first))]])
    return tuple(rejections[place] for place in places)


def rejected_names(cleaned: Mapping[str, CleanColumn], count: int) -> pa.Array:
    """Per row, the canonical columns whose cell was rejected as ",a,b,"; null where none was."""
    names: dict[int, str] = {}
    for name, column in cleaned.items():
        for row, _ in column.rejected:
            names[row] = names.get(row, ",") + name + ","
    if not names:
        return pa.nulls(count, pa.string())
    texts = np.full(count, None, dtype=object)
    texts[list(names)] = list(names.values())
    return pa.array(texts, pa.string())


def rejected_cells(rejections: Iterable[Rejection], places: np.ndarray) -> dict[str, pa.Array]:
    """Per row, why cells were rejected as ",serial_no=precision,", and their texts, personal ones masked."""
    reasons: dict[int, str] = {}
    texts: dict[int, list[str]] = {}
    for one in rejections:
        reasons[one.row] = f"{reasons.get(one.row, ',')}{one.column}={one.reason},"
        texts.setdefault(one.row, []).append(f"{one.column}={one.value}")
    if not reasons:
        return dict.fromkeys(("rejected_reasons", "unread_text"), pa.nulls(len(places), pa.string()))
    numbers = (places + 1).tolist()
    return {
        "rejected_reasons": pa.array([reasons.get(row) for row in numbers], pa.string()),
        "unread_text": pa.array(
            ["\x1f".join(texts[row]) if row in texts else None for row in numbers], pa.string()
        ),
    }


def unread_texts(cells: Mapping[str, pa.Array], cleaned: Mapping[str, CleanColumn], count: int) -> pa.Array:
    """Per row, the texts of its rejected cells: rows that differ only there are no copies of each other."""
    texts: dict[int, str] = {}
    for name, column in cleaned.items():
        for row, _ in column.rejected:
            texts[row] = f"{texts.get(row, '')}\x1f{name}={cells[name][row].as_py()}"
    if not texts:
        return pa.nulls(count, pa.string())
    return pa.array([texts.get(row) for row in range(count)], pa.string())


def _shown(text: str, column: Column) -> str:
    """A rejected cell's text for people to find it by; numbers of persons in it are masked."""
    if column.personal or column.name == "uscc":
        return mask(text)
    named = column.kind in (Kind.IDENTIFIER, Kind.REFERENCE)
    return (text if named else mask_numbers(text))[:200]
