"""What people said of findings: read from the ledger for a merge, and written back after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from audit.ledger.lives import Kind
from audit.ledger.merge import Handling, Merged, Status
from audit.ledger.schema import (
    CONFLICTS,
    DATE_FIELDS,
    EVENTS,
    FEEDBACK_FILES,
    FINDINGS,
    HANDLINGS,
    HUMAN_FIELDS,
)
from audit.ledger.waivers import Waiver

_CHUNK = 500


@dataclass(frozen=True)
class Copy:
    """A returned copy: the hash of its bytes, its name, and who is said to have saved it last."""

    sha256: str
    name: str
    who: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, object] = field(default_factory=dict)  # what of it a reader of the report is to know


def counts_of(connection: sa.Connection, sha256: str) -> dict[str, int] | None:
    """What a copy of these bytes came to when it was first read; None for one nobody has read."""
    return connection.scalar(sa.select(FEEDBACK_FILES.c.counts).where(FEEDBACK_FILES.c.sha256 == sha256))


def handlings_of(connection: sa.Connection, finding_ids: Iterable[str]) -> dict[str, Handling]:
    """The rows of findings the ledger knows, by id, those nobody has said anything of included."""
    found: dict[str, Handling] = {}
    for chunk in _chunks(sorted(set(finding_ids))):
        query = (
            sa.select(FINDINGS.c.finding_id.label("id"), HANDLINGS)
            .outerjoin(HANDLINGS, HANDLINGS.c.finding_id == FINDINGS.c.finding_id)
            .where(FINDINGS.c.finding_id.in_(chunk))
        )
        for row in connection.execute(query).mappings():
            found[row["id"]] = Handling(
                row["id"],
                row["row_version"] or 0,
                {name: _text(row[name]) for name in HUMAN_FIELDS},
                {name: row[f"{name}_version"] or 0 for name in HUMAN_FIELDS},
            )
    return found


def bases_of(
    connection: sa.Connection, rows: Mapping[str, Handling], wanted: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], dict[str, str]]:
    """What the fields of a finding held at a version: today's texts with every later word taken back.

    `wanted` names finding ids and the versions copies were made from; an unknown id is left out.
    """
    pairs = {(identifier, version) for identifier, version in wanted if identifier in rows}
    older = {identifier for identifier, version in pairs if version < rows[identifier].row_version}
    later: dict[str, list[Any]] = {}
    for chunk in _chunks(sorted(older)):
        query = (
            sa.select(EVENTS.c.finding_id, EVENTS.c.field, EVENTS.c.before, EVENTS.c.row_version)
            .where(EVENTS.c.finding_id.in_(chunk), EVENTS.c.row_version.is_not(None))
            .order_by(EVENTS.c.event.desc())
        )
        for row in connection.execute(query):
            later.setdefault(row.finding_id, []).append(row)
    bases = {}
    for identifier, version in pairs:
        values = dict(rows[identifier].values)
        for row in later.get(identifier, ()):
            if row.row_version > version:
                values[row.field] = row.before
        bases[identifier, version] = values
    return bases


def enter(
    connection: sa.Connection, merged: Merged, copy: Copy, as_of: date, number: int | None = None
) -> None:
    """Write what a merge came to, with the copy it came from; `number` is the run of a night under way."""
    connection.execute(
        sa.insert(FEEDBACK_FILES).values(
            sha256=copy.sha256,
            name=copy.name,
            read_on=as_of,
            number=number,
            who=copy.who,
            counts={
                "changes": len(merged.changes),
                "conflicts": len(merged.conflicts),
                "refusals": len(merged.refusals),
                **copy.counts,
            },
            told=dict(copy.told),
        )
    )
    if merged.changes:
        connection.execute(
            sa.insert(EVENTS),
            [
                {
                    "number": number,
                    "as_of": as_of,
                    "finding_id": change.finding_id,
                    "kind": Kind.SAID.value,
                    "who": change.who,
                    "said_at": change.said_at,
                    "source": copy.sha256,
                    "field": change.field,
                    "before": change.before,
                    "after": change.after,
                    "row_version": change.row_version,
                }
                for change in merged.changes
            ],
        )
    _write_rows(connection, merged, as_of)
    _write_conflicts(connection, merged, copy, as_of)


def _write_rows(connection: sa.Connection, merged: Merged, as_of: date) -> None:
    spoken = {change.finding_id for change in merged.changes if change.field == "status"}
    evidence: dict[str, str] = {}
    known: set[str] = set()
    for chunk in _chunks(sorted(merged.rows)):
        rows = connection.execute(
            sa.select(FINDINGS.c.finding_id, FINDINGS.c.evidence).where(FINDINGS.c.finding_id.in_(chunk))
        )
        evidence.update({row.finding_id: row.evidence for row in rows})
        known |= set(
            connection.scalars(sa.select(HANDLINGS.c.finding_id).where(HANDLINGS.c.finding_id.in_(chunk)))
        )
    born = [_stored(row) for row in merged.rows.values() if row.finding_id not in known]
    if born:
        connection.execute(sa.insert(HANDLINGS), born)
    changed = [_stored(row) for row in merged.rows.values() if row.finding_id in known]
    if changed:
        names = [name for name in changed[0] if name != "finding_id"]
        connection.execute(
            sa.update(HANDLINGS)
            .where(HANDLINGS.c.finding_id == sa.bindparam("b_finding_id"))
            .values({name: sa.bindparam(f"b_{name}") for name in names}),
            [{f"b_{name}": value for name, value in row.items()} for row in changed],
        )
    marks = [
        {
            "b_id": identifier,
            "b_on": as_of,
            "b_marked": evidence[identifier]
            if merged.rows[identifier].values["status"] == Status.FALSE_POSITIVE
            else "",
        }
        for identifier in sorted(spoken)
    ]
    if marks:
        connection.execute(
            sa.update(HANDLINGS)
            .where(HANDLINGS.c.finding_id == sa.bindparam("b_id"))
            .values(status_on=sa.bindparam("b_on"), marked=sa.bindparam("b_marked")),
            marks,
        )


def _write_conflicts(connection: sa.Connection, merged: Merged, copy: Copy, as_of: date) -> None:
    for change in merged.changes:
        connection.execute(
            sa.update(CONFLICTS)
            .where(
                CONFLICTS.c.finding_id == change.finding_id,
                CONFLICTS.c.field == change.field,
                CONFLICTS.c.settled_on.is_(None),
            )
            .values(settled_on=as_of)
        )
    for conflict in merged.conflicts:
        same = sa.select(CONFLICTS.c.conflict).where(
            CONFLICTS.c.finding_id == conflict.finding_id,
            CONFLICTS.c.field == conflict.field,
            CONFLICTS.c.copy_text == conflict.copy_text,
            CONFLICTS.c.ledger_version == conflict.ledger_version,
        )
        if connection.execute(same).first():
            continue
        connection.execute(
            sa.insert(CONFLICTS).values(
                finding_id=conflict.finding_id,
                field=conflict.field,
                ledger_text=conflict.ledger_text,
                copy_text=conflict.copy_text,
                ledger_version=conflict.ledger_version,
                base_version=conflict.base_version,
                who=conflict.who,
                said_at=conflict.said_at,
                source=copy.sha256,
                noticed_on=as_of,
            )
        )


def waivers_of_people(connection: sa.Connection) -> tuple[Waiver, ...]:
    """The waivers people asked for in workbooks: those findings with 豁免至, 审批人 and a reason."""
    query = (
        sa.select(HANDLINGS.c.finding_id, HANDLINGS.c.exempt_until, HANDLINGS.c.approver, HANDLINGS.c.remark)
        .where(HANDLINGS.c.exempt_until.is_not(None))
        .order_by(HANDLINGS.c.finding_id)
    )
    return tuple(
        Waiver("workbook", row.remark, row.approver, row.exempt_until, finding_id=row.finding_id)
        for row in connection.execute(query)
    )


def _stored(row: Handling) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: _day(row.values.get(name, "")) if name in DATE_FIELDS else row.values.get(name, "")
        for name in HUMAN_FIELDS
    }
    versions = {f"{name}_version": row.versions.get(name, 0) for name in HUMAN_FIELDS}
    return {"finding_id": row.finding_id, "row_version": row.row_version, **values, **versions}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
