"""MER: papers that have run out or soon will, and the authorisation a channel asks for."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.merchants import OPEN_MERCHANT
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
    unread,
)

MER_04 = Rule(
    id="MER-04",
    subject=Subject.MERCHANT,
    category=Category.EXPIRED,
    requires=("merchants.license_expiry",),
    applies=OPEN_MERCHANT,
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
        "With an expired licence the merchant's documents are incomplete; a channel may reject new registrations or restrict transactions for this reason.",
    ),
    remedy=Texts(
        "请商户提供新版营业执照，更新商户资料；已停业的按退出流程处理。",
        "Have the merchant supply the renewed business licence and update the merchant record; if the business has closed, follow the exit procedure.",
    ),
    expected=Texts("有效期内", "still valid"),
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

MER_05 = Rule(
    id="MER-05",
    subject=Subject.MERCHANT,
    category=Category.EXPIRED,
    requires=("merchants.legal_id_expiry",),
    applies=OPEN_MERCHANT,
    known=("legal_id_expiry",),
    cases=(
        Case(
            lambda night: nw.col("legal_id_expiry") < night.day(),
            Severity.HIGH,
            Texts(
                "商户 {merchant_no}（{merchant_name}）的法定代表人证件已于 {legal_id_expiry} 到期。",
                "The identity document of the legal representative of merchant {merchant_no} ({merchant_name}) expired on {legal_id_expiry}.",
            ),
        ),
    ),
    cause="4.1",
    owner=Owner.MERCHANT,
    title=Texts("法定代表人证件已过期", "Legal representative's ID expired"),
    why=Texts(
        "证件过期属于商户资料不全，实名认证可能失效，新报备可能被驳回。",
        "With an expired ID the merchant's documents are incomplete; identity verification may lapse and new registrations may be rejected.",
    ),
    remedy=Texts(
        "请商户提供新证件，更新商户资料并重新提交认证；负责人已变更的一并更正。",
        "Have the merchant supply the new document, update the merchant record and submit it for verification again; if the person in charge has changed, correct "
        "that as well.",
    ),
    expected=Texts("有效期内", "still valid"),
    actual=Texts("{legal_id_expiry}", "{legal_id_expiry}"),
    example=Example(
        rows=(
            {"merchant_no": "M1", "legal_id_expiry": "2026-11-20"},
            {"merchant_no": "M2", "legal_id_expiry": "2026-11-21"},
            {"merchant_no": "M3", "legal_id_expiry": "9999-12-31"},
            {"merchant_no": "M4"},
            {"merchant_no": "M5", "legal_id_expiry": "2020-01-01", "merchant_status": "closed"},
        ),
        flagged=(0,),
        unknown=(3,),
    ),
    since="0.2.0",
)

# in words of people and of the channels' interfaces; "not" is asked first, 未授权 contains 授权
_NOT_AUTHORISED = nw.col("auth_state_wechat").str.contains(
    "(?i)未(?:完成)?(?:授权|认证|实名|确认|通过)|待(?:商户|联系人|法人)?(?:授权|认证|实名|确认)|"
    "不通过|驳回|失败|unauthori[sz]ed|not.?authori[sz]ed|rejected"
)
_AUTHORISED = nw.col("auth_state_wechat").str.contains(
    "(?i)已(?:完成)?(?:授权|认证|实名|确认)|(?:授权|认证|实名|确认)(?:成功|通过|完成)|authori[sz]ed|passed"
)
_SAID_AUTHORISED = (~_NOT_AUTHORISED & _AUTHORISED).fill_null(False)
_NO_CHANNEL_NUMBER = (
    nw.col("channel_no_recognised") & nw.col("channel_merchant_no").is_null() & ~unread("channel_merchant_no")
)


MER_07 = Rule(
    id="MER-07",
    subject=Subject.MERCHANT,
    category=Category.MERCHANT,
    requires=(),
    one_of=(("merchants.auth_state_wechat",), ("merchants.channel_merchant_no",)),
    applies=OPEN_MERCHANT,
    unsure=unread("auth_state_wechat")
    | ~(
        _NOT_AUTHORISED.fill_null(False) | _AUTHORISED.fill_null(False) | _NO_CHANNEL_NUMBER.fill_null(False)
    ),
    cases=(
        Case(
            _NOT_AUTHORISED,
            Severity.HIGH,
            Texts(
                "商户 {merchant_no}（{merchant_name}）的微信认证状态为“{auth_state_wechat}”。",
                "The WeChat verification status of merchant {merchant_no} ({merchant_name}) is “{auth_state_wechat}”.",
            ),
        ),
        Case(
            ~_SAID_AUTHORISED & _NO_CHANNEL_NUMBER,
            Severity.HIGH,
            Texts(
                "商户 {merchant_no}（{merchant_name}）没有渠道商户号，也没有已认证的记录。",
                "Merchant {merchant_no} ({merchant_name}) has no channel merchant number and no record of being verified.",
            ),
        ),
    ),
    cause="4.1",
    owner=Owner.MERCHANT,
    title=Texts("商户未完成实名认证或授权", "Merchant not verified or authorised"),
    why=Texts(
        "商户未完成认证授权时，渠道不受理其交易，名下终端即使已报备也无法收款。",
        "Until the merchant is verified and has authorised, the channel refuses its transactions, even on registered terminals.",
    ),
    remedy=Texts(
        "请商户负责人扫码完成认证与授权；没有渠道商户号的，由收单机构先为其进件。",
        "Have the person in charge scan the code to complete verification and authorisation; if there is no channel merchant number, the acquirer first onboards the "
        "merchant with the channel.",
    ),
    expected=Texts("已授权", "authorised"),
    actual=Texts("{auth_state_wechat}", "{auth_state_wechat}"),
    example=Example(
        rows=(
            {"merchant_no": "M1", "auth_state_wechat": "未授权"},
            {"merchant_no": "M2", "auth_state_wechat": "AUTHORIZE_STATE_UNAUTHORIZED"},
            {"merchant_no": "M3", "auth_state_wechat": "已授权"},
            {"merchant_no": "M4", "auth_state_wechat": "authorize_state_authorized"},
            {"merchant_no": "M5", "auth_state_wechat": "2"},
            {"merchant_no": "M6"},
            {"merchant_no": "M7", "channel_no_recognised": True},
            {"merchant_no": "M8", "auth_state_wechat": "认证成功", "channel_no_recognised": True},
            {"merchant_no": "M9", "auth_state_wechat": "未认证", "merchant_status": "closed"},
            {"merchant_no": "M10", "channel_no_recognised": True, "channel_merchant_no": "1900000109"},
            {"merchant_no": "M11", "channel_no_recognised": True, "rejected": ",channel_merchant_no,"},
        ),
        flagged=(0, 1, 6),
        unknown=(4, 5, 9, 10),
    ),
    since="0.2.0",
)

MER_09 = Rule(
    id="MER-09",
    subject=Subject.MERCHANT,
    category=Category.MERCHANT,
    requires=("merchants.merchant_no",),
    one_of=(("merchants.license_expiry",), ("merchants.legal_id_expiry",)),
    applies=OPEN_MERCHANT,
    unsure=(nw.col("license_expiry").is_null() & nw.col("legal_id_expiry").is_null())
    | unread("license_expiry")
    | unread("legal_id_expiry"),
    foretells=(nw.col("license_expiry"), nw.col("legal_id_expiry")),
    thresholds=(
        Threshold(
            "days",
            60,
            DAYS,
            Texts(
                "换证与更新资料需要时间，提前两个月提醒",
                "renewal and updating the records take time; reminder two months ahead",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: night.soon(nw.col("license_expiry"), night["days"]),
            Severity.LOW,
            Texts(
                "商户 {merchant_no}（{merchant_name}）的营业执照将于 {license_expiry} 到期。",
                "The business licence of merchant {merchant_no} ({merchant_name}) expires on {license_expiry}.",
            ),
        ),
        Case(
            lambda night: night.soon(nw.col("legal_id_expiry"), night["days"]),
            Severity.LOW,
            Texts(
                "商户 {merchant_no}（{merchant_name}）的法定代表人证件将于 {legal_id_expiry} 到期。",
                "The identity document of the legal representative of merchant {merchant_no} ({merchant_name}) expires on {legal_id_expiry}.",
            ),
        ),
    ),
    cause="4.1",
    owner=Owner.MERCHANT,
    title=Texts("商户证照即将到期", "Merchant's documents about to expire"),
    why=Texts(
        "到期前换证，可避免资料失效后报备被驳回、交易受限。",
        "Renewing before expiry avoids rejected registrations and restricted transactions.",
    ),
    remedy=Texts(
        "请商户在到期前办理换证并提交新证照，由收单机构更新商户清单。",
        "Have the merchant renew the documents before they expire and submit the new ones; the acquirer updates the merchant list.",
    ),
    expected=Texts("有效期内", "still valid"),
    actual=Texts(
        "营业执照 {license_expiry} / 法定代表人证件 {legal_id_expiry}",
        "licence {license_expiry} / legal representative's ID {legal_id_expiry}",
    ),
    example=Example(
        rows=(
            {"merchant_no": "M1", "license_expiry": "2027-01-20", "legal_id_expiry": "2030-01-01"},
            {"merchant_no": "M2", "license_expiry": "2027-01-21", "legal_id_expiry": "9999-12-31"},
            {"merchant_no": "M3", "license_expiry": "9999-12-31", "legal_id_expiry": "2026-11-21"},
            {"merchant_no": "M4", "license_expiry": "2026-11-20"},
            {"merchant_no": "M5"},
            {"merchant_no": "M6", "license_expiry": "2026-12-01", "merchant_status": "closed"},
            {"merchant_no": "M7", "license_expiry": "2030-01-01", "rejected": ",legal_id_expiry,"},
        ),
        flagged=(0, 2),
        unknown=(4, 6),
    ),
    since="0.2.0",
)

RULES = (MER_04, MER_05, MER_07, MER_09)
