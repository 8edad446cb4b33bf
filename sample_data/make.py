"""Makes the invented estate of this folder. Nothing in it belongs to anybody.

    python sample_data/make.py

Devices are made correct; then at least one fault is planted for each rule about a row, and beside it
controls that come close and must be left alone. The same script gives the same bytes.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from estate import (  # noqa: E402 - it lies beside this script
    AS_OF,
    CHANNELS,
    FIRMWARE,
    FOREVER,
    Row,
    at,
    error_lines,
    export_of_b,
    inspection_lines,
    inspection_of,
    ledger_of_a,
    make_devices,
    make_merchants,
    merchant_sheet,
    model_lines,
    policy_lines,
    registration,
    registration_lines,
    registrations_of,
    save_text,
    save_workbook,
    training_lines,
    transaction_lines,
)


def main() -> None:
    """Write the estate, its troubled sister, and what the audit must find."""
    chance = random.Random(20261121)
    merchants = make_merchants(chance, 60)
    devices = make_devices(chance, merchants, 200)
    registrations = [row for device in devices for row in registrations_of(chance, device)]
    inspections = [inspection_of(chance, device) for device in devices]
    small = [device.copy() for device in devices[:12]]
    own = {device["serial"] for device in small[1:]}  # the first is in no list
    few = [row.copy() for row in registrations if row["serial"] in own]
    planting = Planting(devices, merchants, registrations, inspections)
    planting.plant()
    write_estate(HERE, planting)
    text = json.dumps(planting.expected, ensure_ascii=False, indent=2)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")
    write_troubled(HERE / "troubled", small, few)


class Planting:
    """One fault a rule, and next to it what must not be taken for one."""

    def __init__(
        self, devices: list[Row], merchants: list[Row], registrations: list[Row], inspections: list[Row]
    ) -> None:
        self.devices = devices
        self.merchants = merchants
        self.registrations = registrations
        self.inspections = inspections
        self.flagged: dict[str, set[str]] = {}
        self.controls: list[dict[str, str]] = []
        self._fresh = iter(list(devices))

    @property
    def expected(self) -> dict[str, Any]:
        """Per rule, the serials or merchant numbers it must flag; the controls, with the rule and why."""
        flagged = {rule: sorted(keys) for rule, keys in sorted(self.flagged.items())}
        return {"flagged": flagged, "controls": self.controls}

    def plant(self) -> None:
        """All of them."""
        self.registrations_missing_or_failed()
        self.registrations_late_or_orphaned()
        self.elements_that_differ()
        self.one_device_one_serial_one_merchant()
        self.states_that_contradict()
        self.models_versions_certificates()
        self.devices_nobody_hears_from()
        self.policies_and_inspections()
        self.cells_that_cannot_be_right()
        self.merchants_with_faults()

    def expect(self, key: str, *rules: str) -> None:
        for rule in rules:
            self.flagged.setdefault(rule, set()).add(key)

    def fault(self, *rules: str) -> Row:
        device = next(self._fresh)
        self.expect(device["serial"], *rules)
        return device

    def control(self, rule: str, why: str) -> Row:
        device = next(self._fresh)
        self.leave(device["serial"], rule, why)
        return device

    def leave(self, key: str, rule: str, why: str) -> None:
        self.controls.append({"key": key, "rule": rule, "why": why})

    def listed(self, device: Row, channel: str | None = None) -> list[Row]:
        own = [row for row in self.registrations if row["serial"] == device["serial"]]
        return [row for row in own if channel in (None, row["channel"])]

    def unlist(self, device: Row, channel: str | None = None) -> None:
        for row in self.listed(device, channel):
            self.registrations.remove(row)

    def register_as(self, device: Row, **values: Any) -> None:
        for row in self.listed(device):
            row.update(values)

    def hand_over(self, device: Row, merchant: Row) -> None:
        """Let a device, and its registrations, be of another merchant."""
        number = f"MD{self.merchants.index(merchant):03}" if merchant in self.merchants else "MD999"
        device.update(merchant=merchant, store=number, address=merchant["address"])
        self.register_as(device, merchant=merchant, address=merchant["address"])

    def of_model(self, device: Row, model: str, vendor: str, firmware: str) -> None:
        device.update(model=model, vendor=vendor, firmware=firmware)
        self.register_as(device, model=model)

    def registrations_missing_or_failed(self) -> None:
        """REG-01 to REG-04, REG-06."""
        self.unlist(self.fault("REG-01", "REG-02"), "微信")
        self.unlist(self.fault("REG-01"))
        self.listed(self.fault("REG-01", "REG-02"), "微信")[0].update(status="未报备", decided=None)
        self.register_as(self.fault("REG-03"), status="报备中", decided=None, submitted=at(-10))
        waiting = self.control("REG-03", "报备提交恰满 2 天，未超过 2 天")
        self.register_as(waiting, status="报备中", decided=None, submitted=at(-2))
        refused = self.listed(self.fault("REG-04"), "微信")[0]
        refused.update(status="报备失败", reason="商户名称与营业执照不一致")
        self.listed(self.fault("REG-04"), "支付宝")[0].update(status="审核不通过")
        later = self.control("REG-04", "先失败，后报备成功")
        for channel in CHANNELS:
            failed = registration(later, channel, "报备失败", at(-500), "资料不清晰")
            self.registrations.append(failed)
        self.register_as(self.fault("REG-06"), status="已注销")
        self.listed(self.fault("REG-06"), "微信")[0].update(status="冻结")
        moved = self.control("REG-06", "在原商户名下已注销，在现商户名下报备成功")
        former = moved | {"merchant": self.merchants[57]}
        self.registrations += [registration(former, channel, "已注销", at(-40)) for channel in CHANNELS]
        known = self.fault("REG-04", "SYS-02")
        self.listed(known, "微信")[0].update(status="报备失败", reason="T4 终端未登记，请联系收单行")
        self.fault("SYS-02").update(error="97 终端未登记,请联系收单行或银联")

    def registrations_late_or_orphaned(self) -> None:
        """REG-05, REG-07 to REG-10, TYP-02, DQ-04."""
        late = self.fault("REG-05")
        late.update(installed=AS_OF - timedelta(days=120), updated=at(-120))
        self.register_as(late, submitted=at(-40), decided=at(-38).date(), synced=at(-38))
        self.fault("REG-07").update(updated=at(-3))
        kept_up = self.control("REG-07", "台账变更后已同步报备")
        kept_up.update(updated=at(-3))
        self.register_as(kept_up, synced=at(-2))
        ghost = next(self._fresh) | {"serial": "000099999990", "terminal": "99999990"}
        self.registrations.append(registration(ghost, "微信", "报备成功", at(-90)))
        self.expect(ghost["serial"], "REG-08")
        unused = self.fault("REG-09")
        unused.update(status="未启用", installed=AS_OF - timedelta(days=45), heartbeat=None, traded=None)
        self.unlist(unused)
        double = self.fault("REG-10")
        rows = [row.copy() for row in self.listed(double)]
        self.register_as(double, serial="000099999991")
        self.registrations += [row | {"serial": "000099999992"} for row in rows]
        for serial in ("000099999991", "000099999992"):
            self.expect(serial, "ELE-11", "REG-08")
        typo = self.fault("TYP-02", "REG-01", "ELE-02")
        swapped = typo["serial"][:-2] + typo["serial"][-1] + typo["serial"][-2]
        self.register_as(typo, serial=swapped)
        self.expect(swapped, "REG-08")
        short = self.zeroed(self.fault("DQ-04", "REG-01", "ELE-02"))
        self.expect(short, "REG-08")

    def zeroed(self, device: Row) -> str:
        """Give a device a serial of digits whose zeros its registrations have lost."""
        serial = "000000777001"
        for rule in ("DQ-04", "REG-01", "ELE-02"):
            self.flagged[rule].discard(device["serial"])
            self.expect(serial, rule)
        self.register_as(device, serial=serial.lstrip("0"))
        for row in self.inspections:
            if row["device"] is device:
                row["serial"] = serial
        device["serial"] = serial
        return serial.lstrip("0")

    def elements_that_differ(self) -> None:
        """ELE-03 to ELE-09, TYP-01, TYP-03."""
        self.register_as(self.fault("ELE-03", "ELE-04", "ELE-05"), merchant=self.merchants[30])
        self.register_as(self.fault("ELE-04"), uscc=self.merchants[31]["uscc"])
        self.register_as(self.fault("ELE-05"), account="0000000000009999999")
        far = self.fault("ELE-06")
        self.register_as(far, address="海南省三亚市虚构路1号")
        near = self.fault("ELE-06")
        self.register_as(near, address=f"{near['merchant']['city']}虚构路901号")
        written = self.control("ELE-06", "同一地址，只是写法不同")
        self.register_as(written, address=f"{written['merchant']['province']} {written['address']}")
        self.register_as(self.fault("ELE-07"), acquirer="00000002")
        self.register_as(self.fault("ELE-08"), address="")
        self.register_as(self.fault("ELE-09"), terminal="88888888")
        self.register_as(self.fault("TYP-01"), type="MIS终端")
        self.fault("TYP-03").update(terminal="")

    def one_device_one_serial_one_merchant(self) -> None:
        """ELE-01, ELE-02, ELE-10, ELE-11, DUP-01, DUP-02."""
        other = self.merchants[20]
        shared = self.fault("ELE-01", "DUP-01", "ELE-03", "ELE-04", "ELE-05", "ELE-06")
        moved = {"merchant": other, "store": "MD020", "address": other["address"]}
        self.devices.append(shared | moved)
        twice = self.fault("DUP-01", "DUP-02")
        self.devices.append(twice | {"firmware": FIRMWARE[twice["model"]] + ".1"})
        replaced = self.fault("ELE-02", "REG-01")
        self.register_as(replaced, serial="000099999993")
        self.expect("000099999993", "REG-08")
        first = self.fault("ELE-10")
        second = self.fault("ELE-10", "ELE-09", "AUD-07")
        self.hand_over(second, first["merchant"])
        second["terminal"] = first["terminal"]
        self.register_as(second, terminal="77777777")

    def states_that_contradict(self) -> None:
        """LIF."""
        self.fault("LIF-01").update(status="已撤机")
        self.fault("LIF-01").update(status="遗失")
        gone = self.control("LIF-01", "已撤机，报备已注销，长期无心跳属正常")
        gone.update(status="已撤机", heartbeat=at(-300), traded=at(-300))
        self.register_as(gone, status="已注销")
        busy = self.fault("LIF-02")
        busy.update(status="库存", heartbeat=at(-1), traded=at(-1))
        self.unlist(busy)
        stock = self.control("LIF-02", "新到库存设备，尚无商户和报备属正常")
        nobody = dict.fromkeys(stock["merchant"], "")
        stock.update(status="库存", heartbeat=None, traded=None, merchant=nobody, store="", address="")
        stock.update(installed=None, bound="未绑定")
        self.unlist(stock)
        self.merchants[56].update(status="已注销")
        self.hand_over(self.fault("LIF-03"), self.merchants[56])
        self.fault("LIF-04").update(bound="未绑定")
        unknown = self.fault("LIF-05")
        self.hand_over(unknown, unknown["merchant"] | {"no": "898000054119999", "name": "查无此户"})

    def models_versions_certificates(self) -> None:
        """DEV."""
        for model in ("X9", "X8"):  # out of support, out of production
            self.of_model(self.fault("DEV-03"), model, "星联终端", "3.2.0")
        old = self.fault("DEV-04")
        old.update(firmware="2.9.11" if old["vendor"] == "星联终端" else "5.1.3")
        newer = self.control("DEV-04", "3.10.0 高于 3.2.0，按文本比较会误判")
        self.of_model(newer, "X2", "星联终端", "3.10.0")
        newer["type"] = "传统POS"
        self.register_as(newer, type="传统POS")
        self.fault("DEV-05").update(firmware="")
        self.fault("DEV-06").update(certificate=AS_OF - timedelta(days=1))
        today = self.control("DEV-06", "证书在审计日当天到期，尚未过期")
        today.update(certificate=AS_OF)
        self.expect(today["serial"], "DEV-02")
        self.fault("DEV-01").update(pts=date(2026, 4, 30))
        self.fault("DEV-07").update(sm="否")
        aged = self.fault("DEV-08")
        aged.update(made=date(2020, 3, 1))
        self.of_model(self.fault("DEV-09"), "Z1", "星联终端", "1.0.0")

    def devices_nobody_hears_from(self) -> None:
        """HB, DOR, TXN, RES."""
        new = self.fault("HB-01")
        new.update(installed=AS_OF - timedelta(days=30), updated=at(-30), heartbeat=None, traded=None)
        self.register_as(new, submitted=at(-29), decided=at(-28).date(), synced=at(-28))
        self.fault("HB-01").update(heartbeat=at(-12), traded=at(-12))
        self.fault("HB-01").update(heartbeat=at(-80), traded=at(-80))
        self.control("HB-01", "最近一次联机恰在 7 天前").update(heartbeat=at(-7), traded=at(-7))
        spare = self.control("HB-01", "备机，长期不联机属正常")
        spare.update(spare="是", heartbeat=at(-150), traded=at(-150))
        yesterday = self.control("HB-01", "昨天刚装机，尚未上报心跳")
        yesterday.update(installed=AS_OF - timedelta(days=1), updated=at(-1), heartbeat=None, traded=None)
        self.register_as(yesterday, submitted=at(-1), decided=AS_OF, synced=at(0))
        self.fault("DOR-01").update(traded=at(-120))
        self.control("DOR-01", "最近一笔交易恰在 90 天前").update(traded=at(-90))
        self.fault("DOR-02").update(traded=at(-400))
        self.fault("TXN-01").update(trades=400, failures=80)
        self.control("TXN-01", "失败率恰为 10%").update(trades=400, failures=40)
        alone = self.fault("REG-01", "REG-02")
        self.hand_over(alone, self.merchants[57])
        self.unlist(alone, "支付宝")
        self.expect(self.merchants[57]["no"], "RES-01")
        for _ in range(3):
            device = self.fault()
            self.hand_over(device, self.merchants[58])
            device.update(heartbeat=at(-3), traded=at(-3))
        self.expect(self.merchants[58]["no"], "HB-02")

    def policies_and_inspections(self) -> None:
        """POL, AUD-01, AUD-03, AUD-07."""
        for rules in (("POL-01",), ("POL-01", "POL-02"), ()):
            face = self.fault(*rules)
            face.update(type="刷脸付终端", installed=date(2026, 1, 10), updated=at(-315))
            face.update(made=date(2025, 12, 1))
            self.register_as(
                face, type="刷脸付终端", submitted=at(-314), decided=at(-312).date(), synced=at(-312)
            )
            if "POL-02" in rules:
                face["sim"] = ""
            if not rules:
                self.leave(face["serial"], "POL-01", "新规生效后已重新报备")
                for row in self.listed(face):
                    again = row | {"submitted": at(-100), "decided": at(-98).date(), "synced": at(-98)}
                    self.registrations.append(again)
                face.update(installed=date(2026, 8, 1), updated=at(-112))
        long_ago = self.inspected(self.fault("AUD-01"))
        long_ago["on"] = AS_OF - timedelta(days=400)
        never = self.fault("AUD-01")
        self.inspections.remove(self.inspected(never))
        never.update(
            installed=AS_OF - timedelta(days=470), updated=at(-470), made=AS_OF - timedelta(days=600)
        )
        self.register_as(never, submitted=at(-469), decided=at(-467).date(), synced=at(-467))
        self.inspected(self.fault("AUD-03")).update(result="异常", issue="封签破损")
        mended = self.control("AUD-03", "巡检异常，复检合格")
        first = self.inspected(mended) | {
            "on": AS_OF - timedelta(days=220),
            "result": "异常",
            "issue": "无法联网",
        }
        self.inspections.append(first)
        self.inspected(self.fault("AUD-07")).update(serial="000099999994")

    def inspected(self, device: Row) -> Row:
        return next(row for row in self.inspections if row["device"] is device)

    def cells_that_cannot_be_right(self) -> None:
        """DQ."""
        nameless = next(self._fresh)
        nameless["serial"] = ""
        self.expect(nameless["merchant"]["no"], "TYP-03")
        odd = self.fault("DQ-02")
        odd["terminal"] = "123"
        self.register_as(odd, terminal="123")
        future = self.fault("DQ-06")
        future.update(installed=date(2027, 3, 1))

    def merchants_with_faults(self) -> None:
        """MER."""
        merchants = self.merchants
        first, last = merchants[40]["uscc"][:-1], merchants[40]["uscc"][-1]
        merchants[40]["uscc"] = first + ("0" if last != "0" else "1")
        merchants[41]["uscc"] = "000000100012345"
        merchants[42]["licence"] = AS_OF - timedelta(days=1)
        merchants[43]["licence"] = date(2024, 2, 29)
        merchants[48]["licence"] = AS_OF + timedelta(days=30)
        merchants[55].update(person="", account="")
        person_id = merchants[50]["person_id"]
        merchants[50]["person_id"] = person_id[:-1] + ("0" if person_id[-1] != "0" else "1")
        merchants[51]["person_id_expiry"] = AS_OF - timedelta(days=10)
        merchants[52]["phone"] = ""
        merchants[53]["authorised"] = "未授权"
        merchants[54]["mcc"] = "5812"
        for rule, numbers in {
            "MER-01": (55,),
            "MER-02": (40, 41),
            "MER-03": (50,),
            "MER-04": (42, 43),
            "MER-05": (51,),
            "MER-06": (52,),
            "MER-07": (53,),
            "MER-08": (54,),
            "MER-09": (44, 48),
        }.items():
            for number in numbers:
                self.expect(merchants[number]["no"], rule)
        merchants[44]["licence"] = AS_OF
        merchants[45]["licence"] = FOREVER
        merchants[59].update(status="已注销", licence=date(2020, 1, 1))
        merchants[46]["name"] = "=好运来（天河城店）"
        merchants[47]["name"] = "NULL"
        self.leave(merchants[44]["no"], "MER-04", "执照在审计日当天到期，尚未过期")
        self.leave(merchants[45]["no"], "MER-04", "执照长期有效")
        self.leave(merchants[59]["no"], "MER-04", "商户已注销，执照过期不再追究")
        self.leave(merchants[46]["no"], "MER-01", "名称像公式，只是文字")
        self.leave(merchants[47]["no"], "MER-01", "名称就叫 NULL")


def write_estate(folder: Path, planting: Planting) -> None:
    """Each kind of file, in the shape its sender would give it."""
    ledger = [device for device in planting.devices if device["vendor"] == "星联终端"]
    export = [device for device in planting.devices if device["vendor"] == "蓝湾科技"]
    save_workbook(folder / "星联_终端台账_20261121.xlsx", ledger_of_a(ledger), "终端台账", spare_sheet=True)
    save_text(folder / "蓝湾_设备导出_20261120.csv", export_of_b(export), "gb18030")
    save_workbook(folder / "商户资料_20261120.xlsx", merchant_sheet(planting.merchants), "商户资料")
    save_text(folder / "报备清单_20261121.csv", registration_lines(planting.registrations), "utf-8-sig")
    save_text(folder / "巡检记录_20261120.csv", inspection_lines(planting.inspections), "gb18030")
    save_text(folder / "交易汇总_20261121.csv", transaction_lines(planting.devices), "utf-8-sig")
    save_text(folder / "培训记录.csv", training_lines(), "utf-8")
    save_text(folder / "错误提示.csv", error_lines(), "utf-8")
    save_text(folder / "型号表.csv", model_lines(), "utf-8")
    save_text(folder / "政策表.csv", policy_lines(), "utf-8")


def write_troubled(folder: Path, devices: Sequence[Row], registrations: Sequence[Row]) -> None:
    """A small estate whose inputs are late, broken or missing, or have cells nobody can read."""
    folder.mkdir(exist_ok=True)
    devices[0]["tusn"] = 12345678901234567  # a number of 17 digits is not kept exactly
    registrations[0]["status"] = "待补充"
    rows = ledger_of_a([device for device in devices if device["vendor"] == "星联终端"])
    save_workbook(folder / "星联_终端台账_1.xlsx", rows, "终端台账")
    whole = folder / "星联_终端台账_2.xlsx"
    save_workbook(whole, rows, "终端台账")
    whole.write_bytes(whole.read_bytes()[:4_000])
    export = export_of_b([device for device in devices if device["vendor"] == "蓝湾科技"])
    merchant = export[0].index("商户号")
    without_merchant = [[cell for place, cell in enumerate(line) if place != merchant] for line in export]
    save_text(folder / "蓝湾_设备导出.csv", without_merchant, "gb18030")
    login = (
        "<!doctype html><html><head><title>登录</title></head><body>会话已过期，请重新登录</body></html>\n"
    )
    (folder / "商户资料.xlsx").write_text(login, encoding="utf-8")
    old = [["报备清单"], ["导出时间：2026-10-12 08:00:00"]]
    save_text(folder / "报备清单.csv", [*old, *registration_lines(registrations)], "utf-8-sig")


if __name__ == "__main__":
    main()
