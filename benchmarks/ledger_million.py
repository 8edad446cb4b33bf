"""The ledger's night over a million open findings: seconds per night, peak memory, size of the database.

    python benchmarks/ledger_million.py [--findings 1000000] [--url postgresql+psycopg://…] [--folder DIR]

Four nights: all new; all found again, each told in new words; a tenth mended, the rest found again in the
words of before; nothing could be checked. A night is what the ledger does of it: what stood open, the lives
carried over, the frame handed to the report.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from audit.findings import SCHEMA
from audit.ledger.database import Database
from audit.ledger.nights import Run, open_night
from audit.standing import SCHEMA as STANDING

FIRST = date(2026, 11, 21)
RULES = np.array([f"REG-{number:02}" for number in range(1, 21)])
SEVERITIES = np.array(["critical", "high", "medium", "low"])


def findings(count: int, words: str) -> pa.Table:
    """Findings of a night, sorted by rule and id; `words` is in the detail of each."""
    number = pa.array(np.arange(count))
    text = number.cast(pa.string())
    padded = pc.utf8_lpad(text, 10, "0")
    ids = pa.array([f"{value:016x}" for value in (np.arange(count, dtype=np.uint64) * 0x9E3779B97F4A7C15)])
    place = np.arange(count) % len(RULES)
    columns = {
        "finding_id": ids,
        "rule": pa.array(RULES[place]),
        "category": pa.repeat("unregistered", count),
        "severity": pa.array(SEVERITIES[place % 4]),
        "subject": pa.repeat("device", count),
        "identity": pc.binary_join_element_wise('["sn:SN', padded, '", "wechat"]', ""),
        "serial_no": pc.binary_join_element_wise("SN", padded, ""),
        "terminal_id": pc.utf8_slice_codeunits(padded, 2, 10),
        "merchant_no": pc.binary_join_element_wise("89810", padded, ""),
        "merchant_name": pc.binary_join_element_wise("晨光小店", pc.utf8_slice_codeunits(padded, 6, 10), ""),
        "channel": pa.repeat("wechat", count),
        "vendor": pa.repeat("星联", count),
        "province": pa.repeat("福建", count),
        "owner": pa.repeat("acquirer", count),
        "cause": pa.repeat("1 设备未报备", count),
        "title": pa.repeat("设备未在微信报备", count),
        "detail": pc.binary_join_element_wise("终端 SN", padded, " 未在微信报备清单中找到，", words, ""),
        "expected": pa.repeat("已报备", count),
        "actual": pa.repeat("清单中无此终端", count),
        "remedy": pa.repeat("核对序列号后向渠道提交报备，次日复核", count),
        "source_file": pa.repeat("星联_终端台账_20261121.xlsx", count),
        "source_sheet": pa.repeat("终端", count),
        "source_row": pa.array(np.arange(count) + 2),
        "held": pa.array(np.zeros(count, dtype=bool)),
        "evidence": pc.utf8_slice_codeunits(ids, 0, 16),
    }
    made = {
        field.name: columns.get(field.name, pa.nulls(count, field.type)).cast(field.type) for field in SCHEMA
    }
    return pa.table(made, schema=SCHEMA).sort_by([("rule", "ascending"), ("finding_id", "ascending")])


def night(database: Database, number: int, flagged: pa.Table, word: str) -> dict[str, float]:
    """Tell a night; what is not flagged gets that standing."""
    as_of = FIRST + timedelta(days=number)
    start, cpu = time.perf_counter(), time.process_time()
    with open_night(database, as_of) as told:
        told.recall()
        standing = told.open_findings()
        silent = standing.filter(
            pc.invert(pc.is_in(standing["finding_id"], value_set=flagged["finding_id"].combine_chunks()))
        )
        words = pa.table([silent["finding_id"], pa.repeat(word, silent.num_rows)], schema=STANDING)
        run = Run(told.next_number(), f"{number:016}", as_of, 0, "", {})
        told.add_run(run, "0", "0")
        frame = told.record(run, flagged, words)
        counts = frame["state"].value_counts().to_dict()
        told.complete_run(run, [], {"states": {str(name): int(count) for name, count in counts.items()}})
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu": round(time.process_time() - cpu, 1),
        **{str(name): int(count) for name, count in counts.items()},
    }


def main() -> None:
    """Measure and print one JSON line per night."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--limit-seconds", type=float, help="fail when a night takes longer")
    parser.add_argument("--limit-mib", type=float, help="fail when more memory is used")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp())
    database = Database(asked.url, folder)
    count = asked.findings
    slowest = 0.0
    for number, (name, words, part, word) in enumerate(
        (
            ("all new", "首次", count, "passed"),
            ("all again, other words", "第 2 晚", count, "passed"),
            ("a tenth mended", "第 2 晚", count - count // 10, "passed"),
            ("nothing checked", "第 2 晚", 0, "unchecked"),
        )
    ):
        told = night(database, number, findings(count, words).slice(0, part), word)
        slowest = max(slowest, told["seconds"])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({"night": name, **told, "peak_mib": peak}, ensure_ascii=False), flush=True)
    start = time.perf_counter()
    problems = database.problems()
    print(json.dumps({"integrity_check": round(time.perf_counter() - start, 1), "problems": problems}))
    if database.is_sqlite:
        size = (folder / "ledger.sqlite").stat().st_size
    else:
        with database.transaction() as connection:
            size = int(connection.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0)
    print(json.dumps({"database_mib": size // 2**20}))
    database.close()
    if asked.limit_seconds and slowest > asked.limit_seconds:
        raise SystemExit(f"{slowest} s, above {asked.limit_seconds} s")
    if asked.limit_mib and peak > asked.limit_mib:
        raise SystemExit(f"{peak} MiB, above {asked.limit_mib} MiB")


if __name__ == "__main__":
    main()
