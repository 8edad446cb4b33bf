"""Other ways to write the name of a column: 终端安放地址 for 安放地址, 最后一次交易时间 for 最近交易时间.

They count where no header of the file names the column as the table does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from audit.intake.labels import in_full, is_fallback_of_channel, names_both, unexplained
from audit.tables import CHANNEL, TABLES, Column, Kind, Table, header_forms

_LONGEST = 60  # characters of a header
_MOST_BEFORE = 2  # words before a name: 终端所属商户名称
_LATELY = re.compile(r"(?:最近|最后|最新|末次|上次)(?:一次|一笔)?")
# what names of a kind of column begin and end with, and the endings that say the same: in Chinese, in English
_Endings = tuple[re.Pattern[str], tuple[str, ...]]
_NUMBERS: tuple[_Endings, _Endings] = (
    (re.compile(r"(.+?)(?:号码|编号|编码|代码|代号|号|码|id|no)"), ("", "号", "编号", "编码", "代码")),
    (re.compile(r"(.+?)(?:number|num|no|id|code|identifier)"), ("", "no", "number", "id", "code")),
)
_MOMENTS: tuple[_Endings, _Endings] = (
    (re.compile(r"(.+?)(?:日期时间|年月日|日期|时间|日)"), ("日期", "时间")),
    (
        re.compile(r"(?=date|.+(?:date|time|on|at)$)(?:date(?:of)?)?(.+?)(?:date|time|on|at)?"),
        ("date", "time", "on", "at"),
    ),
)
_ENDINGS: dict[Kind, tuple[_Endings, _Endings]] = {
    Kind.DATE: _MOMENTS,
    Kind.MOMENT: _MOMENTS,
    Kind.IDENTIFIER: _NUMBERS,
    Kind.REFERENCE: _NUMBERS,
    Kind.TEXT: (
        (re.compile(r"(.+?)(?:名称|全称|名)"), ("", "名称")),
        (re.compile(r"(.+?)name"), ("", "name")),
    ),
    Kind.CODE: (
        (re.compile(r"(.+?)(?:状态|状况|情况|名称|代码|编码|标识|描述|说明)"), ("", "状态", "情况")),
        (
            re.compile(r"(?:is)?(.+?)(?:status|state|result|code|name)?(?:desc|description)?"),
            ("", "status", "result"),
        ),
    ),
}
# what the name of a thing or of a place may be told by; the state that a word speaks of would be another
_RELATED = frozenset({Kind.IDENTIFIER, Kind.REFERENCE, Kind.TEXT})
_TIMES = frozenset({Kind.DATE, Kind.MOMENT})


def is_fallback(label: str, column: Column, table: Table) -> bool:
    """Whether the header means another column as well, and this one where nothing else claims it."""
    label = unexplained(label) or label
    forms = header_forms(label)
    if column.name in table.wide and any(
        CHANNEL.by_label.get(form) == table.wide[column.name][0] for form in forms
    ):
        return True
    if column.is_named and names_both(label, table, "merchant_no", "merchant_name"):
        return True  # the number is found beside the name
    if is_fallback_of_channel(label, column.name, table):
        return True
    return not column.fallbacks.isdisjoint(forms)


def is_spelt_otherwise(label: str, column: Column, table: Table) -> bool:
    """Whether the header is a name of the column in other words for the same."""
    label = unexplained(label) or label
    if len(label) > _LONGEST:
        return False
    forms = [*header_forms(label), *(header_forms(label.replace("#", " no")) if "#" in label else ())]
    if whole := in_full(label):
        forms.append(whole)
    return any(
        spelling in column.synonyms or spelling in column.fallbacks
        for form in forms
        for spelling in _of(form, column, table)
    )


def _of(form: str, column: Column, table: Table) -> Iterator[str]:
    english = form.isascii()
    ending = _ENDINGS[column.kind][english] if column.kind in _ENDINGS else None
    for bare in _without_words_before(form, column, table):
        names = [bare]
        if column.kind in _TIMES and not english:
            names += {_LATELY.sub(word, bare, count=1) for word in ("最近", "最后")} - {bare}
        for name in names:
            yield name
            if ending and (found := ending[0].fullmatch(name)):
                yield from (found[1] + other for other in ending[1])


def _without_words_before(form: str, column: Column, table: Table) -> Iterator[str]:
    yield form
    pattern = _words_before(table.name, column.kind in _RELATED)
    for _ in range(_MOST_BEFORE):
        if not (found := pattern.match(form)):
            return
        form = form[found.end() :]
        yield form


@cache
def _words_before(name: str, related: bool) -> re.Pattern[str]:
    table = TABLES[name]
    words = sorted(table.subjects + (table.relations if related else ()), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(words)})(?=.)" if words else r"(?!)")
