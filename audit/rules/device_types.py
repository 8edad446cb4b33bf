"""TYP: what kind of device it is, and what the ledger has to say of that kind."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.matching import AMBIGUOUS, ANOTHERS, COMPARABLE, SEVERAL, STATUS
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts

_LISTED = {"in_scope": True, "reg_status": "registered"}
_SERIAL_MISSING = nw.col("missing_fields").str.contains(",serial_no,", literal=True)

TYP_01 = Rule(
    id="TYP-01",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=("devices.device_type", "registrations.device_type", *STATUS),
    applies=COMPARABLE,
    known=("device_type_code", "reg_device_type_code"),
    unsure=AMBIGUOUS,
    cases=(
        Case(
            nw.col("device_type_code") != nw.col("reg_device_type_code"),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 台账类型为“{device_type}”，{channel}报备类型为“{reg_device_type}”。",
                "Terminal {serial_no} is of type “{device_type}” in the ledger but “{reg_device_type}” in its {channel}registration.",
            ),
        ),
    ),
    cause="1.4",
    owner=Owner.VENDOR,
    title=Texts("终端类型不一致", "Device type differs"),
    why=Texts(
        "报备必填项和受理要求按终端类型而定，类型报错，报备内容就不完整，可能被渠道驳回。",
        "The required registration fields and acceptance requirements depend on the device type; with the wrong type the registration is incomplete and the channel "
        "may reject it.",
    ),
    remedy=Texts(
        "请供应商按产品确认终端类型，更正台账；报备录错的由收单机构提交变更报备。",
        "Have the vendor confirm the device type of the product and correct the ledger; if the registration is wrong, the acquirer submits a registration change.",
    ),
    expected=Texts("{device_type}", "{device_type}"),
    actual=Texts("{reg_device_type}", "{reg_device_type}"),
    other="reg",
    since="0.2.0",
    example=Example(
        rows=(
            {
                **_LISTED,
                "serial_no": "T1",
                "device_type": "智能POS",
                "device_type_code": "04",
                "reg_device_type": "传统POS",
                "reg_device_type_code": "02",
            },
            {
                **_LISTED,
                "serial_no": "T2",
                "device_type": "安卓POS",
                "device_type_code": "04",
                "reg_device_type": "智能POS",
                "reg_device_type_code": "04",
            },
            {**_LISTED, "serial_no": "T3", "device_type_code": "04", "reg_device_type": "其他"},
            {
                **_LISTED,
                **ANOTHERS,
                "serial_no": "T4",
                "device_type_code": "04",
                "reg_device_type_code": "02",
            },
            {**_LISTED, **SEVERAL, "serial_no": "T5", "device_type_code": "04", "reg_device_type_code": "02"},
        ),
        flagged=(0,),
        unknown=(2, 4),
    ),
)

TYP_03 = Rule(
    id="TYP-03",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.device_type",),
    applies=nw.col("in_scope") & (nw.col("required_fields") > 0),
    cases=(
        Case(
            _SERIAL_MISSING,
            Severity.MEDIUM,
            Texts(
                "商户 {merchant_no} 终端号 {terminal_id} 的设备类型为“{device_type}”，台账缺少必填项：{missing_fields}。",
                "The device with terminal number {terminal_id} of merchant {merchant_no} is of type “{device_type}”; required fields missing from the ledger: "
                "{missing_fields}.",
            ),
        ),
        Case(
            ~nw.col("missing_fields").is_null(),
            Severity.LOW,
            Texts(
                "终端 {serial_no}（类型“{device_type}”）台账缺少必填项：{missing_fields}。",
                "Required fields of terminal {serial_no} (type “{device_type}”) missing from the ledger: {missing_fields}.",
            ),
        ),
    ),
    cause="1.4",
    owner=Owner.VENDOR,
    title=Texts("必填项缺失", "Required fields blank"),
    why=Texts(
        "各类终端报备时必须填写的项目不同，台账缺项会使报备被退回，也无法与报备清单核对。",
        "Each device type has its own required registration fields; if the ledger lacks one, the registration is returned and cannot be checked against the "
        "registration list.",
    ),
    remedy=Texts(
        "请供应商按终端类型补全台账，再由收单机构补报或变更报备。",
        "Have the vendor complete the ledger for that device type; the acquirer then submits the registration or a change of it.",
    ),
    expected=Texts("必填项齐全", "all required fields"),
    actual=Texts("缺 {missing_fields}", "missing {missing_fields}"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "merchant_no": "M1",
                "terminal_id": "T1",
                "in_scope": True,
                "device_type": "智能POS",
                "required_fields": 4,
                "missing_fields": ",serial_no,",
            },
            {
                "serial_no": "U2",
                "in_scope": True,
                "device_type": "智能POS",
                "required_fields": 4,
                "missing_fields": ",model,address,",
            },
            {"serial_no": "U3", "in_scope": True, "device_type": "智能POS", "required_fields": 4},
            {"serial_no": "U4", "in_scope": True, "device_type": "台牌", "required_fields": 0},
            {
                "serial_no": "U5",
                "in_scope": None,
                "device_type": "智能POS",
                "required_fields": 4,
                "missing_fields": ",model,",
            },
        ),
        flagged=(0, 1),
        unknown=(4,),
    ),
)

RULES = (TYP_01, TYP_03)
