"""Columns that were filled in before and say nothing tonight: what rules cannot judge, or judge by less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from audit.check import Health, NotEvaluated, Outcome
from audit.crosscheck.inputs import Memory
from audit.crosscheck.origins import OWN_FEED, Columns, origins_of
from audit.intake.feeds import Feed
from audit.rules.model import Rule


def silent_columns(
    feeds: Mapping[str, Feed], memory: Memory, health: Mapping[str, Health]
) -> dict[str, frozenset[str]]:
    """By feed the columns that more than a few rows had when it was last delivered, and that none has now.

    Of a list that did not come whole nobody can tell.
    """
    return {
        name: memory.filled_in.get(name, frozenset()) - feed.told
        for name, feed in feeds.items()
        if name in health and health[name].complete
    }


def seeing(outcome: Outcome, silent: Columns, feeds: Mapping[str, Feed], profile: Columns) -> Outcome:
    """The outcome; not evaluated where no row could be judged for want of a column that was filled in before.

    A list without a word in a column tells no more than one without the column.
    """
    if outcome.not_evaluated or outcome.count or outcome.passed or not outcome.unknown:
        return outcome
    missed = list(_missed(outcome.rule, silent, profile))
    if not missed:
        return outcome
    # rather one that the rule asks for than one behind what it asks for
    feed, name = min(missed, key=lambda one: ".".join(one) not in outcome.rule.asked)
    why = "column_blank" if name in feeds[feed].columns else "column_missing"
    return Outcome(outcome.rule, not_evaluated=NotEvaluated(why, {"feed": feed, "column": name}, due=True))


def unsaid(
    outcomes: Sequence[Outcome], silent: Columns, feeds: Mapping[str, Feed], profile: Columns
) -> dict[str, dict[str, tuple[str, ...]]]:
    """What was filled in before and says nothing tonight, by feed, with the rules it is for.

    Without what is told otherwise: columns that are required, and those for which a rule was not evaluated.
    """
    told = {(name, column) for name, feed in feeds.items() for column in (*feed.required, "channel")}
    told |= {
        (str(facts.get("feed")), str(facts.get("column")))
        for outcome in outcomes
        if (reason := outcome.not_evaluated) and (facts := reason.facts)
    }
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for outcome in outcomes:
        if not outcome.not_evaluated:
            for feed, column in sorted(set(_missed(outcome.rule, silent, profile)) - told):
                own = found.setdefault(feed, {})
                own[column] = (*own.get(column, ()), outcome.rule.id)
    return found


def _missed(rule: Rule, silent: Columns, profile: Columns) -> Iterator[tuple[str, str]]:
    """The columns that a rule looks at and that say nothing, with their feeds."""
    origins = origins_of(rule.subject, rule.columns, rule.asked, profile)
    own = OWN_FEED.get(rule.subject, "")
    for feed, columns in silent.items():
        looked_at = origins.lists.get(feed, frozenset()) | (origins.own if feed == own else frozenset())
        yield from ((feed, column) for column in sorted(columns & looked_at))
