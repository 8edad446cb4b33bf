"""pandas: in memory, one process, on the Arrow arrays that back its columns.

Arrow's, because numpy's turn an unknown comparison into a plain "no".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines.base import Engine, Frame, by_row
from audit.engines.conditions import answers, shared
from audit.engines.keys import with_numbers
from audit.engines.parallel import at_once
from audit.intake.repeats import whole

# columns that say where something stands
_SHOWN = ("_source_file", "_source_sheet", "_source_row")


class PandasEngine(Engine):
    """In memory, one process, on the Arrow arrays that back pandas' columns.

    The frames stay Arrow tables between the steps: pandas hands its columns to the same kernels, but copies
    them on the way in `where` and `take`, which took twice the time of the whole night's rules. Keys are
    looked up by Arrow's hash tables, which leaves the wide side alone.
    """

    name = "pandas"

    def frame(self, rows: pa.Table) -> Frame:
        """The rows themselves."""
        lazy: Frame = nw.from_native(rows).lazy()
        return lazy

    def opened(self, tables: Mapping[str, pa.Table]) -> dict[str, Frame]:
        """See Engine: the keys are numbers."""
        return {name: self.frame(rows) for name, rows in with_numbers(tables).items()}

    def held(self, frame: Frame) -> Frame:
        """Everything is computed at once; nothing to hold."""
        return frame

    def collected(self, frame: Frame) -> pa.Table:
        """See Engine: the table as it stands."""
        return _told(_native(frame))

    def prepared(self, frame: Frame, conditions: Sequence[nw.Expr]) -> tuple[Frame, list[nw.Expr]]:
        """See Engine: what conditions share becomes a column."""
        table, rewritten = shared(_native(frame), conditions)
        return self.frame(table), rewritten

    def answered(self, frame: Frame, asked: Mapping[str, nw.Expr]) -> Frame:
        """See Engine: by Arrow's kernels, without a plan for each."""
        return self.frame(_with(_native(frame), answers(_native(frame), asked)))

    def held_by(self, frame: Frame, truths: Sequence[str]) -> dict[str, int]:
        """See Engine."""
        native = _native(frame)
        return {name: (pc.sum(native[name]).as_py() or 0) + native[name].null_count for name in truths}

    def marked(self, frame: Frame, shown: Mapping[str, Sequence[str]]) -> dict[str, pa.Table]:
        """See Engine: of each mark's rows its own columns alone are copied."""
        native = _native(frame)

        def rows_of(mark: str) -> pa.Table:
            places = pc.indices_nonzero(native[mark]).to_numpy().astype(np.int64)
            rows = _taken(native.select(list(dict.fromkeys(["row_id", *shown[mark]]))), places)
            return by_row(_told(rows).combine_chunks()).select(list(shown[mark]))

        return dict(zip(shown, at_once(rows_of, shown, len(native)), strict=True))

    def where(self, frame: Frame, *conditions: nw.Expr) -> Frame:
        """See Engine: rows are copied only where some are left out."""
        if not (native := _native(frame)).num_columns or not native.num_rows:
            return frame
        holds = _native(frame.select(holds=nw.all_horizontal(*conditions, ignore_nulls=False)))["holds"]
        if pc.all(pc.fill_null(holds, False)).as_py():
            return frame
        return self.frame(_kept(native, holds))

    def named(self, frame: Frame, *names: str) -> Frame:
        """See Engine: rows are copied only where a value is missing."""
        native = _native(frame)
        blanks = [native[name] for name in names if native[name].null_count]
        if not blanks:
            return frame
        return self.frame(_kept(native, reduce(pc.and_, map(pc.is_valid, blanks))))

    def attach(self, frame: Frame, side: Frame, on: str, first: str = "") -> Frame:
        """See Engine: a row number per row, then one take per column of `side`.

        Of several rows of a key the look-up finds the one that stands first.
        """
        if first and not _rising(_native(side)[first]):
            side = self.pick(side, [on], [first])
        left, right = _native(frame), _native(side)
        places = _places(left[on], right[on])
        names = [name for name in right.column_names if name != on]
        assert not {*names} & {*left.column_names}, "a planned join would refuse to name two columns alike"
        beside = at_once(lambda name: _beside(right[name], places, name), names, len(left))
        return self.frame(_with(left, dict(zip(names, beside, strict=True))))

    def meeting(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine: only a small side is looked for."""
        native, others = _native(frame), _native(side)
        if 4 * others.num_rows > native.num_rows:
            return frame
        return self.frame(native.filter(pa.array(_known(native[on], others[on]))))

    def lacking(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine."""
        native, others = _native(frame), _native(side)
        if not others.num_rows:
            return frame
        return self.frame(_kept(native, pa.array(~_known(native[on], others[on]))))

    def pick(self, frame: Frame, by: Sequence[str], order: Sequence[str], *, last: bool = False) -> Frame:
        """See Engine: only rows that share their key are put in order."""
        native = _native(frame)
        shared, codes = _sharing(native, by[:1])
        if len(by) > 1:
            places, codes = _sharing(_taken(native.select(by), shared), by)
            shared = shared[places]
        if not len(shared):
            return frame
        in_order = _in_order(_taken(native.select(order), shared))
        best = np.full(int(codes.max()) + 1, -1)
        # what is written last stays
        best[codes[in_order if last else in_order[::-1]]] = in_order if last else in_order[::-1]
        keep = np.ones(len(native), bool)
        keep[shared] = False
        keep[shared[best[best >= 0]]] = True
        return self.frame(_kept(native, pa.array(keep)))

    def distinct(self, frame: Frame, *by: str) -> Frame:
        """See Engine."""
        native = _native(frame).select(by)
        codes, counts = _codes(native, by)
        first = np.full(len(counts), -1)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        return self.frame(_taken(native, np.sort(first[first >= 0])))

    def counted(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine."""
        native = _native(frame)
        codes, counts = _codes(native, by)
        return self.frame(_with(native, {name: pa.array(counts[codes])}))

    def shared(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine: only rows whose first key is shared are looked at further."""
        native = _native(frame)
        narrowed = _taken(native, _sharing(native, by[:1])[0]) if len(by) > 1 else native
        codes, counts = _codes(narrowed, by)
        rows = np.flatnonzero(counts[codes] > 1)
        return self.frame(_with(_taken(narrowed, rows), {name: pa.array(counts[codes][rows])}))

    def listing(self, frame: Frame, column: str, holding: Mapping[str, nw.Expr]) -> Frame:
        """See Engine: each combination of names is put together once."""
        native, names = _native(frame), list(holding)
        if not 0 < len(names) < 64:
            return super().listing(frame, column, holding)
        found = np.zeros(len(native), np.int64)
        for place, marks in enumerate(_native(frame.select(**holding)).columns):
            found |= marks.fill_null(False).to_numpy().astype(np.int64) << place
        rows = np.flatnonzero(found)
        sets, which = np.unique(found[rows], return_inverse=True)
        texts = [
            f",{','.join(name for place, name in enumerate(names) if one >> place & 1)},"
            for one in sets.tolist()
        ]
        places = np.full(len(native), -1)
        places[rows] = which
        listed = pa.array(texts, pa.string()).take(pa.array(places, mask=places < 0))
        return self.frame(_with(native, {column: listed}))

    def with_nulls(self, frame: Frame, types: Mapping[str, pa.DataType]) -> Frame:
        """See Engine: one array of nulls for all columns of a type."""
        native = _native(frame)
        nulls = {kind: pa.nulls(native.num_rows, kind) for kind in set(types.values())}
        return self.frame(_with(native, {name: nulls[kind] for name, kind in types.items()}))

    def stacked(self, frames: Sequence[Frame]) -> Frame:
        """See Engine: chunks are put side by side, nothing is copied."""
        if len(frames) == 1:
            return frames[0]
        tables = [_told(_native(frame)) for frame in frames]
        return self.frame(pa.concat_tables([table.select(tables[0].column_names) for table in tables]))


def _native(frame: Frame) -> pa.Table:
    table: pa.Table = frame.to_native()
    return table


def _beside(column: pa.ChunkedArray, places: pa.Array, name: str) -> pa.Array:
    """The values at these places.

    Of where something stands, which is shown and not judged, the places themselves stand for the values.
    """
    values = whole(column)
    if name.endswith(_SHOWN) and not pa.types.is_dictionary(values.type):
        return pa.DictionaryArray.from_arrays(places, values, safe=False)
    return values.take(places)


def _told(table: pa.Table) -> pa.Table:
    """The table with the values that places stand for."""
    for number, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            chunks = [chunk.dictionary.take(chunk.indices) for chunk in table.column(number).chunks]
            values = pa.chunked_array(chunks, field.type.value_type)
            table = table.set_column(number, field.name, values)
    return table


def _kept(table: pa.Table, holds: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The rows that hold; where those are most, column by column: of a few, Arrow finds their places once."""
    marks = whole(holds)
    if 2 * marks.true_count < len(table):
        return table.filter(marks)
    columns = at_once(lambda column: column.filter(marks), table.columns, len(table))
    return pa.Table.from_arrays(columns, schema=table.schema)


def _taken(table: pa.Table, places: np.ndarray) -> pa.Table:
    """The rows at these places, which rise; the table is not put together for their sake, as Arrow would."""
    batches = table.to_batches()
    if len(batches) == 1:
        return table.take(places)
    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    cuts = np.searchsorted(places, starts)
    parts = [
        batch.take(pa.array(places[first:last] - start))
        for batch, start, first, last in zip(batches, starts, cuts, cuts[1:], strict=False)
    ]
    return pa.Table.from_batches(parts, table.schema)


def _places(keys: pa.ChunkedArray, known: pa.ChunkedArray) -> pa.Array:
    """For each key the place of the first row of `known` that has it, or null."""
    if numbers := _spanned(keys, known):
        asked, there, span = numbers
        if span == len(there) and _counts_up(there):
            places = asked  # as in a whole list by its row_id
            missing = places == span
        else:
            table = np.full(span + 1, -1, np.int64)
            table[there[::-1]] = np.arange(len(there))[::-1]
            table[span] = -1
            places = table[asked]
            missing = places < 0
        return pa.array(places, mask=missing) if missing.any() else pa.array(places)
    return whole(pc.index_in(keys, value_set=whole(known), skip_nulls=True))


def _counts_up(numbers: np.ndarray) -> bool:
    return bool((numbers[1:] - numbers[:-1] == 1).all())


def _known(keys: pa.ChunkedArray, known: pa.ChunkedArray) -> np.ndarray:
    """Whether `known` has the key; never for a null."""
    if numbers := _spanned(keys, known):
        asked, there, span = numbers
        marks = np.zeros(span + 1, bool)
        marks[there] = True
        marks[span] = False
        has: np.ndarray = marks[asked]
        return has
    found: np.ndarray = whole(pc.is_in(keys, value_set=whole(known), skip_nulls=True)).to_numpy(
        zero_copy_only=False
    )
    return found


def _spanned(keys: pa.ChunkedArray, known: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Numbers that lie close together, as places in a table of so many: it takes less than hashes.

    A null, and a number of `keys` out of the range of `known`, stands behind the last place.
    """
    if keys.type != pa.int64() or not len(known):
        return None
    ends, asked = (pc.min_max(column).as_py() for column in (known, keys))
    if (least := ends["min"]) is None or (span := ends["max"] - least + 1) > 4 * max(len(known), len(keys)):
        return None
    inside = asked["min"] is None or least <= asked["min"] <= asked["max"] <= ends["max"]
    return _within(keys, least, span, inside), _within(known, least, span, True), span


def _within(column: pa.ChunkedArray, least: int, span: int, inside: bool) -> np.ndarray:
    """The numbers from `least` on, and `span` for a null and, where not all are `inside`, for any other."""
    numbers = whole(column)
    if numbers.null_count:
        numbers = numbers.fill_null(least + span)
    places: np.ndarray = numbers.to_numpy() - least if least else numbers.to_numpy()
    if inside:
        return places
    within: np.ndarray = np.minimum(places.view(np.uint64), span).view(np.int64)  # below 0 is far above
    return within


def _rising(column: pa.ChunkedArray) -> bool:
    numbers = _numbers(column)
    return bool((numbers[1:] >= numbers[:-1]).all())


def _with(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, values)
        else:
            table = table.append_column(name, values)
    return table


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers or moments to sort by."""
    values = whole(column)
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32())  # days; Arrow has no shorter way to 64 bits
    numbers: np.ndarray = values.cast(pa.int64()).to_numpy()
    return numbers


def _in_order(rows: pa.Table) -> np.ndarray:
    """The places of the rows in the order of their columns, the first column first."""
    names = rows.column_names
    if len(names) == 1 and _rising(rows[names[0]]):
        return np.arange(rows.num_rows)
    return np.lexsort([_numbers(rows[name]) for name in reversed(names)])


def _sharing(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The places of rows that share their key with another, and a number for each key."""
    codes, counts = _codes(table, by)
    places = np.flatnonzero(counts[codes] > 1)
    return places, codes[places]


def _codes(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """A number per row that equal keys share, and how often each number occurs."""
    codes, size = np.zeros(table.num_rows, np.int64), 1
    for name in by:
        own, values = _numbered(table[name])
        codes = codes * values + own if size > 1 else own
        size *= values
        if size > max(1 << 20, 4 * table.num_rows):
            _, codes = np.unique(codes, return_inverse=True)
            size = int(codes.max(initial=-1)) + 1
    return codes, np.bincount(codes, minlength=1)


def _numbered(column: pa.ChunkedArray) -> tuple[np.ndarray, int]:
    """A number from 0 for each value, null among them, and how many numbers there may be."""
    if numbers := _spanned(column, column):
        places, _, span = numbers
        return places, span + 1
    encoded = whole(column).dictionary_encode()
    places = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
    return places, len(encoded.dictionary) + 1
