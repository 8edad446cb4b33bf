"""LIF: states that cannot both be true."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import DAYS, Case, Category, Example, Owner, Rule, Severity, Texts, Threshold

LIF_01 = Rule(
    id="LIF-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.terminal_status", "registrations.reg_status"),
    applies=nw.col("terminal_status").is_in(["retired", "lost"]),
    known=("registered_rows",),
    unsure=(nw.col("registered_rows") == 0) & nw.col("registration_unread"),
    cases=(
        Case(
            nw.col("registered_rows") > 0,
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 台账状态为“{terminal_status}”，但仍有 {registered_rows} 条有效报备。",
                "Terminal {serial_no} is {terminal_status} in the ledger but still has {registered_rows} valid registration(s).",
            ),
        ),
    ),
    cause="2.3",
    owner=Owner.ACQUIRER,
    title=Texts("已撤机或遗失，报备未注销", "Retired or lost, still registered"),
    why=Texts(
        "已撤回或遗失的终端若保持报备有效，可能被他人冒用收款。",
        "If a retired or lost terminal stays registered, others may use it to take payments.",
    ),
    remedy=Texts(
        "向各渠道注销该终端的报备；设备其实在用的，更正台账状态。",
        "Cancel this terminal's registration with every channel; if the device is in fact in use, correct its status in the ledger.",
    ),
    expected=Texts("报备已注销", "registration cancelled"),
    actual=Texts("{registered_rows} 条有效报备", "{registered_rows} valid registration(s)"),
    other="registered",
    example=Example(
        rows=(
            {"serial_no": "H1", "terminal_status": "retired", "registered_rows": 1},
            {"serial_no": "H2", "terminal_status": "lost", "registered_rows": 2},
            {"serial_no": "H3", "terminal_status": "retired", "registered_rows": 0},
            {"serial_no": "H4", "terminal_status": "active", "registered_rows": 1},
            {"serial_no": "H5", "terminal_status": None, "registered_rows": 1},
            {
                "serial_no": "H6",
                "terminal_status": "lost",
                "registered_rows": 0,
                "registration_unread": True,
            },
        ),
        flagged=(0, 1),
        unknown=(4, 5),
    ),
)

# a sign of life from before a device came into stock says nothing about it there
_SINCE_STOCKED = {
    name: nw.col("stock_in_date").is_null() | (nw.col(name).cast(nw.Date) > nw.col("stock_in_date"))
    for name in ("last_txn_at", "last_contact_at")
}

LIF_02 = Rule(
    id="LIF-02",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.terminal_status",),
    applies=nw.col("terminal_status").is_in(["stock", "repair"]),
    unsure=nw.col("last_txn_at").is_null() & nw.col("last_contact_at").is_null(),
    thresholds=(
        Threshold(
            "days",
            7,
            DAYS,
            Texts(
                "运营经验值：出入库、送修登记最迟一周内完成",
                "operating practice: stock and repair movements are recorded within a week",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: (
                (nw.col("last_txn_at") >= night.start_of(night["days"])) & _SINCE_STOCKED["last_txn_at"]
            ),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 台账状态为“{terminal_status}”，{last_txn_at} 却有交易。",
                "Terminal {serial_no} is {terminal_status} in the ledger, yet it had a transaction at {last_txn_at}.",
            ),
        ),
        Case(
            lambda night: (
                (nw.col("last_contact_at") >= night.start_of(night["days"]))
                & _SINCE_STOCKED["last_contact_at"]
            ),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 台账状态为“{terminal_status}”，{last_contact_at} 仍在联机。",
                "Terminal {serial_no} is {terminal_status} in the ledger, yet it was online at {last_contact_at}.",
            ),
        ),
    ),
    cause="2.3",
    owner=Owner.ACQUIRER,
    title=Texts("库存或维修设备仍在使用", "Device in stock or repair still in use"),
    why=Texts(
        "库存、维修中的终端不应有交易或联机；出现时说明设备已流出，或台账没有更新，该设备因此不在检查范围内。",
        "A device in stock or repair should have no transactions and not be online. If it does, it has left the warehouse, or the ledger was not updated and the "
        "device is not covered by the checks.",
    ),
    remedy=Texts(
        "盘点实物：已装机的更正台账状态并补办报备，去向不明的立即停用并追查；维修后联机测试的可以忽略。",
        "Check the physical stock: if the device is installed, correct its ledger status and register it; if it cannot be found, stop it at once and trace it. Test "
        "connections after repair can be ignored.",
    ),
    expected=Texts("无交易、未联机", "no transactions, not online"),
    actual=Texts(
        "交易 {last_txn_at}，联机 {last_contact_at}", "transaction {last_txn_at}, online {last_contact_at}"
    ),
    since="0.2.0",
    example=Example(
        rows=(
            {"serial_no": "H1", "terminal_status": "stock", "last_txn_at": "2026-11-20 12:00:00"},
            {"serial_no": "H2", "terminal_status": "repair", "last_contact_at": "2026-11-14 00:00:00"},
            {"serial_no": "H3", "terminal_status": "stock", "last_contact_at": "2026-11-13 23:59:00"},
            {
                "serial_no": "H4",
                "terminal_status": "stock",
                "stock_in_date": "2026-11-20",
                "last_txn_at": "2026-11-20 12:00:00",
            },
            {"serial_no": "H5", "terminal_status": "active", "last_txn_at": "2026-11-20 12:00:00"},
            {"serial_no": "H6", "terminal_status": "stock"},
            {"serial_no": "H7", "last_txn_at": "2026-11-20 12:00:00"},
        ),
        flagged=(0, 1),
        unknown=(5, 6),
    ),
)

LIF_03 = Rule(
    id="LIF-03",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.merchant_no", "merchants.merchant_status"),
    applies=nw.col("in_use") & nw.col("merchant_listed"),
    known=("merchant_status",),
    cases=(
        Case(
            nw.col("merchant_status").is_in(["closed", "frozen"]),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 在用，但所属商户 {merchant_no}（{merchant_name}）状态为“{merchant_status}”。",
                "Terminal {serial_no} is in use but its merchant {merchant_no} ({merchant_name}) is {merchant_status}.",
            ),
        ),
    ),
    cause="2.3",
    owner=Owner.ACQUIRER,
    title=Texts("商户已注销或冻结，设备未停用", "Merchant closed or frozen, device in use"),
    why=Texts(
        "商户已退出或被冻结而终端仍可受理，存在资金与冒用风险。",
        "If a merchant has left or is frozen but its terminal still accepts payments, there is a risk to funds and of misuse.",
    ),
    remedy=Texts(
        "停用并收回终端，注销其报备；商户状态有误的，更正商户资料。",
        "Stop and recover the terminal and cancel its registration; if the merchant's status is wrong, correct the merchant record.",
    ),
    expected=Texts("商户正常", "merchant active"),
    actual=Texts("{merchant_status}", "{merchant_status}"),
    other="merchant",
    example=Example(
        rows=(
            {"serial_no": "I1", "in_use": True, "merchant_listed": True, "merchant_status": "closed"},
            {"serial_no": "I2", "in_use": True, "merchant_listed": True, "merchant_status": "frozen"},
            {"serial_no": "I3", "in_use": True, "merchant_listed": True, "merchant_status": "active"},
            {"serial_no": "I4", "in_use": False, "merchant_listed": True, "merchant_status": "closed"},
            {"serial_no": "I5", "in_use": True, "merchant_listed": True},
            {"serial_no": "I6", "in_use": True, "merchant_listed": False},
        ),
        flagged=(0, 1),
        unknown=(4,),
    ),
)

LIF_05 = Rule(
    id="LIF-05",
    subject=Subject.DEVICE,
    category=Category.MISMATCH,
    requires=("devices.merchant_no", "merchants.merchant_no"),
    absence_of=("merchants",),
    never_all="merchants.merchant_no",
    applies=nw.col("in_scope"),
    known=("merchant_no",),
    cases=(
        Case(
            ~nw.col("merchant_listed"),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 的商户编号 {merchant_no} 不在商户清单中。",
                "Merchant {merchant_no} of terminal {serial_no} is not in the merchant list.",
            ),
        ),
    ),
    cause="4.1",
    owner=Owner.ACQUIRER,
    title=Texts("商户档案缺失", "Merchant not in the list"),
    why=Texts(
        "查不到商户档案就无法核对资质，也无法完成报备所需的商户信息。",
        "Without a merchant record the merchant's credentials cannot be checked, and the merchant data needed for registration is missing.",
    ),
    remedy=Texts(
        "补充商户档案；商户编号录错的，更正台账。",
        "Add the merchant record; if the merchant number was mistyped, correct the ledger.",
    ),
    expected=Texts("商户清单中有此编号", "present in the merchant list"),
    actual=Texts("{merchant_no}", "{merchant_no}"),
    example=Example(
        rows=(
            {"serial_no": "J1", "in_scope": True, "merchant_no": "M9", "merchant_listed": False},
            {"serial_no": "J2", "in_scope": True, "merchant_no": "M1", "merchant_listed": True},
            {"serial_no": "J3", "in_scope": True, "merchant_listed": False},
            {"serial_no": "J4", "in_scope": False, "merchant_no": "M9", "merchant_listed": False},
        ),
        flagged=(0,),
        unknown=(2,),
    ),
)

RULES = (LIF_01, LIF_02, LIF_03, LIF_05)
