"""Lists that name a merchant in a row of its own and, without naming it again, its devices below it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from audit.intake.channelcolumns import said
from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.labels import DEVICE_NUMBERS
from audit.intake.layout import could_be_identifiers
from audit.intake.notices import Notice
from audit.intake.reading import Aside
from audit.intake.repeats import encoded

_NEARLY_ALL = 0.8  # of the merchants: have a device in the row below
_FEWEST = 2  # devices
_LOOKED_AT = 20  # rows of data: of any other list, one of them names device and merchant


def outlined(grid: Grid, header: HeaderMap, kinds: np.ndarray) -> tuple[Grid, np.ndarray, list[Notice]]:
    """The sheet with what rows of merchants say in the rows of their devices, these rows as notes, and a
    sentence about it; any other sheet as it is.

    Every row is of a merchant or of a device, and no device says what its merchant's row does.
    """
    merchants = header.columns.get("merchant_no")
    numbers = [index for name, index in header.columns.items() if name in DEVICE_NUMBERS]
    if merchants is None or not numbers:
        return grid, kinds, []
    for row in np.flatnonzero(kinds == "")[:_LOOKED_AT].tolist():
        if grid.columns[merchants][row].is_valid and any(
            grid.columns[index][row].is_valid for index in numbers
        ):
            return grid, kinds, []
    below = np.arange(grid.height) > header.row
    named = below & could_be_identifiers(grid.columns[merchants])
    is_device = np.zeros(grid.height, bool)
    for index in numbers:
        is_device |= said(grid, index).is_valid().to_numpy(zero_copy_only=False)
    heads = named & ~is_device & np.isin(kinds, ("", Aside.NOTE))
    devices = is_device & (kinds == "")
    if not heads.any() or (devices & named).any() or ((kinds == "") & ~heads & ~devices).any():
        return grid, kinds, []
    told = np.flatnonzero(heads | devices)
    with_devices = heads[told] & np.append(devices[told][1:], False)
    # merchants without a device, and devices of nobody, are a list of both
    if not heads[told[0]] or with_devices.sum() < _NEARLY_ALL * heads.sum() or devices.sum() < _FEWEST:
        return grid, kinds, []
    source = np.maximum.accumulate(np.where(heads, np.arange(grid.height), 0))
    source = np.where(devices, source, np.arange(grid.height))
    columns, marks = list(grid.columns), list(grid.marks)
    for index in set(header.columns.values()):
        filled = said(grid, index).is_valid().to_numpy(zero_copy_only=False)
        if (filled & heads).any() and not (filled & devices).any():
            columns[index] = encoded(columns[index].take(pa.array(source)))
            if (of_cells := marks[index]) is not None:
                marks[index] = of_cells.take(pa.array(source))
    notice: Notice = ("rows_of_merchants", {"sheet": grid.sheet, "count": int(heads.sum())})
    kinds = np.where(heads, np.array(Aside.NOTE, kinds.dtype), kinds)
    return replace(grid, columns=tuple(columns), marks=tuple(marks)), kinds, [notice]
