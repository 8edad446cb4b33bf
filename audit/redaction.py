"""What no line of text tells: numbers that identify a person, and the secrets of the configuration."""

from __future__ import annotations

import re
from collections.abc import Callable

_SHORTEST_SECRET = 4  # a shorter one would be found in every other word
_HIDDEN = "***"
# what numbers are looked for in: full-width digits, and every kind of space, dash and dot, as one character
_PLAIN = str.maketrans(
    {chr(0xFF10 + digit): str(digit) for digit in range(10)}
    | {"Ｘ": "X", "ｘ": "x", "．": ".", "·": ".", "）": ")", "／": "/", "＿": "_", "－": "-"}
    | dict.fromkeys(map(chr, (*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63)), "-")
    | dict.fromkeys(
        map(chr, (0x09, 0xA0, *range(0x2000, 0x2010), 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF)), " "
    )
)
_GAP = r"[ ._/)-]{1,3}"  # what people put between the groups of a number
_DAY = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
# in groups: a mobile number, a citizen number with the day of birth in the middle
_GROUPED = (
    rf"1[3-9]\d(?:({_GAP})\d{{4}}\1\d{{4}}|{_GAP}(?!{_DAY})\d{{8}})"
    rf"|[1-9]\d{{5}}{_GAP}{_DAY}(?:{_GAP})?\d{{3}}[\dXx]"
)
# by their looks alone: a mobile number, a citizen number, an account or card; also in groups
_NUMBER = re.compile(
    rf"(?<!\d)(?:{_GROUPED}"
    rf"|\d{{4}}({_GAP})\d{{4}}\2\d{{4}}\2\d{{4}}(?:\2\d{{1,4}})?[Xx]?"
    rf"|62\d{{4}}{_GAP}\d{{10,13}}"
    r"|1[3-9]\d{9}"
    r"|\d{12,30}[Xx]?"
    r")(?!\d)"
)
_PERSON = re.compile(
    rf"(?:(?<!\d)|(?<=(?<!\d)86)|(?<=(?<!\d)0086))(?:{_GROUPED}"
    r"|1[3-9]\d{9}"
    rf"|[1-9]\d{{5}}{_DAY}\d{{3}}[\dXx]"
    rf"|62\d{{2}}({_GAP})\d{{4}}\2\d{{4}}\2\d{{4}}(?:\2\d{{1,3}})?"
    r"|(?P<card>62\d{14,17})"  # if it has the check digit of one
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
    return _covered(_NUMBER, text, _masked)


def mask_persons(text: str) -> str:
    """The text with mobile numbers, citizen numbers and cards masked, and nothing else.

    For what people write themselves: numbers of merchants, terminals and tickets are what they write of.

    >>> mask_persons("商户 898100000000001 店主+8613800138000，身份证11010519491231002X，工单 20261121000123")
    '商户 898100000000001 店主+86138****8000，身份证110***********002X，工单 20261121000123'
    >>> mask_persons("卡 6228480402564890018，工单 6228480402564890")
    '卡 622************0018，工单 6228480402564890'
    """
    return _covered(_PERSON, text, _masked_person)


def _covered(numbers: re.Pattern[str], text: str, shown: Callable[[re.Match[str]], str]) -> str:
    """The text with every number that is found in its plain form shown as `shown` says."""
    told: list[str] = []
    end = 0
    for found in numbers.finditer(text.translate(_PLAIN)):
        told += text[end : found.start()], shown(found)
        end = found.end()
    return "".join([*told, text[end:]]) if told else text


def _masked_person(found: re.Match[str]) -> str:
    card = found["card"]
    return found[0] if card and not _has_check_digit(card) else mask(found[0])


def _has_check_digit(number: str) -> bool:
    """Whether the last digit is that of the others by ISO 7812 (Luhn), as on every bank card."""
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def _masked(found: re.Match[str]) -> str:
    return found[0] if _MOMENT.fullmatch(found[0]) else mask(found[0])
