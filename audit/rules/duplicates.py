"""DUP: the same thing listed twice."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts

DUP_01 = Rule(
    id="DUP-01",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.serial_no",),
    applies=nw.col("in_scope"),
    cases=(
        Case(
            nw.col("serial_rows") > 1,
            Severity.HIGH,
            Texts(
                "序列号 {serial_no} 在台账中出现 {serial_rows} 次，且内容不同。",
                "Serial {serial_no} stands {serial_rows} times in the ledger, with different content.",
            ),
        ),
        Case(
            nw.col("copies") > 1,
            Severity.LOW,
            Texts(
                "序列号 {serial_no} 在台账中有 {copies} 行完全相同。",
                "Serial {serial_no} stands in {copies} identical rows of the ledger.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.VENDOR,
    title=Texts("序列号重复", "Duplicate serial number"),
    why=Texts(
        "同一序列号多行记录，无法判断哪一行是真的，统计也会偏多。",
        "With several rows for one serial nobody knows which is true, and every count is too high.",
    ),
    remedy=Texts(
        "请供应商核对实物序列号，保留正确的一行，更正或删除其余。",
        "Have the vendor read the serials off the devices, keep the right row and correct or remove the others.",
    ),
    expected=Texts("1 行", "1 row"),
    actual=Texts("{serial_rows} 行", "{serial_rows} rows"),
    other="twin",
    example=Example(
        rows=(
            {"serial_no": "P1", "in_scope": True, "serial_rows": 2, "copies": 1},
            {"serial_no": "P2", "in_scope": True, "copies": 1},
            {"serial_no": "P3", "in_scope": True, "copies": 3},
            {"serial_no": "P4", "in_scope": False, "serial_rows": 2, "copies": 1},
        ),
        flagged=(0, 2),
    ),
)

RULES = (DUP_01,)
