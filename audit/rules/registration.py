"""REG: what the registration list says, or does not say, of a device in use."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import DAYS, Case, Category, Example, Owner, Rule, Severity, Texts, Threshold

_STATUS = ("registrations.reg_status", "registrations.channel")

REG_01 = Rule(
    id="REG-01",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=_STATUS,
    absence_of="registrations",
    applies=nw.col("in_use"),
    unsure=nw.col("reg_status") == "unknown",
    cases=(
        Case(
            ~nw.col("has_registration"),
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 在用，{channel}报备清单中没有记录。",
                "Terminal {serial_no} is in use but has no record in the {channel}registration list.",
            ),
        ),
        Case(
            nw.col("reg_status") == "not_registered",
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 在用，{channel}报备清单中的状态为“未报备”。",
                "Terminal {serial_no} is in use but the {channel}registration list says it is not registered.",
            ),
        ),
    ),
    cause="1.3",
    owner=Owner.ACQUIRER,
    title=Texts("设备未报备", "Device not registered"),
    why=Texts(
        "未报备的终端在扫码收款时会提示“设备未报备”，交易被拒绝，商户无法正常收款。",
        "An unregistered terminal is refused when a customer scans to pay, so the merchant cannot take payment.",
    ),
    remedy=Texts(
        "核对序列号与商户编号后，向该渠道提交终端报备；若供应商整批未上传，请供应商补传后统一报备。",
        "Check serial and merchant number, then submit the terminal registration to the channel; "
        "where a vendor left out a whole batch, have the vendor upload it first.",
    ),
    expected=Texts("已报备", "registered"),
    actual=Texts("{reg_status}", "{reg_status}"),
    example=Example(
        rows=(
            {"serial_no": "A1", "channel": "wechat", "in_use": True, "has_registration": False},
            {
                "serial_no": "A2",
                "channel": "wechat",
                "in_use": True,
                "has_registration": True,
                "reg_status": "registered",
            },
            {
                "serial_no": "A3",
                "channel": "wechat",
                "in_use": True,
                "has_registration": True,
                "reg_status": "not_registered",
            },
            {"serial_no": "A4", "channel": "wechat", "in_use": False, "has_registration": False},
            {
                "serial_no": "A5",
                "channel": "wechat",
                "in_use": True,
                "has_registration": True,
                "reg_status": "unknown",
            },
            {"serial_no": "A6", "channel": "wechat", "in_use": None, "has_registration": False},
        ),
        flagged=(0, 2),
        unknown=(4, 5),
    ),
)

REG_03 = Rule(
    id="REG-03",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=(*_STATUS, "registrations.submitted_at"),
    applies=nw.col("in_scope") & (nw.col("reg_status") == "pending").fill_null(False),
    known=("reg_submitted_at",),
    thresholds=(
        Threshold(
            "days",
            2,
            DAYS,
            Texts("运营经验值：渠道 48 小时内答复", "operating practice: 48 hours for a channel's answer"),
        ),
    ),
    cases=(
        Case(
            lambda night: nw.col("reg_submitted_at") < night.start_of(night["days"]),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的{channel}报备于 {reg_submitted_at} 提交，已 {reg_submitted_at:days} 天没有结果。",
                "The {channel}registration of terminal {serial_no}, submitted {reg_submitted_at}, "
                "has had no result for {reg_submitted_at:days} days.",
            ),
        ),
    ),
    cause="4.2",
    owner=Owner.ACQUIRER,
    title=Texts("报备超时未完成", "Registration pending too long"),
    why=Texts(
        "报备长时间没有结果，多为渠道同步延迟或提交未成功，终端在此期间可能无法收款。",
        "A registration without a result was delayed or never arrived; until it is settled the terminal may be refused.",
    ),
    remedy=Texts(
        "在渠道侧查询报备结果并触发信息同步；查无记录的，检查网络后重新提交。",
        "Ask the channel for the result and have it synchronised; where it has no record, submit again.",
    ),
    expected=Texts("已报备", "registered"),
    actual=Texts("{reg_status}（{reg_submitted_at} 提交）", "{reg_status} (submitted {reg_submitted_at})"),
    other="reg",
    example=Example(
        rows=(
            {
                "serial_no": "B1",
                "in_scope": True,
                "reg_status": "pending",
                "reg_submitted_at": "2026-11-10 09:00:00",
            },
            {
                "serial_no": "B2",
                "in_scope": True,
                "reg_status": "pending",
                "reg_submitted_at": "2026-11-19 08:00:00",
            },
            {
                "serial_no": "B3",
                "in_scope": True,
                "reg_status": "registered",
                "reg_submitted_at": "2026-01-10",
            },
            {"serial_no": "B4", "in_scope": True, "reg_status": "pending"},
            {"serial_no": "B5", "in_scope": False, "reg_status": "pending", "reg_submitted_at": "2026-11-10"},
        ),
        flagged=(0,),
        unknown=(3,),
    ),
)

REG_04 = Rule(
    id="REG-04",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=_STATUS,
    applies=nw.col("in_scope") & nw.col("has_registration"),
    unsure=nw.col("reg_status") == "unknown",
    cases=(
        Case(
            (nw.col("reg_status") == "failed") & ~nw.col("reg_message").is_null(),
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 的{channel}报备失败，渠道返回：{reg_message}。",
                "The {channel}registration of terminal {serial_no} failed; the channel says: {reg_message}.",
            ),
        ),
        Case(
            nw.col("reg_status") == "failed",
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 的{channel}报备失败，清单中没有失败原因。",
                "The {channel}registration of terminal {serial_no} failed; the list gives no reason.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.ACQUIRER,
    title=Texts("报备失败", "Registration failed"),
    why=Texts(
        "报备被渠道驳回后终端视同未报备，不会自动重试。",
        "A rejected registration counts as none, and nobody submits it again by itself.",
    ),
    remedy=Texts(
        "按渠道返回的原因更正资料（商户资料问题请商户补充），然后重新提交报备。",
        "Correct what the channel names (the merchant supplies missing papers), then submit again.",
    ),
    expected=Texts("已报备", "registered"),
    actual=Texts("{reg_status}：{reg_message}", "{reg_status}: {reg_message}"),
    other="reg",
    example=Example(
        rows=(
            {
                "serial_no": "C1",
                "in_scope": True,
                "has_registration": True,
                "reg_status": "failed",
                "reg_message": "商户名称不符",
            },
            {"serial_no": "C2", "in_scope": True, "has_registration": True, "reg_status": "failed"},
            {"serial_no": "C3", "in_scope": True, "has_registration": True, "reg_status": "registered"},
            {"serial_no": "C4", "in_scope": True, "has_registration": False},
            {"serial_no": "C5", "in_scope": True, "has_registration": True, "reg_status": "unknown"},
        ),
        flagged=(0, 1),
        unknown=(4,),
    ),
)

REG_06 = Rule(
    id="REG-06",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=_STATUS,
    applies=nw.col("in_use") & nw.col("has_registration"),
    unsure=nw.col("reg_status") == "unknown",
    cases=(
        Case(
            nw.col("reg_status").is_in(["cancelled", "frozen"]),
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 仍在用，但其{channel}报备状态为“{reg_status}”。",
                "Terminal {serial_no} is still in use but its {channel}registration is {reg_status}.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("报备已注销或冻结，设备仍在用", "Registration cancelled or frozen, device in use"),
    why=Texts(
        "报备注销或冻结后该渠道不再受理，台账与渠道两边的状态互相矛盾。",
        "The channel no longer accepts the terminal, and ledger and channel contradict each other.",
    ),
    remedy=Texts(
        "确认设备是否应继续使用：继续使用的重新报备或申请解冻；不再使用的撤机并更新台账。",
        "Decide whether the device stays: register it again or have it unfrozen, or retire it and update the ledger.",
    ),
    expected=Texts("已报备", "registered"),
    actual=Texts("{reg_status}", "{reg_status}"),
    other="reg",
    example=Example(
        rows=(
            {"serial_no": "D1", "in_use": True, "has_registration": True, "reg_status": "cancelled"},
            {"serial_no": "D2", "in_use": True, "has_registration": True, "reg_status": "frozen"},
            {"serial_no": "D3", "in_use": False, "has_registration": True, "reg_status": "cancelled"},
            {"serial_no": "D4", "in_use": True, "has_registration": True, "reg_status": "registered"},
            {"serial_no": "D5", "in_use": None, "has_registration": True, "reg_status": "cancelled"},
        ),
        flagged=(0, 1),
        unknown=(4,),
    ),
)

REG_08 = Rule(
    id="REG-08",
    subject=Subject.REGISTRATION,
    category=Category.MISMATCH,
    requires=("registrations.reg_status",),
    absence_of="devices",
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
        "A terminal missing from the ledger escapes every check; or its serial was mistyped and another device looks unregistered.",
    ),
    remedy=Texts(
        "请供应商核对：漏报的补入台账；录错的更正序列号；已不存在的由收单机构注销报备。",
        "Have the vendor check: add it to the ledger, correct the serial, or have the acquirer cancel the registration.",
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

RULES = (REG_01, REG_03, REG_04, REG_06, REG_08)
