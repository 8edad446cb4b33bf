"""What an owner must not read of others: their identifiers and names in the words of its own findings.

A finding's words may name another party: where a serial is registered elsewhere, what a channel answered,
which device resembles this one. What the night's tables know as somebody else's, and not as the owner's, is
replaced.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.assessment import Assessment
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame
from audit.routing.share import Share, texts_of
from audit.rules import RULES

_IDENTIFIERS: Mapping[Subject, tuple[str, ...]] = {
    Subject.DEVICE: ("serial_no", "tusn", "merchant_no", "store_no"),
    Subject.MERCHANT: ("merchant_no", "parent_no"),
    Subject.REGISTRATION: ("serial_no", "tusn", "merchant_no"),
}
_NAMES: Mapping[Subject, tuple[str, ...]] = {
    Subject.DEVICE: ("merchant_name", "store_name", "vendor", "agent"),
    Subject.MERCHANT: ("merchant_name", "merchant_short_name", "agent"),
    Subject.SITE: ("merchant_name", "store_name"),
}
_SHORTEST = {"vendor": 2, "agent": 2}  # characters of a name that is looked for in texts
_SHORTEST_NAME = 3  # of merchants and stores: shorter ones are everyday words
_SHORTEST_IDENTIFIER = 4
_RUN = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z_.\-/]*[0-9A-Za-z])?")
_PART = re.compile(r"[0-9A-Za-z]+")
_PREFIX = 2
# what may be read as an identifier in a text of an earlier night; days and moments are none
_LIKELY = re.compile(r"(?=[A-Za-z]*\d)[0-9A-Za-z]{5,}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})?)?")
# facts in which somebody wrote what he liked: channels, inspectors, whoever keyed a cell
_FREE_TEXT = frozenset(
    {"reg_message", "last_error", "known_error", "known_error_remedy", "last_inspection_issue", "unread_text"}
    | {"found_value", "trainee", "organisation"}
)


class Names:
    """Names to be found in texts, the longest first."""

    def __init__(self, names: Iterable[str]) -> None:
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        self._names = frozenset(names)
        for name in self._names:
            lengths[name[:_PREFIX]].add(len(name))
        self._lengths = {prefix: sorted(own, reverse=True) for prefix, own in lengths.items()}

    def within(self, text: str) -> Iterator[tuple[int, int]]:
        """Where names stand, from left to right; a name in Latin letters does not stand inside a word."""
        start = 0
        while start < len(text) - 1:
            end = next(
                (
                    start + length
                    for length in self._lengths.get(text[start : start + _PREFIX], ())
                    if text[start : start + length] in self._names
                    and not _inside_word(text, start, start + length)
                ),
                0,
            )
            if end:
                yield start, end
            start = end or start + 1


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether the text goes on with letters or digits of the same word, on either side."""
    before = start > 0 and _is_latin(text[start - 1]) and _is_latin(text[start])
    return before or (end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end]))


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def all_names(assessed: Assessment) -> Names:
    """Every name of a merchant, a store, a vendor or an agent that the night's tables have."""
    return Names(_texts(assessed, _NAMES, is_name=True))


def own_values(share: Share) -> set[str]:
    """Every identifier and name in the owner's own rows."""
    return _texts(share.assessed, _IDENTIFIERS) | _texts(share.assessed, _NAMES)


def _texts(
    assessed: Assessment, columns: Mapping[Subject, Iterable[str]], *, is_name: bool = False
) -> set[str]:
    found: set[str] = set()
    for subject, frame, column in _columns(assessed, columns):
        if assessed.facts.frames[subject].collect_schema()[column] == nw.String:
            shortest = _SHORTEST.get(column, _SHORTEST_NAME) if is_name else 1
            found |= {text for text in texts_of(assessed.engine, frame, column) if len(text) >= shortest}
    return found


def _columns(
    assessed: Assessment, columns: Mapping[Subject, Iterable[str]]
) -> Iterator[tuple[Subject, Frame, str]]:
    for subject, names in columns.items():
        frame = assessed.facts.frames.get(subject)
        present = frame.collect_schema().names() if frame is not None else []
        for name in names:
            if frame is not None and name in present:
                yield subject, frame, name


def identifiers_in(texts: Iterable[str]) -> set[str]:
    """What in some texts may be an identifier, in the form that tables have it."""
    return {
        form for text in texts for run in _RUN.findall(text) for part in _parts(run) for form in _forms(part)
    }


def _parts(run: str) -> set[str]:
    return {part for part in (run, *_PART.findall(run)) if len(part) >= _SHORTEST_IDENTIFIER}


def _forms(part: str) -> tuple[str, ...]:
    """As it is written, and as intake cleans identifiers."""
    return (part, re.sub(r"[^0-9A-Z]", "", part.upper()))


@dataclass(frozen=True)
class Known:
    """Identifiers out of some texts that the night's tables have."""

    listed: frozenset[str]  # in a row of their own
    registered: Mapping[str, frozenset[str]]  # the merchants a serial is registered for


def known_of(assessed: Assessment, identifiers: Collection[str]) -> Known:
    """Look some identifiers up in the whole night's tables."""
    if not identifiers:
        return Known(frozenset(), {})
    engine = assessed.engine
    listed: set[str] = set()
    registered: defaultdict[str, set[str]] = defaultdict(set)
    for subject, frame, column in _columns(assessed, _IDENTIFIERS):
        wanted = engine.frame(pa.table({column: pa.array(sorted(identifiers), pa.string())}))
        if subject is Subject.REGISTRATION and column != "merchant_no":
            for row in _met(engine, frame, wanted, column, "merchant_no"):
                registered[row[column]].add(row["merchant_no"] or "")
        else:
            listed |= {row[column] for row in _met(engine, frame, wanted, column)}
    return Known(frozenset(listed), {name: frozenset(own) for name, own in registered.items()})


def _met(engine: Engine, frame: Frame, wanted: Frame, column: str, *more: str) -> list[dict[str, str]]:
    rows = frame.select(column, *more).join(wanted, on=column, how="inner").unique()
    found: list[dict[str, str]] = engine.collected(rows).to_pylist()
    return found


def quoting_rules() -> frozenset[str]:
    """The rules whose words quote what somebody wrote."""
    return frozenset(rule.id for rule in RULES.values() if _FREE_TEXT & set(rule.fields))


def is_surely_own(text: str, own: Collection[str]) -> bool:
    """Whether nothing in a text may identify anybody but the owner, whatever tonight's tables know."""
    found = _LIKELY.findall(_MOMENT.sub(" ", text))
    return all(any(form in own for form in _forms(part)) for part in found)


def censor(own: Collection[str], known: Known, names: Names, mark: str) -> Callable[[str], str]:
    """A function that replaces in a text what is another party's.

    An identifier is the owner's when one of its rows has it. One that stands in nobody's row is its own
    where it is registered for one of its merchants; one that no table knows is nobody's, and stays.
    """
    mine = frozenset(own)
    elsewhere = {name for name, merchants in known.registered.items() if not merchants & mine}
    foreign = (known.listed | elsewhere) - mine

    def of_run(found: re.Match[str]) -> str:
        run = found[0]
        if len(run) < _SHORTEST_IDENTIFIER or any(form in own for form in _forms(run)):
            return run
        if any(form in foreign for form in _forms(run)):
            return mark
        return _PART.sub(lambda part: mark if part[0] in foreign and part[0] not in mine else part[0], run)

    def censored(text: str) -> str:
        pieces, end = [], 0
        for start, stop in names.within(text):
            if text[start:stop] not in mine:
                pieces += [_RUN.sub(of_run, text[end:start]), mark]
                end = stop
        return "".join([*pieces, _RUN.sub(of_run, text[end:])])

    return censored
