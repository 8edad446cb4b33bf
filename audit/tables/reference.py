"""Reference tables kept by the people who run the audit: models and policies.

Both are examples to edit, never truths: an end of life or a certificate date is only as good as the
`source` and `as_of` written beside it.
"""

from __future__ import annotations

from audit.tables.codes import CHANNEL, MODEL_REQUIREMENT
from audit.tables.headers import (
    DEVICE_TYPE_HEADERS,
    MODEL_HEADERS,
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
            alone="最低版本,最低版本要求,最低支持版本,最低系统版本,基线版本",
        ),
        Column("min_app_version", Kind.VERSION, "最低应用版本,应用最低版本,minimum app version"),
        Column("version_pattern", Kind.TEXT, "版本格式,version pattern"),
        Column(
            "eol_on",
            Kind.DATE,
            "停产日期,停产时间,eol date,end of life,eol,EOL日期,EOL时间,停售日期,退市日期",
        ),
        Column(
            "eos_on",
            Kind.DATE,
            "停服日期,停止服务日期,停止支持日期,eos date,end of support,eos,EOS日期,EOS时间,停止维护日期,停止服务时间,停止支持时间,停止维保日期,服务终止日期,维护截止日期",
        ),
        Column(
            "cert_no",
            Kind.REFERENCE,
            "认证编号,入网认证编号,certificate no,证书编号,证书号,证书号码,认证证书编号,认证证书号,银联认证编号,入网许可证编号,获证编号",
        ),
        Column(
            "cert_expiry",
            Kind.DATE,
            "认证有效期,认证到期日,认证有效期至,certificate expiry,认证到期日期,证书有效期,证书有效期至,证书到期日,证书截止日期,证书失效日期",
            alone="有效期,有效期至,有效期截止,有效截止日期,到期日期,到期日",
        ),
        Column("pts_version", Kind.REFERENCE, "PTS版本,PCI版本"),
        Column("pts_expiry", Kind.DATE, "PTS到期日,PTS有效期"),
        Column("sm_required_from", Kind.DATE, "国密要求起始日,国密起始日期"),
        Column("as_of", Kind.DATE, "数据日期,截至日期,核对日期"),
        Column("source", Kind.TEXT, "来源,数据来源"),
    ),
)

POLICIES = Table(
    name="policies",
    keys=(("policy_id",),),
    required=("effective_on",),
    columns=(
        Column("policy_id", Kind.REFERENCE, "政策编号,编号,policy"),
        Column("title", Kind.TEXT, "政策名称,名称,标题,name"),
        Column("channel", Kind.CODE, "渠道,通道", codes=CHANNEL),
        Column("device_type", Kind.TEXT, DEVICE_TYPE_HEADERS),
        Column("region", Kind.TEXT, "地区,省份,适用地区"),
        Column("mcc", Kind.REFERENCE, "商户类别码,行业代码"),
        Column("vendor", Kind.TEXT, VENDOR_HEADERS),
        Column("effective_on", Kind.DATE, "生效日期,生效时间,effective date"),
        Column("deadline_on", Kind.DATE, "截止日期,完成期限,deadline"),
        Column("requirement", Kind.CODE, "要求,要求类型", codes=MODEL_REQUIREMENT),
        Column("field", Kind.REFERENCE, "字段,字段名"),
        Column("value", Kind.TEXT, "取值,要求取值"),
        Column("source", Kind.TEXT, "来源,文件来源"),
    ),
)
