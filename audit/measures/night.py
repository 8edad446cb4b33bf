"""All measures of a night together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from audit.crosscheck.facts import Facts
from audit.engines import Engine
from audit.measures.completeness import Completeness, completeness_of
from audit.measures.forecast import Forecast, forecast_of
from audit.measures.impact import Impact, impact_of
from audit.measures.merchants import Merchants, merchants_of
from audit.measures.subjects import Findings
from audit.measures.turnover import Priced, priced


@dataclass(frozen=True)
class OfFiles:
    """What the night's files tell whatever was found in them.

    How complete they are, what runs out, and what was paid where.
    """

    completeness: tuple[Completeness, ...]
    forecast: Forecast
    priced: Priced


@dataclass(frozen=True)
class Measures:
    """What the open findings touch, whom, how complete the files are, and what runs out next."""

    impact: Impact
    merchants: Merchants
    completeness: tuple[Completeness, ...]
    forecast: Forecast


def of_files(
    engine: Engine,
    facts: Facts,
    as_of: date,
    *,
    device_profile: Mapping[str, Sequence[str]],
    merchant_profile: Sequence[str],
) -> OfFiles:
    """The measures that need no finding."""
    return OfFiles(
        completeness_of(engine, facts, device_profile, merchant_profile),
        forecast_of(engine, facts, as_of),
        priced(engine, facts),
    )


def measure(
    engine: Engine, facts: Facts, findings: pa.Table, files: OfFiles, weights: Mapping[str, float]
) -> Measures:
    """The measures of a night. `findings` are the open ones, with `subjects.COLUMNS`."""
    known = Findings(findings)
    impact = engine.begun(lambda: impact_of(engine, facts, known, files.priced))
    merchants = merchants_of(engine, facts, known, files.priced, weights)
    return Measures(
        impact(),
        merchants,
        files.completeness,
        files.forecast,
    )
