"""The same thing twice in the ledger: a serial, or a terminal number."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Explains, Owner, Rule, Severity, Texts, unread

# a device is known by its serial, and by its TUSN where it has none
SERIAL_UNREAD = unread("serial_no") | (nw.col("serial_no").is_null() & unread("tusn"))
_PAIR = {"in_scope": True, "merchant_no": "M1", "terminal_id": "T1"}
_ONE_SERIAL = nw.col("first_terminal_serial").is_null() | (
    nw.col("first_terminal_serial") == nw.col("last_terminal_serial")
)

DUP_01 = Rule(
    id="DUP-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=(),
    one_of=(("devices.serial_no",), ("devices.tusn",)),
    either=True,
    applies=nw.col("in_scope"),
    unsure=SERIAL_UNREAD,
    cases=(
        Case(  # whose content nobody compared
            (nw.col("serial_rows") > 1) & (nw.col("source_file") != nw.col("twin_source_file")),
            Severity.HIGH,
            Texts(
                "序列号 {serial_no} 在台账中出现 {serial_rows} 次，不止在一个文件中。",
                "Serial number {serial_no} appears {serial_rows} times in the ledger, in more than one file.",
            ),
            actual=Texts("不止一个文件中共 {serial_rows} 行", "{serial_rows} rows in more than one file"),
        ),
        Case(
            nw.col("serial_rows") > 1,
            Severity.HIGH,
            Texts(
                "序列号 {serial_no} 在台账中出现 {serial_rows} 次，且内容不同。",
                "Serial {serial_no} appears {serial_rows} times in the ledger, with different content.",
            ),
        ),
        Case(
            nw.col("copies") > 1,
            Severity.LOW,
            Texts(
                "序列号 {serial_no} 在台账中有 {copies} 行完全相同。",
                "Serial {serial_no} appears in {copies} identical rows of the ledger.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.VENDOR,
    title=Texts("序列号重复", "Duplicate serial number"),
    why=Texts(
        "同一序列号多行记录，无法判断哪一行是真的，统计也会偏多。",
        "With several rows for one serial number it is unclear which one is correct, and counts are too high.",
    ),
    remedy=Texts(
        "请供应商核对实物序列号，保留正确的一行，更正或删除其余。",
        "Have the vendor check the serial numbers on the devices, keep the correct row, and correct or delete the others.",
    ),
    expected=Texts("1 行", "1 row"),
    actual=Texts(
        "内容不同 {serial_rows} 行 / 本行 {copies} 份",
        "{serial_rows} rows that differ / this one {copies} times",
    ),
    other="twin",
    explains=(Explains("DUP-02"),),
    example=Example(
        rows=(
            {"serial_no": "P1", "in_scope": True, "serial_rows": 2, "copies": 1},
            {"serial_no": "P2", "in_scope": True, "copies": 1},
            {"serial_no": "P3", "in_scope": True, "copies": 3},
            {"serial_no": "P4", "in_scope": False, "serial_rows": 2, "copies": 1},
            {"tusn": "T5", "in_scope": True, "serial_rows": 2, "copies": 1},
            {"in_scope": True, "rejected": ",serial_no,", "copies": 1},
            {"serial_no": "P7", "in_scope": True, "rejected": ",tusn,", "copies": 1},
            {
                "serial_no": "P8",
                "in_scope": True,
                "serial_rows": 2,
                "copies": 1,
                "source_file": "east.csv",
                "twin_source_file": "west.csv",
            },
        ),
        flagged=(0, 2, 4, 7),
        unknown=(5,),
    ),
)

DUP_02 = Rule(
    id="DUP-02",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.merchant_no", "devices.terminal_id"),
    applies=nw.col("in_scope"),
    cases=(
        Case(
            (nw.col("terminal_rows") > 1) & _ONE_SERIAL,
            Severity.HIGH,
            Texts(
                "商户 {merchant_no} 的终端号 {terminal_id} 在台账中出现 {terminal_rows} 次，序列号相同或空缺，其余内容不同。",
                "Terminal number {terminal_id} of merchant {merchant_no} appears {terminal_rows} times in the ledger, with the same serial number or none but "
                "otherwise different content.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.ACQUIRER,
    title=Texts("终端号重复", "Duplicate terminal number"),
    why=Texts(
        "终端号在同一商户内应当唯一；重复时无法判断哪一行是真的，报备与交易也可能对错设备。",
        "A terminal number must be unique within a merchant; if it is listed twice, it is unclear which row is correct, and registrations and transactions may be "
        "matched to the wrong device.",
    ),
    remedy=Texts(
        "核对绑定关系：同一台设备的保留一行；确为两台的，重新分配终端号并补全序列号。",
        "Check the binding: if it is one device, keep one row; if there really are two, assign a new terminal number and add the serial numbers.",
    ),
    expected=Texts("1 行", "1 row"),
    actual=Texts("{terminal_rows} 行", "{terminal_rows} rows"),
    other="terminal_twin",
    since="0.2.0",
    example=Example(
        rows=(
            {**_PAIR, "terminal_rows": 2},
            {
                **_PAIR,
                "serial_no": "P2",
                "terminal_rows": 3,
                "first_terminal_serial": "P2",
                "last_terminal_serial": "P2",
            },
            {
                **_PAIR,
                "serial_no": "P3",
                "terminal_rows": 2,
                "first_terminal_serial": "P3",
                "last_terminal_serial": "P4",
            },
            {**_PAIR, "serial_no": "P5"},
            {**_PAIR, "terminal_rows": 2, "in_scope": False},
            {**_PAIR, "terminal_rows": 2, "in_scope": None},
        ),
        flagged=(0, 1),
        unknown=(5,),
    ),
)

ELE_10 = Rule(
    id="ELE-10",
    subject=Subject.DEVICE,
    category=Category.MISMATCH,
    requires=("devices.merchant_no", "devices.terminal_id", "devices.serial_no"),
    applies=nw.col("in_scope"),
    cases=(
        Case(
            (nw.col("terminal_rows") > 1) & ~_ONE_SERIAL,
            Severity.CRITICAL,
            Texts(
                "商户 {merchant_no} 的终端号 {terminal_id} 在台账中对应多个序列号：{first_terminal_serial}、{last_terminal_serial}。",
                "Terminal number {terminal_id} of merchant {merchant_no} has several serials in the ledger: "
                "{first_terminal_serial}, {last_terminal_serial}.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.VENDOR,
    title=Texts("台账一机多码", "Several devices on one terminal number"),
    why=Texts(
        "一个终端号只能对应一台设备。多台共用时报备只认其中一台，其余等于未报备，多为换机后旧机未登记撤机。",
        "A terminal number may belong to one device only. If several share it, only one of them is registered; usually a device was swapped and the old one was not "
        "recorded as removed.",
    ),
    remedy=Texts(
        "请供应商核对机身：已换下的旧机登记为撤机；确有多台在用的，由收单机构分别分配终端号并报备。",
        "Have the vendor check the devices: record the one swapped out as retired. If several are actually in use, the acquirer assigns each its own terminal number "
        "and registers it.",
    ),
    expected=Texts("1 个序列号", "one serial"),
    actual=Texts(
        "{first_terminal_serial}、{last_terminal_serial}", "{first_terminal_serial}, {last_terminal_serial}"
    ),
    other="terminal_twin",
    explains=(Explains("ELE-02"), Explains("AUD-07")),
    since="0.2.0",
    example=Example(
        rows=(
            {
                **_PAIR,
                "serial_no": "P1",
                "terminal_rows": 2,
                "first_terminal_serial": "P1",
                "last_terminal_serial": "P2",
            },
            {
                **_PAIR,
                "serial_no": "P3",
                "terminal_rows": 2,
                "first_terminal_serial": "P3",
                "last_terminal_serial": "P3",
            },
            {**_PAIR, "terminal_rows": 2},
            {**_PAIR, "serial_no": "P5"},
            {
                **_PAIR,
                "serial_no": "P6",
                "in_scope": None,
                "terminal_rows": 2,
                "first_terminal_serial": "P6",
                "last_terminal_serial": "P7",
            },
        ),
        flagged=(0,),
        unknown=(4,),
    ),
)

RULES = (DUP_01, DUP_02, ELE_10)
