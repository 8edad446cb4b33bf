"""DEV: models past support, without what is asked of them or unknown, and devices past their age."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import (
    Case,
    Category,
    Example,
    Night,
    Owner,
    Rule,
    Severity,
    Texts,
    Threshold,
    unread,
)

DEV_03 = Rule(
    id="DEV-03",
    subject=Subject.DEVICE,
    category=Category.EXPIRED,
    requires=("devices.model", "models.model"),
    one_of=(("models.eol_on",), ("models.eos_on",)),
    applies=nw.col("in_scope") & nw.col("model_listed"),
    unsure=(nw.col("model_eol_on").is_null() & nw.col("model_eos_on").is_null())
    | unread("eol_on", "models_rejected")
    | unread("eos_on", "models_rejected"),
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
                "Production of model {model} of terminal {serial_no} ended on {model_eol_on}.",
            ),
        ),
    ),
    cause="6.2",
    owner=Owner.VENDOR,
    title=Texts("型号已停产停服", "Model out of production or support"),
    why=Texts(
        "停服型号不再获得安全更新与维修，故障与风险只会增加。",
        "A model out of support no longer gets security updates or repairs, so faults and risks will only increase.",
    ),
    remedy=Texts(
        "与供应商确认型号状态，制定换机计划并安排更换。",
        "Confirm the model's status with the vendor, and plan and carry out its replacement.",
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
            {
                "serial_no": "K7",
                "in_scope": True,
                "model_listed": True,
                "model_eol_on": "2026-06-30",
                "models_rejected": ",eos_on,",
            },
        ),
        flagged=(0, 1),
        unknown=(3, 6),
    ),
)


def _sm_required(night: Night) -> nw.Expr:
    return (nw.col("model_sm_required_from") <= night.day()).fill_null(False)


DEV_07 = Rule(
    id="DEV-07",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.model", "devices.sm_support", "models.model", "models.sm_required_from"),
    applies=lambda night: (
        nw.col("in_scope") & (_sm_required(night) | unread("sm_required_from", "models_rejected"))
    ),
    known=("sm_support",),
    cases=(
        Case(
            ~nw.col("sm_support"),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no}（{model}）不支持国密算法，型号表要求自 {model_sm_required_from} 起支持。",
                "Terminal {serial_no} ({model}) does not support the SM algorithms, which the model table requires from {model_sm_required_from}.",
            ),
        ),
    ),
    cause="1.4",
    owner=Owner.VENDOR,
    title=Texts("未支持国密算法", "SM algorithms not supported"),
    why=Texts(
        "到了型号表规定的日期仍不支持国密的终端，渠道或收单机构可能不再受理。",
        "A terminal that does not support the SM algorithms by the date in the model table may no longer be accepted by channels or acquirers.",
    ),
    remedy=Texts(
        "请供应商升级固件或密钥体系；无法升级的换机。要求日期以收单机构通知为准，写入型号表。",
        "Have the vendor upgrade the firmware or key system; replace devices that cannot be upgraded. Enter the required date from the acquirer's notice in the "
        "model table.",
    ),
    expected=Texts("支持国密", "SM supported"),
    actual=Texts("不支持", "not supported"),
    example=Example(
        rows=(
            {
                "serial_no": "Y1",
                "in_scope": True,
                "sm_support": False,
                "model_sm_required_from": "2026-11-21",
            },
            {
                "serial_no": "Y2",
                "in_scope": True,
                "sm_support": False,
                "model_sm_required_from": "2026-11-22",
            },
            {"serial_no": "Y3", "in_scope": True, "sm_support": True, "model_sm_required_from": "2025-01-01"},
            {"serial_no": "Y4", "in_scope": True, "model_sm_required_from": "2025-01-01"},
            {"serial_no": "Y5", "in_scope": True, "sm_support": False},
            {
                "serial_no": "Y6",
                "in_scope": True,
                "sm_support": False,
                "models_rejected": ",sm_required_from,",
            },
            {
                "serial_no": "Y7",
                "in_scope": False,
                "sm_support": False,
                "model_sm_required_from": "2025-01-01",
            },
        ),
        flagged=(0,),
        unknown=(3, 5),
    ),
    since="0.2.0",
)

# the age of a device counts from its making; where that is not known, from its first known day here
_FIRST_DAY = nw.coalesce("production_date", "stock_in_date", "install_date")
_DAYS_A_YEAR = 365.25
_YEARS = Texts("年", "years")

DEV_08 = Rule(
    id="DEV-08",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=(),
    one_of=(("devices.install_date",), ("devices.production_date",), ("devices.stock_in_date",)),
    applies=nw.col("in_scope"),
    unsure=_FIRST_DAY.is_null()
    | unread("production_date")
    | unread("stock_in_date")
    | unread("install_date"),
    thresholds=(
        Threshold(
            "years",
            5,
            _YEARS,
            Texts(
                "经销商的说法：3 至 5 年，也有 5 年以上；未查到规定，请按本机构标准设定",
                "resellers quote 3 to 5 years, some more than 5; no regulation was found, please set it to your own standard",
            ),
        ),
        Threshold(
            "medium_years",
            8,
            _YEARS,
            Texts(
                "本机构的换机上限，可按需调整",
                "the institution's own upper limit for replacement; adjust as needed",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: night.past(_FIRST_DAY, _DAYS_A_YEAR * night["medium_years"]),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no}（{model}）服役已远超年限：生产 {production_date}，入库 {stock_in_date}，安装 {install_date}。",
                "Terminal {serial_no} ({model}) is far beyond its service life: produced {production_date}, in stock {stock_in_date}, installed {install_date}.",
            ),
        ),
        Case(
            lambda night: night.past(_FIRST_DAY, _DAYS_A_YEAR * night["years"]),
            Severity.LOW,
            Texts(
                "终端 {serial_no}（{model}）服役已超年限：生产 {production_date}，入库 {stock_in_date}，安装 {install_date}。",
                "Terminal {serial_no} ({model}) is beyond its service life: produced {production_date}, in stock {stock_in_date}, installed {install_date}.",
            ),
        ),
    ),
    cause="3.2",
    owner=Owner.VENDOR,
    title=Texts("服役超过年限", "Service life exceeded"),
    why=Texts(
        "老旧终端故障多、配件少，安全能力也可能跟不上现行要求。",
        "Old devices fail more often, spare parts are scarce, and their security may no longer meet current requirements.",
    ),
    remedy=Texts(
        "检查设备状态与型号服务期，由供应商与商户商定是否换机及时间。",
        "Check the device's condition and the model's support period; vendor and merchant agree whether and when to replace it.",
    ),
    expected=Texts("服役年限内", "within service life"),
    actual=Texts(
        "生产 {production_date} / 入库 {stock_in_date} / 安装 {install_date}",
        "produced {production_date} / in stock {stock_in_date} / installed {install_date}",
    ),
    example=Example(
        rows=(
            {"serial_no": "Z1", "in_scope": True, "production_date": "2018-01-01"},
            {
                "serial_no": "Z2",
                "in_scope": True,
                "production_date": "2021-01-01",
                "install_date": "2026-01-01",
            },
            {
                "serial_no": "Z3",
                "in_scope": True,
                "stock_in_date": "2023-01-01",
                "install_date": "2020-01-01",
            },
            {"serial_no": "Z4", "in_scope": True, "install_date": "2021-11-20"},
            {"serial_no": "Z5", "in_scope": True, "install_date": "2021-11-21"},
            {"serial_no": "Z6", "in_scope": True},
            {
                "serial_no": "Z7",
                "in_scope": True,
                "install_date": "2024-01-01",
                "rejected": ",production_date,",
            },
            {"serial_no": "Z8", "in_scope": False, "install_date": "2010-01-01"},
        ),
        flagged=(0, 1, 3),
        unknown=(5, 6),
    ),
    since="0.2.0",
)

DEV_09 = Rule(
    id="DEV-09",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.model", "models.model"),
    absence_of=("models",),
    applies=nw.col("in_scope"),
    known=("model",),
    cases=(
        Case(
            ~nw.col("model_listed") & nw.col("vendor").is_null(),
            Severity.LOW,
            Texts(
                "终端 {serial_no} 的型号 {model} 不在型号表中，或表中有几家供应商的同名型号而台账未注明供应商，未评估版本、停服与认证。",
                "Model {model} of terminal {serial_no} is not in the model table, or several vendors have a model of that name and the ledger does not state the "
                "vendor; version, support and certificate were not evaluated.",
            ),
        ),
        Case(
            ~nw.col("model_listed"),
            Severity.LOW,
            Texts(
                "终端 {serial_no} 的型号 {model}（{vendor}）不在型号表中，未评估版本、停服与认证。",
                "Model {model} ({vendor}) of terminal {serial_no} is not in the model table; "
                "version, support and certificate were not evaluated.",
            ),
        ),
    ),
    cause="6.2",
    owner=Owner.OPERATOR,
    title=Texts("型号未登记", "Model not in the model table"),
    why=Texts(
        "型号表没有的型号，最低版本、停产停服和认证到期都无从检查。",
        "For a model that is not in the model table, minimum version, end of production and support, and certificate expiry cannot be checked.",
    ),
    remedy=Texts(
        "在型号表中补充该型号及其数据来源；型号写法不同的，更正台账或在型号表中按台账写法登记；台账未注明供应商的，予以补全。",
        "Add the model and the source of its data to the model table. If only the spelling differs, correct the ledger or add the ledger's spelling to the model "
        "table; if the ledger does not state the vendor, add it.",
    ),
    expected=Texts("型号表中有此型号", "present in the model table"),
    actual=Texts("{model}", "{model}"),
    example=Example(
        rows=(
            {"serial_no": "AA1", "in_scope": True, "model": "X990", "vendor": "星联", "model_listed": False},
            {"serial_no": "AA2", "in_scope": True, "model": "A8", "model_listed": True},
            {"serial_no": "AA3", "in_scope": True, "model_listed": False},
            {"serial_no": "AA4", "in_scope": False, "model": "X990", "model_listed": False},
            {"serial_no": "AA5", "in_scope": True, "model": "X990", "model_listed": False},
        ),
        flagged=(0, 4),
        unknown=(2,),
    ),
    since="0.2.0",
)

RULES = (DEV_03, DEV_07, DEV_08, DEV_09)
