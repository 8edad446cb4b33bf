"""A year of nights in one ledger: what the last costs against the second, and how fast one looks back.

    python benchmarks/year_of_nights.py [--nights 365] [--devices 20000] [--whole 5] [--url postgresql+psycopg://…]

Every night a share of the devices is at fault; some are mended, some break, some come back, people fill in
a few, one night in thirty a feed is missing, and the words of most findings change with the date.

On SQLite a copy of the ledger is kept after the second night. Once the year is over, nights are told in turn
in both, so that whatever else the machine does falls on both alike; the ratio is the median of the pairs.
Elsewhere it is that of the medians of the year's first and last nights. `--whole` does the same with so many
whole nights of the program in each ledger, over an estate of as many devices. Processor seconds are compared.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from ledger_million import findings
from make_estate import make_estate
from whole_night import Measured, program, timed

from audit.ledger.database import Database
from audit.ledger.difference import difference
from audit.ledger.handlings import Copy, bases_of, enter, handlings_of
from audit.ledger.handover import Handover
from audit.ledger.history import past_nights, trend
from audit.ledger.merge import Returned, Terms, merge
from audit.ledger.nights import Practice, Run, open_night
from audit.ledger.place import LEDGER_FILE, copy_ledger
from audit.sight import SCHEMA as SIGHTS

FIRST = date(2025, 11, 21)
AT_FAULT = 0.15
CHURN = 0.02  # of the devices at fault, per night mended and as many broken
PAIRS = 15
SCOPE = {"estate": "基准测试", "channels": ["wechat"]}  # of the estate that whole nights are told about


@dataclass
class Estate:
    """Devices of which some are at fault, and the ledger that has told so many nights of them."""

    database: Database
    every: pa.Table  # what is found of each device when it is at fault
    faulty: np.ndarray
    random: np.random.Generator
    number: int = 0

    def night(self) -> float:
        """What happens until the next night, and that night; the processor seconds it took."""
        number, as_of = self.number, FIRST + timedelta(days=self.number)
        chance = CHURN * np.where(self.faulty, 1.0, AT_FAULT / (1 - AT_FAULT))
        self.faulty = self.faulty ^ (self.random.random(len(self.faulty)) < chance)
        told = self.every.set_column(
            self.every.column_names.index("detail"),
            "detail",
            pc.binary_join_element_wise(self.every["detail"], as_of.isoformat(), " "),
        )
        is_blind = number % 30 == 29
        flagged = told.slice(0, 0) if is_blind else told.filter(pa.array(self.faulty))
        self.number += 1
        return one_night(self.database, number, as_of, flagged, "unchecked" if is_blind else "passed")

    def copied(self, folder: Path) -> Estate:
        """The same with a ledger of its own in that folder."""
        folder.mkdir()
        copy_ledger(Path(self.database.engine.url.database or ""), folder / LEDGER_FILE)
        return replace(self, database=Database("", folder), random=copy.deepcopy(self.random))


def main() -> None:
    """Measure and print what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--devices", type=int, default=20_000)
    parser.add_argument("--url", default="")
    parser.add_argument(
        "--whole", type=int, default=0, help="so many whole nights of the program in each ledger"
    )
    parser.add_argument(
        "--limit", type=float, help="fail when the last night costs more than so many times the second"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(asked, Path(folder))


def measure(asked: argparse.Namespace, folder: Path) -> None:
    """Tell the nights, then look back."""
    random = np.random.default_rng(20251121)
    faulty = random.random(asked.devices) < AT_FAULT
    (folder / "old").mkdir()
    old = Estate(Database(asked.url, folder / "old"), findings(asked.devices, "首次"), faulty, random)
    seconds = [old.night(), old.night()]
    young = old.copied(folder / "young") if old.database.is_sqlite else None
    seconds += [old.night() for _ in range(2, asked.nights)]
    told = {"nights": asked.nights, "devices": asked.devices} | looked_over(old.database, folder / "old")
    if young:
        ratio = in_turn(young, old, told)
    else:
        second, last = statistics.median(seconds[1:6]), statistics.median(seconds[-6:-1])
        ratio = last / second
        told |= {"cpu_of_the_first_nights": round(second, 3), "cpu_of_the_last_nights": round(last, 3)}
    told["ratio"] = round(ratio, 3)
    took = looking_back(old.database)
    old.database.close()
    if young:
        young.database.close()
        if asked.whole:
            told["whole_nights"] = whole_nights(folder, asked.devices, asked.whole)
    print(json.dumps(told | took, ensure_ascii=False, indent=2))
    if asked.limit and ratio > asked.limit:
        raise SystemExit(f"the last night costs {ratio:.2f} times the second, above {asked.limit}")
    if max(took.values()) > 1 and asked.limit:
        raise SystemExit("looking back took more than a second")


def looked_over(database: Database, folder: Path) -> dict[str, object]:
    """What a year has left in a ledger."""
    with database.transaction() as connection:
        size = (
            (folder / LEDGER_FILE).stat().st_size
            if database.is_sqlite
            else connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
        )
        return {
            "findings": connection.scalar(sa.text("SELECT COUNT(*) FROM findings")),
            "events": connection.scalar(sa.text("SELECT COUNT(*) FROM events")),
            "database_mib": round(int(size or 0) / 2**20, 1),
        }


def in_turn(young: Estate, old: Estate, told: dict[str, object]) -> float:
    """Nights told in turn in both ledgers: the median of the ratios of the pairs."""
    young.night(), old.night()
    pairs = []
    for number in range(PAIRS):
        first, second = (young, old) if number % 2 else (old, young)
        took = {id(first): first.night(), id(second): second.night()}
        pairs.append((took[id(young)], took[id(old)]))
    for name, seconds in zip(("young", "old"), zip(*pairs, strict=True), strict=True):
        told[f"cpu_of_a_night_in_the_{name}_ledger"] = round(statistics.median(seconds), 3)
    return statistics.median(last / second for second, last in pairs)


def looking_back(database: Database) -> dict[str, float]:
    """Seconds by the clock that each way of looking back takes."""
    nights = past_nights(database)
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
    return took


def whole_nights(folder: Path, devices: int, count: int) -> dict[str, object]:
    """Whole nights of the program in both ledgers, in turn.

    What stands in the ledgers goes on standing, unchecked, beside what is found in the estate. The first
    night, on which that is new, does not count.
    """
    estate = folder / "estate"
    make_estate(estate, devices, devices // 4)
    configuration = estate / "audit.toml"
    text = configuration.read_text("utf-8").replace("]\nfiles", "]\nmax_age_days = 30\nfiles")
    configuration.write_text(text, "utf-8")
    start = date(2026, 12, 20)  # behind every night either ledger has told
    taken: dict[str, list[Measured]] = {"young": [], "old": []}
    for number in range(count + 1):
        for name in sorted(taken, reverse=bool(number % 2)):
            own = {
                "AUDIT_AUDIT_STATE": str(folder / name),
                "AUDIT_REPORT_OUTPUT": str(folder / f"{name}-reports"),
            }
            as_of = start + timedelta(days=number)
            command = [program(), "run", "--config", str(configuration), "--as-of", as_of.isoformat()]
            taken[name].append(timed(command, own, folder / f"{name}-reports", as_of)[0])
    pairs = [(one, other) for one, other in zip(taken["young"], taken["old"], strict=True)][1:]
    return {
        "cpu_in_the_young_ledger": round(statistics.median(one.processor for one, _ in pairs), 2),
        "cpu_in_the_old_ledger": round(statistics.median(one.processor for _, one in pairs), 2),
        "ratio": round(statistics.median(old.processor / young.processor for young, old in pairs), 3),
        "ratio_by_the_clock": round(statistics.median(old.clock / young.clock for young, old in pairs), 3),
    }


def one_night(database: Database, number: int, as_of: date, flagged: pa.Table, word: str) -> float:
    """Tell a night and read a returned copy; the processor seconds it took."""
    start = time.process_time()
    with open_night(database, as_of) as night:
        night.recall()
        standing = night.open_findings()
        silent = standing.filter(
            pc.invert(pc.is_in(standing["finding_id"], value_set=flagged["finding_id"].combine_chunks()))
        )
        words = pa.table([silent["finding_id"], pa.repeat(word, silent.num_rows)], schema=SIGHTS)
        read_copy(night.connection, number, as_of, flagged["finding_id"].slice(0, 20).to_pylist())
        run = Run(night.next_number(), f"{number:016}", as_of, 0, "", {})
        night.add_run(run, "0", "0", SCOPE)
        stood = Handover(night.open_findings())  # again, for people have spoken since
        told, born = night.carried(run, Handover(flagged), words, Practice(), stood)
        night.enter(born)
        counts = Counter(told["state"].to_pylist())
        night.complete_run(run, [], {"open": len(told), "overdue": 0, "states": dict(counts)})
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
