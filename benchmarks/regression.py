"""Whether this commit makes a night dearer than the commit before it.

    python benchmarks/regression.py [--rounds 7] [--devices 4000] [--against HEAD~1]

Both commits audit the same small estate, cold and on the night after, in turn, each run in a process of its
own, with the packages installed here. What counts is the median of the rounds' own ratios of processor
seconds. Ends with 1 where that is above 1.25; no more rounds are made once most of them are not, for the
others could not change that. Where the rounds disagree by more than that, or the other
commit cannot be run here, it says so and ends with 0: such a figure would prove nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from make_estate import make_estate

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 1.25
NIGHTS = ("2026-11-21", "2026-11-22")  # everything is new; the same files a day later


def main() -> int:
    """Print a ratio per night; the result is the process's exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--devices", type=int, default=4_000)
    parser.add_argument("--against", default="HEAD~1")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        make_estate(Path(scratch, "estate"), asked.devices, asked.devices // 4)
        try:
            with checked_out(asked.against, Path(scratch, "before")) as before:
                for tree in (before, ROOT):  # compiles what one of the trees may already have compiled
                    nights(tree, Path(scratch), NIGHTS[:1])
                rounds: list[dict[str, float]] = []
                while len(rounds) < asked.rounds and not settled(rounds, asked.rounds):
                    rounds.append(one_round(before, Path(scratch)))
        except subprocess.CalledProcessError as failure:
            print(f"skipped: {asked.against} cannot be run here: {failure}")
            return 0
    return max(verdict(f"night {night}", [one[night] for one in rounds]) for night in NIGHTS)


def settled(rounds: list[dict[str, float]], asked: int) -> bool:
    """Whether the median of all rounds asked for is within the limit, whatever the rest of them say."""
    return all(sum(one[night] <= LIMIT for one in rounds) > asked // 2 for night in NIGHTS)


@contextmanager
def checked_out(commit: str, folder: Path) -> Iterator[Path]:
    """The files of a commit, in a folder of their own."""
    git = ["git", "-C", str(ROOT)]
    subprocess.run([*git, "worktree", "add", "--detach", "--quiet", str(folder), commit], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "worktree", "remove", "--force", str(folder)], check=True)


def one_round(before: Path, scratch: Path) -> dict[str, float]:
    """Processor seconds now ÷ before, per night."""
    spent = {tree: nights(tree, scratch, NIGHTS) for tree in (before, ROOT)}
    return {night: spent[ROOT][night] / spent[before][night] for night in NIGHTS}


def nights(tree: Path, scratch: Path, days: Iterable[str]) -> dict[str, float]:
    """Processor seconds of each night, children included, told by the program of that tree."""
    with tempfile.TemporaryDirectory(dir=scratch) as out:
        own = {
            "PYTHONPATH": str(tree),
            "PYTHONPYCACHEPREFIX": str(scratch / "bytecode"),
            "PYTHONDONTWRITEBYTECODE": "",  # else one tree compiles in every run and seems the dearer
            "AUDIT_AUDIT_STATE": f"{out}/state",
            "AUDIT_REPORT_OUTPUT": f"{out}/nights",
        }
        command = [sys.executable, "-m", "audit", "run", "--config", str(scratch / "estate" / "audit.toml")]
        return {night: processor_seconds([*command, "--as-of", night], own, Path(out)) for night in days}


def processor_seconds(command: list[str], environment: dict[str, str], folder: Path) -> float:
    """What a process and its children took of the processor.

    Raises CalledProcessError unless a night was told.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 20):
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime


def verdict(name: str, ratios: list[float]) -> int:
    """1 where the night has become dearer, 0 where not or where nothing can be told."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    told = f"{name}: {middle:.2f} times the processor seconds of before ({low:.2f} to {high:.2f})"
    if high / low > LIMIT:
        print(f"{told}; skipped: the rounds differ too much")
        return 0
    print(told if middle <= LIMIT else f"{told}: above {LIMIT}")
    return int(middle > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
