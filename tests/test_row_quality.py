"""What cannot be read is somebody's to mend, and is named; how long a terminal may go without inspection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from facts import example_facts

from audit.check import Grounds, Health, Outcome, Plan, evaluate
from audit.crosscheck.schema import Subject
from audit.engines import Engine
from audit.findings import findings_of
from audit.intake.reading import Reason
from audit.rules import RULES
from audit.rules.model import Rule
from audit.tables import TABLES
from audit.words import load_words

AS_OF = date(2026, 11, 21)
HEALTHY = {name: Health(True, True) for name in TABLES}


def judged(rule: Rule, engine: Engine, *rows: Mapping[str, Any]) -> Outcome:
    asked = {name: None for row in rule.example.rows for name in row}
    shown = replace(rule, example=replace(rule.example, rows=tuple({**asked, **row} for row in rows)))
    [outcome] = evaluate(example_facts(shown, engine), Plan((shown,), {}, AS_OF), Grounds(HEALTHY))
    assert outcome.not_evaluated is None
    return outcome


@pytest.mark.parametrize("reason", Reason)
def test_every_unreadable_cell_is_found_by_one_rule(reason: Reason, swift_engine: Engine):
    row = {"row_key": "sn:A1", "feed": "devices", "rejected_reasons": f",model=several_words,mcc={reason},"}
    rules = [rule for rule in RULES.values() if rule.subject is Subject.ROW]
    assert [judged(rule, swift_engine, row).count for rule in rules].count(1) == 1


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("zh", "终端序列号=8.6E+17、安装日期=a=b"),
        ("en", "serial number=8.6E+17, installation date=a=b"),
    ],
)
def test_cells_are_named_as_their_reader_knows_them(language: str, wanted: str, swift_engine: Engine):
    row = {
        "row_key": "tid:M1/1",
        "feed": "devices",
        "rejected_reasons": ",serial_no=scientific,install_date=unknown_date,",
        "unread_text": "\x1fserial_no=8.6E+17\x1finstall_date=a=b",
    }
    findings = findings_of([judged(RULES["DQ-05"], swift_engine, row)], load_words(language), AS_OF)
    assert findings["actual"].to_pylist() == [wanted]


@pytest.mark.parametrize(
    ("name", "place", "column", "other"),
    [
        ("ELE-01", 2, "last_registered_merchant", "M4"),
        ("DEV-04", 5, "app_version", "1.1"),
        ("DEV-06", 3, "model_cert_expiry", "2026-02-01"),
        ("DUP-01", 2, "copies", 4),
        ("AUD-03", 0, "last_inspected_on", "2026-10-12"),
        ("DQ-02", 2, "unread_text", "\x1fmerchant_name=#N/A"),
    ],
)
def test_what_a_finding_rests_on_is_shown_and_is_its_evidence(
    name: str, place: int, column: str, other: object, swift_engine: Engine
):
    rule = RULES[name]
    [key, *_] = rule.subject.identity
    row = {**rule.example.rows[place], key: "sn:A"}
    told = findings_of(
        [judged(rule, swift_engine, row, {**row, key: "sn:B", column: other})], load_words("zh"), AS_OF
    )
    assert len(set(told["actual"].to_pylist())) == 2
    assert len(set(told["evidence"].to_pylist())) == 2, (
        "who called one of them a false positive meant that one"
    )


CYCLES = {  # days by risk level
    **dict.fromkeys(("高", "高风险", "High risk", "3", "三级"), 90),
    **dict.fromkeys(("中", "medium", "2", "二级"), 180),
    **dict.fromkeys(("低", "LOW", "1", "一级", None), 365),
}


def test_the_inspection_cycle_follows_the_risk_level(swift_engine: Engine):
    def cases(column: str, *ages: Callable[[int], int]) -> dict[str | None, list[int | None]]:
        rows = [
            {
                "serial_no": f"{level}-{place}",
                "in_use": True,
                "merchant_risk_level": level,
                column: str(AS_OF - timedelta(age(days))),
            }
            for level, days in CYCLES.items()
            for place, age in enumerate(ages)
        ]
        flagged = judged(RULES["AUD-01"], swift_engine, *rows).flagged
        assert flagged is not None
        found = dict(zip(flagged["row_id"].to_pylist(), flagged["case"].to_pylist(), strict=True))
        told = iter(range(len(rows)))
        return {level: [found.get(next(told)) for _ in ages] for level in CYCLES}

    inspected = cases(
        "last_inspected_on",
        lambda days: days,
        lambda days: days + 1,
        lambda days: 2 * days,
        lambda days: 2 * days + 1,
    )
    assert inspected == {level: [None, 2, 2, 1] for level in CYCLES}
    installed = cases("install_date", lambda days: days, lambda days: days + 1, lambda days: 5 * days)
    assert installed == {level: [None, 3, 3] for level in CYCLES}
