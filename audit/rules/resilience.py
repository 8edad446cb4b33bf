"""RES: what is left to a merchant when its only device, or the network, fails."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.merchants import OPEN_MERCHANT
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts

RES_01 = Rule(
    id="RES-01",
    subject=Subject.MERCHANT,
    category=Category.ATTENTION,
    requires=("merchants.merchant_no", "devices.is_spare", "registrations.reg_status"),
    absence_of=("registrations",),
    applies=OPEN_MERCHANT,
    known=("devices_in_use", "spare_devices", "registered_channels"),
    cases=(
        Case(
            (nw.col("devices_in_use") == 1)
            & (nw.col("spare_devices") == 0)
            & (nw.col("registered_channels") <= 1),
            Severity.LOW,
            Texts(
                "商户 {merchant_no}（{merchant_name}）只有 1 台在用终端，没有备机，已报备渠道 {registered_channels} 个。",
                "Merchant {merchant_no} ({merchant_name}) has only one device in use and no spare, and is registered with {registered_channels} channel(s).",
            ),
        ),
    ),
    cause="7.5",
    owner=Owner.MERCHANT,
    title=Texts("单机商户无备用", "Single device, no backup"),
    why=Texts(
        "唯一的终端故障或渠道中断时，商户无法收款。",
        "If the only device or channel fails, the merchant cannot take payments.",
    ),
    remedy=Texts(
        "与商户商定应急办法：配备备机，或再报备一个渠道；不需要的，按规则豁免。",
        "Agree on a fallback with the merchant: provide a spare device, or register a second channel; if none is needed, waive the finding by rule.",
    ),
    expected=Texts("有备机或第二渠道", "a spare or a second channel"),
    actual=Texts(
        "在用 {devices_in_use} 台 / 备机 {spare_devices} 台 / 渠道 {registered_channels} 个",
        "in use {devices_in_use} / spare {spare_devices} / channels {registered_channels}",
    ),
    example=Example(
        rows=(
            {"merchant_no": "M1", "devices_in_use": 1, "spare_devices": 0, "registered_channels": 1},
            {"merchant_no": "M2", "devices_in_use": 1, "spare_devices": 1, "registered_channels": 1},
            {"merchant_no": "M3", "devices_in_use": 1, "spare_devices": 0, "registered_channels": 2},
            {"merchant_no": "M4", "devices_in_use": 2, "spare_devices": 0, "registered_channels": 1},
            {"merchant_no": "M5", "devices_in_use": 0, "spare_devices": 0, "registered_channels": 0},
            {"merchant_no": "M6"},
            {
                "merchant_no": "M7",
                "devices_in_use": 1,
                "spare_devices": 0,
                "registered_channels": 0,
                "merchant_status": "closed",
            },
        ),
        flagged=(0,),
        unknown=(5,),
    ),
    since="0.2.0",
)

RES_02 = Rule(
    id="RES-02",
    subject=Subject.PROGRAMME,
    category=Category.ATTENTION,
    requires=(),
    applies=nw.col("item") == "emergency_plan",
    cases=(
        Case(
            nw.col("last_done").is_null(),
            Severity.LOW,
            Texts(
                "自查项目“{item_text}”没有完成记录。",
                "There is no record that the self-audit item “{item_text}” was completed.",
            ),
        ),
        Case(
            lambda night: nw.col("next_due") < night.day(),
            Severity.LOW,
            Texts(
                "自查项目“{item_text}”上次完成于 {last_done}，应不晚于 {next_due}（含当日）更新。",
                "The self-audit item “{item_text}” was last completed on {last_done} and was due for renewal by {next_due}.",
            ),
        ),
    ),
    cause="7.5",
    owner=Owner.MERCHANT,
    title=Texts("应急预案未更新", "Emergency plan missing or out of date"),
    why=Texts(
        "网络或系统故障时，没有预案或预案过时，商户不知道如何应对、找谁处理。",
        "Without an up-to-date plan, merchants do not know what to do or whom to contact when the network or the system fails.",
    ),
    remedy=Texts(
        "编制或更新应急预案并告知门店人员，完成后在“自查清单”中填写日期、完成人与佐证。",
        "Write or update the emergency plan and inform store staff, then fill in completion date, person and evidence on the sheet “Self-audit”.",
    ),
    expected=Texts("按期更新", "updated on schedule"),
    actual=Texts("{last_done}", "{last_done}"),
    example=Example(
        rows=(
            {"item": "emergency_plan"},
            {"item": "emergency_plan", "last_done": "2025-10-01", "next_due": "2026-10-01"},
            {"item": "emergency_plan", "last_done": "2025-11-21", "next_due": "2026-11-21"},
            {"item": "training"},
        ),
        flagged=(0, 1),
    ),
    since="0.2.0",
)

RULES = (RES_01, RES_02)
