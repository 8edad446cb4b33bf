"""An estate of any size with faults at known rates, as the files a vendor would export.

    python benchmarks/make_estate.py FOLDER --devices 200000 --merchants 50000 [--format csv] [--rate 0.01]
        [--varied]

writes three lists, a model table and an audit.toml. The same arguments give the same bytes. Each of fourteen
faults (`whole_night.py` names their rules) is in one of a hundred rows it can be in, or as --rate says. As
Parquet each list is some files of half a million rows, made one after the other, so that any size fits.
With --varied there are more columns, and hardly a value is there twice (`varied.py`).
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from varied import varied_devices, varied_merchants, varied_registrations

from audit.report import styles
from audit.report.coded import Coded
from audit.report.sheetrows import Rows
from audit.report.xlsxfile import finish

AS_OF = date(2026, 11, 21)
FAULT_RATE = 0.01  # of each kind
PART_ROWS = 500_000  # of one Parquet file
MODELS = np.array(["X1", "X2", "LW-30", "LW-50"])
VENDORS = np.array(["星联终端", "星联终端", "蓝湾科技", "蓝湾科技"])
PROVINCES = np.array(["北京市", "上海市", "广东省", "四川省", "湖北省", "浙江省"])
CONFIG = """[audit]
name = "基准测试"
as_of = 2026-11-21
required_channels = ["wechat"]

[inputs.devices]
files = ["devices_*"]

[inputs.merchants]
files = ["merchants_*"]

[inputs.registrations]
files = ["registrations_*"]

[inputs.models]
files = ["models.csv"]
"""


def main() -> None:
    """Write the estate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--devices", type=int, default=200_000)
    parser.add_argument("--merchants", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=["xlsx", "csv", "parquet"], default="xlsx")
    parser.add_argument("--rate", type=float, default=FAULT_RATE, help="of each fault")
    parser.add_argument("--varied", action="store_true", help="hardly a value twice; not as Parquet")
    chosen = parser.parse_args()
    if chosen.varied and chosen.format == "parquet":
        parser.error("--varied makes xlsx and csv")
    make_estate(
        chosen.folder,
        chosen.devices,
        chosen.merchants,
        chosen.seed,
        chosen.format,
        chosen.rate,
        varied=chosen.varied,
    )


class Dice(np.random.Generator):
    """Seeded chance, and how often it breaks a row."""

    def __init__(self, seed: int = 1, rate: float = FAULT_RATE) -> None:
        super().__init__(np.random.PCG64(seed))
        self.rate = rate

    def faulty(self, count: int) -> np.ndarray:
        """Which of so many rows have a fault of one kind."""
        return self.random(count) < self.rate


def make_estate(
    folder: Path,
    device_count: int,
    merchant_count: int,
    seed: int = 1,
    form: str = "xlsx",
    rate: float = FAULT_RATE,
    *,
    varied: bool = False,
) -> None:
    """Write the exports, the model table and the configuration into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = Dice(seed, rate)
    if form == "parquet":
        _in_parts(folder, dice, device_count, merchant_count)
    else:
        devices = make_devices(dice, device_count, merchant_count)
        devices = varied_devices(dice, devices) if varied else devices
        merchants = make_merchants(dice, merchant_count)
        listed = make_registrations(dice, devices, merchant_count)
        if varied:
            merchants, listed = varied_merchants(dice, merchants), varied_registrations(dice, listed)
        tables = {"devices": devices, "merchants": merchants, "registrations": listed}
        for name, table in tables.items():
            write_export(folder / f"{name}_20261121.{form}", table, name)
    models = "model,min_firmware,eol_on\n" + "".join(f"{model},3.2.0,2031-01-01\n" for model in MODELS)
    (folder / "models.csv").write_text(models, encoding="utf-8")
    (folder / "audit.toml").write_text(CONFIG, encoding="utf-8")


def _in_parts(folder: Path, dice: Dice, device_count: int, merchant_count: int) -> None:
    for number, first in enumerate(range(0, device_count, PART_ROWS)):
        devices = make_devices(dice, min(PART_ROWS, device_count - first), merchant_count, first)
        write_export(folder / f"devices_20261121_part{number:03}.parquet", devices, "devices")
        listed = make_registrations(dice, devices, merchant_count, first)
        write_export(folder / f"registrations_20261121_part{number:03}.parquet", listed, "registrations")
    for number, first in enumerate(range(0, merchant_count, PART_ROWS)):
        merchants = make_merchants(dice, min(PART_ROWS, merchant_count - first), first)
        write_export(folder / f"merchants_20261121_part{number:03}.parquet", merchants, "merchants")


def write_export(path: Path, table: pa.Table, title: str) -> None:
    """The rows as what the ending says."""
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    elif path.suffix == ".parquet":
        pq.write_table(table, path, compression="zstd")
    else:
        path.write_bytes(as_workbook(table, title))


def make_devices(dice: Dice, count: int, merchants: int, first: int = 0) -> pa.Table:
    """The ledger, or its rows from the `first` on.

    One percent each: old firmware, expired certificate, silent, withdrawn, of a merchant nobody lists, with a
    terminal number of seven digits, with the serial of the device before.
    """
    model = dice.integers(0, len(MODELS), count)
    owner = dice.integers(0, merchants, count)
    heartbeat = np.where(dice.faulty(count), 40, dice.integers(0, 3, count))
    certificate = np.where(dice.faulty(count), -20, dice.integers(30, 1_500, count))
    place = np.arange(first, first + count)
    repeated = dice.faulty(count) & (place > first)
    unlisted = dice.faulty(count)
    terminal = joined("", place % 90_000_000 + 10_000_000)
    short = pa.array(dice.faulty(count))
    return pa.table(
        {
            "终端序列号": serials(place - repeated),
            "终端型号": pa.array(MODELS[model]),
            "生产厂商": pa.array(VENDORS[model]),
            "固件版本": pa.array(np.where(dice.faulty(count), "2.9.11", "3.10.0")),
            "商户编号": merchant_numbers(np.where(unlisted, 50_000_000 + owner, owner)),
            "门店编号": joined("D", owner),
            "省份": pa.array(PROVINCES[owner % len(PROVINCES)]),
            "布放地址": joined("人民路", dice.integers(1, 900, count), "号"),
            "终端号": pc.if_else(short, pc.utf8_slice_codeunits(terminal, 1), terminal),
            "装机日期": days_after(-dice.integers(10, 1_500, count)),
            "最近心跳时间": pc.binary_join_element_wise(days_after(-heartbeat), "03:15:00", " "),
            "证书有效期": days_after(certificate),
            "终端状态": pa.array(np.where(dice.faulty(count), "已撤机", "在用")),
            "备机": pa.array(np.full(count, "否")),
        }
    )


def make_merchants(dice: Dice, count: int, first: int = 0) -> pa.Table:
    """The merchant list: one percent with an expired licence, one percent closed."""
    number = np.arange(first, first + count)
    return pa.table(
        {
            "商户编号": merchant_numbers(number),
            "商户名称": joined("晨光商店", number),
            "统一社会信用代码": pa.array(np.full(count, "91350100M000100Y43")),
            "省份": pa.array(PROVINCES[number % len(PROVINCES)]),
            "经营地址": joined("人民路", number % 900, "号"),
            "MCC": pa.array(np.full(count, "5411")),
            "营业执照有效期": days_after(np.where(dice.faulty(count), -5, 700)),
            "商户状态": pa.array(np.where(dice.faulty(count), "已注销", "正常")),
            "入网日期": days_after(-dice.integers(10, 2_000, count)),
        }
    )


def make_registrations(dice: Dice, devices: pa.Table, merchants: int, first: int = 0) -> pa.Table:
    """The registration list of these devices, one row per serial; `first` as there.

    One percent each: missing, pending, failed, under another merchant, at another address, with another
    terminal number, of a device that the ledger has not.
    """
    serial = devices["终端序列号"].combine_chunks()
    anew = np.append(True, pc.not_equal(serial[1:], serial[:-1]).to_numpy(zero_copy_only=False))
    kept = devices.filter(pa.array(anew & ~dice.faulty(devices.num_rows))).combine_chunks()
    count = kept.num_rows
    place = np.arange(first, first + count)
    own = {
        name: kept[name].combine_chunks()
        for name in ("终端序列号", "商户编号", "终端号", "布放地址", "终端型号", "经度", "纬度")
        if name in kept.column_names
    }
    fault = {name: pa.array(dice.faulty(count)) for name in ("商户编号", "终端号", "布放地址")}
    other = {
        "商户编号": merchant_numbers(dice.integers(0, merchants, count)),
        "终端号": joined("T", place % 9_000_000 + 1_000_000),
        "布放地址": joined("解放路", place % 900, "号"),
    }
    listed = own | {name: pc.if_else(fault[name], other[name], own[name]) for name in fault}
    stray = pa.array(dice.faulty(count))
    listed["终端序列号"] = pc.if_else(stray, joined("88", place + 100_000_000), listed["终端序列号"])
    listed["终端号"] = pc.if_else(stray, joined("S", place % 9_000_000 + 1_000_000), listed["终端号"])
    status = np.where(dice.faulty(count), "报备中", np.where(dice.faulty(count), "报备失败", "报备成功"))
    return pa.table(
        {
            "报备编号": joined("BB", place + 10_000_000),
            **listed,
            "渠道": pa.array(np.full(count, "微信")),
            "报备状态": pa.array(status),
            "提交时间": pc.binary_join_element_wise(
                days_after(-dice.integers(10, 900, count)), "10:00:00", " "
            ),
            "失败原因": pa.array(
                np.where(status == "报备失败", "商户资料不全", None).astype(object), pa.string()
            ),
        }
    )


def serials(places: np.ndarray) -> pa.Array:
    """Twelve digits with leading zeros, as many ledgers have."""
    return pc.utf8_lpad(pa.array(places * 7 + 1_000_000).cast(pa.string()), 12, "0")


def merchant_numbers(owner: np.ndarray) -> pa.Array:
    """Fifteen digits: three of the acquirer, four of the area, the category 5411, four of the merchant."""
    return pa.array(898_0000_5411_0000 + owner // 10_000 * 100_000_000 + owner % 10_000).cast(pa.string())


def joined(before: str, numbers: np.ndarray, after: str = "") -> pa.Array:
    """Numbers as text between two texts."""
    return pc.binary_join_element_wise(before, pa.array(numbers).cast(pa.string()), after, "")


def days_after(offsets: np.ndarray) -> pa.Array:
    """ISO dates so many days after the audit date."""
    epoch = (AS_OF - date(1970, 1, 1)) // timedelta(days=1)
    return pa.array((offsets + epoch).astype(np.int32)).cast(pa.date32()).cast(pa.string())


def as_workbook(table: pa.Table, title: str) -> bytes:
    """One sheet of text cells, as exports are."""
    workbook = styles.new_workbook()
    sheet = workbook.create_sheet(title)
    sheet.append(table.column_names)
    columns = [Coded.of(column.combine_chunks()) for column in table.columns]
    style = styles.data_style(sheet)
    rows = Rows(1, columns, [style] * len(columns), [0.0] * len(columns))
    return finish(workbook, {title: rows}, AS_OF)


if __name__ == "__main__":
    main()
