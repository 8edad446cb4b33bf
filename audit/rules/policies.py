"""POL: what the policies in force ask of the devices they cover, and what those to come will ask."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import DAYS, Case, Category, Example, Night, Owner, Rule, Severity, Texts, Threshold

_FIELD_REQUIREMENTS = ("field_present", "field_value")


# pandas compares a moment with a moment only
_OLDER = nw.col("reg_registered_at") < nw.col("effective_on").cast(nw.Datetime("us"))


def _in_force(night: Night) -> nw.Expr:
    return nw.col("effective_on") <= night.day()


POL_01 = Rule(
    id="POL-01",
    subject=Subject.DEVICE_POLICY,
    category=Category.ATTENTION,
    requires=(
        "registrations.reg_status",
        "registrations.registered_at",
        "policies.requirement",
        "policies.effective_on",
    ),
    applies=lambda night: (
        nw.col("in_use")
        & nw.col("has_registration")  # not that of another device under its terminal number
        & nw.col("reg_status").is_in(["registered", "unknown"]).fill_null(False)
        & (nw.col("policy_requirement") == "re_register")
        & _in_force(night)
    ),
    known=("reg_registered_at",),
    unsure=nw.col("reg_status") == "unknown",
    cases=(
        Case(
            lambda night: _OLDER & night.past(nw.col("deadline_on")),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的{channel}报备完成于 {reg_registered_at}，早于“{policy_title}”（{policy_id}）的生效日 {effective_on}；重新报备已于 {deadline_on} 截止。",
                "The {channel}registration of terminal {serial_no} was completed at {reg_registered_at}, before “{policy_title}” ({policy_id}) took effect on "
                "{effective_on}; the deadline for re-registration was {deadline_on}.",
            ),
        ),
        Case(
            _OLDER,
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 的{channel}报备完成于 {reg_registered_at}，早于“{policy_title}”（{policy_id}）的生效日 {effective_on}，需重新报备。",
                "The {channel}registration of terminal {serial_no} was completed at {reg_registered_at}, before “{policy_title}” ({policy_id}) took effect on "
                "{effective_on}; re-registration is required.",
            ),
        ),
    ),
    cause="4.5",
    owner=Owner.ACQUIRER,
    title=Texts("新规生效后未重新报备", "Not re-registered under a new policy"),
    why=Texts(
        "政策要求重新报备的，过渡期满后渠道可能不再认可原报备，终端将无法收款。",
        "If a policy requires re-registration, the channel may no longer accept the old registration after the transition period, and the terminal cannot take payments.",
    ),
    remedy=Texts(
        "按政策要求备齐资料，在截止日前向渠道重新提交终端报备；不适用的，更正政策表的适用范围。",
        "Prepare the documents the policy requires and submit the registration again before the deadline; if the policy does not apply, correct its scope in the "
        "policy table.",
    ),
    expected=Texts("{effective_on} 或之后报备", "registered on or after {effective_on}"),
    actual=Texts("{reg_registered_at} 报备", "registered {reg_registered_at}"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "Q1",
                "in_use": True,
                "has_registration": True,
                "reg_status": "registered",
                "reg_registered_at": "2026-03-02 10:00:00",
                "policy_requirement": "re_register",
                "effective_on": "2026-07-01",
                "deadline_on": "2026-10-31",
            },
            {
                "serial_no": "Q2",
                "in_use": True,
                "has_registration": True,
                "reg_status": "registered",
                "reg_registered_at": "2026-06-30 23:59:59",
                "policy_requirement": "re_register",
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "Q3",
                "in_use": True,
                "has_registration": True,
                "reg_status": "registered",
                "reg_registered_at": "2026-07-01 00:00:00",
                "policy_requirement": "re_register",
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "Q4",
                "in_use": True,
                "has_registration": True,
                "reg_status": "registered",
                "reg_registered_at": "2026-03-02",
                "policy_requirement": "re_register",
                "effective_on": "2026-12-01",
            },
            {
                "serial_no": "Q5",
                "in_use": True,
                "has_registration": True,
                "reg_status": "registered",
                "policy_requirement": "re_register",
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "Q6",
                "in_use": True,
                "has_registration": True,
                "reg_status": "failed",
                "reg_registered_at": "2026-03-02",
                "policy_requirement": "re_register",
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "Q7",
                "in_use": True,
                "has_registration": True,
                "reg_status": "unknown",
                "reg_registered_at": "2026-03-02",
                "policy_requirement": "re_register",
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "Q8",
                "in_use": True,
                "has_registration": True,
                "reg_status": "registered",
                "reg_registered_at": "2026-03-02",
                "policy_requirement": "field_present",
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "Q9",
                "in_use": True,
                "has_registration": False,
                "reg_status": "registered",
                "reg_registered_at": "2026-03-02",
                "policy_requirement": "re_register",
                "effective_on": "2026-07-01",
            },
        ),
        flagged=(0, 1),
        unknown=(4, 6),
    ),
)

POL_02 = Rule(
    id="POL-02",
    subject=Subject.DEVICE_POLICY,
    category=Category.ATTENTION,
    requires=("policies.requirement", "policies.effective_on"),
    applies=lambda night: (
        nw.col("in_use")
        & nw.col("policy_requirement").is_in([*_FIELD_REQUIREMENTS, "withdraw"])
        & _in_force(night)
    ),
    unsure=nw.col("policy_requirement").is_in(list(_FIELD_REQUIREMENTS))
    & nw.col("requirement_met").is_null(),
    cases=(
        Case(
            nw.col("policy_requirement") == "withdraw",
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 仍在用，而“{policy_title}”（{policy_id}）自 {effective_on} 起要求此类终端停用。",
                "Terminal {serial_no} is still in use, although “{policy_title}” ({policy_id}) requires terminals of this kind to be withdrawn from {effective_on}.",
            ),
        ),
        Case(
            (nw.col("policy_requirement") == "field_present") & ~nw.col("requirement_met"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 未登记{policy_field}，不满足“{policy_title}”（{policy_id}，{effective_on} 生效）。",
                "Terminal {serial_no} has no {policy_field}, which “{policy_title}” ({policy_id}, in force since {effective_on}) requires.",
            ),
        ),
        Case(
            (nw.col("policy_requirement") == "field_value") & ~nw.col("requirement_met"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的{policy_field}为“{found_value}”，“{policy_title}”（{policy_id}，{effective_on} 生效）要求“{policy_value}”。",
                "The {policy_field} of terminal {serial_no} is “{found_value}”; “{policy_title}” ({policy_id}, in force since {effective_on}) requires “{policy_value}”.",
            ),
        ),
    ),
    cause="1.4",
    owner=Owner.ACQUIRER,
    title=Texts("不满足政策要求", "Policy requirement not met"),
    why=Texts(
        "地区、行业或终端类型的专项要求未满足时，渠道可能驳回报备或限制该终端交易。",
        "If a requirement specific to a region, industry or terminal type is not met, a channel may reject the registration or restrict the terminal's transactions.",
    ),
    remedy=Texts(
        "由收单机构会同商户按政策补齐或更正；要求停用的，撤机并注销报备；不适用的，更正政策表的适用范围。",
        "The acquirer, together with the merchant, supplies or corrects what the policy requires. If it requires withdrawal, retire the device and cancel its "
        "registration. If it does not apply, correct its scope in the policy table.",
    ),
    expected=Texts("符合“{policy_title}”", "as required by “{policy_title}”"),
    actual=Texts("{found_value}", "{found_value}"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "R1",
                "in_use": True,
                "policy_requirement": "field_present",
                "policy_field": "iccid",
                "requirement_met": False,
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "R2",
                "in_use": True,
                "policy_requirement": "field_value",
                "policy_field": "sm_support",
                "policy_value": "是",
                "found_value": "否",
                "requirement_met": False,
                "effective_on": "2026-11-21",
            },
            {
                "serial_no": "R3",
                "in_use": True,
                "policy_requirement": "withdraw",
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "R4",
                "in_use": True,
                "policy_requirement": "field_present",
                "requirement_met": True,
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "R5",
                "in_use": True,
                "policy_requirement": "field_value",
                "requirement_met": False,
                "effective_on": "2026-11-22",
            },
            {
                "serial_no": "R6",
                "in_use": True,
                "policy_requirement": "field_present",
                "effective_on": "2026-07-01",
            },
            {
                "serial_no": "R7",
                "in_use": False,
                "policy_requirement": "withdraw",
                "effective_on": "2026-07-01",
            },
            {"serial_no": "R8", "in_use": True, "effective_on": "2026-07-01"},
        ),
        flagged=(0, 1, 2),
        unknown=(5, 7),
    ),
)

POL_03 = Rule(
    id="POL-03",
    subject=Subject.POLICY,
    category=Category.ATTENTION,
    requires=("policies.effective_on",),
    known=("effective_on",),
    foretells=(nw.col("effective_on"),),
    thresholds=(
        Threshold(
            "days",
            90,
            DAYS,
            Texts("运营经验值：留出一个季度准备", "operating practice: allow a quarter to prepare"),
        ),
    ),
    cases=(
        Case(
            lambda night: (
                (nw.col("effective_on") > night.day()) & (nw.col("effective_on") <= night.day(-night["days"]))
            ),
            Severity.INFO,
            Texts(
                "“{title}”（{policy_id}）将于 {effective_on} 生效，涉及在用终端 {devices} 台。",
                "“{title}” ({policy_id}) takes effect on {effective_on} and affects {devices} device(s) in use.",
            ),
        ),
    ),
    cause="6.5",
    owner=Owner.ACQUIRER,
    title=Texts("新政策即将生效", "Policy about to take effect"),
    why=Texts(
        "提前准备可避免生效当日大批终端同时不合要求。",
        "Preparing in advance avoids many terminals failing the requirement on the day it takes effect.",
    ),
    remedy=Texts(
        "确认适用范围与要求，排定重新报备、补录或换机计划，并通知商户与供应商。",
        "Confirm the scope and requirements, plan re-registration, data entry or replacement, and inform merchants and vendors.",
    ),
    expected=Texts("{effective_on} 前完成准备", "preparation completed before {effective_on}"),
    actual=Texts("涉及 {devices} 台", "{devices} device(s) affected"),
    since="0.2.0",
    example=Example(
        rows=(
            {"policy_id": "P1", "title": "终端定位要求", "effective_on": "2026-12-01", "devices": 120},
            {"policy_id": "P2", "title": "国密要求", "effective_on": "2027-02-19", "devices": 8},
            {"policy_id": "P3", "title": "重新报备", "effective_on": "2027-02-20", "devices": 8},
            {"policy_id": "P4", "title": "五要素登记", "effective_on": "2026-11-21", "devices": 300},
            {"policy_id": "P5", "title": "征求意见稿", "devices": 300},
        ),
        flagged=(0, 1),
        unknown=(4,),
    ),
)

RULES = (POL_01, POL_02, POL_03)
