"""Makes the invented estate of this folder. Nothing in it belongs to anybody.

    python sample_data/make.py

Devices are made correct; then one fault is planted for each rule, and beside it controls that come close
and must be left alone. The same script gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from stdnum.cn import uscc

from audit.report.xlsxfile import finish

HERE = Path(__file__).resolve().parent
AS_OF = date(2026, 11, 21)
VENDORS = {"星联终端": ("X1", "X2"), "蓝湾科技": ("LW-30", "LW-50")}
MODELS = {"X1": "3.2.0", "X2": "3.2.0", "LW-30": "5.1.4", "LW-50": "5.1.4"}
FIRMWARE = {"X1": "3.4.1", "X2": "3.10.0", "LW-30": "5.2.0", "LW-50": "5.1.4"}
PLACES = (
    ("北京市", "北京市"),
    ("上海市", "上海市"),
    ("广东省", "深圳市"),
    ("浙江省", "杭州市"),
    ("四川省", "成都市"),
    ("湖北省", "武汉市"),
)
SHOPS = ("便利店", "火锅店", "水果店", "药房", "书店", "美发店", "烘焙坊", "五金店", "茶馆", "洗衣店")
NAMES = ("晨光", "春和", "永福", "悦来", "鸿运", "新世纪", "好邻居", "金穗", "百味", "清泉")
CHANNELS = ("微信", "支付宝")
FOREVER = "长期"
Row = dict[str, Any]


def main() -> None:
    """Write the estate, its troubled sister, and what the audit must find."""
    chance = random.Random(20261121)
    merchants = make_merchants(chance, 60)
    devices = make_devices(chance, merchants, 200)
    registrations = [row for device in devices for row in registered(chance, device)]
    flagged, controls = plant(devices, merchants, registrations)
    write_estate(HERE, devices, merchants, registrations)
    expected = {
        "flagged": {rule: sorted(keys) for rule, keys in sorted(flagged.items())},
        "controls": [{"key": key, "why": why} for key, why in controls],
    }
    text = json.dumps(expected, ensure_ascii=False, indent=2)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")
    write_troubled(HERE / "troubled", devices[:12], registrations)


def make_merchants(chance: random.Random, count: int) -> list[Row]:
    """Merchants without a fault. Their credit codes check, but lie in no region that exists."""
    rows = []
    for number in range(count):
        province, city = PLACES[number % len(PLACES)]
        name = f"{city[:2]}{NAMES[number % 10]}{SHOPS[number // 6 % 10]}"
        body = f"92000000MA{number:06}X"
        rows.append(
            {
                "no": f"8980000{number:08}",
                "name": name,
                "uscc": body + uscc.calc_check_digit(body),
                "person": f"虚拟{NAMES[number % 10][0]}",
                "phone": f"1000000{number:04}",
                "province": province,
                "city": city,
                "address": f"{city}虚构路{chance.randrange(1, 900)}号",
                "mcc": "5411",
                "licence": FOREVER
                if number % 5 == 0
                else AS_OF + timedelta(days=chance.randrange(200, 3_000)),
                "status": "正常",
                "opened": AS_OF - timedelta(days=chance.randrange(500, 2_500)),
            }
        )
    return rows


def make_devices(chance: random.Random, merchants: Sequence[Row], count: int) -> list[Row]:
    """Devices in use, heard from last night, at or above the minimum version."""
    rows = []
    for number in range(count):
        vendor = list(VENDORS)[number % 2]
        model = VENDORS[vendor][number // 2 % 2]
        merchant = merchants[number * 7 % 56]  # the last four merchants are kept for special cases
        serial = f"{number * 37 + 10_000:012}" if number % 2 == 0 else f"LW{number * 7_919 + 1_000_000:010X}"
        heartbeat = datetime.combine(
            AS_OF, time(chance.randrange(0, 6), chance.randrange(60), chance.randrange(60))
        )
        rows.append(
            {
                "serial": serial,
                "model": model,
                "vendor": vendor,
                "firmware": FIRMWARE[model],
                "merchant": merchant,
                "store": f"MD{merchants.index(merchant):03}",
                "installed": AS_OF - timedelta(days=chance.randrange(60, 480)),
                "heartbeat": heartbeat,
                "certificate": AS_OF + timedelta(days=chance.randrange(200, 1_800)),
                "status": "在用",
                "spare": "否",
            }
        )
    return rows


def registered(chance: random.Random, device: Row) -> list[Row]:
    """The device's registrations: submitted at installation, confirmed two days later, in every channel."""
    submitted = datetime.combine(device["installed"], time(10, chance.randrange(60)))
    return [registration(device, channel, "报备成功", submitted) for channel in CHANNELS]


def registration(device: Row, channel: str, status: str, submitted: datetime, reason: str = "") -> Row:
    """One row of the registration list."""
    decided = None if status in ("报备中", "未报备") else submitted.date() + timedelta(days=2)
    return {
        "serial": device["serial"],
        "merchant_no": device["merchant"]["no"],
        "model": device["model"],
        "channel": channel,
        "status": status,
        "submitted": submitted,
        "decided": decided,
        "reason": reason,
    }


def plant(
    devices: list[Row], merchants: list[Row], registrations: list[Row]
) -> tuple[dict[str, set[str]], list[tuple[str, str]]]:
    """One fault a rule, and next to it what must not be taken for one.

    The result names, per rule, the serials or merchant numbers it must flag, and the controls with why.
    """
    flagged: dict[str, set[str]] = {}
    controls: list[tuple[str, str]] = []
    fresh = iter(devices)

    def fault(*rules: str) -> Row:
        device = next(fresh)
        for rule in rules:
            flagged.setdefault(rule, set()).add(device["serial"])
        return device

    def control(why: str) -> Row:
        device = next(fresh)
        controls.append((device["serial"], why))
        return device

    def listed(device: Row, channel: str | None = None) -> list[Row]:
        return [
            r for r in registrations if r["serial"] == device["serial"] and channel in (None, r["channel"])
        ]

    def unlist(device: Row, channel: str | None = None) -> None:
        for row in listed(device, channel):
            registrations.remove(row)

    def set_all(device: Row, **values: Any) -> None:
        for row in listed(device):
            row.update(values)

    # registrations
    unlist(fault("REG-01"), "微信")
    unlist(fault("REG-01"))
    listed(fault("REG-01"), "微信")[0].update(status="未报备", decided=None)
    set_all(fault("REG-03"), status="报备中", decided=None, submitted=at(-10))
    set_all(control("报备提交恰满 2 天，未超过 2 天"), status="报备中", decided=None, submitted=at(-2))
    listed(fault("REG-04"), "微信")[0].update(status="报备失败", reason="商户名称与营业执照不一致")
    listed(fault("REG-04"), "支付宝")[0].update(status="审核不通过")
    later = control("先失败，后报备成功")
    registrations += [
        registration(later, channel, "报备失败", at(-400), "资料不清晰") for channel in CHANNELS
    ]
    for row in listed(later):
        row["submitted"] = at(-400) if row["status"] == "报备失败" else at(-300)
        row["decided"] = row["submitted"].date()
    set_all(fault("REG-06"), status="已注销")
    listed(fault("REG-06"), "微信")[0].update(status="冻结")
    moved = control("在原商户名下已注销，在现商户名下报备成功")
    former = moved | {"merchant": merchants[57]}
    registrations += [registration(former, channel, "已注销", at(-40)) for channel in CHANNELS]
    ghost = {"serial": "000099999990", "merchant": merchants[3], "model": "X1"}
    registrations.append(registration(ghost, "微信", "报备成功", at(-90)))
    flagged.setdefault("REG-08", set()).add(ghost["serial"])
    typo = fault("REG-01")
    swapped = typo["serial"][:-2] + typo["serial"][-1] + typo["serial"][-2]
    set_all(typo, serial=swapped)
    flagged["REG-08"].add(swapped)

    # one device, one serial, one merchant
    shared = fault("ELE-01", "DUP-01", "ELE-03")
    devices.append(shared | {"merchant": merchants[20], "store": "MD020"})
    set_all(fault("ELE-03"), merchant_no=merchants[30]["no"])
    twice = fault("DUP-01")
    devices.append(twice | {"firmware": FIRMWARE[twice["model"]] + ".1"})

    # states that contradict each other
    fault("LIF-01").update(status="已撤机")
    fault("LIF-01").update(status="遗失")
    gone = control("已撤机，报备已注销，长期无心跳属正常")
    gone.update(status="已撤机", heartbeat=at(-300))
    set_all(gone, status="已注销")
    stock = control("库存设备，尚无报备属正常")
    stock.update(status="库存", heartbeat=None)
    unlist(stock)
    merchants[56].update(status="已注销")
    closed = fault("LIF-03")
    closed.update(merchant=merchants[56], store="MD056")
    set_all(closed, merchant_no=merchants[56]["no"])
    unknown = fault("LIF-05")
    unknown["merchant"] = merchants[0] | {"no": "898000099999999", "name": "查无此户"}
    set_all(unknown, merchant_no="898000099999999")

    # models, versions, certificates
    for model in ("X9", "X8"):  # out of support, out of production
        device = fault("DEV-03")
        device.update(model=model, vendor="星联终端", firmware="3.2.0")
        set_all(device, model=model)
    old = fault("DEV-04")
    old.update(firmware="2.9.11" if old["vendor"] == "星联终端" else "5.1.3")
    newer = control("3.10.0 高于 3.2.0，按文本比较会误判")
    newer.update(model="X2", vendor="星联终端", firmware="3.10.0")
    fault("DEV-06").update(certificate=AS_OF - timedelta(days=1))
    control("证书在审计日当天到期，尚未过期").update(certificate=AS_OF)

    # devices nobody hears from
    fault("HB-01").update(heartbeat=None)
    fault("HB-01").update(heartbeat=at(-12))
    fault("HB-01").update(heartbeat=at(-80))
    control("最近一次联机恰在 7 天前").update(heartbeat=at(-7))
    control("备机，长期不联机属正常").update(spare="是", heartbeat=at(-150))
    new = control("昨天刚装机，尚未上报心跳")
    new.update(installed=AS_OF - timedelta(days=1), heartbeat=None)

    # merchants
    merchants[40]["uscc"] = merchants[40]["uscc"][:-1] + ("0" if merchants[40]["uscc"][-1] != "0" else "1")
    merchants[41]["uscc"] = "000000100012345"
    flagged["MER-02"] = {merchants[40]["no"], merchants[41]["no"]}
    merchants[42]["licence"] = AS_OF - timedelta(days=1)
    merchants[43]["licence"] = date(2024, 2, 29)
    flagged["MER-04"] = {merchants[42]["no"], merchants[43]["no"]}
    merchants[44]["licence"] = AS_OF
    merchants[45]["licence"] = FOREVER
    merchants[59].update(status="已注销", licence=date(2020, 1, 1))
    merchants[46]["name"] = "=好运来（天河城店）"
    merchants[47]["name"] = "NULL"
    controls += [
        (merchants[44]["no"], "执照在审计日当天到期，尚未过期"),
        (merchants[45]["no"], "执照长期有效"),
        (merchants[59]["no"], "商户已注销，执照过期不再追究"),
        (merchants[46]["no"], "名称像公式，只是文字"),
        (merchants[47]["no"], "名称就叫 NULL"),
    ]
    return flagged, controls


def at(days: int) -> datetime:
    """A morning so many days from the audit date."""
    return datetime.combine(AS_OF + timedelta(days=days), time(9, 30))


def write_estate(
    folder: Path, devices: Sequence[Row], merchants: Sequence[Row], registrations: Sequence[Row]
) -> None:
    """The five kinds of file, each in the shape its sender would give it."""
    ledger = [device for device in devices if device["vendor"] == "星联终端"]
    export = [device for device in devices if device["vendor"] == "蓝湾科技"]
    save_workbook(folder / "星联_终端台账_20261121.xlsx", vendor_a(ledger), "终端台账", spare_sheet=True)
    save_text(folder / "蓝湾_设备导出_20261120.csv", vendor_b(export), "gb18030")
    save_workbook(folder / "商户资料_20261120.xlsx", merchant_sheet(merchants), "商户资料")
    save_text(folder / "报备清单_20261121.csv", registration_lines(registrations), "utf-8-sig")
    save_text(folder / "型号表.csv", model_lines(), "utf-8")
    save_text(folder / "政策表.csv", policy_lines(), "utf-8")


def vendor_a(devices: Sequence[Row]) -> list[list[Any]]:
    """A workbook with a title, an export line, a totals line and a note."""
    head = "终端序列号,终端型号,生产厂商,固件版本,商户编号,商户名称,门店编号,省份,城市,布放地址,装机日期"
    head += ",最近心跳时间,证书有效期,终端状态,备机"
    rows = []
    for d in devices:
        what = [d["serial"], d["model"], d["vendor"], d["firmware"]]
        state = [d["installed"], d["heartbeat"], d["certificate"], d["status"], d["spare"]]
        rows.append([*what, *merchant_cells(d), *state])
    return [
        ["星联终端设备台账"],
        ["导出时间：2026-11-21 06:00:00", None, None, "导出人：示例"],
        [],
        head.split(","),
        *rows,
        ["合计", len(devices)],
        ["备注：本表为虚构示例。"],
    ]


def merchant_cells(device: Row) -> list[Any]:
    """The merchant's part of a ledger row."""
    merchant = device["merchant"]
    names = ("province", "city", "address")
    return [merchant["no"], merchant["name"], device["store"], *(merchant[name] for name in names)]


def vendor_b(devices: Sequence[Row]) -> list[list[str]]:
    """A CSV with other headers, slashed dates and a tab glued to every number, as such exports have."""
    head = "SN,机型,厂家,系统版本,商户号,网点编号,省,市,安装地址,安装时间,最后在线时间,证书到期日,状态,备机"
    words = {"在用": "使用中", "库存": "库存中"}
    rows = []
    for d in devices:
        number, _, store, *place = merchant_cells(d)
        seen = f"{d['heartbeat']:%Y/%m/%d %H:%M:%S}" if d["heartbeat"] else ""
        dates = [f"{d['installed']:%Y/%m/%d}", seen, f"{d['certificate']:%Y/%m/%d}"]
        start = ["\t" + d["serial"], d["model"], d["vendor"], d["firmware"], "\t" + number, store]
        rows.append([*start, *place, *dates, words.get(d["status"], d["status"]), d["spare"]])
    return [head.split(","), *rows]


def merchant_sheet(merchants: Sequence[Row]) -> list[list[Any]]:
    """The merchant list."""
    head = "商户编号,商户名称,统一社会信用代码,法人姓名,联系电话,省份,城市,经营地址"
    head += ",MCC,营业执照有效期,商户状态,入网日期"
    names = [
        "no",
        "name",
        "uscc",
        "person",
        "phone",
        "province",
        "city",
        "address",
        "mcc",
        "licence",
        "status",
        "opened",
    ]
    return [head.split(","), *([merchant[name] for name in names] for merchant in merchants)]


def registration_lines(registrations: Sequence[Row]) -> list[list[Any]]:
    """The registration list, one row per device and channel."""
    head = "报备编号,终端序列号,商户编号,终端型号,渠道,报备状态,提交时间,审核时间,失败原因"
    names = ["serial", "merchant_no", "model", "channel", "status", "submitted", "decided", "reason"]
    rows = (
        [f"BB{number:08}", *("" if row[name] is None else row[name] for name in names)]
        for number, row in enumerate(registrations, start=1)
    )
    return [head.split(","), *rows]


def model_lines() -> list[list[Any]]:
    """The model table: invented values, to be replaced by one's own."""
    rows: list[list[Any]] = []
    for vendor, models in VENDORS.items():
        rows += [[vendor, model, MODELS[model], "2031-06-30", "2033-06-30"] for model in models]
    rows += [
        ["星联终端", "X9", "3.0.0", "2024-06-30", "2026-06-30"],
        ["星联终端", "X8", "3.0.0", "2026-06-30", "2029-06-30"],
    ]
    head = ["厂商", "型号", "最低固件版本", "停产日期", "停服日期", "数据日期", "来源"]
    return [head, *([*row, "2026-11-01", "示例数据，非真实型号信息"] for row in rows)]


def policy_lines() -> list[list[Any]]:
    """Two invented policies."""
    head = ["政策编号", "政策名称", "渠道", "生效日期", "截止日期", "要求", "来源"]
    return [
        head,
        ["ZC-01", "示例：更新终端布放地址", "微信", "2026-03-01", "2026-12-31", "重新报备", "示例数据"],
        ["ZC-02", "示例：补充终端定位信息", "", "2027-01-01", "2027-06-30", "字段必填", "示例数据"],
    ]


def write_troubled(folder: Path, devices: Sequence[Row], registrations: Sequence[Row]) -> None:
    """A small estate whose inputs are late, broken or missing."""
    folder.mkdir(exist_ok=True)
    ledger = [device for device in devices if device["vendor"] == "星联终端"]
    rows = vendor_a(ledger)
    save_workbook(folder / "星联_终端台账_1.xlsx", rows, "终端台账")
    whole = folder / "星联_终端台账_2.xlsx"
    save_workbook(whole, rows, "终端台账")
    whole.write_bytes(whole.read_bytes()[:4_000])
    export = [device for device in devices if device["vendor"] == "蓝湾科技"]
    without_merchant = [[cell for place, cell in enumerate(line) if place != 4] for line in vendor_b(export)]
    save_text(folder / "蓝湾_设备导出.csv", without_merchant, "gb18030")
    login = (
        "<!doctype html><html><head><title>登录</title></head><body>会话已过期，请重新登录</body></html>\n"
    )
    (folder / "商户资料.xlsx").write_text(login, encoding="utf-8")
    old = [["报备清单"], ["导出时间：2026-10-12 08:00:00"]]
    own = {device["serial"] for device in devices}
    kept = [row for row in registrations if row["serial"] in own]
    save_text(folder / "报备清单.csv", [*old, *registration_lines(kept)], "utf-8-sig")


def save_workbook(path: Path, rows: Iterable[Sequence[Any]], title: str, spare_sheet: bool = False) -> None:
    """A workbook as a vendor's system writes it: text as text, dates as dates."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # a name that looks like a formula is a name
    if spare_sheet:
        book.create_sheet("Sheet2")
    path.write_bytes(finish(book, {}, AS_OF))


def save_text(path: Path, rows: Iterable[Sequence[Any]], encoding: str) -> None:
    """A delimited text in an encoding."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


if __name__ == "__main__":
    main()
