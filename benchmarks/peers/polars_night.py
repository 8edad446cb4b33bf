"""polars reading with fastexcel, writing with XlsxWriter: what a competent polars user writes."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from peers import contract as own
from peers.polars_checks import findings
from peers.xlsxwriter_sheet import write_workbook


def run(folder: Path, out: Path) -> dict[str, int]:
    """Read, check, write."""
    tables = {
        feed: _read(own.feed_file(folder, feed)).select(list(names)).rename(names).lazy()
        for feed, names in own.FEEDS.items()
    }
    found = findings(
        tables["devices"], tables["registrations"], tables["merchants"], own.minimum_firmware(folder)
    )
    counts = dict(found["rule"].value_counts().sort("rule").iter_rows())
    found.write_csv(out / "findings.csv", include_bom=True)
    own.write_page(out / "report.html", counts, found.head(own.PAGE_ROWS).iter_rows())
    write_workbook(out / "report.xlsx", counts, found.iter_rows())
    return counts


def _read(path: Path) -> pl.DataFrame:
    if path.suffix == ".xlsx":
        return pl.read_excel(path, engine="calamine", infer_schema_length=0)
    return pl.read_csv(path, infer_schema=False)
