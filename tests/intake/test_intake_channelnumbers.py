"""Numbers that each channel gave a merchant, and the rows they belong to."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from vendorfiles import MERCHANT, take_rows

from audit.errors import Unusable
from audit.intake.perchannel import narrowed
from audit.intake.rows import read_rows
from audit.tables import TABLES

OWN_NUMBERS = [
    ("微信子商户号", "支付宝子商户号", ""),
    ("微信商户号", "支付宝商户号", "银联商户号"),
    ("wechat_sub_mch_id", "alipay_smid", "unionpay_merchant_no"),
]


@pytest.mark.parametrize("headers", OWN_NUMBERS)
@pytest.mark.parametrize("wide", [False, True])
def test_the_number_a_channel_gave_a_merchant_is_that_of_its_rows(
    tmp_path: Path, headers: tuple[str, ...], wide: bool
):
    channels, numbers = ["微信", "支付宝", "银联"], ["1601234567", "2088000000000001", "777290000000001"]
    named = {header: number for header, number in zip(headers, numbers, strict=True) if header}
    if wide:
        states = {f"{channel}报备状态": "已报备" for channel in channels}
        row = ["SN000001", MERCHANT, *states.values(), *named.values()]
        rows = [["序列号", "商户编号", *states, *named], row]
    else:
        rows = [["序列号", "商户编号", "渠道", "报备状态", *named]]
        rows += [["SN000001", MERCHANT, channel, "已报备", *named.values()] for channel in channels]
    read = take_rows(tmp_path, rows, table="registrations")
    [row, *_] = read.rows
    assert (row["merchant_no"], "channel_merchant_no" in row) == (MERCHANT, False)
    table = TABLES["registrations"]
    [written] = tmp_path.glob("*.canonical.parquet")
    found = read_rows(written)
    made = narrowed(found.append_column("row_id", pa.array(range(found.num_rows))), table)
    told = dict(zip(made["channel"].to_pylist(), made["channel_merchant_no"].to_pylist(), strict=True))
    expected = [number if header else None for header, number in zip(headers, numbers, strict=True)]
    assert told == dict(zip(("wechat", "alipay", "unionpay"), expected, strict=True))


def test_one_number_of_a_channel_is_the_rows_and_unionpays_the_acquirers(tmp_path: Path):
    rows = [
        ["序列号", "银联商户号", "微信子商户号", "报备状态"],
        ["SN000001", MERCHANT, "1601234567", "已报备"],
    ]
    read = take_rows(tmp_path, rows, table="registrations")
    assert read.column("merchant_no") == [MERCHANT]
    assert read.column("channel_merchant_no") == ["1601234567"]
    rows = [
        ["序列号", "商户编号", "银联商户号", "报备状态"],
        ["SN000001", MERCHANT, "898100000000002", "已报备"],
    ]
    assert take_rows(tmp_path, rows, table="registrations").reading.error == Unusable.AMBIGUOUS_COLUMN
