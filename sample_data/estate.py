"""An invented estate without a fault, and the files its vendors would send."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from stdnum.cn import ric, uscc

from audit.report.xlsxfile import finish

AS_OF = date(2026, 11, 21)
VENDORS = {"星联终端": ("X1", "X2"), "蓝湾科技": ("LW-30", "LW-50")}
MODELS = {"X1": "3.2.0", "X2": "3.2.0", "LW-30": "5.1.4", "LW-50": "5.1.4"}
TYPES = {"X1": "智能POS", "X2": "传统POS", "LW-30": "智能POS", "LW-50": "条码支付受理终端"}
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
ACQUIRER = "00000001"
Row = dict[str, Any]


def at(days: int) -> datetime:
    """A morning so many days from the audit date."""
    return datetime.combine(AS_OF + timedelta(days=days), time(9, 30))


def make_merchants(chance: random.Random, count: int) -> list[Row]:
    """Merchants without a fault. Codes and citizen numbers check, but lie in no division that exists."""
    rows = []
    for number in range(count):
        province, city = PLACES[number % len(PLACES)]
        code = f"92000000MA{number:06}X"
        person = f"11999919000101{number:03}"
        rows.append(
            {
                "no": f"89800005411{number:04}",
                "name": f"{city[:2]}{NAMES[number % 10]}{SHOPS[number // 6 % 10]}",
                "uscc": code + uscc.calc_check_digit(code),
                "person": f"虚拟{NAMES[number % 10][0]}",
                "person_id": person + ric.calc_check_digit(person + "0"),
                "person_id_expiry": AS_OF + timedelta(days=chance.randrange(200, 4_000)),
                "account": f"00000000000{number:08}",
                "phone": f"1000000{number:04}",
                "province": province,
                "city": city,
                "address": f"{city}虚构路{chance.randrange(1, 900)}号",
                "mcc": "5411",
                "licence": FOREVER
                if number % 5 == 0
                else AS_OF + timedelta(days=chance.randrange(200, 3_000)),
                "authorised": "已授权",
                "channel_no": f"1900{number:06}",
                "risk": "低",
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
        merchant = merchants[number * 5 % 56]  # the last four merchants are kept for special cases
        installed = AS_OF - timedelta(days=chance.randrange(60, 480))
        serial = f"{number * 37 + 10_000:012}" if number % 2 == 0 else f"LW{number * 7_919 + 1_000_000:010X}"
        seen = datetime.combine(
            AS_OF, time(chance.randrange(0, 6), chance.randrange(60), chance.randrange(60))
        )
        rows.append(
            {
                "serial": serial,
                "tusn": f"0000{number:016}",
                "terminal": f"{number + 1:08}",
                "type": TYPES[model],
                "model": model,
                "vendor": vendor,
                "firmware": FIRMWARE[model],
                "merchant": merchant,
                "store": f"MD{merchants.index(merchant):03}",
                "address": merchant["address"],
                "acquirer": ACQUIRER,
                "made": installed - timedelta(days=90),
                "installed": installed,
                "updated": datetime.combine(installed, time(9, 0)),
                "heartbeat": seen,
                "traded": seen,
                "certificate": AS_OF + timedelta(days=chance.randrange(200, 1_800)),
                "pts": date(2032, 4, 30),
                "sm": "是",
                "sim": f"8986000000{number:010}",
                "bound": "已绑定",
                "error": "",
                "status": "在用",
                "spare": "否",
                "trades": chance.randrange(200, 2_000),
                "failures": chance.randrange(0, 10),
                "amount": chance.randrange(5_000, 90_000),
            }
        )
    return rows


def registrations_of(chance: random.Random, device: Row) -> list[Row]:
    """The device's registrations: submitted at installation, confirmed two days later, in every channel."""
    submitted = datetime.combine(device["installed"], time(10, chance.randrange(60)))
    return [registration(device, channel, "报备成功", submitted) for channel in CHANNELS]


def registration(device: Row, channel: str, status: str, submitted: datetime, reason: str = "") -> Row:
    """One row of the registration list; the merchant's own numbers are looked up when it is written."""
    open_yet = status in ("报备中", "未报备")
    decided = None if open_yet else submitted + timedelta(days=2)
    return {
        "serial": device["serial"],
        "terminal": device["terminal"],
        "merchant": device["merchant"],
        "type": device["type"],
        "model": device["model"],
        "channel": channel,
        "status": status,
        "submitted": submitted,
        "decided": decided.date() if decided else None,
        "synced": decided or submitted,
        "acquirer": device["acquirer"],
        "uscc": None,
        "account": None,
        "address": device["address"],
        "reason": reason,
    }


def inspection_of(chance: random.Random, device: Row) -> Row:
    """The device's last inspection, on which nothing was wrong."""
    return {
        "device": device,
        "serial": device["serial"],
        "terminal": device["terminal"],
        "on": AS_OF - timedelta(days=chance.randrange(10, 200)),
        "result": "良好",
        "issue": "",
    }


def ledger_of_a(devices: Sequence[Row]) -> list[list[Any]]:
    """A workbook with a title, an export line, a totals line and a note."""
    head = "终端序列号,银联终端序列号,终端号,终端类型,终端型号,生产厂商,固件版本,商户编号,商户名称,门店编号,省份,城市"
    head += ",布放地址,收单机构代码,出厂日期,装机日期,更新时间,最近心跳时间,最近交易时间,证书有效期,PTS到期日,国密"
    head += ",SIM卡号,绑定状态,最近错误信息,终端状态,备机"
    rows = []
    for d in devices:
        merchant = d["merchant"]
        what = [d["serial"], d["tusn"], d["terminal"], d["type"], d["model"], d["vendor"], d["firmware"]]
        where = [merchant["no"], merchant["name"], d["store"], merchant["province"], merchant["city"]]
        when = [d["made"], d["installed"], d["updated"], d["heartbeat"], d["traded"], d["certificate"]]
        state = [d["pts"], d["sm"], d["sim"], d["bound"], d["error"], d["status"], d["spare"]]
        rows.append([*what, *where, d["address"], d["acquirer"], *when, *state])
    return [
        ["星联终端设备台账"],
        ["导出时间：2026-11-21 06:00:00", None, None, "导出人：示例"],
        [],
        head.split(","),
        *rows,
        ["合计", len(devices)],
        ["备注：本表为虚构示例。"],
    ]


def export_of_b(devices: Sequence[Row]) -> list[list[str]]:
    """A CSV with other headers, slashed dates and a tab glued to every number, as such exports have."""
    head = "SN,终端编号,设备类型,机型,厂家,系统版本,商户号,网点编号,省,市,安装地址,受理机构代码,生产日期,安装时间"
    head += ",修改时间,最后在线时间,最后交易时间,证书到期日,PCI到期日,是否支持国密,流量卡号,设备绑定状态,错误信息,状态,备机"
    words = {"在用": "使用中", "库存": "库存中"}
    rows = []
    for d in devices:
        merchant = d["merchant"]
        what = [glued(d["serial"]), glued(d["terminal"]), d["type"], d["model"], d["vendor"], d["firmware"]]
        where = [glued(merchant["no"]), d["store"], merchant["province"], merchant["city"], d["address"]]
        when = [slashed(d[name]) for name in ("made", "installed", "updated", "heartbeat", "traded")]
        until = [slashed(d["certificate"]), slashed(d["pts"])]
        state = [d["sm"], glued(d["sim"]), d["bound"], d["error"], words.get(d["status"], d["status"])]
        rows.append([*what, *where, d["acquirer"], *when, *until, *state, d["spare"]])
    return [head.split(","), *rows]


def glued(number: str) -> str:
    """A number as a system writes it that wants no spreadsheet to shorten it."""
    return "\t" + number if number else ""


def slashed(day: date | datetime | None) -> str:
    """2026/11/20, with the time where there is one."""
    if day is None:
        return ""
    return f"{day:%Y/%m/%d %H:%M:%S}" if isinstance(day, datetime) else f"{day:%Y/%m/%d}"


def merchant_sheet(merchants: Sequence[Row]) -> list[list[Any]]:
    """The merchant list."""
    head = "商户编号,商户名称,统一社会信用代码,法人姓名,法人证件号码,法人证件失效日期,结算账号,联系电话,省份,城市,经营地址"
    head += ",MCC,营业执照有效期,授权状态,微信子商户号,商户风险等级,商户状态,入网日期"
    names = ["no", "name", "uscc", "person", "person_id", "person_id_expiry", "account", "phone", "province"]
    names += ["city", "address", "mcc", "licence", "authorised", "channel_no", "risk", "status", "opened"]
    return [head.split(","), *([merchant[name] for name in names] for merchant in merchants)]


def registration_lines(registrations: Sequence[Row]) -> list[list[Any]]:
    """The registration list, one row per device and channel."""
    head = "报备编号,终端序列号,终端号,商户编号,终端类型,终端型号,渠道,报备状态,提交时间,审核时间,同步时间,收单机构代码"
    head += ",统一社会信用代码,结算账号,布放地址,失败原因"
    rows = []
    for number, row in enumerate(registrations, start=1):
        merchant = row["merchant"]
        own = {name: row[name] or merchant[name] for name in ("uscc", "account")}
        cells = [row["serial"], row["terminal"], merchant["no"], row["type"], row["model"], row["channel"]]
        cells += [row["status"], row["submitted"], row["decided"], row["synced"], row["acquirer"]]
        cells += [own["uscc"], own["account"], row["address"], row["reason"]]
        rows.append([f"BB{number:08}", *("" if cell is None else cell for cell in cells)])
    return [head.split(","), *rows]


def inspection_lines(inspections: Sequence[Row]) -> list[list[Any]]:
    """The inspection log."""
    head = "商户编号,终端号,设备号,巡检日期,客户经理工号,巡检结果,问题描述"
    rows = []
    for row in inspections:
        where = [row["device"]["merchant"]["no"], row["terminal"], row["serial"]]
        rows.append([*where, row["on"], "KH001", row["result"], row["issue"]])
    return [head.split(","), *rows]


def transaction_lines(devices: Sequence[Row]) -> list[list[Any]]:
    """What each device took in the last 30 days."""
    head = ["终端序列号", "统计截止日期", "交易金额", "交易笔数", "失败笔数"]
    used = {d["serial"]: d for d in devices if d["serial"] and d["status"] == "在用"}
    return [head, *([key, AS_OF, d["amount"], d["trades"], d["failures"]] for key, d in used.items())]


def model_lines() -> list[list[Any]]:
    """The model table: invented values, to be replaced by one's own."""
    rows: list[list[Any]] = []
    for vendor, models in VENDORS.items():
        rows += [[vendor, model, MODELS[model], "2031-06-30", "2033-06-30", "2025-01-01"] for model in models]
    rows += [
        ["星联终端", "X9", "3.0.0", "2024-06-30", "2026-06-30", ""],
        ["星联终端", "X8", "3.0.0", "2026-06-30", "2029-06-30", ""],
    ]
    head = ["厂商", "型号", "最低固件版本", "停产日期", "停服日期", "国密要求起始日", "数据日期", "来源"]
    return [head, *([*row, "2026-11-01", "示例数据，非真实型号信息"] for row in rows)]


def policy_lines() -> list[list[Any]]:
    """Three invented policies: one to register again, one to fill in a field, one to come."""
    head = ["政策编号", "政策名称", "渠道", "终端类型", "生效日期", "截止日期", "要求", "字段", "来源"]
    faces, until, source = "刷脸付终端", "2026-12-31", "示例数据"
    again = ["ZC-01", "示例：刷脸付终端重新报备", "微信", faces, "2026-03-01", until, "重新报备", "", source]
    filled = [
        "ZC-02",
        "示例：刷脸付终端登记SIM卡号",
        "",
        faces,
        "2026-06-01",
        until,
        "字段必填",
        "iccid",
        source,
    ]
    coming = [
        "ZC-03",
        "示例：补充终端定位信息",
        "",
        "",
        "2027-01-01",
        "2027-06-30",
        "字段必填",
        "longitude",
        source,
    ]
    return [head, again, filled, coming]


def training_lines() -> list[list[Any]]:
    """Who was trained in what, and until when it counts."""
    head = ["培训主题", "培训日期", "有效期至", "参训人", "部门", "考核结果"]
    return [
        head,
        ["终端报备流程", "2026-09-15", "2027-09-14", "示例甲", "运营一部", "合格"],
        ["终端报备流程", "2025-08-01", "2026-07-31", "示例乙", "运营二部", "合格"],
        ["设备异常处理", "2026-03-10", "2027-03-09", "示例甲", "运营一部", "合格"],
    ]


def error_lines() -> list[list[Any]]:
    """Messages of terminals and platforms, and the statement of the article each points to."""
    head = ["错误提示", "原因", "处理办法", "来源"]
    return [
        head,
        ["设备未报备", "1.3", "提交终端报备", "示例"],
        ["终端未登记", "1.3", "核对终端号后向收单机构登记", "示例"],
        ["终端未启用", "2.3", "按流程启用终端", "示例"],
        ["签到过期", "6.4", "检查网络后重新签到", "示例"],
    ]


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
    path.write_bytes(_packed_by_zlib(finish(book, {}, AS_OF)))


def _packed_by_zlib(workbook: bytes) -> bytes:
    """The same parts; what ISA-L makes of them may depend on the processor, and the samples are committed."""
    target = io.BytesIO()
    with ZipFile(io.BytesIO(workbook)) as made, ZipFile(target, "w") as archive:
        for part in made.infolist():
            entry = ZipInfo(part.filename, part.date_time)
            entry.external_attr, entry.compress_type = part.external_attr, ZIP_DEFLATED
            archive.writestr(entry, made.read(part))
    return target.getvalue()


def save_text(path: Path, rows: Iterable[Sequence[Any]], encoding: str) -> None:
    """A delimited text in an encoding."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
