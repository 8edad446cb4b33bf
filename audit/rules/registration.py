"""REG: what the registration list says, or does not say, of a device in use."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.matching import AMBIGUOUS, ANOTHER_DEVICE, ANOTHERS, SEVERAL, STATUS, in_state
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
)

_UNREADABLE = nw.col("reg_status") == "unknown"
_STUCK = {"in_scope": True, "reg_status": "pending", "reg_submitted_at": "2026-11-10"}
_FAILED = {"in_scope": True, "has_registration": True, "reg_status": "failed"}
_ELSEWHERE = {"channel": "wechat", "in_use": True, "registered_elsewhere": "unionpay"}

REG_01 = Rule(
    id="REG-01",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=STATUS,
    absence_of=("registrations",),
    applies=nw.col("in_use"),
    unsure=AMBIGUOUS | (_UNREADABLE & ~ANOTHER_DEVICE),
    cases=(
        Case(
            ~nw.col("has_registration") & ~ANOTHER_DEVICE,
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 在用，{channel}报备清单中没有记录。",
                "Terminal {serial_no} is in use but has no record in the {channel}registration list.",
            ),
        ),
        Case(
            (nw.col("reg_status") == "not_registered") & ~ANOTHER_DEVICE,
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 在用，{channel}报备清单中的状态为“未报备”。",
                "Terminal {serial_no} is in use but the {channel}registration list says it is not registered.",
            ),
        ),
        Case(
            ANOTHER_DEVICE,
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 在用，其终端号 {terminal_id} 的{channel}报备登记的是另一台设备（序列号 {reg_serial_no}）。",
                "Terminal {serial_no} is in use, but the {channel}registration of its terminal number {terminal_id} "
                "is for another device (serial {reg_serial_no}).",
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
        "Check the serial and merchant numbers, then submit the terminal registration to the channel. If the vendor left out a whole batch, have the vendor upload "
        "it first, then register all of it.",
    ),
    expected=Texts("本机已报备", "this device registered"),
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
            {
                **ANOTHERS,
                "serial_no": "A7",
                "terminal_id": "T1",
                "channel": "wechat",
                "in_use": True,
                "has_registration": True,
                "reg_status": "registered",
            },
            {**SEVERAL, "serial_no": "A8", "channel": "wechat", "in_use": True, "has_registration": False},
        ),
        flagged=(0, 2, 6),
        unknown=(4, 5, 7),
    ),
)

REG_02 = Rule(
    id="REG-02",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=STATUS,
    absence_of=("registrations",),
    applies=nw.col("in_use") & ~nw.col("registered_elsewhere").is_null() & ~ANOTHER_DEVICE,
    unsure=AMBIGUOUS | _UNREADABLE,
    cases=(
        Case(
            ~nw.col("has_registration"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 已完成{registered_elsewhere}报备，但{channel}报备清单中没有记录。",
                "Terminal {serial_no} is registered with {registered_elsewhere} but has no record in the "
                "{channel}registration list.",
            ),
        ),
        Case(
            nw.col("reg_status") == "not_registered",
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 已完成{registered_elsewhere}报备，但{channel}报备清单中的状态为“未报备”。",
                "Terminal {serial_no} is registered with {registered_elsewhere}, but the {channel}registration list "
                "says it is not registered.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("仅缺本渠道报备", "Registered elsewhere, not with this channel"),
    why=Texts(
        "报备按渠道分别办理，其他渠道已报备不代表本渠道可用，顾客用该渠道扫码仍会被拒。",
        "Registration is per channel: being registered with other channels does not cover this one, and customers paying through it are still refused.",
    ),
    remedy=Texts(
        "资料已齐备，按其他渠道的报备信息向本渠道补报；确不开通本渠道的，由数据岗从要求报备的渠道中去掉。",
        "The data is complete: submit to this channel what was registered with the others. If this channel is not offered, the data desk removes it from the "
        "required channels.",
    ),
    expected=Texts("已报备", "registered"),
    actual=Texts("{reg_status}", "{reg_status}"),
    explains=(Explains("REG-01", own=("device_key", "channel"), theirs=("device_key", "channel")),),
    since="0.2.0",
    example=Example(
        rows=(
            {**_ELSEWHERE, "serial_no": "A1", "has_registration": False},
            {**_ELSEWHERE, "serial_no": "A2", "has_registration": True, "reg_status": "not_registered"},
            {**_ELSEWHERE, "serial_no": "A3", "has_registration": True, "reg_status": "failed"},
            {**_ELSEWHERE, "serial_no": "A4", "has_registration": False, "registered_elsewhere": None},
            {**_ELSEWHERE, "serial_no": "A5", "has_registration": False, "in_use": False},
            {**_ELSEWHERE, "serial_no": "A6", "has_registration": True, "reg_status": "unknown"},
            {**_ELSEWHERE, **ANOTHERS, "serial_no": "A7", "has_registration": False},
            {**_ELSEWHERE, **SEVERAL, "serial_no": "A8", "has_registration": False},
        ),
        flagged=(0, 1),
        unknown=(5, 7),
    ),
)

REG_03 = Rule(
    id="REG-03",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=(*STATUS, "registrations.submitted_at"),
    applies=nw.col("in_scope") & in_state("pending") & ~ANOTHER_DEVICE,
    known=("reg_submitted_at",),
    unsure=AMBIGUOUS,
    told_in="registrations",
    thresholds=(
        Threshold(
            "days",
            2,
            DAYS,
            Texts(
                "运营经验值：渠道 48 小时内答复；算到报备清单导出日期，此后有无结果按未知处理",
                "operating practice: channels answer within 48 hours. Counted up to the day the list was exported; what happened since is unknown",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: nw.col("reg_submitted_at") < night.start_of(night["days"]),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的{channel}报备于 {reg_submitted_at} 提交，已 {reg_submitted_at:days} 天没有结果。",
                "The {channel}registration of terminal {serial_no} was submitted at {reg_submitted_at} and has had no result for {reg_submitted_at:days} days.",
            ),
        ),
    ),
    cause="4.2",
    owner=Owner.ACQUIRER,
    title=Texts("报备超时未完成", "Registration pending too long"),
    why=Texts(
        "报备长时间没有结果，多为渠道同步延迟或提交未成功，终端在此期间可能无法收款。",
        "A registration without a result has usually been delayed at the channel or was never submitted successfully; until then the terminal may not be able to "
        "take payments.",
    ),
    remedy=Texts(
        "在渠道侧查询报备结果并触发信息同步；查无记录的，检查网络后重新提交。",
        "Look up the result at the channel and trigger a synchronisation. If the channel has no record, check the network and submit again.",
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
            {**_STUCK, **ANOTHERS, "serial_no": "B6"},
            {**_STUCK, **SEVERAL, "serial_no": "B7"},
        ),
        flagged=(0,),
        unknown=(3, 6),
    ),
)

REG_04 = Rule(
    id="REG-04",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=STATUS,
    applies=nw.col("in_scope") & nw.col("has_registration") & ~ANOTHER_DEVICE,
    unsure=AMBIGUOUS | _UNREADABLE,
    cases=(
        Case(
            (nw.col("reg_status") == "failed") & ~nw.col("reg_message").is_null(),
            Severity.CRITICAL,
            Texts(
                "终端 {serial_no} 的{channel}报备失败，渠道返回：{reg_message}。",
                "The {channel}registration of terminal {serial_no} failed; the channel returned: {reg_message}.",
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
        "A terminal whose registration was rejected counts as unregistered, and the registration is not retried automatically.",
    ),
    remedy=Texts(
        "按渠道返回的原因处理：资料有误的更正（商户资料请商户补充），属网络或超时的检查网络，然后重新提交报备。",
        "Follow the reason the channel gave: correct wrong data (if it is merchant data, the merchant supplies what is missing), "
        "check the network after a timeout; then submit the registration again.",
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
            {**_FAILED, **ANOTHERS, "serial_no": "C6"},
            {**_FAILED, **SEVERAL, "serial_no": "C7"},
        ),
        flagged=(0, 1),
        unknown=(4, 6),
    ),
)

RULES = (REG_01, REG_02, REG_03, REG_04)
