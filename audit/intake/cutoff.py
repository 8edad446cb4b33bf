"""Delimited text whose last row breaks off: whatever wrote, sent or copied it was stopped on the way."""

from __future__ import annotations

import numpy as np

from audit.errors import InputError, Unusable
from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap

_ENOUGH = 5  # whole rows before it: people who type a short list may leave blanks and the last line end out


def refuse_cut_off(grid: Grid, header: HeaderMap, places: np.ndarray) -> None:
    """Raise InputError where the last row of data alone has fewer cells than the header, and no line end.

    Rows that are no data are not meant: totals and notes below a list often end so.
    """
    short = dict(grid.short)
    last = grid.height - 1
    if not grid.lacks_line_end or last not in short or len(places) <= _ENOUGH or places[-1] != last:
        return
    others = np.isin(places[:-1], [row for row, cells in short.items() if cells < header.width])
    if short[last] < header.width and not others.any():
        raise InputError(
            Unusable.TRUNCATED, "row_cut_off", row=last + 1, cells=short[last], width=header.width
        )
