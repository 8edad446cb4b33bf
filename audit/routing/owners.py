"""The owners of `[routing]`: what each claims, held against what tonight's tables have."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from audit.config import OwnerSection, Settings
from audit.errors import ConfigError
from audit.intake.identifiers import Unreadable, clean_identifier
from audit.intake.reading import FileReading
from audit.intake.request import Request
from audit.intake.rows import read_rows
from audit.intake.store import Store

# the columns of facts and findings that the keys of an owner speak of
COLUMN_OF = {
    "vendor": "vendor",
    "agent": "agent",
    "branch": "agent",
    "province": "province",
    "channel": "channel",
    "store_no": "store_no",
    "merchant_no": "merchant_no",
}
_EXACT = ("channel", "merchant_no")
_TOLD = 20  # claimed values that nothing has, told one by one
_UNFIT = re.compile(r"[^\w.\-]+")
_LONGEST = 90  # bytes of an owner's name in a file's name; 255 is what file systems take


class UnreadableList(ConfigError):
    """A `merchant_file` that cannot be used; `reading` says why, where it was read at all."""

    def __init__(self, owner: str, file: Path, reading: FileReading | None = None) -> None:
        super().__init__("routing_file", owner=owner, file=str(file))
        self.reading = reading


@dataclass(frozen=True)
class Owner:
    """A party that is given its own rows. `claims`: columns with the values it claims; all must hold."""

    name: str
    claims: tuple[tuple[str, frozenset[str]], ...]
    to: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of its workbook, another one for every owner on every file system."""
        return f"report-{file_part(self.name)}.xlsx"

    @property
    def fingerprint(self) -> str:
        """What it claims, as a hash; the content of its list of merchants is part of it."""
        claims = [(column, sorted(values)) for column, values in self.claims]
        return sha256(repr((self.name, claims)).encode()).hexdigest()


def file_part(name: str) -> str:
    """A name as a part of a file's name: as it is where that is safe, else marked by its hash.

    >>> file_part("星联"), file_part("../A b")
    ('星联', 'A-b-e3f8e0')
    """
    plain = _UNFIT.sub("-", unicodedata.normalize("NFC", name)).strip("-.")
    short = plain.encode()[:_LONGEST].decode(errors="ignore")
    if short == name and name == name.casefold():
        return short
    return f"{short}-{sha256(name.encode()).hexdigest()[:6]}".lstrip("-")


def owners_of(settings: Settings, store: Store) -> tuple[Owner, ...]:
    """The owners as configured, in order. Raises UnreadableList."""
    return tuple(
        Owner(name, tuple(_claims(name, section, settings, store)), section.to)
        for name, section in settings.routing.items()
    )


def _claims(
    name: str, section: OwnerSection, settings: Settings, store: Store
) -> list[tuple[str, frozenset[str]]]:
    claims = {key: {key_of(COLUMN_OF[key], value) for value in own} for key, own in section.by_key.items()}
    if section.merchant_file:
        listed = _merchants_in(name, settings.path(section.merchant_file), store)
        claims["merchant_no"] = claims.get("merchant_no", set()) | listed
    return [(COLUMN_OF[key], frozenset(values)) for key, values in claims.items()]


def _merchants_in(owner: str, file: Path, store: Store) -> set[str]:
    """The merchant numbers of a file of any kind that intake reads."""
    if not file.is_file():
        raise UnreadableList(owner, file)
    reading, rows = store.read(Request(str(file), "merchants", fewest=1))
    if reading.error or not reading.rows:
        raise UnreadableList(owner, file, reading)
    return {number for number in read_rows(rows, ["merchant_no"])["merchant_no"].to_pylist() if number}


def key_of(column: str, text: str) -> str:
    """A value as values are compared: identifiers cleaned, other texts without width, case and blanks."""
    if column == "merchant_no":
        try:
            return clean_identifier(text) or ""
        except Unreadable:
            return text
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True)
class Unmet:
    """A claimed value that no table has tonight, and the one of the tables that is nearest to it, or ""."""

    column: str
    value: str
    near: str


@dataclass(frozen=True)
class Scope:
    """An owner tonight: per claim the texts of the tables that meet it, and claimed values nothing has."""

    owner: Owner
    values: tuple[tuple[str, tuple[str, ...]], ...]
    unmet: tuple[Unmet, ...]  # of merchants' numbers only where none is met

    @property
    def is_void(self) -> bool:
        """Whether no row can be this owner's tonight."""
        return any(not texts for _, texts in self.values)

    @property
    def by_channel(self) -> bool:
        """Whether it claims channels: what belongs to no channel is not its own then."""
        return any(column == "channel" for column, _ in self.values)


def scopes_of(owners: Sequence[Owner], present: Mapping[str, Collection[str]]) -> tuple[Scope, ...]:
    """The owners against the texts that tonight's tables have in each column."""
    return tuple(_scope(owner, present) for owner in owners)


def _scope(owner: Owner, present: Mapping[str, Collection[str]]) -> Scope:
    values: list[tuple[str, tuple[str, ...]]] = []
    unmet: list[Unmet] = []
    for column, wanted in owner.claims:
        if column in _EXACT:
            texts = tuple(sorted(wanted & set(present[column])))
            found = set(texts)
        else:
            matches = {text: _met(column, key_of(column, text), wanted) for text in present[column]}
            texts = tuple(sorted(text for text, met in matches.items() if met))
            found = {met for met in matches.values() if met}
        values.append((column, texts))
        if column != "merchant_no" or not texts:
            missed = sorted(wanted - found)[:_TOLD]
            unmet += [Unmet(column, value, _nearest(column, value, present[column])) for value in missed]
    return Scope(owner, tuple(values), tuple(unmet))


def _nearest(column: str, value: str, texts: Collection[str]) -> str:
    """The text that was probably meant; identifiers are not guessed at."""
    if column in _EXACT:
        return ""
    within = sorted(
        (text for text in texts if value in key_of(column, text)), key=lambda text: (len(text), text)
    )
    return next(iter(within or difflib.get_close_matches(value, sorted(texts), n=1, cutoff=0.3)), "")


def _met(column: str, key: str, wanted: frozenset[str]) -> str:
    """The claimed value that a text meets; a province goes with or without its kind: 浙江, 浙江省."""
    if key in wanted:
        return key
    if column == "province" and len(key) > 1:
        return next(
            (one for one in wanted if len(one) > 1 and (key.startswith(one) or one.startswith(key))), ""
        )
    return ""
