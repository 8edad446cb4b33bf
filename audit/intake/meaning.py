"""Headers of two meanings: which one is meant is told by what stands below."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

import numpy as np
import pyarrow.compute as pc

from audit.intake.codewords import clean_code, clean_flag
from audit.intake.gazetteer import Level, gazetteer
from audit.intake.grid import Grid
from audit.intake.identifiers import Unreadable, number_beside_name
from audit.intake.repeats import decoded
from audit.tables import Column, Kind, Table, header_forms, normalise_label

_TERMINAL_ID_LENGTH = 8  # ISO 8583 field 41
# headers that vendors use for the terminal number and for the serial number alike
_EITHER_NUMBER = frozenset(
    map(
        normalise_label,
        (
            "终端号",
            "终端编号",
            "终端编码",
            "终端ID",
            "POS编号",
            "POS机编号",
            "POS机号",
            "POS号",
            "terminal no",
            "terminal id",
            "tid",
            "pos id",
            "pos no",
        ),
    )
)
_SAMPLED = 500  # rows
_LICENCE_NUMBER = re.compile(r"[0-9A-Za-z]{15}|[0-9A-Za-z]{18}")  # an old one; a USCC
_CREDIT_CODE = re.compile(r"9[123]\d{6}[0-9A-HJ-NPQRTUWXY]{10}")  # of a firm; a citizen's begins lower
_LONG_NUMBER = re.compile(r"[\dA-Z]*\d{6}")  # no part of a name
_MERCHANT_NO = re.compile(r"\d{8,20}|\d{3}[0-9A-Z]{12}")
_OF_WECHAT = frozenset(map(normalise_label, ("特约商户号", "特约商户编号", "特约商户编码", "特约商户ID")))
_WECHATS_NUMBER = re.compile(r"1\d{7,9}")
_CATEGORY = re.compile(r"\d{4}")
# people have shorter names, or a dot in them
_FIRM = re.compile(r"^[^·•.]*[\u4e00-\u9fff][^·•.]{4,}$|\b(?:ltd|limited|llc|inc|co|corp)\b", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z\u4e00-\u9fff]{2}")  # degrees are without


def by_content(
    grid: Grid, row: int, table: Table, labels: Mapping[int, str], columns: dict[str, int]
) -> tuple[set[str], list[tuple[str, int]]]:
    """Move headers of two meanings, in `columns`, to the column their cells fit; gives the names moved
    to, and the headers that mean a column which another one gives.

    A "terminal number" longer than any terminal number is the serial number; a "state" of status words is no
    province and a "region" of provinces one, a "location" in words no coordinates, a "licence" of 18
    characters its number, an "industry" of four digits a category, a "legal name" of a firm nobody's. Where
    that column has another header, words of it are in no other either.
    """
    moved, further = set(), []
    if _is_serial(grid, row, table, labels, columns):
        columns["serial_no"] = columns.pop("terminal_id")
        moved.add("serial_no")
    for header, first, other, fits in _meanings(table):
        if other not in table.by_name:
            continue
        index = next((index for index, label in labels.items() if header in header_forms(label)), None)
        if index is None or (other in columns and columns.get(first) != index):
            continue
        if not _mostly(grid, row, index, fits):
            continue
        if other not in columns:
            if columns.get(first) == index:
                del columns[first]
            columns[other] = index
            moved.add(other)
        elif table.by_name[first].kind is Kind.TEXT:
            del columns[first]
            further.append((other, index))
    return moved, further


def numbers_of_wechat(grid: Grid, row: int, labels: Mapping[int, str]) -> list[int]:
    """Of columns with numbers of merchants those with WeChat's: 特约商户号 may also be the acquirer's own."""
    return [
        index
        for index, label in labels.items()
        if not _OF_WECHAT.isdisjoint(header_forms(label))
        and (texts := sample(grid, row, index))
        and all(_WECHATS_NUMBER.fullmatch(text.strip()) for text in texts)
    ]


def knows(column: Column, grid: Grid, row: int, index: int) -> bool:
    """Whether a value below the header is one of the words of the column; true of columns without such."""
    if column.codes is None and column.kind is not Kind.FLAG:
        return True
    texts = sample(grid, row, index)
    return not texts or any(_is_read(text, column) for text in texts)


def _is_read(text: str, column: Column) -> bool:
    try:
        read = clean_flag(text) if column.kind is Kind.FLAG else clean_code(text, column, {})
    except Unreadable:
        return False
    return read is not None


def _meanings(table: Table) -> Iterator[tuple[str, str, str, Callable[[str], bool]]]:
    """Header, the column it names, another it may name, and what the other's values are like."""
    status = table.by_name.get(table.status)
    if status is not None and status.codes is not None:
        yield "state", "province", table.status, partial(_is_word, status.codes.by_label)
        if "reg_message" in table.by_name:
            for header in _normalised(
                "报备结果描述,报备结果说明,登记结果描述,登记结果说明,结果描述,结果说明,审核结果描述"
            ):
                yield header, "reg_message", table.status, partial(_is_word, status.codes.by_label)
    address = "biz_address" if "biz_address" in table.by_name else "address"
    yield "location", "location", address, lambda text: bool(_WORDS.search(text))
    for header in _normalised("营业执照,执照,business license,business licence,licence"):
        yield header, "has_license", "uscc", lambda text: bool(_LICENCE_NUMBER.fullmatch(text.strip()))
    for header in _normalised("所属商户,绑定商户,归属商户,关联商户,签约商户,商户,商户信息,merchant"):
        yield header, "merchant_name", "merchant_no", _is_merchant_no
    yield "merchant", "", "merchant_name", lambda text: not _LONG_NUMBER.search(text)
    if table.name == "merchants":  # of a group 基本信息; mostly it numbers the rows
        for header in _normalised("编号,号码,代码"):
            yield header, "", "merchant_no", lambda text: bool(_MERCHANT_NO.fullmatch(text.strip()))
    for header in _normalised("证件号码,证件号,证照号,主体证件号码,商户证件号码,商户证件号"):
        yield header, "legal_id_no", "uscc", lambda text: bool(_CREDIT_CODE.fullmatch(text.strip()))
    yield "legalname", "legal_name", "merchant_name", lambda text: bool(_FIRM.search(text))
    for header in _normalised(
        "行业,所属行业,行业类型,行业分类,行业大类,行业类目,经营类目,经营类别,类目,industry"
    ):
        yield header, "", "mcc", lambda text: bool(_CATEGORY.fullmatch(text.strip()))
    for header in _normalised("地区,区域,所属地区,所属区域,所在地区,省市,所在省市,省公司,region"):
        yield header, "", "province", _is_province


def _is_merchant_no(text: str) -> bool:
    return bool(_MERCHANT_NO.fullmatch(text.strip()) or number_beside_name(text))


@cache
def _normalised(headers: str) -> tuple[str, ...]:
    return tuple(map(normalise_label, headers.split(",")))


def _is_province(text: str) -> bool:
    return any(one.level is Level.PROVINCE for one in gazetteer().meanings.get(text.strip(), ()))


def _is_word(words: Mapping[str, str], text: str) -> bool:
    return normalise_label(text) in words


def _mostly(grid: Grid, row: int, index: int, fits: Callable[[str], bool]) -> bool:
    texts = sample(grid, row, index)
    return sum(map(fits, texts)) * 2 > len(texts)


def sample(grid: Grid, row: int, index: int) -> list[str]:
    """The first filled cells below the header."""
    texts: list[str] = decoded(grid.columns[index].slice(row + 1, _SAMPLED)).drop_null().to_pylist()
    return texts


def _is_serial(
    grid: Grid, row: int, table: Table, labels: Mapping[int, str], columns: Mapping[str, int]
) -> bool:
    index = columns.get("terminal_id")
    if index is None or "serial_no" in columns or "serial_no" not in table.by_name:
        return False
    if not _EITHER_NUMBER & set(header_forms(labels[index])):
        return False
    lengths = pc.utf8_length(pc.utf8_trim_whitespace(decoded(grid.columns[index].slice(row + 1)).drop_null()))
    return bool(len(lengths) and np.median(lengths.to_numpy()) > _TERMINAL_ID_LENGTH)
