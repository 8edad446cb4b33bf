"""What the open findings touch: per rule, per category and for the night each device and merchant once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.crosscheck.facts import Facts
from audit.engines import Engine, Frame
from audit.measures.turnover import NO_TURNOVER, Turnover, once, priced, totals, turnover_of

NIGHT = "night"
_SEPARATOR = "\x1f"
# subjects that are no device, merchant or store, and touch none but through the findings they lead
_ELSEWHERE = frozenset({"channel", "policy", "training", "programme", "rectification", "input"})
# the columns of findings that are read here
COLUMNS = ("finding_id", "rule", "category", "severity", "subject", "identity", "merchant_no",
           "merchant_name", "led_by")  # fmt: skip


@dataclass(frozen=True)
class Touched:
    """What some findings touch. A device counts once; so does a merchant."""

    merchants: int
    turnover: Turnover  # of the devices of the ledger that are touched

    @property
    def devices(self) -> int:
        """Devices of the ledger."""
        return self.turnover.devices


@dataclass(frozen=True)
class Impact:
    """What tonight's open findings touch.

    A line is missing where its findings are about neither device nor merchant.
    """

    night: Touched
    categories: Mapping[str, Touched]
    rules: Mapping[str, Touched]
    amounts: bool  # whether the files tell amounts at all
    failures: bool  # whether they tell transactions and failures


@dataclass
class _Line:
    """The keys one line touches."""

    devices: set[str] = field(default_factory=set)
    merchants: set[str] = field(default_factory=set)  # all of whose devices in use are touched
    sites: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)  # merchants of the findings

    def add(self, subject: str, identity: Sequence[str | None], merchant_no: str | None) -> None:
        """The device, merchant or store of a finding."""
        if merchant_no:
            self.named.add(merchant_no)
        if identity[0] is None:
            return  # a row without any key: nobody knows whose it is
        match subject:
            case "merchant":
                self.merchants.add(identity[0])
            case "site":
                self.sites.add(_SEPARATOR.join(part or "" for part in identity))
            case "row" if identity[1] == "merchants":
                self.merchants.add(identity[0])
            case _:
                self.devices.add(identity[0])

    def join(self, other: _Line) -> None:
        """What the other line touches as well."""
        self.devices |= other.devices
        self.merchants |= other.merchants
        self.sites |= other.sites
        self.named |= other.named


def impact_of(engine: Engine, facts: Facts, findings: pa.Table) -> Impact:
    """The devices and merchants that open findings touch, and what was paid there.

    A finding about a device touches it; one about a merchant or a store, its devices in use; one about a
    channel, what the findings that follow from it touch. `findings` has the columns `COLUMNS`.
    """
    lines = _lines(findings.select(list(COLUMNS)).to_pylist())
    sums = _sums(engine, facts, lines)
    touched = {name: Touched(len(line.named), sums.get(name, NO_TURNOVER)) for name, line in lines.items()}
    told = facts.columns["devices"]
    return Impact(
        touched[NIGHT],
        _under("category", touched),
        _under("rule", touched),
        "txn_amount" in told,
        {"txn_count", "txn_failed"} <= set(told),
    )


def _under(kind: str, touched: Mapping[str, Touched]) -> dict[str, Touched]:
    start = f"{kind}:"
    return {name.removeprefix(start): one for name, one in sorted(touched.items()) if name.startswith(start)}


def _lines(findings: Iterable[Mapping[str, Any]]) -> dict[str, _Line]:
    """What each rule touches, also through what follows from its findings; then categories and night."""
    rows = list(findings)
    rules = {row["finding_id"]: row["rule"] for row in rows}
    by_rule: dict[str, _Line] = {}
    for row in rows:
        if row["subject"] in _ELSEWHERE:
            continue
        identity = json.loads(row["identity"])
        for rule in {row["rule"], rules.get(row["led_by"], row["rule"])}:
            by_rule.setdefault(rule, _Line()).add(row["subject"], identity, row["merchant_no"])
    lines = {NIGHT: _Line()}
    for rule, category in sorted({(row["rule"], row["category"]) for row in rows}):
        if line := by_rule.get(rule):
            lines[f"rule:{rule}"] = line
            lines.setdefault(f"category:{category}", _Line()).join(line)
            lines[NIGHT].join(line)
    return lines


def _sums(engine: Engine, facts: Facts, lines: Mapping[str, _Line]) -> dict[str, Turnover]:
    """The turnover of the ledger's devices per line; a line without any is left out."""
    rows = engine.held(priced(facts))
    used = rows.filter(nw.col("in_use").fill_null(False))
    site = nw.concat_str([nw.col("merchant_no"), nw.col("store_no")], separator=_SEPARATOR)
    found = []
    if (keyed := _keyed(lines, "devices", "device_key")).num_rows:
        found.append(engine.frame(keyed))
    if (keyed := _keyed(lines, "merchants", "merchant_no")).num_rows:
        found.append(_of_these(engine, keyed, used, "merchant_no"))
    if (keyed := _keyed(lines, "sites", "site")).num_rows:
        found.append(_of_these(engine, keyed, used.with_columns(site=site), "site"))
    if not found:
        return {}
    pairs = engine.held(engine.stacked(found).unique(["line", "device_key"]))
    devices = engine.held(once(engine, rows, "device_key"))
    beside: Frame = engine.attach(pairs, devices, "device_key").filter(~nw.col("row_id").is_null())
    sums = engine.collected(beside.group_by("line").agg(**totals()))
    return {row["line"]: turnover_of(row) for row in sums.to_pylist()}


def _of_these(engine: Engine, keyed: pa.Table, used: Frame, key: str) -> Frame:
    """The devices in use of these merchants or stores, for each line."""
    beside = engine.frame(keyed).join(used.select(key, "device_key"), on=key, how="inner")
    return beside.select("line", "device_key")


def _keyed(lines: Mapping[str, _Line], kind: str, key: str) -> pa.Table:
    pairs = [(name, one) for name, line in lines.items() for one in sorted(getattr(line, kind))]
    return pa.table(
        {
            "line": pa.array([name for name, _ in pairs], pa.string()),
            key: pa.array([one for _, one in pairs], pa.string()),
        }
    )
