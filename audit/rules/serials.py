"""DQ-01, DQ-04: devices whose serial is missing from the ledger, or lost its zeros on the way."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Explains, Owner, Rule, Severity, Texts

# 通联's registration interface demands a serial of types 02, 03, 04, 05, 06, 08, 09 and 10; 21 is a printed code
_TYPES_WITHOUT_SERIAL = ("01", "07", "11", "12", "13", "21")

DQ_01 = Rule(
    id="DQ-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.serial_no",),
    applies=nw.col("in_scope"),
    cases=(
        Case(
            nw.col("device_key").str.starts_with("tid:")
            & ~nw.col("device_type_code").fill_null("").is_in(list(_TYPES_WITHOUT_SERIAL))
            & ~nw.col("missing_fields").fill_null("").str.contains(",serial_no,", literal=True),
            Severity.LOW,
            Texts(
                "商户 {merchant_no} 终端号 {terminal_id} 的台账行没有序列号（第 {source_row} 行），只能按终端号核对。",
                "The ledger row for terminal number {terminal_id} of merchant {merchant_no} has no serial number (row {source_row}); it can only be checked by "
                "terminal number.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.VENDOR,
    title=Texts("序列号为空", "Serial number blank"),
    why=Texts(
        "没有序列号就无法确认现场是哪一台设备，换机、串机也看不出来。",
        "Without a serial number it is impossible to tell which device is on site, or whether it was swapped or mixed up.",
    ),
    remedy=Texts(
        "请供应商按实物补录序列号；确属不带序列号的码牌等，填写终端类型。",
        "Have the vendor add the serial number from the device; for QR plates and the like that have none, fill in the device type.",
    ),
    expected=Texts("填写序列号", "a serial number"),
    actual=Texts("空", "blank"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "merchant_no": "M1",
                "terminal_id": "00000011",
                "device_key": "tid:M1/00000011",
                "in_scope": True,
            },
            {"serial_no": "X2", "device_key": "sn:X2", "in_scope": True},
            {"device_key": "tusn:T3", "in_scope": True},
            {"device_key": "tid:M1/00000014", "in_scope": True, "device_type_code": "11"},
            {
                "device_key": "tid:M1/00000015",
                "in_scope": True,
                "device_type_code": "04",
                "missing_fields": ",serial_no,",
            },
            {"device_key": "tid:M1/00000016", "in_scope": True, "rejected": ",serial_no,"},
            {"device_key": "tid:M1/00000017", "in_scope": False},
        ),
        flagged=(0,),
        unknown=(5,),
    ),
)

DQ_04 = Rule(
    id="DQ-04",
    subject=Subject.DEVICE,
    category=Category.MISMATCH,
    requires=("devices.serial_no", "registrations.serial_no"),
    absence_of=("registrations", "devices"),
    applies=nw.col("in_scope"),
    cases=(
        Case(
            (nw.col("near_kind") == "lost_zeros") & (nw.col("near_candidates") == 1),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 没有报备记录，但清单中有 {near_serial}（商户 {near_merchant_no}），两者只差前导零。",
                "Terminal {serial_no} has no registration, but the list contains {near_serial} (merchant {near_merchant_no}); they differ only in leading zeros.",
            ),
        ),
        Case(
            nw.col("near_kind") == "lost_zeros",
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 没有报备记录，清单中有 {near_candidates} 条只差前导零，其一为 {near_serial}（商户 {near_merchant_no}）。",
                "Terminal {serial_no} has no registration; {near_candidates} entries in the list differ from it only in leading zeros, among them {near_serial} "
                "(merchant {near_merchant_no}).",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.VENDOR,
    title=Texts("前导零丢失", "Leading zeros lost"),
    why=Texts(
        "表格软件把编号当数字保存会丢掉前导零，设备因此被误认为未报备。",
        "A spreadsheet that stores an identifier as a number drops its leading zeros, and the device is mistaken for unregistered.",
    ),
    remedy=Texts(
        "请数据提供方把编号列以文本格式重新导出；核对实物后更正缺零的一方。",
        "Have the data supplier export the identifier columns again as text; check against the device and correct the list that lost the zeros.",
    ),
    expected=Texts("两边序列号一致", "the same serial on both sides"),
    actual=Texts("台账 {serial_no} / 报备 {near_serial}", "ledger {serial_no} / registration {near_serial}"),
    suggestion=Texts("{near_serial}", "{near_serial}"),
    explains=(
        Explains("REG-01"),
        Explains("REG-08", own=("near_device_key",)),
        Explains("ELE-02", own=("device_key", "near_serial"), theirs=("device_key", "reg_serial_no")),
    ),
    other="near",
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "1704488",
                "in_scope": True,
                "near_kind": "lost_zeros",
                "near_serial": "0001704488",
                "near_candidates": 1,
                "near_merchant_no": "M1",
                "near_device_key": "sn:0001704488",
            },
            {
                "serial_no": "52",
                "in_scope": True,
                "near_kind": "lost_zeros",
                "near_serial": "00052",
                "near_candidates": 2,
                "near_merchant_no": "M1",
                "near_device_key": "sn:00052",
            },
            {
                "serial_no": "WP0O12",
                "in_scope": True,
                "near_kind": "look_alike",
                "near_serial": "WP0012",
                "near_candidates": 1,
            },
            {"serial_no": "1704490", "in_scope": True},
            {"serial_no": "1704491", "near_kind": "lost_zeros", "near_candidates": 1},
        ),
        flagged=(0, 1),
        unknown=(4,),
    ),
)

RULES = (DQ_01, DQ_04)
