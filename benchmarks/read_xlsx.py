"""How long a sheet of 200,000 x 14 takes to hand over, against fastexcel alone, and what comes on top.

    python benchmarks/read_xlsx.py [--devices 200000] [--rounds 5]

Both read the same bytes in turn, in one process; medians and their ratio are printed, of the clock and of
the processor. Cleaning and accounting, the canonical Parquet, a second file on the second core and the warm
start are shown apart.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fastexcel
import pyarrow as pa
from make_estate import make_estate

from audit.intake.formats.source import open_source
from audit.intake.read import read_file
from audit.intake.request import Request
from audit.intake.store import Store


def main() -> None:
    """Print the figures as JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--devices", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_estate(folder, asked.devices, asked.devices // 4)
        print(json.dumps(measure(folder, asked.rounds), indent=2))


def measure(folder: Path, rounds: int) -> dict[str, object]:
    """Seconds (medians) and ratios."""
    ledger = next(folder.glob("*devices*.xlsx"))
    registrations = next(folder.glob("*registrations*.xlsx"))
    data = ledger.read_bytes()

    def peer() -> pa.Table:
        sheet = fastexcel.read_excel(data).load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
        return pa.table(sheet.to_arrow())

    def ours() -> object:
        return open_source(data).grids

    table = peer()
    seconds: dict[str, list[float]] = {"fastexcel": [], "cells": []}
    work: dict[str, list[float]] = {"fastexcel": [], "cells": []}
    for _ in range(rounds):
        for name, call in (("fastexcel", peer), ("cells", ours)):
            before = time.process_time()
            seconds[name].append(timed(call))
            work[name].append(time.process_time() - before)
    request = Request(str(ledger), "devices", output=str(folder / "rows.parquet"))
    whole = [timed(lambda: read_file(request)) for _ in range(rounds)]
    cold = Store(folder / "cold")
    one = timed(lambda: cold.read(Request(str(ledger), "devices")))
    warm = statistics.median(timed(lambda: cold.read(Request(str(ledger), "devices"))) for _ in range(rounds))
    both = Store(folder / "both")
    jobs = (Request(str(ledger), "devices"), Request(str(registrations), "registrations"))
    other = timed(lambda: Store(folder / "other").read(jobs[1]))
    with ThreadPoolExecutor(2) as pool:
        side_by_side = timed(lambda: list(pool.map(both.read, jobs)))
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    ratios = [own / peer for own, peer in zip(seconds["cells"], seconds["fastexcel"], strict=True)]
    return {
        "rows": table.num_rows,
        "columns": table.num_columns,
        "mib": round(len(data) / (1 << 20), 1),
        "seconds": {
            **{name: round(value, 2) for name, value in medians.items()},
            "cells, cleaned and accounted for, as Parquet": round(statistics.median(whole), 2),
            "one file in its own process": round(one, 2),
            "the other file in its own process": round(other, 2),
            "both files at once": round(side_by_side, 2),
            "warm start": round(warm, 3),
        },
        "cells / fastexcel": round(statistics.median(ratios), 2),
        "cells / fastexcel, processor time": round(
            statistics.median(work["cells"]) / statistics.median(work["fastexcel"]), 2
        ),
        "both at once / one after the other": round(side_by_side / (one + other), 2),
    }


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
