"""Records people keep about the estate: inspections, training, and what error texts mean."""

from __future__ import annotations

from audit.tables.codes import CHANNEL, INSPECTION_RESULT
from audit.tables.devices import TRANSACTION_COLUMNS
from audit.tables.headers import (
    MERCHANT_HEADERS,
    MERCHANT_NAME_HEADERS,
    SERIAL_ALONE,
    SERIAL_HEADERS,
    TERMINAL_HEADERS,
)
from audit.tables.model import Column, Kind, Table

# the serial as it was read on the device, which a log may have beside that of the ledger
SERIAL_ON_SITE = (
    "现场序列号,现场终端序列号,现场设备序列号,现场SN,现场SN号,现场机身号,现场设备号,现场核对序列号,实际序列号,实际机身号,实物序列号,"
    "serial on site,on site serial,serial read,serial seen,observed serial,actual serial,actual serial number"
)

# one merchant may have several devices inspected on one day, so the device is part of the key where it is known
INSPECTIONS = Table(
    name="inspections",
    keys=(
        ("inspect_date", "serial_no"),
        ("inspect_date", "merchant_no", "terminal_id"),
        ("inspect_date", "merchant_no"),
    ),
    columns=(
        Column(
            "inspect_date",
            Kind.DATE,
            "巡检日期,巡检时间,检查日期,检查时间,巡查日期,inspected on,inspection date,巡查时间,巡检完成时间,巡检日,最近巡检日期,本次巡检日期,现场检查日期,走访日期,走访时间",
            alone="上门日期,回访日期",
        ),
        Column("serial_no", Kind.IDENTIFIER, f"{SERIAL_HEADERS},{SERIAL_ON_SITE}", alone=SERIAL_ALONE),
        Column("terminal_id", Kind.IDENTIFIER, TERMINAL_HEADERS),
        Column("merchant_no", Kind.IDENTIFIER, MERCHANT_HEADERS),
        Column("merchant_name", Kind.TEXT, MERCHANT_NAME_HEADERS),
        Column("pinpad_no", Kind.REFERENCE, "键盘号,密码键盘编号,密码键盘序列号,pinpad id"),
        Column("app_version", Kind.VERSION, "版本号,应用版本,程序版本,软件版本,app version"),
        Column(
            "inspector",
            Kind.TEXT,
            "巡检人,巡检员,巡检人员,巡检员姓名,巡检工程师,检查人,检查人员,巡查人员,走访人,巡检人员姓名,检查人员姓名,巡检人姓名,客户经理,客户经理工号,业务员号,维护人员",
            personal=True,
        ),
        Column("agency", Kind.REFERENCE, "巡检服务机构号,巡检机构,服务机构,agency code"),
        Column(
            "result",
            Kind.CODE,
            "巡检结果,检查结果,结果,结论,inspection result,巡检结论,检查结论,巡查结果,走访结果,现场检查结果,巡检情况,巡检状态",
            codes=INSPECTION_RESULT,
        ),
        Column(
            "issue",
            Kind.TEXT,
            "问题描述,发现问题,异常描述,问题,issues,存在问题,存在的问题,问题说明,异常说明,异常情况,不合格原因,不合格项",
            of_faults=True,
        ),
        Column("action", Kind.TEXT, "处理措施,整改措施,处理结果,处理情况,整改情况,整改结果,action taken"),
    ),
)

TRAINING = Table(
    name="training",
    keys=(("topic", "trained_on"),),
    columns=(
        Column("topic", Kind.TEXT, "培训主题,培训内容,培训名称,培训课程,课程,课程名称,主题,course,subject"),
        Column(
            "trained_on", Kind.DATE, "培训日期,培训时间,完成日期,考核日期,training date", alone="日期,时间"
        ),
        Column(
            "valid_until",
            Kind.DATE,
            "有效期至,有效期,培训有效期,培训有效期至,复训日期,下次培训日期,到期日,到期日期,valid until",
        ),
        Column(
            "trainee",
            Kind.TEXT,
            "参训人,参训人员,受训人,受训人员,参加人,参加人员,培训对象,姓名,员工姓名,学员,participant",
            personal=True,
        ),
        Column(
            "organisation",
            Kind.TEXT,
            "部门,机构,所属部门,所属机构,所属单位,所在部门,所在单位,受训单位,受训机构,受训部门,受训商户,参训单位,参训机构,参训部门,参训商户,单位,department",
            alone="商户名称,商户",
        ),
        Column("merchant_no", Kind.IDENTIFIER, MERCHANT_HEADERS),
        Column("result", Kind.TEXT, "考核结果,考试结果,考试成绩,考核成绩,成绩,是否合格,结果,score"),
        Column("evidence", Kind.TEXT, "佐证,佐证材料,签到表,证明,证明材料,附件,证书编号,备注,evidence"),
    ),
)

ERROR_TEXTS = Table(
    name="error_texts",
    keys=(("text",),),
    required=("cause",),
    columns=(
        Column(
            "text",
            Kind.TEXT,
            "错误提示,错误信息,提示信息,返回信息,错误描述,报错信息,错误码描述,错误码说明,错误说明,明细返回码描述,sub_msg,err_code_des,error text,error message",
        ),
        Column("cause", Kind.REFERENCE, "原因,对应原因,原因编号,条目,原因分析,可能原因,cause"),
        Column("channel", Kind.CODE, "渠道,通道,channel type", codes=CHANNEL),
        Column(
            "remedy",
            Kind.TEXT,
            "处理办法,处理方法,解决办法,整改措施,建议,解决方案,解决方法,处理方案,处理建议,solution,remedy",
        ),
        Column("source", Kind.TEXT, "来源,数据来源"),
    ),
)

TRANSACTIONS = Table(
    name="transactions",
    keys=(("serial_no",), ("merchant_no", "terminal_id"), ("merchant_no",)),
    columns=(
        Column("serial_no", Kind.IDENTIFIER, SERIAL_HEADERS, alone=SERIAL_ALONE),
        Column("terminal_id", Kind.IDENTIFIER, TERMINAL_HEADERS),
        Column("merchant_no", Kind.IDENTIFIER, MERCHANT_HEADERS),
        Column("merchant_name", Kind.TEXT, MERCHANT_NAME_HEADERS),
        Column(
            "period_end",
            Kind.DATE,
            "统计日期,统计时间,截止日期,统计截止日,统计截止日期,数据日期,交易日期,账期,period end,period end date,as of",
        ),
        *TRANSACTION_COLUMNS,
    ),
)
