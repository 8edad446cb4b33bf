"""Self-audit cycles in the ledger: their reports as published, and who signed them off.

A cycle that was signed off is frozen: the ledger holds the hashes of what was signed, and nothing of it is
written again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from audit.errors import NothingToShow
from audit.ledger.attestations import not_a_past_day, standing, statements_of
from audit.ledger.merge import TEXT_LIMIT, Refusal, Returned, Terms, all_said, normalised
from audit.ledger.schema import CYCLES, SIGN_OFFS
from audit.periods import Period
from audit.programme import Record, Signed

LINES = ("prepared", "reviewed", "signed")  # under a report; the last one freezes it
_SIGNED = LINES[-1]


@dataclass(frozen=True)
class Cycle:
    """The report of a cycle as it was last published. `edition` is a hash of everything it says."""

    period: str
    edition: str
    through: date
    complete: bool
    files: Mapping[str, str]

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return self.period


@dataclass(frozen=True)
class SignOff:
    """Who signed which edition, and the bytes it had. `lines` holds per other line who, when and remark."""

    period: str
    edition: str
    signed_by: str
    signed_on: date
    remark: str
    lines: Mapping[str, Mapping[str, str]]
    files: Mapping[str, str]
    saved_by: str = ""
    said_at: str = ""
    recorded_on: date | None = None
    source: str = ""


@dataclass(frozen=True)
class Signatures:
    """What the signatures of a copy come to."""

    sign_offs: tuple[SignOff, ...] = ()
    refusals: tuple[Refusal, ...] = field(default=())


def line_key(period: str, edition: str, line: str) -> str:
    """The name of a line in a workbook."""
    return f"{period}/{edition}/{line}"


def cycles_of(connection: sa.Connection) -> dict[str, Cycle]:
    """Every cycle that has a report, by period."""
    query = sa.select(*(CYCLES.c[name] for name in Cycle.__dataclass_fields__)).order_by(CYCLES.c.period)
    return {row.period: Cycle(*row) for row in connection.execute(query)}


def published_editions(connection: sa.Connection) -> dict[str, Cycle]:
    """Every cycle that has a report, by edition."""
    return {one.edition: one for one in cycles_of(connection).values()}


def cycle_files(connection: sa.Connection, period: Period) -> Mapping[str, str]:
    """The files of a published cycle and their hashes; those that were signed, where somebody signed it.

    Raises NothingToShow for a cycle that was never published.
    """
    signed, known = sign_offs_of(connection).get(period.name), cycles_of(connection).get(period.name)
    if signed:
        return signed.files
    if known:
        return known.files
    raise NothingToShow("no_such_cycle", period=period.name)


def sign_offs_of(connection: sa.Connection) -> dict[str, SignOff]:
    """Every cycle that was signed off, by period."""
    names = list(SignOff.__dataclass_fields__)
    query = sa.select(*(SIGN_OFFS.c[name] for name in names)).order_by(SIGN_OFFS.c.period)
    return {row.period: SignOff(*row) for row in connection.execute(query)}


def enter_cycle(connection: sa.Connection, cycle: Cycle) -> None:
    """Note a report that is about to be published, in the place of an earlier one of the same cycle."""
    values = {name: getattr(cycle, name) for name in Cycle.__dataclass_fields__} | {
        "files": dict(cycle.files)
    }
    known = connection.execute(sa.select(CYCLES.c.period).where(CYCLES.c.period == cycle.period)).first()
    if known:
        connection.execute(sa.update(CYCLES).where(CYCLES.c.period == cycle.period).values(values))
    else:
        connection.execute(sa.insert(CYCLES).values(values))


def sign(
    cycles: Mapping[str, Cycle], signed: Mapping[str, SignOff], rows: Iterable[Returned], terms: Terms
) -> Signatures:
    """What the lines of a copy sign off. Blank lines say nothing, and the same words twice add nothing."""
    told: dict[tuple[str, str], dict[str, Returned]] = {}
    for row in rows:
        if any(normalised(text) for text in row.values.values()):
            period, edition, line = row.finding_id.split("/")
            told.setdefault((period, edition), {})[line] = row
    sign_offs: list[SignOff] = []
    refusals: list[Refusal] = []
    for (period, edition), lines in sorted(told.items()):
        cycle, earlier = cycles.get(period), signed.get(period)
        if earlier and _says_the_same(lines.get(_SIGNED), earlier, edition):
            continue
        problems = _why_not(cycle, earlier, edition, lines, terms)
        refusals += problems
        if cycle and not problems:
            sign_offs.append(_sign_off(cycle, lines))
    return Signatures(tuple(sign_offs), tuple(refusals))


def _says_the_same(row: Returned | None, earlier: SignOff, edition: str) -> bool:
    if row is None or edition != earlier.edition:
        return False
    words = _words(row)
    return (words["signer"], words["signed_on"]) == (earlier.signed_by, earlier.signed_on.isoformat())


def _why_not(
    cycle: Cycle | None,
    earlier: SignOff | None,
    edition: str,
    lines: Mapping[str, Returned],
    terms: Terms,
) -> list[Refusal]:
    """Why nothing of a copy's lines is taken; nothing where all is well."""
    first = next(lines[line] for line in reversed(LINES) if line in lines)
    if cycle is None:
        return [_refused_whole(lines, first, "unknown_cycle")]
    if earlier:
        facts = {"by": earlier.signed_by, "on": earlier.signed_on.isoformat()}
        return [_refused_whole(lines, first, "cycle_signed", period=cycle.period, **facts)]
    if edition != cycle.edition:
        return [_refused_whole(lines, first, "cycle_reissued", period=cycle.period)]
    problems = [problem for row in lines.values() for problem in _line_problems(row, terms)]
    if _SIGNED not in lines:
        problems.append(_refused_whole(lines, first, "not_signed_off"))
    elif not problems and date.fromisoformat(_words(lines[_SIGNED])["signed_on"]) < cycle.through:
        through = cycle.through.isoformat()
        problems.append(_refused(lines[_SIGNED], "signed_on", "signed_too_early", through=through))
    return problems


def _line_problems(row: Returned, terms: Terms) -> list[Refusal]:
    words = _words(row)
    problems = [
        _refused(row, name, "too_long", limit=TEXT_LIMIT)
        for name in ("signer", "opinion")
        if len(words[name]) > TEXT_LIMIT
    ]
    if missing := [name for name in ("signer", "signed_on") if not words[name]]:
        problems.append(_refused(row, missing[0], "signature_incomplete", missing=missing))
    if words["signed_on"]:
        found = not_a_past_day(words["signed_on"], row, terms)
        problems += [_refused(row, "signed_on", key, **facts) for key, facts in found]
    return problems


def _refused(row: Returned, name: str, key: str, **facts: object) -> Refusal:
    return Refusal(row.finding_id, name, row.values.get(name, ""), row.cells.get(name, ""), key, facts)


def _refused_whole(lines: Mapping[str, Returned], first: Returned, key: str, **facts: object) -> Refusal:
    """All lines of a copy refused at once: what everybody wrote is told with the place of the first."""
    said = "；".join(all_said(lines[line].values) for line in LINES if line in lines)
    return replace(_refused(first, "signer", key, **facts), text=said)


def _words(row: Returned) -> dict[str, str]:
    return {name: normalised(text) for name, text in row.values.items()}


def _sign_off(cycle: Cycle, lines: Mapping[str, Returned]) -> SignOff:
    row = lines[_SIGNED]
    words = _words(row)
    return SignOff(
        cycle.period,
        cycle.edition,
        words["signer"],
        date.fromisoformat(words["signed_on"]),
        words["opinion"],
        {line: _words(one) for line, one in sorted(lines.items()) if line != _SIGNED},
        cycle.files,
        row.who,
        row.said_at,
    )


def enter_sign_offs(
    connection: sa.Connection, sign_offs: Iterable[SignOff], source: str, as_of: date, number: int | None
) -> None:
    """Write them down, with the copy they came from; `number` is the run of a night under way."""
    rows: list[dict[str, Any]] = [
        {
            **{name: getattr(one, name) for name in SignOff.__dataclass_fields__},
            "lines": {line: dict(words) for line, words in one.lines.items()},
            "files": dict(one.files),
            "source": source,
            "recorded_on": as_of,
            "number": number,
        }
        for one in sign_offs
    ]
    if rows:
        connection.execute(sa.insert(SIGN_OFFS), rows)


def record_of(connection: sa.Connection, as_of: date, copies: Collection[str] = ()) -> Record:
    """What people had put on record by a date; `copies` are the workbooks read tonight, by sha256.

    What bears a later day is of a later night, whichever read it.
    """

    def counts(one: Any, day: date) -> bool:
        return day <= as_of and (one.recorded_on <= as_of or one.source in copies)

    told = {
        item: [one for one in statements if counts(one, one.done_on)]
        for item, statements in statements_of(connection).items()
    }
    held = {item: one.said for item, statements in told.items() if (one := standing(statements))}
    signed = {period: one for period, one in sign_offs_of(connection).items() if counts(one, one.signed_on)}
    return Record(
        held,
        {item: statements[-1].version for item, statements in told.items() if statements},
        tuple(
            Signed(Period.named(one.period), one.signed_by, one.signed_on, one.remark)
            for one in signed.values()
        ),
        tuple(
            Period.named(one.period)
            for one in cycles_of(connection).values()
            if one.complete and one.through <= as_of and one.period not in signed
        ),
    )
