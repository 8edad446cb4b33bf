"""The strongest we could write: polars, two reading threads, only the needed columns, a Rust writer."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fastexcel
import polars as pl
from rustpy_xlsxwriter import FastExcel

from peers import contract as own
from peers.polars_checks import findings


def run(folder: Path, out: Path) -> dict[str, int]:
    """Read, check, write."""
    with ThreadPoolExecutor(2) as threads:
        frames = threads.map(lambda feed: read(folder, feed), own.FEEDS)
        return told(folder, out, dict(zip(own.FEEDS, frames, strict=True)))


def told(folder: Path, out: Path, tables: Mapping[str, pl.LazyFrame]) -> dict[str, int]:
    """Check what was read, and write."""
    found = findings(
        tables["devices"], tables["registrations"], tables["merchants"], own.minimum_firmware(folder)
    )
    counts = dict(found["rule"].value_counts().sort("rule").iter_rows())
    found.write_csv(out / "findings.csv", include_bom=True)
    own.write_page(out / "report.html", counts, found.head(own.PAGE_ROWS).iter_rows())
    summary = pl.DataFrame({"规则": list(counts), "数量": list(counts.values())})
    sheet = found.rename(dict(zip(own.COLUMNS, own.HEADERS, strict=True)))
    book = FastExcel(str(out / "report.xlsx")).format(bold_headers=True).freeze(row=1, sheet="问题清单")
    book.sheet("概览", summary).sheet("问题清单", sheet).save()
    return counts


def read(folder: Path, feed: str) -> pl.LazyFrame:
    """The columns that the checks need."""
    path, names = own.feed_file(folder, feed), own.FEEDS[feed]
    if path.suffix == ".xlsx":
        sheet = fastexcel.read_excel(path).load_sheet(0, use_columns=list(names), dtypes="string")
        return sheet.to_polars().rename(names).lazy()
    return pl.scan_csv(path, infer_schema=False).select(list(names)).rename(names)
