"""HB: devices and whole stores that nobody hears from."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import (
    DAYS,
    Case,
    Category,
    Example,
    Explains,
    Night,
    Owner,
    Rule,
    Severity,
    Texts,
    Threshold,
    more_than,
    unread,
)

# some systems tell of every heartbeat, others of the day's sign-in alone
_CONTACT = (("devices.last_heartbeat_at",), ("devices.last_signin_at",))


def _installed_long_enough(night: Night) -> nw.Expr:
    return nw.col("install_date").is_null() | (nw.col("install_date") < night.day(night["days"]))


# an auxiliary terminal of type 11 is mostly a plate with a printed code, which reports nothing
_REPORTS = ~nw.col("last_contact_at").is_null() | (nw.col("device_type_code").fill_null("") != "11")


HB_01 = Rule(
    id="HB-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=(),
    one_of=_CONTACT,
    applies=nw.col("in_use") & ~nw.col("is_spare").fill_null(False) & _REPORTS,
    unsure=lambda night: (
        (unread("last_heartbeat_at") | unread("last_signin_at"))
        & ~(nw.col("last_contact_at") >= night.start_of(night["days"])).fill_null(False)
    ),
    told_in="devices",
    thresholds=(
        Threshold(
            "days",
            7,
            DAYS,
            Texts(
                "终端每日签到，一周没有联机已不是偶尔停业；算到台账导出日期，此后是否联机按未知处理",
                "terminals sign in daily; a week offline is more than an occasional closed day. Counted up to the day the ledger was exported; what happened since "
                "is unknown",
            ),
        ),
        Threshold("high_days", 30, DAYS, Texts("一个月没有联机", "a month offline")),
    ),
    cases=(
        Case(
            lambda night: nw.col("last_contact_at") < night.start_of(night["high_days"]),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 已 {last_contact_at:days} 天未联机，最近一次为 {last_contact_at}。",
                "Terminal {serial_no} has been offline for {last_contact_at:days} days; it was last online at {last_contact_at}.",
            ),
        ),
        Case(
            lambda night: nw.col("last_contact_at") < night.start_of(night["days"]),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 已 {last_contact_at:days} 天未联机，最近一次为 {last_contact_at}。",
                "Terminal {serial_no} has been offline for {last_contact_at:days} days; it was last online at {last_contact_at}.",
            ),
        ),
        Case(
            lambda night: nw.col("last_contact_at").is_null() & _installed_long_enough(night),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 台账状态为在用，但从未上报心跳或签到。",
                "Terminal {serial_no} is in use according to the ledger but has never sent a heartbeat or signed in.",
            ),
        ),
    ),
    cause="6.4",
    owner=Owner.MERCHANT,
    title=Texts("长期未联机", "Offline for a long time"),
    why=Texts(
        "在用终端长期不联机，可能网络故障、设备损坏、闲置或已被移走。",
        "A device in use that stays offline may have a network fault, be broken or idle, or have been taken away.",
    ),
    remedy=Texts(
        "联系商户检查网络、SIM 卡和设备；闲置的收回，遗失的登记并停用。",
        "Ask the merchant to check the network, SIM card and device; recover an idle device; record a lost one and stop it.",
    ),
    expected=Texts("近期联机", "recently online"),
    actual=Texts("{last_contact_at}", "{last_contact_at}"),
    example=Example(
        rows=(
            {"serial_no": "O1", "in_use": True, "last_contact_at": "2026-09-01 10:00:00"},
            {"serial_no": "O2", "in_use": True, "last_contact_at": "2026-11-10 10:00:00"},
            {"serial_no": "O3", "in_use": True, "last_contact_at": "2026-11-14 00:00:00"},
            {"serial_no": "O4", "in_use": True, "install_date": "2026-01-01"},
            {"serial_no": "O5", "in_use": True, "install_date": "2026-11-20"},
            {"serial_no": "O6", "in_use": True, "is_spare": True, "last_contact_at": "2026-01-01"},
            {"serial_no": "O7", "in_use": False, "last_contact_at": "2026-01-01"},
            {"in_use": True, "device_type_code": "11", "install_date": "2026-01-01"},
            {
                "serial_no": "O8",
                "in_use": True,
                "last_contact_at": "2026-09-01 10:00:00",
                "rejected": ",last_signin_at,",
            },
        ),
        flagged=(0, 1, 3),
        unknown=(7,),
    ),
)

HB_02 = Rule(
    id="HB-02",
    subject=Subject.SITE,
    category=Category.ATTENTION,
    requires=("devices.store_no",),
    one_of=_CONTACT,
    absence_of=("devices",),
    applies=lambda night: nw.col("devices") >= night["devices"],
    known=("last_contact_at", "heard_until"),
    thresholds=(
        Threshold(
            "devices",
            3,
            Texts("台", "devices"),
            Texts(
                "一两台同时离线不足以说明是门店网络",
                "one or two devices offline are not enough to point to the store's network",
            ),
        ),
        Threshold(
            "days",
            1,
            DAYS,
            Texts(
                "以同一文件中最近一次联机为准，与导出日期无关",
                "counted from the latest contact of any device in the same file, regardless of the export date",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: (
                (nw.col("first_contact_at").dt.date() == nw.col("last_contact_at").dt.date())
                & more_than(night["days"], nw.col("heard_until"), nw.col("last_contact_at"))
            ),
            Severity.HIGH,
            Texts(
                "商户 {merchant_no}（{merchant_name}）门店 {store_no}（{store_name}）的 {devices} 台终端在同一天全部离线，"
                "最后一次联机为 {last_contact_at}，距今 {last_contact_at:days} 天。",
                "All {devices} terminals in store {store_no} ({store_name}) of merchant {merchant_no} ({merchant_name}) went offline on the same day; the last "
                "contact was at {last_contact_at}, {last_contact_at:days} days ago.",
            ),
        ),
    ),
    cause="4.4",
    owner=Owner.MERCHANT,
    title=Texts("门店整体离线", "Whole store offline"),
    why=Texts(
        "多台终端同日离线，多为门店断网、断电或停业，逐台排查没有意义。",
        "When several devices go offline on the same day, the cause is usually the store's network or power, or the store has closed; checking each device is pointless.",
    ),
    remedy=Texts(
        "联系门店检查网络与供电；已停业或搬迁的，按退出或移机流程处理。",
        "Ask the store to check its network and power; if it has closed or moved, follow the exit or relocation procedure.",
    ),
    expected=Texts("近期联机", "recently online"),
    actual=Texts("{last_contact_at}", "{last_contact_at}"),
    explains=(Explains("HB-01", own=("merchant_no", "store_no"), theirs=("merchant_no", "store_no")),),
    example=Example(
        rows=(
            {
                "merchant_no": "M1",
                "store_no": "S1",
                "devices": 3,
                "first_contact_at": "2026-11-15 08:00:00",
                "last_contact_at": "2026-11-15 21:30:00",
                "heard_until": "2026-11-21 03:00:00",
            },
            {
                "merchant_no": "M1",
                "store_no": "S2",
                "devices": 4,
                "first_contact_at": "2026-11-14 23:00:00",
                "last_contact_at": "2026-11-15 01:00:00",
                "heard_until": "2026-11-21 03:00:00",
            },
            {
                "merchant_no": "M1",
                "store_no": "S3",
                "devices": 3,
                "first_contact_at": "2026-11-20 08:00:00",
                "last_contact_at": "2026-11-20 09:00:00",
                "heard_until": "2026-11-21 03:00:00",
            },
            {
                "merchant_no": "M1",
                "store_no": "S4",
                "devices": 5,
                "first_contact_at": "2026-11-19 08:00:00",
                "last_contact_at": "2026-11-19 09:00:00",
                "heard_until": "2026-11-21 03:00:00",
            },
            {
                "merchant_no": "M1",
                "store_no": "S5",
                "devices": 2,
                "first_contact_at": "2026-11-15 08:00:00",
                "last_contact_at": "2026-11-15 09:00:00",
                "heard_until": "2026-11-21 03:00:00",
            },
            {"merchant_no": "M1", "store_no": "S6", "devices": 3},
            {
                "merchant_no": "M1",
                "store_no": "S7",
                "devices": 3,
                "first_contact_at": "2026-11-20 00:30:00",
                "last_contact_at": "2026-11-20 01:00:00",
                "heard_until": "2026-11-21 03:00:00",
            },
        ),
        flagged=(0, 3),
        unknown=(5,),
    ),
    since="0.2.0",
)

RULES = (HB_01, HB_02)
