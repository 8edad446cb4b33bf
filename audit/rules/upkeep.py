"""REG: registrations that came late, were cancelled, or were not kept up."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.matching import AMBIGUOUS, ANOTHER_DEVICE, ANOTHERS, SEVERAL, STATUS, in_state
from audit.rules.model import (
    DAYS,
    Case,
    Category,
    Example,
    Owner,
    Rule,
    Severity,
    Texts,
    Threshold,
    more_than,
    unread,
)

_LISTED = {"in_scope": True, "reg_status": "registered"}
_CANCELLED = {"in_use": True, "has_registration": True, "reg_status": "cancelled"}
_OURS = nw.col("in_scope") & in_state("registered") & ~ANOTHER_DEVICE


REG_05 = Rule(
    id="REG-05",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.ATTENTION,
    requires=("devices.install_date", "registrations.registered_at", *STATUS),
    applies=_OURS,
    known=("install_date", "reg_registered_at"),
    unsure=AMBIGUOUS,
    thresholds=(
        Threshold(
            "days",
            30,
            DAYS,
            Texts(
                "运营经验值：装机后一个月内完成报备；要求先报备后启用的，设为 0",
                "operating practice: registered within a month of installation; set 0 if registration must come first",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: more_than(night["days"], nw.col("reg_registered_at"), nw.col("install_date")),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 于 {install_date} 安装，{channel}报备到 {reg_registered_at} 才完成。",
                "Terminal {serial_no} was installed on {install_date}, but its {channel}registration was not completed until {reg_registered_at}.",
            ),
        ),
    ),
    cause="1.3",
    owner=Owner.ACQUIRER,
    title=Texts("先使用后报备", "Used before it was registered"),
    why=Texts(
        "终端应先报备再启用。装机后迟迟不报备，期间扫码收款会被拒，说明装机与报备流程脱节。",
        "A terminal should be registered before it is used. Until then scanned payments are refused, and a long gap shows that installation and registration are not "
        "coordinated.",
    ),
    remedy=Texts(
        "本台已报备，无需重报；核实期间的使用情况，并把报备列为装机验收的前置条件。",
        "This terminal is now registered and need not be registered again. Check how it was used in the meantime, and make registration a condition for accepting an "
        "installation.",
    ),
    expected=Texts("随装机报备（{install_date} 安装）", "registered on installation ({install_date})"),
    actual=Texts("{reg_registered_at}", "{reg_registered_at}"),
    other="reg",
    since="0.2.0",
    example=Example(
        rows=(
            {**_LISTED, "serial_no": "D1", "install_date": "2026-06-01", "reg_registered_at": "2026-07-02"},
            {
                **_LISTED,
                "serial_no": "D2",
                "install_date": "2026-06-01",
                "reg_registered_at": "2026-07-01 23:59:00",
            },
            {**_LISTED, "serial_no": "D3", "reg_registered_at": "2026-07-01"},
            {**_LISTED, "serial_no": "D4", "install_date": "2026-06-01"},
            {"serial_no": "D5", "in_scope": True, "reg_status": "failed", "install_date": "2026-06-01"},
            {
                **_LISTED,
                **ANOTHERS,
                "serial_no": "D6",
                "install_date": "2026-01-01",
                "reg_registered_at": "2026-07-01",
            },
            {
                **_LISTED,
                **SEVERAL,
                "serial_no": "D7",
                "install_date": "2026-01-01",
                "reg_registered_at": "2026-07-01",
            },
        ),
        flagged=(0,),
        unknown=(2, 3, 6),
    ),
)

REG_06 = Rule(
    id="REG-06",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.UNREGISTERED,
    requires=STATUS,
    applies=nw.col("in_use") & nw.col("has_registration") & ~ANOTHER_DEVICE,
    unsure=AMBIGUOUS | (nw.col("reg_status") == "unknown"),
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
        "Once a registration is cancelled or frozen the channel no longer accepts the terminal, and the ledger and the channel contradict each other.",
    ),
    remedy=Texts(
        "确认设备是否应继续使用：继续使用的重新报备或申请解冻；不再使用的撤机并更新台账。",
        "Confirm whether the device should stay in use: if so, register it again or request unfreezing; if not, retire it and update the ledger.",
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
            {**_CANCELLED, **ANOTHERS, "serial_no": "D6"},
            {**_CANCELLED, **SEVERAL, "serial_no": "D7"},
        ),
        flagged=(0, 1),
        unknown=(4, 6),
    ),
)

REG_07 = Rule(
    id="REG-07",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=("devices.updated_at", *STATUS),
    applies=_OURS,
    known=("updated_at",),
    unsure=AMBIGUOUS
    | nw.coalesce("reg_last_sync_at", "reg_registered_at").is_null()
    | unread("last_sync_at", "reg_rejected"),
    thresholds=(
        Threshold(
            "days",
            1,
            DAYS,
            Texts(
                "运营经验值：变更次日同步到渠道",
                "operating practice: changes reach the channel by the next day",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: more_than(night["days"], nw.col("updated_at"), nw.col("reg_last_sync_at")),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 的台账于 {updated_at} 变更，{channel}报备最近一次同步是 {reg_last_sync_at}。",
                "Terminal {serial_no} was changed in the ledger at {updated_at}; its {channel}registration was last "
                "synchronised at {reg_last_sync_at}.",
            ),
        ),
        Case(
            lambda night: (
                nw.col("reg_last_sync_at").is_null()
                & more_than(night["days"], nw.col("updated_at"), nw.col("reg_registered_at"))
            ),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 的台账于 {updated_at} 变更，{channel}报备自 {reg_registered_at} 完成后没有同步记录。",
                "Terminal {serial_no} was changed in the ledger at {updated_at}; its {channel}registration of "
                "{reg_registered_at} shows no synchronisation since.",
            ),
        ),
    ),
    cause="4.2",
    owner=Owner.ACQUIRER,
    title=Texts("信息变更后未同步报备", "Change not passed on to the registration"),
    why=Texts(
        "台账变更没有同步到渠道，报备信息会与实际不符，之后被渠道校验时可能失效。",
        "If a ledger change is not passed on to the channel, the registered data no longer matches reality and may become invalid when the channel checks it.",
    ),
    remedy=Texts(
        "供应商确认变更内容，收单机构提交变更报备或触发信息同步；与报备无关的变更，可调大天数或停用本规则。",
        "The vendor confirms what changed; the acquirer submits a registration change or triggers a synchronisation. If the change has nothing to do with the "
        "registration, raise the number of days or switch this rule off.",
    ),
    expected=Texts("变更后已同步", "synchronised after the change"),
    actual=Texts("台账变更于 {updated_at}", "ledger changed at {updated_at}"),
    other="reg",
    since="0.2.0",
    example=Example(
        rows=(
            {
                **_LISTED,
                "serial_no": "F1",
                "updated_at": "2026-11-10 09:00:00",
                "reg_registered_at": "2026-01-05",
                "reg_last_sync_at": "2026-11-08 18:00:00",
            },
            {**_LISTED, "serial_no": "F2", "updated_at": "2026-11-10", "reg_registered_at": "2026-01-05"},
            {
                **_LISTED,
                "serial_no": "F3",
                "updated_at": "2026-11-10 23:00:00",
                "reg_registered_at": "2026-01-05",
                "reg_last_sync_at": "2026-11-09 01:00:00",
            },
            {**_LISTED, "serial_no": "F4", "reg_registered_at": "2026-01-05"},
            {**_LISTED, "serial_no": "F5", "updated_at": "2026-11-10"},
            {
                **_LISTED,
                **ANOTHERS,
                "serial_no": "F6",
                "updated_at": "2026-11-10",
                "reg_registered_at": "2026-01-05",
            },
            {
                **_LISTED,
                **SEVERAL,
                "serial_no": "F7",
                "updated_at": "2026-11-10",
                "reg_registered_at": "2026-01-05",
            },
            {
                **_LISTED,
                "serial_no": "F8",
                "updated_at": "2026-11-10",
                "reg_registered_at": "2026-01-05",
                "reg_rejected": ",last_sync_at,",
            },
        ),
        flagged=(0, 1),
        unknown=(3, 4, 6, 7),
    ),
)

RULES = (REG_05, REG_06, REG_07)
