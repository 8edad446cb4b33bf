"""Findings as the ledger gets them, made without an estate."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

import pandas as pd
import pyarrow as pa
from findings_frame import frame_of

from audit.findings import SCHEMA
from audit.ledger.database import Database
from audit.ledger.handover import Handover
from audit.ledger.nights import Practice, Run, open_night
from audit.sight import SCHEMA as SIGHTS

FIRST = date(2026, 11, 21)


def day(number: int) -> date:
    """The night of that number, the first being 0."""
    return FIRST + timedelta(days=number)


@dataclass(frozen=True)
class Fault:
    """One finding of a night."""

    serial_no: str
    rule: str = "REG-01"
    severity: str = "critical"
    actual: str = "missing"
    held: bool = False
    merchant_no: str = "898100000000001"
    channel: str = "wechat"

    @property
    def finding_id(self) -> str:
        return sha256(f"{self.rule}/{self.serial_no}".encode()).hexdigest()[:16]

    def row(self, as_of: date) -> dict[str, object]:
        facts = f"{self.rule}/{self.severity}/{self.actual}"
        return {
            "finding_id": self.finding_id,
            "rule": self.rule,
            "category": "unregistered",
            "severity": self.severity,
            "subject": "device",
            "identity": json.dumps([f"sn:{self.serial_no}", self.channel]),
            "serial_no": self.serial_no,
            "merchant_no": self.merchant_no,
            "channel": self.channel,
            "vendor": "星联",
            "owner": "acquirer",
            "title": "未报备",
            "detail": f"{self.serial_no} 截至 {as_of} 未报备",
            "actual": self.actual,
            "held": self.held,
            "evidence": sha256(facts.encode()).hexdigest()[:16],
        }


def flagged(faults: Iterable[Fault], as_of: date) -> pa.Table:
    rows = [fault.row(as_of) for fault in faults]
    return pa.Table.from_pylist(rows, SCHEMA).sort_by([("rule", "ascending"), ("finding_id", "ascending")])


def sights(stands: Mapping[str, str]) -> pa.Table:
    rows = [{"finding_id": name, "sight": word} for name, word in stands.items()]
    return pa.Table.from_pylist(rows, SIGHTS)


def tell(
    database: Database,
    as_of: date,
    faults: Sequence[Fault],
    stands: Mapping[str, str] | None = None,
    practice: Practice | None = None,
    *,
    rules: Mapping[str, Mapping[str, str]] | None = None,
    scope: Mapping[str, object] | None = None,
    rebuild: str = "",
    run_id: str = "",
    files: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """One night as the pipeline tells it: what is not flagged passed, unless `stands` says otherwise.

    `files` are the hashes of what it publishes.
    """
    with open_night(database, as_of, rebuild=bool(rebuild)) as night:
        same = (night.same_date,) if night.same_date else ()
        for run in (*reversed(night.later), *same):
            night.withdraw(run, rebuild)
        run = Run(night.next_number(), run_id or f"{as_of:%Y%m%d}", as_of, 0, "", files or {})
        night.add_run(run, "0", "0", scope)
        seen = {fault.finding_id for fault in faults}
        stood = night.open_findings()
        silent = [name for name in stood["finding_id"].to_pylist() if name not in seen]
        words = {name: (stands or {}).get(name, "passed") for name in silent}
        found = Handover(flagged(faults, as_of))
        told, born = night.carried(run, found, sights(words), practice or Practice(), Handover(stood))
        night.enter(born)
        counts = {"states": {str(k): int(v) for k, v in Counter(told["state"].to_pylist()).items()}}
        night.complete_run(run, [], counts, rules)
    return frame_of(told)


def states(told: pd.DataFrame) -> dict[str, str]:
    """State by serial."""
    return dict(zip(told["serial_no"], told["state"], strict=True))
