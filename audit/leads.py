"""Which finding leads and which follow: one underlying fault is worked on once.

A rule declares what it explains. Where a finding of the explained rule shares the named facts with a finding
of the explaining rule, it follows that one: it is told and kept, and points to its leader. A finding that
follows a follower follows the follower's leader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from audit.rules.model import Explains, Rule


@dataclass(frozen=True)
class Flagged:
    """The flagged rows of one rule with the id of the finding that each became."""

    rule: Rule
    rows: pa.Table
    finding_ids: pa.ChunkedArray

    @cached_property
    def ids(self) -> list[str]:
        """The same, for the few rules that explain or are explained."""
        found: list[str] = self.finding_ids.to_pylist()
        return found


@dataclass(frozen=True)
class Lead:
    """The finding that another follows. `holds`: it makes what follows a suspicion only."""

    finding_id: str
    rule: str
    holds: bool


def leads_of(flagged: Iterable[Flagged]) -> dict[str, Lead]:
    """The leader of each finding that follows another, by the follower's id."""
    by_rule = {one.rule.id: one for one in flagged}
    direct: dict[str, Lead] = {}
    for leader in by_rule.values():
        for explains in leader.rule.explains:
            if follower := by_rule.get(explains.rule):
                for identifier, lead in _pairs(leader, follower, explains).items():
                    if identifier != lead.finding_id:
                        direct.setdefault(identifier, lead)
    return {identifier: _first(identifier, direct) for identifier in direct}


def _pairs(leader: Flagged, follower: Flagged, explains: Explains) -> Mapping[str, Lead]:
    leaders: dict[tuple[object, ...], str] = {}
    for key, identifier in zip(_keys(leader.rows, explains.own), leader.ids, strict=True):
        if None not in key:
            leaders.setdefault(key, identifier)
    required = tuple(name for name, _ in explains.only)
    wanted = tuple(word for _, word in explains.only)
    theirs = _keys(follower.rows, (*explains.theirs, *required))
    cut = len(explains.theirs)
    return {
        identifier: Lead(leaders[key[:cut]], leader.rule.id, explains.holds)
        for key, identifier in zip(theirs, follower.ids, strict=True)
        if key[:cut] in leaders and key[cut:] == wanted
    }


def _keys(rows: pa.Table, names: tuple[str, ...]) -> list[tuple[object, ...]]:
    return list(zip(*(rows[name].to_pylist() for name in names), strict=True)) if rows.num_rows else []


def _first(identifier: str, direct: Mapping[str, Lead]) -> Lead:
    """The head of the chain a finding follows; a circle ends where it began."""
    lead, holds, met = direct[identifier], False, {identifier}
    while True:
        holds = holds or lead.holds
        onward = direct.get(lead.finding_id)
        if onward is None or lead.finding_id in met:
            return Lead(lead.finding_id, lead.rule, holds)
        met.add(lead.finding_id)
        lead = onward
