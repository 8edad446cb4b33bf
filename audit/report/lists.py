"""The sheets for those who think in lists: unregistered, expired, mismatched devices, merchants' papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from audit.ledger.lifecycle import CLOSED, EXCUSED
from audit.report import styles
from audit.report.datasheet import add_datasheet, data_area
from audit.report.findingcolumns import FindingColumns, Places
from audit.report.model import Report
from audit.report.sheetrows import Rows
from audit.report.summary import DEVICE, devices_of
from audit.rules.model import Category
from audit.words import Words

_DEVICE = ("serial_no", "terminal_id", "merchant_no", "merchant_name")
_MERCHANT = ("merchant_no", "merchant_name", "store_no")
_FOUND = ("severity", "state", "rule", "title")
_TODO = ("remedy", "owner", "due_on", "first_seen", "days_open")
_WHERE = ("vendor", "agent", "province")
_SOURCE = ("source_file", "source_sheet", "source_row")


@dataclass(frozen=True)
class View:
    """Open and excused findings of a category, by the columns that matter there."""

    category: Category
    table: str
    columns: tuple[str, ...]

    @property
    def printed(self) -> int:
        """Columns that go on paper: the rest would make them too small to read."""
        return self.columns.index("days_open") + 1

    def of(self, findings: pd.DataFrame) -> Places:
        """Where the findings are that belong here: a merchant's paper that expired is no expired device."""
        standing = ~findings["state"].isin(CLOSED)
        of_merchant = findings["subject"] == "merchant"
        own = findings["category"] == self.category
        if self.category is Category.EXPIRED:
            own &= ~of_merchant
        if self.category is Category.MERCHANT:
            own |= (findings["category"] == Category.EXPIRED) & of_merchant
        return np.flatnonzero(standing & own)


VIEWS = (
    View(
        Category.UNREGISTERED,
        "Unregistered",
        (*_DEVICE, "channel", *_FOUND, "actual", "suggestion", *_TODO, *_WHERE, "store_no", *_SOURCE),
    ),
    View(
        Category.EXPIRED,
        "Expired",
        (*_DEVICE, *_FOUND, "expected", "actual", "detail", *_TODO, *_WHERE, "store_no", *_SOURCE),
    ),
    View(
        Category.MISMATCH,
        "Mismatch",
        (
            *(*_DEVICE, "channel", *_FOUND, "expected", "actual", "suggestion", "detail"),
            *(*_TODO, *_WHERE, "store_no", *_SOURCE, "other_source"),
        ),
    ),
    View(
        Category.MERCHANT,
        "MerchantPapers",
        (*_MERCHANT, *_FOUND, "detail", "expected", "actual", *_TODO, "agent", "province", *_SOURCE),
    ),
)


def add_lists(
    workbook: Workbook, report: Report, columns: FindingColumns, words: Words
) -> Mapping[str, Rows]:
    """The four sheets, by name."""
    return {
        words(f"sheet.{view.category}"): _add_view(workbook, report, view, columns, words) for view in VIEWS
    }


def _add_view(workbook: Workbook, report: Report, view: View, columns: FindingColumns, words: Words) -> Rows:
    places = view.of(report.findings)
    every, shown = report.findings[[*DEVICE, "state"]].iloc[places], places[places < len(report.listed)]
    name = words(f"sheet.{view.category}")
    notes = [_count(every, words), words(f"report.view_{view.category}")]
    if len(shown) < len(every):
        left = len(every) - len(shown)
        notes.append(words("report.rows_left", shown=f"{len(shown):,}", left=f"{left:,}"))
    made = [columns.of(column, shown) for column in view.columns]
    rows = add_datasheet(workbook, name, view.table, notes, made, words, frozen=1, printed=view.printed)
    if rows.count:
        sheet = workbook[name]
        for column, colour in (("severity", styles.colour_severities), ("state", styles.colour_states)):
            letter = get_column_letter(view.columns.index(column) + 1)
            colour(sheet, *data_area(letter, rows.count), words)
    return rows


def _count(findings: pd.DataFrame, words: Words) -> str:
    """How many findings, of how many devices and merchants; and how many of them are excused."""
    counts = {"devices": devices_of(findings), "merchants": findings["merchant_no"].nunique()}
    said = words("report.view_count", count=f"{len(findings):,}", **{k: f"{v:,}" for k, v in counts.items()})
    excused = int(findings["state"].isin(EXCUSED).sum())
    return said + (words("report.view_excused", count=f"{excused:,}") if excused else "")
