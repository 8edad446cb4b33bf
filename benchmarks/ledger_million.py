"""The ledger's night over a million open findings: seconds per night, peak memory, size of the database.

    python benchmarks/ledger_million.py [--findings 1000000] [--postgres] [--folder DIR]

Four nights: all new; all found again, each told in new words; a tenth mended, the rest found again in the
words of before; nothing could be checked. A night is what the ledger does of it: what stood open, the lives
carried over, the frame handed to the report.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from audit.findings import SCHEMA
from audit.ledger.database import Database
from audit.ledger.handover import Handover
from audit.ledger.nights import Practice, Run, open_night
from audit.sight import SCHEMA as SIGHTS

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from postgres import fresh_database, running_server

FIRST = date(2026, 11, 21)
RULES = [f"BEN-{number:02}" for number in range(1, 21)]  # which no program asks about
SEVERITIES = ["critical", "high", "medium", "low"]


def findings(count: int, words: str) -> pa.Table:
    """Findings of a night, sorted by rule and id; `words` is in the detail of each."""
    places = np.arange(count, dtype=np.uint64)
    ids = places * np.uint64(0x9E3779B97F4A7C15)
    shares = [places[places % len(RULES) == place] for place in range(len(RULES))]
    return pa.concat_tables(
        of_rule(place, share[np.argsort(ids[share])], ids, words) for place, share in enumerate(shares)
    )


def of_rule(place: int, numbers: np.ndarray, all_ids: np.ndarray, words: str) -> pa.Table:
    """The findings of one rule."""
    count = len(numbers)
    number = pa.array(numbers.astype(np.int64))
    text = number.cast(pa.string())
    padded = pc.utf8_lpad(text, 10, "0")
    ids = pa.array([f"{value:016x}" for value in all_ids[numbers].tolist()], pa.string())
    columns = {
        "finding_id": ids,
        "rule": pa.repeat(RULES[place], count),
        "category": pa.repeat("unregistered", count),
        "severity": pa.repeat(SEVERITIES[place % 4], count),
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
        "source_row": pc.add(number, 2),
        "held": pa.array(np.zeros(count, dtype=bool)),
        "evidence": pc.utf8_slice_codeunits(ids, 0, 16),
    }
    made = {
        field.name: columns.get(field.name, pa.nulls(count, field.type)).cast(field.type) for field in SCHEMA
    }
    return pa.table(made, schema=SCHEMA)


def night(database: Database, number: int, flagged: Handover, word: str) -> dict[str, float]:
    """Tell a night; what is not flagged gets that sight."""
    as_of = FIRST + timedelta(days=number)
    start, cpu = time.perf_counter(), time.process_time()
    with open_night(database, as_of) as told:
        told.recall()
        run = Run(told.next_number(), f"{number:016}", as_of, 0, "", {})
        told.add_run(run, "0", "0")
        stood = Handover(told.open_findings())
        words = silent(stood.table, flagged.table["finding_id"], word)
        standing, born = told.carried(run, flagged, words, Practice(), stood)
        told.enter(born)
        counts = Counter(standing["state"].to_pylist())
        told.complete_run(run, [], {"states": dict(counts)})
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu": round(time.process_time() - cpu, 1),
        **counts,
    }


def silent(standing: pa.Table, flagged: pa.ChunkedArray, word: str) -> pa.Table:
    """What stood before and is not flagged tonight, with that sight."""
    names = standing["finding_id"]
    quiet = names.filter(pc.invert(pc.is_in(names, value_set=flagged.combine_chunks())))
    return pa.table([quiet, pa.repeat(word, len(quiet))], schema=SIGHTS)


def main() -> None:
    """Measure and print one JSON line per night."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--postgres", action="store_true", help="on a server of its own instead of SQLite")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--limit-seconds", type=float, help="fail when a night takes longer")
    parser.add_argument("--limit-mib", type=float, help="fail when more memory is used")
    asked = parser.parse_args()
    with ExitStack() as stack:
        url = ""
        if asked.postgres:
            server = stack.enter_context(running_server())
            url = stack.enter_context(fresh_database(server, "million"))
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        measure(asked, Database(url, folder), folder)


def measure(asked: argparse.Namespace, database: Database, folder: Path) -> None:
    """Tell the four nights; fail where a limit is passed."""
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
        told = night(database, number, Handover(findings(part, words)), word)
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
