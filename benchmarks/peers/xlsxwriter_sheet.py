"""The findings as a workbook by XlsxWriter, in constant memory, as three of the peers write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import xlsxwriter

from peers.contract import COLOURS, HEADERS, RULES, WIDTHS


def write_workbook(path: Path, counts: Mapping[str, int], rows: Iterable[Sequence[object]]) -> None:
    """A summary and the findings: styled header, frozen, filtered, coloured by severity."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
        summary = book.add_worksheet("概览")
        summary.write_row(0, 0, ("规则", "问题", "数量"), head)
        for place, (rule, count) in enumerate(counts.items(), 1):
            summary.write_row(place, 0, (rule, RULES[rule][1], count))
        sheet = book.add_worksheet("问题清单")
        for place, width in enumerate(WIDTHS):
            sheet.set_column(place, place, width)
        sheet.write_row(0, 0, HEADERS, head)
        sheet.freeze_panes(1, 0)
        last = sum(counts.values())
        sheet.autofilter(0, 0, last, len(HEADERS) - 1)
        for word, colour in COLOURS.items():
            style = book.add_format({"bg_color": colour, "font_color": "#FFFFFF"})
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": style}
            sheet.conditional_format(1, 1, max(last, 1), 1, rule)
        for place, row in enumerate(rows, 1):
            sheet.write_row(place, 0, row)
