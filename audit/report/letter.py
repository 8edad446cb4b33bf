"""A letter to a merchant: what is asked of it, in plain words, with nothing of anybody else, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audit.config import LetterSection
from audit.ledger.lives import State
from audit.report.templating import environment, inline
from audit.rules.model import Owner, Severity
from audit.words import Words

_ASKED = frozenset({State.NEW, State.OPEN, State.REOPENED, State.IN_PROGRESS, State.UNCHECKED})
# what one page holds; the rest is counted
_MOST_ITEMS = 4
_MOST_PLACES = 3  # devices or stores named under an item

Finding = Mapping[str, Any]  # a row of findings.parquet


@dataclass(frozen=True)
class Item:
    """One thing that is asked of the merchant."""

    rule: str
    what: str
    todo: str
    due: date
    is_late: bool
    places: tuple[str, ...]  # devices or stores, by the numbers that stand on them
    left_out: int


@dataclass(frozen=True)
class MerchantLetter:
    """What a merchant is told: the most urgent items, and how many there are.

    `reported`: what it says it has done; `others`: what others see to.
    """

    merchant_no: str
    merchant_name: str
    as_of: date
    items: tuple[Item, ...]
    count: int
    reported: int
    others: int


def letter_of(findings: Sequence[Finding], merchant_name: str, as_of: date, words: Words) -> MerchantLetter:
    """The letter about the findings of one merchant, the most urgent first.

    Only what the rules ask of merchants is asked. What free text a finding holds - a channel's answer, an
    inspector's remark - may name others, and stays out.
    """
    own = [
        one for one in findings if one["owner"] == Owner.MERCHANT and one["rule"] in asked_of_merchants(words)
    ]
    asked: dict[tuple[str, str], list[Finding]] = {}
    for one in own:
        if one["state"] in _ASKED:
            what = words(f"letter_what.{one['rule']}", actual=one["actual"])
            asked.setdefault((one["rule"], what), []).append(one)
    by_urgency = sorted(asked.items(), key=lambda item: (_urgency(item[1]), item[0]))
    return MerchantLetter(
        merchant_no=str(findings[0]["merchant_no"]),
        merchant_name=merchant_name,
        as_of=as_of,
        items=tuple(_item(rule, what, rows, as_of, words) for (rule, what), rows in by_urgency[:_MOST_ITEMS]),
        count=len(asked),
        reported=sum(one["state"] == State.CLAIMED for one in own),
        others=sum(one["state"] in _ASKED for one in findings) - sum(map(len, asked.values())),
    )


def asked_of_merchants(words: Words) -> Mapping[str, str]:
    """What merchants are asked to do, by rule."""
    told: Mapping[str, str] = words.section("letter_todo")
    return told


def _urgency(rows: Sequence[Finding]) -> tuple[date, int]:
    return min(one["due_on"] for one in rows), min(Severity(one["severity"]).rank for one in rows)


def _item(rule: str, what: str, rows: Sequence[Finding], as_of: date, words: Words) -> Item:
    due = min(one["due_on"] for one in rows)
    places = sorted({place for one in rows if (place := _place(one, words))})
    shown = tuple(places[:_MOST_PLACES])
    return Item(rule, what, words(f"letter_todo.{rule}"), due, due < as_of, shown, len(places) - len(shown))


def _place(one: Finding, words: Words) -> str:
    """What a finding is about within the shop; "" for the merchant itself."""
    if one["subject"] == "site":
        return words("letter.store", store=one["store_no"])
    if one["terminal_id"] and one["serial_no"]:
        return words("letter.device", terminal=one["terminal_id"], serial=one["serial_no"])
    if one["terminal_id"] or one["serial_no"]:
        key = "letter.terminal" if one["terminal_id"] else "letter.serial"
        return words(key, number=one["terminal_id"] or one["serial_no"])
    return ""


def render_letters(
    letters: Sequence[MerchantLetter], section: LetterSection, words: Words, own_templates: Path | None
) -> bytes:
    """A page for each letter, to be printed on A4; nothing is loaded from anywhere, and nothing runs."""
    found = environment(own_templates)
    page = found.get_template("letter.html").render(
        letters=letters, section=section, words=words, style=inline(found, "letter.css", {})
    )
    return page.encode()
