"""DQ-06: dates and places that cannot be right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.intake.reading import Reason
from audit.rules.cells import unreadable
from audit.rules.model import DAYS, Case, Category, Example, Night, Owner, Rule, Severity, Texts, Threshold


def _in_future(name: str, cutoff: Callable[[Night, float], date], zh: str, en: str) -> Case:
    return Case(
        lambda night: nw.col(name) >= cutoff(night, -night["days"] - 1),
        Severity.LOW,
        Texts(
            f"{{feed}}（{{source_file}}）第 {{source_row}} 行的{zh}为 {{{name}}}，晚于审计日。",
            f"Row {{source_row}} of the {{feed}} ({{source_file}}) has the {en} {{{name}}}, after the audit date.",
        ),
        Texts(f"{zh} {{{name}}}", f"{en} {{{name}}}"),
    )


_POINT = Texts("经度 {longitude}，纬度 {latitude}", "longitude {longitude}, latitude {latitude}")

DQ_06 = Rule(
    id="DQ-06",
    subject=Subject.ROW,
    category=Category.ATTENTION,
    requires=(),
    thresholds=(
        Threshold(
            "days",
            1,
            DAYS,
            Texts(
                "容许次日凌晨导出与时钟误差（运营经验值）",
                "allows for exports after midnight and clock differences (operating practice)",
            ),
        ),
    ),
    cases=(
        Case(
            unreadable(Reason.UNKNOWN_DATE, Reason.IMPOSSIBLE_DATE, Reason.AMBIGUOUS_DATE),
            Severity.LOW,
            Texts(
                "{feed}（{source_file}）第 {source_row} 行的日期无法确定：{unread_text}。",
                "Row {source_row} of the {feed} ({source_file}) has a date that cannot be determined: {unread_text}.",
            ),
            Texts("{unread_text}", "{unread_text}"),
        ),
        _in_future("install_date", Night.day, "安装日期", "installation date"),
        _in_future("production_date", Night.day, "生产日期", "production date"),
        _in_future("last_contact_at", Night.start_of, "最近联机时间", "last contact"),
        _in_future("submitted_at", Night.start_of, "报备提交时间", "submission time"),
        _in_future("registered_at", Night.start_of, "报备完成时间", "registration time"),
        Case(
            nw.col("place_fault") == "swapped",
            Severity.LOW,
            Texts(
                "{feed}（{source_file}）第 {source_row} 行的经度 {longitude} 与纬度 {latitude} 疑似填反。",
                "Row {source_row} of the {feed} ({source_file}) seems to have longitude {longitude} and latitude {latitude} swapped.",
            ),
            _POINT,
        ),
        Case(
            nw.col("place_fault") == "outside",
            Severity.LOW,
            Texts(
                "{feed}（{source_file}）第 {source_row} 行的坐标（经度 {longitude}，纬度 {latitude}）不在境内范围。",
                "Row {source_row} of the {feed} ({source_file}) has coordinates outside China (longitude {longitude}, latitude {latitude}).",
            ),
            _POINT,
        ),
    ),
    cause="4.3",
    owner=Owner.VENDOR,
    title=Texts("日期或坐标异常", "Implausible date or coordinates"),
    why=Texts(
        "日期或坐标有误的行，有效期、服役年限、移机等检查都不可靠。",
        "With a wrong date or coordinates, checks of validity, service life and relocation are unreliable.",
    ),
    remedy=Texts(
        "请数据提供方更正该行；日期统一为“年-月-日”，坐标分经度、纬度两列导出。",
        "Have the data supplier correct the row; dates should be written year-month-day, and longitude and latitude exported in separate columns.",
    ),
    expected=Texts("有效的日期与坐标", "valid dates and coordinates"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "row_key": "sn:G1",
                "feed": "devices",
                "source_row": 3,
                "rejected_reasons": ",install_date=impossible_date,",
                "unread_text": "install_date=2026-02-30",
            },
            {"row_key": "sn:G2", "feed": "devices", "source_row": 4, "install_date": "2026-11-23"},
            {"row_key": "sn:G3", "feed": "devices", "source_row": 5, "install_date": "2026-11-22"},
            {"row_key": "sn:G4", "feed": "devices", "source_row": 6, "production_date": "2062-03-01"},
            {
                "row_key": "sn:G5",
                "feed": "devices",
                "source_row": 7,
                "last_contact_at": "2026-11-22 23:59:59",
            },
            {
                "row_key": "sn:G6",
                "feed": "devices",
                "source_row": 8,
                "last_contact_at": "2026-11-23 00:00:00",
            },
            {
                "row_key": "sn:G7",
                "feed": "registrations",
                "source_row": 2,
                "submitted_at": "2027-01-03 09:00:00",
                "registered_at": "2026-01-05 09:00:00",
            },
            {
                "row_key": "sn:G8",
                "feed": "devices",
                "source_row": 9,
                "place_fault": "swapped",
                "longitude": 39.9,
                "latitude": 116.4,
            },
            {
                "row_key": "sn:G9",
                "feed": "devices",
                "source_row": 10,
                "place_fault": "outside",
                "longitude": 0.0,
                "latitude": 0.0,
            },
            {
                "row_key": "sn:G10",
                "feed": "devices",
                "source_row": 11,
                "install_date": "2026-11-21",
                "longitude": 116.4,
                "latitude": 39.9,
            },
        ),
        flagged=(0, 1, 3, 5, 6, 7, 8),
    ),
)

RULES = (DQ_06,)
