"""Copies of our workbooks that people filled in and put back: 整改台账, 自查清单, signatures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.errors import CannotWrite, InputError, Unusable
from audit.files import shown_name
from audit.intake.child import read_in_child
from audit.intake.dates import clean_date
from audit.intake.grid import Mark
from audit.intake.identifiers import Unreadable
from audit.intake.opening import await_settled, read_whole
from audit.intake.reading import FileReading
from audit.intake.request import FormRequest
from audit.intake.store import Store
from audit.ledger.forms import CHECKLIST, FORM_HEADERS, FORMS, RECTIFICATION, SIGNATURES, Form
from audit.ledger.given import refusals_of, written_over
from audit.ledger.merge import Refusal, Returned, Status, all_said
from audit.redaction import mask_persons
from audit.tables.model import normalise_label
from audit.words import LANGUAGES, Words, load_words

_JUNK = ("~$", ".", "~")


@dataclass(frozen=True)
class ReturnedCopy:
    """One copy as it was read: `reading.error` says why nothing was taken, `refusals` which cells were not.

    A copy of which no row bears this estate's seal is of another estate, and refused as a whole.
    """

    name: str
    sha256: str
    reading: FileReading
    who: str = ""
    said_at: str = ""
    rows: tuple[Returned, ...] = ()  # of the rectification sheet
    items: tuple[Returned, ...] = ()  # of the self-audit checklist, with the item's name for an id
    signatures: tuple[Returned, ...] = ()  # under a cycle's report, with the line's key for an id
    refusals: tuple[Refusal, ...] = ()

    @property
    def count(self) -> int:
        """Rows of ours."""
        return len(self.rows) + len(self.items) + len(self.signatures)


def unread_copies(
    folder: Path, known: Mapping[str, date], as_of: date, store: Store, words: Words
) -> tuple[ReturnedCopy, ...]:
    """The copies in the feedback folder that no earlier night has read, by name.

    `known` holds the audit date each was first read on, by sha256. A night told anew leaves those a later
    one read to that, unless they had been saved by its own day: then the clock of the other ran ahead. What
    programs leave beside an open file is passed over, and so are folders.
    """
    try:
        files = sorted(path for path in folder.iterdir() if is_copy(path))
    except FileNotFoundError:
        return ()
    except OSError as failure:  # what lies in it goes unread, and the night has to say so
        unread = InputError(Unusable.UNREADABLE, "folder_unreadable", detail=failure.strerror or "")
        return (ReturnedCopy(str(folder), "", FileReading(str(folder)).failed(unread)),)
    copies = (read_copy(path, store, words) for path in files if not _read_before(path, known, as_of))
    return tuple(copy for copy in copies if not _of_a_later_night(copy, known, as_of))


def is_copy(path: Path) -> bool:
    """Whether something in the feedback folder is meant to be read."""
    return not path.name.startswith(_JUNK) and not path.is_dir()


def _read_before(path: Path, known: Mapping[str, date], as_of: date) -> bool:
    """Whether these bytes were read on an earlier night; what cannot be looked at is left to `read_copy`."""
    try:
        await_settled(path)
        read_on = known.get(sha256(read_whole(path)).hexdigest())
    except InputError:
        return False
    return read_on is not None and read_on < as_of


def _of_a_later_night(copy: ReturnedCopy, known: Mapping[str, date], as_of: date) -> bool:
    """Whether a later night read it, and it was saved after this one's day (as universal time has it)."""
    read_on = known.get(copy.sha256)
    return read_on is not None and read_on > as_of and copy.said_at[:10] > as_of.isoformat()


def read_copy(path: Path, store: Store, words: Words) -> ReturnedCopy:
    """Read a copy, in a child process, and hold every row against the estate's seal."""
    try:
        await_settled(path)
    except InputError as failure:
        return ReturnedCopy(shown_name(path.name), "", FileReading(str(path)).failed(failure))
    with store.nameless() as output:
        request = _request(path, words, f"/dev/fd/{output.fileno()}")
        try:
            reading = read_in_child(request.to_json(), shared=(output.fileno(),))
        except CannotWrite as failure:
            raise CannotWrite(failure.key, path=store.folder, detail=failure.facts["detail"]) from failure
        if reading.error:
            return ReturnedCopy(shown_name(path.name), reading.sha256, reading)
        table = pq.read_table(output)
    signature = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    who, said_at = signature.get("who", ""), signature.get("said_at", "")
    told: dict[Form, list[Returned]] = {}
    refusals = [
        Refusal("", "", "", str(facts["cell"]), key, facts)
        for key, facts in reading.notices
        if key == "form_lacks"
    ]
    for form, rows in _by_form(table):
        told[form], refused = _rows_of(form, rows, store.secret, words, who, said_at)
        refusals += refused
    if table.num_rows and not any(told.values()):
        foreign = reading.failed(InputError(Unusable.UNSAFE, "form_of_another_estate"))
        return ReturnedCopy(shown_name(path.name), reading.sha256, foreign, who, said_at)
    findings, items, signed = (tuple(told[form]) for form in (RECTIFICATION, CHECKLIST, SIGNATURES))
    return ReturnedCopy(
        shown_name(path.name), reading.sha256, reading, who, said_at, findings, items, signed, tuple(refusals)
    )


def _by_form(table: pa.Table) -> Iterator[tuple[Form, pa.Table]]:
    """The rows of each form, told by the columns its sheet has."""
    for form in FORMS:
        has = [table[f"{name}_letter"].is_valid() for name in form.needs]
        own = reduce(pc.and_, has)
        yield form, table.filter(own)
        table = table.filter(pc.invert(own))


def _rows_of(
    form: Form, table: pa.Table, secret: str, words: Words, who: str, said_at: str
) -> tuple[list[Returned], list[Refusal]]:
    """What the rows of a form say, and what of them cannot be taken."""
    over = written_over(table, form.grey)
    told: list[Returned] = []
    refusals: list[Refusal] = []
    grey: list[tuple[str, str, str, str]] = []
    read = [f"{name}{end}" for name in form.headers for end in ("", "_letter", "_mark")]
    for place, row in enumerate(table.select(["sheet", "row", *read]).to_pylist()):
        row |= {
            name: mask_persons(row[name]) for name in form.fields if row[name]
        }  # no number of a person is kept
        identifier, version = (row[form.key] or "").strip(), _version(row["row_version"])
        if version is None or not form.is_sealed(secret, identifier, version, (row["seal"] or "").strip()):
            refusals += _unsealed(form, row, identifier, table, place)
            continue
        if place in over.torn and any(row[name] for name in form.fields):
            refusals.append(_refused_whole(form, row, identifier, "row_torn"))
            continue
        grey += [
            (identifier, name, text, _grey_cell(table, place, name))
            for name, text in over.cells.get(place, {}).items()
        ]
        refusals += _unreadable(form, row)
        values = {name: _value(form, name, row, words) for name in form.fields}
        cells = {name: _cell(row, name) for name in form.fields}
        told.append(Returned(identifier, version, values, cells, who, said_at))
    return told, refusals + refusals_of(grey, form.words_in)


def _unsealed(
    form: Form, row: Mapping[str, Any], identifier: str, table: pa.Table, place: int
) -> Iterator[Refusal]:
    """What a row says that nobody gave out: one that was tampered with, or one that somebody added."""
    if identifier or row[f"{form.key}_mark"]:
        if any(row[name] for name in form.fields):
            yield _refused_whole(form, row, identifier, "not_sealed")
        return
    # below the items stand figures of our own
    beside = [text for name in form.grey if form is not CHECKLIST and (text := table[name][place].as_py())]
    if any(row[name] for name in form.fields) or len(beside) > 1:  # one is a sum or a note below the table
        yield _refused_whole(form, row, "", "row_of_nobody", beside)


def _refused_whole(
    form: Form, row: Mapping[str, Any], identifier: str, key: str, beside: Iterable[str] = ()
) -> Refusal:
    filled: dict[str, str] = {name: row[name] or "" for name in form.fields}
    said = all_said({**filled, **{text: text for text in beside}})
    return Refusal(identifier, form.key, mask_persons(said), _cell(row, form.key), key)


def _grey_cell(table: pa.Table, place: int, name: str) -> str:
    sheet, letter, row = (table[column][place].as_py() for column in ("sheet", f"{name}_letter", "row"))
    return f"{sheet}!{letter}{row}"


def _request(path: Path, words: Words, output: str) -> FormRequest:
    """The forms there are, and every header of our own sheets beside theirs."""
    headers = (label for one in _known(words) for label in one.section("header").values())
    needs, fields = tuple(form.needs for form in FORMS), tuple(form.fields for form in FORMS)
    return FormRequest(str(path), _headers(words), needs, fields, tuple(dict.fromkeys(headers)), output)


def _headers(words: Words) -> dict[str, str]:
    """The headers a copy may have: of either language, and of the user's own templates."""
    return {one(f"header.{key}"): name for one in _known(words) for name, key in FORM_HEADERS.items()}


def _known(words: Words) -> list[Words]:
    return [*(load_words(language) for language in LANGUAGES), words]


def _version(text: str | None) -> int | None:
    number = (text or "").strip()
    return int(number) if number.isdigit() and len(number) < 10 else None


def _unreadable(form: Form, row: Mapping[str, Any]) -> Iterator[Refusal]:
    """Cells whose content nobody typed: formulas are never computed, errors are no answer."""
    for name in form.fields:
        match row[f"{name}_mark"]:
            case Mark.FORMULA | Mark.UNCACHED:
                yield _refusal(form, row, name, "formula")
            case Mark.ERROR:
                yield _refusal(form, row, name, "error_cell")


def _value(form: Form, name: str, row: Mapping[str, Any], words: Words) -> str:
    """The field's text in the ledger's form; one that has none stays as it is, to be refused by its rule."""
    text = row[name]
    if not text or row[f"{name}_mark"] in (Mark.FORMULA, Mark.UNCACHED, Mark.ERROR):
        return ""
    if name == "status":
        return _statuses(words).get(normalise_label(text), str(text))
    if name in form.dates:
        try:
            day = clean_date(text)
        except Unreadable:
            return str(text)
        return day.isoformat() if day else ""
    return str(text)


def _statuses(words: Words) -> dict[str, str]:
    return {
        normalise_label(one.label("handling", status)): status.value
        for one in _known(words)
        for status in Status
    }


def _refusal(form: Form, row: Mapping[str, Any], name: str, key: str) -> Refusal:
    return Refusal(row[form.key] or "", name, str(row[name] or ""), _cell(row, name), key)


def _cell(row: Mapping[str, Any], name: str) -> str:
    letter = row[f"{name}_letter"]
    return f"{row['sheet']}!{letter}{row['row']}" if letter else ""
