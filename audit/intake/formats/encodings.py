"""Which encoding the bytes of a text are in, and the text."""

from __future__ import annotations

import codecs
import io
import re

import numpy as np
import pyarrow as pa

from audit.errors import InputError, Unusable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before the mark of UTF-16, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# the mark of UTF-8, taken for Latin-1 and written in UTF-8
_MARK_TWICE = codecs.BOM_UTF8.decode("latin-1").encode()
# what no text holds; NULs pad the fields of some databases
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x19]")
# a few broken bytes in a long file are reported cell by cell; more than this and the guess is wrong
_BROKEN_SHARE = 0.001
_BROKEN_LETTERS = 0.1
_PIECE = 1 << 22
_UNWRITTEN, _LINE_ENDS = b"\x00" * 4, (b"\n", b"\r")
UNDECODABLE = "\ufffd"
# four Chinese characters: six of GBK that look like them are no words, and hardly ever meet
_RUN_OF_UTF8, _RUN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){4}"), 12
_FIRST_OF_EAST = "\u2000"  # punctuation and Chinese; below it stand the letters of other scripts


def as_utf8(data: bytes, encoding: str | None = None) -> tuple[memoryview, str]:
    """The text in UTF-8 and the name of the encoding it is in; undecodable bytes become U+FFFD.

    `encoding` overrules detection: byte-order mark, then strict UTF-8 over the whole file, then GB18030
    (which contains GBK). Raises InputError when the bytes are no text, or end inside a character.
    """
    while data.startswith(_MARK_TWICE):
        data = data[len(_MARK_TWICE) :]
    for mark, name in _BOMS:
        if data.startswith(mark):
            text = memoryview(data)[len(mark) :]
            said = encoding if encoding and not encoding.lower().startswith("utf") else name
            if (said, name) == ("utf-8", "utf-8") and not is_utf8(text) and not _mostly_utf8(bytes(text)):
                said = "gb18030"  # the mark alone was written in UTF-8
            return _written(_recoded(text, said))
    if encoding:
        return _written(_recoded(memoryview(data), encoding))
    if wide := _utf16_without_mark(data):
        return _written(_recoded(memoryview(data), wide))
    if b"\x00" in data:
        data = _without_nulls(data)
    if is_utf8(data):
        return memoryview(data), "utf-8"
    _refuse_cut(data)
    if _mostly_utf8(data):  # GBK text would hardly hold a valid letter
        return memoryview(data.decode("utf-8", errors="replace").encode()), "utf-8"
    if _holds_utf8(data):
        return _line_by_line(data)
    return _recoded(memoryview(data), "gb18030")


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text and the name of its encoding, as `as_utf8` finds them."""
    text, found = as_utf8(data, encoding)
    return str(text, "utf-8"), found


def is_utf8(data: bytes | memoryview) -> bool:
    """Whether the bytes are UTF-8 from the first to the last."""
    ends = pa.array([0, len(data)], pa.int64()).buffers()[1]
    try:
        pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _refuse_cut(data: bytes) -> None:
    """Raise InputError where only the last character is broken, and all before it is UTF-8, and not ASCII."""
    for length in range(len(data) - 1, max(1, len(data) - 3) - 1, -1):
        if is_utf8(memoryview(data)[:length]):
            if not data[:length].isascii():
                raise InputError(Unusable.TRUNCATED, "text_truncated")
            return


def _mostly_utf8(data: bytes) -> bool:
    """Whether letters are hardly ever broken in UTF-8; reads on until the rest could not change that."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces = [memoryview(data)[start : start + _PIECE] for start in range(0, len(data), _PIECE)]
    beyond_ascii = [int(np.count_nonzero(np.frombuffer(piece, np.uint8) > 127)) for piece in pieces]
    rest, broken, whole = sum(beyond_ascii), 0, 0
    for number, (piece, there) in enumerate(zip(pieces, beyond_ascii, strict=True), 1):
        text = decoder.decode(piece, final=number == len(pieces))
        ours = text.count(UNDECODABLE)
        broken, whole, rest = broken + ours, whole + len(text) - (len(piece) - there) - ours, rest - there
        # a letter has two bytes at least, and may have begun in this piece
        if broken > _BROKEN_LETTERS * (whole + rest // 2 + 1):
            return False
    return broken <= _BROKEN_LETTERS * whole


def _holds_utf8(data: bytes) -> bool:
    """Whether a run of Chinese in UTF-8 stands somewhere in text of another encoding."""
    codes = np.frombuffer(data, np.uint8)
    for start in range(0, len(codes), _PIECE):
        piece = codes[start : start + _PIECE + _RUN]
        places = np.flatnonzero(piece[: 1 - _RUN] - np.uint8(0xE4) < 6)  # e4 to e9
        for ahead in range(1, _RUN):
            lowest, count = (0x80, 64) if ahead % 3 else (0xE4, 6)
            places = places[piece[places + ahead] - np.uint8(lowest) < count]
        if len(places):
            return True
    return False


def _line_by_line(data: bytes) -> tuple[memoryview, str]:
    """Text of two encodings, as of exports put one below the other: each line by itself.

    Raises InputError where one line is of both: letters of it are broken.
    """
    lines = [line if line.isascii() or _is_chinese(line) else _as_gb18030(line) for line in data.split(b"\n")]
    return memoryview(b"\n".join(lines)), "gb18030, utf-8"


def _is_chinese(line: bytes) -> bool:
    """Whether a line is UTF-8 and no letter in it is of a script that GBK taken for UTF-8 would look like."""
    text = line.decode("utf-8", "replace")
    return all(letter.isascii() or _FIRST_OF_EAST <= letter != UNDECODABLE for letter in text)


def _as_gb18030(line: bytes) -> bytes:
    if _RUN_OF_UTF8.search(line):
        raise InputError(Unusable.UNREADABLE, "text_undecodable", encoding="utf-8")
    return line.decode("gb18030", "replace").encode()


def _without_nulls(data: bytes) -> bytes:
    """Text whose fields are padded with NULs, or which stands in more room than it takes. Raises InputError
    for binary data, and where the text breaks off within a line: its end was never written."""
    written = data.rstrip(b"\x00")
    text = written.replace(b"\x00", b"")
    if len(text) < len(written) // 2 or _CONTROLS.search(text):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="binary")
    _refuse_unwritten(data)
    return text


def _refuse_unwritten(text: bytes | memoryview) -> None:
    """Raise InputError for text within whose last line NULs begin: room was made for what is not there."""
    if bytes(text[-len(_UNWRITTEN) :]) == _UNWRITTEN and not bytes(text).rstrip(b"\x00").endswith(_LINE_ENDS):
        raise InputError(Unusable.TRUNCATED, "text_unwritten")


def _written(found: tuple[memoryview, str]) -> tuple[memoryview, str]:
    _refuse_unwritten(found[0])
    return found


def _recoded(data: memoryview, encoding: str) -> tuple[memoryview, str]:
    if encoding == "utf-8" and is_utf8(data):
        return data, encoding
    try:
        return _in_pieces(data, encoding), encoding
    except UnicodeError:
        # UTF-7 lets halves of letters pass
        text = str(data, encoding, "replace").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except LookupError:
        raise InputError(Unusable.UNREADABLE, "encoding_unknown", encoding=encoding) from None
    if text.count(UNDECODABLE) > max(10, len(text) * _BROKEN_SHARE):
        raise InputError(Unusable.UNREADABLE, "text_undecodable", encoding=encoding)
    return memoryview(text.encode()), encoding


def _in_pieces(data: memoryview, encoding: str) -> memoryview:
    """The text in UTF-8, a piece at a time: as a whole, Python needs up to four bytes a character."""
    if encoding != "gb18030":
        return memoryview(str(data, encoding).encode())
    decoder, text = codecs.getincrementaldecoder(encoding)(), io.BytesIO()
    for start in range(0, len(data), _PIECE):
        text.write(decoder.decode(data[start : start + _PIECE]).encode())
    text.write(decoder.decode(b"", final=True).encode())
    return text.getbuffer()


def _utf16_without_mark(data: bytes) -> str | None:
    head = data[:4096].rstrip(b"\x00")  # there may be room behind the text
    nulls = head[1::2].count(0), head[0::2].count(0)
    # separators and digits are ASCII, so one half of a UTF-16 table's bytes is full of zeros
    if nulls[0] > len(head) // 8 and nulls[0] > 8 * nulls[1]:
        return "utf-16-le"
    if nulls[1] > len(head) // 8 and nulls[1] > 8 * nulls[0]:
        return "utf-16-be"
    return None
