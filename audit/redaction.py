"""What no line of text tells: numbers that identify a person, and the secrets of the configuration."""

from __future__ import annotations

import re

_SHORTEST_SECRET = 4  # a shorter one would be found in every other word
_HIDDEN = "***"
# by their looks alone: a mobile number, a citizen number, an account or card; also in groups of four
_NUMBER = re.compile(
    r"(?<!\d)(?:"
    r"1[3-9]\d([ -])\d{4}\1\d{4}"
    r"|\d{4}([ -])\d{4}\2\d{4}\2\d{4}(?:\2\d{1,4})?"
    r"|1[3-9]\d{9}"
    r"|\d{12,30}[Xx]?"
    r")(?!\d)"
)
# the second of an export in a file's name is no account
_MOMENT = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?")
_secrets: set[str] = set()


def mask(number: str) -> str:
    """First three and last four, as much as a reader needs to recognise a number.

    >>> mask("13800138000"), mask("110105194912310027"), mask("12345")
    ('138****8000', '110***********0027', '*****')
    """
    if len(number) < 8:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def hide(secret: str) -> None:
    """Let `redact` take a secret out of every line from now on."""
    if len(secret) >= _SHORTEST_SECRET:
        _secrets.add(secret)


def redact(text: str) -> str:
    """The text with personal numbers masked and known secrets gone.

    >>> redact("法人 110105194912310027，电话 138 0013 8000，文件 台账_20261121020000.csv")
    '法人 110***********0027，电话 138******8000，文件 台账_20261121020000.csv'
    """
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return mask_numbers(text)


def mask_numbers(text: str) -> str:
    """The text with what looks like a mobile number, a citizen number, an account or a card masked.

    >>> mask_numbers("账户 6222 0200 0000 0000 017 已停用")
    '账户 622**************** 017 已停用'
    """
    return _NUMBER.sub(lambda found: _masked(found[0]), text)


def _masked(number: str) -> str:
    return number if _MOMENT.fullmatch(number) else mask(number)
