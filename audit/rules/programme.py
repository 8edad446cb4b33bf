"""AUD-02, AUD-04, AUD-05, AUD-06: whether the audit of oneself (自查自纠) is itself kept up."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import DAYS, Case, Category, Example, Owner, Rule, Severity, Texts, Threshold, unread

AUD_02 = Rule(
    id="AUD-02",
    subject=Subject.PROGRAMME,
    category=Category.ATTENTION,
    requires=(),
    applies=nw.col("item") == "self_audit",
    cases=(
        Case(
            lambda night: night.past(nw.col("next_due")) & nw.col("last_done").is_null(),
            Severity.MEDIUM,
            Texts(
                "自查期 {cycle} 应不晚于 {next_due}（含当日）签认，至今没有签认记录。",
                "Self-audit cycle {cycle} was due to be signed off by {next_due}; there is no sign-off on record yet.",
            ),
        ),
        Case(
            lambda night: night.past(nw.col("next_due")) & ~nw.col("cycle").is_null(),
            Severity.MEDIUM,
            Texts(
                "自查期 {cycle} 应不晚于 {next_due}（含当日）签认，已逾期 {next_due:days} 天。最近一次签认是 {last_done}（{evidence}）。",
                "Self-audit cycle {cycle} was due to be signed off by {next_due} and is {next_due:days} days overdue. The last sign-off was on {last_done} ({evidence}).",
            ),
        ),
        Case(
            lambda night: night.past(nw.col("next_due")),
            Severity.MEDIUM,
            Texts(
                "最近一次自查签认是 {last_done}，下一次应不晚于 {next_due}，已逾期 {next_due:days} 天。",
                "The last self-audit was signed off on {last_done}; the next was due by {next_due} and is {next_due:days} days overdue.",
            ),
        ),
        Case(
            nw.col("last_done").is_null() & nw.col("next_due").is_null(),
            Severity.MEDIUM,
            Texts("没有自查签认记录。", "No self-audit has been signed off."),
        ),
    ),
    cause="7.2",
    owner=Owner.ACQUIRER,
    title=Texts("本期自查未签认", "Self-audit not signed off"),
    why=Texts(
        "系统每晚自动核对，但自查结论须由人确认；无人签认的周期没有自查证据。",
        "The checks run automatically every night, but a person must confirm the self-audit's conclusions; for a cycle without a sign-off there is no evidence of a "
        "self-audit.",
    ),
    remedy=Texts(
        "用 pos-audit cycle 生成该期自查报告，由负责人复核后在“签认”表签认，再把工作簿放回反馈目录。",
        "Publish the cycle's report with pos-audit cycle; the person in charge reviews it, signs on the sheet “Sign-off” and puts the workbook in the feedback folder.",
    ),
    expected=Texts("{cadence}一次", "{cadence}"),
    actual=Texts("{last_done}", "{last_done}"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "item": "self_audit",
                "cadence": "monthly",
                "last_done": "2026-10-20",
                "next_due": "2026-11-20",
            },
            {
                "item": "self_audit",
                "cadence": "monthly",
                "last_done": "2026-10-21",
                "next_due": "2026-11-21",
            },
            {"item": "self_audit", "cadence": "quarterly"},
            {"item": "network", "cadence": "monthly", "last_done": "2026-01-20", "next_due": "2026-02-20"},
            {
                "item": "self_audit",
                "cadence": "monthly",
                "cycle": "2026-10",
                "last_done": "2026-10-08",
                "evidence": "2026-09",
                "next_due": "2026-11-10",
            },
            {"item": "self_audit", "cadence": "monthly", "cycle": "2026-10", "next_due": "2026-11-10"},
            {"item": "self_audit", "cadence": "monthly", "cycle": "2026-11", "next_due": "2026-12-10"},
        ),
        flagged=(0, 2, 4, 5),
    ),
)

AUD_04 = Rule(
    id="AUD-04",
    subject=Subject.TRAINING,
    category=Category.ATTENTION,
    requires=("training.topic", "training.trained_on"),
    unsure=nw.col("valid_until").is_null() & (nw.col("trained_on").is_null() | unread("valid_until")),
    thresholds=(
        Threshold(
            "days",
            365,
            DAYS,
            Texts(
                "未写有效期时按每年复训（运营经验值）",
                "refresher training every year if no validity date is given (operating practice)",
            ),
        ),
    ),
    cases=(
        Case(
            lambda night: night.past(nw.col("valid_until")),
            Severity.LOW,
            Texts(
                "{trainee}（{organisation}）的“{topic}”培训已于 {valid_until} 到期。",
                "The training “{topic}” of {trainee} ({organisation}) expired on {valid_until}.",
            ),
        ),
        Case(
            lambda night: nw.col("valid_until").is_null() & night.past(nw.col("trained_on"), night["days"]),
            Severity.LOW,
            Texts(
                "{trainee}（{organisation}）最近一次“{topic}”培训是 {trained_on}，已过 {trained_on:days} 天。",
                "{trainee} ({organisation}) was last trained in “{topic}” on {trained_on}, {trained_on:days} days ago.",
            ),
        ),
    ),
    cause="6.3",
    owner=Owner.MERCHANT,
    title=Texts("培训已过期", "Training out of date"),
    why=Texts(
        "不熟悉报备流程和设备操作，是录入错误与报备失败的常见原因。",
        "Being unfamiliar with the registration procedure and the devices is a common cause of input errors and failed registrations.",
    ),
    remedy=Texts(
        "安排复训并登记日期；人员已离岗的，不再列入提交的培训表。",
        "Arrange refresher training and record the date; remove people who have left from the training list you submit.",
    ),
    expected=Texts("在有效期内", "still valid"),
    actual=Texts(
        "{trained_on} 培训，有效期至 {valid_until}", "trained {trained_on}, valid until {valid_until}"
    ),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "topic": "终端报备流程",
                "trainee": "张*",
                "organisation": "示例便利店",
                "trained_on": "2025-11-01",
                "valid_until": "2026-10-31",
            },
            {
                "topic": "终端报备流程",
                "trainee": "李*",
                "organisation": "示例便利店",
                "trained_on": "2025-11-20",
            },
            {"topic": "终端报备流程", "trainee": "王*", "trained_on": "2025-11-21"},
            {
                "topic": "异常处理",
                "trainee": "张*",
                "trained_on": "2024-05-01",
                "valid_until": "2027-04-30",
            },
            {
                "topic": "异常处理",
                "trainee": "李*",
                "trained_on": "2024-05-01",
                "rejected": ",valid_until,",
            },
            {"topic": "异常处理", "trainee": "王*"},
        ),
        flagged=(0, 1),
        unknown=(4, 5),
    ),
)

AUD_05 = Rule(
    id="AUD-05",
    subject=Subject.PROGRAMME,
    category=Category.ATTENTION,
    requires=(),
    applies=nw.col("item") == "risk_analysis",
    cases=(
        Case(
            lambda night: night.past(nw.col("next_due")),
            Severity.LOW,
            Texts(
                "巡检频次的风险分析最近复核于 {last_done}，应不晚于 {next_due} 再次复核。",
                "The risk analysis behind the inspection cycle was last reviewed on {last_done}; the next review was due on {next_due}.",
            ),
        ),
        Case(
            nw.col("last_done").is_null(),
            Severity.LOW,
            Texts(
                "巡检频次的风险分析没有复核记录。",
                "No review of the risk analysis behind the inspection cycle is on record.",
            ),
        ),
    ),
    cause="7.2",
    owner=Owner.ACQUIRER,
    title=Texts("风险分析未按期复核", "Risk analysis review overdue"),
    why=Texts(
        "巡检频次应以风险分析为依据，PCI DSS 12.3.1 要求至少每 12 个月复核一次。",
        "Inspection frequency should be based on a targeted risk analysis, which PCI DSS 12.3.1 requires to be reviewed at least every 12 months.",
    ),
    remedy=Texts(
        "复核资产、威胁与由此确定的巡检频次，在“自查清单”中填写完成日期、完成人与佐证。",
        "Review the assets, the threats and the resulting inspection frequency; fill in completion date, person and evidence on the sheet “Self-audit”.",
    ),
    expected=Texts("{cadence}复核", "reviewed {cadence}"),
    actual=Texts("{last_done}", "{last_done}"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "item": "risk_analysis",
                "cadence": "yearly",
                "last_done": "2025-11-20",
                "next_due": "2026-11-20",
            },
            {
                "item": "risk_analysis",
                "cadence": "yearly",
                "last_done": "2025-11-21",
                "next_due": "2026-11-21",
            },
            {"item": "risk_analysis", "cadence": "yearly"},
            {"item": "self_audit", "cadence": "monthly"},
        ),
        flagged=(0, 2),
    ),
)

AUD_06 = Rule(
    id="AUD-06",
    subject=Subject.RECTIFICATION,
    category=Category.ATTENTION,
    requires=(),
    cases=(
        Case(
            nw.col("long_overdue_findings") > 0,
            Severity.CRITICAL,
            Texts(
                "{owner_key}有 {overdue_findings} 项整改逾期，其中 {long_overdue_findings} 项已超过期限的两倍，最早的应于 {oldest_due_on} 完成。",
                "{owner_key}: {overdue_findings} rectification(s) overdue, {long_overdue_findings} of them by more than twice the time limit; the oldest was due on "
                "{oldest_due_on}.",
            ),
        ),
        Case(
            nw.col("overdue_findings") > 0,
            Severity.HIGH,
            Texts(
                "{owner_key}有 {overdue_findings} 项整改逾期，最早的应于 {oldest_due_on} 完成。",
                "{owner_key}: {overdue_findings} rectification(s) overdue; the oldest was due on {oldest_due_on}.",
            ),
        ),
    ),
    cause="7.2",
    owner=Owner.OPERATOR,
    title=Texts("整改逾期", "Rectification overdue"),
    why=Texts(
        "查出问题而不按期整改，自查就失去意义，同类问题也会不断复发。",
        "If findings are not rectified on time, the self-audit loses its purpose and the same problems keep recurring.",
    ),
    remedy=Texts(
        "由本机构向责任方发出督办通知，约定新的完成日期；超过期限两倍的，报主管领导处理。",
        "Send the responsible party a reminder and agree on a new date; escalate anything overdue by more than twice the time limit to management.",
    ),
    expected=Texts("无逾期整改", "nothing overdue"),
    actual=Texts(
        "逾期 {overdue_findings} / 未关闭 {open_findings}",
        "{overdue_findings} overdue of {open_findings} open",
    ),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "owner_key": "vendor",
                "open_findings": 12,
                "overdue_findings": 3,
                "long_overdue_findings": 0,
                "oldest_due_on": "2026-11-18",
            },
            {
                "owner_key": "merchant",
                "open_findings": 40,
                "overdue_findings": 9,
                "long_overdue_findings": 2,
                "oldest_due_on": "2026-10-30",
            },
            {
                "owner_key": "acquirer",
                "open_findings": 5,
                "overdue_findings": 0,
                "long_overdue_findings": 0,
            },
        ),
        flagged=(0, 1),
    ),
)

RULES = (AUD_02, AUD_04, AUD_05, AUD_06)
