"""datacompy: ledger against registration list. It answers five of the fourteen questions and no other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from datacompy import PandasCompare

from peers import contract as own
from peers.xlsxwriter_sheet import write_workbook


def run(folder: Path, out: Path) -> dict[str, int]:
    """Read, compare on the serial, write the rows on one side only and those that differ."""
    tables = {feed: _read(own.feed_file(folder, feed)) for feed in ("devices", "registrations")}
    names = ["serial_no", "merchant_no", "terminal_id", "address"]
    devices, listed = (
        tables[feed].rename(columns=own.FEEDS[feed])[names] for feed in ("devices", "registrations")
    )
    compared = PandasCompare(devices, listed, join_columns="serial_no", df1_name="台账", df2_name="报备")
    found = {
        "REG-01": compared.df1_unq_rows,
        "REG-08": compared.df2_unq_rows,
        "ELE-03": compared.sample_mismatch("merchant_no", sample_count=len(devices)),
        "ELE-06": compared.sample_mismatch("address", sample_count=len(devices)),
        "ELE-09": compared.sample_mismatch("terminal_id", sample_count=len(devices)),
    }
    counts = {rule: len(rows) for rule, rows in sorted(found.items())}
    rows = pd.concat([rows.assign(rule=rule).fillna("").astype(str) for rule, rows in found.items()]).fillna(
        ""
    )
    rows.to_csv(out / "findings.csv", index=False, encoding="utf-8-sig")
    own.write_page(out / "report.html", counts, rows.head(own.PAGE_ROWS).itertuples(index=False))
    write_workbook(out / "report.xlsx", counts, rows.itertuples(index=False))
    return counts


def _read(path: Path) -> pd.DataFrame:
    return pd.read_excel(path, dtype=str) if path.suffix == ".xlsx" else pd.read_csv(path, dtype=str)
