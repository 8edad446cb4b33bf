"""How long near misses take: unmatched devices against as many unmatched registrations.

    python benchmarks/near_misses.py [--serials 100000] [--rounds 3]

Two lists: serials drawn at random, and serials of one sequence, where each has real neighbours. Seven in ten
registrations are a slip of a device's serial; the others are no device's. Told are seconds, peak memory, how
many slips the top suggestion names rightly, and the time of a bare deletion-neighbourhood join of the same
two lists in pandas, which finds pairs but neither kinds nor scopes nor an order. Each round runs in a
process of its own, ours and the peer's in turn.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from planted_faults import slipped

from audit.crosscheck.nearmiss import near_misses

SLIPS = ("look_alike", "transposed", "changed", "doubled", "left_out")
SHARE = 0.7  # of the registrations are slips
LISTS = ("random", "sequence")


def main() -> None:
    """Print the figures as JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--serials", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--one", nargs=2, metavar=("LIST", "SEARCH"), help="one round, in this process")
    asked = options.parse_args()
    if asked.one:
        print(json.dumps(one_round(asked.serials, *asked.one)))
        return
    told: dict[str, Any] = {"serials a side": asked.serials, "rounds": asked.rounds}
    for kind in LISTS:
        rounds: dict[str, list[dict[str, Any]]] = {"ours": [], "join": []}
        for _ in range(asked.rounds):
            for search, found in rounds.items():
                found.append(in_child(asked.serials, kind, search))
        told[kind] = {search: medians(found) for search, found in rounds.items()}
    print(json.dumps(told, indent=2))


def in_child(serials: int, kind: str, search: str) -> dict[str, Any]:
    """One round in a fresh process."""
    command = [sys.executable, __file__, "--serials", str(serials), "--one", kind, search]
    answer: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return answer


def medians(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each figure."""
    return {name: round(statistics.median(one[name] for one in rounds), 3) for name in rounds[0]}


def one_round(count: int, kind: str, search: str) -> dict[str, Any]:
    """Seconds, processor seconds, the process's peak MiB, and what was found."""
    devices, registrations, right = lists(count, kind)
    wall, cpu = time.perf_counter(), time.process_time()
    if search == "join":
        found: dict[str, Any] = {"pairs": deletion_join(devices["serial_no"], registrations["serial_no"])}
    else:
        near = near_misses(devices, registrations)
        found = {"suggestions": near.pairs.num_rows, "capped": near.capped}
    figures = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    if search == "ours":
        told = dict(zip(near.pairs["row_id"].to_pylist(), near.pairs["near_serial"].to_pylist(), strict=True))
        found["top right"] = sum(told.get(row) == serial for row, serial in right.items()) / len(right)
    return {**figures, "mib": peak_mib(), **found}


def lists(count: int, kind: str) -> tuple[pa.Table, pa.Table, dict[int, str]]:
    """Both lists, and for each row of a device that was slipped the serial it was registered under."""
    random = np.random.default_rng(7)
    if kind == "random":
        numbers = 1_000_000_000 + random.choice(9_000_000_000, 2 * count, replace=False)
        numbers, others = numbers[:count], numbers[count:]
    else:
        numbers = 1_000_000_000 + np.arange(count) * 3
        others = numbers + 1
    serials = [f"WP{number}" for number in numbers]
    slips = int(count * SHARE)
    wrong = [slipped(serial, SLIPS[place % len(SLIPS)]) for place, serial in enumerate(serials[:slips])]
    listed = wrong + [f"WP{number}" for number in others[slips:]]
    merchants = [f"{898_000_000_000_000 + place // 5}" for place in range(count)]
    rows = pa.array(np.arange(count))
    devices = pa.table(
        {
            "row_id": rows,
            "device_key": [f"sn:{serial}" for serial in serials],
            "serial_no": serials,
            "merchant_no": merchants,
            "batch_no": [f"B{place // 500}" for place in range(count)],
        }
    )
    registrations = devices.set_column(2, "serial_no", pa.array(listed))
    registrations = registrations.append_column("source_file", pa.array(["list.csv"] * count))
    registrations = registrations.append_column("source_sheet", pa.array([""] * count))
    registrations = registrations.append_column("source_row", rows)
    known = set(serials)
    right = {
        place: after
        for place, (before, after) in enumerate(zip(serials, wrong, strict=False))
        if before != after and after not in known
    }
    return devices, registrations, right


def deletion_join(left: pa.ChunkedArray, right: pa.ChunkedArray) -> int:
    """How many pairs become equal when one character is left out of one or both."""
    ours, theirs = (_shortened(column) for column in (left, right))
    met = ours.merge(theirs, on="form")
    return len(met.drop_duplicates(["row_x", "row_y"]))


def _shortened(column: pa.ChunkedArray) -> pd.DataFrame:
    texts = column.combine_chunks().to_numpy(zero_copy_only=False)
    lengths = np.array([len(text) for text in texts])
    parts = []
    for length in np.unique(lengths):
        places = np.flatnonzero(lengths == length)
        points = texts[places].astype(f"U{length}").view(np.uint32).reshape(len(places), length)
        weights = np.random.default_rng(20).integers(1, 2**62, 64, dtype=np.uint64)
        for left_out in range(length + 1):
            kept = np.delete(np.arange(length), left_out) if left_out < length else np.arange(length)
            form = points[:, kept].astype(np.uint64) @ weights[: len(kept)]
            parts.append(pd.DataFrame({"form": form, "row": places}))
    return pd.concat(parts, ignore_index=True).drop_duplicates()


def peak_mib() -> float:
    """The largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
