"""The workbook as it fits into a mail: all of it, or the findings that need an eye first."""

from __future__ import annotations

from dataclasses import replace

from audit.report.model import Report
from audit.report.workbook import render_workbook
from audit.words import Words

_MIB = 1 << 20
_ATTACHED = 57 / 78  # bytes of a file per byte of a message: base64 in lines of 76 with their ends
_BODY = 1 << 17  # bytes kept for the letter itself
_FEWEST = 20  # findings below which a list is none
_TRIES = 5
_SAFETY = 0.95


def cut_workbook(report: Report, words: Words, whole: bytes, max_mib: float) -> tuple[bytes, int] | None:
    """The workbook with as many findings as fit into a message of that size, and how many; in their order.

    None where the whole workbook fits, and where not even a short list does.
    """
    limit = max_mib * _MIB * _ATTACHED - _BODY
    size, rows = len(whole), len(report.findings)
    if size <= limit:
        return None
    for _ in range(_TRIES):
        rows = int(rows * limit / size * _SAFETY)
        if rows < _FEWEST:
            return None
        data = render_workbook(replace(report, most_rows=rows), words)
        if len(data) <= limit:
            return data, rows
        size = len(data)
    return None
