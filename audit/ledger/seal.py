"""The check value of a row of the rectification ledger: whose estate it is of, and in which version."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import pyarrow as pa


def seals(secret: str, rows: Iterable[tuple[str, int]]) -> list[str]:
    """HMAC-SHA-256 of (finding id, row version) under the estate's key, 16 hex digits each."""
    keyed = hmac.new(bytes.fromhex(secret), digestmod="sha256")  # a copy costs less than another
    found = []
    for identifier, version in rows:
        one = keyed.copy()
        one.update(f"{identifier}/{version}".encode())
        found.append(one.digest()[:8].hex())
    return found


def with_seals(findings: pa.Table, secret: str) -> pa.Table:
    """The findings with a column `seal`, which their rows in the workbook carry."""
    rows = zip(findings["finding_id"].to_pylist(), findings["row_version"].to_pylist(), strict=True)
    return findings.append_column("seal", pa.array(seals(secret, rows), pa.string()))


def is_sealed(secret: str, finding_id: str, row_version: int, seal: str) -> bool:
    """Whether a row that came back is one that this estate gave out, in that version."""
    return hmac.compare_digest(seals(secret, [(finding_id, row_version)])[0], seal)
