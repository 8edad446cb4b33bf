"""How the measures' figures are written: money, shares, what is unknown. No workbook is needed for it."""

from __future__ import annotations

from audit.measures.completeness import OF_MERCHANTS, Completeness
from audit.measures.turnover import Turnover
from audit.words import Words

_BLANKS = 4  # fields named beside a completeness; the rest is counted


def money(turnover: Turnover, words: Words) -> str:
    """An amount in whole yuan, and for how many devices none is known; never 0 for what is unknown."""
    if turnover.yuan is None:
        return words("report.amount_unknown") if turnover.devices else ""
    amount = f"¥{turnover.yuan:,.0f}"
    if turnover.without_amount:
        return words("report.amount_partly", amount=amount, count=f"{turnover.without_amount:,}")
    return amount


def rate(turnover: Turnover, words: Words) -> str:
    """Failed transactions in % of all."""
    if turnover.fail_rate is None:
        return words("report.amount_unknown") if turnover.devices else ""
    return f"{turnover.fail_rate:.1%}"


def share(part: float | None) -> str:
    """A share in %, cut and not rounded: 100 % is said only of what is whole."""
    return "—" if part is None else f"{int(part * 1000 + 1e-6) / 10:.1f}%"


def kind_of_rows(line: Completeness, words: Words) -> str:
    """Merchants, or a type of device by name."""
    if line.kind == OF_MERCHANTS:
        return words("report.all_merchants")
    return words.label("device_type", line.kind) if line.kind else words("report.untyped")


def blanks(line: Completeness, words: Words) -> str:
    """The fields most often blank, with how often."""
    shown = [f"{words.column(name)} {count:,}" for name, count in list(line.blanks.items())[:_BLANKS]]
    left = len(line.blanks) - len(shown)
    return words.show(shown) + (words("report.more_fields", count=left) if left else "")
