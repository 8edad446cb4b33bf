"""What the cross-check and the rules cost, against fourteen of them tuned by hand in pandas and Arrow.

    python benchmarks/crosscheck.py FOLDER [--devices 1000000] [--rounds 5]

The estate (`planted_faults`, a fifth as many merchants) is written to FOLDER as canonical Parquet, once. Each
round runs the three in turn, each in a process of its own:

* `peer`      fourteen questions, by hand (`tuned_pandas`)
* `fourteen`  the same fourteen from the rulebook, of tables with the same columns
* `whole`     every rule about rows, of tables with all columns

`load` reads the Parquet, `check` is everything after it. The first two have to find the same.
Ratios are medians of the rounds' own ratios, because the machine's speed changes between rounds.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import tuned_pandas
from clean_estate import AS_OF, CHANNEL
from planted_faults import Planted, is_about_rows, planted_estate

from audit.check import Grounds, Health, Plan, able, evaluate, wanted_of
from audit.crosscheck.schema import Subject
from audit.engines import DuckDBEngine, Engine, PandasEngine
from audit.intake.rows import names_of, read_rows
from audit.rules import RULES

FOURTEEN = (
    *("REG-01", "REG-03", "REG-04", "REG-08", "ELE-03", "ELE-06", "ELE-09"),
    *("LIF-03", "LIF-05", "MER-04", "DEV-04", "HB-01", "DUP-01", "DQ-02"),
)
# the columns of the vendors' own lists, without those that most lack
COMMON = {
    "devices": (
        *("serial_no", "model", "vendor", "firmware", "merchant_no", "store_no", "province", "address"),
        *("terminal_id", "install_date", "last_heartbeat_at", "cert_expiry", "terminal_status", "is_spare"),
        *(
            "device_key",
            "firmware_key",
            "model_key",
            "vendor_key",
            "address_key",
            "province_code",
            "city_code",
        ),
    ),
    "registrations": (
        *("registration_no", "serial_no", "merchant_no", "terminal_id", "model", "channel", "reg_status"),
        *("reg_message", "submitted_at", "registered_at", "province", "address"),
        *("device_key", "effective_at", "address_key", "province_code", "city_code"),
    ),
    "merchants": (
        *("merchant_no", "merchant_name", "uscc", "province", "biz_address", "mcc", "license_expiry"),
        *("merchant_status", "opened_on", "uscc_check", "uscc_hash", "mid_mcc"),
    ),
    "models": ("model", "min_firmware", "eol_on", "model_key", "vendor_key", "min_firmware_key"),
}
_OF_EVERY_ROW = (
    *("format_faults", "swapped_fields", "row_id", "source_file", "source_sheet", "source_row"),
    *("rejected", "rejected_reasons", "unread_text", "copies"),
)
ENGINES: dict[str, type[Engine]] = {"pandas": PandasEngine, "duckdb": DuckDBEngine}


def main() -> None:
    """Print the figures as JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--devices", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--engine", choices=list(ENGINES), default="pandas")
    options.add_argument("--one", choices=list(RUNS), help="one run, in this process")
    asked = options.parse_args()
    if asked.one:
        print(json.dumps(one_run(asked.one, asked.folder, ENGINES[asked.engine])))
        return
    if not (asked.folder / "devices.parquet").exists():
        asked.folder.mkdir(parents=True, exist_ok=True)
        for feed, rows in planted_estate(asked.devices).tables.items():
            # read back as plain text, which the peer is written for, also where values repeat
            pq.write_table(rows, asked.folder / f"{feed}.parquet", compression="lz4", store_schema=False)
    rounds = [
        {name: in_child(name, asked.folder, asked.engine) for name in RUNS} for _ in range(asked.rounds)
    ]
    print(json.dumps(told(rounds), indent=2))


def in_child(name: str, folder: Path, engine: str) -> dict[str, Any]:
    """One run in a fresh process."""
    command = [sys.executable, __file__, str(folder), "--engine", engine, "--one", name]
    answer: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return answer


def told(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Medians and ratios; stops where two runs do not find the same."""
    for one in rounds:
        found, by_peer = one["fourteen"]["counts"], one["peer"]["counts"]
        assert found == by_peer, (found, by_peer)
    figures = ("load_seconds", "load_cpu", "check_seconds", "check_cpu", "peak_mib")
    answer: dict[str, Any] = {"rounds": len(rounds), "rows": rounds[0]["peer"]["rows"]}
    for name in RUNS:
        medians = {
            figure: round(statistics.median(one[name][figure] for one in rounds), 2) for figure in figures
        }
        ratios = {
            f"{figure} / peer": round(
                statistics.median(one[name][figure] / one["peer"][figure] for one in rounds), 2
            )
            for figure in ("check_cpu", "check_seconds")
        }
        counts = rounds[0][name]["counts"]
        answer[name] = medians | ratios | {"rules": len(counts), "findings": sum(counts.values())}
    return answer


def one_run(name: str, folder: Path, engine: type[Engine]) -> dict[str, Any]:
    """Seconds and processor seconds of reading and of checking, peak memory, and flagged rows per rule."""
    load, check = RUNS[name]
    marks = [(time.perf_counter(), time.process_time())]
    tables = load(folder)
    marks.append((time.perf_counter(), time.process_time()))
    counts = check(tables, engine())
    marks.append((time.perf_counter(), time.process_time()))
    (wall, cpu), (wall_read, cpu_read), (wall_done, cpu_done) = marks
    return {
        "load_seconds": wall_read - wall,
        "load_cpu": cpu_read - cpu,
        "check_seconds": wall_done - wall_read,
        "check_cpu": cpu_done - cpu_read,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "counts": counts,
        "rows": {feed: rows.num_rows for feed, rows in tables.items()},
    }


def common_tables(folder: Path) -> dict[str, pa.Table]:
    """The tables with the columns of `COMMON`."""
    return {
        feed: _read(folder / f"{feed}.parquet", (*names, *_OF_EVERY_ROW)) for feed, names in COMMON.items()
    }


def whole_tables(folder: Path) -> dict[str, pa.Table]:
    """All tables with all columns."""
    return {path.stem: read_rows(path) for path in sorted(folder.glob("*.parquet"))}


def _read(path: Path, names: tuple[str, ...]) -> pa.Table:
    present = names_of(path)
    return read_rows(path, columns=[name for name in names if name in present])


def by_hand(tables: Mapping[str, pa.Table], _: Engine) -> dict[str, int]:
    """The peer's counts."""
    found = tuned_pandas.findings(tables, AS_OF, CHANNEL)
    return {rule: len(rows) for rule, rows in sorted(found.items())}


def by_rulebook(only: tuple[str, ...]) -> Callable[[Mapping[str, pa.Table], Engine], dict[str, int]]:
    """The program's facts and rules: those named, or all about rows."""

    def check(tables: Mapping[str, pa.Table], engine: Engine) -> dict[str, int]:
        planted = Planted(dict(tables))
        rules = tuple(
            rule for rule in RULES.values() if rule.id in only or (not only and is_about_rows(rule))
        )
        plan = Plan(rules, {}, AS_OF)
        grounds = Grounds({feed: Health(True, True) for feed in tables})
        wanted = wanted_of(able(plan, planted.columns, grounds))
        always = dict.fromkeys((Subject.DEVICE, Subject.DEVICE_CHANNEL), frozenset[str]())
        outcomes = evaluate(planted.facts(engine, always | wanted), plan, grounds)
        return {one.rule.id: one.count for one in outcomes if not one.not_evaluated}

    return check


RUNS: dict[str, tuple[Callable[[Path], dict[str, pa.Table]], Callable[..., dict[str, int]]]] = {
    "peer": (tuned_pandas.loaded, by_hand),
    "fourteen": (common_tables, by_rulebook(FOURTEEN)),
    "whole": (whole_tables, by_rulebook(())),
}


if __name__ == "__main__":
    main()
