"""Devices given to a merchant: never activated, or bound and unbound at once."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import (
    DAYS,
    Case,
    Category,
    Example,
    Night,
    Owner,
    Rule,
    Severity,
    Texts,
    Threshold,
    unread,
)

_NEW = {"merchant_no": "M1"}
_NEVER_USED = nw.col("last_contact_at").is_null() & nw.col("last_txn_at").is_null()


def _bound_long_ago(night: Night) -> nw.Expr:
    return _NEVER_USED & (nw.col("install_date") < night.day(night["days"]))


def _stocked_long_ago(night: Night) -> nw.Expr:
    undated = nw.col("install_date").is_null()
    return _NEVER_USED & undated & (nw.col("stock_in_date") < night.day(night["days"]))


REG_09 = Rule(
    id="REG-09",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.terminal_status", "devices.merchant_no"),
    one_of=(("devices.last_heartbeat_at",), ("devices.last_signin_at",)),
    applies=nw.col("terminal_status").is_in(["inactive", "stock"])
    & ~nw.col("merchant_no").is_null()
    & ~nw.col("is_spare").fill_null(False),
    told_in="devices",
    unsure=_NEVER_USED
    & (
        nw.coalesce("install_date", "stock_in_date").is_null()
        | unread("install_date")
        | unread("last_heartbeat_at")
        | unread("last_signin_at")
        | unread("last_txn_at")
    ),
    thresholds=(
        Threshold(
            "days",
            30,
            DAYS,
            Texts(
                "运营经验值：配发给商户后一个月内应激活；行业文章把未激活、未绑定列为未报备的原因之一。"
                "算到台账导出日期，此后是否激活按未知处理",
                "operating practice: activated within a month of assignment; trade articles name devices never activated or bound as one cause of missing "
                "registrations. Counted up to the day the ledger was exported; what happened since is unknown",
            ),
        ),
    ),
    cases=(
        Case(
            _bound_long_ago,
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 于 {install_date} 配发给商户 {merchant_no}，已 {install_date:days} 天，状态仍为“{terminal_status}”，从未联机。",
                "Terminal {serial_no} was assigned to merchant {merchant_no} on {install_date}, {install_date:days} days ago; it is still {terminal_status} and has "
                "never been online.",
            ),
        ),
        Case(
            _stocked_long_ago,
            Severity.LOW,
            Texts(
                "终端 {serial_no} 已配给商户 {merchant_no}，配发日期不详（{stock_in_date} 入库），状态仍为“{terminal_status}”，从未联机。",
                "Terminal {serial_no} is assigned to merchant {merchant_no} on an unknown date (in stock since {stock_in_date}); it is still {terminal_status} and "
                "has never been online.",
            ),
        ),
    ),
    cause="1.3",
    owner=Owner.MERCHANT,
    title=Texts("新机长期未激活", "New device never activated"),
    why=Texts(
        "已配发却不激活的终端也不会去报备，商户启用当天就会提示“设备未报备”；长期闲置还容易流失。",
        "An assigned device that is not activated is not registered either, so it shows “device not registered” on the first day the merchant uses it. Idle devices "
        "are also easily lost.",
    ),
    remedy=Texts(
        "请商户配合初始化、激活并完成报备；确不使用的，由服务商收回入库并解除绑定。",
        "Ask the merchant to help initialise and activate the device, and register it. If it is not needed, the agent takes it back into stock and unbinds it.",
    ),
    expected=Texts("已激活或已退库", "activated or returned"),
    actual=Texts("{terminal_status}", "{terminal_status}"),
    since="0.2.0",
    example=Example(
        rows=(
            {**_NEW, "serial_no": "H1", "terminal_status": "inactive", "install_date": "2026-10-21"},
            {**_NEW, "serial_no": "H2", "terminal_status": "stock", "stock_in_date": "2026-03-01"},
            {**_NEW, "serial_no": "H3", "terminal_status": "stock", "install_date": "2026-10-22"},
            {
                **_NEW,
                "serial_no": "H4",
                "terminal_status": "inactive",
                "install_date": "2026-01-01",
                "last_contact_at": "2026-05-01",
            },
            {
                **_NEW,
                "serial_no": "H5",
                "terminal_status": "inactive",
                "install_date": "2026-01-01",
                "last_txn_at": "2026-05-01",
            },
            {
                **_NEW,
                "serial_no": "H6",
                "terminal_status": "stock",
                "install_date": "2026-01-01",
                "is_spare": True,
            },
            {"serial_no": "H7", "terminal_status": "stock", "install_date": "2026-01-01"},
            {**_NEW, "serial_no": "H8", "terminal_status": "active", "install_date": "2026-01-01"},
            {**_NEW, "serial_no": "H9", "terminal_status": "stock"},
            {**_NEW, "serial_no": "H10", "install_date": "2026-01-01"},
            {
                **_NEW,
                "serial_no": "H11",
                "terminal_status": "inactive",
                "install_date": "2026-01-01",
                "rejected": ",last_txn_at,",
            },
        ),
        flagged=(0, 1),
        unknown=(8, 9, 10),
    ),
)

_ACTIVE = {"in_scope": True, "in_use": True, "terminal_status": "active"}
# whole words only: an application to bind, or one refused, is neither bound nor unbound
_BIND_STATUS = nw.col("bind_status").str.strip_chars().str.to_lowercase()
_BOUND = _BIND_STATUS.is_in(["已绑定", "绑定", "已绑", "绑定成功", "bound", "binded"])
_UNBOUND = _BIND_STATUS.is_in(
    ["未绑定", "未绑", "已解绑", "解绑", "解绑成功", "unbound", "not bound", "unbind"]
)

LIF_04 = Rule(
    id="LIF-04",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.bind_status", "devices.merchant_no"),
    applies=nw.col("in_scope"),
    known=("bind_status",),
    unsure=~(_BOUND | _UNBOUND),
    cases=(
        Case(
            _UNBOUND & nw.col("in_use"),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 状态为“{terminal_status}”，绑定状态却为“{bind_status}”（商户 {merchant_no}）。",
                "Terminal {serial_no} is {terminal_status}, yet its binding status is “{bind_status}” (merchant {merchant_no}).",
            ),
        ),
        Case(
            _BOUND & nw.col("merchant_no").is_null(),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 绑定状态为“{bind_status}”，但没有商户编号。",
                "The binding status of terminal {serial_no} is “{bind_status}”, but it has no merchant number.",
            ),
        ),
    ),
    cause="2.3",
    owner=Owner.ACQUIRER,
    title=Texts("绑定状态矛盾", "Binding status contradictory"),
    why=Texts(
        "未绑定的终端不应在用，已绑定的终端必有商户；两者矛盾时，无法确定终端归属哪家商户。",
        "An unbound terminal should not be in use, and a bound one must have a merchant; if the two contradict each other, it is unclear whose terminal it is.",
    ),
    remedy=Texts(
        "在收单系统中核实绑定关系：在用的补办绑定并填写商户编号，已解绑的更正状态并收回设备。",
        "Check the binding in the acquiring system: if the device is in use, bind it and fill in the merchant number; if it was unbound, correct its status and take "
        "it back.",
    ),
    expected=Texts("绑定状态与台账一致", "binding status matches the ledger"),
    actual=Texts("{bind_status}，商户 {merchant_no}", "{bind_status}, merchant {merchant_no}"),
    since="0.2.0",
    example=Example(
        rows=(
            {**_ACTIVE, "serial_no": "I1", "bind_status": "未绑定", "merchant_no": "M1"},
            {**_ACTIVE, "serial_no": "I2", "bind_status": "已绑定"},
            {**_ACTIVE, "serial_no": "I3", "bind_status": "已绑定", "merchant_no": "M1"},
            {"serial_no": "I4", "in_scope": True, "in_use": False, "bind_status": "Unbound "},
            {**_ACTIVE, "serial_no": "I5", "bind_status": "解绑待审核", "merchant_no": "M1"},
            {**_ACTIVE, "serial_no": "I6", "merchant_no": "M1"},
            {"serial_no": "I7", "in_scope": False, "in_use": False, "bind_status": "已绑定"},
        ),
        flagged=(0, 1),
        unknown=(4, 5),
    ),
)

RULES = (REG_09, LIF_04)
