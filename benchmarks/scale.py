"""How time and memory grow with the estate: the cross-check and the rules on DuckDB, beside SQL by hand.

    python benchmarks/scale.py FOLDER [--devices 100000 1000000 10000000] [--rate 0.001] [--rounds 3]
        [--memory-gib 3] [--engine duckdb] [--whole] [--night] [--spark] [--limit-mib 6144] [--write]

FOLDER gets an estate of each size as Parquet (`make_estate`, a fifth as many merchants), read once by the
intake into canonical Parquet. Each round runs, each in a process of its own, from those files on:

* `hand`      the fourteen rules of `peers/contract.py` as one DuckDB query, findings fetched as Arrow
* `fourteen`  the same from the rulebook
* `whole`     every rule (`--whole`)

`hand` and `fourteen` must find the same number of rows, rule by rule. Ratios are medians of the rounds' own;
the slope is that of log(processor seconds) over log(devices), fitted to all sizes. `--night` runs one whole
`pos-audit run` of each size as well, reading included. `--spark` compares one and two workers of a standalone
cluster of this machine, one core each, with DuckDB: the findings must be equal, byte for byte. Where a run
of the program takes more than `--limit-mib`, it fails. `--write` puts the tables into RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from whole_night import AS_OF, RULES, Measured, machine, put_table, timed

ROOT = Path(__file__).parents[1]
COLUMNS = ("clock", "processor", "peak")


def main() -> None:
    """Print the tables."""
    asked = _asked()
    if asked.one:
        import scale_runs

        print(json.dumps(scale_runs.RUNS[asked.one](asked.folder)))
        return
    tables = [curve(asked)] if not asked.spark else []
    if asked.night:
        tables.append(nights(asked))
    if asked.spark:
        tables.append(on_spark(asked))
    for title, text in tables:
        print(text)
        if asked.write:
            put_table(title, text)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--devices", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--rate", type=float, default=0.001, help="of each of the fourteen faults")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-gib", type=float, default=3.0, help="DuckDB's, for both sides")
    parser.add_argument("--limit-mib", type=float, default=float("inf"))
    parser.add_argument("--engine", choices=["duckdb", "pandas"], default="duckdb")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--night", action="store_true")
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", choices=["read", "hand", "check"], help="one run, in this process")
    return parser.parse_args()


def estate(asked: argparse.Namespace, devices: int) -> Path:
    """The folder of an estate of so many devices, made where it is not there."""
    folder: Path = asked.folder / f"{devices}-{asked.rate}"
    if not (folder / "audit.toml").exists():
        made = [str(folder), "--devices", str(devices), "--merchants", str(devices // 5)]
        made += ["--format", "parquet", "--rate", str(asked.rate)]
        subprocess.run([sys.executable, str(Path(__file__).with_name("make_estate.py")), *made], check=True)
    return folder


# with Spark's own gigabyte a million devices are too many for the driver
_SPARK_MEMORY = {"spark.driver.memory": "3g", "spark.executor.memory": "3g"}


def settings_of(
    asked: argparse.Namespace, folder: Path, engine: str, *, whole: bool = False
) -> dict[str, str]:
    """The configuration of a run, as its environment has it."""
    return {
        "AUDIT_AUDIT_ENGINE": engine,
        "AUDIT_AUDIT_STATE": str(folder / "state"),
        "AUDIT_DUCKDB_MEMORY_GIB": str(asked.memory_gib),
        "AUDIT_RULES_SELECT": "[]" if whole else json.dumps(list(RULES)),
    }


def run(what: str, folder: Path, environment: dict[str, str], before: Sequence[str] = ()) -> Measured:
    """One of `scale_runs`, in a process of its own; seconds are those it counts itself."""
    command = [*before, sys.executable, __file__, str(folder), "--one", what]
    measured, told = timed(command, environment)
    own = told.pop("seconds", None)
    if own:
        measured = Measured(own[0], own[1], measured.peak, told["counts"])
    return measured


def curve(asked: argparse.Namespace) -> tuple[str, str]:
    """Every size, every run: medians, ratios and slopes."""
    runs = ["hand", "fourteen", *(["whole"] if asked.whole else [])]
    found: dict[int, list[dict[str, Measured]]] = {}
    reading: dict[int, Measured] = {}
    for devices in asked.devices:
        folder = estate(asked, devices)
        environments = {
            name: settings_of(asked, folder, asked.engine, whole=name == "whole") for name in runs
        }
        reading[devices] = run("read", folder, environments["hand"])
        found[devices] = []
        for number in range(1, asked.rounds + 1):
            one = {
                name: run("hand" if name == "hand" else "check", folder, environments[name]) for name in runs
            }
            hand, ours = one["hand"].counts, one["fourteen"].counts
            assert hand == ours, (hand, ours)
            peak = max(got.peak for name, got in one.items() if name != "hand")
            assert peak <= asked.limit_mib, f"{devices:,} devices took {peak:,.0f} MiB"
            found[devices].append(one)
            told = ", ".join(f"{name} {got.processor:.1f}" for name, got in one.items())
            print(f"{devices:,} round {number}: {told} processor s", file=sys.stderr)
    return f"scale, {asked.engine}", _curve_table(asked, runs, found, reading)


def _curve_table(
    asked: argparse.Namespace,
    runs: Sequence[str],
    found: dict[int, list[dict[str, Measured]]],
    reading: dict[int, Measured],
) -> str:
    lines = [
        f"Medians of {asked.rounds} interleaved rounds; DuckDB held to {asked.memory_gib:g} GiB on both"
        f" sides; each fault in {asked.rate:.1%} of the rows. {machine()}",
        "",
        "| devices | run | findings | clock, s | processor, s | peak MiB | processor ÷ `hand` |",
        "|---|---|---|---|---|---|---|",
    ]
    for devices, rounds in found.items():
        for name in runs:
            clock, processor, peak = (
                statistics.median(getattr(one[name], figure) for one in rounds) for figure in COLUMNS
            )
            ratio = statistics.median(one[name].processor / one["hand"].processor for one in rounds)
            count = sum(rounds[0][name].counts.values())
            lines.append(
                f"| {devices:,} | `{name}` | {count:,} | {clock:.1f} | {processor:.1f} | {peak:,.0f} |"
                f" {ratio:.2f} |"
            )
    if len(found) > 1:
        slopes = {
            name: slope(
                list(found),
                [statistics.median(one[name].processor for one in rounds) for rounds in found.values()],
            )
            for name in runs
        }
        lines += ["", "Slopes: " + ", ".join(f"`{name}` {value:.2f}" for name, value in slopes.items()) + "."]
    read = ", ".join(
        f"{devices:,}: {one.processor:.0f} processor s"
        for devices, one in reading.items()
        if one.counts["new"]
    )
    if read:
        lines += ["", f"Reading the exports into canonical Parquet, once: {read}."]
    return "\n".join(lines) + "\n"


def slope(rows: Sequence[int], seconds: Sequence[float]) -> float:
    """The exponent of time over rows, by least squares."""
    return float(np.polyfit(np.log(rows), np.log(seconds), 1)[0])


def nights(asked: argparse.Namespace) -> tuple[str, str]:
    """A whole night of each size."""
    lines = [
        f"One whole `pos-audit run` of fourteen rules, cold, each fault in {asked.rate:.1%} of the rows;"
        f" DuckDB held to {asked.memory_gib:g} GiB. {machine()}",
        "",
        "| devices | findings | clock, s | processor, s | peak MiB | of a reader | seconds by stage |",
        "|---|---|---|---|---|---|---|",
    ]
    for devices in asked.devices:
        folder = estate(asked, devices)
        with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
            environment = settings_of(asked, folder, asked.engine) | {
                "AUDIT_AUDIT_STATE": f"{scratch}/state",
                "AUDIT_REPORT_OUTPUT": f"{scratch}/out",
            }
            program = str(Path(sys.executable).with_name("pos-audit"))
            night, _ = timed(
                [program, "run", "--config", str(folder / "audit.toml")],
                environment,
                Path(scratch, "out"),
                AS_OF,
            )
            told = json.loads(Path(scratch, "out", AS_OF.isoformat(), "summary.json").read_text("utf-8"))
        measured = told["measured"]
        stages = ", ".join(f"{name} {seconds:.0f}" for name, seconds in measured["seconds"].items())
        mib = [measured[name] / (1 << 20) for name in ("peak_bytes", "peak_bytes_reader")]
        assert max(mib) <= asked.limit_mib, f"{devices:,} devices took {max(mib):,.0f} MiB"
        count = sum(night.counts.values())
        lines.append(
            f"| {devices:,} | {count:,} | {night.clock:.0f} | {night.processor:.0f} |"
            f" {mib[0]:,.0f} | {mib[1]:,.0f} | {stages} |"
        )
        print(lines[-1], file=sys.stderr)
    return f"scale, whole nights on {asked.engine}", "\n".join(lines) + "\n"


def on_spark(asked: argparse.Namespace) -> tuple[str, str]:
    """One and two workers of a cluster here, beside DuckDB."""
    lines = [
        f"Fourteen rules on a standalone cluster of this machine, one core a worker; clock seconds of the"
        f" check, session and shared Parquet included; medians of {asked.rounds}. {machine()}",
        "",
        "| devices | findings | DuckDB | 1 worker | 2 workers | 1 ÷ 2 | equal |",
        "|---|---|---|---|---|---|---|",
    ]
    for devices in asked.devices:
        folder = estate(asked, devices)
        own = settings_of(asked, folder, "duckdb")
        run("read", folder, own)
        seconds: dict[str, list[float]] = {}
        first: dict[str, Any] = {}
        with tempfile.TemporaryDirectory(dir=asked.folder) as shared:
            for _ in range(asked.rounds):
                for name, workers in (("duckdb", 0), ("one", 1), ("two", 2)):
                    environment = own | {"SCALE_DIGEST": "1"}
                    before: tuple[str, ...] = ()
                    if workers:
                        environment |= {
                            "PYTHON": sys.executable,
                            "WORKERS": str(workers),
                            "CORES": "1",
                            "MEMORY": "4g",
                            "AUDIT_SPARK_CONF": json.dumps(_SPARK_MEMORY),
                            "AUDIT_SPARK_SHARED": shared,
                        }
                        before = (str(ROOT / ".ci" / "spark-cluster"),)
                    got = run("check", folder, environment, before)
                    seconds.setdefault(name, []).append(got.clock)
                    first = first or got.counts
                    assert got.counts == first, (name, got.counts, first)
        one = {name: statistics.median(values) for name, values in seconds.items()}
        ratio = statistics.median(a / b for a, b in zip(seconds["one"], seconds["two"], strict=True))
        count = sum(value for value in first.values() if isinstance(value, int))
        lines.append(
            f"| {devices:,} | {count:,} | {one['duckdb']:.1f} | {one['one']:.1f} | {one['two']:.1f} |"
            f" {ratio:.2f} | byte for byte |"
        )
        print(lines[-1], file=sys.stderr)
    return "scale, Spark", "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
