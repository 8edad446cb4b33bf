"""Each owner's report: the night as it is for one party, with nothing of any other in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import pandas as pd
import pyarrow as pa

from audit.assessment import Assessment, told_once
from audit.check import Plan
from audit.config import Settings
from audit.crosscheck.schema import Subject
from audit.intake.feeds import Feed
from audit.intake.repeats import decoded
from audit.ledger.columns import objects
from audit.ledger.lives import CLOSED
from audit.ledger.past import Past
from audit.ledger.telling import HANDLING_COLUMNS
from audit.measures.night import Measures
from audit.measures.upkeep import Upkeep
from audit.report.build import rule_alarms, rule_line
from audit.report.coded import CodedFindings
from audit.report.measured import files_measured, measures_of
from audit.report.model import Report
from audit.report.parts import OwnerLine, Routing
from audit.report.population import population_of
from audit.report.summary import news
from audit.routing.owners import Owner, Scope, scopes_of
from audit.routing.share import Share, share_of, values_present
from audit.routing.withheld import (
    Known,
    Names,
    all_names,
    censor,
    identifiers_in,
    is_surely_own,
    known_of,
    own_values,
    quoting_rules,
)
from audit.sight import Sight
from audit.words import Words

# a finding's words that may name others; what people wrote is left out whole where it does, for a text with
# something replaced in it would come back as theirs
_SPOKEN = ("detail", "expected", "actual", "suggestion", "source_file", "source_sheet", "other_source")
_WRITTEN = tuple(name for name in HANDLING_COLUMNS if name in ("person", "remark", "approver"))
_PARTIES = ("devices", "merchants", "registrations")  # the tables that know who is who
_NAMING = ("serial_no", "merchant_no", "merchant_name", "vendor", "agent", "store_no")


@dataclass(frozen=True)
class _Own:
    """An owner's part while reports are made: its rows of the findings, its facts, what it may be told."""

    share: Share
    findings: pd.DataFrame
    values: frozenset[str]


def owner_reports(
    settings: Settings,
    words: Words,
    house: Report,
    assessed: Assessment,
    plan: Plan,
    devices: Feed,
    owners: Sequence[Owner],
) -> tuple[Routing, dict[str, Report]]:
    """Who is given what, and the reports by the name of the workbook's file.

    An owner of whom tonight's tables have nothing is given no workbook, and is told of. Findings that are
    closed or excused go to their owners too; those that stand and are nobody's are counted.
    """
    present = values_present(assessed, owners)
    for column, texts in present.items():
        texts |= {text for text in house.findings[column].values.to_pylist() if text}
    scopes = scopes_of(owners, present)
    findings = _frame(house.findings.table)
    masks = [_mask(findings, scope) for scope in scopes]
    made = [
        None if scope.is_void else _own(assessed, plan, findings[mask], scope)
        for scope, mask in zip(scopes, masks, strict=True)
    ]
    known = known_of(assessed, {name for own in made if own for name in _unknown_in(own)})
    names = all_names(assessed)
    files = {PurePath(file.name).name for file in devices.files}
    reports = {
        own.share.scope.owner.file: _report(
            settings, words, house, own, _columns(_censored(own, known, names, files, words), house)
        )
        for own in made
        if own
    }
    standing = ~house.findings["state"].holds(*CLOSED)
    claimed = sum((mask.astype(int) for mask in masks), pd.Series(0, index=findings.index))[standing]
    lines = tuple(_line(scope, reports.get(scope.owner.file)) for scope in scopes)
    return Routing(lines, int((claimed == 0).sum()), int((claimed > 1).sum())), reports


def _frame(table: pa.Table) -> pd.DataFrame:
    """The findings with columns of objects, for a text column of pandas would turn None into NaN."""
    return pd.DataFrame({name: objects(decoded(table[name])) for name in table.column_names}, dtype=object)


def _columns(findings: pd.DataFrame, house: Report) -> CodedFindings:
    """An owner's findings by column, of the types that the house's have."""
    kinds = {name: decoded(house.findings.table[name].slice(0, 0)).type for name in findings}
    made = {name: pa.array(findings[name].to_numpy(), kind, from_pandas=True) for name, kind in kinds.items()}
    return CodedFindings(pa.table(made))


def _mask(findings: pd.DataFrame, scope: Scope) -> pd.Series[bool]:
    mask = pd.Series(True, index=findings.index)
    for column, texts in scope.values:
        mask &= findings[column].isin(texts)
    return mask


def _own(assessed: Assessment, plan: Plan, findings: pd.DataFrame, scope: Scope) -> _Own:
    share = share_of(assessed, plan, scope)
    named = {text for column in _NAMING for text in findings[column].unique() if text}
    return _Own(share, findings.reset_index(drop=True), frozenset(own_values(share) | named))


def _texts(own: _Own) -> set[str]:
    return {
        text for column in (*_SPOKEN, *_WRITTEN) for text in own.findings[column].dropna().unique() if text
    }


def _unknown_in(own: _Own) -> set[str]:
    """What its texts may identify and its own rows do not have."""
    return identifiers_in(_texts(own)) - own.values


def _censored(own: _Own, known: Known, names: Names, device_files: set[str], words: Words) -> pd.DataFrame:
    """The findings with what is another party's replaced in their words."""
    clean = censor(own.values, known, names, words("report.withheld"))
    told = own.findings
    replaced: dict[str, pd.Series[str]] = {name: _mapped(told[name], clean) for name in _SPOKEN}
    # a row of another vendor's file is that vendor's
    others = device_files - set(told["source_file"].dropna())
    replaced["other_source"] = _mapped(
        replaced["other_source"], lambda text: "" if any(text.startswith(file) for file in others) else text
    )
    for name in _WRITTEN:
        replaced[name] = _mapped(told[name], lambda text: text if clean(text) == text else "")
    return _kept_back(own, told.assign(**replaced), words)


def _kept_back(own: _Own, told: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The findings without words of earlier nights that may name somebody whom tonight's tables do not have.

    On a night that lacks a table's rows, what people wrote and what rules quote is kept back as well.
    """
    health = own.share.assessed.health
    complete = all(health[feed].complete for feed in _PARTIES if feed in health)
    quotes = told["rule"].isin(quoting_rules())
    earlier = told["sight"] != Sight.FLAGGED
    told = told.copy()
    if not complete:
        told["remark"] = None
    for name in _SPOKEN:
        sure = told[name].map(lambda text: not text or is_surely_own(str(text), own.values))
        if name == "other_source":  # a file under whatever name
            sure &= False
        back = (earlier & (quotes | ~sure)) | (quotes & (not complete))
        told.loc[back, name] = (
            told.loc[back, "title"] + words("report.words_kept_back") if name == "detail" else None
        )
    return told


def _mapped(column: pd.Series[str], change: Callable[[str], str]) -> pd.Series[str]:
    """A column of texts, each different one changed once; blanks stay."""
    changed = {text: change(text) or None for text in column.dropna().unique()}
    return column.map(lambda text: changed.get(text))


def _report(settings: Settings, words: Words, house: Report, own: _Own, findings: CodedFindings) -> Report:
    """Every field by name: what a report learns to tell later is no owner's until somebody says so here."""
    scope, assessed = own.share.scope, own.share.assessed
    told = told_once(assessed)
    rules = tuple(rule_line(outcome, words, _thresholds(house)) for outcome in assessed.outcomes)
    alarms = list(rule_alarms(rules, words))
    if house.alarms:
        alarms.append(words("alarm.owner_inputs"))
    files = files_measured(settings, assessed, house.as_of)
    measures = measures_of(settings, assessed, findings, files)
    ids = set(findings["finding_id"].values.to_pylist())
    return Report(
        name=" · ".join(filter(None, (house.name, scope.owner.name))),
        language=house.language,
        as_of=house.as_of,
        previous=house.previous,
        run_id=house.run_id,
        version=house.version,
        config_digest=house.config_digest,
        unmasked=house.unmasked,
        engine=house.engine,
        exit_code=house.exit_code,
        reason=alarms[0] if alarms else "",
        population=population_of(told, _thresholds(house), house.as_of),
        measures=_own_measures(measures, own.share),
        findings=findings,
        rules=rules,
        inputs=(),
        rejected_cells=(),
        checklist=(),
        upkeep=Upkeep({}, ()),
        alarms=tuple(alarms),
        feedback=(),
        conflicts=tuple(replace(one, detail="") for one in house.conflicts if one.finding_id in ids),
        longest_waiver=house.longest_waiver,
        past=Past(
            rules_moved=house.past.rules_moved & {line.rule.id for line in rules},
            severity_before={k: v for k, v in house.past.severity_before.items() if k in ids},
            other_scope=house.past.other_scope,
        ),
        owner=scope.owner.name,
        routing=None,
    )


def _thresholds(house: Report) -> Mapping[str, Mapping[str, float]]:
    return {line.rule.id: line.thresholds for line in house.rules}


def _own_measures(measures: Measures, share: Share) -> Measures:
    """Without kinds of dates that nothing of the owner's can have, and without the files of others.

    A vendor is told of its devices at a merchant, not of what the merchant's file lacks: the merchant list
    does not say that the merchant is the vendor's.
    """
    due = tuple(one for one in measures.forecast.due if one.expired or one.undated or any(one.within))
    measures = replace(measures, forecast=replace(measures.forecast, due=due))
    merchants = share.assessed.facts.frames.get(Subject.MERCHANT)
    claimed = {column for column, _ in share.scope.values}
    if merchants is None or claimed <= set(merchants.collect_schema().names()):
        return measures
    listed = tuple(replace(one, required=0, missing=()) for one in measures.merchants.listed)
    return replace(measures, merchants=replace(measures.merchants, listed=listed))


def _line(scope: Scope, report: Report | None) -> OwnerLine:
    return OwnerLine(
        name=scope.owner.name,
        file=scope.owner.file if report else "",
        open=len(report.open_rows) if report else 0,
        new=news(report) if report else 0,
        overdue=report.overdue if report else 0,
        devices=report.population.devices if report else 0,
        unmet=scope.unmet,
    )
