"""SRC: the inputs themselves. A night that rests on old, missing or shrunken files must say so first."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import DAYS, Case, Category, Example, Night, Owner, Rule, Severity, Texts, Threshold


def limit_of(night: Night) -> nw.Expr:
    """The age a feed may have: its own `max_age_days`, else the rule's threshold for its kind."""
    by_feed: nw.Expr = nw.col("max_age_days")
    for feed in ("registrations", "devices", "merchants"):
        by_feed = (
            nw.when(nw.col("max_age_days").is_null() & (nw.col("feed") == feed))
            .then(nw.lit(int(night[feed])))
            .otherwise(by_feed)
        )
    return by_feed


SRC_01 = Rule(
    id="SRC-01",
    subject=Subject.INPUT,
    category=Category.INPUT,
    requires=(),
    applies=lambda night: nw.col("delivered") & ~limit_of(night).is_null(),
    known=("age_days",),
    thresholds=(
        Threshold(
            "registrations", 1, DAYS, Texts("报备清单按日导出", "the registration list is exported daily")
        ),
        Threshold("devices", 7, DAYS, Texts("供应商按周提交台账", "vendors deliver the ledger weekly")),
        Threshold("merchants", 7, DAYS, Texts("与台账相同", "as the ledger")),
    ),
    cases=(
        Case(
            lambda night: nw.col("age_days") > limit_of(night),
            Severity.HIGH,
            Texts(
                "{feed}（{source_file}）导出于 {exported_on}，距审计日已 {age_days} 天。",
                "The {feed} ({source_file}) was exported on {exported_on}, {age_days} days before the audit date.",
            ),
        ),
    ),
    cause="3.1",
    owner=Owner.VENDOR,
    title=Texts("数据未按期更新", "Input out of date"),
    why=Texts(
        "用旧数据审计会漏报新问题，也会误报已整改的问题；本次不据此销号。",
        "Auditing old data misses new problems and repeats ones already rectified; no finding is closed on the basis of it.",
    ),
    remedy=Texts(
        "请数据提供方导出最新文件；确认更新周期并写入 max_age_days。",
        "Ask the data supplier for a new export; agree on the update cycle and set max_age_days accordingly.",
    ),
    expected=Texts("按期更新", "delivered on time"),
    actual=Texts("{age_days} 天前", "{age_days} days old"),
    example=Example(
        rows=(
            {"feed": "registrations", "delivered": True, "age_days": 2},
            {"feed": "registrations", "delivered": True, "age_days": 1},
            {"feed": "devices", "delivered": True, "age_days": 7},
            {"feed": "devices", "delivered": True, "age_days": 8},
            {"feed": "devices", "delivered": True},
            {"feed": "models", "delivered": True, "age_days": 900},
            {"feed": "models", "delivered": True, "age_days": 900, "max_age_days": 365},
        ),
        flagged=(0, 3, 6),
        unknown=(4,),
    ),
)

SRC_02 = Rule(
    id="SRC-02",
    subject=Subject.INPUT,
    category=Category.INPUT,
    requires=(),
    cases=(
        Case(
            (nw.col("pattern") == "") & nw.col("mandatory"),
            Severity.CRITICAL,
            Texts(
                "没有配置必需的{feed}（audit.toml 中缺少 inputs.{feed:raw}）。",
                "The mandatory {feed} is not configured (audit.toml has no inputs.{feed:raw}).",
            ),
        ),
        Case(
            (nw.col("files") == 0) & nw.col("mandatory"),
            Severity.CRITICAL,
            Texts(
                "必需的{feed}缺失：没有文件符合 {pattern}。",
                "The mandatory {feed} is missing: no file matches {pattern}.",
            ),
        ),
        Case(
            ~nw.col("delivered") & nw.col("mandatory") & ~nw.col("near_headers").is_null(),
            Severity.CRITICAL,
            Texts(
                "必需的{feed}无法使用（{source_file}）：{error}。文件中相近的列：{near_headers}。",
                "The mandatory {feed} cannot be used ({source_file}): {error}. Did you mean {near_headers}?",
            ),
        ),
        Case(
            ~nw.col("delivered") & nw.col("mandatory"),
            Severity.CRITICAL,
            Texts(
                "必需的{feed}无法使用（{source_file}）：{error}。",
                "The mandatory {feed} cannot be used ({source_file}): {error}.",
            ),
        ),
        Case(
            nw.col("unusable") > 0,
            Severity.HIGH,
            Texts(
                "{feed}中有 {unusable} 个文件无法使用（{source_file}）：{error}。",
                "{unusable} file(s) of the {feed} cannot be used ({source_file}): {error}.",
            ),
        ),
        Case(
            ~nw.col("delivered") & (nw.col("files") > 0),
            Severity.MEDIUM,
            Texts(
                "{feed}中没有可用的数据（{source_file}）：{error}。",
                "The {feed} holds no usable data ({source_file}): {error}.",
            ),
        ),
        Case(
            ~nw.col("delivered"),
            Severity.MEDIUM,
            Texts(
                "{feed}缺失：没有文件符合 {pattern}。",
                "The {feed} is missing: no file matches {pattern}.",
            ),
        ),
    ),
    cause="3.1",
    owner=Owner.OPERATOR,
    title=Texts("数据文件缺失或无法读取", "Input missing or unreadable"),
    why=Texts(
        "缺少这份数据，依赖它的检查本次全部不评估，不能视为合规。",
        "Without this data, all checks that depend on it are not evaluated in this audit, and must not be taken as compliant.",
    ),
    remedy=Texts(
        "确认文件已送达、文件名与 audit.toml 的 files 一致、未加密且能用表格软件打开，然后重新运行；缺少关键列而列名不同的，在 [inputs.<feed>.columns] 中写明。",
        "Check that the file has arrived, matches `files` in audit.toml, is not encrypted and opens in a spreadsheet program, then run again; if a key column has "
        "another name, state it in [inputs.<feed>.columns].",
    ),
    expected=Texts("可用的文件", "a usable file"),
    actual=Texts("{error}", "{error}"),
    example=Example(
        rows=(
            {
                "feed": "devices",
                "pattern": "",
                "mandatory": True,
                "delivered": False,
                "files": 0,
                "unusable": 0,
            },
            {
                "feed": "devices",
                "pattern": "a.xlsx",
                "mandatory": True,
                "delivered": False,
                "files": 0,
                "unusable": 0,
            },
            {
                "feed": "devices",
                "pattern": "a.xlsx",
                "mandatory": True,
                "delivered": False,
                "files": 1,
                "unusable": 1,
                "error": "encrypted",
            },
            {
                "feed": "devices",
                "pattern": "*.xlsx",
                "mandatory": True,
                "delivered": True,
                "files": 2,
                "unusable": 1,
                "error": "truncated",
            },
            {
                "feed": "models",
                "pattern": "m.csv",
                "mandatory": False,
                "delivered": False,
                "files": 0,
                "unusable": 0,
            },
            {
                "feed": "models",
                "pattern": "m.csv",
                "mandatory": False,
                "delivered": False,
                "files": 1,
                "unusable": 0,
                "error": "empty",
            },
            {
                "feed": "devices",
                "pattern": "a.xlsx",
                "mandatory": True,
                "delivered": True,
                "files": 1,
                "unusable": 0,
            },
        ),
        flagged=(0, 1, 2, 3, 4, 5),
    ),
)

SRC_03 = Rule(
    id="SRC-03",
    subject=Subject.INPUT,
    category=Category.INPUT,
    requires=(),
    applies=nw.col("delivered"),
    known=("rows_before",),
    thresholds=(
        Threshold(
            "percent",
            20,
            Texts("相对上次正常数据的百分比", "% of the last good data"),
            Texts("运营经验值", "operating practice"),
        ),
        Threshold(
            "rows",
            5,
            Texts("行", "rows"),
            Texts("小清单每天增减一两行属正常", "small lists normally change by a row or two every day"),
        ),
    ),
    cases=(
        Case(
            lambda night: (
                (nw.col("change_percent") < -night["percent"])
                & (nw.col("rows_before") - nw.col("rows") >= night["rows"])
            ),
            Severity.HIGH,
            Texts(
                "{feed}（{source_file}）由 {rows_before} 行减少到 {rows} 行，疑似只导出了一部分。",
                "The {feed} ({source_file}) fell from {rows_before} to {rows} rows; it may be a partial export.",
            ),
        ),
        Case(
            lambda night: (
                (nw.col("change_percent") > night["percent"])
                & (nw.col("rows") - nw.col("rows_before") >= night["rows"])
            ),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）由 {rows_before} 行增加到 {rows} 行，请确认是否属实。",
                "The {feed} ({source_file}) grew from {rows_before} to {rows} rows; please confirm that this is correct.",
            ),
        ),
    ),
    cause="1.2",
    owner=Owner.VENDOR,
    title=Texts("行数异常波动", "Row count changed abruptly"),
    why=Texts(
        "导出不完整时，缺失的行会被误认为未报备或已消失。",
        "If the export is incomplete, the missing rows would be mistaken for unregistered or vanished devices.",
    ),
    remedy=Texts(
        "与数据提供方确认导出范围；若属实，下一次运行起按新的行数比较。",
        "Confirm the scope of the export with the data supplier; if the change is real, the next audit compares with the new row count.",
    ),
    expected=Texts("约 {rows_before} 行", "about {rows_before} rows"),
    actual=Texts("{rows} 行", "{rows} rows"),
    example=Example(
        rows=(
            {"feed": "devices", "delivered": True, "rows": 70, "rows_before": 100, "change_percent": -30.0},
            {"feed": "devices", "delivered": True, "rows": 80, "rows_before": 100, "change_percent": -20.0},
            {"feed": "devices", "delivered": True, "rows": 130, "rows_before": 100, "change_percent": 30.0},
            {"feed": "devices", "delivered": True, "rows": 3, "rows_before": 5, "change_percent": -40.0},
            {"feed": "devices", "delivered": True, "rows": 100},
        ),
        flagged=(0, 2),
        unknown=(4,),
    ),
)

RULES = (SRC_01, SRC_02, SRC_03)
