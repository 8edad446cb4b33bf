"""A year of nights in one ledger: what the last costs against the second, and how fast one looks back.

    python benchmarks/year_of_nights.py [--nights 365] [--devices 20000] [--url postgresql+psycopg://…]

Every night a share of the devices is at fault; some are mended, some break, some come back, people fill in
a few, one night in thirty a feed is missing, and the words of most findings change with the date. Processor
seconds are compared, of this process alone, the median of neighbouring nights each time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from ledger_million import findings

from audit.ledger.database import Database
from audit.ledger.handlings import Copy, bases_of, enter, handlings_of
from audit.ledger.handover import Handover
from audit.ledger.history import difference, past_nights, trend
from audit.ledger.merge import Returned, Terms, merge
from audit.ledger.nights import Run, open_night
from audit.standing import SCHEMA as STANDING

FIRST = date(2025, 11, 21)
AT_FAULT = 0.15
CHURN = 0.02  # of the devices at fault, per night mended and as many broken


def main() -> None:
    """Measure and print what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--devices", type=int, default=20_000)
    parser.add_argument("--url", default="")
    parser.add_argument(
        "--limit", type=float, help="fail when the last night costs more than so many seconds"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(asked, Path(folder))


def measure(asked: argparse.Namespace, folder: Path) -> None:
    """Tell the nights, then look back."""
    database = Database(asked.url, folder)
    random = np.random.default_rng(20251121)
    faulty = random.random(asked.devices) < AT_FAULT
    every = findings(asked.devices, "首次")
    seconds: list[float] = []
    for number in range(asked.nights):
        as_of = FIRST + timedelta(days=number)
        swapped = random.random(asked.devices) < CHURN * np.where(faulty, 1.0, AT_FAULT / (1 - AT_FAULT))
        faulty = faulty ^ swapped
        is_blind = number % 30 == 29
        told = every.set_column(
            every.column_names.index("detail"),
            "detail",
            pc.binary_join_element_wise(every["detail"], as_of.isoformat(), " "),
        )
        flagged = told.slice(0, 0) if is_blind else told.filter(pa.array(faulty))
        seconds.append(one_night(database, number, as_of, flagged, "unchecked" if is_blind else "passed"))
    second, last = statistics.median(seconds[1:6]), statistics.median(seconds[-6:-1])
    nights = past_nights(database)
    with database.transaction() as connection:
        events = connection.scalar(sa.text("SELECT COUNT(*) FROM events"))
        known = connection.scalar(sa.text("SELECT COUNT(*) FROM findings"))
        size = (
            (folder / "ledger.sqlite").stat().st_size
            if database.is_sqlite
            else connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
        )
    looks = {
        "history": lambda: past_nights(database),
        "diff of the last two": lambda: difference(database, nights[-2], nights[-1]),
        "diff of the year": lambda: difference(database, nights[0], nights[-1]),
        "trend of 365 nights": lambda: trend(past_nights(database), nights[-1].as_of, 365),
    }
    took = {}
    for name, look in looks.items():
        start = time.perf_counter()
        look()
        took[name] = round(time.perf_counter() - start, 3)
    print(
        json.dumps(
            {
                "nights": asked.nights,
                "devices": asked.devices,
                "findings": known,
                "events": events,
                "cpu_of_the_first_nights": round(second, 3),
                "cpu_of_the_last_nights": round(last, 3),
                "ratio": round(last / second, 3),
                "database_mib": round(int(size or 0) / 2**20, 1),
                **took,
            },
            ensure_ascii=False,
            indent=2,
        )
    )
    database.close()
    if asked.limit and last / second > asked.limit:
        raise SystemExit(
            f"the last night costs {last / second:.2f} times the first ones, above {asked.limit}"
        )
    if max(took.values()) > 1 and asked.limit:
        raise SystemExit("looking back took more than a second")


def one_night(database: Database, number: int, as_of: date, flagged: pa.Table, word: str) -> float:
    """Tell a night and read a returned copy; the processor seconds it took."""
    start = time.process_time()
    with open_night(database, as_of) as night:
        night.recall()
        standing = night.open_findings()
        silent = standing.filter(
            pc.invert(pc.is_in(standing["finding_id"], value_set=flagged["finding_id"].combine_chunks()))
        )
        words = pa.table([silent["finding_id"], pa.repeat(word, silent.num_rows)], schema=STANDING)
        read_copy(night.connection, number, as_of, flagged["finding_id"].slice(0, 20).to_pylist())
        run = Run(night.next_number(), f"{number:016}", as_of, 0, "", {})
        night.add_run(run, "0", "0", {"estate": "bench"})
        frame = night.record(run, Handover(flagged), words)
        counts = {str(name): int(count) for name, count in frame["state"].value_counts().items()}
        night.complete_run(run, [], {"open": len(frame), "overdue": 0, "states": counts})
    return time.process_time() - start


def read_copy(connection: sa.Connection, number: int, as_of: date, names: list[str]) -> None:
    """Twenty people say that they are at it."""
    rows = handlings_of(connection, names)
    returned = [
        Returned(name, row.row_version, {"status": "in_progress", "remark": f"{as_of} 已派单"}, who="张三")
        for name, row in rows.items()
    ]
    bases = bases_of(connection, rows, [(one.finding_id, one.base_version) for one in returned])
    merged = merge(rows, returned, bases, Terms(as_of))
    enter(connection, merged, Copy(f"{number:064}", "回传.xlsx"), as_of)


if __name__ == "__main__":
    main()
