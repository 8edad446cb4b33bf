"""Lists that name a device beside the first of its channels alone, as merged cells turn out in text."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.cells import Reader
from audit.intake.channelcolumns import said
from audit.intake.grid import Grid
from audit.intake.groups import filled_from
from audit.intake.headers import HeaderMap
from audit.intake.labels import DEVICE_NUMBERS
from audit.intake.notices import Notice
from audit.intake.repeats import decoded
from audit.tables import Kind, Table

_FEWEST, _SHARE = 2, 0.2  # rows without a device, and their share of all
_OF_DEVICE = frozenset({Kind.IDENTIFIER, Kind.REFERENCE, Kind.TEXT, Kind.VERSION})
_OF_REGISTRATION = frozenset(
    {"registration_no", "reg_message", "remark", "channel_merchant_no", "channel_terminal_id"}
)


def with_devices_of_channels(
    grid: Grid, header: HeaderMap, table: Table, readers: Mapping[str, Reader], places: np.ndarray
) -> tuple[Grid, list[Notice]]:
    """The sheet with what is said of a device beside its first channel beside the others as well, and a
    sentence about it; any other sheet as it is.

    Every row has a channel, and none of those from one device to the next has that of another; no device is
    named twice, and no row without one names a merchant.
    """
    numbers = [index for name, index in header.columns.items() if name in DEVICE_NUMBERS]
    if "channel" not in header.columns or not numbers:
        return grid, []
    heads = np.logical_or.reduce([_filled(grid, index, places) for index in numbers])
    count = int((~heads).sum())
    if count < max(_FEWEST, _SHARE * len(heads)) or not heads[0]:
        return grid, []
    merchants = header.columns.get("merchant_no")
    if merchants is not None and (_filled(grid, merchants, places) & ~heads).any():
        return grid, []
    named = pa.table({str(index): said(grid, index).take(pa.array(places[heads])) for index in numbers})
    if named.group_by(named.column_names).aggregate([]).num_rows < named.num_rows:
        return grid, []
    cells = said(grid, header.columns["channel"]).take(pa.array(places))
    channels = decoded(readers["channel"].clean(cells, None).values)
    of_group = pa.table({"device": np.cumsum(heads), "channel": channels})
    if channels.null_count or of_group.group_by(["device", "channel"]).aggregate([]).num_rows < len(places):
        return grid, []
    own = [
        index
        for name, index in header.columns.items()
        if table.by_name[name].kind in _OF_DEVICE and name not in _OF_REGISTRATION
        if not (_filled(grid, index, places) & ~heads).any()
    ]
    return filled_from(grid, own, heads, places), [
        ("devices_filled_down", {"sheet": grid.sheet, "count": count})
    ]


def _filled(grid: Grid, index: int, places: np.ndarray) -> np.ndarray:
    filled: np.ndarray = pc.is_valid(grid.columns[index]).to_numpy(zero_copy_only=False)[places]
    return filled
