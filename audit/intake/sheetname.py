"""What a sheet, or a file, is about by its name, where its columns do not say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import PurePath

import numpy as np
import pyarrow as pa

from audit.intake.grid import Grid
from audit.intake.reading import Aside
from audit.intake.repeats import encoded
from audit.tables import CHANNEL, Table, normalise_label

_EVERY = "common"  # no channel
_LONGEST_HEADING = 30  # characters
_REMARK = re.compile(r"\s*(?:备注|注|说明|提示|#|\*)")
_SHORTEST, _SHORTEST_LATIN = 2, 4  # characters: fewer may stand in another word
_FIRMS = ("银联商务",)  # whose name holds that of a channel
_REGISTRATIONS = re.compile(r"报备|登记|备案|报送|入网|regist|filing", re.IGNORECASE)


def channel_of(sheet: str, titles: list[str], columns: Collection[str], table: Table) -> str:
    """The one channel that the name of a sheet, or else its title, names; "" of a list that says it by row.

    Lists of one channel leave it out: a workbook with a sheet for each, an archive with a file for each.
    """
    if says_channel(columns, table):
        return ""
    return next(filter(None, map(_only_channel, ([sheet], titles))), "")


def headed_channels(grid: Grid, kinds: np.ndarray) -> dict[int, str]:
    """The rows between those of data that name the one channel of what follows, by place: 支付宝报备清单."""
    data = np.flatnonzero(kinds == "")
    found = {}
    # 二、支付宝 looks like words to choose from
    for row in np.flatnonzero(np.isin(kinds, (Aside.NOTE, Aside.EXAMPLE))).tolist():
        cells = [cell for cell in grid.row(row) if cell and cell.strip()]
        is_heading = sum(map(len, cells)) <= _LONGEST_HEADING and not _REMARK.match(cells[0] if cells else "")
        if is_heading and len(data) and row < data[-1] and (channel := _only_channel(cells)):
            found[row] = channel
    return found


def by_heading(places: np.ndarray, headings: Mapping[int, str], first: str) -> pa.Array:
    """Per row of data the channel of the last heading above it, `first` where there is none."""
    rows = np.array(sorted(headings), np.int64)
    names = pa.array([first or None, *(headings[row] for row in rows.tolist())], pa.string())
    return encoded(names.take(pa.array(np.searchsorted(rows, places))))


def says_channel(columns: Collection[str], table: Table) -> bool:
    """Whether the columns say the channel of each row; true of tables whose rows have none."""
    channel = table.by_name.get("channel")
    return channel is None or not channel.several or bool({"channel", *table.wide}.intersection(columns))


def channel_in_name(path: str) -> str:
    """The one channel that the name of a file of registrations names: 微信报备清单_20261121.csv; else "".

    Of a file that does not say in its name that it is of registrations, the channel may be anybody's.
    """
    name = PurePath(path).stem
    return _only_channel([name]) if _REGISTRATIONS.search(name) else ""


def _only_channel(texts: list[str]) -> str:
    """The channel that is named in the texts; "" where none is, or more than one."""
    said = normalise_label(" ".join(texts))
    for firm in _FIRMS:
        said = said.replace(firm, "")
    named = {
        word
        for label, word in CHANNEL.by_label.items()
        if label in said and len(label) >= (_SHORTEST_LATIN if label.isascii() else _SHORTEST)
    } - {_EVERY}
    return named.pop() if len(named) == 1 else ""
