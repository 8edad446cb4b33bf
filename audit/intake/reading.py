"""What reading one file yields besides its canonical rows: where they came from and what was left out.

Rows in a file = canonical rows + rows set aside, by kind. A rejected cell leaves its row in place with
the value unknown. Row numbers are those a spreadsheet program shows: 1-based, the header included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from audit.errors import InputError, Unusable

CONTINUES = "continues"  # a sheet that goes on with the table of another one, without a header of its own
_UNREAD = (
    Unusable.UNREADABLE,
    Unusable.ENCRYPTED,
    Unusable.TRUNCATED,
    Unusable.AMBIGUOUS_COLUMN,
    CONTINUES,
)


class Aside(StrEnum):
    """Why a row is not data."""

    BLANK = "blank"
    TITLE = "title"  # above the header, or the header itself
    HEADER = "header"  # the header again, further down
    TOTAL = "total"
    NOTE = "note"
    EXAMPLE = "example"
    STACKED = "stacked"  # of a second table below, which the header does not describe
    BLANK_KEY = "blank_key"  # a data row that names no device, merchant or model
    SUPERSEDED = "superseded"  # of a file, or a sheet, of which a newer version counts
    DUPLICATE = "duplicate"  # equal to an earlier row in every canonical column
    ELSEWHERE = "elsewhere"  # equal to a row of an earlier sheet of the file


class Reason(StrEnum):
    """Why a cell was rejected."""

    SCIENTIFIC = "scientific"  # 8.9844E+14: digits are gone
    PRECISION = "precision"  # a number of 16 digits or more: a spreadsheet keeps 15
    FRACTION = "fraction"  # 3.25 where an identifier should be
    SEVERAL = "several"  # several identifiers in one cell
    RANGE = "range"  # the first and the last of several
    NOT_AN_IDENTIFIER = "not_an_identifier"
    ERROR_CELL = "error_cell"  # #N/A, #REF!
    UNCACHED = "uncached"  # a formula whose result was never computed
    SHIFTED = "shifted"  # a separator too many, or too few, before it: the cell may be of another column
    UNDECODABLE = "undecodable"  # bytes that are no text in the file's encoding
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_DATE = "unknown_date"
    AMBIGUOUS_DATE = "ambiguous_date"  # 03/04/2026
    IMPOSSIBLE_DATE = "impossible_date"  # 2026-02-30
    NOT_A_NUMBER = "not_a_number"
    NOT_A_FLAG = "not_a_flag"
    HIDDEN = "hidden"  # ****, 已脱敏: whoever exported it took the value out of sight
    DITTO = "ditto"  # 同上: which row that was is not known once a list has been sorted


@dataclass(frozen=True)
class Rejection:
    """A cell that could not be read: its canonical value is unknown, and this says why."""

    sheet: str
    row: int
    letter: str
    header: str
    column: str
    value: str  # as found; masked where the column is personal
    reason: Reason


@dataclass(frozen=True)
class Mapped:
    """A header of the file and the canonical column it was taken for."""

    letter: str
    header: str
    column: str
    how: str  # "synonym", "alone", "spelling", "configured" or "content"


@dataclass(frozen=True)
class SheetReading:
    """How one sheet was read. `skipped` says why it was not, in a word; it is "" for sheets with data."""

    name: str
    header_row: int = 0
    rows: int = 0  # canonical rows
    rows_in_file: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    mapped: tuple[Mapped, ...] = ()
    unmapped: tuple[str, ...] = ()  # headers nobody claimed; their values are never copied
    sensitive: tuple[str, ...] = ()  # those of them that announce keys, passwords or card data
    skipped: str = ""


@dataclass(frozen=True)
class FileReading:
    """Everything about one file but its rows. `error` is "" or an `Unusable` word."""

    path: str
    sha256: str = ""
    kind: str = ""
    tables: tuple[str, ...] = ()  # as asked for, or those it was found to hold
    encoding: str = ""
    delimiter: str = ""
    rows: int = 0
    sheets: tuple[SheetReading, ...] = ()
    rejections: tuple[Rejection, ...] = ()  # the first of them, and the first of each column and reason
    rejected_by: tuple[tuple[str, str, int], ...] = ()  # all of them, counted by column and reason
    notices: tuple[tuple[str, dict[str, Any]], ...] = ()  # message keys and their facts
    exported_at: str = ""  # ISO date and time the file says it was exported at
    told: tuple[
        str, ...
    ] = ()  # canonical columns of the rows that no header names: a title, a cell tells them
    filled: tuple[tuple[str, int], ...] = ()  # by recognised column the rows in which something can be read
    error: str = ""
    error_key: str = ""
    error_facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """All rejected cells."""
        return sum(count for _, _, count in self.rejected_by)

    @property
    def columns(self) -> frozenset[str]:
        """Canonical columns recognised in any sheet, or told without a header."""
        return frozenset(mapped.column for sheet in self.sheets for mapped in sheet.mapped).union(self.told)

    @property
    def said(self) -> frozenset[str]:
        """Recognised columns in which a cell is not blank, be it one that could not be read."""
        unread = frozenset(column for column, _, _ in self.rejected_by)
        return unread.union(column for column, rows in self.filled if rows)

    def superseded_by(self, newer: str) -> Self:
        """The same file with all its rows set aside, because a newer version of it is there."""
        sheets = tuple(
            replace(sheet, rows=0, set_aside=sheet.set_aside | {str(Aside.SUPERSEDED): sheet.rows})
            if sheet.rows
            else sheet
            for sheet in self.sheets
        )
        return replace(self, rows=0, sheets=sheets).with_notice("superseded", newer=newer)

    @property
    def is_superseded(self) -> bool:
        """Whether a newer version of this file counts instead of it."""
        return not self.rows and any(Aside.SUPERSEDED in sheet.set_aside for sheet in self.sheets)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Headers of any sheet that announce keys, passwords or card data."""
        return tuple(dict.fromkeys(name for sheet in self.sheets for name in sheet.sensitive))

    @property
    def near_headers(self) -> Mapping[str, list[str]]:
        """By column the headers that resemble it, of a file that lacks its key."""
        near: Mapping[str, list[str]] = self.error_facts.get("suggestions", {})
        return near

    @property
    def unread(self) -> tuple[SheetReading, ...]:
        """Sheets, or members of an archive, that could not be read, of a file that could."""
        if self.error:
            return ()
        return tuple(sheet for sheet in self.sheets if sheet.skipped in _UNREAD)

    def with_notice(self, key: str, **facts: object) -> Self:
        """The same file with one more thing to know about it."""
        return replace(self, notices=(*self.notices, (key, facts)))

    def failed(self, failure: InputError) -> Self:
        """The same file with the failure that makes it unusable."""
        return replace(
            self, error=str(failure.reason), error_key=failure.key, error_facts=dict(failure.facts)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the child process and the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """The reading that `to_json` wrote."""
        sheets = tuple(
            SheetReading(
                **{
                    **sheet,
                    "mapped": tuple(Mapped(**mapped) for mapped in sheet["mapped"]),
                    "unmapped": tuple(sheet["unmapped"]),
                    "sensitive": tuple(sheet["sensitive"]),
                }
            )
            for sheet in plain["sheets"]
        )
        rejections = tuple(
            Rejection(**{**rejection, "reason": Reason(rejection["reason"])})
            for rejection in plain["rejections"]
        )
        notices = tuple((key, dict(facts)) for key, facts in plain["notices"])
        return cls(
            **{
                **plain,
                "tables": tuple(plain["tables"]),
                "sheets": sheets,
                "rejections": rejections,
                "rejected_by": tuple(tuple(one) for one in plain["rejected_by"]),
                "notices": notices,
                "told": tuple(plain["told"]),
                "filled": tuple(tuple(one) for one in plain["filled"]),
            }
        )
