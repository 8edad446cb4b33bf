"""What people say of the self-audit programme's items: done on a day, by whom, with what to show for it.

A statement is never changed; a later one takes its place when its writer had seen it, or when it tells of a
later day. Two statements of one day by people who did not know of each other are both kept and listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import sqlalchemy as sa

from audit.ledger.merge import TEXT_LIMIT, Refusal, Returned, Terms, all_said, normalised
from audit.ledger.schema import ATTESTATIONS
from audit.programme import SELF_AUDIT, Said

# a copy that is read before the night of its day may tell of that day, as far as it was saved by then
_AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class Statement:
    """One statement of an item; `base_version` is how many of the item its writer had seen."""

    item: str
    version: int
    base_version: int
    done_on: date
    who: str
    evidence: str
    saved_by: str = ""
    said_at: str = ""
    recorded_on: date | None = None
    source: str = ""

    @property
    def content(self) -> tuple[date, str, str]:
        """What it says."""
        return self.done_on, self.who, self.evidence

    @property
    def said(self) -> Said:
        """The same for the programme."""
        return Said(*self.content)


@dataclass(frozen=True)
class Attested:
    """What the checklist of a copy comes to."""

    statements: tuple[Statement, ...] = ()
    disputed: int = 0
    refusals: tuple[Refusal, ...] = field(default=())


def statements_of(connection: sa.Connection) -> dict[str, list[Statement]]:
    """Every statement, by item and in their order."""
    names = list(Statement.__dataclass_fields__)
    query = sa.select(*(ATTESTATIONS.c[name] for name in names)).order_by(
        ATTESTATIONS.c.item, ATTESTATIONS.c.version
    )
    found: dict[str, list[Statement]] = {}
    for row in connection.execute(query):
        statement = Statement(*row)
        found.setdefault(statement.item, []).append(statement)
    return found


def standing(statements: Iterable[Statement]) -> Statement | None:
    """The statement that holds, of those of one item in their order."""
    held, before = None, 0
    for one in statements:
        if held is None or one.base_version >= before or one.done_on > held.done_on:
            held = one
        before = one.version
    return held


def disputes(statements: Sequence[Statement]) -> list[tuple[Statement, Statement]]:
    """Pairs of statements of one day, made by people who did not know of each other's, nobody has settled.

    Whoever writes of the item again, having seen both, settles it.
    """
    seen = max((one.base_version for one in statements), default=0)
    return [
        (first, second)
        for place, second in enumerate(statements)
        if second.version > seen
        for first in statements[:place]
        if first.version > second.base_version and first.done_on == second.done_on
    ]


def attest(
    known: Mapping[str, Sequence[Statement]], rows: Iterable[Returned], items: Collection[str], terms: Terms
) -> Attested:
    """What rows of the checklist add to the statements known; `items` are those of the programme.

    Blank rows say nothing; what was said before in the same words adds nothing.
    """
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    disputed = 0
    for row in rows:
        told = {name: normalised(text) for name, text in row.values.items()}
        if not any(told.values()):
            continue
        of_item = [*known.get(row.finding_id, ()), *(one for one in statements if one.item == row.finding_id)]
        problems = _why_not(row, told, len(of_item), items, terms)
        if problems:
            refusals += problems
            continue
        new = Statement(
            row.finding_id,
            len(of_item) + 1,
            row.base_version,
            date.fromisoformat(told["done_on"]),
            told["done_by"],
            told["proof"],
            row.who,
            row.said_at,
        )
        held = standing(of_item)
        if any(
            one.content == new.content and (one.version > new.base_version or one == held) for one in of_item
        ):
            continue
        statements.append(new)
        disputed += any(second is new for _, second in disputes([*of_item, new]))
    return Attested(tuple(statements), disputed, tuple(refusals))


def _why_not(
    row: Returned, told: Mapping[str, str], version: int, items: Collection[str], terms: Terms
) -> list[Refusal]:
    """Why a row cannot be taken, cell by cell."""

    def refused(name: str, key: str, **facts: object) -> Refusal:
        return Refusal(row.finding_id, name, told.get(name, ""), row.cells.get(name, ""), key, facts)

    if row.finding_id not in items:
        return [refused("", "unknown_item")]
    if row.base_version > version:
        return [refused("", "unknown_version", version=row.base_version)]
    if row.finding_id == SELF_AUDIT:
        return [replace(refused("done_on", "sign_the_cycle"), text=all_said(told))]
    problems = [
        refused(name, "too_long", limit=TEXT_LIMIT)
        for name in ("done_by", "proof")
        if len(told[name]) > TEXT_LIMIT
    ]
    if missing := [name for name in ("done_on", "done_by") if not told[name]]:
        refusal = refused(missing[0], "attestation_incomplete", missing=missing)
        problems.append(replace(refusal, text=all_said(told)))
    if told["done_on"]:
        problems += [
            refused("done_on", key, **facts) for key, facts in not_a_past_day(told["done_on"], row, terms)
        ]
    return problems


def not_a_past_day(text: str, row: Returned, terms: Terms) -> list[tuple[str, dict[str, object]]]:
    """Why a text is no day on which something can have been done; nothing where it is one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return [("not_a_date", {"text": text})]
    latest = terms.as_of
    try:
        saved = date.fromisoformat(row.said_at[:10]) + timedelta(days=1)  # it is told in universal time
        latest = max(latest, min(saved, terms.as_of + _AHEAD))
    except ValueError:  # the copy does not say when it was saved
        pass
    return [("in_the_future", {"day": day.isoformat()})] if day > latest else []


def enter_statements(
    connection: sa.Connection, statements: Iterable[Statement], source: str, as_of: date, number: int | None
) -> None:
    """Write them down, with the copy they came from; `number` is the run of a night under way."""
    rows = [
        {name: getattr(one, name) for name in Statement.__dataclass_fields__}
        | {"source": source, "recorded_on": as_of, "number": number}
        for one in statements
    ]
    if rows:
        connection.execute(sa.insert(ATTESTATIONS), rows)
