"""MER: what the merchant list lacks or has wrong. Closed merchants are left alone."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts, unread

OPEN_MERCHANT = nw.col("merchant_status").is_null() | (nw.col("merchant_status") != "closed")

MER_01 = Rule(
    id="MER-01",
    subject=Subject.MERCHANT,
    category=Category.MERCHANT,
    requires=("merchants.merchant_no",),
    applies=OPEN_MERCHANT,
    known=("required_fields",),
    unsure=nw.col("required_fields") == 0,
    cases=(
        Case(
            ~nw.col("missing_fields").is_null(),
            Severity.HIGH,
            Texts(
                "商户 {merchant_no}（{merchant_name}）的资料缺少：{missing_fields}。",
                "The record of merchant {merchant_no} ({merchant_name}) is missing: {missing_fields}.",
            ),
        ),
    ),
    cause="4.1",
    owner=Owner.MERCHANT,
    title=Texts("商户资料缺失", "Merchant record incomplete"),
    why=Texts(
        "资料不全的商户无法完成报备，渠道可能驳回，也无法核对主体与结算账户。",
        "With incomplete data the registration cannot be completed and the channel may reject it; nor can the legal entity and settlement account be checked.",
    ),
    remedy=Texts(
        "请商户补齐所列资料，由收单机构更新商户清单并提交进件变更；小微商户无需营业执照。",
        "Have the merchant supply what is listed; the acquirer updates the merchant list and submits the change. A micro merchant does not need a business licence.",
    ),
    expected=Texts("{required_fields} 项必填资料齐全", "all {required_fields} required fields"),
    actual=Texts("缺少：{missing_fields}", "missing: {missing_fields}"),
    example=Example(
        rows=(
            {"merchant_no": "M1", "missing_fields": ",uscc,legal_name,", "required_fields": 6},
            {"merchant_no": "M2", "required_fields": 6},
            {"merchant_no": "M3", "required_fields": 0},
            {
                "merchant_no": "M4",
                "missing_fields": ",uscc,",
                "required_fields": 6,
                "merchant_status": "closed",
            },
            {
                "merchant_no": "M5",
                "missing_fields": ",mcc,",
                "required_fields": 5,
                "merchant_status": "frozen",
            },
        ),
        flagged=(0, 4),
        unknown=(2,),
    ),
    since="0.2.0",
)

MER_02 = Rule(
    id="MER-02",
    subject=Subject.MERCHANT,
    category=Category.MERCHANT,
    requires=("merchants.uscc",),
    applies=OPEN_MERCHANT,
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
                "Merchant {merchant_no} ({merchant_name}) is recorded with an old 15-digit licence number, {uscc}.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.MERCHANT,
    title=Texts("信用代码校验不通过", "Credit code fails its check"),
    why=Texts(
        "信用代码是五要素之一，录入错误会导致报备被驳回或与实际主体不符。",
        "The credit code is one of the five elements; with a wrong code the registration is rejected or does not match the actual entity.",
    ),
    remedy=Texts(
        "对照营业执照更正 18 位统一社会信用代码，并同步提交变更报备。",
        "Correct the 18-character credit code from the business licence, and submit a registration change as well.",
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

MER_03 = Rule(
    id="MER-03",
    subject=Subject.MERCHANT,
    category=Category.MERCHANT,
    requires=("merchants.legal_id_no",),
    applies=OPEN_MERCHANT,
    known=("legal_id_check",),
    cases=(
        Case(
            nw.col("legal_id_check") == "invalid",
            Severity.MEDIUM,
            Texts(
                "商户 {merchant_no}（{merchant_name}）的法定代表人证件号码 {legal_id_no} 校验不通过。",
                "The ID number {legal_id_no} of the legal representative of merchant {merchant_no} ({merchant_name}) fails its check.",
            ),
        ),
        Case(
            nw.col("legal_id_check") == "legacy",
            Severity.LOW,
            Texts(
                "商户 {merchant_no}（{merchant_name}）登记的法定代表人证件号码 {legal_id_no} 是 15 位旧版身份证号。",
                "The ID number {legal_id_no} recorded for the legal representative of merchant {merchant_no} ({merchant_name}) is an old 15-digit one.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.MERCHANT,
    title=Texts("法定代表人证件号校验不通过", "Legal representative's ID number fails its check"),
    why=Texts(
        "证件号录错会使实名认证与报备被驳回，也查不到真正的负责人。",
        "With a wrong ID number, identity verification and registration are rejected, and the person actually responsible cannot be identified.",
    ),
    remedy=Texts(
        "对照证件原件更正号码；仍是 15 位旧号的，请商户提供现行证件。",
        "Correct the number from the original document; if it is still an old 15-digit one, have the merchant provide the current document.",
    ),
    expected=Texts("有效的 18 位证件号码", "a valid 18-character number"),
    actual=Texts("{legal_id_no}", "{legal_id_no}"),
    example=Example(
        rows=(
            {"merchant_no": "M1", "legal_id_no": "110***********0027", "legal_id_check": "invalid"},
            {"merchant_no": "M2", "legal_id_no": "110***********0028", "legal_id_check": "valid"},
            {"merchant_no": "M3", "legal_id_no": "110********0027", "legal_id_check": "legacy"},
            {"merchant_no": "M4"},
            {"merchant_no": "M5", "legal_id_check": "invalid", "merchant_status": "closed"},
        ),
        flagged=(0, 2),
        unknown=(3,),
    ),
    since="0.2.0",
)

MER_06 = Rule(
    id="MER-06",
    subject=Subject.MERCHANT,
    category=Category.MERCHANT,
    requires=(),
    one_of=(("merchants.phone",), ("merchants.contact",)),
    applies=OPEN_MERCHANT,
    unsure=unread("phone") | unread("contact"),
    cases=(
        Case(
            nw.col("phone").is_null() & nw.col("contact").is_null(),
            Severity.LOW,
            Texts(
                "商户 {merchant_no}（{merchant_name}）没有联系人，也没有联系电话。",
                "Merchant {merchant_no} ({merchant_name}) has neither a contact person nor a telephone number.",
            ),
        ),
    ),
    cause="3.3",
    owner=Owner.MERCHANT,
    title=Texts("商户无联系方式", "Merchant without a contact"),
    why=Texts(
        "设备异常或报备失败时找不到人，问题无法及时处理。",
        "If a device fails or a registration is rejected, there is no one to contact and the problem cannot be dealt with in time.",
    ),
    remedy=Texts(
        "请商户指定联系人并提供电话，由收单机构更新商户清单。",
        "Have the merchant name a contact person and a telephone number; the acquirer updates the merchant list.",
    ),
    expected=Texts("有联系人或联系电话", "a contact or a telephone number"),
    actual=Texts("无", "none"),
    example=Example(
        rows=(
            {"merchant_no": "M1"},
            {"merchant_no": "M2", "phone": "138****1234"},
            {"merchant_no": "M3", "contact": "王**"},
            {"merchant_no": "M4", "rejected": ",phone,"},
            {"merchant_no": "M5", "merchant_status": "closed"},
        ),
        flagged=(0,),
        unknown=(3,),
    ),
    since="0.2.0",
)

MER_08 = Rule(
    id="MER-08",
    subject=Subject.MERCHANT,
    category=Category.MERCHANT,
    requires=("merchants.mcc",),
    applies=OPEN_MERCHANT & ~nw.col("mid_mcc").is_null(),
    known=("mcc",),
    cases=(
        Case(
            nw.col("mid_mcc") != nw.col("mcc"),
            Severity.LOW,
            Texts(
                "商户 {merchant_no}（{merchant_name}）编号中的类别码为 {mid_mcc}，登记的 MCC 为 {mcc}。",
                "The number of merchant {merchant_no} ({merchant_name}) contains category code {mid_mcc}, but the recorded MCC is {mcc}.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.ACQUIRER,
    title=Texts("MCC 与商户编号不一致", "MCC differs from the merchant number"),
    why=Texts(
        "15 位商户编号的第 8 至 11 位通常是商户类别码；两处不同，多为录入错误或行业变更后未换号。",
        "Digits 8 to 11 of a 15-digit merchant number are usually its category code; a difference is mostly a typing error, or a change of business without a new number.",
    ),
    remedy=Texts(
        "由收单机构核对商户实际经营类别，更正 MCC；编号不按此规则编制的，停用本规则。",
        "The acquirer checks the merchant's actual business category and corrects the MCC; if merchant numbers are not built this way, switch this rule off.",
    ),
    expected=Texts("{mid_mcc}", "{mid_mcc}"),
    actual=Texts("{mcc}", "{mcc}"),
    example=Example(
        rows=(
            {"merchant_no": "000000058120001", "mid_mcc": "5812", "mcc": "5411"},
            {"merchant_no": "000000054110002", "mid_mcc": "5411", "mcc": "5411"},
            {"merchant_no": "000000054110003", "mid_mcc": "5411"},
            {"merchant_no": "M0004", "mcc": "5411"},
            {
                "merchant_no": "000000058120005",
                "mid_mcc": "5812",
                "mcc": "5411",
                "merchant_status": "closed",
            },
        ),
        flagged=(0,),
        unknown=(2,),
    ),
    since="0.2.0",
)

RULES = (MER_01, MER_02, MER_03, MER_06, MER_08)
