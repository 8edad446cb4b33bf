"""Findings as a frame of Python's own values, to look at and to change, and back again."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from audit.intake.repeats import decoded
from audit.report.coded import CodedFindings


def frame_of(findings: CodedFindings | pa.Table) -> pd.DataFrame:
    table = findings.table if isinstance(findings, CodedFindings) else findings
    values = {name: table[name].to_pylist() for name in table.column_names}
    return pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in values.items()})


def standing_in(findings: CodedFindings) -> pd.DataFrame:
    """Those that are not closed."""
    frame = frame_of(findings)
    return frame[~frame["state"].isin(["fixed", "gone"])]


def findings_like(findings: CodedFindings, frame: pd.DataFrame) -> CodedFindings:
    """The rows of the frame, of the types that these findings have."""
    kinds = {name: decoded(findings.table[name].slice(0, 0)).type for name in frame}
    made = {name: pa.array(frame[name], kind, from_pandas=True) for name, kind in kinds.items()}
    return CodedFindings(pa.table(made))
