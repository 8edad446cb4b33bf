"""The article the product follows, statement by statement: which rules and which sheets answer each.

Statements are numbered part.place: 1 causes, 2 analysis, 3 remedies of the first half; 4 causes, 5 impacts,
6 remedies, 7 prevention of the second. Their names are the labels `[cause]`. What the advertisement between
5.2 and 5.3 says is no statement. The self-audit items of `templates/programme.toml` name their statement
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """One statement: the rules that look for it, and the sheets of the workbook that speak of it.

    `sheets` are keys of `[sheet]`; findings stand in theirs, self-audit items in the checklist. A statement
    with neither cannot be measured from lists of devices and merchants, and is said to be so.
    """

    number: str
    rules: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()


STATEMENTS: dict[str, Statement] = {
    one.number: one
    for one in (
        Statement(
            "1.1",
            (
                "REG-02",
                "REG-06",
                "ELE-01",
                "ELE-02",
                "ELE-03",
                "ELE-05",
                "ELE-06",
                "ELE-07",
                "ELE-10",
                "ELE-11",
                "AUD-07",
            ),
        ),
        Statement("1.2", ("SRC-03", "SYS-01")),
        Statement("1.3", ("REG-01", "REG-05", "REG-09")),
        Statement("1.4", ("TYP-01", "TYP-03", "DEV-06", "DEV-07", "DOR-01", "DOR-02", "POL-02", "SRC-05")),
        Statement("2.1", ("REG-01", "REG-08", "SRC-01")),
        Statement("2.2", ("HB-01", "SYS-02")),
        Statement("2.3", ("LIF-01", "LIF-02", "LIF-03", "LIF-04")),
        Statement("2.4", ("POL-02",)),
        Statement("3.1", ("SRC-01", "SRC-02", "SRC-04", "SRC-06"), ("quality",)),
        Statement("3.2", ("DEV-03", "DEV-05", "DEV-08", "HB-01", "AUD-01")),
        Statement("3.3", ("MER-06",)),
        Statement("3.4", ("AUD-02", "AUD-03")),
        Statement(
            "4.1",
            ("ELE-04", "ELE-08", "LIF-05", "MER-01", "MER-04", "MER-05", "MER-07", "MER-09"),
        ),
        Statement("4.2", ("REG-03", "REG-07")),
        Statement(
            "4.3",
            (
                "REG-04",
                "REG-10",
                "ELE-09",
                "TYP-02",
                "MER-02",
                "MER-03",
                "MER-08",
                "DUP-01",
                "DUP-02",
                "DQ-01",
                "DQ-02",
                "DQ-03",
                "DQ-04",
                "DQ-05",
                "DQ-06",
            ),
            ("quality",),
        ),
        Statement("4.4", ("REG-03", "REG-04", "HB-02")),
        Statement("4.5", ("POL-01",)),
        Statement("5.1", (), ("overview", "merchants")),
        Statement("5.2", (), ("merchants",)),
        Statement("5.3", (), ("rules",)),
        Statement("5.4", ("TXN-01",), ("overview",)),
        Statement("5.5"),
        Statement("6.1", ("MER-01", "MER-02", "MER-04", "LIF-05"), ("merchants",)),
        Statement("6.2", ("DEV-01", "DEV-02", "DEV-03", "DEV-04", "DEV-09"), ("forecast",)),
        Statement("6.3", ("AUD-04",)),
        Statement("6.4", ("HB-01", "HB-02")),
        Statement("6.5", ("POL-03",), ("forecast",)),
        Statement("7.1", ("TYP-03",), ("merchants",)),
        Statement("7.2", ("AUD-02", "AUD-03", "AUD-05", "AUD-06")),
        Statement("7.3", ("AUD-04",)),
        Statement("7.4", ("REG-05",)),
        Statement("7.5", ("RES-01", "RES-02")),
    )
}
