"""Columns as platforms export them: hardly a value twice, where those of `make_estate` repeat.

Whole addresses, moments to the second as spreadsheets write them, coordinates, credit codes, persons and
their accounts. `make_estate.py --varied` writes them; nothing about the faults changes.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_PLACES = {
    "北京市": ("北京市朝阳区", "北京市海淀区"),
    "上海市": ("上海市浦东新区", "上海市徐汇区"),
    "广东省": ("广东省深圳市南山区", "广东省广州市天河区"),
    "四川省": ("四川省成都市武侯区", "四川省绵阳市涪城区"),
    "湖北省": ("湖北省武汉市洪山区", "湖北省宜昌市西陵区"),
    "浙江省": ("浙江省杭州市西湖区", "浙江省宁波市鄞州区"),
}
_CHARACTERS = np.array(list("晨光星辰福满堂源顺兴隆华泰金玉宏达鑫盛佳美乐百川海天山水云龙凤祥和瑞吉安康宁德"))
_NIGHT = datetime(2026, 11, 21, 1)  # noqa: DTZ001 - a vendor's clock
_AS_PEERS_READ = "%Y-%m-%d %H:%M:%S"
_CODE = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))


def varied_devices(dice: np.random.Generator, devices: pa.Table) -> pa.Table:
    """The ledger with addresses and heartbeats of their own, and what else a platform exports of a device."""
    count = devices.num_rows
    silent = pc.less(devices["最近心跳时间"], "2026-11-01").to_numpy()
    seconds = np.where(silent, 40 * 86_400, 0) + dice.integers(0, 86_400, count)
    added = {
        "布放地址": _addresses(dice, devices["省份"].to_pylist()),
        "最近心跳时间": _moments(seconds, _AS_PEERS_READ),
        "TUSN": _joined("000001", dice.integers(10**13, 10**14, count)),
        "ICCID": _joined("89860", dice.integers(10**14, 10**15, count)),
        "应用版本": _joined("5.2.", dice.integers(0, 40, count)),
        "签到时间": _moments(seconds + dice.integers(0, 9_000, count)),
        "最近交易时间": _moments(seconds + dice.integers(0, 90_000, count)),
        "近30天交易金额": _money(dice.integers(0, 90_000_000, count)),
        "近30天交易笔数": pa.array(dice.integers(1, 3_000, count)).cast(pa.string()),
        "创建时间": _moments(86_400 * 500 + dice.integers(0, 10**8, count)),
        "更新时间": _moments(2 * 86_400 + dice.integers(0, 9_000_000, count)),
        "经度": _degrees(dice.uniform(104, 121, count)),
        "纬度": _degrees(dice.uniform(22, 40, count)),
    }
    return _with(devices, added)


def varied_merchants(dice: np.random.Generator, merchants: pa.Table) -> pa.Table:
    """The merchant list with names, addresses, codes, persons and accounts."""
    count = merchants.num_rows
    name = pc.binary_join_element_wise(_words(dice, count, 4), "商贸有限公司", "")
    added = {
        "商户名称": name,
        "统一社会信用代码": credit_codes(dice, count),
        "经营地址": _addresses(dice, merchants["省份"].to_pylist()),
        "法人姓名": _words(dice, count, 3),
        "法人证件号": _citizens(dice, count),
        "结算账号": _joined("62", dice.integers(10**16, 10**17, count)),
        "结算户名": name,
        "联系电话": _joined("13", dice.integers(10**8, 10**9, count)),
        "更新时间": _moments(dice.integers(0, 10**7, count)),
    }
    return _with(merchants, added)


def varied_registrations(dice: np.random.Generator, registrations: pa.Table) -> pa.Table:
    """The registration list with the moments of its own and the codes of merchants."""
    count = registrations.num_rows
    added = {
        "提交时间": _moments(10 * 86_400 + dice.integers(0, 7 * 10**7, count), _AS_PEERS_READ),
        "同步时间": _moments(dice.integers(0, 86_400, count)),
    }
    return _with(registrations, added)


def credit_codes(dice: np.random.Generator, count: int) -> pa.Array:
    """Credit codes of 18 characters with their check character (GB 32100-2015)."""
    values = dice.integers(0, len(_CODE), (count, 18))
    values[:, :8] = [9, 1, 4, 4, 0, 3, 0, 0]
    values[:, 17] = -(values[:, :17] @ [pow(3, place, 31) for place in range(17)]) % 31
    return _texts(_CODE[values])


def _citizens(dice: np.random.Generator, count: int) -> pa.Array:
    """Citizen numbers with their check digit (GB 11643-1999), of persons born in the middle of a month."""
    digits = dice.integers(0, 10, (count, 17))
    digits[:, :9] = [4, 4, 0, 3, 0, 5, 1, 9, 7]
    digits[:, 10:14] = [0, 6, 1, 5]
    ends = np.array(list("10X98765432"))[digits @ [pow(2, 17 - place, 11) for place in range(17)] % 11]
    return _texts(np.column_stack([digits.astype("U1"), ends]))


def _addresses(dice: np.random.Generator, provinces: list[str]) -> pa.Array:
    count = len(provinces)
    heads = pa.array(
        [_PLACES[one][two] for one, two in zip(provinces, dice.integers(0, 2, count), strict=True)]
    )
    return pc.binary_join_element_wise(
        heads,
        pc.binary_join_element_wise(_words(dice, count, 2), "路", ""),
        _joined("", dice.integers(1, 2_000, count), "号"),
        _joined("", dice.integers(1, 30, count), "栋"),
        _joined("", dice.integers(101, 3_000, count), "室"),
        "",
    )


def _words(dice: np.random.Generator, count: int, length: int) -> pa.Array:
    return _texts(_CHARACTERS[dice.integers(0, len(_CHARACTERS), (count, length))])


def _texts(characters: np.ndarray) -> pa.Array:
    """Rows of characters as texts."""
    columns = (pa.array(column) for column in np.ascontiguousarray(characters.T))
    return pc.binary_join_element_wise(*columns, "")


def _moments(seconds: np.ndarray, form: str = "%Y/%m/%d %H:%M:%S") -> pa.Array:
    """Moments so many seconds before the night, as spreadsheets write them here: 2026/11/20 03:15:00."""
    moments = pa.array(np.datetime64(_NIGHT, "s") - seconds.astype("m8[s]"))
    return pc.strftime(moments, format=form)


def _money(fen: np.ndarray) -> pa.Array:
    return _joined("", fen // 100, pc.utf8_lpad(pa.array(fen % 100).cast(pa.string()), 2, "0"), ".")


def _degrees(values: np.ndarray) -> pa.Array:
    return pa.array(values.round(6)).cast(pa.string())


def _joined(before: str, numbers: np.ndarray, after: str | pa.Array = "", between: str = "") -> pa.Array:
    figures = pc.binary_join_element_wise(before, pa.array(numbers).cast(pa.string()), "")
    return pc.binary_join_element_wise(figures, after, between)


def _with(table: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.append_column(name, values) if place < 0 else table.set_column(place, name, values)
    return table
