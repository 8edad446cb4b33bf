"""SRC: files that bear a new date and the bytes of an old one."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.inputs import limit_of
from audit.rules.model import DAYS, Case, Category, Example, Owner, Rule, Severity, Texts, Threshold

_UNCHANGED = Texts("清单连续几天没有变化也属正常", "a list may well stay unchanged for some days")

SRC_06 = Rule(
    id="SRC-06",
    subject=Subject.INPUT,
    category=Category.INPUT,
    requires=(),
    applies=nw.col("delivered"),
    thresholds=(
        Threshold("registrations", 1, DAYS, _UNCHANGED),
        Threshold("devices", 7, DAYS, _UNCHANGED),
        Threshold("merchants", 7, DAYS, _UNCHANGED),
    ),
    cases=(
        Case(
            nw.col("moves").fill_null(False),
            Severity.MEDIUM,
            Texts(
                "{feed}（{again_file}）与 {first_on} 的 {first_file} 逐字节相同。其中有联机或交易的记录，每天都应变化，"
                "应是旧文件换了日期重发；联机与交易只计算到 {first_on}。",
                "The {feed} ({again_file}) is byte-for-byte identical to {first_file} of {first_on}. It contains contact or transaction records, which should change "
                "every day, so an old file was probably resent under a new date. Contacts and transactions are counted up to {first_on} only.",
            ),
        ),
        Case(
            lambda night: nw.col("first_days") > limit_of(night),
            Severity.INFO,
            Texts(
                "{feed}（{again_file}）与 {first_on} 的 {first_file} 逐字节相同：可能是旧文件换了日期重发，也可能清单确实没有变化。",
                "The {feed} ({again_file}) is byte-for-byte identical to {first_file} of {first_on}: either an old file resent under a new date, or a list that has "
                "not changed.",
            ),
        ),
    ),
    cause="3.1",
    owner=Owner.VENDOR,
    title=Texts("内容与以前的文件完全相同", "Same content as an earlier file"),
    why=Texts(
        "日期是新的，内容却是旧的：数据看上去按期更新，其间的变化都没有反映出来。",
        "The date is new but the content is old: the data looks up to date, but nothing that has changed since is included.",
    ),
    remedy=Texts(
        "请数据提供方确认是否重新导出，误发旧文件的补发最新文件。清单确实没有变化的，可标为“误报”并写明理由，换了内容之前不再列出。",
        "Ask the data supplier whether it was exported again; if an old file was sent by mistake, ask for the latest one. If the list really has not changed, mark "
        "this as a false positive and state the reason; it is not listed again until the content changes.",
    ),
    expected=Texts("重新导出的文件", "a newly exported file"),
    actual=Texts("{first_on} 的 {first_file}", "{first_file} of {first_on}"),
    example=Example(
        rows=(
            {
                "feed": "devices",
                "delivered": True,
                "again_file": "devices_20261121.csv",
                "first_file": "devices_20261120.csv",
                "first_on": "2026-11-20",
                "first_days": 1,
                "moves": True,
            },
            {"feed": "registrations", "delivered": True, "first_days": 2, "moves": False},
            {"feed": "merchants", "delivered": True, "first_days": 2, "moves": False},
            {"feed": "merchants", "delivered": True, "first_days": 8, "moves": False, "max_age_days": 30},
            {"feed": "models", "delivered": True, "first_days": 80, "moves": False},
            {"feed": "devices", "delivered": True},
        ),
        flagged=(0, 1),
    ),
    since="0.2.0",
)

RULES = (SRC_06,)
