"""Registrations whose device the ledger does not know."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.matching import LIVE
from audit.rules.model import Case, Category, Example, Explains, Owner, Rule, Severity, Texts

REG_08 = Rule(
    id="REG-08",
    subject=Subject.REGISTRATION,
    category=Category.MISMATCH,
    requires=("registrations.reg_status",),
    absence_of=("devices",),
    known=("reg_status",),
    cases=(
        Case(
            (nw.col("reg_status") == "registered") & ~nw.col("in_ledger"),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 有有效的{channel}报备（商户 {merchant_no}），但设备台账中没有该终端。",
                "Terminal {serial_no} has a valid {channel}registration (merchant {merchant_no}) "
                "but is not in the device ledger.",
            ),
        ),
    ),
    cause="2.1",
    owner=Owner.VENDOR,
    title=Texts("已报备但台账无此设备", "Registered but not in the ledger"),
    why=Texts(
        "台账缺少的终端不在任何检查范围内；也可能是序列号录错，另一台设备因此显示未报备。",
        "A terminal missing from the ledger is not covered by any check; or its serial number was mistyped, and another device therefore appears unregistered.",
    ),
    remedy=Texts(
        "请供应商核对：漏报的补入台账；录错的更正序列号；已不存在的由收单机构注销报备。",
        "Have the vendor check: if it was left out, add it to the ledger; if mistyped, correct the serial number; if it no longer exists, the acquirer cancels the "
        "registration.",
    ),
    expected=Texts("台账中有此终端", "present in the ledger"),
    actual=Texts("台账中无此终端", "absent from the ledger"),
    example=Example(
        rows=(
            {"serial_no": "E1", "reg_status": "registered", "in_ledger": False},
            {"serial_no": "E2", "reg_status": "registered", "in_ledger": True},
            {"serial_no": "E3", "reg_status": "cancelled", "in_ledger": False},
            {"serial_no": "E4", "reg_status": None, "in_ledger": False},
        ),
        flagged=(0,),
        unknown=(3,),
    ),
)

ELE_11 = Rule(
    id="ELE-11",
    subject=Subject.REGISTRATION,
    category=Category.MISMATCH,
    requires=("registrations.reg_status", "registrations.terminal_id", "registrations.serial_no"),
    absence_of=("devices",),
    applies=~nw.col("in_ledger"),
    known=("reg_status",),
    cases=(
        Case(
            LIVE & (nw.col("terminal_serials") > 1),
            Severity.HIGH,
            Texts(
                "商户 {merchant_no} 的终端号 {terminal_id} 在报备清单中登记了 {terminal_serials} 个序列号"
                "（{first_terminal_serial}、{last_terminal_serial}），其中 {serial_no} 不在台账中。",
                "Terminal number {terminal_id} of merchant {merchant_no} is registered with {terminal_serials} serial numbers ({first_terminal_serial}, "
                "{last_terminal_serial}), of which {serial_no} is not in the ledger.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("报备清单一机多码", "Several serials registered for one terminal number"),
    why=Texts(
        "一个终端号只能对应一台设备。换机后旧机报备未注销，旧机流失后可能被他人冒用收款。",
        "A terminal number may belong to one device only. If the old device's registration was not cancelled after a swap, a lost device could be used by others to "
        "take payments.",
    ),
    remedy=Texts(
        "确认该终端号现用设备，注销其余序列号的报备；现用设备不在台账的，补入台账。",
        "Confirm which device now uses the terminal number and cancel the registrations of the others; if that device is not in the ledger, add it.",
    ),
    expected=Texts("1 个序列号", "one serial"),
    actual=Texts("{terminal_serials} 个序列号", "{terminal_serials} serials"),
    explains=(
        Explains(
            "REG-08",
            own=("device_key", "channel", "merchant_no"),
            theirs=("device_key", "channel", "merchant_no"),
        ),
    ),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "E1",
                "merchant_no": "M1",
                "terminal_id": "T1",
                "reg_status": "registered",
                "in_ledger": False,
                "terminal_serials": 2,
                "first_terminal_serial": "E1",
                "last_terminal_serial": "E2",
            },
            {"serial_no": "E2", "reg_status": "registered", "in_ledger": True, "terminal_serials": 2},
            {"serial_no": "E3", "reg_status": "registered", "in_ledger": False},
            {"serial_no": "E4", "reg_status": "cancelled", "in_ledger": False, "terminal_serials": 2},
            {"serial_no": "E5", "in_ledger": False, "terminal_serials": 2},
        ),
        flagged=(0,),
        unknown=(4,),
    ),
)

RULES = (REG_08, ELE_11)
