"""Rows right below a header that explain its columns: numbers of columns, examples, how to fill them in."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping

import pyarrow as pa

from audit.intake.grid import Grid
from audit.intake.labels import lookup
from audit.intake.patterns import matches
from audit.tables import Table

EXPLAINED_WITHIN = 5  # rows below the header: further down, the word is part of a name
# in the first filled cell, whatever its column: the row is one to be overwritten
EXAMPLE_ROW = r"^[\s(（\[【]*(示例|样例|示范)([:：（）()\[\]【】]|数据|行|$)|请删除"
# every cell says what may be filled in, none says anything
_ONE_HINT = (
    r"(?:(?:非必|必|选)填项?|必输|可选|[不非]?可?(?:为空|重复)|不能重复|文本|数字|数值|日期|日期时间|时间|字符|字符串|枚举|字典|(?:文本|日期|数字|数值|字符|整数?|布尔)(?:格式|型|类型|串)?\s*(?:[（(]\s*\d+\s*[)）])?|单位\s*[:：].{1,8}"
    r"|(?:最长|最多|不超过|长度|定长)?\s*\d{1,3}\s*(?:位|个?字符|个?字|字节)(?:以内|数字|文本)?|y{4}\s*[-/.年]?\s*m{1,2}\s*[-/.月]?\s*d{1,2}日?(?:\s*hh?:mm(?::ss)?)?"
    r"|唯一|例?如\s*[:：]?.{1,30}|(?:格式|下拉|请|填写).{0,30}|与.{1,10}(?:一致|相同)|\p{Han}{1,6}(?:[/、|]\p{Han}{1,6})+"
    r"|(?:n?var)?char2?\s*\(\d+\)|n?varchar2?|(?:number|numeric|decimal)\s*(?:\(\d+(?:,\s*\d+)?\))?|timestamp(?:\s*\(\d\))?|(?:big|small|tiny)?int\s*(?:\(\d+\))?"
    r"|(?:(?:Nullable|LowCardinality)\()*(?:Fixed)?(?:String|U?Int\d{1,3}|Float\d\d|Decimal|Date(?:Time)?(?:32|64)?|Bool|Enum\d+|UUID)(?:\(.{0,40}\))?\)*"
    r"|string|text|date|datetime|int|integer|number|boolean|double|float|required|optional)"
)
HINT = rf"(?i)^[\s（(\[【]*{_ONE_HINT}(?:[\s,，;；。+（(]+{_ONE_HINT})*[\s）)\]】。]*$"
_AROUND_NUMBER = re.compile(r"^[\s(\[【第]+|[\s)\]】列栏]+$")
_STEMS = "甲乙丙丁戊己"  # columns of words, before those of figures


def below_explained(grid: Grid, header: int, labels: Mapping[int, str], table: Table) -> int:
    """The last of the rows that explain a header right below it, or the header.

    `labels` are those of the header, by column.
    """
    row = header
    while row - header < EXPLAINED_WITHIN and row + 1 < grid.height:
        cells = grid.row(row + 1)
        if not (_explains(cells) or _says_again(cells, labels, table)):
            break
        row += 1
    return row


def _says_again(cells: list[str | None], labels: Mapping[int, str], table: Table) -> bool:
    """Whether two cells or more mean what the labels above them do: serial_no below 终端序列号."""
    means = (
        lookup(cell, table, {})[0] if cell and index in labels else "" for index, cell in enumerate(cells)
    )
    again = (name and lookup(labels[index], table, {})[0] == name for index, name in enumerate(means))
    return sum(map(bool, again)) > 1


def _explains(cells: list[str | None]) -> bool:
    filled = pa.array([cell for cell in cells if cell and cell.strip()], pa.string())
    if not len(filled):
        return False
    hints = matches(filled, HINT)
    return bool(hints.all() or numbers_columns(cells) or matches(filled[:1], EXAMPLE_ROW).all())


def numbers_columns(cells: list[str | None]) -> bool:
    """Whether a row counts its columns, as forms do: 1, 2, 3; or (1), (2), (3); 甲, 乙, 1, 2; A, B, C."""
    shown = (_AROUND_NUMBER.sub("", unicodedata.normalize("NFKC", cell)) for cell in cells if cell)
    filled = [cell for cell in shown if cell]
    while filled and filled[0] in (*_STEMS, "栏次", "行次"):
        filled = filled[1:]
    numbers, letters = (
        [str(number) for number in range(1, len(filled) + 1)],
        [*string.ascii_uppercase[: len(filled)]],
    )
    return len(filled) > 2 and filled in (numbers, letters)
