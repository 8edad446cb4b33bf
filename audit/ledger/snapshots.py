"""The registration states of a night beside the ledger, for the next night to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit.crosscheck.inputs import Remembered
from audit.files import write_private

_KEPT = 3  # nights before tonight, for one may be told anew


def packed(statuses: pa.Table) -> bytes:
    """The states of a night (device_key, channel, reg_status) as `remember_statuses` keeps them."""
    sink = pa.BufferOutputStream()
    pq.write_table(statuses, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def remember_statuses(state: Path, run_id: str, statuses: bytes | None, standing: Sequence[str]) -> None:
    """Keep the states of a night, `packed`.

    Those of the last few nights stay, of the runs that are `standing`, in order; what else lies there is
    older, or of a night that was cut off.
    """
    if statuses is None:
        return
    folder = state / "statuses"
    write_private(folder / f"{run_id}.parquet", statuses)
    kept = {run_id, *standing[-_KEPT:]}
    for file in folder.glob("*.parquet"):
        if file.stem not in kept:
            file.unlink(missing_ok=True)


def recall_statuses(state: Path, run_id: str) -> Remembered:
    """The states of an earlier night."""
    file = state / "statuses" / f"{run_id}.parquet"
    if not run_id or not file.exists():
        return Remembered()
    try:
        return Remembered(pq.read_table(file))
    except (OSError, pa.ArrowInvalid):
        return Remembered(is_lost=True)
