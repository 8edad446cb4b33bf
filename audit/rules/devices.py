"""DEV and HB: models past support, old software, expired certificates, devices nobody hears from."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import DAYS, Case, Category, Example, Night, Owner, Rule, Severity, Texts, Threshold

DEV_03 = Rule(
    id="DEV-03",
    subject=Subject.DEVICE,
    category=Category.EXPIRED,
    requires=("devices.model", "models.model", "models.eol_on"),
    applies=nw.col("in_scope") & nw.col("model_listed"),
    unsure=nw.col("model_eol_on").is_null() & nw.col("model_eos_on").is_null(),
    cases=(
        Case(
            lambda night: nw.col("model_eos_on") < night.day(),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的型号 {model} 已于 {model_eos_on} 停止服务。",
                "Model {model} of terminal {serial_no} has been out of support since {model_eos_on}.",
            ),
        ),
        Case(
            lambda night: nw.col("model_eol_on") < night.day(),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 的型号 {model} 已于 {model_eol_on} 停产。",
                "Model {model} of terminal {serial_no} went out of production on {model_eol_on}.",
            ),
        ),
    ),
    cause="6.2",
    owner=Owner.VENDOR,
    title=Texts("型号已停产停服", "Model past end of life or support"),
    why=Texts(
        "停服型号不再获得安全更新与维修，故障与风险只会增加。",
        "A model out of support gets no security updates and no repair.",
    ),
    remedy=Texts(
        "与供应商确认型号状态，制定换机计划并安排更换。",
        "Confirm the model's state with the vendor and plan its replacement.",
    ),
    expected=Texts("在服务期内", "within support"),
    actual=Texts(
        "停产 {model_eol_on} / 停服 {model_eos_on}", "end of life {model_eol_on} / support {model_eos_on}"
    ),
    example=Example(
        rows=(
            {"serial_no": "K1", "in_scope": True, "model_listed": True, "model_eos_on": "2026-06-30"},
            {
                "serial_no": "K2",
                "in_scope": True,
                "model_listed": True,
                "model_eol_on": "2026-06-30",
                "model_eos_on": "2028-06-30",
            },
            {"serial_no": "K3", "in_scope": True, "model_listed": True, "model_eol_on": "2027-06-30"},
            {"serial_no": "K4", "in_scope": True, "model_listed": True},
            {"serial_no": "K5", "in_scope": True, "model_listed": False},
            {"serial_no": "K6", "in_scope": False, "model_listed": True, "model_eos_on": "2026-06-30"},
        ),
        flagged=(0, 1),
        unknown=(3,),
    ),
)


_NO_FIRMWARE = nw.col("firmware_key").is_null() | nw.col("model_min_firmware_key").is_null()
_NO_APP_VERSION = nw.col("app_version_key").is_null() | nw.col("model_min_app_version_key").is_null()


DEV_04 = Rule(
    id="DEV-04",
    subject=Subject.DEVICE,
    category=Category.EXPIRED,
    requires=("devices.model", "devices.firmware", "models.model", "models.min_firmware"),
    applies=nw.col("in_scope") & nw.col("model_listed"),
    unsure=_NO_FIRMWARE & _NO_APP_VERSION,
    cases=(
        Case(
            nw.col("firmware_key") < nw.col("model_min_firmware_key"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no}（{model}）固件版本 {firmware} 低于最低要求 {model_min_firmware}。",
                "Terminal {serial_no} ({model}) runs firmware {firmware}, below the minimum {model_min_firmware}.",
            ),
        ),
        Case(
            nw.col("app_version_key") < nw.col("model_min_app_version_key"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no}（{model}）应用版本 {app_version} 低于最低要求 {model_min_app_version}。",
                "Terminal {serial_no} ({model}) runs application {app_version}, below the minimum {model_min_app_version}.",
            ),
        ),
    ),
    cause="6.2",
    owner=Owner.VENDOR,
    title=Texts("版本低于最低要求", "Version below the minimum"),
    why=Texts(
        "旧版本缺少平台要求的接口与安全修复，可能导致交易失败。",
        "Old software lacks interfaces and fixes the platform relies on, and payments may fail.",
    ),
    remedy=Texts(
        "安排远程升级或现场升级；无法升级的列入换机计划。",
        "Upgrade remotely or on site; plan replacement for what cannot be upgraded.",
    ),
    expected=Texts("≥ {model_min_firmware}", "≥ {model_min_firmware}"),
    actual=Texts("{firmware}", "{firmware}"),
    example=Example(
        rows=(
            {
                "serial_no": "L1",
                "in_scope": True,
                "model_listed": True,
                "firmware_key": "0000000002.0000000009",
                "model_min_firmware_key": "0000000003.0000000002",
            },
            {
                "serial_no": "L2",
                "in_scope": True,
                "model_listed": True,
                "firmware_key": "0000000003.0000000010",
                "model_min_firmware_key": "0000000003.0000000002",
            },
            {
                "serial_no": "L3",
                "in_scope": True,
                "model_listed": True,
                "firmware_key": "0000000003.0000000002",
                "model_min_firmware_key": "0000000003.0000000002",
            },
            {
                "serial_no": "L4",
                "in_scope": True,
                "model_listed": True,
                "model_min_firmware_key": "0000000003.0000000002",
            },
            {
                "serial_no": "L5",
                "in_scope": True,
                "model_listed": False,
                "firmware_key": "0000000002.0000000009",
            },
            {
                "serial_no": "L6",
                "in_scope": True,
                "model_listed": True,
                "app_version_key": "0000000001",
                "model_min_app_version_key": "0000000002",
            },
        ),
        flagged=(0, 5),
        unknown=(3,),
    ),
)

DEV_06 = Rule(
    id="DEV-06",
    subject=Subject.DEVICE,
    category=Category.EXPIRED,
    requires=("devices.cert_expiry",),
    applies=nw.col("in_scope"),
    unsure=(
        nw.col("cert_expiry").is_null()
        & nw.col("model_cert_expiry").is_null()
        & (~nw.col("license_recognised") | ~nw.col("license_no").is_null())
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
        "A terminal without a valid certificate does not meet the acceptance requirements, and a channel may refuse it.",
    ),
    remedy=Texts(
        "请供应商提供续期证书或认证编号；型号认证到期的，与收单机构确认后换机。",
        "Have the vendor supply the renewed certificate or the number; where the model's certification ended, "
        "agree on replacement with the acquirer.",
    ),
    expected=Texts("有效期内", "within validity"),
    actual=Texts("{cert_expiry}", "{cert_expiry}"),
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
        ),
        flagged=(0, 3, 4),
        unknown=(2,),
    ),
)


def _installed_long_enough(night: Night) -> nw.Expr:
    return nw.col("install_date").is_null() | (nw.col("install_date") < night.day(night["days"]))


HB_01 = Rule(
    id="HB-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.last_heartbeat_at",),
    applies=nw.col("in_use") & ~nw.col("is_spare").fill_null(False),
    thresholds=(
        Threshold(
            "days",
            7,
            DAYS,
            Texts(
                "终端每日签到，一周没有联机已不是偶尔停业",
                "terminals sign in daily; a week without is more than a closed day",
            ),
        ),
        Threshold("high_days", 30, DAYS, Texts("一个月没有联机", "a month without contact")),
    ),
    cases=(
        Case(
            lambda night: nw.col("last_contact_at") < night.start_of(night["high_days"]),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 已 {last_contact_at:days} 天未联机，最近一次为 {last_contact_at}。",
                "Terminal {serial_no} has not been heard from for {last_contact_at:days} days, last on {last_contact_at}.",
            ),
        ),
        Case(
            lambda night: nw.col("last_contact_at") < night.start_of(night["days"]),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 已 {last_contact_at:days} 天未联机，最近一次为 {last_contact_at}。",
                "Terminal {serial_no} has not been heard from for {last_contact_at:days} days, last on {last_contact_at}.",
            ),
        ),
        Case(
            lambda night: nw.col("last_contact_at").is_null() & _installed_long_enough(night),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 台账状态为在用，但从未上报心跳或签到。",
                "Terminal {serial_no} is in use by the ledger but has never reported.",
            ),
        ),
    ),
    cause="6.4",
    owner=Owner.MERCHANT,
    title=Texts("长期未联机", "Not heard from"),
    why=Texts(
        "在用终端长期不联机，可能网络故障、设备损坏、闲置或已被移走。",
        "A device in use that stays silent has lost its network, broken down, lies idle or was taken away.",
    ),
    remedy=Texts(
        "联系商户检查网络、SIM 卡和设备；闲置的收回，遗失的登记并停用。",
        "Have the merchant check network, SIM card and device; recover what lies idle, record and stop what is lost.",
    ),
    expected=Texts("近期联机", "recent contact"),
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
        ),
        flagged=(0, 1, 3),
    ),
)

RULES = (DEV_03, DEV_04, DEV_06, HB_01)
