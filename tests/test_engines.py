"""What the engine in memory does by shorter ways than the others: the same has to come out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import product

import narwhals.stable.v2 as nw
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.crosscheck.schema import Subject
from audit.engines import KEYS, DuckDBEngine, PandasEngine, open_tables
from audit.engines.carried import at, carried
from audit.engines.conditions import answers, shared
from audit.engines.parallel import at_once
from audit.engines.places import sharing, sharing_all
from audit.rules import RULES
from audit.rules.model import Condition, expression
from tests.facts import example_rows

AS_OF = date(2026, 11, 20)


@pytest.mark.parametrize("subject", sorted({rule.subject for rule in RULES.values()}))
def test_what_conditions_share_answers_as_they_do(subject: Subject):
    rules = [rule for rule in RULES.values() if rule.subject is subject]
    examples = pa.concat_tables([example_rows(rule) for rule in rules])
    table = pa.concat_tables(
        [examples] * 6
    ).combine_chunks()  # so that columns have few values for their rows
    asked: list[nw.Expr] = []
    for rule in rules:
        night = rule.night(AS_OF)
        conditions: list[Condition | None] = [rule.applies, rule.unsure, *(case.when for case in rule.cases)]
        asked += [expression(one, night) for one in conditions if one is not None]
    direct = nw.from_native(table).select(**{f"a{n}": one for n, one in enumerate(asked)}).to_native()
    for same in (table, _carried(table)):
        prepared, rewritten = shared(same, asked)
        there = answers(prepared, {f"a{n}": one for n, one in enumerate(rewritten)})
        assert pa.table(there).to_pydict() == direct.to_pydict()


def _carried(table: pa.Table) -> pa.Table:
    """The same table with all columns but truths as places among the rows in reverse."""
    places = pa.array(range(table.num_rows - 1, -1, -1))
    return pa.table(
        {
            name: table[name] if table[name].type == pa.bool_() else carried(table[name].take(places), places)
            for name in table.column_names
        }
    )


def test_what_differs_by_type_alone_is_not_shared():
    table = pa.table({"n": [1, 2, None], "t": ["1", "x", None]})
    asked = [nw.col("t") == "1", nw.col("n") == 1, nw.col("n") == 1.5, nw.col("t").is_in(["1", "x"])]
    prepared, rewritten = shared(table, asked)
    answers = nw.from_native(prepared).select(**{f"a{n}": one for n, one in enumerate(rewritten)})
    assert answers.to_native().to_pydict() == {
        "a0": [True, False, None],
        "a1": [True, False, None],
        "a2": [False, False, None],
        "a3": [True, True, None],
    }


def test_what_looks_at_other_rows_is_left_alone():
    table = pa.table({"n": [1, 2, 3]})
    asked = nw.col("n") > nw.col("n").mean()
    prepared, [rewritten] = shared(table, [asked])
    assert prepared.column_names == ["n"]
    assert nw.from_native(prepared).select(over=rewritten).to_native()["over"].to_pylist() == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("terminals", [("00000001", "10000001"), ("T1", "00000001"), ("1/01", "01")])
def test_keys_are_equal_where_the_texts_are(terminals: tuple[str, str]):
    rows = [
        {"serial_no": serial, "tusn": tusn, "merchant_no": merchant, "terminal_id": terminal}
        for serial, tusn, merchant, terminal in product(
            ("S1", "T9", None), ("T9", None), ("M", "M/1", None), (*terminals, None)
        )
    ]
    for row in rows:
        kinds = (("sn", row["serial_no"]), ("tusn", row["tusn"]))
        known = next((f"{kind}:{value}" for kind, value in kinds if value), None)
        row["device_key"] = known or f"tid:{row['merchant_no']}/{row['terminal_id']}"
    listed = pa.Table.from_pylist(rows)
    tables = {"devices": _numbered(listed), "registrations": _numbered(listed.slice(7))}
    with PandasEngine() as numbers, DuckDBEngine() as texts:
        for left, right in (("devices", "devices"), ("devices", "registrations")):
            met = []
            for engine in (numbers, texts):
                frames = open_tables(engine, tables)
                both = {name: engine.collected(frames[name]).sort_by("row_id") for name in (left, right)}
                met.append(
                    {
                        key: _meetings(both[left][key].to_pylist(), both[right][key].to_pylist())
                        for key in KEYS
                    }
                )
            assert met[0] == met[1]


def _numbered(rows: pa.Table) -> pa.Table:
    return rows.append_column("row_id", pa.array(range(rows.num_rows)))


def _meetings(left: list[object], right: list[object]) -> set[tuple[int, int]]:
    """The places of keys that are equal; a null is equal to none."""
    return {(a, b) for a, x in enumerate(left) for b, y in enumerate(right) if x is not None and x == y}


def test_what_comes_late_is_told_when_it_is_shown():
    engine = PandasEngine()
    left = engine.frame(pa.table({"row_id": [3, 1, 2], "key": [30, None, 10]}))
    side = engine.frame(
        pa.table(
            {
                **{"key": [10, 30], "twin_source_file": ["a", None], "twin_source_row": [7, 8]},
                "blank": pa.nulls(2, pa.string()),
            }
        )
    )
    names = ["twin_source_file", "twin_source_row", "blank"]
    beside = engine.attach(left, side, "key", late=names)
    expected = {
        **{"twin_source_file": [None, None, "a"], "twin_source_row": [8, None, 7]},
        "blank": [None, None, None],
    }
    known = nw.col("twin_source_file").fill_null("none") != "none"
    assert engine.collected(engine.where(beside, known).select("row_id"))["row_id"].to_pylist() == [2]
    plain = engine.plain(beside).select("row_id", known=known)
    assert engine.collected(plain)["known"].to_pylist() == [False, False, True]
    assert engine.collected(beside.select(*names)).to_pydict() == expected
    assert engine.collected(engine.stacked([beside, beside]).select(*names)).num_rows == 6
    for texts, rows in ((["a"], [2]), (["b"], []), ([None], [3, 1]), (["a", None], [3, 1, 2])):
        found = engine.among(beside, "twin_source_file", pa.array(texts, pa.string()))
        assert engine.collected(found.select("row_id"))["row_id"].to_pylist() == rows
    marked = engine.marked(beside.with_columns(mark=nw.col("row_id") > 1), {"mark": names})["mark"]
    assert marked.to_pydict() == {
        **{"twin_source_file": ["a", None], "twin_source_row": [7, 8]},
        "blank": [None, None],
    }


def test_rows_that_stay_are_the_same_with_late_columns():
    engine = PandasEngine()
    rows = engine.frame(
        pa.table(
            {
                **{"row_id": range(6), "key": [7, 7, None, None, 8, 9], "day": [2, 1, 1, 1, 0, 5]},
                "told": ["a", "b", None, "d", None, "f"],
            }
        )
    )
    for last in (False, True):
        picked = [
            engine.collected(engine.pick(rows, ["key"], ["day", "row_id"], last=last, late=late)).to_pydict()
            for late in ((), ("told",))
        ]
        assert picked[0] == picked[1]
        assert picked[0]["told"] == (["a", "d", None, "f"] if last else ["b", None, None, "f"])


_KEYS = st.lists(
    st.tuples(st.sampled_from([None, 0, 5, -3, 2**40, 2**59]), st.sampled_from([None, "a", "b"]))
)


@given(_KEYS, st.booleans())
def test_rows_that_share_a_key_are_those_that_do(rows: list[tuple[int | None, str | None]], wide: bool):
    numbers = [number if wide or number is None else number % 7 for number, _ in rows]
    table = pa.table(
        {
            **{name: pa.array(numbers, pa.int64()) for name in ("n", "m")},
            "t": pa.array([text for _, text in rows], pa.string()),
        }
    )
    told = table.set_column(2, "t", _told_twice([text for _, text in rows]))
    for by, rows_of in product((["n"], ["n", "t"], ["t", "n"], ["n", "t", "m"]), (table, told)):
        keys = [tuple(row[name] for name in by) for row in table.to_pylist()]
        expected = [place for place, key in enumerate(keys) if keys.count(key) > 1]
        for look in (sharing, sharing_all):
            places, codes = look(rows_of, by)
            assert places.tolist() == expected
            pairs = {(keys[place], code) for place, code in zip(expected, codes.tolist(), strict=True)}
            assert len(pairs) == len({key for key, _ in pairs}) == len({code for _, code in pairs})


def _told_twice(texts: list[str | None]) -> pa.Array:
    """The texts as places among others, where "a" stands twice."""
    where = {"a": (0, 3), "b": (1, 1)}
    places = [None if text is None else where[text][row % 2] for row, text in enumerate(texts)]
    return carried(pa.chunked_array([["a", "b", None, "a"]]), pa.array(places, pa.int64()))


@given(st.data())
def test_what_stands_at_places_is_what_is_taken_there(data: st.DataObject):
    kinds = {pa.int64(): st.integers(-9, 9), pa.bool_(): st.booleans(), pa.string(): st.text(max_size=3)}
    kind = data.draw(st.sampled_from(list(kinds)))
    values = pa.array(data.draw(st.lists(st.none() | kinds[kind], min_size=1)), kind)
    place = st.none() | st.integers(0, len(values) - 1)
    width = data.draw(st.sampled_from([pa.int32(), pa.int64()]))
    places = pa.array(data.draw(st.lists(place)), width)
    for some in (places, places.slice(1)):
        found = at(values, some)
        found.validate(full=True)
        assert found.equals(values.take(some))


def test_what_a_choice_depends_on_is_seen():
    risks = pa.array([None, "高", "low"] * 8)
    table = pa.table({"risk": risks, "kind": pa.array(["a", "a", "b", None] * 6)})
    asked = [
        nw.when(nw.col("risk").str.contains("高").fill_null(False))
        .then(nw.col("kind") == kind)
        .otherwise(nw.col("kind").is_in([kind, "b"]))
        for kind in ("a", "b", "c")
    ]
    prepared, rewritten = shared(table, asked)
    direct = nw.from_native(table).select(**{f"a{n}": one for n, one in enumerate(asked)}).to_native()
    there = nw.from_native(prepared).select(**{f"a{n}": one for n, one in enumerate(rewritten)}).to_native()
    assert there.to_pydict() == direct.to_pydict()


def test_an_answer_is_what_the_plan_gives():
    both = list(product([True, False, None], repeat=2))
    days = [None, *(AS_OF - timedelta(days=4 - n) for n in range(8))]
    moments = [None if day is None else datetime.combine(day, time(8)) for day in days]
    table = pa.table(
        {
            **{"a": [a for a, _ in both], "b": [b for _, b in both], "n": [*range(8), None], "day": days},
            **{"moment": pa.array(moments, pa.timestamp("us")), "text": [None, *"abcdeab", ""]},
        }
    )
    a, b, n, day, text = (nw.col(name) for name in ("a", "b", "n", "day", "text"))
    asked = [
        *(a & b, a | ~b, ~(a & ~b).is_null(), (a | b).fill_null(True) & a, a & (n > 3), a & True),
        *(n == 3, n != 3.5, n <= n + 1, n >= 2, day < AS_OF, day == nw.col("moment").dt.date()),
        *(nw.col("moment") >= datetime.combine(AS_OF, time()), text == "a", text != nw.lit("b")),
        *(text.is_in(["a", "c"]), text.fill_null("a").is_in(("a",)), text < "c"),
        *(text.fill_null(nw.col("text")) == "b", nw.when(a).then(n).otherwise(4) == 4, nw.lit(False)),
    ]
    asked = {f"a{n}": one for n, one in enumerate(asked)}
    planned = nw.from_native(table).with_columns(**asked).select(*asked).to_native()
    assert pa.table(answers(table, asked)).to_pydict() == planned.to_pydict()


@pytest.mark.parametrize("names", [0, 1, 2, 70])
def test_a_list_of_names_is_the_same_on_every_engine(names: int):
    rows = list(product([True, False, None], repeat=2))
    table = pa.table({"row_id": range(9), "a": [a for a, _ in rows], "b": [b for _, b in rows]})
    holding = {f"n{place}": nw.col("ab"[place % 2]) for place in range(names)}
    lists = []
    for engine in (PandasEngine(), DuckDBEngine()):
        with engine:
            found = engine.collected(engine.listing(engine.frame(table), "list", holding))
            lists.append(found.sort_by("row_id")["list"].to_pylist())
    assert lists[0] == lists[1]
    if names == 2:
        assert lists[0][:5] == [",n0,n1,", ",n0,", ",n0,", ",n1,", None]


def test_work_that_asks_for_work_is_done():
    def twice(number: int) -> list[int]:
        return at_once(lambda one: one * number, range(8), rows=1_000_000)

    found = at_once(twice, range(16), rows=1_000_000)
    assert found == [[one * number for one in range(8)] for number in range(16)]
