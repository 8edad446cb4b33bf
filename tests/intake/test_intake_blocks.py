"""Long texts are read a block at a time: what is read does not depend on where the blocks end."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit.errors import InputError
from audit.intake.formats import delimited, encodings
from audit.intake.formats.delimited import read_delimited
from audit.intake.formats.encodings import as_utf8, decode, is_utf8

cell = st.sampled_from(["SN1", "", "终端", 'a"b', "x,y", "两\n行", "长" * 40])
tables = st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=40)
odd = st.lists(st.sampled_from(["标题", "a,b,c,d,e", "", '"合计",3']), max_size=3)


def grid_of(data: bytes) -> list[list[str | None]] | str:
    try:
        grid = read_delimited(data).grid
    except InputError as failure:
        return failure.key
    return [grid.row(row) for row in range(grid.height)]


@given(tables, odd, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 3), st.booleans())
def test_a_text_is_the_same_rows_in_blocks_of_any_size(
    rows: list[list[str]], lines: list[str], end: str, ended: bool, size: int, open_quote: bool
):
    made = io.StringIO()
    writer = csv.writer(made, lineterminator=end)
    for number, row in enumerate(rows):
        if number % 7 == 3 and lines:
            made.write(lines[number % len(lines)] + end)
        writer.writerow(row)
    text = made.getvalue() if ended else made.getvalue().removesuffix(end)
    data = (f'{text}{end}"' if open_quote else text).encode()
    with pytest.MonkeyPatch.context() as small:
        whole = grid_of(data)
        small.setattr(delimited, "_BLOCK", 61 * size)
        small.setattr(delimited, "_HEAD", 128)
        assert grid_of(data) == whole


def naive(data: bytes) -> bool:
    """The rule in one line: letters of UTF-8 are nine in ten whole."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken <= 0.1 * (sum(not letter.isascii() for letter in text) - broken)


@given(
    st.lists(
        st.sampled_from([b"a,b\n", "终端".encode(), "终端".encode("gb18030"), b"\xe7", b"\xff"]),
        max_size=60,
    )
)
def test_whether_a_text_is_broken_utf8_is_told_from_its_pieces(parts: list[bytes]):
    data = b"".join(parts)
    with pytest.MonkeyPatch.context() as small:
        small.setattr(encodings, "_PIECE", 7)
        assert encodings._mostly_utf8(data) == naive(data)


@given(st.text(), st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
def test_text_in_pieces_is_the_text(text: str, encoding: str):
    # the mark of UTF-16 with a NUL behind it is the mark of UTF-32
    assume(not (encoding == "utf-16" and text.startswith("\0")))
    data = text.encode(encoding, "ignore")
    said = data.decode(encoding)
    with pytest.MonkeyPatch.context() as small:
        small.setattr(encodings, "_PIECE", 3)
        assert str(as_utf8(data, encoding)[0], "utf-8") == decode(data, encoding)[0]
        assert decode(data, encoding)[0].removeprefix("\ufeff") == said.removeprefix("\ufeff")


@given(st.binary(max_size=12))
def test_utf8_is_what_python_takes_for_it(data: bytes):
    try:
        data.decode()
    except UnicodeDecodeError:
        assert not is_utf8(data)
    else:
        assert is_utf8(data)


@given(st.binary(max_size=40), st.sampled_from([None, "utf-8", "gb18030", "utf-16-le", "utf-7", "big5"]))
def test_whatever_the_bytes_the_text_is_utf8(data: bytes, encoding: str | None):
    with suppress(InputError):
        assert is_utf8(as_utf8(data, encoding)[0])
