"""Cells that say the state of each of several channels: 微信:已报备;支付宝:未报备."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

from audit.tables import CHANNEL, normalise_label

STATE = "="  # between a channel and its state, in a cell that was read: wechat=registered
_EVERY = "common"  # no channel of its own
_AROUND = " \t\r\n:：;；,，、。./|=+&→>-—_·•\"'{}"
_PAIRS = {"(": ")", "[": "]", "【": "】", "《": "》"}
_LISTED = re.compile(r"[\s/、,，和与及+&|]*")
# of 微信支付宝 the second is 支付宝; a firm's name is none of a channel
_UNLIKE = {"微信支付": "(?!宝)", "银联": "(?!商务)"}


def states_of(text: str, state: Callable[[str], str | None]) -> dict[str, str] | None:
    """The canonical channels that a cell names, each with the word of its state; None where it names none.

    `text` is in NFKC. `state` gives the word of a label, None of a blank one, whose channel is left out, and
    raises what is to be raised about one it does not know. Channels stand before their state (微信:已报备)
    or all of them behind it (已报备：微信、支付宝), and share it where no more than commas are between
    them. Of a channel without a state, or with two, `state` is asked about the whole cell.
    """
    marks = list(_channels().finditer(text))
    if not marks:
        return None
    starts = [0, *(mark.end() for mark in marks)]
    ends = [*(mark.start() for mark in marks), len(text)]
    between = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    names = [CHANNEL.by_label[normalise_label(mark["name"])] for mark in marks]
    found: dict[str, str] = {}
    for name, said in _behind(names, between) if _bare(between[0]) else _before(names, between):
        # 银联: with nothing behind it says nothing; 银联 alone may say anything
        word = state(_bare(said) or ("" if ":" in said else text))
        if word is not None and found.setdefault(name, word) != word:
            state(text)
    return found


def channels_in(text: str) -> tuple[list[str], str]:
    """The canonical channels that a text names, in order, and what is left of it.

    >>> channels_in("微信/支付宝/银联报备")
    (['wechat', 'alipay', 'unionpay'], '报备')
    """
    marks = list(_channels().finditer(unicodedata.normalize("NFKC", text)))
    rest = _channels().sub("", unicodedata.normalize("NFKC", text))
    return [CHANNEL.by_label[normalise_label(mark["name"])] for mark in marks], _LISTED.sub("", rest)


def _before(names: list[str], between: list[str]) -> Iterator[tuple[str, str]]:
    """Channels with what is said behind them: 微信、支付宝:已报备;银联:未报备."""
    said = between[-1]
    for place in range(len(names) - 1, -1, -1):
        if not _LISTED.fullmatch(between[place + 1]):
            said = between[place + 1]
        yield names[place], said


def _behind(names: list[str], between: list[str]) -> Iterator[tuple[str, str]]:
    """Channels with what is said before them: 已报备:微信、支付宝;未报备:银联."""
    said = ""
    for name, text in zip(names, between[:-1], strict=True):
        if not _LISTED.fullmatch(text):
            said = text
        yield name, said
    if _bare(between[-1]):  # 失败（微信返回超时）: what follows may be about anything
        yield names[-1], f"{said}{between[-1]}"


def _bare(text: str) -> str:
    """A label without what parts it from its neighbours, and without brackets around it."""
    while True:
        bare = text.strip(_AROUND)
        if bare and _PAIRS.get(bare[0]) == bare[-1]:
            bare = bare[1:-1]
        if bare == text:
            return bare
        text = bare


@cache  # not before a cell needs it: it takes longer than any other to compile
def _channels() -> re.Pattern[str]:
    labels = [label for label, word in CHANNEL.by_label.items() if word != _EVERY and len(label) > 1]
    names = [
        rf"(?<![a-z]){re.escape(label)}(?![a-z])"
        if label.isascii()
        else re.escape(label) + _UNLIKE.get(label, "")
        for label in sorted(labels, key=lambda label: (-len(label), label))
    ]
    number = r"(?:(?<!\d)\d{1,2}[.、)]\s*)?"
    return re.compile(rf"{number}[\[【(《]?\s*(?P<name>{'|'.join(names)})\s*[\]】)》]?", re.IGNORECASE)
