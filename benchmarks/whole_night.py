"""A whole night, from exported files to workbook, page and findings, beside what people would use instead.

    python benchmarks/whole_night.py FOLDER [--devices 200000] [--merchants 50000]
        [--format xlsx] [--varied] [--rounds 5] [--only fourteen strongest …] [--write]

FOLDER gets the estate (`make_estate`). Each round runs every contestant in turn, in a process of its own:

* `fourteen`  this program, the fourteen rules of `peers/contract.py`, nothing remembered
* `whole`     this program, every rule
* `warm`      this program on the night after, fourteen rules: only the device file is another
* the rest    the modules of `peers`: the same fourteen rules, the same findings

`fourteen` and the peers must count the same, rule by rule. Ratios are medians of the rounds' own ratios, for
the machine's speed changes between rounds. Processor seconds and memory are the kernel's own account of
the process and its children. `--write` puts the table into RESULTS.md.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
from make_estate import Dice, make_devices, make_estate, write_export
from peers.contract import AS_OF, RULES
from varied import varied_devices

PEERS = {
    "strongest": "polars, two reading threads, needed columns, Rust writer",
    "strongest_warm": "the same, only the device file to read, the rest as Parquet",
    "polars_night": "polars, fastexcel, XlsxWriter",
    "duckdb_night": "DuckDB, fastexcel, XlsxWriter",
    "tuned_pandas_night": "pandas, fastexcel, XlsxWriter",
    "naive_pandas": "pandas.read_excel, openpyxl",
    "datacompy_night": "datacompy (5 of the 14 rules)",
}
OURS = {
    "fourteen": "**pos-audit, the same 14 rules, cold**",
    "warm": "**pos-audit, the same 14 rules, warm**",
    "whole": "**pos-audit, every rule, cold**",
}
PARTIAL = ("datacompy_night", "whole", "warm")  # that cannot be held to the same counts
RESULTS = Path(__file__).with_name("RESULTS.md")
_PACKAGES = (
    "pandas",
    "pyarrow",
    "openpyxl",
    "polars",
    "duckdb",
    "fastexcel",
    "xlsxwriter",
    "rustpy-xlsxwriter",
)


@dataclass(frozen=True)
class Measured:
    """One run: seconds by the clock and of the processor, peak memory in MiB, findings per rule."""

    clock: float
    processor: float
    peak: float
    counts: dict[str, int]


def main() -> None:
    """Print the table."""
    asked = _asked()
    if asked.one:
        folder, out = asked.folder, Path(tempfile.mkdtemp(dir=asked.folder))
        print(json.dumps(importlib.import_module(f"peers.{asked.one}").run(folder, out)))
        shutil.rmtree(out)
        return
    if asked.make:
        _next_devices(asked)
        if "strongest_warm" in (asked.only or PEERS):
            importlib.import_module("peers.strongest_warm").keep(asked.folder)
        return
    # in a process of its own: the memory of who starts a process counts as the process's own
    subprocess.run([sys.executable, *sys.argv, "--make"], check=True)
    next_devices = _next_devices(asked)
    names = asked.only or (*OURS, *PEERS)
    rounds = []
    for number in range(1, asked.rounds + 1):
        rounds.append({name: run(name, asked.folder, next_devices) for name in names})
        print(f"round {number}: {told(rounds[-1])}", file=sys.stderr)
    same_counts(rounds)
    text = table(asked, rounds)
    print(text)
    if asked.write:
        title = f"{'varied ' if asked.varied else ''}{asked.format} {asked.devices:,}"
        put_table(f"whole night, {title}", text, f"A whole night: {title} devices")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--devices", type=int, default=200_000)
    parser.add_argument("--merchants", type=int, default=50_000)
    parser.add_argument("--format", choices=["xlsx", "csv"], default="xlsx")
    parser.add_argument("--varied", action="store_true", help="an estate with hardly a value twice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=[*OURS, *PEERS])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--make", action="store_true", help="make the estate and nothing else")
    parser.add_argument("--one", choices=list(PEERS), help="one peer, in this process")
    return parser.parse_args()


def _next_devices(asked: argparse.Namespace) -> Path:
    """The device file of the night after: the same devices and one more. Makes both where they are not."""
    if not (asked.folder / "audit.toml").exists():
        make_estate(asked.folder, asked.devices, asked.merchants, form=asked.format, varied=asked.varied)
    path = asked.folder / "next" / f"devices_20261122.{asked.format}"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        dice = Dice()
        vary = varied_devices if asked.varied else _as_they_are
        same = vary(dice, make_devices(dice, asked.devices, asked.merchants))
        another = vary(dice, make_devices(dice, 1, asked.merchants, asked.devices))
        write_export(path, pa.concat_tables([same, another]).combine_chunks(), "devices")
    return path


def _as_they_are(_: Dice, devices: pa.Table) -> pa.Table:
    return devices


def run(name: str, folder: Path, next_devices: Path) -> Measured:
    """One contestant, in a process of its own."""
    if name in PEERS:
        return timed([sys.executable, __file__, str(folder), "--one", name], {})[0]
    with tempfile.TemporaryDirectory() as scratch:
        own = {"AUDIT_AUDIT_STATE": f"{scratch}/state", "AUDIT_REPORT_OUTPUT": f"{scratch}/out"}
        if name != "whole":
            own["AUDIT_RULES_SELECT"] = json.dumps(list(RULES))
        command = [program(), "run", "--config"]
        night, _ = timed([*command, str(folder / "audit.toml")], own, Path(scratch, "out"), AS_OF)
        if name != "warm":
            return night
        for path in folder.glob("[!d]*.*"):
            shutil.copy2(path, scratch)
        shutil.copy2(next_devices, scratch)
        again = [*command, f"{scratch}/audit.toml", "--as-of", "2026-11-22"]
        after, told = timed(again, own, Path(scratch, "out"), date(2026, 11, 22))
        [devices] = [one for one in told["inputs"] if one["feed"] == "devices"]
        assert devices["path"] == next_devices.name, "its configuration does not find the next device file"
        assert sum(after.counts.values()) < 1.1 * sum(night.counts.values()), "it is another estate"
        return after


def program() -> str:
    """This program, as it is installed beside the interpreter."""
    return str(Path(sys.executable).with_name("pos-audit"))


def timed(
    command: list[str], environment: dict[str, str], out: Path | None = None, as_of: date = AS_OF
) -> tuple[Measured, dict[str, Any]]:
    """A process with its clock, processor and memory, and what it said or, of a night, its summary.

    Exit codes 0 and 20 are a finished night. What others have left to be written to the disk is written
    first; and Python may keep what it compiles, as it does wherever nobody forbids it: the peers were
    compiled when they were installed.
    """
    environment = {"PYTHONDONTWRITEBYTECODE": "", **environment}
    os.sync()
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    clock = time.perf_counter() - start
    assert process.returncode in ((0, 20) if out else (0,)), (command, process.returncode)
    told = json.loads(said if out is None else (out / as_of.isoformat() / "summary.json").read_text("utf-8"))
    counts = told if out is None else counted(told)
    return Measured(clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, counts), told


def counted(summary: dict[str, Any]) -> dict[str, int]:
    """Findings per rule of a published night, closed ones not counted."""
    counts: dict[str, int] = {}
    for one in summary["findings"]:
        counts[one["rule"]] = counts.get(one["rule"], 0) + one["count"]
    return counts


def same_counts(rounds: list[dict[str, Measured]]) -> None:
    """Stop where two contestants do not find the same."""
    for one in rounds:
        found = {name: measured.counts for name, measured in one.items() if name not in PARTIAL}
        first, *others = found.items()
        for name, counts in others:
            assert counts == first[1], (first, (name, counts))


def told(one: dict[str, Measured]) -> str:
    """A round in one line."""
    return ", ".join(f"{name} {measured.clock:.1f} s" for name, measured in one.items())


def table(asked: argparse.Namespace, rounds: list[dict[str, Measured]]) -> str:
    """Medians, and how many times as long as this program's cold night with the same rules."""
    findings = sum(rounds[0][next(iter(rounds[0]))].counts.values())
    lines = [
        f"{asked.devices:,} devices, {asked.merchants:,} merchants as {asked.format}: {findings:,} findings;"
        f" medians of {len(rounds)} interleaved rounds. {machine()}",
        "",
        "| who | clock, s | processor, s | peak MiB | clock ÷ `fourteen` | processor ÷ `fourteen` |",
        "|---|---|---|---|---|---|",
    ]
    base = "fourteen" if "fourteen" in rounds[0] else next(iter(rounds[0]))
    for name in rounds[0]:
        clock, processor, peak = (
            statistics.median(getattr(one[name], figure) for one in rounds)
            for figure in ("clock", "processor", "peak")
        )
        ratios = (
            statistics.median(getattr(one[name], figure) / getattr(one[base], figure) for one in rounds)
            for figure in ("clock", "processor")
        )
        label = (OURS | PEERS)[name]
        ratio = " | ".join(f"{one:.2f}" for one in ratios)
        lines.append(f"| {label} | {clock:.2f} | {processor:.2f} | {peak:,.0f} | {ratio} |")
    return "\n".join(lines) + "\n"


def machine() -> str:
    """What it was measured on: processors, the load of the last quarter of an hour, versions."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    load = os.getloadavg()[2]
    return (
        f"{os.cpu_count()} cores, load {load:.1f} at the end, Python {platform.python_version()}, {packages}."
    )


def put_table(mark: str, text: str, title: str = "") -> None:
    """Put a table between its marks in RESULTS.md; a new one goes to the end, under `title`."""
    start, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    results = RESULTS.read_text(encoding="utf-8")
    block = f"{start}\n{text}{end}"
    if start in results:
        before, _, rest = results.partition(start)
        results = before + block + rest.partition(end)[2]
    else:
        results = f"{results.rstrip()}\n\n## {title or mark.capitalize()}\n\n{block}\n"
    RESULTS.write_text(results, encoding="utf-8")


if __name__ == "__main__":
    main()
