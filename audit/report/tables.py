"""findings.csv, findings.parquet and summary.json: the night for programs."""

from __future__ import annotations

import io
import json
import platform
import resource
import socket
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import version as installed
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from audit import __version__
from audit.intake.nursery import peak_of_children
from audit.report.coded import Coded, CodedFindings
from audit.report.measured import told
from audit.report.model import Report
from audit.report.parts import ChecklistItem, InputLine, Population, RuleLine
from audit.report.waivers import waivers_told

_STATED = ("pandas", "pyarrow", "narwhals", "openpyxl", "fastexcel", "isal", "jinja2", "sqlalchemy")

_COUNTED = ("rule", "severity", "state")
# the promise: these columns, in this order
FINDINGS_SCHEMA = pa.schema(
    [
        *(
            (name, pa.string())
            for name in (
                "finding_id",
                "rule",
                "category",
                "severity",
                "subject",
                "serial_no",
                "terminal_id",
                "merchant_no",
                "channel",
                "vendor",
                "agent",
                "province",
                "store_no",
                "state",
            )
        ),
        ("first_seen", pa.date32()),
        ("last_seen", pa.date32()),
        ("due_on", pa.date32()),
        *(
            (name, pa.string())
            for name in (
                "owner",
                "cause",
                "title",
                "detail",
                "expected",
                "actual",
                "suggestion",
                "remedy",
                "source_file",
                "source_sheet",
            )
        ),
        ("source_row", pa.int64()),
        ("other_source", pa.string()),
    ]
)
# a spreadsheet program that opens the CSV must not take a vendor's text for a formula
_FORMULA_LIKE = r"^\s*[=+\-@＝＋－＠]"


def findings_columns(findings: CodedFindings) -> dict[str, Coded]:
    """Every finding that is open or was mended tonight, sorted by rule and id."""
    keys = {name: findings[name].decoded for name in ("rule", "finding_id")}
    order = pc.sort_indices(pa.table(keys), [(name, "ascending") for name in keys]).to_numpy()
    return {name: findings[name].rows(order) for name in FINDINGS_SCHEMA.names}


def findings_csv(columns: Mapping[str, Coded]) -> bytes:
    """UTF-8 with a byte-order mark, which is how a spreadsheet program recognises it."""
    guarded = {name: _guarded(column) if column.is_text else column for name, column in columns.items()}
    target = io.BytesIO()
    target.write(b"\xef\xbb\xbf")
    table = pa.table({name: column.decoded for name, column in guarded.items()}, schema=FINDINGS_SCHEMA)
    arrow_csv.write_csv(table, target, arrow_csv.WriteOptions(quoting_style="needed"))
    return target.getvalue()


def findings_parquet(columns: Mapping[str, Coded]) -> bytes:
    """The same for programs; of a column whose values repeat each is written once."""
    few = [name for name, column in columns.items() if len(column.values) < len(column) // 4]
    made = {name: column.dictionary if name in few else column.decoded for name, column in columns.items()}
    target = io.BytesIO()
    # without Arrow's own schema, in which some columns were dictionaries and others not
    pq.write_table(pa.table(made), target, compression="zstd", use_dictionary=few, store_schema=False)
    return target.getvalue()


def summary(report: Report, seconds: Mapping[str, float], memory_bytes: int | None = None) -> dict[str, Any]:
    """summary.json. Only `measured` may differ between two runs of the same night.

    `memory_bytes` is what the engine was held to, where it was.
    """
    unanswered = {line.rule.id: line.reason for line in report.rules if line.status == "not_evaluated"}
    return {
        "as_of": report.as_of.isoformat(),
        "run_id": report.run_id,
        "exit_code": report.exit_code,
        "reason": report.reason,
        "engine": report.engine,
        "versions": versions(),
        "unmasked": list(report.unmasked),
        "devices": _devices_told(report.population),
        **told(report.measures),
        "programme": {"items": list(map(_item_told, report.checklist)), **report.upkeep.to_json()},
        "findings": _findings_counted(report.findings),
        "waivers": waivers_told(report),
        "rules": list(map(_rule_told, report.rules)),
        "not_evaluated": unanswered,
        "inputs": list(map(_input_told, report.inputs)),
        **({"routing": asdict(report.routing)} if report.routing else {}),
        "measured": measured(seconds, memory_bytes),
    }


def _devices_told(population: Population) -> dict[str, Any]:
    return {
        "in_scope": population.devices,
        "out_of_scope": population.out_of_scope,
        "unnamed": population.unnamed,
        "uncompared": population.uncompared,
        "unseen": population.unseen,
        "verdicts": {verdict.value: count for verdict, count in population.verdicts.items()},
        "channels": {channel.name: dict(channel.states) for channel in population.channels},
    }


def _item_told(one: ChecklistItem) -> dict[str, Any]:
    return {
        "item": one.item,
        "proof": one.proof,
        "last_done": one.last_done.isoformat() if one.last_done else None,
        "next_due": one.next_due.isoformat() if one.next_due else None,
        "overdue": one.overdue,
    }


def _findings_counted(findings: CodedFindings) -> list[dict[str, Any]]:
    told_of = pa.table({name: findings[name].decoded for name in _COUNTED})
    counted = told_of.group_by([*_COUNTED]).aggregate([([], "count_all")]).select([*_COUNTED, "count_all"])
    counted = counted.sort_by([(name, "ascending") for name in _COUNTED])
    lines: list[dict[str, Any]] = counted.rename_columns([*_COUNTED, "count"]).to_pylist()
    return lines


def _rule_told(line: RuleLine) -> dict[str, Any]:
    return {
        "rule": line.rule.id,
        "status": line.status,
        "flagged": line.flagged,
        "passed": line.passed,
        "unknown": line.unknown,
        "reason": line.reason,
    }


def _input_told(line: InputLine) -> dict[str, Any]:
    return {
        "feed": line.feed,
        "path": line.name,
        "sha256": line.sha256,
        "is": line.kind,
        "encoding": line.encoding,
        "sheets": list(line.sheets),
        "header_rows": list(line.header_rows),
        "rows_in_file": line.rows_in_file,
        "rows": line.rows,
        "set_aside": dict(line.set_aside),
        "rejected": line.rejected,
        "exported_on": line.exported_on.isoformat() if line.exported_on else None,
        "known_from": line.basis,
        "age_days": line.age_days,
        "error": line.error,
        "problem": line.problem,
    }


def to_json(plain: Mapping[str, Any]) -> bytes:
    """Readable JSON."""
    return (json.dumps(plain, ensure_ascii=False, indent=2) + "\n").encode()


def measured(seconds: Mapping[str, float], memory_bytes: int | None) -> dict[str, Any]:
    """What the night took, and where.

    Seconds per stage, peak memory of this process and of a reader, and what the engine was held to.
    """
    kib = 1024  # the unit of ru_maxrss on Linux
    return {
        "seconds": dict(seconds),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kib,
        "peak_bytes_reader": peak_of_children(),
        "engine_limit_bytes": memory_bytes,
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


@cache
def versions() -> Mapping[str, str]:
    """The program and the libraries that can change its output; to look up a version takes a millisecond."""
    return {"pos-audit": __version__, **{name: installed(name) for name in _STATED}}


def _guarded(column: Coded) -> Coded:
    suspicious = pc.match_substring_regex(column.values, _FORMULA_LIKE)
    if not pc.any(suspicious).as_py():
        return column
    quoted = pc.binary_join_element_wise("'", column.values, "")
    return column.relabelled(pc.if_else(suspicious, quoted, column.values))
