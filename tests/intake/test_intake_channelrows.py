"""Devices named beside the first of their channels alone, as merged cells are left in text."""

from __future__ import annotations

from pathlib import Path

import pytest
from vendorfiles import MERCHANT, device, take_rows

CHANNELS, STATES = ["微信", "支付宝", "银联"], ["已报备", "未报备", "报备失败"]
TOLD = ("devices_filled_down", {"sheet": "", "count": 4})
WIDE = ["商户名称", "型号", "安装地址", "省份", "所属机构"]


def listed(beside: list[str], channels: list[str]) -> list[list[str]]:
    """Two devices, each with a row for each of the channels, and columns `beside` them."""
    rows = [["序列号", "商户号", *beside, "渠道", "报备状态", "失败原因"]]
    for number in range(2):
        for at, channel in enumerate(channels):
            own = [device(number)[0], MERCHANT, *(f"{name}{number}" for name in beside)]
            failed = "资料不符" if STATES[at] == "报备失败" else ""
            rows.append([*(own if at == 0 else [""] * len(own)), channel, STATES[at], failed])
    return rows


@pytest.mark.parametrize("beside", [[], WIDE])
def test_a_device_is_that_of_its_other_channels_too(tmp_path: Path, beside: list[str]):
    read = take_rows(tmp_path, listed(beside, CHANNELS), table="registrations")
    assert read.column("serial_no") == [device(number)[0] for number in (0, 0, 0, 1, 1, 1)]
    assert read.column("merchant_no") == [MERCHANT] * 6
    assert read.column("channel") == ["wechat", "alipay", "unionpay"] * 2
    assert read.column("reg_status") == ["registered", "not_registered", "failed"] * 2
    assert read.column("reg_message") == [None, None, "资料不符"] * 2
    assert read.reading.notices == (TOLD,)


@pytest.mark.parametrize(
    "channels", [["微信", "支付宝", "支付宝"], ["微信", "支付宝", ""], ["微信", "支付宝", "某某"]]
)
def test_registrations_that_may_be_of_another_device_are_of_none(tmp_path: Path, channels: list[str]):
    read = take_rows(tmp_path, listed([], channels), table="registrations")
    assert read.column("serial_no") == [device(0)[0], device(1)[0]]
    assert read.sheet.set_aside["blank_key"] == 4


def test_a_few_rows_without_a_device_are_of_none(tmp_path: Path):
    named = [[device(at // 2)[0], MERCHANT, CHANNELS[at % 2], "已报备", ""] for at in range(12)]
    for blank in (["", ""], ["", "898100000000002"]):
        rows = [row if at not in (3, 7) else [*blank, *row[2:]] for at, row in enumerate(named)]
        read = take_rows(
            tmp_path, [["序列号", "商户号", "渠道", "报备状态", "失败原因"], *rows], table="registrations"
        )
        assert len(read.rows) == 10
    once = [row if at % 2 == 0 else ["", "898100000000002", *row[2:]] for at, row in enumerate(named)]
    read = take_rows(
        tmp_path, [["序列号", "商户号", "渠道", "报备状态", "失败原因"], *once], table="registrations"
    )
    assert len(read.rows) == 6


@pytest.mark.parametrize("column", ["渠道", "报备状态"])
def test_channels_and_states_named_once_each_are_told(tmp_path: Path, column: str):
    rows = [["渠道", "报备状态", "序列号", "商户号"]]
    for group in range(2):
        said = {"渠道": CHANNELS[group], "报备状态": STATES[group]}
        for at in range(3):
            told = {name: "" if at and name == column else word for name, word in said.items()}
            rows.append([*told.values(), device(3 * group + at)[0], MERCHANT])
    read = take_rows(tmp_path, rows, table="registrations")
    assert ("groups_blank_below", {"sheet": "", "headers": [column], "count": 4}) in read.reading.notices
