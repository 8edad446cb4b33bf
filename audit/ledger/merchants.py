"""What merchants are called, as the findings of the nights have it."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from audit.ledger.database import Database
from audit.ledger.wording import every_word


def merchant_names(database: Database, numbers: Iterable[str]) -> dict[str, str]:
    """The name of each merchant that a finding names, by number."""
    with database.transaction() as connection:
        told = every_word(connection, ("merchant_no", "merchant_name"))
    is_asked = pc.is_in(told["merchant_no"], value_set=pa.array(set(numbers), pa.string()))
    named = pc.fill_null(pc.not_equal(told["merchant_name"], ""), False)
    found = (
        told.filter(pc.and_(is_asked, named)).group_by("merchant_no").aggregate([("merchant_name", "min")])
    )
    return dict(zip(found["merchant_no"].to_pylist(), found["merchant_name_min"].to_pylist(), strict=True))
