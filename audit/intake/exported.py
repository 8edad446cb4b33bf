"""When a list was exported, where a title above it says so."""

from __future__ import annotations

import re

from audit.intake.dates import clean_moment
from audit.intake.grid import Grid
from audit.intake.identifiers import Unreadable

_EXPORTED = re.compile(
    r"(?:导出|生成|下载|统计|制表|查询|打印|export(?:ed)?|generated|created)\s*(?:时间|日期|time|date|at|on)?\s*[:：]?\s*[\[【(]?\s*"
    r"(\d{4}[-/年.]?\d{1,2}[-/月.]?\d{1,2}日?(?:[ T]*\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}秒?)?)?)",
    re.IGNORECASE,
)


def exported_at(grid: Grid, header_row: int) -> str:
    """The export time a title line states, as ISO text, or ""."""
    for row in range(header_row):
        for text in filter(None, grid.row(row)):
            if found := _EXPORTED.search(text):
                try:
                    moment = clean_moment(found[1])
                except Unreadable:
                    continue
                if moment:
                    return moment.isoformat(sep=" ")
    return ""
