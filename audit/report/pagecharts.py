"""The page's charts as numbers: where each bar and line of an inline SVG goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audit.report.model import Report
from audit.report.parts import Verdict
from audit.report.summary import trend_nights

TREND_WIDTH, TREND_HEIGHT = 900, 160
_LINES = ("open", "overdue", "new")  # the last lies on top


@dataclass(frozen=True)
class BarPart:
    """A part of the bar of verdicts, in thousandths of its length."""

    verdict: Verdict
    count: int
    left: float
    width: float


@dataclass(frozen=True)
class TrendChart:
    """The trend as SVG paths; a day without a night is a gap in its lines, a night between two is a dot."""

    lines: dict[str, str]
    dots: dict[str, str]
    top: int  # findings at the upper edge; the lower one is nought


def verdict_bar(report: Report) -> list[BarPart]:
    """The devices by verdict as parts of one bar; a part that would not be seen gets three thousandths."""
    devices = report.population.devices
    counts = {verdict: count for verdict, count in report.population.verdicts.items() if count}
    widths = {verdict: max(3.0, 1000 * count / devices) for verdict, count in counts.items()}
    scale = 1000 / sum(widths.values(), start=0.0) if widths else 0.0
    parts, left = [], 0.0
    for verdict, count in counts.items():
        width = widths[verdict] * scale
        parts.append(BarPart(verdict, count, round(left, 2), round(width, 2)))
        left += width
    return parts


def trend_chart(report: Report) -> TrendChart | None:
    """The trend from the first night on; None before there are two nights."""
    if len(trend_nights(report)) < 2:
        return None
    days = report.trend_shown
    values: dict[str, list[int | None]] = {
        name: [None if at is None else getattr(at, name) for _, at in days] for name in _LINES
    }
    top = max((value for line in values.values() for value in line if value is not None), default=0)
    step = TREND_WIDTH / (len(days) - 1)
    points = {name: _points(line, step, top or 1) for name, line in values.items()}
    return TrendChart(
        {name: " ".join(_lines(line)) for name, line in points.items()},
        {name: "".join(_dots(line)) for name, line in points.items()},
        top,
    )


def _points(values: Iterable[int | None], step: float, top: int) -> list[str]:
    """Where each value lies; "" for a day without one."""
    return [
        "" if value is None else f"{place * step:.1f} {TREND_HEIGHT * (1 - value / top):.1f}"
        for place, value in enumerate(values)
    ]


def _lines(points: list[str]) -> Iterator[str]:
    """Move to where a run of nights begins, and go on along it."""
    for before, point in zip(["", *points], points, strict=False):
        if point:
            yield f"L{point}" if before else f"M{point}"


def _dots(points: list[str]) -> Iterator[str]:
    """The nights with none before and none after."""
    for before, point, after in zip(["", *points], points, [*points[1:], ""], strict=False):
        if point and not before and not after:
            yield f"M{point}h0"
