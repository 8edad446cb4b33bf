"""DOR and TXN: devices that have stopped taking payments, or take them badly."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import (
    DAYS,
    Case,
    Category,
    Example,
    Explains,
    Owner,
    Rule,
    Severity,
    Texts,
    Threshold,
    unread,
)

# 《特约商户巡检指引》 (2021, no. 161 of the payment and clearing association), known here from a second hand only
_GUIDE = Texts(
    "《特约商户巡检指引》（中支协发〔2021〕161号）：连续 3 个月无交易须重新核实，12 个月须停止服务；据转述，请核对原文。"
    "算到台账导出日期，此后有无交易按未知处理",
    "merchant inspection guide (2021, no. 161): re-verify after 3 months without transactions, stop service after 12; "
    "quoted second-hand, please check the original. Counted up to the day the ledger was exported; what happened "
    "since is unknown",
)
_SERVING = nw.col("in_use") & ~nw.col("is_spare").fill_null(False)
# a ledger may leave the last transaction blank and still count transactions
_COUNTED = (nw.col("txn_count") > 0).fill_null(False)
# what reads payments out takes none
_SPEAKS = nw.col("device_type").str.contains("音箱|喇叭|播报").fill_null(False)
_SILENT_TOO = (Explains("HB-01"),)

DOR_01 = Rule(
    id="DOR-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.last_txn_at",),
    applies=_SERVING,
    told_in="devices",
    unsure=nw.col("last_txn_at").is_null()
    & (nw.col("install_date").is_null() | _COUNTED | _SPEAKS | unread("txn_count")),
    thresholds=(
        Threshold("days", 90, DAYS, _GUIDE),
        Threshold(
            "stop_days",
            365,
            DAYS,
            Texts(
                "更久的由 DOR-02 处理，两处应一致",
                "longer periods are handled by DOR-02; keep the two thresholds the same",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: (
                (nw.col("last_txn_at") < night.start_of(night["days"]))
                & (nw.col("last_txn_at") >= night.start_of(night["stop_days"]))
            ),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 已 {last_txn_at:days} 天无交易，最近一笔为 {last_txn_at}。",
                "Terminal {serial_no} has had no transactions for {last_txn_at:days} days; the last was at {last_txn_at}.",
            ),
        ),
        Case(
            lambda night: (
                nw.col("last_txn_at").is_null() & (nw.col("install_date") < night.day(night["days"]))
            ),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 于 {install_date} 安装，至今 {install_date:days} 天没有任何交易记录。",
                "Terminal {serial_no} was installed on {install_date} and has had no recorded transactions in {install_date:days} days.",
            ),
        ),
    ),
    cause="1.4",
    owner=Owner.ACQUIRER,
    title=Texts("连续 3 个月无交易", "No transactions for 3 months"),
    why=Texts(
        "长期无交易的终端可能已停业、闲置或被挪用；指引要求收单机构重新核实商户身份，备机除外。",
        "A terminal without transactions for a long time may be in a closed shop, idle or misused; the inspection guide asks acquirers to re-verify the merchant, "
        "except for spare devices.",
    ),
    remedy=Texts(
        "由收单机构重新核实商户身份与经营情况；无法核实的停止服务；确为备机的，在台账中注明。",
        "The acquirer re-verifies the merchant and its business; if that is not possible, it stops the service. If the device really is a spare, mark it as one in "
        "the ledger.",
    ),
    expected=Texts("近期有交易", "recent transactions"),
    actual=Texts("{last_txn_at}", "{last_txn_at}"),
    explains=_SILENT_TOO,
    example=Example(
        rows=(
            {"serial_no": "AB1", "in_use": True, "last_txn_at": "2026-07-01 12:00:00"},
            {"serial_no": "AB2", "in_use": True, "last_txn_at": "2026-08-23 00:00:00"},
            {"serial_no": "AB3", "in_use": True, "last_txn_at": "2025-11-20 12:00:00"},
            {"serial_no": "AB4", "in_use": True, "install_date": "2026-03-01"},
            {"serial_no": "AB5", "in_use": True, "install_date": "2026-10-01"},
            {"serial_no": "AB6", "in_use": True, "install_date": "2026-03-01", "txn_count": 12.0},
            {"serial_no": "AB7", "in_use": True},
            {"serial_no": "AB8", "in_use": True, "is_spare": True, "last_txn_at": "2026-03-01"},
            {"serial_no": "AB9", "in_use": False, "last_txn_at": "2026-03-01"},
            {"serial_no": "AB10", "last_txn_at": "2026-03-01"},
            {"serial_no": "AB11", "in_use": True, "install_date": "2026-03-01", "rejected": ",txn_count,"},
            {"serial_no": "AB12", "in_use": True, "install_date": "2026-03-01", "device_type": "云喇叭"},
        ),
        flagged=(0, 3),
        unknown=(5, 6, 9, 10, 11),
    ),
    since="0.2.0",
)

DOR_02 = Rule(
    id="DOR-02",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.last_txn_at",),
    applies=_SERVING,
    told_in="devices",
    known=("last_txn_at",),
    thresholds=(Threshold("days", 365, DAYS, _GUIDE),),
    cases=(
        Case(
            lambda night: nw.col("last_txn_at") < night.start_of(night["days"]),
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 在台账中仍为在用，但已 {last_txn_at:days} 天无交易，最近一笔为 {last_txn_at}。",
                "Terminal {serial_no} is still in use in the ledger but has had no transactions for {last_txn_at:days} days; the last was at {last_txn_at}.",
            ),
        ),
    ),
    cause="1.4",
    owner=Owner.ACQUIRER,
    title=Texts("连续 12 个月无交易", "No transactions for 12 months"),
    why=Texts(
        "指引要求对连续 12 个月无交易的终端停止服务并收回，以免被转移或冒用。",
        "The inspection guide asks for terminals without transactions for 12 months to be stopped and recovered, so that they are not moved or misused.",
    ),
    remedy=Texts(
        "停止受理并收回终端，注销其报备；无法收回的，关闭功能并向清算机构报告。",
        "Stop and recover the terminal and cancel its registration; if it cannot be recovered, disable its functions and report it to the clearing organisation.",
    ),
    expected=Texts("已停用并收回", "stopped and recovered"),
    actual=Texts("{last_txn_at}", "{last_txn_at}"),
    explains=_SILENT_TOO,
    example=Example(
        rows=(
            {
                "serial_no": "AC1",
                "in_use": True,
                "last_txn_at": "2025-11-20 12:00:00",
            },
            {
                "serial_no": "AC2",
                "in_use": True,
                "last_txn_at": "2025-11-21 00:00:00",
            },
            {"serial_no": "AC3", "in_use": True},
            {
                "serial_no": "AC4",
                "in_use": True,
                "is_spare": True,
                "last_txn_at": "2024-01-01",
            },
            {
                "serial_no": "AC5",
                "in_use": False,
                "last_txn_at": "2024-01-01",
            },
        ),
        flagged=(0,),
        unknown=(2,),
    ),
    since="0.2.0",
)

TXN_01 = Rule(
    id="TXN-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.txn_count", "devices.txn_failed"),
    applies=lambda night: nw.col("in_use") & (nw.col("txn_count") >= night["transactions"]),
    known=("txn_failed",),
    # more failures than transactions: the count leaves the failed ones out, or one of the two is wrong
    unsure=nw.col("txn_failed") > nw.col("txn_count"),
    thresholds=(
        Threshold(
            "percent",
            10,
            Texts("失败笔数占交易笔数的百分比", "failed transactions as % of all transactions"),
            Texts(
                "运营经验值，请按本机构水平设定",
                "operating practice; please set it to your institution's own level",
            ),
        ),
        Threshold(
            "transactions",
            50,
            Texts("笔", "transactions"),
            Texts("笔数太少时，失败率没有意义", "with few transactions a failure rate is meaningless"),
        ),
    ),
    cases=(
        Case(
            lambda night: nw.col("txn_failed") * 100 > nw.col("txn_count") * night["percent"],
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 统计期内交易 {txn_count} 笔，失败 {txn_failed} 笔，失败率偏高。",
                "Terminal {serial_no} had {txn_count} transactions in the period, of which {txn_failed} failed: a high failure rate.",
            ),
        ),
    ),
    cause="5.4",
    owner=Owner.ACQUIRER,
    title=Texts("交易失败率偏高", "High transaction failure rate"),
    why=Texts(
        "支付频繁失败影响顾客体验，常见原因是报备异常、网络不稳或版本过旧。",
        "Frequent payment failures harm the customer experience; common causes are registration problems, an unstable network or old software.",
    ),
    remedy=Texts(
        "按该终端的其他问题逐项整改；没有其他问题的，由收单机构查询失败返回码并联系平台。",
        "Rectify the terminal's other findings one by one; if there are none, the acquirer looks up the return codes and contacts the platform.",
    ),
    expected=Texts("失败率在限值内", "failures within the limit"),
    actual=Texts("失败 {txn_failed} / {txn_count} 笔", "{txn_failed} of {txn_count} failed"),
    example=Example(
        rows=(
            {"serial_no": "AD1", "in_use": True, "txn_count": 100.0, "txn_failed": 11.0},
            {"serial_no": "AD2", "in_use": True, "txn_count": 100.0, "txn_failed": 10.0},
            {"serial_no": "AD3", "in_use": True, "txn_count": 49.0, "txn_failed": 30.0},
            {"serial_no": "AD4", "in_use": True, "txn_count": 100.0},
            {"serial_no": "AD5", "in_use": True, "txn_failed": 30.0},
            {"serial_no": "AD6", "in_use": True, "txn_count": 50.0, "txn_failed": 60.0},
            {"serial_no": "AD7", "in_use": False, "txn_count": 100.0, "txn_failed": 50.0},
        ),
        flagged=(0,),
        unknown=(3, 4, 5),
    ),
    since="0.2.0",
)

RULES = (DOR_01, DOR_02, TXN_01)
