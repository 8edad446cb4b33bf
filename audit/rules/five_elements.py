"""ELE: the five elements (五要素) behind a serial, in the registration and on our side."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.matching import AMBIGUOUS, ANOTHERS, CHANGED, COMPARABLE, SEVERAL, STATUS
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts

_LISTED = {"in_scope": True, "reg_status": "registered", "merchant_no": "M1"}

ELE_04 = Rule(
    id="ELE-04",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=("merchants.uscc", "registrations.uscc", *STATUS),
    applies=COMPARABLE,
    known=("merchant_uscc_hash", "reg_uscc_hash"),
    unsure=AMBIGUOUS,
    cases=(
        Case(
            nw.col("merchant_uscc_hash") != nw.col("reg_uscc_hash"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的商户 {merchant_no} 在商户清单中的信用代码为 {merchant_uscc}，{channel}报备为 {reg_uscc}。",
                "Merchant {merchant_no} of terminal {serial_no} has credit code {merchant_uscc} in the merchant list "
                "but {reg_uscc} in the {channel}registration.",
            ),
        ),
    ),
    cause="4.1",
    owner=Owner.ACQUIRER,
    title=Texts("信用代码不一致", "Credit code differs"),
    why=Texts(
        "报备主体与商户档案不是同一主体，渠道核验时可能驳回，交易归属也说不清。",
        "The registration and the merchant record name different legal entities; the channel may reject the registration, and it is unclear whose transactions these are.",
    ),
    remedy=Texts(
        "对照营业执照（小微商户对照负责人证件）核实，更正商户档案或提交变更报备；主体已变更的重新进件。",
        "Check against the business licence (for a micro merchant, the principal's identity document), then correct the merchant record or submit a registration "
        "change. If the entity has changed, onboard the merchant again.",
    ),
    expected=Texts("{merchant_uscc}", "{merchant_uscc}"),
    actual=Texts("{reg_uscc}", "{reg_uscc}"),
    other="reg",
    explains=(CHANGED,),
    since="0.2.0",
    example=Example(
        rows=(
            {
                **_LISTED,
                "serial_no": "K1",
                "merchant_uscc": "91350100M000100Y43",
                "merchant_uscc_hash": "a",
                "reg_uscc": "91000000MA0000001R",
                "reg_uscc_hash": "b",
            },
            {**_LISTED, "serial_no": "K2", "merchant_uscc_hash": "a", "reg_uscc_hash": "a"},
            {**_LISTED, "serial_no": "K3", "merchant_uscc_hash": "a"},
            {**_LISTED, "serial_no": "K4", "reg_uscc_hash": "b"},
            {**_LISTED, **ANOTHERS, "serial_no": "K5", "merchant_uscc_hash": "a", "reg_uscc_hash": "b"},
            {**_LISTED, **SEVERAL, "serial_no": "K6", "merchant_uscc_hash": "a", "reg_uscc_hash": "b"},
        ),
        flagged=(0,),
        unknown=(2, 3, 5),
    ),
)

ELE_05 = Rule(
    id="ELE-05",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=("merchants.settle_account", "registrations.settle_account", *STATUS),
    applies=COMPARABLE,
    known=("merchant_settle_account_hash", "reg_settle_account_hash"),
    unsure=AMBIGUOUS,
    cases=(
        Case(
            nw.col("merchant_settle_account_hash") != nw.col("reg_settle_account_hash"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的商户 {merchant_no} 在商户清单中的结算账户为 {merchant_settle_account}，{channel}报备为 {reg_settle_account}。",
                "Merchant {merchant_no} of terminal {serial_no} has settlement account {merchant_settle_account} in the merchant list but {reg_settle_account} in "
                "the {channel}registration.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("结算账户不一致", "Settlement account differs"),
    why=Texts(
        "结算账户是五要素之一。两边不同时，资金可能进入未经核实的账户。",
        "The settlement account is one of the five elements. If the two differ, funds may go to an unverified account.",
    ),
    remedy=Texts(
        "与商户核实结算账户并留存凭证，以核实结果为准更正商户档案或提交变更报备。",
        "Verify the settlement account with the merchant and keep the evidence, then correct the merchant record or submit a registration change accordingly.",
    ),
    expected=Texts("{merchant_settle_account}", "{merchant_settle_account}"),
    actual=Texts("{reg_settle_account}", "{reg_settle_account}"),
    other="reg",
    explains=(CHANGED,),
    since="0.2.0",
    example=Example(
        rows=(
            {
                **_LISTED,
                "serial_no": "L1",
                "merchant_settle_account": "****1234",
                "merchant_settle_account_hash": "a",
                "reg_settle_account": "****5678",
                "reg_settle_account_hash": "b",
            },
            {
                **_LISTED,
                "serial_no": "L2",
                "merchant_settle_account_hash": "a",
                "reg_settle_account_hash": "a",
            },
            {**_LISTED, "serial_no": "L3", "merchant_settle_account_hash": "a"},
            {
                **_LISTED,
                **ANOTHERS,
                "serial_no": "L4",
                "merchant_settle_account_hash": "a",
                "reg_settle_account_hash": "b",
            },
            {
                **_LISTED,
                **SEVERAL,
                "serial_no": "L5",
                "merchant_settle_account_hash": "a",
                "reg_settle_account_hash": "b",
            },
        ),
        flagged=(0,),
        unknown=(2, 4),
    ),
)

_OURS_IS_A_CODE, _THEIRS_IS_A_CODE = (
    nw.col(name).str.contains("^[0-9A-Za-z]+$") for name in ("acquirer_code", "reg_acquirer_code")
)

ELE_07 = Rule(
    id="ELE-07",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=("devices.acquirer_code", "registrations.acquirer_code", *STATUS),
    applies=COMPARABLE,
    # the same header holds codes in one system and names in another; a name does not contradict a code
    unsure=AMBIGUOUS
    | (nw.col("acquirer_code").is_null() & nw.col("reg_acquirer_code").is_null())
    | (_OURS_IS_A_CODE != _THEIRS_IS_A_CODE),
    cases=(
        Case(
            nw.col("acquirer_code") != nw.col("reg_acquirer_code"),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 台账收单机构为 {acquirer_code}，{channel}报备收单机构为 {reg_acquirer_code}。",
                "The acquirer of terminal {serial_no} is {acquirer_code} in the ledger but {reg_acquirer_code} in its "
                "{channel}registration.",
            ),
        ),
        Case(
            nw.col("reg_acquirer_code").is_null(),
            Severity.LOW,
            Texts(
                "终端 {serial_no} 台账收单机构为 {acquirer_code}，{channel}报备没有填写收单机构。",
                "The acquirer of terminal {serial_no} is {acquirer_code} in the ledger but blank in its {channel}registration.",
            ),
        ),
        Case(
            nw.col("acquirer_code").is_null(),
            Severity.LOW,
            Texts(
                "终端 {serial_no} 台账没有填写收单机构，{channel}报备为 {reg_acquirer_code}。",
                "The acquirer of terminal {serial_no} is blank in the ledger but {reg_acquirer_code} in its {channel}registration.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("收单机构代码不一致", "Acquirer code differs"),
    why=Texts(
        "收单机构代码是五要素之一，不一致时交易上送的机构与报备不符，责任方也无从确定。",
        "The acquirer code is one of the five elements. If it differs, transactions are submitted under an acquirer other than the registered one, and it is unclear "
        "who is responsible.",
    ),
    remedy=Texts(
        "核实该终端现由哪家收单机构受理，更正台账或提交变更报备；已转网的注销原机构报备。",
        "Check which acquirer currently serves the terminal, then correct the ledger or submit a registration change; after a change of acquirer, cancel the "
        "registration with the former one.",
    ),
    expected=Texts("{acquirer_code}", "{acquirer_code}"),
    actual=Texts("{reg_acquirer_code}", "{reg_acquirer_code}"),
    other="reg",
    explains=(CHANGED,),
    since="0.2.0",
    example=Example(
        rows=(
            {**_LISTED, "serial_no": "N1", "acquirer_code": "48021000", "reg_acquirer_code": "48291000"},
            {**_LISTED, "serial_no": "N2", "acquirer_code": "48021000"},
            {**_LISTED, "serial_no": "N3", "reg_acquirer_code": "48291000"},
            {**_LISTED, "serial_no": "N4", "acquirer_code": "48021000", "reg_acquirer_code": "48021000"},
            {**_LISTED, "serial_no": "N5", "acquirer_code": "48021000", "reg_acquirer_code": "海峡支付"},
            {**_LISTED, "serial_no": "N6"},
            {
                **_LISTED,
                **ANOTHERS,
                "serial_no": "N7",
                "acquirer_code": "48021000",
                "reg_acquirer_code": "48291000",
            },
            {
                **_LISTED,
                **SEVERAL,
                "serial_no": "N8",
                "acquirer_code": "48021000",
                "reg_acquirer_code": "48291000",
            },
        ),
        flagged=(0, 1, 2),
        unknown=(4, 5, 7),
    ),
)

# types 02-06 and 08-10 of the UnionPay scheme are registered with a serial; code plates and the like need none
# (fields of the acquirers' public registration interfaces)
_SERIAL_TYPES = ["02", "03", "04", "05", "06", "08", "09", "10"]
_NO_SERIAL = (
    nw.col("device_type_code").is_in(_SERIAL_TYPES).fill_null(False)
    & nw.col("reg_serial_no").is_null()
    & nw.col("reg_tusn").is_null()
)

_WHOLE = {
    **_LISTED,
    "terminal_id": "T1",
    "device_type_code": "02",
    "reg_merchant_no": "M1",
    "reg_address": "东街1号",
}

ELE_08 = Rule(
    id="ELE-08",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=(
        *("registrations.serial_no", "registrations.merchant_no", "registrations.address"),
        *STATUS,
    ),
    applies=COMPARABLE,
    unsure=AMBIGUOUS,
    cases=(
        Case(
            _NO_SERIAL,
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 的{channel}报备没有序列号，只能凭商户 {merchant_no} 和终端号 {terminal_id} 对应。",
                "The {channel}registration of terminal {serial_no} has no serial number and can only be matched by merchant {merchant_no} and terminal number "
                "{terminal_id}.",
            ),
        ),
        Case(
            nw.col("reg_merchant_no").is_null(),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 的{channel}报备没有商户编号。",
                "The {channel}registration of terminal {serial_no} has no merchant number.",
            ),
        ),
        Case(
            nw.col("reg_address").is_null(),
            Severity.LOW,
            Texts(
                "终端 {serial_no} 的{channel}报备没有布放地址。",
                "The {channel}registration of terminal {serial_no} has no deployment address.",
            ),
        ),
    ),
    cause="4.1",
    owner=Owner.ACQUIRER,
    title=Texts("报备要素缺失", "Registration element missing"),
    why=Texts(
        "序列号、商户编号、布放地址缺一项，报备就不能证明是这台设备在这家商户使用。",
        "Without the serial number, merchant number or address, a registration does not prove that this device is used by this merchant.",
    ),
    remedy=Texts(
        "由供应商或商户补全资料，收单机构提交变更报备，补登缺失的要素。",
        "The vendor or merchant supplies what is missing; the acquirer submits a registration change to add it.",
    ),
    expected=Texts("要素齐全", "all elements present"),
    actual=Texts(
        "序列号 {reg_serial_no}，商户 {reg_merchant_no}，地址 {reg_address}",
        "serial {reg_serial_no}, merchant {reg_merchant_no}, address {reg_address}",
    ),
    other="reg",
    since="0.2.0",
    example=Example(
        rows=(
            {**_WHOLE, "serial_no": "O1", "reg_serial_no": None, "matched_by": "terminal"},
            {**_WHOLE, "serial_no": "O2", "reg_serial_no": "O2", "reg_merchant_no": None},
            {**_WHOLE, "serial_no": "O3", "reg_serial_no": "O3", "reg_address": None},
            {**_WHOLE, "serial_no": "O4", "reg_serial_no": "O4"},
            {**_WHOLE, "serial_no": "O5", "reg_tusn": "T5", "tusn": "T5"},
            {**_WHOLE, "device_type_code": "11", "matched_by": "terminal"},
            {**_WHOLE, **ANOTHERS, "serial_no": "O7", "reg_address": None},
            {**_WHOLE, **SEVERAL, "serial_no": "O8", "reg_address": None},
        ),
        flagged=(0, 1, 2),
        unknown=(7,),
    ),
)

RULES = (ELE_04, ELE_05, ELE_07, ELE_08)
