"""What a canonical table is made of: columns, their kinds, the headers vendors give them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

_NOISE = dict.fromkeys(
    map(ord, " \t\r\n\u00a0\u3000\u200b\u200c\u200d\ufeff*:;,.、。_-–—/\\'\"`#()[]{}<>|~【】「」《》〈〉“”‘’")
)
_OPENING = "([{<【（"


class Kind(StrEnum):
    """How the cells of a column are cleaned, and their type in the canonical table."""

    IDENTIFIER = "identifier"  # text; upper case, no blanks or dashes; zeros kept
    REFERENCE = "reference"  # text that names a thing but is matched as written (batch, store number)
    TEXT = "text"
    CODE = "code"  # one of a closed list of words
    FLAG = "flag"
    DATE = "date"
    MOMENT = "moment"  # date with an optional time of day, local to the vendor
    NUMBER = "number"
    VERSION = "version"


def normalise_label(text: str) -> str:
    """A header or a code word without width, case, blanks and punctuation.

    >>> normalise_label(" 终端　SN*：")
    '终端sn'
    """
    return unicodedata.normalize("NFKC", text).lower().translate(_NOISE)


def header_forms(header: str) -> tuple[str, ...]:
    """The normalised spellings under which a header is looked up: whole, then without a bracketed tail.

    >>> header_forms("设备型号（10）")
    ('设备型号10', '设备型号')
    """
    whole = normalise_label(header)
    cut = min((at for mark in _OPENING if (at := header.find(mark)) > 0), default=len(header))
    head = normalise_label(header[:cut])
    return (whole, head) if head and head != whole else (whole,)


@dataclass(frozen=True)
class CodeList:
    """A closed list of canonical words and the labels that mean them.

    Bare numbers are never labels: "00" is enabled in one system and pending review in another, so they
    are mapped per source, in `[inputs.<feed>.codes]`.
    """

    name: str
    labels: Mapping[str, str]

    @property
    def words(self) -> tuple[str, ...]:
        """The canonical words, in order."""
        return tuple(self.labels)

    @cached_property
    def by_label(self) -> dict[str, str]:
        """Normalised label to canonical word; the canonical word is a label of itself."""
        known = {normalise_label(word): word for word in self.labels}
        for word, labels in self.labels.items():
            known.update({normalise_label(label): word for label in labels.split(",")})
        return known


@dataclass(frozen=True)
class Column:
    """One canonical column.

    `headers` are the names that mean this column wherever they stand. `alone` are names that mean
    another column as well: they are taken for this one only when no header of the file claims it.
    """

    name: str
    kind: Kind
    headers: str = ""
    alone: str = ""
    codes: CodeList | None = None
    personal: bool = False  # identifies a person: masked and keyed-hashed before it is stored

    @cached_property
    def synonyms(self) -> dict[str, int]:
        """Normalised names that map to this column, with their rank: the more exact name comes first."""
        names = map(normalise_label, [self.name, *_listed(self.headers)])
        return {name: rank for rank, name in reversed(list(enumerate(names)))}

    @cached_property
    def fallbacks(self) -> frozenset[str]:
        """Normalised names that map here when nothing else in the file does."""
        return frozenset(map(normalise_label, _listed(self.alone)))


@dataclass(frozen=True)
class Table:
    """A canonical table: the columns of one feed.

    `keys` are the alternative sets of columns one of which a file must have; `required` must be
    recognised as well unless `[inputs.<feed>].required` says otherwise. `wide` names the columns that
    stand for several rows (a registration list with one status column per channel). `status` is the
    code column that says in which state the subject of a row is.
    """

    name: str
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...]
    required: tuple[str, ...] = ()
    status: str = ""
    wide: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by canonical name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def by_synonym(self) -> dict[str, str]:
        """Normalised header to canonical name."""
        return {synonym: column.name for column in self.columns for synonym in column.synonyms}


def _listed(names: str) -> Iterable[str]:
    return filter(None, (name.strip() for name in names.split(",")))
