"""AUD-01, AUD-03, AUD-07: what the patrol inspections (巡检) of the terminals say, or leave unsaid."""

from __future__ import annotations

from collections.abc import Callable

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import DAYS, Case, Category, Example, Night, Owner, Rule, Severity, Texts, Threshold

_BY_THE_ACQUIRER = Texts(
    "周期由收单机构制度规定（中支协发〔2021〕161号），此为常见做法，请按本机构制度修改",
    "the cycle is set by the acquirer's own rules (中支协发〔2021〕161号); this is common practice, please adapt it to your own rules",
)


RISK_LEVELS = ("high", "medium", "low")  # a merchant of no level counts as low
NEXT_DAYS = 30  # how far ahead inspections are announced


def _is_level(marks: str) -> nw.Expr:
    return nw.col("merchant_risk_level").fill_null("").str.contains(f"(?i)^(?:{marks})")


_IS_HIGH, _IS_MEDIUM = _is_level("高|high|3|三"), _is_level("中|medium|2|二")


def risk_level() -> nw.Expr:
    """The risk level of a device's merchant, one of RISK_LEVELS."""
    lower = nw.when(_IS_MEDIUM).then(nw.lit("medium")).otherwise(nw.lit("low"))
    return nw.when(_IS_HIGH).then(nw.lit("high")).otherwise(lower)


def _older_than_cycle(column: str, cycles: int = 1) -> Callable[[Night], nw.Expr]:
    """Whether a date lies more than so many cycles back; the cycle is that of the merchant's risk level."""
    return lambda night: _past_cycle(night, nw.col(column), cycles)


def _past_cycle(night: Night, day: nw.Expr, cycles: int = 1, ahead: int = 0) -> nw.Expr:
    """The same, or whether it will be so within so many days."""
    lower = (
        nw.when(_IS_MEDIUM)
        .then(night.past(day, cycles * night["medium_days"] - ahead))
        .otherwise(night.past(day, cycles * night["days"] - ahead))
    )
    return nw.when(_IS_HIGH).then(night.past(day, cycles * night["high_days"] - ahead)).otherwise(lower)


def cycle_state(night: Night) -> nw.Expr:
    """in_cycle, soon, overdue, never (inspected, and overdue), unknown: as AUD-01 judges, and what comes next."""
    last = nw.col("last_inspected_on")
    since = nw.coalesce(last, nw.col("install_date"))
    late = nw.when(last.is_null()).then(nw.lit("never")).otherwise(nw.lit("overdue"))
    # a day later than its last the cycle is past: one that ends in just so many days is among them
    ending = _past_cycle(night, since, ahead=NEXT_DAYS + 1)
    next_one = nw.when(ending).then(nw.lit("soon")).otherwise(nw.lit("in_cycle"))
    judged = nw.when(_past_cycle(night, since)).then(late).otherwise(next_one)
    return nw.when(since.is_null()).then(nw.lit("unknown")).otherwise(judged)


_SINCE_INSTALLED = _older_than_cycle("install_date")

AUD_01 = Rule(
    id="AUD-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("inspections.inspect_date",),
    absence_of=("inspections",),
    applies=nw.col("in_use") & ~nw.col("is_spare").fill_null(False),
    unsure=nw.col("last_inspected_on").is_null() & nw.col("install_date").is_null(),
    thresholds=(
        Threshold("days", 365, DAYS, _BY_THE_ACQUIRER),
        Threshold("medium_days", 180, DAYS, _BY_THE_ACQUIRER),
        Threshold("high_days", 90, DAYS, _BY_THE_ACQUIRER),
    ),
    cases=(
        Case(
            _older_than_cycle("last_inspected_on", 2),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 最近一次巡检是 {last_inspected_on}，距今 {last_inspected_on:days} 天，已超过规定周期的两倍。",
                "Terminal {serial_no} was last inspected on {last_inspected_on}, {last_inspected_on:days} days ago, which is more than twice the required cycle.",
            ),
        ),
        Case(
            _older_than_cycle("last_inspected_on"),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 最近一次巡检是 {last_inspected_on}，距今 {last_inspected_on:days} 天，已超过规定周期。",
                "Terminal {serial_no} was last inspected on {last_inspected_on}, {last_inspected_on:days} days ago, which is longer than the required cycle.",
            ),
        ),
        Case(
            lambda night: nw.col("last_inspected_on").is_null() & _SINCE_INSTALLED(night),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 自 {install_date} 安装以来没有巡检记录，已超过规定周期。",
                "Terminal {serial_no} has no inspection on record since it was installed on {install_date}, which is longer than the required cycle.",
            ),
        ),
    ),
    cause="3.2",
    owner=Owner.ACQUIRER,
    title=Texts("巡检逾期", "Inspection overdue"),
    why=Texts(
        "长期未巡检的终端，被移机、改装或调换都难以及时发现。",
        "If a terminal is not inspected for a long time, moving, tampering or swapping may go unnoticed.",
    ),
    remedy=Texts(
        "由收单机构安排巡检并登记结果，商户予以配合；已巡检未登记的，补录巡检记录。",
        "The acquirer arranges an inspection and records the result, with the merchant's cooperation; if it was inspected but not recorded, add the record.",
    ),
    expected=Texts("按商户风险等级的周期巡检", "inspected within the cycle for the merchant's risk level"),
    actual=Texts("{last_inspected_on}", "{last_inspected_on}"),
    other="inspection",
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "S1",
                "in_use": True,
                "merchant_risk_level": "低",
                "last_inspected_on": "2025-11-20",
            },
            {"serial_no": "S2", "in_use": True, "last_inspected_on": "2025-11-21"},
            {
                "serial_no": "S3",
                "in_use": True,
                "merchant_risk_level": "高风险",
                "last_inspected_on": "2026-05-01",
            },
            {
                "serial_no": "S4",
                "in_use": True,
                "merchant_risk_level": "2",
                "last_inspected_on": "2026-05-01",
            },
            {
                "serial_no": "S5",
                "in_use": True,
                "merchant_risk_level": "Medium",
                "last_inspected_on": "2026-06-01",
            },
            {"serial_no": "S6", "in_use": True, "install_date": "2024-02-01"},
            {"serial_no": "S7", "in_use": True, "install_date": "2026-10-01"},
            {"serial_no": "S8", "in_use": True},
            {"serial_no": "S9", "in_use": True, "is_spare": True, "install_date": "2024-02-01"},
            {"serial_no": "S10", "in_use": False, "install_date": "2024-02-01"},
        ),
        flagged=(0, 2, 3, 5),
        unknown=(7,),
    ),
)

AUD_03 = Rule(
    id="AUD-03",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("inspections.inspect_date", "inspections.result"),
    absence_of=("inspections",),
    applies=nw.col("in_scope") & ~nw.col("last_inspected_on").is_null(),
    known=("last_inspection_result",),
    cases=(
        Case(
            (nw.col("last_inspection_result") == "fail") & ~nw.col("last_inspection_issue").is_null(),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 于 {last_inspected_on} 巡检异常：{last_inspection_issue}。此后没有合格的巡检记录。",
                "Terminal {serial_no} failed its inspection on {last_inspected_on}: {last_inspection_issue}. "
                "It has not passed one since.",
            ),
        ),
        Case(
            nw.col("last_inspection_result") == "fail",
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 于 {last_inspected_on} 巡检异常，记录中没有问题描述。此后没有合格的巡检记录。",
                "Terminal {serial_no} failed its inspection on {last_inspected_on}; the record does not say why. "
                "It has not passed one since.",
            ),
        ),
    ),
    cause="7.2",
    owner=Owner.MERCHANT,
    title=Texts("巡检异常未整改", "Failed inspection not rectified"),
    why=Texts(
        "巡检发现的问题没有复检合格，即视为仍然存在。",
        "A problem found at an inspection is considered to persist until a later inspection is passed.",
    ),
    remedy=Texts(
        "商户按巡检意见整改，收单机构复检合格后登记结果；涉及改装或调换的，立即停用终端。",
        "The merchant rectifies what the inspection found; the acquirer inspects again and records the result. If tampering or swapping is involved, stop the "
        "terminal at once.",
    ),
    expected=Texts("巡检合格", "inspection passed"),
    actual=Texts(
        "{last_inspected_on} 异常：{last_inspection_issue}",
        "failed on {last_inspected_on}: {last_inspection_issue}",
    ),
    other="inspection",
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "T1",
                "in_scope": True,
                "last_inspected_on": "2026-09-12",
                "last_inspection_result": "fail",
                "last_inspection_issue": "机身封签破损",
            },
            {
                "serial_no": "T2",
                "in_scope": True,
                "last_inspected_on": "2026-09-12",
                "last_inspection_result": "fail",
            },
            {
                "serial_no": "T3",
                "in_scope": True,
                "last_inspected_on": "2026-10-12",
                "last_inspection_result": "pass",
            },
            {"serial_no": "T4", "in_scope": True, "last_inspected_on": "2026-10-12"},
            {"serial_no": "T5", "in_scope": True},
            {
                "serial_no": "T6",
                "in_scope": False,
                "last_inspected_on": "2026-09-12",
                "last_inspection_result": "fail",
            },
        ),
        flagged=(0, 1),
        unknown=(3,),
    ),
)

AUD_07 = Rule(
    id="AUD-07",
    subject=Subject.DEVICE,
    category=Category.MISMATCH,
    requires=("devices.serial_no", "inspections.inspect_date", "inspections.serial_no"),
    applies=nw.col("in_scope") & ~nw.col("inspected_serial").is_null(),
    known=("serial_no",),
    cases=(
        Case(
            nw.col("inspected_serial") != nw.col("serial_no"),
            Severity.HIGH,
            Texts(
                "商户 {merchant_no} 终端号 {terminal_id} 的台账序列号是 {serial_no}，巡检现场读到的是 {inspected_serial}，疑似被调换。",
                "Terminal number {terminal_id} of merchant {merchant_no} has serial {serial_no} in the ledger, but the inspection on site read {inspected_serial}; "
                "the device may have been swapped.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("现场序列号不符，疑似调换", "Serial on site differs, device possibly swapped"),
    why=Texts(
        "现场设备与台账不是同一台，可能是换机未登记，也可能是终端被人替换。",
        "The device on site is not the one in the ledger: an unrecorded swap, or the terminal was replaced by someone.",
    ),
    remedy=Texts(
        "先停用该终端，核对换机工单与现场实物；属换机的更新台账并变更报备，属抄录错误的更正巡检记录，否则按安全事件处置。",
        "Stop the terminal first and compare the swap work orders with the device on site. If it was swapped, update the ledger and change the registration; if the "
        "serial was misread, correct the inspection record; otherwise handle it as a security incident.",
    ),
    expected=Texts("{serial_no}", "{serial_no}"),
    actual=Texts("{inspected_serial}", "{inspected_serial}"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "U1",
                "terminal_id": "00000011",
                "merchant_no": "M1",
                "in_scope": True,
                "inspected_serial": "V9",
            },
            {"serial_no": "U2", "in_scope": True, "inspected_serial": "U2"},
            {"serial_no": "U3", "in_scope": True},
            {"serial_no": None, "in_scope": True, "inspected_serial": "V7"},
            {"serial_no": "U5", "in_scope": False, "inspected_serial": "V8"},
        ),
        flagged=(0,),
        unknown=(3,),
    ),
)

RULES = (AUD_01, AUD_03, AUD_07)
