"""`pos-audit letter`: letters to merchants about a published night, written when somebody asks for them.

Not part of the night: most merchants of a night are told by other ways, and a letter is read by a person
before it goes out. What a letter says is what was published, held against the ledger's hash.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.config import LetterSection, Settings
from audit.errors import ConfigError, NothingToShow
from audit.files import write_private
from audit.intake.store import store_to_look
from audit.ledger.database import Database
from audit.ledger.history import night_of, past_nights
from audit.ledger.merchants import merchant_names
from audit.publish import digests
from audit.report.letter import MerchantLetter, letter_of, render_letters
from audit.report.sentences import owners_as_told
from audit.routing.owners import file_part, key_of, scopes_of
from audit.words import Words

_FINDINGS = "findings.parquet"


@dataclass(frozen=True)
class Letters:
    """Letters that are written, and the merchants that are asked nothing."""

    letters: tuple[MerchantLetter, ...]
    unasked: tuple[str, ...]


def write_letters(
    settings: Settings,
    words: Words,
    merchants: Sequence[str],
    owner: str,
    as_of: date | None,
    to: Path,
    *,
    together: bool = False,
) -> tuple[list[Path], Letters]:
    """Write a file for each merchant, or one for all; the result names the files.

    Raises ConfigError where it is not said whom merchants are to contact, NothingToShow where none of them is
    asked anything.
    """
    section = settings.letter
    if not section.contact:
        raise ConfigError("letter_contact", file=settings.file)
    section = (
        section if section.sender else LetterSection(sender=settings.audit.name, contact=section.contact)
    )
    made = letters_to(settings, words, merchants, owner, as_of)
    pages = (
        {f"letters-{made.letters[0].as_of}.html": made.letters}
        if together
        else {f"letter-{file_part(one.merchant_no)}-{one.as_of}.html": (one,) for one in made.letters}
    )
    for name, letters in pages.items():
        write_private(to / name, render_letters(letters, section, words, settings.own_templates))
    return [to / name for name in pages], made


def letters_to(
    settings: Settings, words: Words, merchants: Sequence[str], owner: str, as_of: date | None
) -> Letters:
    """The letters about a night, the last one where none is named, to merchants by number or of an owner."""
    with Database(settings.ledger.url, settings.state, reading=True) as database:
        nights = past_nights(database)
        if not nights:
            raise NothingToShow("no_night_yet")
        night = night_of(nights, as_of) if as_of else nights[-1]
        findings = _published(settings, night.as_of, night.files)
        numbers = [key_of("merchant_no", number) for number in merchants]
        if owner:
            numbers += _merchants_of(settings, owner, findings, words)
        by_merchant = _by_merchant(findings, dict.fromkeys(numbers))
        names = merchant_names(database, by_merchant)
    letters = tuple(
        letter
        for number, rows in by_merchant.items()
        if rows and (letter := letter_of(rows, names.get(number, ""), night.as_of, words)).items
    )
    asked = {one.merchant_no for one in letters}
    unasked = tuple(number for number in by_merchant if number not in asked)
    if not letters:
        raise NothingToShow("letter_nothing", as_of=night.as_of.isoformat(), merchants=list(unasked[:20]))
    return Letters(letters, unasked)


def _published(settings: Settings, as_of: date, files: Any) -> pa.Table:
    """What was published of that night, read once: its folder may go at any time."""
    path = settings.output / as_of.isoformat() / _FINDINGS
    data = path.read_bytes() if path.is_file() else b""
    if digests({_FINDINGS: data})[_FINDINGS] != files.get(_FINDINGS):
        raise NothingToShow("letter_night_gone", as_of=as_of.isoformat())
    return pq.read_table(pa.BufferReader(data))


def _merchants_of(settings: Settings, name: str, findings: pa.Table, words: Words) -> list[str]:
    """The merchants that an owner's findings name, by number."""
    with store_to_look(settings.state) as store:
        owners = {one.name: one for one in owners_as_told(settings, store, words)}
    if name not in owners:
        near = difflib.get_close_matches(name, owners, n=1, cutoff=0) or [""]
        raise ConfigError("letter_no_owner", owner=name, near=near[0])
    present = {
        column: set(filter(None, findings[column].unique().to_pylist())) for column, _ in owners[name].claims
    }
    [scope] = scopes_of([owners[name]], present)
    for column, texts in scope.values:
        findings = findings.filter(pc.is_in(findings[column], value_set=pa.array(texts, pa.string())))
    return sorted(filter(None, findings["merchant_no"].unique().to_pylist()))


def _by_merchant(findings: pa.Table, numbers: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {number: [] for number in numbers}
    wanted = pa.array(list(rows), pa.string())
    for row in findings.filter(pc.is_in(findings["merchant_no"], value_set=wanted)).to_pylist():
        rows[row["merchant_no"]].append(row)
    return rows
