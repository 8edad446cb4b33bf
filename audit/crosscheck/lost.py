"""Columns that came before and are gone or blank tonight: what they showed, nobody sees mended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from audit.crosscheck.inputs import Memory
from audit.crosscheck.origins import Columns
from audit.intake.feeds import Feed
from audit.plaintext import plain
from audit.tables.devices import TRANSACTION_COLUMNS

_COUNTED = {column.name for column in TRANSACTION_COLUMNS}
_Until = Mapping[str, date]  # column -> the last night on which it came


@dataclass(frozen=True)
class Lost:
    """Columns that are lost, by feed and by file as facts name it, and the last night before this one.

    Of a feed a column is lost where one of its patterns delivers it no more, or where it came by a pattern
    that is no longer there and comes by none now. It is delivered no more, too, where no row has any of what
    more than a few had; of a column that only says what went wrong this is good news.
    """

    by_feed: Mapping[str, _Until] = field(default_factory=dict)
    by_file: Mapping[str, _Until] = field(default_factory=dict)
    night: date | None = None

    def in_lists(self, lists: Columns) -> date | None:
        """The last night on which any of these columns came that is lost now; None where none is."""
        return _last([_last_of(self.by_feed.get(feed, {}), columns) for feed, columns in lists.items()])

    def in_file(self, file: str, columns: Collection[str]) -> date | None:
        """The same of columns that the pattern of a file delivers no more."""
        return _last_of(self.by_file.get(file, {}), columns)


def lost_columns(feeds: Mapping[str, Feed], memory: Memory) -> Lost:
    """What the files of tonight lack of the columns that those of their patterns once had."""
    by_feed: dict[str, dict[str, date]] = {}
    by_file: dict[str, _Until] = {}
    # what the transactions table counts, the ledger need not
    counted = {"devices": feeds["transactions"].told & _COUNTED}
    for name, feed in feeds.items():
        own = by_feed.setdefault(name, {})
        slots = {slot.pattern: slot for slot in feed.slots}
        for (of_feed, pattern), came in memory.came.items():
            if of_feed != name:
                continue
            slot = slots.get(pattern)
            of_others = counted.get(name, frozenset())
            here = (feed.completed(slot.columns) if slot else feed.told) | of_others
            lost = _without(here, came, feed)
            if slot:
                said = feed.completed(slot.columns - slot.blank) | of_others
                lost = _without(said, memory.filled.get((of_feed, pattern), {}), feed) | lost
            for column, on in lost.items():
                own[column] = max(on, own.get(column, on))
            if slot:
                by_file |= {plain(file.name): lost for file in slot.usable}
    return Lost(by_feed, by_file, memory.night)


def _without(here: frozenset[str], came: _Until, feed: Feed) -> dict[str, date]:
    return {
        column: max(came[one] for one in came if column in feed.completed({one}))
        for column in feed.completed(came) - here
    }


def _last_of(until: _Until, columns: Collection[str]) -> date | None:
    return _last([on for column, on in until.items() if column in columns])


def _last(days: Collection[date | None]) -> date | None:
    return max((day for day in days if day), default=None)
