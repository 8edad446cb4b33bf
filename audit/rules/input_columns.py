"""SRC: the columns of an input, those that are missing and those that nobody should have sent."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts

SRC_04 = Rule(
    id="SRC-04",
    subject=Subject.INPUT,
    category=Category.INPUT,
    requires=(),
    applies=nw.col("delivered"),
    cases=(
        Case(
            ~nw.col("missing_columns").is_null() & ~nw.col("near_headers").is_null(),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）中没有识别出必需的列：{missing_columns}。文件中相近的列：{near_headers}。",
                "Required columns were not recognised in the {feed} ({source_file}): {missing_columns}. Did you mean {near_headers}?",
            ),
        ),
        Case(
            ~nw.col("missing_columns").is_null(),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）中没有识别出必需的列：{missing_columns}。",
                "Required columns were not recognised in the {feed} ({source_file}): {missing_columns}.",
            ),
        ),
        Case(
            ~nw.col("blank_columns").is_null(),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）中必需的列整列为空：{blank_columns}。",
                "Required columns of the {feed} ({source_file}) are blank in every row: {blank_columns}.",
            ),
            actual=Texts("{blank_columns}：整列为空", "{blank_columns}: blank in every row"),
        ),
        Case(
            ~nw.col("gone_columns").is_null(),
            Severity.MEDIUM,
            Texts(
                "{feed}（{source_file}）此前还有、本次没有的列：{gone_columns}。其中的行在依赖这些列的检查中按无法判断处理。",
                "The {feed} ({source_file}) no longer has columns that it had before: {gone_columns}. Checks that need "
                "them cannot judge its rows.",
            ),
            actual=Texts("{gone_columns}：此前有，本次没有", "{gone_columns}: present before, missing now"),
        ),
    ),
    cause="3.1",
    owner=Owner.OPERATOR,
    title=Texts("必需的列缺失或整列为空", "Required column not recognised or blank"),
    why=Texts(
        "依赖该列的检查无法进行，相关设备不会被判为合规。",
        "Checks that depend on the column cannot be made, and the devices concerned are not counted as compliant.",
    ),
    remedy=Texts(
        "若文件中有此列但名称不同，在 audit.toml 的 [inputs.<feed>.columns] 中写明对应关系；若确实没有或没有内容，请数据提供方补充后重新导出。",
        "If the file has the column under another name, map it in [inputs.<feed>.columns] of audit.toml; if it does not, or the column is empty, ask the data "
        "supplier to add it and export again.",
    ),
    expected=Texts("必需的列能识别且有内容", "every required column recognised and filled in"),
    actual=Texts("{missing_columns}：未识别", "{missing_columns}: not recognised"),
    example=Example(
        rows=(
            {"feed": "devices", "delivered": True, "missing_columns": "merchant_no"},
            {"feed": "devices", "delivered": True},
            {"feed": "devices", "delivered": False, "missing_columns": "merchant_no"},
            {"feed": "registrations", "delivered": True, "blank_columns": "reg_status"},
            {
                "feed": "registrations",
                "delivered": True,
                "missing_columns": "reg_status",
                "near_headers": "报备状太",
            },
            {"feed": "devices", "delivered": True, "gone_columns": "firmware"},
        ),
        flagged=(0, 3, 4, 5),
    ),
)

SRC_05 = Rule(
    id="SRC-05",
    subject=Subject.INPUT,
    category=Category.INPUT,
    requires=(),
    applies=nw.col("delivered"),
    cases=(
        Case(
            ~nw.col("sensitive_columns").is_null(),
            Severity.HIGH,
            Texts(
                "{feed}（{source_file}）含有敏感列：{sensitive_columns}。列中内容未读取、未保存。",
                "The {feed} ({source_file}) has sensitive columns: {sensitive_columns}. Their content was neither read nor stored.",
            ),
        ),
    ),
    cause="1.4",
    owner=Owner.VENDOR,
    title=Texts("文件含密钥或卡号列", "Keys or card data in a file"),
    why=Texts(
        "终端密钥、密码与卡号随表格流转，任何经手人都能看到，一旦泄露须按安全事件处置。",
        "Terminal keys, passwords and card numbers in a spreadsheet can be seen by everyone who handles it; any leak must be treated as a security incident.",
    ),
    remedy=Texts(
        "请供应商在导出模板中删除这些列，并清理已发送的文件；密钥曾明文外发的，评估是否更换。",
        "Have the vendor remove these columns from the export template and delete the files already sent; if keys were sent out in clear text, assess whether to "
        "replace them.",
    ),
    expected=Texts("不含敏感列", "no such column"),
    actual=Texts("{sensitive_columns}", "{sensitive_columns}"),
    example=Example(
        rows=(
            {"feed": "devices", "delivered": True, "sensitive_columns": "TMK / 主密钥"},
            {"feed": "devices", "delivered": True},
        ),
        flagged=(0,),
    ),
)

RULES = (SRC_04, SRC_05)
