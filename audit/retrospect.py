"""`history`, `diff`, `verify` and `prune`: looking back, in words or as JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.config import Settings
from audit.errors import ConfigError
from audit.files import shown_as
from audit.ledger.database import Database
from audit.ledger.history import (
    PastNight,
    delivered_files,
    earlier_editions,
    night_of,
    past_nights,
    pruned_before,
)
from audit.lock import only_run
from audit.periods import Period
from audit.publish import SUMMARY, digest_as_published, digests, is_of_a_night
from audit.words import Words

if TYPE_CHECKING:  # each of the four imports what it needs, and to look at the nights takes next to nothing
    from audit.ledger.difference import Difference
    from audit.ledger.retention import Pruning

_FINDINGS = "findings.parquet"
_SHOWN = 20  # findings of a kind that `diff` lists on a terminal; --json has them all


@dataclass(frozen=True)
class Checked:
    """One file of a night: `verdict` is intact, changed, missing, unreadable, or added later."""

    kind: str  # output or input
    name: str
    verdict: str


def _ledger(settings: Settings, *, reading: bool = True) -> Database:
    """The ledger; to be read, also while a night is under way, as it stood before."""
    return Database(settings.ledger.url, settings.state, reading=reading)


def history(settings: Settings, last: int | None) -> tuple[PastNight, ...]:
    """The nights that stand, in order."""
    with _ledger(settings) as database:
        return past_nights(database, last)


def compare(settings: Settings, a: date | None, b: date | None) -> Difference:
    """Two nights; the last two, or a night and the last one, where dates are left out.

    Findings are told in the words of the later night, where what was published of it is still as it was.
    """
    from audit.ledger.difference import difference

    with _ledger(settings) as database:
        nights = past_nights(database)
        if len(nights) < 2:
            raise ConfigError("two_nights_needed", count=len(nights))
        after = night_of(nights, b) if b else nights[-1]
        earlier = [one for one in nights if one.as_of < after.as_of]
        before = night_of(nights, a) if a else (earlier or nights)[-1]
        found = difference(database, before, after)
    return _as_published(settings, found)


def _as_published(settings: Settings, found: Difference) -> Difference:
    """The same in the words of its later night; the ledger keeps none but the last ones."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = settings.output / found.after.as_of.isoformat() / _FINDINGS
    data = path.read_bytes() if path.is_file() else b""
    if digests({_FINDINGS: data})[_FINDINGS] != found.after.files.get(_FINDINGS):
        return found
    read = pq.read_table(pa.BufferReader(data), columns=["finding_id", "title", "detail"])
    ids = pa.array([one.finding_id for one in found.moved], pa.string())
    rows = read.filter(pc.is_in(read["finding_id"], value_set=ids)).to_pylist()
    told = {row.pop("finding_id"): row for row in rows}
    moved = tuple(replace(one, **told.get(one.finding_id, {})) for one in found.moved)
    return replace(found, moved=moved)


def verify(settings: Settings, as_of: date) -> tuple[Checked, ...]:
    """The files of a published night, against the hashes the ledger has of them.

    Raises ConfigError for a night that was pruned, unless its folder was brought back.
    """
    folder = settings.output / as_of.isoformat()
    with _ledger(settings) as database:
        night = night_of(past_nights(database), as_of)
        inputs = delivered_files(database, night)
        earlier = earlier_editions(database, as_of)
        with database.transaction() as connection:
            kept_from = pruned_before(connection)
    if kept_from and as_of < kept_from and not folder.exists():
        raise ConfigError("night_removed", as_of=as_of.isoformat(), since=kept_from.isoformat())
    return (
        *_published(folder, night.files),
        *_kept_beside(folder, earlier),
        *(
            Checked("input", name, _verdict(shown_as(settings.path(Path(name))), hash_))
            for name, hash_ in inputs.items()
        ),
    )


def verify_cycle(settings: Settings, period: Period) -> tuple[Checked, ...]:
    """The files of a cycle's report, against the hashes they were published with, or signed with."""
    from audit.ledger.signoffs import cycle_files

    with _ledger(settings) as database, database.transaction() as connection:
        files = cycle_files(connection, period)
    return tuple(_published(settings.cycles / period.name, files))


def _published(folder: Path, files: Mapping[str, str]) -> Iterator[Checked]:
    """The files of a folder against their hashes by name; what was put beside them is no part of it.

    What programs leave while they have a file open (~$report.xlsx, .DS_Store) is nobody's report.
    """
    for name, hash_ in files.items():
        yield Checked("output", name, _verdict(folder / name, hash_))
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name == SUMMARY:  # whose hash nights told before 0.2 did not note
            continue
        if not path.is_dir() and name not in files and not path.name.startswith(("~$", ".")):
            yield Checked("output", name, "added")


def _kept_beside(folder: Path, earlier: Mapping[str, Mapping[str, str]]) -> Iterator[Checked]:
    """The files of the folders `~r1`, `~r2`… that a night told anew left, against what each was told with."""
    for kept in sorted(folder.parent.glob(f"{folder.name}~r*")):
        files = earlier.get(_run_id(kept / SUMMARY))
        if files is None:  # it says it is of a run that nobody knows of
            yield Checked("output", f"{kept.name}/{SUMMARY}", "changed")
        else:
            for one in _published(kept, files):
                yield Checked(one.kind, f"{kept.name}/{one.name}", one.verdict)


def _run_id(summary: Path) -> str:
    """The run that a summary is of, "" where it cannot be read."""
    try:
        told = json.loads(summary.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(told.get("run_id", "")) if isinstance(told, dict) else ""


def _verdict(path: Path, digest: str) -> str:
    try:
        return "intact" if digest_as_published(path) == digest else "changed"
    except FileNotFoundError:  # or gone while it was looked at
        return "missing"
    except OSError:
        return "unreadable"


def prune_nights(settings: Settings, as_of: date, *, dry_run: bool) -> tuple[Pruning, tuple[Path, ...]]:
    """Remove what is older than `[ledger] keep_nights`; the plan and the folders that go, or would go."""
    from audit.ledger.retention import planned_pruning, prune

    with only_run(settings.state, settings.zone), _ledger(settings, reading=False) as database:
        plan = planned_pruning(database, as_of, settings.ledger.keep_nights)
        folders = tuple(
            folder
            for folder in (sorted(settings.output.iterdir()) if settings.output.is_dir() else ())
            if folder.is_dir() and is_of_a_night(folder.name) and folder.name[:10] < plan.before.isoformat()
        )
        if not dry_run and (plan.nights or folders):
            prune(database, plan, as_of)
            for folder in folders:
                shutil.rmtree(folder)
    return plan, folders


def history_text(nights: tuple[PastNight, ...], words: Words) -> str:
    """One line a night, the latest last; days without one are a line of their own."""
    if not nights:
        return words("history.none")
    lines = []
    for one in nights:
        if one.gap:
            lines.append(words("history.gap", days=one.gap))
        states = one.counts.get("states")  # a night without a finding has none of them
        lines.append(
            words(
                "history.line",
                as_of=one.as_of,
                code=one.exit_code,
                open=one.counts.get("open", "?"),
                new="?" if states is None else states.get("new", 0) + states.get("reopened", 0),
                fixed="?" if states is None else states.get("fixed", 0),
                overdue=one.counts.get("overdue", "?"),
                reason=one.reason,
            )
        )
        for run, note in one.retold:
            why = words("history.retold_why", note=note) if note else ""
            lines.append(words("history.retold", run=run, why=why))
    return "\n".join(lines)


def history_plain(nights: tuple[PastNight, ...]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "as_of": one.as_of.isoformat(),
            "run_id": one.run_id,
            "exit_code": one.exit_code,
            "reason": one.reason,
            "version": one.version,
            "config": one.config_digest,
            "gap_days": one.gap,
            "retold": [{"run_id": run, "reason": note} for run, note in one.retold],
            "counts": dict(one.counts),
        }
        for one in nights
    ]


def difference_text(found: Difference, words: Words) -> str:
    """What got worse first; what a change of rules did is told apart from what the estate did."""
    from audit.ledger.difference import Drift

    lines = [words("diff.head", a=found.before.as_of, b=found.after.as_of)]
    counts = {drift: found.count(drift) for drift in Drift}
    lines.append(words("diff.counts", **{drift.value: count for drift, count in counts.items()}))
    for drift in (Drift.WORSE, Drift.BACK, Drift.NEW, Drift.FIXED, Drift.ARRIVED):
        own = [one for one in found.moved if one.drift is drift and not one.by_rule]
        lines += [
            words(
                "diff.line",
                drift=words.label("drift", drift),
                rule=one.rule,
                severity=words.label("severity", one.severity),
                what=one.detail or one.title,
            )
            for one in own[:_SHOWN]
        ]
        if len(own) > _SHOWN:
            lines.append(words("diff.more", count=len(own) - _SHOWN))
    if any(_rule_lists(found).values()):
        by_rule = {drift.value: found.count(drift, by_rule=True) for drift in Drift}
        lines.append(words("diff.by_rule", **by_rule))
        lines += [
            words(f"diff.rules_{key}", rules=list(names))
            for key, names in _rule_lists(found).items()
            if names
        ]
    if found.before.config_digest != found.after.config_digest:
        lines.append(words("diff.config"))
    if found.before.version != found.after.version:
        lines.append(words("diff.version", a=found.before.version, b=found.after.version))
    return "\n".join(lines)


def _rule_lists(found: Difference) -> Mapping[str, tuple[str, ...]]:
    return {
        "added": found.rules_added,
        "removed": found.rules_removed,
        "changed": found.rules_changed,
        "silent": found.rules_silent,
    }


def difference_plain(found: Difference) -> dict[str, Any]:
    """The same for programs, every finding listed."""
    from audit.ledger.difference import Drift

    return {
        "a": found.before.as_of.isoformat(),
        "b": found.after.as_of.isoformat(),
        "counts": {drift.value: found.count(drift) for drift in Drift},
        "counts_by_rule_changes": {drift.value: found.count(drift, by_rule=True) for drift in Drift},
        "rules": {key: list(names) for key, names in _rule_lists(found).items()},
        "configuration_changed": found.before.config_digest != found.after.config_digest,
        "versions": [found.before.version, found.after.version],
        "findings": [{**vars(one), "drift": one.drift.value} for one in found.moved],
    }


def verify_text(files: tuple[Checked, ...], as_of: date | Period, words: Words) -> str:
    """One line for each file that is not what it was, and the sum."""
    lines = [
        words(
            "verify.line",
            kind=words(f"verify.{one.kind}"),
            name=one.name,
            verdict=words(f"verify.{one.verdict}"),
        )
        for one in files
        if one.verdict != "intact"
    ]
    intact = sum(one.verdict == "intact" for one in files)
    known = sum(one.verdict != "added" for one in files)
    return "\n".join([*lines, words("verify.sum", as_of=as_of, intact=intact, total=known)])


def prune_text(plan: Pruning, folders: tuple[Path, ...], words: Words, *, dry_run: bool) -> str:
    """What went, or would go."""
    key = "prune.would" if dry_run else "prune.done"
    counts = {name: plan.counts.get(name, 0) for name in ("findings", "events", "inputs")}
    return words(key, before=plan.before, nights=len(plan.nights), folders=len(folders), **counts)
