"""The merchant list (商户资料): one row per contracted merchant."""

from __future__ import annotations

from audit.tables.codes import MERCHANT_STATUS
from audit.tables.devices import PLACE
from audit.tables.headers import (
    ACQUIRER_HEADERS,
    AGENT_HEADERS,
    CHANNEL_MERCHANT_HEADERS,
    MERCHANT_ALONE,
    MERCHANT_HEADERS,
    MERCHANT_NAME_HEADERS,
)
from audit.tables.model import Column, Kind, Table, made_of

USCC_HEADERS = (
    "统一社会信用代码,社会信用代码,信用代码,营业执照号,营业执照号码,营业执照编号,营业执照注册号,执照号码,执照编号,执照号,"
    "税务登记号码,组织机构代码,unified social credit code,credit code,business license no,business licence no,license no,licence no,"
    "统一信用代码,统一社会信用代码证号,统一社会信用号,社会统一信用代码,营业执照代码,营业执照统一社会信用代码,执照注册号,统一社会信用代码/营业执照号,营业执照号/统一社会信用代码,"
    "营业执照注册号/统一社会信用代码,证照编号,证照号码,工商注册号,纳税人识别号,营业执照统一代码,营业执照证件号,企业信用代码,机构信用代码,社会信用代码证号,biz license no,工商注册号码,证照号,"
    + made_of("商户,企业,单位", "统一社会信用代码,信用代码,营业执照号,营业执照号码,营业执照编号")
    + ",统一社会信用代码/注册号,统一社会信用代码/税号,统一信用代码证,营业执照注册号码,工商营业执照号,社会信用码,信用码,统一代码,证照代码,税号,企业税号,商户证照号,商户证照编号,经营证照号,主体证照号码,usci,unified social credit identifier,company registration number,tax id,tax number,usc code,social credit code,bus license no,license number,licence number,"
    "business license number,business licence number,business registration no,business registration number"
)

# of the validity of a paper, as names of columns say it
_ENDS = (
    "有效期,有效期止,有效期至,有效期限,有效期限止,有效期限至,有效期截止,有效期截止日期,有效截止日期,有效期结束日期,有效期到期日,到期日,到期日期,到期时间,"
    "失效日,失效日期,失效时间,截止日,截止日期,截止时间,终止日期,结束日期"
)

MERCHANTS = Table(
    name="merchants",
    keys=(("merchant_no",),),
    status="merchant_status",
    subjects=("商户", "特约商户", "商家", "客户", "联系人", "merchant", "account", "contact", "company"),
    relations=("bank", "acquirer", "acquiring", "unionpay"),
    columns=(
        Column("merchant_no", Kind.IDENTIFIER, MERCHANT_HEADERS, alone=MERCHANT_ALONE, is_named=True),
        Column(
            "merchant_name",
            Kind.TEXT,
            f"{MERCHANT_NAME_HEADERS},name",
            alone="entity name,trading as,name of merchant,legal name,店招,店招名称,招牌名称,商户招牌名称,门店招牌,企业注册名称,个体工商户名称,单位全称,商户简称,merchant,特约商户,客户全称,经营者名称,个体户名称,企业名称,企业全称,公司名称,单位名称,客户名称,店铺名称,主体名称,营业名称,全称,字号名称,营业执照名称,执照名称,签购单名称,名称,"
            "company name,registered name,legal entity name",
        ),
        Column("merchant_short_name", Kind.TEXT, "商户简称,经营简称,商家简称,short name"),
        Column("merchant_type", Kind.TEXT, "商户种类,商户类型,商户性质,企业类型,主体类型,是否小微"),
        Column("uscc", Kind.IDENTIFIER, USCC_HEADERS, alone="registration number,注册号"),
        Column(
            "has_license",
            Kind.FLAG,
            "有照/无照,有照无照,执照标志,营业执照标志,有无执照,有无营业执照,是否上传营业执照,营业执照是否上传,是否有执照,是否有营业执照,has licence,licensed,"
            + made_of("是否提供,是否具备,是否已上传,是否办理,是否上传", "执照,营业执照")
            + ","
            + made_of("执照,营业执照,证照", "是否有,有无,是否具备")
            + ",有无证照,有执照,有营业执照,有营业执照否,是否有证,是否持证,是否证照齐全,是否三证齐全,证照是否齐全,执照是否齐全,营业执照是否齐全,营业执照是否有,有否营业执照,是否持照,是否有照,执照标识,has business license,has business licence,"
            "license flag,license uploaded,license on file,licence on file",
            alone="有证/无证,是否持照经营,执照是否上传,证照情况,证照齐全,执照情况,营业执照情况,执照,营业执照,执照上传,营业执照上传,license,licence,business license,business licence",
        ),
        Column(
            "license_start",
            Kind.DATE,
            "营业执照生效日期,执照生效日期,licence start,license start date,licence start date,"
            + made_of(
                "营业执照,执照,证照",
                "有效期始,起始日期,起始日,开始日期,起始时间,有效期起,有效期开始,有效期开始日期,有效期起始日期,签发日期,发证日期",
            ),
        ),
        Column(
            "license_expiry",
            Kind.DATE,
            "执照有效期,执照有效期至,营业执照截止有效期,执照到期日,执照到期日期,执照到期时间,营业执照有效期,营业执照有效期至,营业执照到期日,营业执照到期日期,营业执照失效日期,"
            "licence expiry,license expiry date,licence expiry date,"
            + made_of(
                "营业执照,执照",
                "有效期起止,起止日期,到期,结束日期,有效期结束,有效期结束日,有效期终止日期,失效时间,有效期结束时间,到期时间,截止日,截止日期,失效日,失效日期,过期日,过期日期,过期时间,终止日期,期限,有效日期,有效期限,有效期止,有效期截止,有效期截止日,有效期截止日期,"
                "有效截止日,有效截止日期,有效期结束日期,有效期到期日",
            )
            + ",证照有效期,证照有效期至,证照到期日,证照到期日期,营业期限至,营业期限止,营业截止日期,经营截止日期,"
            + made_of(
                "license,licence,business license,business licence",
                " expire, expires, expire date, expiration, expiration date, valid until, valid to, end date",
            )
            + ",business license expiry,business license expiry date,business licence expiry,business licence expiry date,lic exp date",
            alone="营业期限起止,经营期限起止,营业期限,经营期限止,证照有效期止,证照失效日期,证照截止日期,经营期限,经营期限至",
        ),
        Column(
            "legal_name",
            Kind.TEXT,
            "法人,法人姓名,法人代表,法定代表人,法定代表人姓名,负责人,负责人姓名,legal person,legal representative,"
            "法人代表姓名,法人代表名,法人名称,企业法人,商户法人,法人/负责人,法定代表人/负责人,企业负责人,单位负责人,主要负责人,商户负责人,经营者,经营者姓名,法代,legal rep,法人名,负责人名称,企业法人姓名,企业法人代表,legal rep name,corporate representative,执行人,"
            "legal person name,legal representative name",
            alone="representative name,principal name,法人代表人,法人名字,商户负责人姓名,主体法人,企业法定代表人,店主,店主姓名,业主,业主姓名,老板姓名,代表人,owner,owner name,representative,principal",
            personal=True,
        ),
        Column("legal_id_type", Kind.TEXT, "法人证件类型"),
        Column(
            "legal_id_no",
            Kind.IDENTIFIER,
            "法人证件号码,法人证件号,法人身份证号,法人身份证,法人身份证号码,身份证号,身份证号码,证件号码,legal id,id number,"
            + made_of("法定代表人,法人代表,负责人,经营者", "身份证号,身份证号码,证件号码,证件号"),
            personal=True,
        ),
        Column(
            "legal_id_expiry",
            Kind.DATE,
            made_of(
                made_of("法人,法定代表人,法人代表,法人代表人,负责人,经营者", "证件,身份证,身份证件,证照"),
                _ENDS,
            )
            + ",legal id expiry date,legal id expires,legal id valid until,legal id end date,legal person id expiry,id expiry date",
            alone=made_of("身份证,身份证件,证件", _ENDS),
        ),
        Column(
            "settle_account",
            Kind.IDENTIFIER,
            "清算账号,清算卡号,清算账户,清算卡号或账号,结算账号或卡号,结算卡号或账号,结算账号,结算账户号,结算银行卡,结算卡卡号,对公账户,银行账户,收款银行账号,结算账户账号,提现卡号,提现账号,bank account,bank account no,bank card no,settle acct no,结算银行账号,结算银行卡号,结算卡,收款账号,收款账户,入账账号,入账账户,对公账号,结算账户,收单结算账户,结算卡号,银行账号,银行卡号,settlement account",
            personal=True,
        ),
        Column(
            "settle_name",
            Kind.TEXT,
            "清算账户名称,清算账户名,结算账户名,结算账户名称,开户名称,收款户名,收款人户名,入账户名,账户名,账户名称,开户名,结算户名,户名",
            personal=True,
        ),
        Column(
            "settle_bank",
            Kind.TEXT,
            "清算账号开户行名称,清算账号开户行,清算开户行,开户行,开户银行,结算银行,结算开户行,开户支行,银行名称,收款银行,开户行名称,开户银行名称,结算银行名称,bank name",
        ),
        Column(
            "mcc",
            Kind.REFERENCE,
            "商户类别码,商户类别代码,商户类型码,MCC码,MCC代码,MCC编码,行业MCC,商户MCC,商户MCC码,银联MCC码,银联MCC,行业代码,行业码,行业编码,行业类别,行业类别码,行业类别代码,行业分类代码,"
            "行业类目代码,商户行业代码,mcc code,merchant category code,category code,industry code",
            alone="MCC类别,MCC类型,类目代码,经营类目代码,行业MCC码,merchant category,商户类别",
            figures=4,
        ),
        Column(
            "merchant_status",
            Kind.CODE,
            "商户状态,经营状态,营业状态,企业经营状态,状态,status,商户当前状态,商户营业状态,商户状态名称,商户状态描述,商户运营状态,商户经营状态,商户使用状态,合作状态,签约状态,账户状态,存续状态,企业状态,mcht status,"
            "business status,operating status,account status",
            alone="商户目前状态,登记状态,lifecycle status,mid status,active,有效状态,是否有效,是否启用,是否正常,是否营业,经营状况,运营状态,经营情况,商户经营情况,审核状态,状态描述,状态名称,渠道状态,当前状态,使用状态,启用状态,开通状态,入网状态,业务状态,current status",
            codes=MERCHANT_STATUS,
        ),
        Column(
            "risk_level",
            Kind.REFERENCE,
            "商户风险等级,风险等级,风险级别,风险评级,风险分类,风控等级,risk rating",
        ),
        Column(
            "contact",
            Kind.TEXT,
            "联系人,联系人姓名,业务联系人,店长,店长姓名,店主,店主姓名,contact person,contact name",
            alone="经办人,经办人姓名",
            personal=True,
        ),
        Column(
            "phone",
            Kind.REFERENCE,
            "联系电话,商户电话,手机号,手机号码,手机,电话,联系方式,联系人电话,法人电话,法人手机号,contact phone,mobile,telephone,tel,联系手机,联系手机号,联系手机号码,联系号码,"
            "联系人手机,联系人手机号,联系人手机号码,联系人联系方式,联络电话,电话号码,移动电话,商户联系电话,商户手机,商户手机号,负责人电话,负责人手机,负责人手机号,经办人电话,mobile no,"
            "mobile number,contact number,contact no,contact tel,contact mobile,phone no,phone number,cell phone,联系电话1,商户联系方式,"
            + made_of("法人,负责人,经营者,经办人", "手机,手机号码,联系电话,联系方式,联系手机"),
            alone="cell,business phone,mobile phone,绑定手机,注册手机,业务联系电话,联系人移动电话,店长电话,店长手机,固定电话,座机,客服电话,预留手机号,注册手机号,绑定手机号,店主电话,店主手机",
            personal=True,
            is_phone=True,
        ),
        Column("email", Kind.TEXT, "邮箱,电子邮箱,电子邮件,联系邮箱,邮箱地址,e-mail,mail"),
        Column(
            "auth_state_wechat",
            Kind.TEXT,
            "认证状态,授权状态,实名认证状态,开户意愿,authorizestate,authorize_state,"
            + made_of(
                "微信,微信商户,微信商家,微信支付",
                "认证,认证状态,实名认证,实名认证状态,实名状态,授权,授权状态,认证结果,授权结果",
            )
            + ",微信开户意愿,微信开户意愿状态,微信开户意愿确认,微信开户意愿确认状态,微信意愿确认,微信意愿确认状态",
        ),
        Column(
            "channel_merchant_no",
            Kind.REFERENCE,
            CHANNEL_MERCHANT_HEADERS,
        ),
        Column(
            "biz_address",
            Kind.TEXT,
            "经营地址,营业地址,实际经营详细地址,门店经营地址,店铺经营地址,联系地址,商户地址,详细地址,地址,门店地址,address,business address,"
            "实际经营场所,经营场所地址,营业场所地址,实际营业地址,详细经营地址,店铺详细地址,经营详细地址,实际经营地址,商户经营地址,商户实际地址,商户所在地址,商户实际经营地址,商户详细地址,店铺地址,经营场所,主要经营场所,营业场所,经营地点,场所地址,地址信息,biz addr,merchant address,"
            "street address,operating address",
            alone="trading address,store address,physical address,full address,商户所在地,经营所在地,营业执照地址,执照地址,注册地址,商户注册地址,企业地址,公司地址,办公地址,通讯地址,住所,reg address,registered address,office address",
        ),
        Column(
            "reg_address",
            Kind.TEXT,
            "注册地址,注册详细地址,工商注册地址,执照注册地址,企业注册地址,营业执照注册地址,商户注册地址,registered address",
        ),
        *PLACE,
        Column(
            "parent_no",
            Kind.REFERENCE,
            "上级商户,父商户号,总店商户号,总公司商户号,parent mid,集团商户号,总部商户号,parent merchant",
        ),
        Column("agent", Kind.TEXT, AGENT_HEADERS, alone="所属机构"),
        Column("acquirer_code", Kind.REFERENCE, ACQUIRER_HEADERS, alone="机构代码"),
        Column(
            "opened_on",
            Kind.DATE,
            "入网日期,入网时间,进件成功时间,进件成功日期,开通日期,开通时间,开户日期,进件日期,签约日期,建档日期,创建日期,opened date,opened,open date,onboarding date,"
            "创建时间,开户时间,签约时间,进件时间,建档时间,建户日期,入驻日期,入驻时间,准入日期,商户入网日期,商户入网时间,商户开通日期,商户开通时间,商户创建时间,商户创建日期,商户注册时间,商户注册日期,商户进件日期,商户进件时间,商户签约日期,商户签约时间,商户建立日期,首次开通日期,首次入网日期,opening date,date opened,"
            "opened at,opened on,open time,account opened,onboard date,onboarded on,signed date,sign date,contract date",
            alone="onboarded,boarded on,boarding date,signup date,sign-up date,approved date,create time,合同签订日期,合同签署日期,协议签订日期,协议签署日期,合作起始日期,审核通过日期,审核通过时间,入网审批日期,录入日期,录入时间,登记日期,注册日期,注册时间,上线日期,激活日期,合作日期,合作开始日期,开业日期,加入日期,生效日期,created at,create date,created date,register date,"
            "registration date,activation date,start date,join date",
        ),
        Column("updated_at", Kind.MOMENT, "更新时间,最近更新时间,修改时间,update_time"),
        Column(
            "remark",
            Kind.TEXT,
            "备注,说明,note,notes,comment,comments,备注说明,备注信息,附注,其他说明,remarks",
        ),
    ),
)
