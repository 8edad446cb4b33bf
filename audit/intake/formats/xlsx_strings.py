"""The shared strings of a workbook as one array: plain ones by their places, the others one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from audit.intake.formats.xlsx_tags import Body, Stretch, Tag, word
from audit.intake.formats.xlsx_values import Irregular, unescaped

_PLAIN = word(bytes([Tag.ITEM, Tag.TEXT, Tag.TEXT_END, Tag.ITEM_END]))
_SEVEN, _OPENING, _CLOSING = word(b"\xff" * 7), word(b"<si><t>"), word(b"</t></si")
_FOUR = word(b"\xff" * 4)
_TEXT = rb'<t(?: xml:space="preserve")?(?:/>|>[^<]*</t>)'
_FONT = rb"(?:<rPr/>|<rPr>(?:<(?!/?(?:rPr|t|r|si)\b)[^>]*>)*</rPr>)?"
_AIDS = rb"(?:<rPh [^>]*>" + _TEXT + rb"</rPh>|<phoneticPr [^>]*/>)*"
_RICH = re.compile(rb"<si/>|<si>(?:" + _TEXT + rb"|(?:<r>" + _FONT + _TEXT + rb"</r>)*)" + _AIDS + rb"</si>")
_PIECE = re.compile(rb'<t(?P<keep> xml:space="preserve")?(?:/>|>(?P<text>[^<]*)</t>)')
_READING_AID = re.compile(rb"<rPh [^>]*>.*?</rPh>", re.DOTALL)


def read_strings(pieces: Iterable[bytes]) -> pa.Array:
    """All strings, in order. Raises Irregular for a table that no plain writer writes."""
    body = Body(pieces, b"sst", rb"<sst [^>]*[^/]>")
    found = [_strings(stretch) for stretch in body.stretches(b"</si>", b"</sst>")]
    return pa.concat_arrays(found) if found else pa.array([], pa.string())


def _strings(stretch: Stretch) -> pa.Array:
    texts = _all_plain(stretch)
    return _one_by_one(stretch) if texts is None else texts


def _all_plain(stretch: Stretch) -> pa.Array | None:
    """The strings where each is `<si><t>…</t></si>` and nothing stands between them."""
    if stretch.count % 4 or stretch.at[0] != 1:
        return None
    starts, ends, following = stretch.at[:-1:4], stretch.at[2::4], stretch.at[4::4]
    if (
        ((stretch.words(starts) & _SEVEN) != _OPENING).any()
        or (stretch.words(ends) != _CLOSING).any()
        or (stretch.raw[following - 1] != ord(">")).any()
        or (following - ends != len("</t></si>")).any()
    ):
        return None
    return stretch.texts_between(starts + len("<si><t>"), ends, np.zeros(len(ends), bool))


def _one_by_one(stretch: Stretch) -> pa.Array:
    items = np.flatnonzero(stretch.tags == Tag.ITEM)
    if not len(items) or stretch.at[0] != 1:
        raise Irregular
    ends = np.append(stretch.at[items[1:]], stretch.at[-1])
    is_plain = (stretch.following(items) & _FOUR) == _PLAIN
    plain = items[is_plain]
    at = stretch.at
    is_plain[is_plain] = (
        (at[plain + 1] == at[plain] + 4)
        & (at[plain + 3] == at[plain + 2] + 4)
        & (ends[is_plain] == at[plain + 3] + 5)
    )
    texts = stretch.texts(items[is_plain] + 1)
    if is_plain.all():
        return texts
    places = np.cumsum(is_plain) - 1
    places[~is_plain] = len(texts) + np.arange(np.count_nonzero(~is_plain))
    own = [
        _one(stretch.text[start:end])
        for start, end in zip(at[items[~is_plain]], ends[~is_plain], strict=True)
    ]
    return pa.concat_arrays([texts, pa.array(own, pa.string())]).take(pa.array(places))


def _one(item: bytes) -> str:
    """A string in pieces, without the reading aids (ruby) some writers add."""
    if not _RICH.fullmatch(item):
        raise Irregular
    pieces = _PIECE.finditer(_READING_AID.sub(b"", item))
    texts = [unescaped(piece["text"] or b"", bool(piece["keep"])) for piece in pieces]
    if len(texts) > 1 and b"_x" in item:  # an escape might be torn
        raise Irregular
    return "".join(texts)
