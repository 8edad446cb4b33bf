"""Columns that say in several cells of a row what is registered where: 渠道1 | 状态1 | 渠道2 | 状态2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.channelstates import channels_in, states_of
from audit.intake.grid import Grid
from audit.intake.headerrow import HeaderRow
from audit.intake.headers import HeaderMap
from audit.intake.labels import FILED, lookup
from audit.intake.repeats import decoded, each, encoded, numbered, spread
from audit.tables import Table, normalise_label
from audit.tables.codes import NULL_TOKENS

_NUMBERED = re.compile(r"(.+?)([1-9一二三四五六]?)")
_OF_STATE = re.compile(r"(.+?)的?(?:渠道|通道|平台)(?:列表|名称|清单)?")
_PARTS, _LONGEST = re.compile(r"[/、,，|;；]"), 40  # between states; characters of a header
_NOTHING = pa.array(sorted(NULL_TOKENS))


@dataclass(frozen=True)
class Joined:
    """A sheet in which one column says the state of each channel; `columns` tells what its header means."""

    grid: Grid
    header: HeaderRow
    columns: Mapping[str, str] = field(default_factory=dict)

    def found(self, header: HeaderMap) -> HeaderMap:
        """The columns of the sheet, that one told as what its cells are: nobody configured it."""
        own = [one for one in header.mapped if normalise_label(one.header) in self.columns]
        mapped = (replace(one, how="content") if one in own else one for one in header.mapped)
        return replace(header, mapped=tuple(mapped)) if own else header


def states_joined(grid: Grid, header: HeaderRow, table: Table, configured: Mapping[str, str]) -> Joined:
    """The sheet with such columns, or those that list the channels of a state (已报备渠道), in one, whose
    cells read 微信:已报备;支付宝:未报备. Any other sheet as it is."""
    as_it_is = Joined(grid, header)
    if not table.wide:
        return as_it_is
    labels = {index: label for index, label in enumerate(header.labels) if label and label.strip()}
    for index, label in labels.items():
        if told_apart := _in_order(grid, header.row, index, label, table):
            cells = (*grid.columns[:index], told_apart, *grid.columns[index + 1 :])
            return Joined(replace(grid, columns=cells), header, {normalise_label(label): table.status})
    meant = {index: _meaning(label, table, configured) for index, label in labels.items()}
    channels = [index for index, (name, _) in meant.items() if name == "channel"]
    states = [index for index, (name, _) in meant.items() if name == table.status]
    pairs = _pairs(channels, states, {index: number for index, (_, number) in meant.items()})
    lists = {} if pairs or states else _lists(labels, table)
    parts = [
        *((said(grid, channel), said(grid, state)) for channel, state in pairs),
        *((pa.scalar(word), said(grid, index)) for index, word in lists.items()),
    ]
    if not parts:
        return as_it_is
    told = [pc.binary_join_element_wise(first, second, ":") for first, second in parts]
    if not pairs:
        told = _none_for_blanks(told, list(lists.values()), header.row, table)
    joined = pc.utf8_trim(pc.binary_join_element_wise(*(one.fill_null("") for one in told), ";"), ";")
    involved = sorted({index for pair in pairs for index in pair}.union(lists))
    name = "/".join(labels[index].strip() for index in involved)
    columns, marks, names = list(grid.columns), list(grid.marks), list(header.labels)
    columns[involved[0]], marks[involved[0]] = encoded(pc.if_else(pc.equal(joined, ""), None, joined)), None
    for index in involved:
        names[index] = None
    names[involved[0]] = name
    return Joined(
        replace(grid, columns=tuple(columns), marks=tuple(marks)),
        replace(header, labels=tuple(names)),
        {normalise_label(name): table.status},
    )


def _in_order(grid: Grid, header: int, index: int, label: str, table: Table) -> pa.Array | None:
    """The cells of a column whose header lists channels and whose cells list their states in the same order,
    with each state beside its channel: √/×/√ below 微信/支付宝/银联报备. None of any other."""
    channels, rest = channels_in(label) if len(label) <= _LONGEST else ([], "")
    said_of = normalise_label(rest)
    if len(set(channels)) < 2 or len(set(channels)) < len(channels):
        return None
    if said_of and said_of not in FILED and table.by_synonym.get(said_of) != table.status:
        return None
    values, places = numbered(grid.columns[index].slice(header + 1))
    parts = [[part.strip() for part in _PARTS.split(text or "")] for text in values.to_pylist()]
    matching = [len(one) == len(channels) for one in parts]
    if 2 * sum(matching) <= len(values.drop_null()):
        return None
    joined = (";".join(map(":".join, zip(channels, one, strict=False))) for one in parts)
    told = pc.if_else(pa.array(matching, pa.bool_()), pa.array(joined, pa.string()), values)
    found = spread(told, places)
    return encoded(pa.concat_arrays([decoded(grid.columns[index].slice(0, header + 1)), decoded(found)]))


def _meaning(label: str, table: Table, configured: Mapping[str, str]) -> tuple[str, str]:
    """The column that a header names, with a number behind it or without, and the number."""
    found = _NUMBERED.fullmatch(normalise_label(label))
    if found and found[2] and (name := lookup(found[1], table, configured)[0]):
        return name, found[2]
    return lookup(label, table, configured)[0], ""


def _pairs(
    channels: Sequence[int], states: Sequence[int], numbers: Mapping[int, str]
) -> list[tuple[int, int]]:
    """Columns of channels, each with that of its state: of the same number, or the next one."""
    if len(channels) != len(states) or len(channels) < 2:
        return []
    by_number = {numbers[index]: index for index in states}
    if len(by_number) == len(states) and set(by_number) == {numbers[index] for index in channels}:
        return [(index, by_number[numbers[index]]) for index in channels]
    in_turn = [index for pair in zip(channels, states, strict=True) for index in pair]
    return list(zip(channels, states, strict=True)) if all(a < b for a, b in pairwise(in_turn)) else []


def _lists(labels: Mapping[int, str], table: Table) -> dict[int, str]:
    """Columns that list the channels of one state, and the word for it: 已报备渠道."""
    known = table.by_name[table.status].codes
    assert known is not None
    found = {index: _OF_STATE.fullmatch(normalise_label(label)) for index, label in labels.items()}
    return {index: one[1] for index, one in found.items() if one and one[1] in known.by_label}


def _none_for_blanks(told: list[pa.Array], words: Sequence[str], header: int, table: Table) -> list[pa.Array]:
    """With a cell that lists no registered channel saying so of every channel that others list."""
    known = table.by_name[table.status].codes
    assert known is not None
    good, none = known.words[0], "not_registered"
    if [known.by_label[word] for word in words] != [good]:
        return told
    texts = pc.unique(told[0].slice(header + 1)).drop_null().to_pylist()
    channels = sorted({name for text in texts for name in states_of(text, lambda _: good) or {}})
    blank = f"{none}:{'、'.join(channels)}" if channels else None
    return [pc.if_else(pc.is_null(told[0]), pa.scalar(blank, pa.string()), told[0])]


def said(grid: Grid, index: int) -> pa.Array:
    """The cells of a column, null where there is nothing said."""

    def filled(texts: pa.Array) -> pa.Array:
        trimmed = pc.utf8_trim_whitespace(texts)
        return pc.if_else(pc.is_in(pc.utf8_upper(trimmed), value_set=_NOTHING), None, trimmed)

    return decoded(each(grid.columns[index], filled))
