"""Rules over facts: each passes, flags rows, or was not evaluated, with the reason."""

from __future__ import annotations

from audit.check.evaluation import Outcome, evaluate
from audit.check.horizon import COUNTED_TO, Horizon, horizon_of, looks_beyond
from audit.check.plan import Grounds, Health, NotEvaluated, Plan, able, together, wanted_of
from audit.check.verdict import NOT_APPLICABLE, PASSED, UNKNOWN, beyond_file, verdict_of

__all__ = [
    "COUNTED_TO",
    "NOT_APPLICABLE",
    "PASSED",
    "UNKNOWN",
    "Grounds",
    "Health",
    "Horizon",
    "NotEvaluated",
    "Outcome",
    "Plan",
    "able",
    "beyond_file",
    "evaluate",
    "horizon_of",
    "looks_beyond",
    "together",
    "verdict_of",
    "wanted_of",
]
