"""What is read a column at a time is what is read cell by cell."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from vendorfiles import MERCHANT, take_rows

from audit.intake.cells import Reader, clean_number, clean_text, clean_version
from audit.intake.dates import clean_date, clean_end, clean_moment
from audit.intake.epochs import in_milliseconds
from audit.intake.formats.encodings import UNDECODABLE
from audit.intake.garbled import REPLACED
from audit.intake.identifiers import Unreadable, clean_identifier, clean_reference
from audit.intake.reading import Reason
from audit.intake.repeats import decoded
from audit.intake.sweep import swept
from audit.tables import DEVICES, Kind
from audit.tables.codes import BLANK_TEXTS

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")

figures = st.integers(0, 99).map(str) | st.integers(0, 99).map("{:02}".format)
years = st.sampled_from(["2026", "1999", "1899", "1900", "2099", "9999", "0000"]) | st.integers(
    1890, 2110
).map(str)
clocks = st.tuples(
    st.sampled_from([" ", "T", "  ", ""]),
    figures,
    figures,
    st.sampled_from(["", ":05", ":5", ":59.123", ":60"]),
).map(lambda parts: f"{parts[0]}{parts[1]}:{parts[2]}{parts[3]}")
offsets = st.sampled_from(["", "Z", "+08:00", "-0500", "+00:00"])
marks = st.sampled_from(["--", "//", "..", "年月", "-/"])
written = st.tuples(
    years, marks, figures, figures, st.sampled_from(["", "日"]), st.just("") | clocks, offsets
).map(lambda parts: f"{parts[0]}{parts[1][0]}{parts[2]}{parts[1][1]}{parts[3]}{parts[4]}{parts[5]}{parts[6]}")
real = st.datetimes(datetime(1890, 1, 1), datetime(2110, 1, 1))  # noqa: DTZ001
compact = real.map(lambda moment: f"{moment:%Y%m%d%H%M%S}") | st.from_regex(
    r"(?:19|20)[0-9]{6}", fullmatch=True
)
epochs = st.integers(10**9, 2 * 10**9 - 1).map(lambda seconds: f"{seconds}000")


@given(
    st.lists(written | compact | epochs | real.map(str) | st.none()),
    st.sampled_from([Kind.DATE, Kind.MOMENT]),
    st.sampled_from([SHANGHAI, NEW_YORK]),
)
@example(["2026-02-30", "2026-02-28", "0000-00-00 00:00:00"], Kind.MOMENT, SHANGHAI)
@example(["2026/2/30 8:05", "2026/11/21 24:00:00", "2026/1/5 3:15:00"], Kind.DATE, SHANGHAI)
@example(["1800000000000", "2026-11-21T08:05:00Z", "20261121080500"], Kind.MOMENT, NEW_YORK)
def test_moments_are_read_as_they_are_one_by_one(texts: list[str | None], kind: Kind, zone: ZoneInfo):
    found = swept(pa.array(texts, pa.string()), kind, zone, in_seconds=False).to_pylist()
    for text, moment in zip(texts, found, strict=True):
        if moment is not None:
            assert text is not None
            assert moment == (clean_moment(text, zone) if kind is Kind.MOMENT else clean_date(text, zone))
            assert kind is Kind.MOMENT or moment == clean_end(text, zone)


PROGRAMS = "2026-11-21,2026-11-21 08:05:00,2026/1/5 3:15,2026.11.21,2026年1月5日,20261121,20261121080500,"
PROGRAMS += "2026-11-21T08:05:00+08:00,2026-11-21T00:05:00Z,1795201445000,2026/11/21 08:05:00.123"


@pytest.mark.parametrize("text", PROGRAMS.split(","))
def test_moments_as_programs_write_them_are_read_in_the_sweep(text: str):
    # beside one that does not exist, which is nobody's fault but its own
    found = swept(pa.array(["2026-02-30", text]), Kind.MOMENT, SHANGHAI, in_seconds=False).to_pylist()
    assert found == [None, clean_moment(text, SHANGHAI)]
    assert found[1] is not None


@given(
    st.lists(st.integers(10**9, 2 * 10**9 - 1).map(str), min_size=1), st.sampled_from([SHANGHAI, NEW_YORK])
)
def test_counts_of_seconds_are_read_as_one_by_one(texts: list[str], zone: ZoneInfo):
    found = swept(pa.array(texts), Kind.MOMENT, zone, in_seconds=True).to_pylist()
    assert found == [clean_moment(in_milliseconds(text), zone) for text in texts]


decimals = st.decimals(-(10**15), 10**15, places=12, allow_nan=False).map(str)
grouped = st.integers(-(10**13), 10**13).map("{:,}".format)


@given(
    st.lists(decimals | grouped | st.floats().map(str) | st.text("0123456789.,-+ ", max_size=20) | st.none())
)
@example(["1,5", "1,500", "-1,234,567.50", "12,34", ".5", "5.", "-0", "007"])
def test_numbers_are_read_as_they_are_one_by_one(texts: list[str | None]):
    found = swept(pa.array(texts, pa.string()), Kind.NUMBER, SHANGHAI, in_seconds=False).to_pylist()
    for text, number in zip(texts, found, strict=True):
        if number is not None:
            assert text is not None
            assert number == clean_number(text)


def test_plain_numbers_are_read_in_the_sweep():
    texts = ["113.334455", "1,234.50", "-12", "0"]
    assert swept(pa.array(texts), Kind.NUMBER, SHANGHAI, in_seconds=False).to_pylist() == [
        113.334455,
        1234.5,
        -12,
        0,
    ]


def test_one_day_that_does_not_exist_is_rejected_alone(tmp_path):
    rows = [["序列号", "商户号", "最近心跳时间"]]
    rows += [[f"SN{n:06}", MERCHANT, f"2026/11/{n:02} 3:15:00"] for n in range(1, 31)]
    rows.append(["SN000031", MERCHANT, "2026/11/31 3:15:00"])
    read = take_rows(tmp_path, rows)
    days = [None if moment is None else moment.day for moment in read.column("last_heartbeat_at")]
    assert days == [*range(1, 31), None]
    assert [(one.row, one.reason) for one in read.reading.rejections] == [(32, "impossible_date")]


AROUND = [*"\t'\"=`\u3000\xa0\u200b“”-_\n¥￥元. ", '="', "", ""]
CORES = ["SN0001", "sn-0001", "898000000000001", "00-12", "TRUE", "false", "N/A", "na", "无", "-", "1", "1.0"]
CORES += [
    "１２３",
    "20261121",
    "3.10.0",
    "商户　一店",
    "（测试）",
    "a_b",
    "1,234.50",
    "2026/11/21 8:05",
    "1E5",
    "1e-5",
]
CORES += [
    "\ufffd",
    "锟斤拷",
    "",
    "SN000001-SN000100",
    "00012345_x000D_",
    "8f14e45f-ceea-467f-a9f2-1f2e3d4c5b6a",
]
CLEANERS = {
    "serial_no": clean_identifier,
    "store_no": clean_reference,
    "store_name": partial(clean_text, blanks=BLANK_TEXTS),
    "firmware": clean_version,
    "txn_amount": clean_number,
    "install_date": clean_date,
    "last_heartbeat_at": clean_moment,
    "cert_expiry": clean_end,
}


def one_by_one(name: str, text: str) -> tuple[object, Reason | None]:
    """What the reader of single cells makes of a text."""
    if UNDECODABLE in text or any(mark in text for mark in REPLACED):
        return None, Reason.UNDECODABLE
    try:
        return CLEANERS[name](text), None
    except Unreadable as failure:
        return None, failure.reason


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(CLEANERS)),
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(AROUND), max_size=3).map("".join),
            st.sampled_from(CORES) | st.text(st.characters(codec="utf-8"), max_size=6),
            st.lists(st.sampled_from(AROUND), max_size=3).map("".join),
        ).map("".join),
        max_size=8,
    ),
)
@example("serial_no", ["TRUE", "'FALSE", "-123", "T-RUE"])
def test_what_stands_around_cells_is_taken_away_as_one_by_one(name: str, texts: list[str]):
    # blank cells are null before a column is cleaned
    texts = [text for text in texts if text.strip()]
    read = Reader(DEVICES.by_name[name], {}, SHANGHAI).clean(pa.array(texts, pa.string()), None)
    expected = [one_by_one(name, text) for text in texts]
    assert decoded(read.values).to_pylist() == [value for value, _ in expected]
    assert dict(read.rejected) == {row: reason for row, (_, reason) in enumerate(expected) if reason}


def test_odd_numbers_are_none_of_the_sweeps():
    for text in ("1e5", "1.2万", "¥5", "－1", "12%"):
        assert swept(pa.array([text]), Kind.NUMBER, SHANGHAI, in_seconds=False).to_pylist() == [None]
    with pytest.raises(Unreadable):
        clean_number("12%")


def test_moments_before_the_first_terminal_are_none_of_the_sweeps():
    for text in ("0001-01-01T00:00:00+08:00", "1899/12/30 08:05", "99991231", "2099-12-31 23:59:59"):
        assert swept(pa.array([text]), Kind.MOMENT, NEW_YORK, in_seconds=False).to_pylist() == [None]
