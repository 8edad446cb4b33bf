"""What the headers of a sheet are found to mean: by their names, then by the cells below them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import InputError, Unusable
from audit.intake.channelnumbers import with_numbers_of_channels
from audit.intake.grid import Grid
from audit.intake.halves import BESIDE_NUMBER, names_in, names_merchants, shared_columns
from audit.intake.labels import lookup, of_channel
from audit.intake.meaning import by_content, knows, numbers_of_wechat
from audit.intake.reading import Mapped
from audit.intake.repeats import decoded
from audit.intake.strangers import fallbacks, spelt_otherwise
from audit.tables import DEVICES, Column, Kind, Table, header_forms, normalise_label
from audit.tables.records import SERIAL_ON_SITE

_ON_SITE = frozenset(map(normalise_label, SERIAL_ON_SITE.split(",")))
_OF_UNIONPAY = 15  # digits of a merchant's number
_BEHIND = 1_000  # more than a column has names


@dataclass
class Search:
    """What the headers of one sheet are found to mean, step by step: what one step takes the next leaves."""

    grid: Grid
    row: int  # below which data may stand
    table: Table
    labels: Mapping[int, str]
    codes: Collection[str]
    columns: dict[str, int] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)  # each was told: see `Mapped`
    claimed: set[int] = field(default_factory=set)  # by a name, though another header may have been taken
    second: list[Mapped] = field(default_factory=list)
    completed: list[tuple[int, int]] = field(default_factory=list)
    further: dict[str, int] = field(default_factory=dict)  # columns whose cells mean what another gives

    def by_name(self, configured: Mapping[str, str]) -> None:
        """Headers that name a column; of several with different content one is taken where it may be."""
        claims: dict[str, list[tuple[int, int, str]]] = {}
        for index, label in self.labels.items():
            name, rank, how = lookup(label, self.table, configured)
            if name:
                claims.setdefault(name, []).append((rank, index, how))
                self.claimed.add(index)
        own = claims.get("merchant_no", [])
        if len(own) > 1 and "channel_merchant_no" in self.table.by_name:
            wechats = numbers_of_wechat(
                self.grid, self.row, {index: self.labels[index] for _, index, _ in own}
            )
            if 0 < len(wechats) < len(own):
                claims["merchant_no"] = [one for one in own if one[1] not in wechats]
                claims.setdefault("channel_merchant_no", []).extend(
                    (0, index, "content") for index in wechats
                )
        claims = with_numbers_of_channels(claims, self.labels, self.table, self.says_same)
        self._read_on_site(claims)
        for name, claimants in claims.items():
            order = partial(_order, self.grid, self.row, self.table.by_name[name], self.codes, self.labels)
            if len(claimants) > 1:  # Legal Name beside Legal Representative is the firm's
                claimants = [
                    (rank + _BEHIND * self._may_mean_another(index, name), index, how)
                    for rank, index, how in claimants
                ]
            (_, self.columns[name], self.how[name]), *others = sorted(claimants, key=order)
            for _, index, how in others:
                self._also_named(name, index, how)

    def _read_on_site(self, claims: dict[str, list[tuple[int, int, str]]]) -> None:
        """Of an inspection the serial is the one that was read, where its place names the device."""
        serials = claims.get("serial_no", [])
        read = [one for one in serials if not _ON_SITE.isdisjoint(header_forms(self.labels[one[1]]))]
        if not 0 < len(read) < len(serials):
            return
        listed = [one for one in serials if one not in read]
        placed = {"merchant_no", "terminal_id"} <= claims.keys()
        claims["serial_no"], left = (read, listed) if placed else (listed, read)
        self.second += [
            Mapped(self.grid.letter(index), self.labels[index].strip(), "serial_no", how)
            for _, index, how in left
        ]

    def says_same(self, left: int, right: int) -> bool:
        """Whether two columns say the same, but for case and blanks, wherever both say something."""
        a, b = (_below(self.grid, self.row, index) for index in (left, right))
        return bool(pc.all(pc.fill_null(pc.equal(a, b), True)).as_py() in (True, None))

    def _may_mean_another(self, index: int, name: str) -> bool:
        forms = header_forms(self.labels[index])
        others = (column for column in self.table.columns if column.name != name)
        return any(not column.fallbacks.isdisjoint(forms) for column in others)

    def _also_named(self, name: str, index: int, how: str) -> None:
        first = self.columns[name]
        same = self.says_same(first, index)
        if not same:
            _refuse_guess(self.grid, self.table, name, self.labels, (first, index))
        elif name in self.table.key_parts or _same_label(self.labels, (first, index)):
            self.completed.append((first, index))
            return
        if _stem(self.labels[index], "状态") == _stem(self.labels[first], "结果") != "":
            self.completed.append((first, index))
        # 审核意见 where 失败原因 is blank is no reason of a failure
        if not same or _says_more(self.grid, self.row, first, index):
            self.second.append(Mapped(self.grid.letter(index), self.labels[index].strip(), name, how))

    def by_cells(self) -> None:
        """Headers of several meanings, or spelt otherwise than any name, whose cells fit a missing column."""
        table, columns = self.table, self.columns
        moved, further = by_content(self.grid, self.row, table, self.labels, columns)
        self.how |= dict.fromkeys(moved, "content")
        self.further = dict(further)
        self.second += [
            Mapped(self.grid.letter(index), self.labels[index].strip(), name, "content")
            for name, index in further
        ]
        of_rows = {index: label for index, label in self.labels.items() if of_channel(label, table) is None}
        of_channels = {
            index: label
            for index, label in self.labels.items()
            if of_channel(label, table) in table.per_channel
        }
        for labels, fits in ((of_rows, self._fits_alone), (of_channels, self._fits_of_channel)):
            for column, index in fallbacks(table, labels, columns, fits):
                columns[column.name], self.how[column.name] = index, "alone"
        for column, (first, *others) in spelt_otherwise(table, of_rows, columns, self.claimed, self._fits):
            for other in others:
                if not self.says_same(first, other):
                    _refuse_guess(self.grid, table, column.name, self.labels, (first, other))
            columns[column.name], self.how[column.name] = first, "spelling"

    def leave_states_of_devices(self) -> None:
        """Beside states of channels, 状态 may be the device's own."""
        table, index = self.table, self.columns.get(self.table.status)
        if index is None or set(table.wide).isdisjoint(self.columns):
            return
        of_device = DEVICES.by_name[DEVICES.status]
        if not self._fits(table.by_name[table.status], index) and self._fits(of_device, index):
            del self.columns[table.status]
            self.claimed.discard(index)

    def by_parts(self, configured: Mapping[str, str]) -> dict[str, int]:
        """Headers of two columns or three; gives the place of each in the cells."""
        known = {*self.claimed, *self.columns.values()}
        # 厂商/型号 is a name of the model, whose cells may have both
        both = {
            index
            for name, index in self.columns.items()
            if self.how[name] == "synonym" and name in names_in(self.labels[index], self.table, configured)
        }
        asked = {index: label for index, label in self.labels.items() if index not in known or index in both}
        taken = [name for name, index in self.columns.items() if index not in both]
        shared = shared_columns(self.grid, self.row, asked, self.table, configured, taken)
        self.columns |= {name: index for name, (index, _) in shared.items()}
        self.how |= dict.fromkeys(shared, "content")
        return {name: place for name, (_, place) in shared.items()} | self._names_of_merchants()

    def _names_of_merchants(self) -> dict[str, int]:
        """The name of a merchant, or the number, in the cells of the other: 晨光店(898100000000001)."""
        pair = ("merchant_no", "merchant_name")
        found = [name for name in pair if name in self.columns]
        if len(found) != 1 or not self.table.by_name.keys() >= set(pair):
            return {}
        index = self.columns[found[0]]
        other = self.further.get("merchant_no")
        if found == ["merchant_no"] and other is not None and names_merchants(self.grid, self.row, other):
            self.columns["merchant_name"], self.how["merchant_name"] = other, "content"
            return {"merchant_name": BESIDE_NUMBER}
        # beside a name, fewer digits are those of a telephone
        if not names_merchants(self.grid, self.row, index, _OF_UNIONPAY * (found == ["merchant_name"])):
            return {}
        self.columns |= dict.fromkeys(pair, index)
        self.how |= {name: "content" for name in pair if name not in found}
        return {"merchant_name": BESIDE_NUMBER}

    def _fits_alone(self, column: Column, index: int) -> bool:
        # Merchant over names has no numbers
        is_taken = column.kind is Kind.IDENTIFIER and index in self.columns.values()
        return not is_taken and self._fits(column, index)

    def _fits_of_channel(self, column: Column, index: int) -> bool:
        # beside states of channels, 报备时间（微信） says nothing of the others
        is_of_all = column.name not in self.table.per_channel and self.columns.keys() & set(self.table.wide)
        return not is_of_all and self._fits_alone(column, index)

    def _fits(self, column: Column, index: int) -> bool:
        return _fits(self.grid, self.row, self.codes, column, index)


def _order(
    grid: Grid,
    row: int,
    column: Column,
    codes: Collection[str],
    labels: Mapping[int, str],
    claimant: tuple[int, int, str],
) -> tuple[bool, bool, int, int, int]:
    """Of numbers and the words for them the words come first, of two of one name the one with more in it.

    A result comes before the state it was found in: of what was refused, 审批状态 says 完成.
    """
    rank, index, _ = claimant
    stem = _stem(labels[index], "状态")
    has_result = bool(stem) and any(stem == _stem(other, "结果") for other in labels.values())
    return not _fits(grid, row, codes, column, index), has_result, rank, grid.columns[index].null_count, index


def _stem(label: str, ending: str) -> str:
    """审批 of 审批状态; "" of a header that does not end so."""
    text = normalise_label(label)
    return text.removesuffix(ending) if text.endswith(ending) else ""


def _fits(grid: Grid, row: int, codes: Collection[str], column: Column, index: int) -> bool:
    return column.name in codes or knows(column, grid, row, index)


def _says_more(grid: Grid, row: int, left: int, right: int) -> bool:
    """Whether the right column says something where the left one is blank."""
    a, b = (_below(grid, row, index) for index in (left, right))
    return bool(pc.any(pc.and_(pc.is_null(a), pc.is_valid(b))).as_py())


def _same_label(labels: Mapping[int, str], pair: tuple[int, int]) -> bool:
    return len({normalise_label(labels[index]) for index in pair}) == 1


def _below(grid: Grid, row: int, index: int) -> pa.Array:
    return pc.utf8_upper(pc.utf8_trim_whitespace(decoded(grid.columns[index].slice(row + 1))))


def _refuse_guess(
    grid: Grid, table: Table, name: str, labels: Mapping[int, str], pair: tuple[int, int]
) -> None:
    """Two headers of one meaning and different content: an error where the rows' identity hangs on it."""
    if name == "remark":
        return  # two of them are common, and nothing hangs on either
    if _same_label(labels, pair) or name in table.key_parts:
        raise InputError(
            Unusable.AMBIGUOUS_COLUMN,
            "column_ambiguous",
            column=name,
            headers=" / ".join(f"{grid.letter(index)} {labels[index].strip()}" for index in pair),
        )
