"""DQ-02, DQ-03, DQ-05: rows with cells that cannot be read, or do not look like what their column holds."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.intake.reading import Reason
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts


def unreadable(*reasons: Reason) -> nw.Expr:
    """Whether a cell of the row was rejected for one of the reasons; never null."""
    return nw.col("rejected_reasons").str.contains(f"=(?:{'|'.join(reasons)}),").fill_null(False)


DQ_02 = Rule(
    id="DQ-02",
    subject=Subject.ROW,
    category=Category.ATTENTION,
    requires=(),
    cases=(
        Case(
            ~nw.col("swapped_fields").is_null(),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）第 {source_row} 行的两列内容疑似填反：{swapped_fields}。",
                "Row {source_row} of the {feed} ({source_file}) seems to have two columns swapped: {swapped_fields}.",
            ),
        ),
        Case(
            ~nw.col("format_faults").is_null(),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）第 {source_row} 行格式不符：{format_faults}。",
                "Row {source_row} of the {feed} ({source_file}) has values in a wrong format: {format_faults}.",
            ),
        ),
        Case(
            unreadable(
                Reason.FRACTION,
                Reason.SEVERAL,
                Reason.RANGE,
                Reason.NOT_AN_IDENTIFIER,
                Reason.ERROR_CELL,
                Reason.UNCACHED,
                Reason.SHIFTED,
                Reason.UNDECODABLE,
                Reason.NOT_A_NUMBER,
                Reason.NOT_A_FLAG,
                Reason.DITTO,
                Reason.HIDDEN,
            ),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）第 {source_row} 行有无法读取的内容：{unread_text}。",
                "Row {source_row} of the {feed} ({source_file}) contains values that cannot be read: {unread_text}.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.VENDOR,
    title=Texts("格式异常或两列填反", "Wrong format, or two columns swapped"),
    why=Texts(
        "编号格式不对的行匹配不上报备，设备会被误认为未报备。",
        "A row whose numbers are in a wrong format matches no registration, and its device is mistaken for unregistered.",
    ),
    remedy=Texts(
        "请数据提供方核对原始资料，更正该行后重新导出。",
        "Have the data supplier check the original records, correct the row and export again.",
    ),
    expected=Texts("符合该列的格式", "values in the format of the column"),
    actual=Texts(
        "序列号 {serial_no}，终端号 {terminal_id}，商户 {merchant_no}，未读出 {unread_text}",
        "serial {serial_no}, terminal {terminal_id}, merchant {merchant_no}, unread {unread_text}",
    ),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "row_key": "tid:M1/123",
                "feed": "devices",
                "source_row": 8,
                "terminal_id": "123",
                "merchant_no": "M1",
                "format_faults": ",terminal_id,",
            },
            {
                "row_key": "sn:898350154110001",
                "feed": "registrations",
                "source_row": 9,
                "serial_no": "898350154110001",
                "merchant_no": "WP00017",
                "swapped_fields": "serial_no,merchant_no",
            },
            {
                "row_key": "M7",
                "feed": "merchants",
                "source_row": 12,
                "rejected_reasons": ",mcc=error_cell,",
                "unread_text": "mcc=#REF!",
            },
            {"row_key": "sn:Y4", "feed": "devices", "source_row": 11, "serial_no": "Y4"},
            {
                "row_key": "sn:Y5",
                "feed": "devices",
                "source_row": 12,
                "rejected_reasons": ",terminal_status=unknown_code,",
            },
        ),
        flagged=(0, 1, 2),
    ),
)

DQ_03 = Rule(
    id="DQ-03",
    subject=Subject.ROW,
    category=Category.ATTENTION,
    requires=(),
    cases=(
        Case(
            unreadable(Reason.UNKNOWN_CODE),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）第 {source_row} 行有无法识别的状态或代码：{unread_text}。",
                "Row {source_row} of the {feed} ({source_file}) has a status or code that is not recognised: {unread_text}.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.OPERATOR,
    title=Texts("未知代码", "Unknown code"),
    why=Texts(
        "同一代码在不同系统含义不同，不能猜测；该行的相关检查按无法判断处理。",
        "The same code means different things in different systems and cannot be guessed; checks of the row that depend on it cannot be decided.",
    ),
    remedy=Texts(
        "向数据提供方问明代码含义，写入 audit.toml 的 [inputs.<表>.codes]；属录入错误的，请其更正。",
        "Ask the data supplier what the code means and enter it in [inputs.<feed>.codes] of audit.toml; if it is an input error, have it corrected.",
    ),
    expected=Texts("已知的状态或代码", "a known status or code"),
    actual=Texts("{unread_text}", "{unread_text}"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "row_key": "sn:Z1",
                "feed": "devices",
                "source_row": 5,
                "rejected_reasons": ",terminal_status=unknown_code,",
                "unread_text": "terminal_status=07",
            },
            {
                "row_key": "sn:Z2",
                "feed": "devices",
                "source_row": 6,
                "rejected_reasons": ",install_date=unknown_date,",
                "unread_text": "install_date=去年",
            },
            {"row_key": "sn:Z3", "feed": "devices", "source_row": 7},
        ),
        flagged=(0,),
    ),
)

DQ_05 = Rule(
    id="DQ-05",
    subject=Subject.ROW,
    category=Category.ATTENTION,
    requires=(),
    cases=(
        Case(
            unreadable(Reason.PRECISION, Reason.SCIENTIFIC),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）第 {source_row} 行的长编号以数值存放，末尾位数已丢失：{unread_text}。",
                "Row {source_row} of the {feed} ({source_file}) stores a long identifier as a number; its last digits are lost: {unread_text}.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.VENDOR,
    title=Texts("长编号被截断", "Long identifier truncated"),
    why=Texts(
        "表格软件的数值只保留 15 位，其后变成 0；按残缺编号匹配会认错设备。",
        "Spreadsheet numbers keep only 15 digits and the rest become 0; matching by the truncated identifier would find the wrong device.",
    ),
    remedy=Texts(
        "请数据提供方把编号列设为文本后从系统重新导出；在表格中改格式无法恢复已丢失的位数。",
        "Have the data supplier set the column to text and export it again from the system; changing the format in the spreadsheet cannot restore lost digits.",
    ),
    expected=Texts("以文本存放的完整编号", "the complete identifier, stored as text"),
    actual=Texts("{unread_text}", "{unread_text}"),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "row_key": "tid:M1/00000011",
                "feed": "devices",
                "source_row": 3,
                "rejected_reasons": ",serial_no=scientific,",
                "unread_text": "serial_no=8.6E+17",
            },
            {
                "row_key": "tid:M1/00000012",
                "feed": "registrations",
                "source_row": 4,
                "rejected_reasons": ",serial_no=precision,reg_status=unknown_code,",
                "unread_text": "serial_no=86012345678901200",
            },
            {
                "row_key": "tid:M1/00000013",
                "feed": "devices",
                "source_row": 5,
                "rejected_reasons": ",serial_no=several,",
                "unread_text": "serial_no=V1/V2",
            },
            {"row_key": "sn:V4", "feed": "devices", "source_row": 6},
        ),
        flagged=(0, 1),
    ),
)

RULES = (DQ_02, DQ_03, DQ_05)
