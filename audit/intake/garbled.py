"""Text that was written in one encoding and read in another before it came here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import pyarrow.compute as pc

from audit.errors import InputError, Unusable
from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.repeats import decoded
from audit.tables import Kind, Table, header_forms, normalise_label
from audit.tables.codes import YES_NO

REPLACED = ("锟斤拷", "ï¿½")  # what is left of characters that a program gave up on
LOST = re.compile(r"\s*\?{2}[\s?\d\W_]*")  # of characters that the encoding of a file did not have
_CHINESE = re.compile("[\u4e00-\u9fff]")
_LEGIBLE: Mapping[str, Callable[[str], str]] = {
    "UTF-8 → GBK": lambda text: text.encode("gb18030").decode("utf-8", "ignore"),
    "UTF-8 → Latin-1": lambda text: text.encode("latin-1", "ignore").decode("utf-8", "ignore"),
    "UTF-8 → Windows-1252": lambda text: text.encode("cp1252", "ignore").decode("utf-8", "ignore"),
    "GBK → Latin-1": lambda text: text.encode("latin-1", "ignore").decode("gb18030", "ignore"),
    "GBK → Windows-1252": lambda text: text.encode("cp1252", "ignore").decode("gb18030", "ignore"),
}


# of these, unlike the first, a text that was never garbled hardly ever makes sense
_STRICT: Mapping[str, Callable[[str], str]] = {
    "UTF-8 → GBK": lambda text: text.encode("gb18030").decode("utf-8"),
    "UTF-8 → Latin-1": lambda text: text.encode("latin-1").decode("utf-8"),
    "UTF-8 → Windows-1252": lambda text: text.encode("cp1252").decode("utf-8"),
    "GBK → Latin-1": lambda text: text.encode("latin-1").decode("gb18030"),
    "GBK → Windows-1252": lambda text: text.encode("cp1252").decode("gb18030"),
}
BIG5_AS_GBK = "Big5 → GBK"
_LAST_WESTERN = "\u2122"  # the last character that Latin-1 or Windows-1252 has
_MANY = 3  # different values: fewer may be chance
_SHARE = 0.3
_SAMPLED_ROWS = 1_000


def refuse_garbled(grid: Grid, header: HeaderMap, table: Table) -> None:
    """Raise InputError where a column's values are text that was read in the wrong encoding before."""
    for name, index in header.columns.items():
        column = table.by_name[name]
        if column.kind not in (Kind.TEXT, Kind.CODE, Kind.FLAG):
            continue
        sample = decoded(grid.columns[index].slice(header.row + 1, _SAMPLED_ROWS))
        values = pc.unique(sample).drop_null().to_pylist()
        words = YES_NO if column.kind is Kind.FLAG else column.codes.by_label if column.codes else ()
        known = any(normalise_label(value) in words for value in values)
        if not known and (what := _values_garbled_as(values, words)):
            problem = "text_in_big5" if what == BIG5_AS_GBK else "text_garbled"
            raise InputError(Unusable.UNREADABLE, problem, what=what)


def _values_garbled_as(values: Iterable[str], words: Collection[str] = ()) -> str:
    """What happened to a column of values that would make sense in another encoding, or "".

    `words` are the normalised labels the column knows: one of them found is proof.
    """
    foreign = [text for text in values if not text.isascii()]
    western = [text for text in foreign if max(text) <= _LAST_WESTERN]
    for what, repair in (*_STRICT.items(), (BIG5_AS_GBK, _as_big5)):
        texts = foreign if what.endswith("→ GBK") else western
        repaired = [found for text in texts if (found := _attempt(repair, text))]
        if any(normalise_label(found) in words for found in repaired):
            return what
        sensible = sum(len(_CHINESE.findall(found)) > 1 for found in repaired)
        if what != BIG5_AS_GBK and sensible >= max(_MANY, _SHARE * len(foreign)):
            return what
    return ""


def _as_big5(text: str) -> str:
    return text.encode("gb18030").decode("big5")


def _attempt(repair: Callable[[str], str], text: str) -> str:
    try:
        return repair(text)
    except UnicodeError:
        return ""


def is_lost(labels: Sequence[str | None]) -> bool:
    """Whether a row of labels holds marks in place of most of its words."""
    filled = [label for label in labels if label]
    return len(filled) > 2 and 2 * sum(bool(LOST.fullmatch(label)) for label in filled) > len(filled)


def garbled_as(labels: Sequence[str | None], known: Iterable[str]) -> str:
    """What happened to a row of labels that would be names of columns in another encoding, or "".

    Characters get lost on that way, so a likeness is enough; nothing is ever repaired with it.
    """
    names = [name for name in known if not name.isascii()]
    in_big5 = (_attempt(_as_big5, label) for label in labels if label and not label.isascii())
    if sum(normalise_label(text) in names for text in in_big5) > 1:
        return BIG5_AS_GBK
    for what, repair in _LEGIBLE.items():
        repaired = {repair(label) for label in labels if label and not label.isascii()}
        legible = [text for text in repaired if _CHINESE.search(text)]
        if sum(bool(difflib.get_close_matches(header_forms(text)[0], names, 1, 0.6)) for text in legible) > 1:
            return what
    return ""
