"""The sheets for those who think in lists: unregistered, expired, mismatched devices, merchants' papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from audit.ledger.lives import CLOSED, EXCUSED
from audit.report import styles
from audit.report.datasheet import add_datasheet, data_area
from audit.report.findingcolumns import FindingColumns, Places
from audit.report.model import Report
from audit.report.sheetrows import Rows
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

    def of(self, report: Report) -> Places:
        """Where the findings are that belong here: a merchant's paper that expired is no expired device."""
        category, of_merchant = report.findings["category"], report.findings["subject"].holds("merchant")
        own = category.holds(self.category)
        if self.category is Category.EXPIRED:
            own &= ~of_merchant
        if self.category is Category.MERCHANT:
            own |= category.holds(Category.EXPIRED) & of_merchant
        return np.flatnonzero(own & ~report.findings["state"].holds(*CLOSED))


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
    every = view.of(report)
    shown = every[every < report.listed]
    name = words(f"sheet.{view.category}")
    notes = [_count(report, every, words), words(f"report.view_{view.category}")]
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


def _count(report: Report, rows: Places, words: Words) -> str:
    """How many findings, of how many devices and merchants; and how many of them are excused."""
    merchants = report.findings["merchant_no"].rows(rows).dense()
    counts = {"devices": report.devices_in(rows), "merchants": len(merchants.values)}
    said = words("report.view_count", count=f"{len(rows):,}", **{k: f"{v:,}" for k, v in counts.items()})
    excused = int(report.findings["state"].rows(rows).holds(*EXCUSED).sum())
    return said + (words("report.view_excused", count=f"{excused:,}") if excused else "")
