"""DEV: approvals and certificates that have run out or soon will."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import DAYS, Case, Category, Example, Owner, Rule, Severity, Texts, Threshold, unread

# the device's own date beats that of its model
_PTS_EXPIRY = nw.coalesce("pts_expiry", "model_pts_expiry")
_CERT_EXPIRY = nw.coalesce("cert_expiry", "model_cert_expiry")

DEV_01 = Rule(
    id="DEV-01",
    subject=Subject.DEVICE,
    category=Category.EXPIRED,
    requires=(),
    one_of=(("devices.pts_expiry",), ("devices.model", "models.pts_expiry")),
    applies=nw.col("in_scope"),
    unsure=_PTS_EXPIRY.is_null() | unread("pts_expiry"),
    cases=(
        Case(
            lambda night: night.past(_PTS_EXPIRY) & (nw.col("install_date") > _PTS_EXPIRY),
            Severity.HIGH,
            Texts(
                "终端 {serial_no}（{model}）于 {install_date} 安装，当时 PTS 认证已到期"
                "（台账 {pts_expiry}，型号表 {model_pts_expiry}）。",
                "Terminal {serial_no} ({model}) was installed on {install_date}, after its PTS approval had expired "
                "(ledger {pts_expiry}, model table {model_pts_expiry}).",
            ),
        ),
        Case(
            lambda night: night.past(_PTS_EXPIRY),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no}（{model}）的 PTS 认证已到期（台账 {pts_expiry}，型号表 {model_pts_expiry}），请与收单机构确认。",
                "The PTS approval of terminal {serial_no} ({model}) has expired (ledger {pts_expiry}, model table {model_pts_expiry}); please confirm with the acquirer.",
            ),
        ),
    ),
    cause="6.2",
    owner=Owner.VENDOR,
    title=Texts("PTS 认证已到期", "PTS approval expired"),
    why=Texts(
        "PTS 认证到期后不应再布放新机；在用终端能否继续使用，由收单机构和卡组织决定。",
        "After its PTS approval has expired, a model should not be newly deployed; whether devices in use may stay is for the acquirer and the card schemes to decide.",
    ),
    remedy=Texts(
        "向收单机构和卡组织确认使用期限，请供应商说明续期或替代型号，据此安排换机；停止布放该型号。",
        "Confirm with the acquirer and the card schemes how long it may be used, ask the vendor about an extension or a replacement model, and plan replacements "
        "accordingly; stop deploying this model.",
    ),
    expected=Texts("有效期内", "still valid"),
    actual=Texts(
        "台账 {pts_expiry} / 型号表 {model_pts_expiry}",
        "ledger {pts_expiry} / model table {model_pts_expiry}",
    ),
    example=Example(
        rows=(
            {"serial_no": "V1", "in_scope": True, "pts_expiry": "2026-04-30", "install_date": "2022-01-01"},
            {
                "serial_no": "V2",
                "in_scope": True,
                "model_pts_expiry": "2024-04-30",
                "install_date": "2025-01-01",
            },
            {
                "serial_no": "V3",
                "in_scope": True,
                "pts_expiry": "2030-04-30",
                "model_pts_expiry": "2024-04-30",
            },
            {"serial_no": "V4", "in_scope": True, "model_pts_expiry": "2026-11-21"},
            {"serial_no": "V5", "in_scope": True},
            {
                "serial_no": "V6",
                "in_scope": True,
                "model_pts_expiry": "2024-04-30",
                "rejected": ",pts_expiry,",
            },
            {"serial_no": "V7", "in_scope": False, "pts_expiry": "2020-01-01"},
            {"serial_no": "V8", "in_scope": True, "pts_expiry": "2024-04-30"},
        ),
        flagged=(0, 1, 7),
        unknown=(4, 5),
    ),
    since="0.2.0",
)

DEV_02 = Rule(
    id="DEV-02",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.model",),
    applies=nw.col("in_scope"),
    unsure=(
        nw.coalesce("cert_expiry", "model_cert_expiry", "pts_expiry", "model_pts_expiry").is_null()
        & nw.coalesce("model_eol_on", "model_eos_on").is_null()
    )
    | unread("cert_expiry")
    | unread("pts_expiry"),
    foretells=(_CERT_EXPIRY, nw.col("model_eos_on"), _PTS_EXPIRY, nw.col("model_eol_on")),
    thresholds=(
        Threshold(
            "days",
            180,
            DAYS,
            Texts(
                "换机、续证按半年安排预算与采购",
                "half a year to budget for and purchase replacements or renewals",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: night.soon(_CERT_EXPIRY, night["days"]),
            Severity.LOW,
            Texts(
                "终端 {serial_no}（{model}）的入网认证即将到期（台账 {cert_expiry}，型号表 {model_cert_expiry}）。",
                "The certificate of terminal {serial_no} ({model}) is about to expire "
                "(ledger {cert_expiry}, model table {model_cert_expiry}).",
            ),
        ),
        Case(
            lambda night: night.soon(nw.col("model_eos_on"), night["days"]),
            Severity.LOW,
            Texts(
                "终端 {serial_no} 的型号 {model} 将于 {model_eos_on} 停止服务。",
                "Support for model {model} of terminal {serial_no} ends on {model_eos_on}.",
            ),
        ),
        Case(
            lambda night: night.soon(_PTS_EXPIRY, night["days"]),
            Severity.LOW,
            Texts(
                "终端 {serial_no}（{model}）的 PTS 认证即将到期（台账 {pts_expiry}，型号表 {model_pts_expiry}）。",
                "The PTS approval of terminal {serial_no} ({model}) is about to expire "
                "(ledger {pts_expiry}, model table {model_pts_expiry}).",
            ),
        ),
        Case(
            lambda night: night.soon(nw.col("model_eol_on"), night["days"]),
            Severity.LOW,
            Texts(
                "终端 {serial_no} 的型号 {model} 将于 {model_eol_on} 停产。",
                "Production of model {model} of terminal {serial_no} ends on {model_eol_on}.",
            ),
        ),
    ),
    cause="6.2",
    owner=Owner.VENDOR,
    title=Texts("认证或型号服务即将到期", "Approval or support about to end"),
    why=Texts(
        "到期前排好续期与换机，可避免集中到期时设备停用。",
        "Planning renewals and replacements in time avoids many devices having to stop on the same day.",
    ),
    remedy=Texts(
        "请供应商确认续期或替代型号及日期；不续期的列入换机计划。",
        "Have the vendor confirm renewal or a replacement model, with dates; plan the replacement of anything not renewed.",
    ),
    expected=Texts("有效期内", "still valid"),
    actual=Texts(
        "认证 {cert_expiry}（型号 {model_cert_expiry}）/ PTS {pts_expiry}（型号 {model_pts_expiry}）"
        "/ 停服 {model_eos_on} / 停产 {model_eol_on}",
        "certificate {cert_expiry} (model {model_cert_expiry}) / PTS {pts_expiry} (model {model_pts_expiry}) "
        "/ support {model_eos_on} / production {model_eol_on}",
    ),
    example=Example(
        rows=(
            {"serial_no": "W1", "in_scope": True, "cert_expiry": "2027-05-20"},
            {"serial_no": "W2", "in_scope": True, "cert_expiry": "2027-05-21"},
            {"serial_no": "W3", "in_scope": True, "model_eos_on": "2026-11-21"},
            {
                "serial_no": "W4",
                "in_scope": True,
                "pts_expiry": "2030-04-30",
                "model_pts_expiry": "2026-12-31",
            },
            {"serial_no": "W5", "in_scope": True, "model_pts_expiry": "2026-12-31"},
            {
                "serial_no": "W6",
                "in_scope": True,
                "model_cert_expiry": "2026-11-20",
                "model_eol_on": "2020-01-01",
            },
            {"serial_no": "W7", "in_scope": True},
            {
                "serial_no": "W8",
                "in_scope": True,
                "model_cert_expiry": "2026-12-31",
                "rejected": ",cert_expiry,",
            },
            {"serial_no": "W9", "in_scope": False, "cert_expiry": "2026-12-31"},
            {"serial_no": "W10", "in_scope": True, "model_eol_on": "2027-01-31"},
        ),
        flagged=(0, 2, 4, 9),
        unknown=(6, 7),
    ),
    since="0.2.0",
)

DEV_06 = Rule(
    id="DEV-06",
    subject=Subject.DEVICE,
    category=Category.EXPIRED,
    requires=(),
    one_of=(("devices.cert_expiry",), ("devices.license_no",), ("devices.model", "models.cert_expiry")),
    applies=nw.col("in_scope"),
    unsure=lambda night: (
        unread("cert_expiry")
        | (_CERT_EXPIRY.is_null() & (~nw.col("license_recognised") | ~nw.col("license_no").is_null()))
        | (unread("license_no") & ~night.past(_CERT_EXPIRY).fill_null(False))
    ),
    cases=(
        Case(
            lambda night: nw.col("cert_expiry") < night.day(),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的入网认证证书已于 {cert_expiry} 到期。",
                "The certificate of terminal {serial_no} expired on {cert_expiry}.",
            ),
        ),
        Case(
            lambda night: nw.col("cert_expiry").is_null() & (nw.col("model_cert_expiry") < night.day()),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的型号 {model} 入网认证已于 {model_cert_expiry} 到期。",
                "The certification of model {model} (terminal {serial_no}) expired on {model_cert_expiry}.",
            ),
        ),
        Case(
            nw.col("license_recognised") & nw.col("license_no").is_null(),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 未登记入网认证编号。",
                "Terminal {serial_no} is recorded without a network licence number.",
            ),
        ),
    ),
    cause="1.4",
    owner=Owner.VENDOR,
    title=Texts("入网认证失效或缺失", "Certificate expired or licence number missing"),
    why=Texts(
        "入网认证失效的终端不符合受理终端管理要求，渠道可据此拒绝报备。",
        "A terminal without a valid certificate does not meet the requirements for acceptance terminals, and a channel may refuse to register it.",
    ),
    remedy=Texts(
        "请供应商提供续期证书或认证编号；型号认证到期的，与收单机构确认后换机。",
        "Have the vendor supply the renewed certificate or the licence number; if the model's certification has expired, confirm with the acquirer and replace the "
        "device.",
    ),
    expected=Texts("有效期内，有编号", "valid, with a licence number"),
    actual=Texts(
        "{cert_expiry}（型号 {model_cert_expiry}）/ 编号 {license_no}",
        "{cert_expiry} (model {model_cert_expiry}) / number {license_no}",
    ),
    example=Example(
        rows=(
            {"serial_no": "N1", "in_scope": True, "cert_expiry": "2026-11-20", "license_recognised": False},
            {"serial_no": "N2", "in_scope": True, "cert_expiry": "2026-11-21", "license_recognised": False},
            {"serial_no": "N3", "in_scope": True, "license_recognised": False},
            {
                "serial_no": "N4",
                "in_scope": True,
                "model_cert_expiry": "2026-01-01",
                "license_recognised": False,
            },
            {"serial_no": "N5", "in_scope": True, "cert_expiry": "2028-01-01", "license_recognised": True},
            {
                "serial_no": "N6",
                "in_scope": True,
                "cert_expiry": "2028-01-01",
                "license_recognised": True,
                "license_no": "P3100",
            },
            {"serial_no": "N7", "in_scope": False, "cert_expiry": "2020-01-01", "license_recognised": False},
            {
                "serial_no": "N8",
                "in_scope": True,
                "cert_expiry": "2028-01-01",
                "license_recognised": True,
                "rejected": ",license_no,",
            },
        ),
        flagged=(0, 3, 4),
        unknown=(2, 7),
    ),
)

RULES = (DEV_01, DEV_02, DEV_06)
