"""pandas.read_excel, merges, and a workbook coloured cell by cell: what most people write first."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from openpyxl.styles import Font, PatternFill

from peers import contract as own
from peers.pandas_checks import findings


def run(folder: Path, out: Path) -> dict[str, int]:
    """Read, check, write."""
    tables = {
        feed: _read(own.feed_file(folder, feed)).rename(columns=names) for feed, names in own.FEEDS.items()
    }
    found = findings(
        tables["devices"], tables["registrations"], tables["merchants"], own.minimum_firmware(folder)
    )
    counts = found["rule"].value_counts().sort_index().to_dict()
    found.to_csv(out / "findings.csv", index=False, encoding="utf-8-sig")
    own.write_page(out / "report.html", counts, found.head(own.PAGE_ROWS).itertuples(index=False))
    with pd.ExcelWriter(out / "report.xlsx", engine="openpyxl") as writer:
        pd.Series(counts, name="数量").to_excel(writer, sheet_name="概览")
        found.to_excel(writer, sheet_name="问题清单", index=False, header=list(own.HEADERS))
        sheet = writer.sheets["问题清单"]
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
        fills = {word: PatternFill("solid", fgColor=colour[1:]) for word, colour in own.COLOURS.items()}
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for (cell,) in sheet.iter_rows(min_row=2, min_col=2, max_col=2):
            cell.fill = fills[cell.value]
    return counts


def _read(path: Path) -> pd.DataFrame:
    return pd.read_excel(path, dtype=str) if path.suffix == ".xlsx" else pd.read_csv(path, dtype=str)
