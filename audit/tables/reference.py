"""Reference tables kept by the people who run the audit: models and policies.

Both are examples to edit, never truths: an end of life or a certificate date is only as good as the
`source` and `as_of` written beside it.
"""

from __future__ import annotations

from audit.tables.codes import CHANNEL, MODEL_REQUIREMENT
from audit.tables.headers import (
    CERT_EXPIRY_HEADERS,
    DEVICE_TYPE_HEADERS,
    MODEL_HEADERS,
    PTS_EXPIRY_HEADERS,
    VENDOR_HEADERS,
)
from audit.tables.model import Column, Kind, Table

MODELS = Table(
    name="models",
    keys=(("model",),),
    columns=(
        Column(
            "vendor",
            Kind.TEXT,
            VENDOR_HEADERS,
            alone="企业名称,企业全称,申请企业,申请单位,申请方,送检企业,持证企业,获证企业,获证单位,证书持有人,委托人",
        ),
        Column("model", Kind.TEXT, MODEL_HEADERS, alone="认证型号,获证产品型号,产品名称及型号"),
        Column(
            "min_firmware",
            Kind.VERSION,
            "最低固件版本,固件最低版本,minimum firmware,firmware minimum,最低固件,要求固件版本,合规固件版本,固件基线版本",
            alone="最低版本,最低版本要求,最低要求版本,最低支持版本,最低系统版本,最低软件版本,要求版本,合规版本,基线版本",
        ),
        Column(
            "min_app_version",
            Kind.VERSION,
            "最低应用版本,应用最低版本,最低应用程序版本,最低程序版本,minimum app version",
        ),
        Column("version_pattern", Kind.TEXT, "版本格式,version pattern"),
        Column(
            "eol_on",
            Kind.DATE,
            "停产日期,停产时间,eol date,end of life,eol,EOL日期,EOL时间,停售日期,退市日期,生命周期结束日期,生命周期终止日期",
        ),
        Column(
            "eos_on",
            Kind.DATE,
            "停服日期,停止服务日期,停止支持日期,eos date,end of support,eos,EOS日期,EOS时间,停止维护日期,停止服务时间,停止支持时间,停止维保日期,服务终止日期,维护截止日期,支持截止日期,服务截止日期",
        ),
        Column(
            "cert_no",
            Kind.REFERENCE,
            "认证编号,入网认证编号,certificate no,证书编号,证书号,证书号码,认证证书编号,认证证书号,银联认证编号,入网许可证编号,获证编号",
        ),
        Column(
            "cert_expiry",
            Kind.DATE,
            CERT_EXPIRY_HEADERS,
            alone="有效期,有效期至,有效期截止,有效截止日期,到期日期,到期日",
        ),
        Column("pts_version", Kind.REFERENCE, "PTS版本,PCI版本,PCI PTS版本"),
        Column("pts_expiry", Kind.DATE, PTS_EXPIRY_HEADERS),
        Column("sm_required_from", Kind.DATE, "国密要求起始日,国密起始日期"),
        Column("as_of", Kind.DATE, "数据日期,截至日期,核对日期"),
        Column("source", Kind.TEXT, "来源,数据来源"),
    ),
)

POLICIES = Table(
    name="policies",
    keys=(("policy_id",), ("title",)),  # one or the other tells it from others
    required=("effective_on",),
    columns=(
        Column(
            "policy_id",
            Kind.REFERENCE,
            "政策编号,编号,文号,政策文号,文件编号,文件号,发文字号,通知编号,通知文号,制度编号,policy,policy no,reference",
        ),
        Column(
            "title",
            Kind.TEXT,
            "政策名称,名称,标题,政策标题,文件名称,文件标题,通知名称,通知标题,制度名称,name",
        ),
        Column("channel", Kind.CODE, "渠道,通道,适用渠道,涉及渠道,适用通道", codes=CHANNEL),
        Column("device_type", Kind.TEXT, DEVICE_TYPE_HEADERS),
        Column(
            "region",
            Kind.TEXT,
            "地区,省份,适用地区,适用省份,适用区域,适用地域,区域,适用省市,适用地市,适用城市,province",
            alone="城市,地市,省市",
        ),
        Column(
            "mcc",
            Kind.REFERENCE,
            "商户类别码,行业代码,适用MCC,MCC码,适用行业代码,适用商户类别码,MCC范围,适用MCC范围,MCC区间",
            alone="行业,行业类别,行业类型,商户类别,适用行业,适用行业类别,适用商户类别",
        ),
        Column("vendor", Kind.TEXT, VENDOR_HEADERS),
        Column(
            "effective_on",
            Kind.DATE,
            "生效日期,生效时间,施行日期,施行时间,实施日期,实施时间,执行日期,执行时间,起始日期,开始日期,effective date,effective from,start date",
        ),
        Column(
            "deadline_on",
            Kind.DATE,
            "截止日期,截止时间,完成期限,完成时限,整改期限,整改时限,整改截止日期,最后期限,最迟完成日期,deadline,due date,deadline date",
        ),
        Column("requirement", Kind.CODE, "要求,要求类型,政策要求", codes=MODEL_REQUIREMENT),
        Column("field", Kind.REFERENCE, "字段,字段名,检查字段,校验字段"),
        Column("value", Kind.TEXT, "取值,要求取值,要求值,标准值"),
        Column("source", Kind.TEXT, "来源,文件来源,出处,发文机构,发文单位,发布机构,发布单位"),
    ),
)
