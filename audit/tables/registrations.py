"""The registration list (报备清单): one row per device and channel, or one status column per channel."""

from __future__ import annotations

from audit.tables.codes import CHANNEL, REGISTRATION_STATUS
from audit.tables.devices import COORDINATES, PLACE
from audit.tables.headers import (
    ACQUIRER_HEADERS,
    AGENT_HEADERS,
    CHANNEL_MERCHANT_HEADERS,
    CHANNEL_TERMINAL_HEADERS,
    DEVICE_TYPE_HEADERS,
    MERCHANT_ALONE,
    MERCHANT_HEADERS,
    MERCHANT_NAME_ALONE,
    MERCHANT_NAME_HEADERS,
    MODEL_HEADERS,
    SERIAL_ALONE,
    SERIAL_HEADERS,
    TERMINAL_HEADERS,
    TUSN_ALONE,
    TUSN_HEADERS,
    VENDOR_HEADERS,
)
from audit.tables.merchants import USCC_HEADERS
from audit.tables.model import Column, Kind, Table, made_of

_REASONS = (
    "信息,返回描述,报备信息,报备错误信息,错误信息,失败原因,报备失败原因,驳回原因,返回信息"  # of one channel
)

_CHANNELS = ("wechat", "alipay", "unionpay", "nucc")
# their headers are told from those of the row: 微信报备时间
_MOMENTS, _NUMBERS = ("submitted_at", "registered_at"), ("channel_merchant_no", "channel_terminal_id")
_APIECE = {f"{name}_{channel}": (channel, name) for name in _MOMENTS + _NUMBERS for channel in _CHANNELS}

REGISTRATIONS = Table(
    name="registrations",
    keys=(("serial_no",), ("tusn",), ("merchant_no", "terminal_id")),
    required=("merchant_no", "reg_status"),
    status="reg_status",
    subjects=(
        *("终端", "设备", "机具", "pos机", "pos", "受理终端"),
        *("terminal", "device", "registration", "current", "filing"),
    ),
    relations=(
        *("报备", "登记", "备案", "报送", "绑定", "所属", "归属", "关联", "布放", "安装", "受理", "收单"),
        *("assigned", "bound", "bind", "binding", "linked", "bank", "acquirer", "acquiring", "unionpay"),
    ),
    wide={f"reg_status_{channel}": (channel, f"reg_message_{channel}") for channel in _CHANNELS},
    per_channel=_APIECE,
    columns=(
        Column(
            "registration_no",
            Kind.REFERENCE,
            "报备编号,报备号,报备流水,apply no,报备流水号,报备单号,登记编号,流水号,申请编号,reg no,registration number,registration id,reg id,report_id,"
            + made_of(
                "报备,登记,备案,报送,入网",
                "ID,编码,记录编号,记录号,申请号,申请编号,申请单号,申请流水号,批次流水号,订单号",
            )
            + ",登记号,登记单号,登记流水号,备案编号,备案号,备案流水号,报送编号,报送流水号,注册编号,register no,filing no",
            alone="报备序列号,上报流水号,报备记录ID,登记单编号,登记流水,业务编号,报件编号,进件编号,进件单号,受理单号,报备序号,申请流水号,请求流水号,工单编号,单据编号,record id,申请号,申请单号,业务流水号,受理编号,单号,单据号,工单号,入网编号,application no,application id,request id,reference no,report no,record no",
        ),
        Column("serial_no", Kind.IDENTIFIER, SERIAL_HEADERS, alone=SERIAL_ALONE),
        Column("tusn", Kind.IDENTIFIER, TUSN_HEADERS, alone=TUSN_ALONE),
        Column("terminal_id", Kind.IDENTIFIER, TERMINAL_HEADERS),
        Column("channel_terminal_id", Kind.REFERENCE, CHANNEL_TERMINAL_HEADERS),
        Column("merchant_no", Kind.IDENTIFIER, MERCHANT_HEADERS, alone=MERCHANT_ALONE, is_named=True),
        Column(
            "channel_merchant_no",
            Kind.REFERENCE,
            CHANNEL_MERCHANT_HEADERS + ",支付宝商户号,银联渠道商户号,渠道商编,通道商编",
        ),
        Column("merchant_name", Kind.TEXT, MERCHANT_NAME_HEADERS, alone=MERCHANT_NAME_ALONE),
        Column("model", Kind.TEXT, MODEL_HEADERS),
        Column("vendor", Kind.TEXT, VENDOR_HEADERS),
        Column("device_type", Kind.TEXT, DEVICE_TYPE_HEADERS),
        Column(
            "channel",
            Kind.CODE,
            "渠道,通道,通道类型,收款渠道,支付渠道类型,支付渠道,支付通道,报备渠道,报送渠道,登记渠道,报送类型,渠道类型,渠道名称,channel type,channel_type,channel name,通道名称,报备通道,"
            "报送通道,登记通道,上报渠道,备案渠道,业务渠道,所属渠道,清算渠道,清算通道,报备平台,登记平台,报备机构,登记机构,支付平台,支付机构,channel code,"
            "pay channel,payment channel,registration channel,payment network",
            alone="渠道类别,已报备渠道,已登记渠道,已备案渠道,已报备通道,入网渠道,入网通道,申报渠道,申请渠道,payment method,payment scheme,wallet type,registered with,报备目标,报备对象,报送机构,报备机构名称,上送渠道,上送机构,接入渠道,接入通道,报备类型,登记类型,业务类型,钱包类型,支付产品,产品,产品名称,支付品牌,支付机构名称,渠道方,上游渠道,上游通道,上游,支付方式,支付类型,平台,钱包,卡组织,清算机构,scheme,network,wallet,platform",
            codes=CHANNEL,
            several=True,
        ),
        Column(
            "reg_status",
            Kind.CODE,
            "报备最终状态,最终报备状态,报备状态,是否报备,最新报备状态,报备完成情况,是否完成报备,是否报备完成,报备成功/失败,报备成功标志,报备标志,入网审核状态,上报审核状态,register status,apply status,登记状态,入网状态,备案状态,终端报备状态,报送状态,审核状态,审批状态,报备结果,审核结果,状态,status,registration status,"
            "report status,reg state,审批结果,登记结果,备案结果,报送结果,上报结果,上报状态,注册状态,终端登记状态,设备报备状态,报备审核状态,报备情况,报备进度,"
            "报备标识,报备状态名称,是否已报备,是否登记,是否备案,registration state,registration result,approval status,review status,filing status,"
            "application status,audit status,报备状态描述,报备状态说明,是否报备成功,regist status,"
            + made_of(
                "终端报备,设备报备,报备,登记,备案",
                "结果,情况,审核结果,审核状态,处理状态,处理结果,审批状态,审批结果,当前状态,状态名称",
            )
            + ",上送状态,上送结果,报备成功与否,报备是否成功,登记是否成功,是否已登记,是否已备案,是否入网,是否已入网,入网结果,入网情况,"
            + made_of("渠道,通道,各渠道,各通道", "报备结果,报备情况,登记状态")
            + ",报备渠道及状态,渠道及状态,各渠道状态,各通道状态,报备渠道与状态"
            + ","
            + made_of("报备,登记,备案,入网,审核,审批", "进展,进度,结论,状态描述,状态说明")
            + ",各渠道报备状态,各通道报备状态,渠道报备状态,通道报备状态,当前报备状态",
            alone="是否通过,是否已通过,是否审核通过,是否成功,报备成功,报备成功否,报备与否,采集状态,信息采集状态,registered,is registered,report result,reporting status,audit result,review result,filing result,application result,approval result,报备,终端报备,设备报备,已报备,登记,已登记,备案,入网,渠道状态,平台状态,进件状态,报件状态,申请状态,认证状态,开通状态,状态描述,状态名称,status desc,处理状态,处理结果,当前状态,业务状态,受理状态,审核进度,结果,result,current status",
            codes=REGISTRATION_STATUS,
            by_channel=True,
        ),
        *(
            Column(
                f"reg_status_{channel}",
                Kind.CODE,
                made_of(
                    name,
                    "报备状态,状态,报备结果,报备,是否报备,登记状态,登记结果,登记,审核状态,入网状态,备案状态,报送状态,通道状态,渠道状态,报备情况",
                )
                + ","
                + made_of("是否,是否报备,是否已报备", name)
                + ","
                + made_of(made_of("是否", name), "报备,登记")
                + f",{channel} status,{channel} registration status,{headers}",
                alone=f"{name},{channel}",
                codes=REGISTRATION_STATUS,
            )
            for channel, name, headers in (
                ("wechat", "微信", "wx_state,wxstate,wx_status"),
                ("alipay", "支付宝", "al_state,alstate,zfb_status,ali_status"),
                ("unionpay", "银联,云闪付", "银联入网结果,un_state,unstate"),
                ("nucc", "网联", "nucc_state"),
            )
        ),
        Column(
            "reg_message",
            Kind.TEXT,
            "报备信息,错误信息,失败原因,失败/驳回原因,错误码描述,ret msg,fail message,驳回原因,拒绝原因,审核意见,渠道返回状态信息,返回信息,错误描述,error msg,channel_ret_msg,reject reason,"
            "fail reason,failure reason,错误原因,报错信息,返回描述,失败说明,失败信息,失败理由,驳回理由,驳回意见,驳回说明,拒绝理由,退回原因,审批意见,未通过原因,"
            "不通过原因,异常原因,异常信息,"
            + made_of(
                "报备,登记,审核,报送,入网,备案",
                "失败原因,驳回原因,不通过原因,未通过原因,失败说明,失败描述,返回信息,返回描述",
            )
            + ","
            + made_of("通道,渠道,上游,平台", "返回信息,返回消息,返回描述,失败原因,错误信息")
            + ",报备结果原因,登记结果原因,审核结果原因,备注失败原因,失败原因备注,失败描述,失败原因描述,失败原因说明,返回消息,响应描述,报备结果描述,报备结果说明"
            + ",err msg,err desc,rejection reason,error message,failure message,failed reason,decline reason,reason of failure,"
            "reason for failure,reason for rejection",
            alone="审核原因,审批原因,失败详情,未成功原因,异常说明,error description,response message,rejection note,渠道返回,返回说明,失败备注,报备备注,应答描述,返回码描述,报备反馈,异常描述,未报备原因,fail msg,result msg,resp msg,return msg,报备描述,结果信息,备注原因,原因,处理意见,结果说明,结果描述,审核备注,反馈信息,反馈意见,响应信息,应答信息,reason,error,message,msg,review comment,review comments",
            of_faults=True,
        ),
        # what was asked for: 报备成功 of a 注销 is the end of a registration
        Column(
            "operation",
            Kind.TEXT,
            "操作类型,报备操作类型,业务操作类型,报备操作,变更类型,操作标识,operation,operation type,op type",
        ),
        Column("reg_message_wechat", Kind.TEXT, made_of("微信", _REASONS) + ",wx_msg", of_faults=True),
        Column("reg_message_alipay", Kind.TEXT, made_of("支付宝", _REASONS) + ",al_msg", of_faults=True),
        Column(
            "reg_message_unionpay", Kind.TEXT, made_of("银联,云闪付", _REASONS) + ",un_msg", of_faults=True
        ),
        Column("reg_message_nucc", Kind.TEXT, made_of("网联", _REASONS), of_faults=True),
        Column(
            "submitted_at",
            Kind.MOMENT,
            "提交时间,提交日期,提交报备时间,提交报备日期,报送提交时间,上报提交时间,报送时间,报送日期,报备时间,报备日期,申请时间,申请日期,登记申请时间,submit time,submitted,report time,submission time,"
            + made_of(
                "报备,登记,备案,入网,审核", "提交时间,提交日期,申请时间,申请日期,发起时间,上送时间,上送日期"
            )
            + ","
            + made_of("首次", "提交时间,提交日期,报备时间,报备日期,申请时间")
            + ",上送时间,上送日期,送审日期,报件日期,进件时间,进件日期"
            + ",上报时间,上报日期,提报时间,提报日期,送审时间,提交审核时间,填报日期,报件时间,submit date,submission date,submitted on,"
            "submitted date,date submitted,application date,application time,apply time,apply date,applied at,request date,reported at",
            alone="上传时间,报备上传时间,申请提交时间,申请提交日期,请求时间,reported on,report date,filed on,filing date,applied on,request time,date of submission,申报日期,申报时间,送报时间,发起时间,受理时间,受理日期,录入时间,创建时间,创建日期,created at,create time",
        ),
        Column(
            "registered_at",
            Kind.MOMENT,
            "审核时间,审核日期,报备生效时间,报备生效日期,pass time,审批时间,审批日期,报备成功时间,入网日期,入网时间,登记日期,登记时间,备案时间,备案日期,通过时间,通过日期,生效时间,"
            "decided at,decision date,registration date,approved at,approval date,生效日期,审结时间,审结日期,决定日期,批准日期,批准时间,核准日期,核准时间,"
            + made_of(
                "审核,报备,登记,备案,审批,入网",
                "完成时间,完成日期,通过时间,通过日期,成功时间,成功日期,结束时间,结束日期",
            )
            + ","
            + made_of("报备,登记,备案,审核,审批", "结果时间,结果日期")
            + ",报备审核时间,报备审核日期,approve date,终审时间,终审日期,批复时间,批复日期,approve time,approved date,approved on,approval time,date approved,audit time,audit date,review date,reviewed at,"
            "registration time,registered date,date registered,registered on,decision time,decided on,effective date",
            # beside 提交时间 the day of 报备 is that of its end; without any other it is both
            alone="报备时间,报备日期,报送时间,报送日期,report time,finish time,success time,回复时间,回复日期,反馈日期,成功时间,成功日期,完成时间,完成日期,办结时间,办结日期,结果时间,结果日期,处理时间,处理日期,处理完成时间,回执时间,反馈时间,completed at,completion date,"
            "processed at",
        ),
        *(
            Column(name, Kind.MOMENT if of_row in _MOMENTS else Kind.REFERENCE)
            for name, (_, of_row) in _APIECE.items()
        ),
        Column(
            "last_sync_at",
            Kind.MOMENT,
            "同步时间,最近同步时间,最后同步时间,数据同步时间,更新时间,最近更新时间,最近更新日期时间,最近操作时间,update_time,last sync,updated_at",
        ),
        Column("acquirer_code", Kind.REFERENCE, ACQUIRER_HEADERS, alone="机构代码"),
        Column("uscc", Kind.IDENTIFIER, USCC_HEADERS),
        Column(
            "settle_account",
            Kind.IDENTIFIER,
            "清算账号,清算卡号,清算账户,结算账号,结算账户,收单结算账户,结算卡号,settlement account",
            personal=True,
        ),
        Column(
            "address",
            Kind.TEXT,
            "布放地址,终端布放地址,布放地理位置,受理终端布放地理位置,装机详细地址,安装详细地址,布放详细地址,受理终端布放地址,安装地址,终端地址,装机地址,报备地址,terminal address,term_address",
            alone="登记地址,详细地址,地址,经营地址,商户经营地址",
        ),
        *PLACE,
        *COORDINATES,
        Column("agent", Kind.TEXT, AGENT_HEADERS),
        Column("batch_no", Kind.REFERENCE, "批次号,报备批次,录入批次"),
        Column(
            "remark",
            Kind.TEXT,
            "备注,说明,note,notes,comment,comments,备注说明,备注信息,附注,其他说明,remarks",
        ),
    ),
)
