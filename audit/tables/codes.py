"""Code words: the closed lists of `Kind.CODE` columns and the labels real exports use for them.

The labels were gathered from vendors' and acquirers' own systems; "已报送" is pending, not registered,
because a submission is not a confirmation.
"""

from __future__ import annotations

import re

from audit.tables.model import CodeList, header_forms, normalise_label

_CODE_BEFORE = re.compile(r"^\d{2}(?=\D)")

REGISTRATION_STATUS = CodeList(
    "reg_status",
    {
        "registered": "已报备,报备成功,成功,已入网,入网成功,已登记,登记成功,已备案,备案成功,审核通过,审批通过,已通过,通过,已生效,报备完成,已完成,已报,是,√,✓,✔,y,yes,"
        "success,succeeded,ok,passed,approved,complete,completed",
        "pending": "报备中,处理中,审核中,审批中,待审核,待审批,报备待审核,已提交,已报送,提交中,登记中,入网中,备案中,"
        "processing,submitted,submit,wait,waiting,in review,under review",
        "failed": "报备失败,失败,驳回,已驳回,审核未通过,审核不通过,审核失败,登记失败,入网失败,备案失败,未通过,不通过,"
        "被拒绝,已拒绝,拒绝,已退回,退回,错误,fail,rejected,error,denied",
        "not_registered": "未报备,待报备,未报送,未登记,未入网,未创建,未备案,未提交,未报,否,×,✗,✘,n,no,none,not registered,unregistered,init",
        "cancelled": "已注销,注销,注销成功,取消报备,已取消,已撤销,撤销,已失效,失效,已注销登记,已注销报备,报备已注销,"
        "canceled,logged,closed,deleted,revoked",
        "frozen": "冻结,已冻结,暂停,已暂停,suspended,freezed",
    },
)

TERMINAL_STATUS = CodeList(
    "terminal_status",
    {
        "active": "启用,已启用,正常,正常使用,正常运行,使用中,已开通,开通,已激活,激活,在用,已装机,已绑定,运行中,在网,有效,"
        "enabled,in production,in use,boarded,online,normal",
        "partial": "部分开通",
        "inactive": "未启用,未开通,未激活,停用,已停用,停机,已停机,停止使用,无效,禁用,已禁用,暂停使用,冻结,已冻结,"
        "disabled,not active,pending setup,suspended",
        "stock": "已入库,库存,库存中,闲置,闲置库存,申领中,在库,未绑定,备库,inventory,in stock,spare pool,in storage",
        "repair": "维修中,维修,申请维修中,返修,返修中,送修,rma,maintenance,in repair",
        "retired": "注销,已注销,撤机,已撤机,拆机,已拆机,报废,已报废,报废库存,作废,已作废,已解绑,已换机,退役,已退役,已回收,"
        "deleted,returned,replaced,swapped-out,end of life,scrapped,decommissioned,removed",
        "lost": "丢失,已丢失,遗失,被盗,stolen",
        "blacklist": "黑名单,blacklisted,blocked",
    },
)

MERCHANT_STATUS = CodeList(
    "merchant_status",
    {
        "active": "正常,启用,已启用,已开通,开通,营业,营业中,在营,正常营业,存续,open,enabled,normal",
        "closed": "注销,已注销,销户,已销户,关闭,已关闭,已清退,清退,停业,歇业,吊销,已关停,终止,已终止,"
        "cancelled,canceled,terminated,shut",
        "frozen": "冻结,已冻结,暂停,风控,风控冻结,停用,已停用,suspended,blocked,disabled",
        "pending": "待审核,审核中,待开通,未开通,reviewing,in review,onboarding",
    },
)

CHANNEL = CodeList(
    "channel",
    {
        "wechat": "微信,微信支付,微信渠道,微信通道,财付通,wxp,wx,wechat pay,weixin",
        "alipay": "支付宝,支付宝支付,支付宝渠道,支付宝通道,alp,al,ali",
        "unionpay": "银联,中国银联,银联渠道,银联通道,云闪付,银联二维码,unp,union,cup,un,china unionpay",
        "nucc": "网联,网联渠道,网联清算",
        "common": "通用,全部,全渠道,all",
    },
)

# Types of terminal by the codes of the card scheme, 01 to 13, 07 reserved. Code and name as in the interface documents
# of Alipay (device_type), Huifu (mer_device_type), Allinpay (transaction 3027) and, for 04 and 09 to 11, CMB, which all
# agree. Others number the same types otherwise (NUCC: 06 is a scanner), so a name outranks the code before it. Words
# that may mean two of the types (扫码盒子, 移动POS) are left out: such a type is unknown.
DEVICE_TYPE = CodeList(
    "device_type_code",
    {
        "01": "ATM,CDM,自动柜员机,自助终端,多媒体自助终端,自动柜员机和多媒体自助终端,ATM/CDM/自助终端,kiosk",
        "02": "传统POS,传统POS机,传统POS终端,POS,POS机,POS终端,traditional POS",
        "03": "mPOS,mPOS机,mPOS终端",
        "04": "智能POS,智能POS机,智能POS终端,安卓POS,smart POS,smart POS terminal,android POS",
        "05": "II型固定电话,II型固话,II型固话POS,II型固定电话POS,固话POS",
        "06": "云闪付终端,云闪付受理终端",
        "08": "手机POS,手机POS终端,tap to phone,softpos",
        "09": "刷脸付终端,刷脸付,刷脸付设备,刷脸支付终端,刷脸终端,刷脸设备,人脸识别终端,face payment terminal",
        "10": "条码支付受理终端,条码受理终端,条码支付终端,barcode payment terminal,QR acceptance terminal",
        "11": "条码支付辅助受理终端,条码辅助受理终端,辅助受理终端,台牌码,台牌,auxiliary terminal,QR auxiliary terminal",
        "12": "行业终端",
        "13": "MIS终端,MIS",
    },
)

INSPECTION_RESULT = CodeList(
    "inspection_result",
    {
        "pass": "良好,正常,合格,通过,无异常,passed,ok",
        "fail": "异常,不合格,未通过,不通过,failed",
        "not_done": "无法联系,关店,拒绝,未巡检,无法巡检,not done",
    },
)

MODEL_REQUIREMENT = CodeList(
    "requirement",
    {
        "re_register": "重新报备,re-register,reregister",
        "field_present": "字段必填,必填,field present",
        "field_value": "字段取值,取值,field value",
        "withdraw": "停用,退出,撤机,withdrawal",
    },
)

_YES = "是,有,支持,y,yes,true,t,√,✓,✔,1,on,具备,已具备"
_NO = "否,无,不支持,n,no,false,f,×,✗,✘,x,0,off,不具备,未具备,没有"
YES_NO = {normalise_label(word) or word: True for word in _YES.split(",")} | {
    normalise_label(word) or word: False for word in _NO.split(",")
}

# what people type where there is nothing to say
# ("#N/A" is not among them: it is an error that hides a value)
BLANK_TEXTS = frozenset({"", "-", "--", "---", "/", "//", "\\", "\\N", "无", "空", "暂无"})
NULL_TOKENS = BLANK_TEXTS | {"N/A", "NA", "NULL", "NONE", "NAN"}  # in free text these may be a name
FOREVER_TOKENS = frozenset(
    map(
        normalise_label,
        [
            "长期",
            "长期有效",
            "永久",
            "永久有效",
            "无固定期限",
            "permanent",
            "forever",
            "indefinite",
            "long-term",
        ],
    )
)


def device_type_code(text: str) -> str | None:
    """The two-digit code of a type of terminal, from the code, its name or both; None where it is not known.

    A name decides: 06 is another type in other schemes, and then has another name beside it.

    >>> [device_type_code(text) for text in ("11-条码支付辅助受理终端", "智能POS（5.5寸）", "06-扫码设备")]
    ['11', '04', None]
    """
    for form in header_forms(text):
        for label in (form, _CODE_BEFORE.sub("", form)):
            if code := DEVICE_TYPE.by_label.get(label):
                return code
    return None
