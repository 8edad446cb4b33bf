"""Lists of runs of devices, which name the first and the last number of each: no list of devices."""

from __future__ import annotations

from collections.abc import Sequence

from audit.intake.labels import DEVICE_NUMBERS, lookup
from audit.tables import Table, normalise_label

_ENDS = (
    *("起始", "开始", "起", "首", "始", "结束", "终止", "截止", "止", "末", "终"),
    *("starting", "start", "begin", "first", "from", "ending", "end", "last", "to"),
)


def headers_of_ranges(labels: Sequence[str | None], table: Table) -> list[str]:
    """The headers of a row that name the ends of a run, 起始序列号 and 结束序列号, and no number beside them;
    none of any other.
    """
    named = [label.strip() for label in labels if label and label.strip()]
    ends = [label for label in named if _names_an_end(label, table)]
    numbers = [label for label in named if label not in ends and _is_number(label, table)]
    return ends if len(ends) > 1 and not numbers else []


def _names_an_end(label: str, table: Table) -> bool:
    said = normalise_label(label)
    bare = {cut(word) for word in _ENDS for cut in (said.removeprefix, said.removesuffix)} - {said}
    return any(_is_number(rest, table) for rest in bare)


def _is_number(label: str, table: Table) -> bool:
    return lookup(label, table, {})[0] in DEVICE_NUMBERS
