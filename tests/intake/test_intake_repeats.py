"""Columns held as each value once: everything says of them what it says of the same texts row by row."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.intake.cells import Reader
from audit.intake.characters import bytes_of, lengths, made_of, sketches
from audit.intake.derived import with_derived
from audit.intake.distinct import without_duplicates
from audit.intake.grid import Mark
from audit.intake.layout import _IDENTIFIER, could_be_identifiers
from audit.intake.personal import protect
from audit.intake.repeats import alike, decoded, encoded, is_encoded, trimmed
from audit.intake.rows import names_of, read_rows, write_rows
from audit.tables import DEVICES, MERCHANTS, Column

# what cells hold, canonical and not, blank, damaged, personal, and of the form of another column
CELLS = [
    "SN000001",
    "sn 1",
    "",
    "-",
    "N/A",
    "#N/A",
    "8.98E+14",
    "3.25",
    "TRUE",
    "锟斤拷",
    "\ufffd",
    "`晨光 小店",
]
CELLS += [
    "2026-11-21",
    "2026-02-30",
    "03/04/2026",
    "长期",
    "46347",
    "在用",
    "是",
    "否",
    "什么",
    "1.2万",
    "V3.2.0",
]
CELLS += [
    "11010519491231002X",
    "13800138000",
    "89810000000000012345",
    "89810000000001",
    "12345678",
    "广州市天河区1号",
]
COLUMNS = [column for table in (DEVICES, MERCHANTS) for column in table.columns]
cells = st.lists(st.none() | st.sampled_from(CELLS) | st.text(max_size=4), max_size=20)
texts = st.lists(st.none() | st.text(st.sampled_from("A9a-_. é计"), max_size=5), max_size=20)


def array(values: list[str | None]) -> pa.Array:
    return pa.array(
        [value.encode("utf-8", "ignore").decode() if value else value for value in values], pa.string()
    )


@given(st.sampled_from(COLUMNS), cells, st.booleans())
def test_cells_are_read_alike_whether_or_not_each_value_is_there_once(
    column: Column, values: list[str | None], marked: bool
):
    found = array(values)
    marks = pa.array(np.arange(len(found)) % len(Mark), pa.int8()) if marked else None
    reader = Reader(column, {}, ZoneInfo("Asia/Shanghai"))
    rowwise, once = reader.clean(found, marks), reader.clean(found.dictionary_encode(), marks)
    assert decoded(once.values).equals(decoded(rowwise.values))
    assert once.rejected == rowwise.rejected
    assert once.numbers.tolist() == rowwise.numbers.tolist()
    assert (once.changed is None) == (rowwise.changed is None)
    if once.changed is not None:
        filled = found.is_valid()
        assert once.changed.filter(filled).equals(rowwise.changed.filter(filled))


@given(st.sampled_from([DEVICES, MERCHANTS]), st.data())
def test_rows_are_judged_and_masked_alike_whether_or_not_each_value_is_there_once(
    table: object, data: st.DataObject
):
    rows = data.draw(st.integers(0, 8))
    names = [
        "serial_no",
        "terminal_id",
        "merchant_no",
        "mcc",
        "uscc",
        "legal_id_no",
        "province",
        "address",
        "remark",
    ]
    columns = {
        name: array(data.draw(st.lists(st.sampled_from([None, *CELLS]), min_size=rows, max_size=rows)))
        for name in names
    }
    assert isinstance(table, type(DEVICES))

    def made(held: dict[str, pa.Array]) -> list[dict[str, object]]:
        found = protect(with_derived(pa.table(held), table), table, b"secret")
        return pa.table({name: decoded(found[name]) for name in found.column_names}).to_pylist()

    assert made({name: column.dictionary_encode() for name, column in columns.items()}) == made(columns)


@given(texts, st.integers(0, 3))
def test_bytes_tell_what_a_pattern_tells(values: list[str | None], start: int):
    found = array(values).slice(start)
    known = [value for value in found.to_pylist() if value is not None]
    valid = found.is_valid().to_numpy(zero_copy_only=False)
    made = made_of(found, bytes_of("A9a-"))
    assert made[valid].tolist() == [bool(re.fullmatch("[A9a-]+", value)) for value in known]


@given(texts, st.integers(0, 3))
def test_lengths_and_sketches_are_those_of_equal_texts(values: list[str | None], start: int):
    found = array([*values, *values]).slice(start)
    assert lengths(found).tolist() == pc.utf8_length(found).fill_null(-1).to_pylist()
    known: dict[str | None, int] = {}
    for text, number in zip(found.to_pylist(), sketches(found).tolist(), strict=True):
        assert known.setdefault(text, number) == number


def test_sketches_of_different_numbers_differ():
    found = pa.array([f"{number:012}" for number in range(0, 700_000, 7)])
    assert len(np.unique(sketches(found))) == len(found)


LONG_TEXTS = ["a long text, but for its middle", "a long text. but for its middle"]


@given(st.lists(st.tuples(*[st.sampled_from([None, "a", "b", *LONG_TEXTS])] * 3), max_size=12), st.booleans())
def test_doubles_are_counted_with_the_first_of_them(values: list[tuple[str | None, ...]], once: bool):
    columns = [array([row[place] for row in values]) for place in range(3)]
    held = {
        str(place): column.dictionary_encode() if once else column for place, column in enumerate(columns)
    }
    rows = pa.table({**held, "copies": pa.array([1] * len(values), pa.int64())})
    kept, doubled = without_duplicates(rows)
    first = list(dict.fromkeys(values))
    assert [(row["0"], row["1"], row["2"]) for row in kept.to_pylist()] == first
    assert kept["copies"].to_pylist() == [values.count(row) for row in first]
    assert doubled == len(values) - len(first)
    kinds = alike(list(held.values())).to_pylist()
    assert [kinds.index(kind) for kind in kinds] == [values.index(row) for row in values]


@pytest.mark.parametrize("different", [20, 20_000])
def test_rows_come_back_from_their_file_as_they_were(different: int):
    values = [None if place % 7 == 0 else f"值{place % different}" for place in range(20_000)]
    numbers, days = pa.array(range(20_000)), pa.array(range(20_000), pa.date32())
    rows = pa.table({"a": encoded(pa.array(values)), "source_row": numbers, "copies": numbers, "day": days})
    assert is_encoded(rows["a"]) == (different == 20)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        write_rows(rows, path)
        assert names_of(path) == rows.column_names
        assert read_rows(path)["a"].to_pylist() == values
        assert read_rows(path).drop_columns("a").equals(rows.drop_columns("a"))
        assert read_rows(path, ["copies"]).to_pydict() == {"copies": list(range(20_000))}


@given(
    st.lists(
        st.none()
        | st.text(st.sampled_from("SN12a: -\u3000#９"), max_size=9)
        | st.from_regex("[0-9A-Za-z]{3,7}")
    )
)
def test_what_could_be_an_identifier_is_what_the_pattern_says(values: list[str | None]):
    found = array(values)
    expected = pc.fill_null(pc.match_substring_regex(found, _IDENTIFIER), False).to_pylist()
    assert could_be_identifiers(found).tolist() == expected
    assert could_be_identifiers(found.dictionary_encode()).tolist() == expected


@given(
    rows=st.lists(st.sampled_from([None, "", "甲", "乙", "SN1"])),
    first=st.integers(0, 9),
    count=st.integers(0, 9),
)
def test_values_that_only_rows_left_out_have_are_let_go_of(rows: list[str | None], first: int, count: int):
    some = pa.array(rows, pa.string()).dictionary_encode().slice(first, count)
    kept = trimmed(some)
    assert kept.to_pylist() == rows[first : first + count]
    assert set(kept.dictionary.to_pylist()) == set(kept.to_pylist()) - {None}
