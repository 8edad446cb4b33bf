"""Flagged rows become findings: one Arrow table of one schema, worded in the report's language.

Words are put together by column, after the rows were collected, so that every engine gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.check import COUNTED_TO, Outcome
from audit.identities import finding_ids, hashed, listed
from audit.intake.dates import FOREVER
from audit.intake.repeats import whole
from audit.leads import Flagged, Lead, leads_of
from audit.rules.model import Case, Rule, Severity, Texts
from audit.words import Words

SCHEMA = pa.schema(
    [
        ("finding_id", pa.string()),
        ("rule", pa.string()),
        ("category", pa.string()),
        ("severity", pa.string()),
        ("subject", pa.string()),
        ("identity", pa.string()),  # JSON list of the subject's identity columns
        ("serial_no", pa.string()),
        ("terminal_id", pa.string()),
        ("merchant_no", pa.string()),
        ("merchant_name", pa.string()),
        ("channel", pa.string()),
        ("vendor", pa.string()),
        ("agent", pa.string()),
        ("province", pa.string()),
        ("store_no", pa.string()),
        ("owner", pa.string()),
        ("cause", pa.string()),
        ("title", pa.string()),
        ("detail", pa.string()),
        ("expected", pa.string()),
        ("actual", pa.string()),
        ("suggestion", pa.string()),
        ("remedy", pa.string()),
        ("source_file", pa.string()),
        ("source_sheet", pa.string()),
        ("source_row", pa.int64()),
        ("other_source", pa.string()),
        ("led_by", pa.string()),  # the finding this one follows from, null for one that leads
        ("held", pa.bool_()),  # suspected to be the channel's doing: nothing is demanded yet
        ("evidence", pa.string()),  # hash of rule, case and the facts shown as expected and actual
    ]
)
_FROM_FACTS = (
    "serial_no",
    "terminal_id",
    "merchant_no",
    "merchant_name",
    "channel",
    "vendor",
    "agent",
    "province",
    "store_no",
    "source_file",
    "source_sheet",
    "source_row",
)
_PIECE = re.compile(r"\{(\w+)(?::(\w+))?\}")
# fact columns whose words have labels, and the group of labels
_LABELLED = {
    "channel": "channel_phrase",
    "terminal_status": "terminal_status",
    "merchant_status": "merchant_status",
    "reg_status": "reg_status",
    "registered_elsewhere": "channel",
    "near_kind": "near_kind",
    "feed": "feed",
    "error": "unusable",
    "owner_key": "owner",
    "cadence": "cadence",
    "policy_field": "column",
    "found_value": "flag",  # or any other text
    "known_error_cause": "cause",
}
# fact columns that list canonical columns, "uscc,legal_name" or ",uscc,legal_name,"
_COLUMN_LISTS = (
    "missing_columns",
    "blank_columns",
    "gone_columns",
    "missing_fields",
    "format_faults",
    "swapped_fields",
)
_BLANK = "—"


def findings_of(outcomes: Iterable[Outcome], words: Words, as_of: date) -> pa.Table:
    """All findings of the night, sorted by rule and id; one per id: of a subject listed twice the gravest.

    A finding that follows from another points to it, and says so where it has no suggestion of its own.
    """
    flagged = {one.rule.id: (one.rule, one.flagged) for one in outcomes if one.flagged}
    parts = {name: _of_rule(rule, rows, words, as_of) for name, (rule, rows) in sorted(flagged.items())}
    leads = leads_of(Flagged(rule, rows, parts[name]["finding_id"]) for name, (rule, rows) in flagged.items())
    # an id tells its rule: what shares one, and what comes first, is known part by part
    told = [_led(_in_order(part), leads, words) for part in parts.values()]
    return pa.concat_tables([SCHEMA.empty_table(), *told])


def _in_order(findings: pa.Table) -> pa.Table:
    """By id; of those that share one the gravest, in whatever order a list has its rows."""
    order = pc.sort_indices(findings["finding_id"])
    ids = whole(findings["finding_id"]).take(order)
    is_first = np.ones(len(ids), bool)
    is_first[1:] = pc.not_equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)
    if is_first.all():
        return findings.take(order)
    rank = pc.index_in(findings["severity"], value_set=pa.array([word.value for word in Severity]))
    told = {"id": findings["finding_id"], "rank": rank, "evidence": findings["evidence"]}
    order = pc.sort_indices(pa.table(told), [(name, "ascending") for name in told])
    return findings.take(order.filter(pa.array(is_first)))


def _led(findings: pa.Table, leads: Mapping[str, Lead], words: Words) -> pa.Table:
    found = pc.index_in(findings["finding_id"], value_set=pa.array(list(leads), pa.string()))
    if found.null_count == len(found):
        return findings
    told = [(one.finding_id, one.holds, words("report.follows", rule=one.rule)) for one in leads.values()]
    led_by, holds, pointers = (pa.array(column).take(whole(found)) for column in zip(*told, strict=True))
    for name, values in (
        ("led_by", led_by),
        ("held", pc.fill_null(holds, False)),
        ("suggestion", pc.coalesce(whole(findings["suggestion"]), pointers)),
    ):
        findings = findings.set_column(findings.column_names.index(name), SCHEMA.field(name), values)
    return findings


def _of_rule(rule: Rule, rows: pa.Table, words: Words, as_of: date) -> pa.Table:
    count = rows.num_rows
    language = words.language
    identity = [rows[name].combine_chunks() for name in rule.subject.identity]

    def constant(text: str) -> pa.Array:
        return pa.repeat(pa.scalar(text, pa.string()), count)

    def fact(name: str) -> pa.Array:
        if name in rows.column_names:
            return rows[name].combine_chunks()
        return pa.nulls(count, SCHEMA.field(name).type)

    columns = {
        "finding_id": finding_ids(rule.id, rule.subject, identity),
        "rule": constant(rule.id),
        "category": constant(rule.category),
        "severity": _by_case(rule, rows, [str(case.severity) for case in rule.cases]),
        "subject": constant(rule.subject.kind),
        "identity": listed(identity),
        **{name: fact(name) for name in _FROM_FACTS},
        "owner": constant(rule.owner),
        "cause": constant(f"{rule.cause} {words.label('cause', rule.cause)}"),
        "title": constant(rule.title[language]),
        "detail": _per_case(rule, rows, lambda case, own: sentences(case.says, own, words, as_of)),
        "expected": worded(rule.expected, rows, words, as_of),
        "actual": _per_case(rule, rows, lambda case, own: worded(rule.actual_of(case), own, words, as_of)),
        "suggestion": worded(rule.suggestion, rows, words, as_of)
        if rule.suggestion.zh
        else pa.nulls(count, pa.string()),
        "remedy": constant(rule.remedy[language]),
        "other_source": _other_source(rule, rows),
        "led_by": pa.nulls(count, pa.string()),
        "held": pa.array([False] * count, pa.bool_()),
        "evidence": _per_case(rule, rows, partial(_evidence, rule)),
    }
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


def _evidence(rule: Rule, held: Case, rows: pa.Table) -> pa.Array:
    """16 hex digits over what findings of a case rest on; other words or another night change nothing."""
    named = dict.fromkeys((*rule.expected.fields, *rule.actual_of(held).fields))
    facts = [rows[name].combine_chunks().cast(pa.string()) for name in named if name in rows.column_names]
    case = rows["case"].combine_chunks().cast(pa.string())
    texts = pc.binary_join_element_wise(
        rule.id, case, *facts, "\x1f", null_handling="replace", null_replacement="\x1e"
    ).dictionary_encode()  # many rest on the same
    return hashed(texts.dictionary).take(texts.indices)


def _by_case(rule: Rule, rows: pa.Table, texts: list[str]) -> pa.Array:
    assert len(texts) == len(rule.cases)
    return pa.array(texts, pa.string()).take(pc.subtract(rows["case"].combine_chunks(), 1))


def _per_case(rule: Rule, rows: pa.Table, told: Callable[[Case, pa.Table], pa.Array]) -> pa.Array:
    """What is told of the rows of each case, row by row."""
    result = pa.nulls(rows.num_rows, pa.string())
    for number, case in enumerate(rule.cases, start=1):
        holds = pc.equal(rows["case"].combine_chunks(), number)
        if pc.all(holds).as_py():
            return told(case, rows)
        if pc.any(holds).as_py():
            result = pc.replace_with_mask(result, holds, told(case, rows.filter(holds)))
    return result


def sentences(says: Texts, rows: pa.Table, words: Words, as_of: date) -> pa.Array:
    """What a case says of its rows; of those of an older file also to which day it was counted.

    A device without a serial is named by what it is known by: its TUSN, or merchant and terminal number.
    """
    told = worded(says, _named(rows) if "serial_no" in says.fields else rows, words, as_of)
    if COUNTED_TO not in rows.column_names:
        return told
    days = _each_once(_counted_to(rows, as_of), lambda day: words("report.counted_to", day=day))
    older = pc.less(_counted_to(rows, as_of), pa.scalar(as_of))
    return pc.binary_join_element_wise(told, pc.if_else(older, days, ""), "")


def _named(rows: pa.Table) -> pa.Table:
    serials = rows["serial_no"]
    if not serials.null_count or "device_key" not in rows.column_names:
        return rows
    keys = pc.replace_substring_regex(rows["device_key"], "^[a-z]+:", "")
    return rows.set_column(rows.column_names.index("serial_no"), "serial_no", pc.coalesce(serials, keys))


def _counted_to(rows: pa.Table, as_of: date) -> pa.Array:
    if COUNTED_TO in rows.column_names:
        return rows[COUNTED_TO].combine_chunks()
    return pa.array([as_of] * rows.num_rows, pa.date32())


def worded(text: Texts, rows: pa.Table, words: Words, as_of: date) -> pa.Array:
    """A template filled for every row, column by column."""
    template = text[words.language]
    pieces: list[pa.Array | pa.Scalar] = []
    end = 0
    for found in _PIECE.finditer(template):
        pieces += [pa.scalar(template[end : found.start()]), _shown(rows, found[1], found[2], words, as_of)]
        end = found.end()
    pieces.append(pa.scalar(template[end:]))
    if len(pieces) == 1:
        return pa.array([template] * rows.num_rows, pa.string())
    return pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement=_BLANK)


def _shown(rows: pa.Table, name: str, spec: str | None, words: Words, as_of: date) -> pa.Array:
    """A fact column as it stands in a sentence."""
    column = rows[name].combine_chunks()
    if spec == "days":
        days = pc.subtract(_counted_to(rows, as_of), column.cast(pa.date32()))
        return pc.divide(days.cast(pa.int64()), 86_400).cast(pa.string())
    if spec != "raw" and name in _LABELLED:
        shown = _each_once(column, lambda word: words.label(_LABELLED[name], word))
        # what a blank says: any channel will do, or the list has no such registration
        absent = {"channel": "", "reg_status": words("reg_status.missing")}
        return pc.fill_null(shown, absent[name]) if name in absent else shown
    if name in _COLUMN_LISTS:
        return _each_once(
            column, lambda text: words.show([words.column(one) for one in text.strip(",").split(",")])
        )
    if name == "unread_text":
        return _each_once(column, lambda text: text and _named_cells(text, words))
    return as_text(column, words)


def _each_once(column: pa.Array, show: Callable[[Any], str]) -> pa.Array:
    """A column of values as they are shown, each different one worked out once; blanks stay."""
    encoded = column.dictionary_encode()
    return pa.array(map(show, encoded.dictionary.to_pylist()), pa.string()).take(encoded.indices)


def _named_cells(text: str, words: Words) -> str:
    """The cells of "serial_no=8.6E+17\x1finstall_date=去年", their columns in the reader's words."""
    cells = (cell.partition("=") for cell in text.split("\x1f") if cell)
    return words.show([f"{words.column(column)}={value}" for column, _, value in cells])


def as_text(column: pa.Array, words: Words) -> pa.Array:
    """Values as people read them: ISO dates, no time where it is midnight, whole numbers without a point."""
    if pa.types.is_date(column.type):
        shown = column.cast(pa.string())
        return pc.if_else(pc.equal(column, pa.scalar(FOREVER)), words("forever"), shown)
    if pa.types.is_timestamp(column.type):
        shown = pc.strftime(column, "%Y-%m-%d %H:%M:%S")
        return pc.replace_substring_regex(pc.utf8_slice_codeunits(shown, 0, 19), r" 00:00:00$", "")
    if pa.types.is_floating(column.type):
        return pc.replace_substring_regex(pc.round(column, 1).cast(pa.string()), r"\.0$", "")
    return column.cast(pa.string())


def _other_source(rule: Rule, rows: pa.Table) -> pa.Array:
    if not rule.other:
        return pa.nulls(rows.num_rows, pa.string())
    file, sheet, row = (
        rows[f"{rule.other}_source_{part}"].combine_chunks() for part in ("file", "sheet", "row")
    )
    named_sheet = pc.if_else(pc.equal(sheet, ""), "", pc.binary_join_element_wise(" [", sheet, "]", ""))
    return pc.binary_join_element_wise(
        file, pc.fill_null(named_sheet, ""), pc.binary_join_element_wise(":", row.cast(pa.string()), ""), ""
    )
