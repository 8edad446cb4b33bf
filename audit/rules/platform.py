"""SYS: faults that lie with a channel's platform, and errors whose cause is known."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Explains, Owner, Rule, Severity, Texts, Threshold

SYS_01 = Rule(
    id="SYS-01",
    subject=Subject.CHANNEL,
    category=Category.ATTENTION,
    requires=("registrations.reg_status", "registrations.channel"),
    absence_of=("registrations",),
    compares=True,
    applies=nw.col("compared"),
    thresholds=(
        Threshold(
            "devices",
            20,
            Texts("台", "devices"),
            Texts(
                "运营经验值：少量终端同日变化属正常",
                "operating practice: a few devices changing on one day is normal",
            ),
        ),
        Threshold(
            "percent",
            10,
            Texts("占上次已报备终端的百分比", "% of the devices registered before"),
            Texts("运营经验值", "operating practice"),
        ),
    ),
    cases=(
        Case(
            lambda night: (
                (nw.col("turned") >= night["devices"]) & (nw.col("turned_percent") > night["percent"])
            ),
            Severity.HIGH,
            Texts(
                "{channel}上次已报备的 {devices} 台终端中，有 {turned} 台（{turned_percent}%）本次同时失去“已报备”状态，疑似平台或数据异常。",
                "Of the {devices} devices registered before, {turned} ({turned_percent}%) lost their {channel}registration at the same time; a platform or data "
                "problem is suspected.",
            ),
        ),
    ),
    cause="1.2",
    owner=Owner.ACQUIRER,
    title=Texts("渠道报备状态同日大面积突变", "Sudden mass change of a channel's registrations"),
    why=Texts(
        "大批终端同一天失去报备，多为平台故障或导出异常；逐台重新报备只会添乱。",
        "When many devices lose their registration on the same day, the cause is usually a platform fault or a faulty export; re-registering each device only adds "
        "to the confusion.",
    ),
    remedy=Texts(
        "先向渠道核实平台状态与报备清单，查明前暂不批量重新报备；属实的，按单台问题逐项整改。",
        "First check the platform status and the registration list with the channel, and hold mass re-registration until the cause is known; if the change is real, "
        "rectify device by device.",
    ),
    expected=Texts("报备状态稳定", "stable registration status"),
    actual=Texts("{turned} 台，{turned_percent}%", "{turned} devices, {turned_percent}%"),
    explains=(
        *(
            Explains(
                rule,
                own=("channel",),
                theirs=("channel",),
                only=(("previous_status", "registered"),),
                holds=True,
            )
            for rule in ("REG-01", "REG-02", "REG-03", "REG-04", "REG-06")
        ),
        Explains(
            "SYS-02",  # that what the platform answers is known makes it no other fault
            own=("channel",),
            theirs=("channel",),
            only=(("previous_status", "registered"), ("reg_status", "failed")),
            holds=True,
        ),
    ),
    since="0.2.0",
    example=Example(
        rows=(
            {"channel": "wechat", "compared": True, "devices": 150, "turned": 20, "turned_percent": 13.3},
            {"channel": "alipay", "compared": True, "devices": 150, "turned": 19, "turned_percent": 12.7},
            {"channel": "unionpay", "compared": True, "devices": 1000, "turned": 100, "turned_percent": 10.0},
            {"channel": "nucc", "compared": False, "turned": 90, "turned_percent": 90.0},
            {"channel": "common", "compared": True, "devices": 0, "turned": 0},
        ),
        flagged=(0,),
    ),
)

SYS_02 = Rule(
    id="SYS-02",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.ATTENTION,
    requires=("error_texts.text", "error_texts.cause"),
    one_of=(("registrations.reg_message",), ("devices.last_error",)),
    applies=nw.col("in_scope"),
    cases=(
        Case(
            ~nw.col("known_error").is_null() & ~nw.col("reg_message").is_null(),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 的{channel}报备返回：{reg_message}；属已知错误“{known_error}”，原因：{known_error_cause}。",
                "The {channel}registration of terminal {serial_no} returned: {reg_message}. This is the known error “{known_error}”; cause: {known_error_cause}.",
            ),
        ),
        Case(
            ~nw.col("known_error").is_null(),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 最近错误信息：{last_error}；属已知错误“{known_error}”，原因：{known_error_cause}。",
                "The last error of terminal {serial_no} was: {last_error}. This is the known error “{known_error}”; cause: {known_error_cause}.",
            ),
        ),
    ),
    cause="2.2",
    owner=Owner.ACQUIRER,
    title=Texts("已知错误", "Known error"),
    why=Texts(
        "错误提示对照表已写明这类错误的原因，照此处理比重复提交更快。",
        "The error text table already states the cause; following it is quicker than resubmitting repeatedly.",
    ),
    remedy=Texts(
        "按建议的处理办法操作，属平台故障的及时向渠道报障；处理后重新提交并确认结果。",
        "Follow the suggested remedy and report platform faults to the channel promptly; then submit again and confirm the result.",
    ),
    expected=Texts("无错误", "no error"),
    actual=Texts("{known_error}", "{known_error}"),
    suggestion=Texts("{known_error_remedy}", "{known_error_remedy}"),
    explains=(Explains("REG-04", own=("device_key", "channel"), theirs=("device_key", "channel")),),
    other="reg",
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "W1",
                "channel": "wechat",
                "in_scope": True,
                "reg_message": "T4 终端未登记",
                "known_error": "终端未登记",
                "known_error_cause": "1.3",
                "known_error_remedy": "核对终端号后重新报备",
            },
            {
                "serial_no": "W2",
                "channel": "unionpay",
                "in_scope": True,
                "last_error": "签到过期，请重新签到",
                "known_error": "签到过期",
                "known_error_cause": "网络",
            },
            {"serial_no": "W3", "channel": "wechat", "in_scope": True, "reg_message": "商户名称不符"},
            {"serial_no": "W4", "channel": "wechat", "in_scope": False, "known_error": "终端未登记"},
            {"serial_no": "W5", "channel": "wechat", "known_error": "终端未登记"},
        ),
        flagged=(0, 1),
        unknown=(4,),
    ),
)

RULES = (SYS_01, SYS_02)
