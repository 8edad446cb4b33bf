"""What the ledger knows of a self-audit cycle: its nights and gaps, and what became of findings within it.

Everything is read back from events, so that a cycle told a year later says what was known at its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from audit.errors import ConfigError, NothingToShow
from audit.ledger import bulk
from audit.ledger.attestations import Statement, standing, statements_of
from audit.ledger.database import Database
from audit.ledger.difference import lives_on_both
from audit.ledger.history import PastNight, past_nights, pruned_before
from audit.ledger.lives import OPEN_LIVES, Kind, Life
from audit.ledger.merge import Status
from audit.ledger.periods import NEWS
from audit.ledger.schema import EVENTS, HANDLINGS, RUNS, WAIVERS
from audit.ledger.signoffs import SignOff, cycles_of, sign_offs_of
from audit.ledger.wording import every_word
from audit.periods import Period
from audit.programme import Record, Signed

_FALSE = Status.FALSE_POSITIVE.value
_LIFE = ("state", "severity", "due_on", "waiver", "held")
GROUPS = ("category", "severity", "owner", "rule")
_NEWS = pa.schema(
    [
        ("finding_id", pa.string()),
        ("kind", pa.string()),
        ("as_of", pa.date32()),
        ("was_first_seen", pa.date32()),
        ("was_reopened_on", pa.date32()),
        ("was_due_on", pa.date32()),
    ]
)


@dataclass(frozen=True)
class Tally:
    """Findings of a group: start + came + back - closed - gone - arrived = end.

    The last two are of the end.
    """

    start: int
    came: int
    back: int
    closed: int
    gone: int
    arrived: int
    end: int
    overdue: int
    excused: int


@dataclass(frozen=True)
class Waived:
    """A waiver that ran within the cycle, and how many findings stood under it at the end.

    `since` is the night that first read it, `withdrawn_on` the one on which it was gone before its end.
    """

    target: str
    reason: str
    approver: str
    until: date
    source: str
    findings: int
    since: date
    withdrawn_on: date | None


@dataclass(frozen=True)
class CycleFacts:
    """One cycle, up to its last night. `complete`: it is over.

    Nights were due from `since` to `until`: from the first night there ever was to the last one so far.
    `gaps` are the days between without one, each stretch by its first and last.
    """

    period: Period
    complete: bool
    since: date
    until: date
    nights: tuple[PastNight, ...]
    gaps: tuple[tuple[date, date], ...]
    total: Tally
    groups: Mapping[str, Mapping[str, Tally]]
    in_time: int  # of the closed those that were closed by their due day
    days_to_close: int | None  # the median
    waivers: tuple[Waived, ...]
    record: Record
    statements: tuple[Statement, ...]  # of what was done within the cycle
    signed: tuple[SignOff, ...]  # cycles within this one
    unsigned: tuple[Period, ...]  # and those of them that are published and not signed

    @property
    def through(self) -> date:
        """The last night it tells of."""
        return self.nights[-1].as_of


def cycle_facts(database: Database, period: Period) -> CycleFacts:
    """Read a cycle. Raises NothingToShow where no night lies in it, ConfigError where nights were pruned."""
    every = past_nights(database)
    nights = tuple(one for one in every if one.as_of in period)
    if not nights:
        raise NothingToShow("no_night_in_cycle", period=period.name)
    first, last = nights[0], nights[-1]
    since, until = max(period.start, every[0].as_of), min(period.end, every[-1].as_of)
    before = [one for one in every if one.as_of < period.start]
    with database.transaction() as connection:
        if (kept_from := pruned_before(connection)) and first.as_of < kept_from:
            raise ConfigError("cycle_pruned", period=period.name, since=kept_from.isoformat())
        lives = _lives(connection, before[-1].number if before else -1, last)
        news = _news(connection, first.as_of, last.as_of)
        statements = statements_of(connection)
        sign_offs, cycles = sign_offs_of(connection), cycles_of(connection)
        waivers = _waivers(connection, period, last.as_of, lives)
    came = news.pivot_table(index="finding_id", columns="kind", values="as_of", aggfunc="count")
    for kind in NEWS:
        lives[kind.value] = (
            lives["finding_id"].map(came[kind.value]).fillna(0).astype(int) if kind.value in came else 0
        )
    fixed = news[news["kind"] == Kind.FIXED.value]
    within = {name: one for name, one in sign_offs.items() if _inside(name, period)}
    return CycleFacts(
        period,
        until == period.end,
        since,
        until,
        nights,
        _gaps(nights, since, until),
        _tally(lives),
        {group: {str(name): _tally(rows) for name, rows in sorted(lives.groupby(group))} for group in GROUPS},
        int((fixed["as_of"] <= fixed["was_due_on"]).sum()),
        _median_days(fixed),
        waivers,
        _record(statements, sign_offs, period),
        tuple(one for told in statements.values() for one in told if one.done_on in period),
        tuple(within.values()),
        tuple(Period.named(name) for name in cycles if _inside(name, period) and name not in sign_offs),
    )


def _inside(name: str, period: Period) -> bool:
    """Whether a cycle of that name is a part of the period, and not the period itself."""
    other = Period.named(name)
    return other.months < period.months and other.start in period


def _gaps(nights: tuple[PastNight, ...], since: date, until: date) -> tuple[tuple[date, date], ...]:
    """The first and the last day of each stretch of days without a night."""
    days = [since, *(one.as_of + timedelta(days=1) for one in nights)]
    nexts = [*(one.as_of - timedelta(days=1) for one in nights), until]
    return tuple((start, end) for start, end in zip(days, nexts, strict=True) if start <= end)


def _lives(connection: sa.Connection, before: int, last: PastNight) -> pd.DataFrame:
    """Every finding that stood at either end or came between, with its groups and what it was at the end."""
    lives = lives_on_both(connection, before, last.number, _LIFE)
    words = every_word(connection, ("category", "owner")).to_pandas()
    lives = lives.merge(words, on="finding_id", how="left").rename(columns={"severity_after": "severity_"})
    lives["severity"] = lives["severity_"].where(lives["severity_"] != "", lives["severity"])
    said = _statuses(connection, last.as_of)
    marked = lives["finding_id"].isin([name for name, status in said.items() if status == _FALSE])
    lives["start"] = lives["state_before"].isin(OPEN_LIVES)
    lives["end"] = lives["state_after"].isin(OPEN_LIVES)
    lives["excused"] = lives["end"] & (marked | lives["waiver_after"].notna())
    waits = (lives["state_after"] == Life.ABSENT) | lives["held_after"].fillna(False).astype(bool)
    due = lives["due_on_after"].map(lambda day: day is not None and day == day and day < last.as_of)
    lives["overdue"] = lives["end"] & ~lives["excused"] & ~waits & due
    return lives


def _statuses(connection: sa.Connection, last: date) -> dict[str, str]:
    """What people had said of findings by the end of a day: today's words with every later one taken back."""
    current = sa.select(HANDLINGS.c.finding_id, HANDLINGS.c.status).where(HANDLINGS.c.status != "")
    later = (
        sa.select(EVENTS.c.finding_id, EVENTS.c.before.label("status"))
        .where(EVENTS.c.field == "status", EVENTS.c.as_of > last)
        .order_by(EVENTS.c.event.desc())
    )
    said = {row.finding_id: row.status for row in connection.execute(current)}
    return said | {row.finding_id: row.status for row in connection.execute(later)}


def _news(connection: sa.Connection, first: date, last: date) -> pd.DataFrame:
    query = (
        sa.select(*(EVENTS.c[name] for name in _NEWS.names))
        .join(RUNS, RUNS.c.number == EVENTS.c.number)
        .where(
            ~RUNS.c.superseded,
            RUNS.c.as_of >= first,
            RUNS.c.as_of <= last,
            EVENTS.c.kind.in_([kind.value for kind in NEWS]),
        )
        .order_by(EVENTS.c.event)
    )
    found: pd.DataFrame = bulk.fetch(connection, query, _NEWS).to_pandas(date_as_object=True)
    return found


def _tally(lives: pd.DataFrame) -> Tally:
    names = ("start", "opened", "reopened", "fixed", "gone", "arrived", "end", "overdue", "excused")
    return Tally(*(int(lives[name].sum()) for name in names))


def _median_days(fixed: pd.DataFrame) -> int | None:
    """Days from when a finding was found, or found again, to the night that saw it mended."""
    since = fixed["was_reopened_on"].where(fixed["was_reopened_on"].notna(), fixed["was_first_seen"])
    days = sorted((end - start).days for end, start in zip(fixed["as_of"], since, strict=True) if start)
    return days[(len(days) - 1) // 2] if days else None


def _waivers(
    connection: sa.Connection, period: Period, last: date, lives: pd.DataFrame
) -> tuple[Waived, ...]:
    held = lives[lives["end"]]["waiver_after"].value_counts()
    query = (
        sa.select(WAIVERS)
        .where(
            WAIVERS.c.entered_on <= last,
            WAIVERS.c.until >= period.start,
            sa.or_(WAIVERS.c.ended_on.is_(None), WAIVERS.c.ended_on >= period.start),
        )
        .order_by(WAIVERS.c.until, WAIVERS.c.waiver_id)
    )
    return tuple(
        Waived(
            row.finding_id
            or " ".join(
                text for text in (row.rule, row.serial_no, row.merchant_no, row.channel, row.vendor) if text
            ),
            row.reason,
            row.approver,
            row.until,
            row.source,
            int(held.get(row.waiver_id, 0)),
            row.entered_on,
            # what came after the cycle's last night was not known then
            row.ended_on if row.ended_on and row.ended_on <= min(last, row.until) else None,
        )
        for row in connection.execute(query)
    )


def _record(
    statements: Mapping[str, list[Statement]], sign_offs: Mapping[str, SignOff], period: Period
) -> Record:
    """What was on record for the end of the period: done by then, and cycles before it signed off."""
    told = {
        item: [one for one in of_item if one.done_on <= period.end] for item, of_item in statements.items()
    }
    return Record(
        {item: one.said for item, of_item in told.items() if (one := standing(of_item))},
        signed=tuple(
            Signed(Period.named(one.period), one.signed_by, one.signed_on, one.remark)
            for one in sign_offs.values()
            if Period.named(one.period).end < period.end
        ),
    )
