"""The merchant list (商户资料): one row per contracted merchant."""

from __future__ import annotations

from audit.tables.codes import MERCHANT_STATUS
from audit.tables.devices import (
    ACQUIRER_HEADERS,
    AGENT_HEADERS,
    MERCHANT_HEADERS,
    MERCHANT_NAME_HEADERS,
    PLACE,
)
from audit.tables.model import Column, Kind, Table

USCC_HEADERS = (
    "统一社会信用代码,社会信用代码,信用代码,营业执照号,营业执照号码,营业执照编号,营业执照注册号,执照号码,执照编号,执照号,"
    "税务登记号码,组织机构代码,unified social credit code,credit code,business license no,business licence no,license no,licence no"
)

MERCHANTS = Table(
    name="merchants",
    keys=(("merchant_no",),),
    status="merchant_status",
    columns=(
        Column("merchant_no", Kind.IDENTIFIER, MERCHANT_HEADERS),
        Column("merchant_name", Kind.TEXT, f"{MERCHANT_NAME_HEADERS},name", alone="商户简称"),
        Column("merchant_short_name", Kind.TEXT, "商户简称,short name"),
        Column("merchant_type", Kind.TEXT, "商户种类,商户类型,是否小微"),
        Column("uscc", Kind.IDENTIFIER, USCC_HEADERS),
        Column(
            "has_license",
            Kind.FLAG,
            "有无执照,有无营业执照,是否上传营业执照,营业执照是否上传,是否有执照,是否有营业执照,has licence,licensed",
        ),
        Column("license_start", Kind.DATE, "营业执照生效日期,执照生效日期,licence start"),
        Column(
            "license_expiry",
            Kind.DATE,
            "执照有效期,执照有效期至,执照到期日,执照到期日期,执照到期时间,营业执照有效期,营业执照有效期至,营业执照到期日,营业执照到期日期,营业执照失效日期,"
            "licence expiry,license expiry date,licence expiry date",
        ),
        Column(
            "legal_name",
            Kind.TEXT,
            "法人,法人姓名,法人代表,法定代表人,法定代表人姓名,负责人,负责人姓名,legal person,legal representative",
            personal=True,
        ),
        Column("legal_id_type", Kind.TEXT, "法人证件类型"),
        Column(
            "legal_id_no",
            Kind.IDENTIFIER,
            "法人证件号码,法人证件号,法人身份证号,法人身份证,法人身份证号码,身份证号,身份证号码,证件号码,legal id,id number",
            personal=True,
        ),
        Column(
            "legal_id_expiry", Kind.DATE, "法人证件失效日期,法人证件有效期,法人身份证有效期,法人身份证到期日"
        ),
        Column(
            "settle_account",
            Kind.IDENTIFIER,
            "结算账号,结算账户,收单结算账户,结算卡号,银行账号,银行卡号,settlement account",
            personal=True,
        ),
        Column("settle_name", Kind.TEXT, "账户名,账户名称,开户名,结算户名,户名", personal=True),
        Column("settle_bank", Kind.TEXT, "开户行,开户银行,结算银行"),
        Column("mcc", Kind.REFERENCE, "商户类别码,MCC码,行业代码,行业类别,merchant category code"),
        Column(
            "merchant_status",
            Kind.CODE,
            "商户状态,经营状态,营业状态,状态,status",
            alone="渠道状态",
            codes=MERCHANT_STATUS,
        ),
        Column("risk_level", Kind.REFERENCE, "商户风险等级,风险等级,风险级别"),
        Column("contact", Kind.TEXT, "联系人,联系人姓名,contact person,contact name", personal=True),
        Column(
            "phone",
            Kind.REFERENCE,
            "联系电话,商户电话,手机号,手机号码,手机,电话,联系方式,联系人电话,法人电话,法人手机号,contact phone,mobile,telephone,tel",
            alone="固定电话",
            personal=True,
        ),
        Column("email", Kind.TEXT, "邮箱,电子邮箱,e-mail"),
        Column(
            "auth_state_wechat",
            Kind.TEXT,
            "认证状态,授权状态,实名认证状态,开户意愿,authorizestate,authorize_state",
        ),
        Column(
            "channel_merchant_no",
            Kind.REFERENCE,
            "渠道商户号,微信子商户号,微信商户号,子商户号,SMID,二级商户号,sub_mch_id,sub mchid",
        ),
        Column(
            "biz_address",
            Kind.TEXT,
            "经营地址,营业地址,联系地址,商户地址,详细地址,地址,门店地址,address,business address",
            alone="注册地址,reg address,registered address",
        ),
        Column("reg_address", Kind.TEXT, "注册地址,registered address"),
        *PLACE,
        Column("parent_no", Kind.REFERENCE, "上级商户,集团商户号,总部商户号,parent merchant"),
        Column("agent", Kind.TEXT, AGENT_HEADERS, alone="所属机构"),
        Column("acquirer_code", Kind.REFERENCE, ACQUIRER_HEADERS, alone="机构代码"),
        Column(
            "opened_on",
            Kind.DATE,
            "入网日期,入网时间,开通日期,开通时间,开户日期,进件日期,签约日期,建档日期,创建日期,opened date,opened,open date,onboarding date",
        ),
        Column("updated_at", Kind.MOMENT, "更新时间,最近更新时间,修改时间,update_time"),
        Column("remark", Kind.TEXT, "备注,说明,note,notes"),
    ),
)
