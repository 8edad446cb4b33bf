"""What the open findings touch: per rule, per category and for the night each device and merchant once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa

from audit.crosscheck.facts import Facts
from audit.engines import Engine, Frame
from audit.measures.subjects import DEVICES, MERCHANTS, SEPARATOR, SITES, Findings, Numbered
from audit.measures.turnover import NO_TURNOVER, Priced, Turnover, totals, turnover_of

NIGHT = "night"
# subjects that are no device, merchant or store, and touch none but through the findings they lead
_ELSEWHERE = frozenset({"channel", "policy", "training", "programme", "rectification", "input"})


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


def impact_of(engine: Engine, facts: Facts, findings: Findings, priced: Priced) -> Impact:
    """The devices and merchants that open findings touch, and what was paid there.

    A finding about a device touches it; one about a merchant or a store, its devices in use; one about a
    channel, what the findings that follow from it touch.
    """
    lines = _lines(findings)
    sums = _sums(engine, priced, findings, lines)
    merchants = findings.merchant_numbers
    touched = {
        name: Touched(len(merchants.distinct(rows)), sums.get(name, NO_TURNOVER))
        for name, rows in lines.items()
    }
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


def _lines(findings: Findings) -> dict[str, np.ndarray]:
    """The rows behind each line: a rule's findings and what follows from them; then categories and night."""
    rules = findings.numbered("rule")
    led = findings.leaders
    leading = np.where(led >= 0, rules.numbers[led], rules.numbers)
    subjects, categories = findings.numbered("subject"), findings.numbered("category")
    touching = np.array([subject not in _ELSEWHERE for subject in subjects.values], bool)[subjects.numbers]
    by_rule = {
        rule: np.flatnonzero(touching & ((rules.numbers == number) | (leading == number)))
        for number, rule in enumerate(rules.values)
    }
    under: dict[str, list[np.ndarray]] = {NIGHT: []}
    lines = {}
    told = np.unique(rules.numbers * len(categories.values) + categories.numbers)
    pairs = (divmod(pair, len(categories.values)) for pair in told.tolist())
    for rule, category in sorted((rules.values[one], categories.values[other]) for one, other in pairs):
        if len(rows := by_rule[rule]):
            lines[f"rule:{rule}"] = rows
            under.setdefault(f"category:{category}", []).append(rows)
            under[NIGHT].append(rows)
    none = np.zeros(0, np.int64)
    return lines | {name: np.unique(np.concatenate([none, *rows])) for name, rows in under.items()}


def _sums(
    engine: Engine, priced: Priced, findings: Findings, lines: Mapping[str, np.ndarray]
) -> dict[str, Turnover]:
    """The turnover of the ledger's devices per line; a line without any is left out."""
    keys = priced.rows.select("device_code", "merchant_no", "store_no", "in_use")
    used = keys.filter(nw.col("in_use").fill_null(False))
    site = nw.concat_str([nw.col("merchant_no"), nw.col("store_no")], separator=SEPARATOR)
    touched = findings.touched
    found = []
    if (keyed := _keyed(lines, touched[DEVICES])).num_rows:
        found.append(_these(engine, keyed, touched[DEVICES], priced.devices))
    for kind, key, rows in ((MERCHANTS, "merchant_no", used), (SITES, "site", used.with_columns(site=site))):
        if (keyed := _keyed(lines, touched[kind])).num_rows:
            named = keyed.append_column(key, _values(touched[kind]).take(keyed["key"].combine_chunks()))
            found.append(_of_these(engine, named, rows, key))
    if not found:
        return {}
    pairs = engine.held(engine.distinct(engine.stacked(found), "line", "device_code"))
    beside: Frame = engine.attach(pairs, priced.devices, "device_code").filter(~nw.col("row_id").is_null())
    sums = engine.collected(beside.group_by("line").agg(**totals(beside)))
    names = list(lines)
    return {names[row["line"]]: turnover_of(row) for row in sums.to_pylist()}


def _these(engine: Engine, keyed: pa.Table, keys: Numbered, devices: Frame) -> Frame:
    """The ledger's devices among these, for each line; each is looked up once, whatever the lines."""
    values = _values(keys)
    asked = engine.frame(pa.table({"key": pa.array(np.arange(len(values))), "device_key": values}))
    known = engine.meeting(devices.select("device_key", "device_code"), asked, "device_key")
    found = engine.held(engine.attach(asked, engine.staged(known), "device_key").drop("device_key"))
    beside = engine.attach(engine.frame(keyed), found, "key")
    return engine.named(beside, "device_code").select("line", "device_code")


def _of_these(engine: Engine, keyed: pa.Table, used: Frame, key: str) -> Frame:
    """The devices in use of these merchants or stores, for each line."""
    asked = engine.frame(keyed)
    own = engine.meeting(used.select(key, "device_code"), asked, key)
    return asked.join(own, on=key, how="inner").select("line", "device_code")


def _values(keys: Numbered) -> pa.Array:
    return pa.array(keys.values, pa.string())


def _keyed(lines: Mapping[str, np.ndarray], keys: Numbered) -> pa.Table:
    """The keys that each line touches, both by their places."""
    touched = [keys.distinct(rows) for rows in lines.values()]
    none = np.zeros(0, np.int64)
    return pa.table(
        {
            "line": np.repeat(np.arange(len(touched)), [len(one) for one in touched]),
            "key": pa.array(np.concatenate([none, *touched])),
        }
    )
