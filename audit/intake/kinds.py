"""The Arrow type of each kind of canonical column."""

from __future__ import annotations

import pyarrow as pa

from audit.tables import Kind

ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.IDENTIFIER: pa.string(),
    Kind.REFERENCE: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.VERSION: pa.string(),
    Kind.FLAG: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.MOMENT: pa.timestamp("us"),
    Kind.NUMBER: pa.float64(),
}
