"""The conditions of many rules, in memory: what several share is worked out once.

What looks at one column of few values, a status or a type, is worked out once for each value.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from narwhals import Expr as AnyExpr  # `when` wraps what it is given in one that is not of the stable kind

from audit.engines.carried import told
from audit.engines.parallel import at_once
from audit.intake.repeats import is_encoded, whole

_CONNECTIVES = frozenset({"__and__", "__or__", "__invert__", "fill_null"})
# what looks at each row by itself; a condition with anything else in it is left as it is
_ROW_BY_ROW = _CONNECTIVES | {
    *("col", "lit", "is_null", "is_in", "coalesce", "when_then", "all_horizontal", "any_horizontal", "cast"),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__add__", "__sub__", "__mul__"),
    *("str.contains", "str.starts_with", "str.strip_chars", "str.to_lowercase", "dt.date", "dt.offset_by"),
}
_COMPARES = frozenset({"is_in", "__eq__", "__ne__"})
_LOOKED_AT = 20_000  # rows that tell whether a column has few values
_FEW = 1_000


def shared(table: pa.Table, conditions: Sequence[nw.Expr]) -> tuple[pa.Table, list[nw.Expr]]:
    """The table with a column for each part of the conditions, and the conditions in terms of these."""
    parts: dict[Hashable, tuple[str, nw.Expr]] = {}
    rewritten = [_in_parts(condition, parts) for condition in conditions]
    by_column: dict[str, dict[str, nw.Expr]] = {}
    others: dict[str, nw.Expr] = {}
    for name, part in parts.values():
        columns = set(_columns(part))
        own = by_column.setdefault(columns.pop(), {}) if len(columns) == 1 else others
        own[name] = part
    by_value: list[tuple[str, dict[str, nw.Expr]]] = []
    together = columns_of([*others.values(), *rewritten])
    for column, own in by_column.items():
        carried = is_encoded(table[column]) and column not in together
        if carried or (_pays(own.values()) and _has_few_values(table[column])):
            by_value.append((column, own))
        else:
            others |= own
    table = told(table, columns_of(rewritten))

    def answered(parts: Mapping[str, nw.Expr]) -> dict[str, pa.Array]:
        return answers(told(table, columns_of(parts.values())), parts)

    found = [
        *at_once(lambda one: _by_value(one[0], table[one[0]], one[1]), by_value, len(table)),
        *at_once(answered, _by_what_is_carried(table, others), len(table)),
    ]
    for name, answer in (pair for one in found for pair in one.items()):
        table = table.append_column(name, answer)
    return table, rewritten


def _by_what_is_carried(table: pa.Table, parts: Mapping[str, nw.Expr]) -> list[dict[str, nw.Expr]]:
    """The parts that look at the same carried columns together: these are told once, and let go of."""
    groups: dict[frozenset[str], dict[str, nw.Expr]] = {}
    for name, part in parts.items():
        looked_at = frozenset(one for one in _columns(part) if is_encoded(table[one]))
        groups.setdefault(looked_at or frozenset([name]), {})[name] = part
    return list(groups.values())


def columns_of(conditions: Iterable[AnyExpr]) -> list[str]:
    """The columns that conditions look at."""
    return list(dict.fromkeys(name for condition in conditions for name in _columns(condition)))


def answers(table: pa.Table, asked: Mapping[str, nw.Expr]) -> dict[str, pa.Array]:
    """The answers to conditions, each as long as the table."""
    return {name: whole(_answer(table, condition)) for name, condition in asked.items()}


def _answer(table: pa.Table, condition: nw.Expr) -> pa.Array | pa.ChunkedArray:
    """What narwhals makes of the condition: for most by the same kernels, without its plan."""
    *before, last = condition._nodes
    if not before:
        if last.name == "col" and len(last.kwargs["names"]) == 1:
            return table[last.kwargs["names"][0]]
    elif last.name == "is_in" and isinstance(last.kwargs["other"], list | tuple):
        values = _answer(table, nw.Expr(*before))
        found = pc.is_in(values, value_set=pa.array(last.kwargs["other"]))
        return pc.if_else(pc.is_null(values), None, found) if values.null_count else found
    elif last.name in _ONE_SIDED and not last.exprs:
        return _ONE_SIDED[last.name](_answer(table, nw.Expr(*before)))
    elif last.name in _TWO_SIDED and _is_plain(last):
        other = last.exprs[0]
        left = _answer(table, nw.Expr(*before))
        if isinstance(other, AnyExpr):
            return _TWO_SIDED[last.name](whole(left), whole(_answer(table, nw.Expr(*other._nodes))))
        return _TWO_SIDED[last.name](left, pa.scalar(other))
    frame = nw.DataFrame.from_arrow(table, backend="pyarrow")
    return frame.with_columns(answer=condition).to_native()["answer"]


_ONE_SIDED = {"__invert__": pc.invert, "is_null": pc.is_null}
_TWO_SIDED = {
    **{"__and__": pc.and_kleene, "__or__": pc.or_kleene, "fill_null": pc.fill_null},
    **{"__eq__": pc.equal, "__ne__": pc.not_equal, "__lt__": pc.less, "__le__": pc.less_equal},
    **{"__gt__": pc.greater, "__ge__": pc.greater_equal},
}


def _is_plain(node: Any) -> bool:
    """Whether the other side is a condition or a value, and nothing else is asked for."""
    if len(node.exprs) != 1 or any(value is not None for value in node.kwargs.values()):
        return False
    other = node.exprs[0]
    if isinstance(other, AnyExpr):
        return node.name != "fill_null" and bool(other._nodes)
    return isinstance(other, bool | int | float | date) or (isinstance(other, str) and node.str_as_lit)


def _in_parts(condition: nw.Expr, parts: dict[Hashable, tuple[str, nw.Expr]]) -> nw.Expr:
    """The condition with columns in the place of its parts: what stands between "and", "or" and "not"."""
    if not all(node.name in _ROW_BY_ROW for node in _all_nodes(condition)):
        return condition
    *before, last = condition._nodes
    if not before and last.name in ("col", "lit"):
        return condition
    asked = [nw.Expr(*one._nodes) if isinstance(one, AnyExpr) else one for one in last.exprs]
    inner = [one for one in (nw.Expr(*before), *asked) if isinstance(one, nw.Expr) and one._nodes]
    plain = all(len(one._nodes) == 1 and one._nodes[0].name in ("col", "lit") for one in inner)
    if len(set(_columns(condition))) > 1 and (last.name in _CONNECTIVES or not plain):
        left = _in_parts(nw.Expr(*before), parts)._nodes if before else ()
        node = copy(last)
        node.exprs = tuple(_in_parts(one, parts) if isinstance(one, nw.Expr) else one for one in asked)
        return nw.Expr(*left, node)
    key = _key(condition)
    if key not in parts:
        parts[key] = (f"part {len(parts)}", condition)
    return nw.col(parts[key][0])


def _all_nodes(condition: AnyExpr) -> Iterator[Any]:
    for node in condition._nodes:
        yield node
        for one in node.exprs:
            if isinstance(one, AnyExpr):
                yield from _all_nodes(one)


def _columns(condition: AnyExpr) -> Iterator[str]:
    for node in _all_nodes(condition):
        if node.name == "col":
            yield from node.kwargs["names"]
        elif not node.str_as_lit:
            yield from (one for one in node.exprs if isinstance(one, str))


def _key(condition: AnyExpr) -> Hashable:
    """Equal for conditions that ask the same; 1, 1.0, true and "1" are not the same."""
    return tuple(
        (node.name, *map(_key_of, node.exprs), *((k, _key_of(v)) for k, v in node.kwargs.items()))
        for node in condition._nodes
    )


def _key_of(value: Any) -> Hashable:
    if isinstance(value, AnyExpr):
        return _key(value)
    if isinstance(value, list | tuple):
        return tuple(map(_key_of, value))
    return type(value), repr(value)


def _pays(parts: Iterable[nw.Expr]) -> bool:
    """Whether texts are looked at often enough: to tell a column's values apart costs four comparisons."""
    nodes = (node.name for part in parts for node in _all_nodes(part))
    return sum(4 if name.startswith("str.") else name in _COMPARES for name in nodes) >= 4


def _has_few_values(column: pa.ChunkedArray) -> bool:
    if column.type != pa.string() or not len(column):
        return False
    return len(pc.unique(column.slice(0, _LOOKED_AT))) <= min(_FEW, len(column) // 4)


def _by_value(name: str, column: pa.ChunkedArray, asked: Mapping[str, nw.Expr]) -> dict[str, pa.Array]:
    encoded = whole(column).dictionary_encode()  # a column that is carried stays as it is
    values, places = encoded.dictionary, encoded.indices
    if places.null_count:
        places = places.fill_null(len(values))
        values = pa.concat_arrays([values, pa.nulls(1, values.type)])
    numbers = places.to_numpy().astype(np.int64)
    frame = nw.DataFrame.from_arrow(pa.table({name: values}), backend="pyarrow")
    answers = frame.select(**asked).to_native()
    return {part: _spread(whole(answers[part]), numbers) for part in asked}


def _spread(answers: pa.Array, places: np.ndarray) -> pa.Array:
    """The answers to values at the places of these: what `take` gives, of truths in less time."""
    if answers.type != pa.bool_():
        return answers.take(pa.array(places))
    if not answers.null_count and answers.true_count in (0, len(answers)):
        return pa.repeat(pa.scalar(answers.true_count > 0), len(places))
    truths = pa.array(_truths(answers.fill_null(False))[places])
    if not answers.null_count:
        return truths
    known = pa.array(_truths(answers.is_valid())[places])
    return pa.Array.from_buffers(pa.bool_(), len(places), [known.buffers()[1], truths.buffers()[1]])


def _truths(answers: pa.Array) -> np.ndarray:
    truths: np.ndarray = answers.to_numpy(zero_copy_only=False)
    return truths
