"""What `scale.py` runs in processes of their own: the reading, SQL by hand, the rulebook."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from peers import contract

from audit.assessment import assess
from audit.check import Plan
from audit.config import Settings, load_settings
from audit.crosscheck.inputs import Memory
from audit.engines import choose_engine
from audit.findings import findings_of
from audit.intake.feeds import Feed, parts_of, read_feeds
from audit.intake.store import Store
from audit.rules.selection import selected_rules
from audit.words import load_words

# rule, rows, condition, expected, actual: as the rules say it, on canonical columns
_CHECKS = (
    ("REG-01", "wide", "in_use and reg_status is null", "'registered'", "null"),
    (
        *("REG-03", "wide"),
        f"in_scope and reg_status = 'pending' and submitted_at < timestamp '{contract.PENDING_BEFORE}'",
        *("null", "cast(submitted_at as varchar)"),
    ),
    ("REG-04", "wide", "in_scope and reg_status = 'failed'", "'registered'", "reg_message"),
    (
        *("REG-08", "registrations r"),
        "reg_status = 'registered' and not exists (select 1 from devices d where d.serial_no = r.serial_no)",
        *("null", "reg_status"),
    ),
    ("ELE-03", "wide", "live and merchant_no <> reg_merchant_no", "reg_merchant_no", "merchant_no"),
    ("ELE-06", "wide", "live and address_key <> reg_address_key", "reg_address", "address"),
    (
        *("ELE-09", "wide"),
        "live and merchant_no = reg_merchant_no and terminal_id <> reg_terminal_id",
        *("reg_terminal_id", "terminal_id"),
    ),
    ("LIF-03", "wide", "in_use and merchant_status = 'closed'", "null", "merchant_status"),
    ("LIF-05", "wide", "in_scope and not listed", "null", "merchant_no"),
    (
        *("MER-04", "merchants"),
        f"merchant_status <> 'closed' and license_expiry < date '{contract.AS_OF}'",
        *("null", "cast(license_expiry as varchar)"),
    ),
    ("DEV-04", "wide", "in_scope and firmware_key < min_firmware_key", "min_firmware", "firmware"),
    (
        *("HB-01", "wide"),
        f"in_use and last_heartbeat_at < timestamp '{contract.SILENT_BEFORE}'",
        *("null", "cast(last_heartbeat_at as varchar)"),
    ),
    ("DUP-01", "wide", "in_scope and copies > 1", "null", "serial_no"),
    ("DQ-02", "devices", "format_faults is not null", "null", "format_faults"),
    ("DQ-02", "registrations", "format_faults is not null", "null", "format_faults"),
    ("DQ-02", "merchants", "format_faults is not null", "null", "format_faults"),
)
_SHOWN = (
    "serial_no",
    "terminal_id",
    "merchant_no",
    "vendor",
    "province",
    "store_no",
    "filename",
    "source_row",
)
_WIDE = """
create table wide as
select d.*, r.reg_status, r.reg_message, r.submitted_at, r.merchant_no as reg_merchant_no,
  r.address as reg_address, r.address_key as reg_address_key, r.terminal_id as reg_terminal_id,
  m.merchant_status, m.merchant_no is not null as listed, v.min_firmware, v.min_firmware_key,
  d.terminal_status in ('active', 'partial') as in_use,
  d.terminal_status not in ('retired', 'stock', 'lost', 'blacklist') as in_scope,
  in_scope and r.reg_status in ('registered', 'pending') as live,
  count(*) filter (in_scope) over (partition by d.serial_no) as copies
from (select serial_no, terminal_id, merchant_no, store_no, vendor, model_key, province, address, address_key,
  firmware, firmware_key, last_heartbeat_at, terminal_status, filename, source_row from devices) d
left join (select * from registrations where channel = 'wechat') r using (serial_no)
left join merchants m on d.merchant_no = m.merchant_no left join models v on d.model_key = v.model_key
"""


def read(folder: Path) -> dict[str, Any]:
    """The exports into the store; `new` says whether anything had to be read."""
    settings = load_settings(folder / "audit.toml")
    before = len(list(settings.state.glob("canonical/*.parquet")))
    feeds = _feeds(settings)
    after = len(list(settings.state.glob("canonical/*.parquet")))
    assert all(slot.complete for feed in feeds.values() for slot in feed.slots)
    return {"new": after - before}


def by_hand(folder: Path) -> dict[str, Any]:
    """The fourteen rules in SQL over the canonical files."""
    settings = load_settings(folder / "audit.toml")
    feeds = _feeds(settings)
    marks = [(time.perf_counter(), time.process_time())]
    memory = f"{settings.duckdb.memory_gib}GiB"
    place = str(settings.state / "hand")
    with duckdb.connect(config={"memory_limit": memory, "temp_directory": place}) as base:
        for feed in ("devices", "registrations", "merchants", "models"):
            paths = [str(part.path) for part in parts_of(feeds[feed])]
            base.execute(f"create view {feed} as select * from read_parquet({paths}, filename = true)")
        base.execute(_WIDE)
        found = base.sql(" union all ".join(_select(base, *check) for check in _CHECKS)).to_arrow_table()
    marks.append((time.perf_counter(), time.process_time()))
    counted = found.group_by("rule").aggregate([([], "count_all")])
    counts = dict(zip(counted["rule"].to_pylist(), counted["count_all"].to_pylist(), strict=True))
    return {"counts": dict(sorted(counts.items())), "seconds": _passed(marks)}


def _select(
    base: duckdb.DuckDBPyConnection, rule: str, rows: str, condition: str, expected: str, actual: str
) -> str:
    present = {row[0] for row in base.execute(f"describe {rows.split()[0]}").fetchall()}
    shown = ", ".join(name if name in present else f"null as {name}" for name in _SHOWN)
    told = f"{expected} as expected, {actual} as actual"
    return f"select '{rule}' as rule, {shown}, {told} from {rows} where {condition}"


def check(folder: Path) -> dict[str, Any]:
    """The cross-check and the selected rules; with SCALE_DIGEST also a hash over the findings' bytes."""
    settings = load_settings(folder / "audit.toml")
    feeds = _feeds(settings)
    rows = sum(feed.rows for feed in feeds.values())
    marks = [(time.perf_counter(), time.process_time())]
    plan = Plan(*selected_rules(settings.rules), contract.AS_OF)
    with choose_engine(settings, rows) as engine:
        outcomes = assess(engine, settings, feeds, Memory(), plan).outcomes
        marks.append((time.perf_counter(), time.process_time()))
    missed = [outcome.rule.id for outcome in outcomes if outcome.not_evaluated and outcome.not_evaluated.due]
    assert not missed, missed
    counts: dict[str, Any] = {one.rule.id: one.count for one in outcomes if one.count}
    if os.environ.get("SCALE_DIGEST"):
        found = findings_of(outcomes, load_words("zh"), contract.AS_OF)
        written = io.BytesIO()
        pq.write_table(found, written)
        counts["digest"] = hashlib.sha256(written.getvalue()).hexdigest()
    return {"counts": dict(sorted(counts.items())), "seconds": _passed(marks)}


def _feeds(settings: Settings) -> dict[str, Feed]:
    return read_feeds(settings, contract.AS_OF, Store(settings.state))


def _passed(marks: list[tuple[float, float]]) -> tuple[float, float]:
    """Seconds by the clock and of the processor between two marks."""
    (clock, processor), (clock_after, processor_after) = marks
    return clock_after - clock, processor_after - processor


RUNS: dict[str, Callable[[Path], dict[str, Any]]] = {"read": read, "hand": by_hand, "check": check}
