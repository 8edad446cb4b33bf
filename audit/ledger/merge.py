"""What people wrote into returned copies, merged with what the ledger holds. Pure: values in, values out.

Every field is merged by itself, against what it held in the version the copy was made from. A blank never
erases, an untouched text says nothing, and where two people wrote different things both are kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from audit.intake.dates import FOREVER
from audit.ledger.schema import DATE_FIELDS, HUMAN_FIELDS
from audit.tables.codes import DITTO

_BACK, _AHEAD = timedelta(days=180), timedelta(days=1830)  # a planned day beyond is a slip of the year
TEXT_LIMIT = 2_000  # characters of one field; a cell holds 32,767, a ledger is no archive of letters


class Status(StrEnum):
    """What a person may say of a finding (处理状态)."""

    OPEN = "open"  # takes back what was said before
    IN_PROGRESS = "in_progress"
    CLAIMED = "claimed"  # mended, to be checked
    FALSE_POSITIVE = "false_positive"  # until its evidence changes
    CONFIRMED_GONE = "confirmed_gone"  # the subject really is no longer there


@dataclass(frozen=True)
class Handling:
    """What people said of one finding. Every value is text, dates in ISO form, "" for what nobody said.

    `versions` names per field the version of the row it was last written with.
    """

    finding_id: str
    row_version: int = 0
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    versions: Mapping[str, int] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Returned:
    """A row of a returned copy: what stands in the fields, and the version of the row it was made from.

    `cells` names per field the address, "整改台账!J17"; a field the copy lacks is left out of `values`.
    """

    finding_id: str
    base_version: int
    values: Mapping[str, str]
    cells: Mapping[str, str] = dataclasses.field(default_factory=dict)
    who: str = ""
    said_at: str = ""


@dataclass(frozen=True)
class Change:
    """One field of one finding gets another text; `row_version` is the row's version from then on."""

    finding_id: str
    field: str
    before: str
    after: str
    row_version: int
    who: str
    said_at: str


@dataclass(frozen=True)
class Conflict:
    """Two people said different things of one field; the ledger keeps its own and lists the other."""

    finding_id: str
    field: str
    ledger_text: str
    copy_text: str
    ledger_version: int
    base_version: int
    who: str
    said_at: str
    cell: str


@dataclass(frozen=True)
class Refusal:
    """A cell that was not taken: `key` names the sentence under `[refused]`, `facts` fill it."""

    finding_id: str
    field: str
    text: str
    cell: str
    key: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """What a night allows: its date, and how long a waiver may last."""

    as_of: date
    max_waiver_days: int = 180


@dataclass(frozen=True)
class Merged:
    """What reading a copy comes to. `rows` are the touched rows as they stand afterwards."""

    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    rows: Mapping[str, Handling] = dataclasses.field(default_factory=dict)


def merge(
    ledger_rows: Mapping[str, Handling],
    returned_rows: Iterable[Returned],
    base_versions: Mapping[tuple[str, int], Mapping[str, str]],
    terms: Terms,
) -> Merged:
    """Merge one copy, row after row, field by field.

    `ledger_rows` holds every finding the ledger knows among those returned, also those nobody has said
    anything of; a row about any other is refused. `base_versions` holds per (finding id, version) what the
    fields held then. Reading the same copy twice changes nothing the second time.
    """
    rows = dict(ledger_rows)
    changes: list[Change] = []
    conflicts: dict[tuple[str, str, str], Conflict] = {}
    refusals: list[Refusal] = []
    for returned in returned_rows:
        row = rows.get(returned.finding_id)
        if row is None or returned.base_version > row.row_version:
            key = "unknown_finding" if row is None else "unknown_version"
            refusals.append(_refused(returned, "", key, version=returned.base_version))
            continue
        told = {name: normalised(returned.values.get(name, "")) for name in HUMAN_FIELDS}
        base = base_versions.get((row.finding_id, returned.base_version), row.values)
        wanted = {
            name: text
            for name, text in told.items()
            if text and text != row.values.get(name, "") and text != base.get(name, "")
        }
        checked = {
            name: _why_not(name, text, {**row.values, **wanted}, row, terms) for name, text in wanted.items()
        }
        refusals += [
            _refused(returned, name, problem[0], **problem[1]) for name, problem in checked.items() if problem
        ]
        written: dict[str, str] = {}
        for name, text in wanted.items():
            if checked[name]:
                continue
            if row.versions.get(name, 0) > returned.base_version:
                conflict = _conflict(returned, row, name, text)
                conflicts.setdefault((row.finding_id, name, text), conflict)
            else:
                written[name] = text
        if written:
            changes += [_change(returned, row, name, text) for name, text in written.items()]
            rows[row.finding_id] = _written(row, written)
    touched = {change.finding_id for change in changes}
    return Merged(
        tuple(changes),
        tuple(conflicts.values()),
        tuple(refusals),
        {name: rows[name] for name in sorted(touched)},
    )


def normalised(text: str) -> str:
    """A text as it is compared and kept: spreadsheet programs differ in line ends and stray blanks."""
    lines = text.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _why_not(
    name: str, text: str, row: Mapping[str, str], before: Handling, terms: Terms
) -> tuple[str, dict[str, object]] | None:
    """Why a text cannot be taken for a field; `row` is the whole row as the copy would have it."""
    if len(text) > TEXT_LIMIT:
        return "too_long", {"limit": TEXT_LIMIT}
    if text.strip("（）() ").casefold() in DITTO | {'"'}:
        return "ditto", {"text": text}
    if name == "status" and text not in list(Status):
        return "not_a_status", {"text": text}
    if name == "status" and text == Status.FALSE_POSITIVE and not row.get("remark"):
        return "false_positive_unfounded", {}
    if name in DATE_FIELDS:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return "not_a_date", {"text": text}
        if name == "exempt_until":
            return _why_no_waiver(day, row, before, terms)
        if not terms.as_of - _BACK <= day <= terms.as_of + _AHEAD:
            return "date_far_off", {"as_of": terms.as_of.isoformat()}
    return None


def _why_no_waiver(
    until: date, row: Mapping[str, str], before: Handling, terms: Terms
) -> tuple[str, dict[str, object]] | None:
    """A waiver needs a reason, an approver and an end not too far; a past day ends one that runs."""
    if until < terms.as_of:
        return None if before.values.get("exempt_until") else ("waiver_past", {"until": until.isoformat()})
    if missing := [name for name in ("approver", "remark") if not row.get(name)]:
        return "waiver_incomplete", {"missing": missing}
    if until == FOREVER:
        return "waiver_without_end", {"days": terms.max_waiver_days}
    if until > terms.as_of + timedelta(days=terms.max_waiver_days):
        return "waiver_too_long", {"until": until.isoformat(), "days": terms.max_waiver_days}
    return None


def _change(returned: Returned, row: Handling, name: str, text: str) -> Change:
    before, version = row.values.get(name, ""), row.row_version + 1
    return Change(row.finding_id, name, before, text, version, returned.who, returned.said_at)


def _conflict(returned: Returned, row: Handling, name: str, text: str) -> Conflict:
    return Conflict(
        finding_id=row.finding_id,
        field=name,
        ledger_text=row.values.get(name, ""),
        copy_text=text,
        ledger_version=row.versions.get(name, 0),
        base_version=returned.base_version,
        who=returned.who,
        said_at=returned.said_at,
        cell=returned.cells.get(name, ""),
    )


def all_said(values: Mapping[str, str]) -> str:
    """Everything a person wrote into a row that is refused as a whole; a choice from the list is no words."""
    said = (text for name, text in values.items() if name != "status" or text not in list(Status))
    return " / ".join(filter(None, map(normalised, said)))


def _refused(returned: Returned, name: str, key: str, **facts: object) -> Refusal:
    text = returned.values.get(name, "") if name else all_said(returned.values)
    return Refusal(returned.finding_id, name, text, returned.cells.get(name, ""), key, facts)


def _written(row: Handling, written: Mapping[str, str]) -> Handling:
    version = row.row_version + 1
    return replace(
        row,
        row_version=version,
        values={**row.values, **written},
        versions={**row.versions, **dict.fromkeys(written, version)},
    )
