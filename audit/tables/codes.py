"""Code words: the closed lists of `Kind.CODE` columns and the labels real exports use for them.

The labels were gathered from vendors' and acquirers' own systems; "已报送" is pending, not registered,
because a submission is not a confirmation.
"""

from __future__ import annotations

import re

from audit.tables.model import CodeList, header_forms, made_of, normalise_label

# who reviews a registration, and what it is called
_REVIEWERS = "渠道,通道,上游,平台,人工,系统,机器,微信,支付宝,银联,云闪付,网联"
_FILED = "报备,登记,备案,入网,审核,审批"
_ACTS = "报备,登记,备案,入网,注册"
_CODE_BEFORE = re.compile(r"^\d{2}(?=\D)")

REGISTRATION_STATUS = CodeList(
    "reg_status",
    {
        "registered": "finished,finish,修改成功,已通过审核,入网审核通过,核准通过,生效中,已备,新增成功,添加成功,设备新增成功,核验通过,验证通过,校验通过,已提交并通过,registered successfully,registration successful,audit success,已报备,报备成功,成功,已入网,入网成功,已登记,登记成功,已备案,备案成功,审核通过,审批通过,已通过,通过,已生效,报备完成,已完成,已报,登记完成,备案完成,审核成功,报备通过,登记通过,备案通过,报备审核通过,审核已通过,已审批通过,已批准,批准,已核准,核准,已同意,同意,注册成功,已注册,报备有效,处理成功,是,√,✓,✔,☑,●,■,y,yes,"
        "success,succeeded,succ,ok,reg success,audit pass,effective,valid,passed,approved,complete,completed,successful,pass,done,accepted,true,完成,已成功,有效,生效,已开通,开通成功,终审通过,复核通过,准入,已准入,同意入网,✅,"
        + made_of(_FILED, "已通过,已成功,已完成,已生效")
        + ",已报备成功,已成功报备,已审核通过,已核准登记,"
        + made_of(_REVIEWERS, "审核通过,已报备,报备成功,已登记,登记成功")
        + ","
        + made_of(_ACTS, "成功,完成,完毕,已成功,已完成,已通过,已生效")
        + ","
        + made_of("已,已成功,已完成,成功,完成", _ACTS)
        + ","
        + made_of(made_of("已", _ACTS), "成功,完成,通过")
        + ",通过审核,同意报备,同意登记,登记有效,备案有效,报备ok",
        "pending": "上送成功,推送成功,已推送,上送成功待确认,待补录,已上送未返回,在审,已报送待反馈,待反馈,未反馈,待返回结果,资料补充,提交待审,资料审核中,报备待确认,等待结果,报备排队中,同步中,补录中,已上送待返回,in audit,报备中,处理中,审核中,审批中,待审核,待审批,报备待审核,已提交,已报送,提交中,登记中,入网中,备案中,报送中,上报中,申请中,已申请,待处理,待受理,受理中,已受理,受理成功,审查中,等待审核,等待中,待复核,复核中,初审中,终审中,待初审,待终审,待确认,确认中,未审核,未审批,已上报,进行中,待登记审核,待报备审核,"
        "processing,submitted,submit,wait,waiting,in review,under review,reviewing,pending review,pending approval,awaiting approval,in progress,in process,auditing,awaiting,wait audit,awaiting review,待审,复审中,送审中,已送审,排队中,在途,补件中,待补件,"
        "待补充资料,资料待补,提交审核,已上送,提交成功,报送成功,上报成功,待生效,初审通过,审核处理中,已提交待审核,已受理待审核,"
        + made_of(_FILED, "处理中,申请中,受理中,进行中,待处理")
        + ","
        + made_of(f"{_REVIEWERS},报备", "审核中,处理中,待审核")
        + ","
        + made_of(f"待,等待,{made_of('待,等待', _REVIEWERS)}", "审核,审批,复审,审核结果,返回,反馈,回执")
        + ",提交待审核,已提交审核,已提交待审,提交成功待审核,已报送待确认,已上报待审,流转中,补资料,待补资料,补正中,待补充材料,资料补充中,"
        "reg processing",
        "failed": "推送失败,上送异常,信息校验失败,不成功,已驳回待修改,驳回待修改,驳回待重新提交,未通过审核,审核没通过,没有通过,没通过,不合格,新增失败,添加失败,绑定失败,报错,超时失败,退回补充,信息有误,资料有误,报备失败,失败,驳回,已驳回,审核未通过,审核不通过,审核失败,登记失败,入网失败,备案失败,未通过,不通过,"
        "被拒绝,已拒绝,拒绝,已退回,退回,错误,注册失败,处理失败,上报失败,报送失败,提交失败,报备驳回,报备退回,报备不通过,报备未通过,报备异常,登记驳回,登记不通过,登记未通过,审核驳回,审核拒绝,审批驳回,审批拒绝,审批不通过,审批未通过,被驳回,打回,已打回,不同意,驳回修改,退回修改,fail,rejected,error,denied,failure,reject,declined,refused,returned,unsuccessful,not approved,reg fail,reg failed,audit fail,audit reject,退件,已退件,退回补件,被退回,被拒,已拒,报备被拒,"
        + made_of(_ACTS + ",审核,审批,报送,上送,提交", "不成功,未成功,被驳回,被拒,被拒绝,被退回")
        + ",登记异常,备案异常,不予登记,不予备案,校验不通过,资料不符,资料退回,未成功,上送失败,"
        "报备出错,不予通过,不予受理,已失败,校验失败,❌,"
        + made_of(
            f"{_REVIEWERS},初审,复审,终审", "驳回,拒绝,不通过,未通过,审核失败,审核驳回,审核不通过,报备失败"
        ),
        "not_registered": "等待报备,等待登记,待申请,未发起报备,未上传,待上传,新增未报备,未做,还没报备,还没有报备,未登记终端,未开始报备,unreported,not report,not yet registered,未报备,待报备,未报送,未登记,未入网,未创建,未备案,未提交,未报,待登记,待备案,待报送,待上报,待提交,未申请,未注册,未上报,未办理,没有报备,草稿,否,×,✗,✘,☐,○,□,n,no,none,not registered,unregistered,init,draft,not submitted,unsubmitted,to be registered,false,not reported,尚未报备,还未报备,未做报备,无报备,无报备记录,未找到报备记录,查无报备记录,查无此终端,无记录,查无记录,需报备,需要报备,"
        "未开始,未发起,待发起,未进件,未录入,"
        + made_of("尚未,还未,暂未,未做,没有,没,从未,未提交,需,需要", _ACTS)
        + ",漏报,漏报备,未上送,待上送,无登记记录,无备案记录,"
        + made_of(_REVIEWERS, "未报备,待报备,未登记"),
        "cancelled": "解除绑定,已撤机注销,已删除报备,unbind,unbound,已注销,注销,注销成功,取消报备,已取消,已撤销,撤销,已失效,失效,已注销登记,已注销报备,报备已注销,登记已注销,登记注销,报备注销,已取消报备,取消登记,已取消登记,撤销报备,已撤销报备,报备撤销,撤销登记,已撤销登记,撤回,已撤回,解除报备,已解除,已终止,终止,吊销,已吊销,已作废,作废,已过期,过期,已删除,"
        "canceled,logged,closed,deleted,revoked,withdrawn,expired,void,voided,terminated,deregistered,invalid,取消,已解绑,解绑,已关闭,关闭,注销报备,注销登记,注销完成,撤机注销,到期失效,"
        "删除,已到期,到期,已解除绑定,解绑成功,退网,已退网,"
        + made_of(_FILED, "已失效,失效,已过期,已作废,已终止,已撤销,已取消"),
        "frozen": "管控,暂停受理,风险冻结,暂停报备,冻结,已冻结,冻结中,被冻结,报备冻结,风控冻结,暂停,已暂停,暂停使用,中止,已中止,锁定,已锁定,suspended,freezed,locked,已被冻结,"
        + made_of(_REVIEWERS, "冻结,已冻结"),
    },
)

TERMINAL_STATUS = CodeList(
    "terminal_status",
    {
        "active": "离线,不在线,掉线,设备离线,终端离线,offline,off line,true,运营,营运中,开机在线,在线运行,正式使用,在商户处,商户在用,装机在用,已装,激活使用,正常交易,营业,正常营业,已激活使用,在线正常,正常在线,在役,服役中,商户使用中,已绑定商户,装机完成,启用,已启用,正常,正常使用,正常运行,使用中,已开通,开通,已激活,激活,在用,已装机,已绑定,运行中,在网,有效,运行,运营中,正常运营,正常在用,在用中,使用,在使用,启用中,已启动,工作中,可用,在线,上线,已上线,已入网,已布放,已安装,投产,已投产,"
        "enabled,in production,in use,boarded,online,normal,running,working,operational,in service,deployed,installed,activated,live,available,"
        "是,√,✓,✔,☑,●,y,yes,enable,open,ok,营业中,投用,已投用,投入使用,已投入使用,在运,商用,已商用,已铺机,已铺设,已投放,在店使用,装机成功,安装成功,在网运行,"
        "运行正常,使用正常,状态正常,绑定,在营,工作正常,正常工作,正在使用,在用设备,正常状态,已部署,上线运行",
        "partial": "部分开通",
        "inactive": "停机保号,休眠中,风控冻结,风控关闭,安装中,装机中,false,长期未用,不使用,not in use,关店停用,锁机,已锁机,失效,未启用,未开通,未激活,停用,已停用,停机,已停机,停止使用,无效,禁用,已禁用,暂停使用,冻结,已冻结,停用中,暂停,已暂停,关闭,已关闭,锁定,已锁定,休眠,未使用,不在用,未装机,未安装,待启用,待安装,待装机,欠费停机,"
        "disabled,not active,pending setup,suspended,frozen,locked,stopped,paused,否,×,✗,✘,☐,○,n,no,待开通,停业,报停,已报停,欠费停用,异常停用,长期停用,封停,已封停,不可用,暂不使用,临时停用,临时关闭",
        "stock": "在途,运输中,未出货,空闲中,存仓,仓储中,总部库存,分公司库存,代理商库存,待领取,未领取,闲置在库,周转库存,新机,可领用,待派发,待绑定,库存待发,新机库存,备机库存,周转机,未绑定商户,已入库,库存,库存中,闲置,闲置库存,申领中,在库,未绑定,备库,入库,仓库,库存备用,未出库,待领用,in warehouse,idle,inventory,in stock,spare pool,in storage,warehouse,spare,备用,备机,备品,备件,未领用,待发放,未发放,待布放,未布放,待投放,未投放,待铺机,未铺机,"
        "待分配,未分配,空闲,闲置中,在库闲置,库房,仓库中,新机入库,回库,已回库,退库,已退库,在仓,待出库,备件库,在途库存",
        "repair": "repairing,在修,送检,待检修,厂家维修,返厂维修中,待返厂,维修待取,坏,under maintenance,维修中,维修,申请维修中,返修,返修中,送修,送修中,待维修,返厂维修,故障,故障中,损坏,under repair,faulty,broken,damaged,rma,maintenance,in repair,fault,返厂,返厂中,待修,报修,已报修,报修中,检修,检修中,坏机,已损坏,故障机,故障待修,故障维修,故障停用,维修待返,维护中,维保中",
        "retired": "拆机待回收,停用待回收,待回收,已拆,已撤,报废出库,旧机回收,已换下,换下,注销,已注销,撤机,已撤机,换机,拆机,已拆机,报废,已报废,报废库存,作废,已作废,已解绑,已换机,退役,已退役,回收,已回收,已收回,报废中,待报废,申请报废中,停用报废,报废处理,淘汰,已淘汰,拆除,已拆除,撤除,已撤除,撤销,已撤销,核销,已核销,退机,已退机,退网,已退网,下线,已下线,下架,已下架,销毁,已销毁,已处置,"
        "deleted,returned,replaced,swapped-out,end of life,scrapped,decommissioned,removed,scrap,disposed,discarded,destroyed,obsolete,written off,deactivated,terminated,cancelled,canceled,closed,recycled,拆回,已拆回,收回,撤回,已撤回,换机撤回,已替换,被替换,已更换,清退,已清退,报损,已报损,"
        "换机下线,报废待处置,退库报废,收机,已收机,机具回收,撤机回收,终止使用,已终止使用,销户撤机,注销停用,已退回,已退还",
        "lost": "去向不明,无法找到,未找到,丢失未找回,下落不明,丢失,已丢失,遗失,已遗失,被盗,盗失,挂失,已挂失,失窃,遗失登记,失踪,报失,已报失,找不到,盘亏,丢机,商户遗失,商户丢失,"
        + made_of("机具,设备,终端", "遗失,丢失")
        + ",stolen,missing",
        "blacklist": "黑名单,已拉黑,blacklisted,blocked",
    },
)

MERCHANT_STATUS = CodeList(
    "merchant_status",
    {
        "active": "可用,启用中,入网,已开户,正常在网,经营,正常,启用,已启用,已开通,开通,营业,营业中,在营,正常营业,存续,存续在营开业在册,在业,开业,开店,有效,正常经营,经营中,运营中,使用中,正常使用,正常开通,正常合作,合作中,已签约,激活,已激活,已入网,已上线,生效,已生效,审核通过,在用,operating,live,approved,valid,in business,open,enabled,normal,effective,在网,正式,正式商户,在册,活跃,正常交易,交易中,经营正常,签约成功,状态正常,签约,入网成功,正式运营,正常商户",
        "closed": "无效,已倒闭,搬迁关闭,注销,已注销,销户,已销户,关闭,已关闭,已清退,清退,停业,歇业,吊销,已吊销,吊销未注销,关停,已关停,已关户,终止,已终止,终止合作,停止合作,解约,已解约,关店,已关店,闭店,已闭店,撤店,倒闭,已停业,已歇业,退网,已退网,撤销,已撤销,失效,已失效,已清算,"
        "cancelled,canceled,terminated,shut,shut down,deactivated,ceased,dissolved,deregistered,deleted,永久关闭,停止营业,结业,已结业,退出,已退出,作废,已作废,删除,已删除,永久停业,撤户,已撤户,已撤店,合作终止,注销企业,个体注销",
        "frozen": "交易受限,管控,异常冻结,冻结,已冻结,暂停,风控,风控冻结,风险冻结,账户冻结,交易冻结,冻结中,停用,已停用,禁用,已禁用,锁定,已锁定,已暂停,暂停营业,暂停交易,限制交易,黑名单,on hold,locked,restricted,suspended,blocked,disabled,止付,已止付,司法冻结,暂停结算,暂停合作,停用中,暂停使用,风险管控,管控中,结算冻结,停止交易,关闭交易权限",
        "pending": "未签约,未入网,待初审,待复审,资料不全,待补充,待认证,待实名,开户中,待审核,审核中,待开通,未开通,未审核,审批中,待审批,待激活,未激活,待签约,进件中,待生效,reviewing,in review,onboarding,applying,待入网,入网中,开通中,签约中,资料审核中,待补件,待提交,未提交,待完善,草稿,资料补充中,资料待补,待复核,初审中,复审中",
    },
)

CHANNEL = CodeList(
    "channel",
    {
        "wechat": "微信H5,腾讯微信,微信小程序,微信公众号,微信,微信支付,微信渠道,微信通道,微信支付渠道,微信支付通道,微信扫码,微信直连,微信间连,财付通,tenpay,wxpay,wx pay,weixinpay,wxp,wx,wechat pay,weixin,"
        + made_of("微信,微信支付", "服务商,渠道商,特约商户,商户平台")
        + ",财付通支付科技有限公司",
        "alipay": "支付宝H5,蚂蚁支付,支付宝小程序,支付宝,支付宝支付,支付宝渠道,支付宝通道,支付宝支付渠道,支付宝中国,支付宝扫码,支付宝直连,支付宝间连,蚂蚁,蚂蚁金服,zfb,alp,al,ali,ali pay,蚂蚁集团,支付宝服务商,支付宝直付通,支付宝(中国)网络技术有限公司",
        "unionpay": "YL,银联支付,银联小程序,银联刷卡,银联,中国银联,银联渠道,银联通道,云闪付,银联二维码,银联云闪付,银联扫码,银联卡,cups,ysf,upi,upay,unp,union,cup,un,china unionpay,unionpay qr,unionpay qr code,union pay,quickpass,中国银联股份有限公司,银联前置,银联标准",
        "nucc": "WL,网联支付,网联,网联渠道,网联通道,网联平台,网联清算,网联清算有限公司,netsunion,netsunion clearing,epcc",
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
        "03": "mPOS,mPOS机,mPOS终端,手刷,手刷机,蓝牙POS,蓝牙POS机",
        "04": "智能POS,智能POS机,智能POS终端,安卓POS,smart POS,smart POS terminal,android POS",
        "05": "II型固定电话,II型固话,II型固话POS,II型固定电话POS,固话POS,电话POS",
        "06": "云闪付终端,云闪付受理终端",
        "08": "手机POS,手机POS终端,软POS,tap to phone,softpos",
        "09": "刷脸付终端,刷脸付,刷脸,刷脸付设备,刷脸支付终端,刷脸终端,刷脸设备,人脸识别终端,face payment terminal",
        "10": "条码支付受理终端,条码受理终端,条码支付终端,扫码盒子,扫码盒,小白盒,扫码枪,barcode payment terminal,QR acceptance terminal,QR box",
        "11": "条码支付辅助受理终端,条码辅助受理终端,辅助受理终端,台牌码,台牌,台卡,立牌,码贴,码牌,静态码,静态码牌,静态台卡,静态二维码,静态收款码,收款码,收款牌,收款台卡,收款码牌,二维码牌,auxiliary terminal,QR auxiliary terminal,QR plate",
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

_YES = "是,有,支持,y,yes,true,t,√,✓,✔,☑,1,on,对,具备,已具备,已有,有执照,有证,有照,持照,齐全,已上传,已提供,已办,已办理,是的,有的,真,有营业执照,持有,齐,已收,已备,已有证,已办证,已留存,已采集,已持证,已提交,已登记,✅"
_NO = "否,无,不支持,n,no,false,f,×,✗,✘,☐,x,0,off,错,不具备,未具备,没有,无执照,无证,无照,不齐全,缺失,未上传,未提供,未办,未办理,不,缺,缺少,没,假,无营业执照,未提交,未登记,未持证,未收,未留存,未采集,待补,待提供,小微无照,尚未办理,❌,☒"
YES_NO = {normalise_label(word) or word: True for word in _YES.split(",")} | {
    normalise_label(word) or word: False for word in _NO.split(",")
}

# what people type where there is nothing to say
# ("#N/A" is not among them: it is an error that hides a value)
_BLANK_WORDS = ("无", "空", "暂无", "空白", "无数据", "未填", "未填写", "不适用")
_DASHES = ("-", "--", "---", "—", "——", "———", "–", "––", "－", "－－", "－－－")
_IN_BRACKETS = ("空", "空白", "无", "NULL", "NONE", "BLANK", "N/A")
BLANK_TEXTS = frozenset(
    {"", *_DASHES, "_", "/", "//", "\\", "\\N", *_BLANK_WORDS}
    | {f"{pair[0]}{word}{pair[1]}" for pair in ("()", "（）", "[]", "<>") for word in _IN_BRACKETS}
)
NULL_TOKENS = BLANK_TEXTS | {
    "N/A",
    "NA",
    "NULL",
    "NONE",
    "NAN",
    "NIL",
    "UNDEFINED",
}  # in free text these may be a name
# what people type where somebody has yet to say something: of a device, no value; who or what is called so may
# only be written in Chinese
_TO_BE_SAID = "未知,不详,不明,未详,待补充,待补,待补录,待完善,待定,待确认,待核实,未录入,未提供,未采集"
UNKNOWN_NAMES = frozenset(_TO_BE_SAID.split(","))
UNKNOWN_TEXTS = UNKNOWN_NAMES | {"UNKNOWN", "TBD", "TBC", "TO BE CONFIRMED", "NOT PROVIDED", "NOT AVAILABLE"}
# what people type for what stands in the row above; in small letters
DITTO = frozenset({"同上", "同上行", "同前", "〃", "″", "ditto", "same as above", "as above"})
# what stands where a value was taken out of sight; in capitals
HIDDEN = frozenset({"脱敏", "已脱敏", "已加密", "已屏蔽", "已隐藏", "保密", "无权查看", "MASKED", "REDACTED"})
FOREVER_TOKENS = frozenset(
    map(
        normalise_label,
        [
            "长期",
            "长期有效",
            "永久",
            "永久有效",
            "无固定期限",
            "无固定营业期限",
            "无期限",
            "无限期",
            "不限期",
            "永续",
            "perpetual",
            "no expiry",
            "never expires",
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


# what stands for a time that never came
NEVER_TOKENS = frozenset(
    map(
        normalise_label,
        ["从未", "从未上线", "从未在线", "从未连接", "从未上报", "从未通讯", "从未心跳", "never"],
    )
)
