"""MER: what the merchant list lacks, has wrong, or has let expire. Closed merchants are left alone."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts

_OPEN_MERCHANT = nw.col("merchant_status").is_null() | (nw.col("merchant_status") != "closed")


MER_02 = Rule(
    id="MER-02",
    subject=Subject.MERCHANT,
    category=Category.MERCHANT,
    requires=("merchants.uscc",),
    applies=_OPEN_MERCHANT,
    known=("uscc",),
    cases=(
        Case(
            nw.col("uscc_check") == "invalid",
            Severity.HIGH,
            Texts(
                "商户 {merchant_no}（{merchant_name}）的统一社会信用代码 {uscc} 校验不通过。",
                "The unified social credit code {uscc} of merchant {merchant_no} ({merchant_name}) fails its check.",
            ),
        ),
        Case(
            nw.col("uscc_check") == "legacy",
            Severity.MEDIUM,
            Texts(
                "商户 {merchant_no}（{merchant_name}）登记的是 15 位旧版营业执照号 {uscc}。",
                "Merchant {merchant_no} ({merchant_name}) is recorded with a 15-digit licence number of the old kind, {uscc}.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.MERCHANT,
    title=Texts("信用代码校验不通过", "Credit code fails its check"),
    why=Texts(
        "信用代码是五要素之一，录入错误会导致报备被驳回或与实际主体不符。",
        "The code is one of the five registered elements; a wrong one gets the registration rejected or names another company.",
    ),
    remedy=Texts(
        "对照营业执照更正 18 位统一社会信用代码，并同步提交变更报备。",
        "Correct the 18-character code from the business licence and have the registration changed with it.",
    ),
    expected=Texts("有效的 18 位代码", "a valid 18-character code"),
    actual=Texts("{uscc}", "{uscc}"),
    example=Example(
        rows=(
            {"merchant_no": "M1", "uscc": "91350100M000100Y44", "uscc_check": "invalid"},
            {"merchant_no": "M2", "uscc": "91350100M000100Y43", "uscc_check": "valid"},
            {"merchant_no": "M3", "uscc": "350100100012345", "uscc_check": "legacy"},
            {"merchant_no": "M4"},
            {"merchant_no": "M5", "uscc": "110***********0027", "uscc_check": "id_number"},
            {"merchant_no": "M6", "uscc": "1", "uscc_check": "invalid", "merchant_status": "closed"},
        ),
        flagged=(0, 2),
        unknown=(3,),
    ),
)

MER_04 = Rule(
    id="MER-04",
    subject=Subject.MERCHANT,
    category=Category.EXPIRED,
    requires=("merchants.license_expiry",),
    applies=_OPEN_MERCHANT,
    known=("license_expiry",),
    cases=(
        Case(
            lambda night: nw.col("license_expiry") < night.day(),
            Severity.HIGH,
            Texts(
                "商户 {merchant_no}（{merchant_name}）的营业执照已于 {license_expiry} 到期。",
                "The business licence of merchant {merchant_no} ({merchant_name}) expired on {license_expiry}.",
            ),
        ),
    ),
    cause="4.1",
    owner=Owner.MERCHANT,
    title=Texts("营业执照已过期", "Business licence expired"),
    why=Texts(
        "执照过期属于商户资料不全，渠道可能据此驳回新报备或限制交易。",
        "An expired licence leaves the merchant's papers incomplete; a channel may reject registrations or limit payments for it.",
    ),
    remedy=Texts(
        "请商户提供新版营业执照，更新商户资料；已停业的按退出流程处理。",
        "Have the merchant supply the renewed licence and update the record; one that has closed goes through the exit process.",
    ),
    expected=Texts("有效期内", "within validity"),
    actual=Texts("{license_expiry}", "{license_expiry}"),
    example=Example(
        rows=(
            {"merchant_no": "M1", "license_expiry": "2026-11-20"},
            {"merchant_no": "M2", "license_expiry": "2026-11-21"},
            {"merchant_no": "M3", "license_expiry": "9999-12-31"},
            {"merchant_no": "M4"},
            {"merchant_no": "M5", "license_expiry": "2020-01-01", "merchant_status": "closed"},
        ),
        flagged=(0,),
        unknown=(3,),
    ),
)

RULES = (MER_02, MER_04)
