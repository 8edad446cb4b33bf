"""pandas with the fast readers (fastexcel, pyarrow) and XlsxWriter: what a tuned script looks like."""

from __future__ import annotations

from pathlib import Path

import fastexcel
import pandas as pd
import pyarrow.csv

from peers import contract as own
from peers.pandas_checks import findings
from peers.xlsxwriter_sheet import write_workbook


def run(folder: Path, out: Path) -> dict[str, int]:
    """Read, check, write."""
    tables = {feed: _read(own.feed_file(folder, feed), names) for feed, names in own.FEEDS.items()}
    found = findings(
        tables["devices"], tables["registrations"], tables["merchants"], own.minimum_firmware(folder)
    )
    counts = found["rule"].value_counts().sort_index().to_dict()
    found.to_csv(out / "findings.csv", index=False, encoding="utf-8-sig")
    own.write_page(out / "report.html", counts, found.head(own.PAGE_ROWS).itertuples(index=False))
    write_workbook(out / "report.xlsx", counts, found.fillna("").itertuples(index=False))
    return counts


def _read(path: Path, names: dict[str, str]) -> pd.DataFrame:
    if path.suffix == ".xlsx":
        sheet = fastexcel.read_excel(path).load_sheet(0, use_columns=list(names), dtypes="string")
        return sheet.to_pandas().rename(columns=names)
    kept = pyarrow.csv.ConvertOptions(
        include_columns=list(names), column_types=dict.fromkeys(names, pyarrow.string())
    )
    rows = pyarrow.csv.read_csv(path, convert_options=kept)
    return rows.to_pandas().rename(columns=names)
