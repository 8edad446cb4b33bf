"""Sheets read in columns: cell for cell and mark for mark what the other ways of reading make of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from unittest.mock import patch
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st
from vendorfiles import archive, book, parts_of, raw_book, text

from audit.errors import InputError
from audit.intake.formats import xlsx_blocks, xlsx_columns, xlsx_shapes
from audit.intake.formats.xlsx import read_xlsx
from audit.intake.grid import Grid
from audit.intake.repeats import is_encoded

CODES = ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "yyyy/m/d;@", "0.00", "#,##0_);(#,##0)", "[h]:mm", "0000000"]
ODD_CODES = ["[$-404]e", '0"天"', "[Red]0", "m/d/yy h:mm", "[$-804]mmmm d", "0.00E+00", "yyyy年m月d日", "00"]
PREFIXED = ['"SN"0000', "\\A0", '"SN-"00']
BUILT_IN = [0, 1, 14, 22, 20, 45, 49, 10, 31, 57]
_STRINGS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1">{}</sst>'
_STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<numFmts>{}</numFmts><cellXfs>{}</cellXfs></styleSheet>"
)


def workbook(*rows: str, strings: Sequence[str] = (), codes: Sequence[str] = CODES) -> bytes:
    """A workbook of these rows, its string table given as XML; styles are BUILT_IN and then `codes`."""
    parts = parts_of(raw_book(*rows, shared=["?"]))
    formats = "".join(
        f'<numFmt numFmtId="{164 + n}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for n, code in enumerate(codes)
    )
    numbers = [*BUILT_IN, *range(164, 164 + len(codes))]
    cells = "".join(f'<xf numFmtId="{number}"/>' for number in numbers)
    parts["xl/sharedStrings.xml"] = _STRINGS.format("".join(strings)).encode()
    parts["xl/styles.xml"] = _STYLES.format(formats, cells).encode()
    return archive(parts)


def read(data: bytes) -> list[Grid] | str:
    """The sheets, or what is wrong."""
    try:
        return list(read_xlsx(data))
    except InputError as failure:
        return f"{failure.key} {failure.facts}"


def read_otherwise(data: bytes) -> list[Grid] | str:
    """The same without columns."""
    with patch.object(xlsx_columns.ColumnReader, "grid", lambda *_: None):
        return read(data)


def shown(grids: list[Grid] | str) -> object:
    """Everything about the sheets that can be compared."""
    if isinstance(grids, str):
        return grids
    return [
        (
            grid.sheet,
            grid.first_column,
            grid.merges,
            grid.days,
            [column.to_pylist() for column in grid.columns],
            [marks if marks is None else marks.to_pylist() for marks in grid.marks],
        )
        for grid in grids
    ]


def taken(data: bytes) -> int:
    """How many sheets are read in columns."""
    own, found = xlsx_columns.ColumnReader.grid, []

    def watched(*asked: Any) -> Grid | None:
        found.append(own(*asked))
        return found[-1]

    with patch.object(xlsx_columns.ColumnReader, "grid", watched):
        read(data)
    return sum(grid is not None for grid in found)


def check(data: bytes) -> None:
    """Both ways make the same of the workbook."""
    assert shown(read(data)) == shown(read_otherwise(data))


letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
PLAIN_TEXTS = ["SN000001", "在用", "a b", "0", "-", "#N/A", "1899-12-31 10:00:00", "　", "_", "_x", ">"]
ESCAPED_TEXTS = [
    " a ",
    "a&amp;b",
    "&#65;&#x4E2D;",
    "_x000D_\n",
    "_x005F_x0041_",
    "a\r\nb",
    "_xD83D_",
    "\t",
    "_x4e2d_",
]
texts = st.one_of(
    st.sampled_from(PLAIN_TEXTS), st.sampled_from(ESCAPED_TEXTS), st.text(letters, max_size=6).map(escape)
)
KEPT = ["", ' xml:space="preserve"']
elements = st.builds("<t{}>{}</t>".format, st.sampled_from(KEPT), texts)
FONTS = ["", "<rPr/>", '<rPr><b/><sz val="11"/></rPr>']
rich = st.builds(
    "{}{}".format,
    st.lists(st.builds("<r>{}{}</r>".format, st.sampled_from(FONTS), elements), max_size=3).map("".join),
    st.sampled_from(["", '<rPh sb="0" eb="1"><t>x</t></rPh>', '<phoneticPr fontId="1"/>']),
)
items = st.one_of(elements, elements, elements, rich, st.just("<t/>"), st.just("")).map("<si>{}</si>".format)
numbers = st.one_of(
    st.sampled_from(
        ["0", "-0", "1.0", "0.10000000000000001", "1E+20", "1.5E-10", "00012", "45322.123456", "60"]
    ),
    st.sampled_from(
        ["59", "0.5", "0.9999999", "2958465.9", "2958466", "119.29650000000001", "1e400", "abc", "1_0"]
    ),
    st.integers(0, 10**9).map(str),
    st.integers(-(10**18), 10**18).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(0, 60_000).map(repr),
    st.floats(-200, 200).map(lambda value: f"{value:.6f}"),
)
STYLES = len(BUILT_IN) + len(CODES)


@st.composite
def cells(draw: st.DrawFn, strings: int) -> str:
    """A cell as writers write it, with {} for its address."""
    style = draw(st.one_of(st.just(""), st.integers(0, STYLES + 1).map(' s="{}"'.format)))
    kind = draw(st.sampled_from("sssiinnnntbefFu-"))
    value = draw(numbers)
    match kind:
        case "s" if strings:
            turned = draw(st.integers(0, 9)) == 0
            attributes = f' t="s"{style}' if turned else f'{style} t="s"'
            return f'<c r="{{}}"{attributes}><v>{draw(st.integers(0, strings - 1))}</v></c>'
        case "i":
            return f'<c r="{{}}"{style} t="inlineStr"><is>{draw(elements)}</is></c>'
        case "n" | "s":
            stated = draw(st.sampled_from(["", ' t="n"']))
            return f'<c r="{{}}"{style}{stated}><v>{value}</v></c>'
        case "t":
            return f'<c r="{{}}"{style} t="str"><v>{draw(texts)}</v></c>'
        case "b":
            return f'<c r="{{}}"{style} t="b"><v>{draw(st.sampled_from("01"))}</v></c>'
        case "e":
            return (
                f'<c r="{{}}"{style} t="e"><v>{draw(st.sampled_from(["#N/A", "#DIV/0!", "#NAME?"]))}</v></c>'
            )
        case "f":
            return f'<c r="{{}}"{style}><f>A1&amp;B1</f><v>{value}</v></c>'
        case "F":
            return f'<c r="{{}}"{style} t="str"><f t="shared" si="0"/><v>{draw(texts)}</v></c>'
        case "u":
            return draw(
                st.sampled_from(['<c r="{}"><f>A1</f></c>', '<c r="{}" t="str"><f>A1</f><v></v></c>'])
            )
    return f'<c r="{{}}"{style}/>'


def name(column: int) -> str:
    return Grid("", (), ()).letter(column)


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    """A sheet of any cells, with or without gaps, from any corner."""
    strings = draw(st.lists(items, max_size=6))
    left, row = draw(st.sampled_from([0, 0, 0, 3, 24])), draw(st.sampled_from([1, 1, 5]))
    usual = draw(st.lists(cells(len(strings)), min_size=1, max_size=4))
    end = draw(st.sampled_from(["", "\n"]))
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        made = [draw(st.one_of(st.just(one), cells(len(strings)), st.just(""))) for one in usual]
        inner = "".join(
            cell.replace("{}", f"{name(left + place)}{row}", 1) for place, cell in enumerate(made)
        )
        rows.append(
            f'<row r="{row}" spans="1:9">{end}{inner}</row>{end}' if inner else f'<row r="{row}" ht="3"/>'
        )
        row += draw(st.sampled_from([1, 1, 1, 2, 7]))
    return workbook(*rows, strings=strings)


# a cell out of order, and half of a pair of characters
ESCAPED_HALF = '<row r="1"><c r="B1"><v>1</v></c><c r="A1" t="str"><v>_xD83D_</v></c></row>'
ESCAPED_BY_A_FORMULA = '<row r="1"><c r="A1" t="str"><f>B1</f><v>_x005F_x0041_&amp;_x000D_</v></c></row>'


@given(sheets())
@example(workbook(ESCAPED_BY_A_FORMULA))
@example(workbook(ESCAPED_HALF))
def test_any_cells_are_the_same_in_columns(data: bytes):
    check(data)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**15), 10**15),
    st.floats(-(10**9), 10**9, allow_nan=False).map(lambda value: round(value, 6)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(date(1901, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.times(),
    st.sampled_from(["#N/A", " 好 ", "a\nb", "a\r\nb", "<&>", "=A1", "00012"]),
    st.text(letters, max_size=6),
)
tables = st.lists(st.lists(values, min_size=4, max_size=4), min_size=1, max_size=6)


def by_xlsxwriter(rows: Sequence[Sequence[Any]], **options: bool) -> bytes:
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(
        stream, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm", **options}
    )
    sheet = made.add_worksheet()
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    made.close()
    return stream.getvalue()


@given(tables)
@example([["a", 1, 2.5, date(2026, 1, 2)], [None, True, time(10, 30), datetime(2026, 1, 2, 3, 4, 5)]])  # noqa: DTZ001
def test_what_libraries_write_is_the_same_in_columns(rows: list[list[Any]]):
    check(book(rows))
    check(by_xlsxwriter(rows))
    check(by_xlsxwriter(rows, constant_memory=True))


@given(
    st.lists(
        st.sampled_from([*CODES, *ODD_CODES, *PREFIXED]) | st.text("ymdhs-/.: 0#,年月日\\", max_size=8),
        min_size=1,
    )
)
def test_a_number_format_means_the_same_in_columns(codes: list[str]):
    first = len(BUILT_IN)
    for place in range(first + len(codes)):
        check(workbook(f'<row r="1"><c r="A1" s="{place}"><v>45322.5</v></c></row>', codes=codes))


def regular() -> list[bytes]:
    """What everyday writers make."""
    rows = [
        ["序列号", "金额", "日期", "备机"],
        ["SN 1 & 2", 2.5, date(2026, 1, 2), True],
        [None, 7, None, "好"],
    ]
    poi = (
        '<row r="{0}">\n<c r="A{0}" s="1" t="inlineStr"><is><t>x</t></is></c>'
        '<c r="B{0}" t="n"><v>1.0E10</v></c></row>\n'
    )
    return [
        book(rows),
        by_xlsxwriter(rows),
        by_xlsxwriter(rows, constant_memory=True),
        raw_book(*(poi.format(number) for number in range(1, 4))),
    ]


@pytest.mark.parametrize("data", regular(), ids=["openpyxl", "xlsxwriter", "xlsxwriter inline", "poi"])
def test_sheets_of_everyday_writers_are_read_in_columns(data: bytes):
    assert taken(data) == 1
    check(data)


CELL = text("A1", "SN1")


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="1">{CELL}<!-- x --></row>',
        f'<row r="1">{CELL}{CELL}</row>',
        f'<row r="1">{text("B1", "x")}{CELL}</row>',
        f'<row r="2">{text("A2", "x")}</row><row r="1">{CELL}</row>',
        f'<row r="1">{CELL}</row><row r="1">{text("B1", "x")}</row>',
        f'<row r="2">{CELL}</row>',
        f'<row spans="1:1" r="1">{CELL}</row>',
        f'<row r="1">{CELL.replace("<t>", "<t><![CDATA[a]]>")}</row>',
        '<row r="1"><c t="n" r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="d"><v>2026-01-02</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="AAA1"><v>1</v></c></row>',
        '<row r="1"><c r="a1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" cm="1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v><extLst/></c></row>',
        '<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>',
        f'<row r="1">{CELL}</row><row r="900000">{text("A900000", "x")}</row>',
        '<row r="1"><c r="A1" s="1"/></row>',
    ],
)
def test_a_sheet_of_unusual_make_is_left_to_others(rows: str):
    data = workbook(rows, strings=["<si><t>x</t></si>"])
    assert taken(data) == 0
    check(data)


@pytest.mark.parametrize(
    "strings",
    [
        "<si><t>x</t></si> <si><t>y</t></si>",
        "<si><r><t>_x00</t></r><r><t>0D_</t></r></si>",
        "<si><t>&nbsp;</t></si>",
    ],
)
def test_strings_of_unusual_make_are_left_to_others(strings: str):
    data = workbook('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=[strings])
    assert taken(data) == 0
    check(data)


def test_text_too_long_for_one_array_is_left_to_others():
    rows = [f'<row r="{row}"><c r="A{row}" t="s"><v>{row % 2}</v></c></row>' for row in range(1, 100)]
    data = workbook(*rows, strings=["<si><t>short</t></si>", f"<si><t>{'long' * 25}</t></si>"])
    with patch.object(xlsx_blocks, "_MAX_TEXT", 5_245):  # 50 x 100 and 49 x 5 bytes
        assert taken(data) == 1
    with patch.object(xlsx_blocks, "_MAX_TEXT", 5_244):
        assert taken(data) == 0
        check(data)


def test_stretches_of_rows_make_one_sheet():
    rows = [
        f'<row r="{row}"><c r="B{row}"><v>{row}</v></c><c r="C{row}" t="s"><v>{row % 3}</v></c></row>'
        for row in range(3, 900)
    ]
    data = workbook(*rows, '<row r="5000"/>', strings=[f"<si><t>{n}&amp;</t></si>" for n in range(3)])
    with patch.object(xlsx_columns, "_PIECE", 777):
        assert taken(data) == 1
        check(data)
    [grid] = read_xlsx(data)
    assert grid.columns[0].equals(pa.array([None, None, *map(str, range(3, 900))]))


def by_cells() -> Any:
    """Within it rows are looked at cell by cell, whatever their shape."""
    return patch.object(xlsx_shapes.Shapes, "of", lambda *_: None)


@st.composite
def alike(draw: st.DrawFn) -> list[str]:
    """Rows of a few shapes, of which one may have a character more, less or another one somewhere."""
    shapes = draw(st.lists(st.lists(cells(3) | st.just(""), min_size=1, max_size=3), min_size=1, max_size=3))
    tall = draw(
        st.lists(st.sampled_from(["", ' ht="17"', ' spans="1:3" x14ac:dyDescent="0.25"']), min_size=1)
    )
    rows = []
    for row in range(start := draw(st.sampled_from([1, 8, 98])), start + draw(st.integers(4, 9))):
        made = draw(st.sampled_from(shapes))
        inner = "".join(cell.replace("{}", f"{name(place)}{row}", 1) for place, cell in enumerate(made))
        rows.append(f'<row r="{row}"{draw(st.sampled_from(tall))}>{inner}</row>')
    if draw(st.booleans()):
        one = draw(st.integers(0, len(rows) - 1))
        at = draw(st.integers(0, len(rows[one])))
        new = draw(st.sampled_from(["", "0", "1", "9", "A", "B", ">", "/", '"', " ", "v", "s"]))
        rows[one] = rows[one][:at] + new + rows[one][at + draw(st.integers(0, 1)) :]
    return rows


STRINGS = [f"<si><t>{text}</t></si>" for text in "甲乙丙"]


@given(alike())
@example([f'<row r="{n}"><c r="A{n}" s="{n % 2}"><v>45322</v></c></row>' for n in range(1, 9)])
@example([f'<row r="{n}"><c r="A{n + n // 4}"><v>1</v></c></row>' for n in range(1, 9)])
@example([f'<row r="{n}"><c r="A{n}" t="s"><v>1</v></c>{"</row>" * (n % 4 < 3)}' for n in range(1, 9)])
def test_rows_of_one_shape_are_what_their_cells_are(rows: list[str]):
    data = workbook(*rows, strings=STRINGS)
    found, is_taken = read(data), taken(data)
    with by_cells():
        assert shown(found) == shown(read(data))
        assert is_taken >= taken(data)


def test_rows_of_more_shapes_than_pay_are_looked_at_cell_by_cell():
    rows = [f'<row r="{n}" ht="{n}"><c r="A{n}" t="s"><v>{n % 3}</v></c></row>' for n in range(1, 90)]
    data = workbook(*rows, strings=STRINGS)
    with patch.object(xlsx_columns._Sheet, "_add_cells", side_effect=AssertionError):
        assert taken(workbook(*rows[:30], strings=STRINGS)) == 1
        with pytest.raises(AssertionError):
            read(data)
    assert taken(data) == 1
    check(data)


@given(pool=st.lists(st.sampled_from(["甲", "乙", "", "SN1", "SN2"]), min_size=1), data=st.data())
def test_texts_are_taken_from_the_pool_once_where_they_repeat(pool: list[str], data: st.DataObject):
    places = data.draw(st.lists(st.integers(-1, len(pool) - 1)))
    found = xlsx_blocks.from_pool(pa.array(pool), np.array(places, np.int32))
    assert found.to_pylist() == [None if place < 0 else pool[place] for place in places]
    if is_encoded(found):  # though two of the shared strings may be equal
        assert len(set(found.dictionary.to_pylist())) == len(found.dictionary)
