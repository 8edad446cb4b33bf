"""The report of a self-audit cycle as a value: everything its workbook and its page may show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

from audit import __version__
from audit.errors import ExitCode
from audit.ledger.cycles import CycleFacts, Tally, Waived
from audit.ledger.history import ANSWERED, PastNight, rule_changes, trend
from audit.measures.upkeep import Upkeep
from audit.periods import Period
from audit.programme import Item, fulfilment_of
from audit.report.checklist import checklist_item
from audit.report.figures import share
from audit.report.parts import ChecklistItem, Verdict
from audit.words import Words


@dataclass(frozen=True)
class Day:
    """A day on which a night was due; all None but `on` where none was run: a gap, never a zero."""

    on: date
    open: int | None = None
    overdue: int | None = None
    came: int | None = None
    closed: int | None = None
    devices: int | None = None
    compliant: int | None = None
    incomplete: bool | None = None


@dataclass(frozen=True)
class Attestation:
    """What a person said was done within the cycle."""

    text: str
    done_on: date
    who: str
    evidence: str
    saved_by: str
    recorded_on: date | None


@dataclass(frozen=True)
class Part:
    """A shorter cycle within this one, and who signed it off; blanks where nobody did."""

    period: str
    signed_by: str
    signed_on: date | None
    remark: str


@dataclass(frozen=True)
class CycleReport:
    """One cycle as a reader sees it. `edition` is a hash of all the rest."""

    name: str
    language: str
    version: str
    period: str
    months: int
    start: date
    end: date
    since: date  # nights were due from here
    until: date  # to here
    through: date
    complete: bool
    channels: tuple[str, ...]
    channels_start: tuple[str, ...]
    rules: Mapping[str, tuple[str, ...]]  # `rule_changes` from the first night to the last
    nights: int
    days: tuple[Day, ...]
    gaps: tuple[tuple[date, date], ...]  # first and last day
    versions: tuple[str, ...]  # of the program, that its nights were told by
    configurations: int
    verdicts_start: Mapping[str, int]
    verdicts: Mapping[str, int]
    total: Tally
    groups: Mapping[str, Mapping[str, Tally]]
    in_time: int
    days_to_close: int | None
    waivers: tuple[Waived, ...]
    items: tuple[ChecklistItem, ...]
    attestations: tuple[Attestation, ...]
    upkeep: Upkeep
    parts: tuple[Part, ...]
    conclusions: tuple[str, ...]
    edition: str = ""

    @property
    def missing(self) -> int:
        """Days without a night, since the first there ever was."""
        return sum((end - start).days + 1 for start, end in self.gaps)

    @property
    def devices(self) -> int:
        """Devices in scope on the last night."""
        return sum(self.verdicts.values())

    @property
    def compliant(self) -> int:
        """Devices without a finding and fully checked, on the last night."""
        return self.verdicts.get(Verdict.COMPLIANT, 0)

    @property
    def checked(self) -> int:
        """Devices of which nothing that had to be checked was left unchecked, on the last night."""
        return self.devices - self.verdicts.get(Verdict.NOT_EVALUATED, 0)


def build_cycle(facts: CycleFacts, items: Sequence[Item], name: str, words: Words) -> CycleReport:
    """The report of what the ledger knows of a cycle."""
    first, last = facts.nights[0], facts.nights[-1]
    told = CycleReport(
        name=name,
        language=words.language,
        version=__version__,
        period=facts.period.name,
        months=facts.period.months,
        start=facts.period.start,
        end=facts.period.end,
        since=facts.since,
        until=facts.until,
        through=last.as_of,
        complete=facts.complete,
        channels=_channels(last, words),
        channels_start=_channels(first, words),
        rules=rule_changes(first.rules, last.rules),
        nights=len(facts.nights),
        days=tuple(_days(facts)),
        gaps=facts.gaps,
        versions=tuple(dict.fromkeys(night.version for night in facts.nights)),
        configurations=len({night.config_digest for night in facts.nights}),
        verdicts_start=_verdicts(first),
        verdicts=_verdicts(last),
        total=facts.total,
        groups=facts.groups,
        in_time=facts.in_time,
        days_to_close=facts.days_to_close,
        waivers=facts.waivers,
        items=tuple(_items(facts, items, words)),
        attestations=tuple(_attestations(facts, items, words)),
        upkeep=Upkeep.from_json(last.counts),
        parts=tuple(_parts(facts)),
        conclusions=(),
    )
    told = replace(told, conclusions=tuple(_conclusions(told, words)))
    plain = json.dumps(asdict(told), sort_keys=True, default=str, ensure_ascii=False)
    return replace(told, edition=sha256(plain.encode()).hexdigest()[:16])


def _days(facts: CycleFacts) -> Iterator[Day]:
    length = (facts.until - facts.since).days + 1
    for day, night in trend(facts.nights, facts.until, length):
        if night is None:
            yield Day(day)
            continue
        states = night.counts.get("states", {})
        verdicts = _verdicts(night)
        yield Day(
            day,
            night.counts.get("open"),
            night.counts.get("overdue"),
            states.get("new", 0) + states.get("reopened", 0),
            states.get("fixed", 0),
            sum(verdicts.values()),
            verdicts.get(Verdict.COMPLIANT, 0),
            night.exit_code == ExitCode.INCOMPLETE,
        )


def _verdicts(night: PastNight) -> dict[str, int]:
    found: Mapping[str, int] = night.counts.get("verdicts", {})
    return {verdict.value: found[verdict] for verdict in Verdict if verdict in found}


def gap_text(gap: tuple[date, date]) -> str:
    """A gap by its first and last day."""
    start, end = gap
    return start.isoformat() if start == end else f"{start} – {end}"


def _items(facts: CycleFacts, items: Sequence[Item], words: Words) -> Iterator[ChecklistItem]:
    last = facts.nights[-1]
    evaluated = {rule for rule, told in last.rules.items() if told.get("status") in ANSWERED}
    by_rule = facts.groups["rule"]
    for item in items:
        one = fulfilment_of(item, facts.record, facts.through, evaluated)
        count = sum(by_rule[rule].end for rule in item.rules if rule in by_rule) if item.rules else None
        yield checklist_item(one, facts.through, count, Upkeep.from_json(last.counts), words)


def _channels(night: PastNight, words: Words) -> tuple[str, ...]:
    """The channels that a night asked for."""
    return tuple(words.label("channel", channel) for channel in night.scope.get("channels", ()))


def _attestations(facts: CycleFacts, items: Sequence[Item], words: Words) -> Iterator[Attestation]:
    texts = {item.name: item.texts[words.language] for item in items}
    for one in sorted(facts.statements, key=lambda one: (one.done_on, one.item, one.version)):
        yield Attestation(
            texts.get(one.item, one.item), one.done_on, one.who, one.evidence, one.saved_by, one.recorded_on
        )


def _parts(facts: CycleFacts) -> Iterator[Part]:
    found: list[tuple[Period, Part]] = [
        (Period.named(one.period), Part(one.period, one.signed_by, one.signed_on, one.remark))
        for one in facts.signed
    ]
    found += [(period, Part(period.name, "", None, "")) for period in facts.unsigned]
    yield from (part for _, part in sorted(found, key=lambda one: one[0]))


def _conclusions(report: CycleReport, words: Words) -> Iterator[str]:
    """What the figures say, and nothing about the law."""

    def say(key: str, **given: object) -> str:
        return words(f"cycle.say_{key}", **given)

    days = report.nights + report.missing
    yield say("nights", since=report.since, until=report.until, days=days, nights=report.nights)
    if report.missing:
        yield say("gaps", count=report.missing, gaps=[gap_text(gap) for gap in report.gaps])
    if incomplete := sum(bool(day.incomplete) for day in report.days):
        yield say("incomplete", count=incomplete)
    yield say(
        "devices",
        through=report.through,
        devices=f"{report.devices:,}",
        checked=f"{report.checked:,}",
        compliant=f"{report.compliant:,}",
        share=_share(report.compliant, report.devices),
        before=_share(report.verdicts_start.get(Verdict.COMPLIANT, 0), sum(report.verdicts_start.values())),
    )
    if report.channels != report.channels_start:
        yield say("channels", before=list(report.channels_start), after=list(report.channels))
    if any(report.rules[f"rules_{kind}"] for kind in ("removed", "added", "changed")):
        none = [words("cycle.no_gaps")]
        removed, added = (list(report.rules[f"rules_{kind}"]) or none for kind in ("removed", "added"))
        yield say("rules", removed=removed, added=added, changed=len(report.rules["rules_changed"]))
    total = {name: f"{count:,}" for name, count in asdict(report.total).items()}
    yield say("findings", **total)
    if report.total.closed:
        facts = {"in_time": f"{report.in_time:,}", "share": _share(report.in_time, report.total.closed)}
        yield say("closed", closed=total["closed"], days=report.days_to_close, **facts)
    late = [item.text for item in report.items if item.overdue]
    yield say("items", items=len(report.items), done=len(report.items) - len(late))
    if late:
        yield say("late", count=len(late), items=words("cycle.between").join(late))
    if report.parts:
        signed = [part.period for part in report.parts if part.signed_on]
        waiting = [part.period for part in report.parts if not part.signed_on]
        yield say("parts", signed=signed or ["—"], waiting=waiting or ["—"])
    if not report.complete:
        yield say("not_over", through=report.through, end=report.end)


def _share(part: int, whole: int) -> str:
    return share(part / whole if whole else None)


def cycle_plain(report: CycleReport) -> dict[str, Any]:
    """What a program is told of a cycle."""
    return {
        "period": report.period,
        "edition": report.edition,
        "through": report.through.isoformat(),
        "complete": report.complete,
        "nights": report.nights,
        "gaps": [[start.isoformat(), end.isoformat()] for start, end in report.gaps],
        "devices": report.devices,
        "checked": report.checked,
        "compliant": report.compliant,
        "findings": asdict(report.total),
        "overdue_items": [item.item for item in report.items if item.overdue],
    }
