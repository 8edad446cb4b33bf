"""A sheet as the readers hand it over: text cells by column, and marks on the cells that are not text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import pyarrow as pa


class Mark(IntEnum):
    """What a cell is, where that matters."""

    TEXT = 0
    NUMBER = 1
    ERROR = 2  # the text is the error, "#N/A"
    UNCACHED = 3  # a formula without a result; the text is blank
    SHIFTED = 5  # of delimited text: nobody knows whether the cell is of this column
    FORMULA = 4  # a formula with a result, which is the text; told apart only where a reader is asked to


@dataclass(frozen=True)
class Merge:
    """A merged area, 0-based and inclusive; columns count from A. Its first cell holds the value."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Grid:
    """Columns of one sheet, all of the same length; null is a blank cell.

    `marks[i]` is an int8 array of `Mark`, or None where every cell of column i is text.
    Column i is spreadsheet column `first_column + i` (0 is A); its first cell is in row 1.
    `days` is what a bare number in it lacks to be a date: 1462 where the workbook counts from 1904.
    """

    sheet: str
    columns: tuple[pa.Array, ...]
    marks: tuple[pa.Array | None, ...]
    first_column: int = 0
    skipped: str = ""  # why a sheet has no cells here: "hidden"
    merges: tuple[Merge, ...] = ()
    days: int = 0
    is_text: bool = False  # delimited text: nothing but its header says how wide a row should be
    delimiter: str = ""  # of such text
    short: tuple[tuple[int, int], ...] = ()  # of delimited text, 0-based rows and cells of those with fewer
    lacks_line_end: bool = False  # of delimited text: nothing ends its last row

    @property
    def height(self) -> int:
        """Rows."""
        return len(self.columns[0]) if self.columns else 0

    def letter(self, index: int) -> str:
        """The spreadsheet's name of column `index`.

        >>> Grid("", (), ()).letter(27)
        'AB'
        """
        number, name = self.first_column + index + 1, ""
        while number:
            number, digit = divmod(number - 1, 26)
            name = chr(ord("A") + digit) + name
        return name

    def row(self, index: int) -> list[str | None]:
        """The texts of one row, 0-based."""
        return [column[index].as_py() for column in self.columns]


def column_index(letters: str) -> int:
    """0-based index of a column name.

    >>> column_index("A"), column_index("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
