"""The measures of the night: from the ledger's findings, and as summary.json tells them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from audit.assessment import Assessment
from audit.check import Plan
from audit.config import Settings
from audit.intake.feeds import Feed
from audit.intake.repeats import decoded
from audit.ledger.history import Behind
from audit.measures.completeness import OF_MERCHANTS
from audit.measures.forecast import HORIZONS
from audit.measures.impact import Touched
from audit.measures.night import Measures, OfFiles, measure, of_files
from audit.measures.subjects import COLUMNS
from audit.measures.upkeep import Figure, Upkeep, kept_up, upkeep_of
from audit.report.coded import CodedFindings
from audit.report.parts import Population


def files_measured(settings: Settings, assessed: Assessment, as_of: date) -> OfFiles:
    """How complete tonight's files are, and what runs out next."""
    profile = settings.audit.profile
    return of_files(
        assessed.engine,
        assessed.facts,
        as_of,
        device_profile=profile.device,
        merchant_profile=profile.merchant,
    )


def measures_of(
    settings: Settings, assessed: Assessment, findings: CodedFindings, files: OfFiles
) -> Measures:
    """The same beside what tonight's open findings touch."""
    standing = findings.table.select(COLUMNS).take(pa.array(findings.open_rows))
    table = pa.table({name: decoded(standing[name]) for name in COLUMNS})
    return measure(assessed.engine, assessed.facts, table, files, settings.report.weights.by_severity)


def upkeep_of_night(
    assessed: Assessment,
    plan: Plan,
    feeds: Mapping[str, Feed],
    population: Population,
    measures: Measures,
    findings: CodedFindings,
    behind: Behind,
) -> Upkeep:
    """The figures behind the self-audit programme: from facts, from outcomes, from the nights behind."""
    states = findings.counted("state", slice(None))
    nights = (*behind.counts, (plan.as_of, {"states": states, "open": len(findings.open_rows)}))
    ages = [file.fresh.age_days(plan.as_of) for feed in feeds.values() for file in feed.files]
    registered = sum(channel.registered for channel in population.channels)
    figures = {"coverage": Figure(registered, sum(channel.total for channel in population.channels))}
    for line in measures.completeness:
        if line.kind == OF_MERCHANTS:
            figures["complete"] = Figure(line.required - sum(line.blanks.values()), line.required)
    return upkeep_of(
        assessed.engine,
        assessed.facts,
        assessed.outcomes,
        assessed.health,
        ages,
        {**figures, **kept_up(nights, behind.first or plan.as_of, plan.as_of)},
        plan.as_of,
        plan.thresholds,
    )


def told(measures: Measures) -> dict[str, Any]:
    """The keys `impact`, `merchants`, `completeness` and `forecast`. What is unknown is null, never 0."""
    impact, merchants, forecast = measures.impact, measures.merchants, measures.forecast
    return {
        "impact": {
            "night": _touched(impact.night),
            "categories": {name: _touched(one) for name, one in impact.categories.items()},
            "rules": {name: _touched(one) for name, one in impact.rules.items()},
        },
        "merchants": {
            "with_findings": merchants.total,
            "listed": len(merchants.listed),
            "weights": dict(merchants.weights),
            "highest_score": max((one.score for one in merchants.listed), default=None),
        },
        "completeness": [
            {
                "of": line.kind or "unknown",
                "rows": line.rows,
                "required": line.required,
                "complete": line.complete,
                "blanks": dict(line.blanks),
            }
            for line in measures.completeness
        ],
        "forecast": {
            "items": forecast.total,
            "listed": len(forecast.items),
            "kinds": {
                one.kind: {
                    "expired": one.expired,
                    "within_days": dict(zip(map(str, HORIZONS), one.within, strict=True)),
                    "undated": one.undated,
                }
                for one in forecast.due
            },
        },
    }


def _touched(touched: Touched) -> dict[str, Any]:
    turnover = touched.turnover
    return {
        "devices": touched.devices,
        "merchants": touched.merchants,
        "amount_cny": turnover.yuan,
        "devices_without_amount": turnover.without_amount,
        "transactions": turnover.paid,
        "fail_rate": turnover.fail_rate,
    }
