"""The forms people fill in and hand back: their columns, and what holds their rows against tampering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit.ledger.schema import DATE_FIELDS, HUMAN_FIELDS
from audit.ledger.seal import is_sealed, seals


@dataclass(frozen=True, eq=False)
class Form:
    """A sheet whose rows come back. A row is named by `key`, and sealed with the version it was told in.

    `fields` are filled in, `dates` among them hold days; `headers` names the key of each header. `grey` are
    the columns that are shown and not read, in the order of their marks in `given`; `words_in` is the field
    for what somebody wrote into one of them.
    """

    key: str
    fields: tuple[str, ...]
    dates: tuple[str, ...]
    headers: Mapping[str, str]
    grey: tuple[str, ...]
    words_in: str
    kind: str = ""  # set before the key in a seal, so that no form's rows pass for another's

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns without which a sheet is not this form."""
        return self.key, "row_version", "seal"

    def seals(self, secret: str, rows: Iterable[tuple[str, int]]) -> list[str]:
        """The check values of rows (key, version)."""
        return seals(secret, ((self.kind + key, version) for key, version in rows))

    def is_sealed(self, secret: str, key: str, version: int, seal: str) -> bool:
        """Whether this estate gave the row out, in that version."""
        return is_sealed(secret, self.kind + key, version, seal)


_SEALED = {"row_version": "row_version", "seal": "seal", "given": "given"}
RECTIFICATION = Form(
    "finding_id",
    HUMAN_FIELDS,
    DATE_FIELDS,
    {
        "finding_id": "finding_id",
        **_SEALED,
        "status": "handling",
        **{name: name for name in HUMAN_FIELDS if name != "status"},
    },
    (  # what many rows share stands side by side, for the file is packed
        *("severity", "state", "rule", "title", "remedy", "owner", "category", "cause", "why", "channel"),
        *("expected", "due_on", "first_seen", "days_open", "last_seen", "escalation", "vendor", "agent"),
        *("province", "source_file", "source_sheet", "merchant_no", "merchant_name", "store_no"),
        *("suggestion", "actual", "other_source", "serial_no", "terminal_id", "detail", "source_row"),
    ),
    "remark",
)
CHECKLIST = Form(
    "item_key",
    ("done_on", "done_by", "proof"),
    ("done_on",),
    {name: name for name in ("item_key", *_SEALED, "done_on", "done_by", "proof")},
    (
        *("statement", "item", "cadence", "owner", "how", "figures", "open_findings", "last_done", "said_by"),
        *("evidence", "next_due", "state"),
    ),
    "proof",
    "item:",
)
# the lines under a cycle's report; a key names cycle, edition and line
SIGNATURES = Form(
    "line",
    ("signer", "signed_on", "opinion"),
    ("signed_on",),
    {"line": "line_key", **_SEALED, "signer": "signer", "signed_on": "signed_on", "opinion": "opinion"},
    ("role",),
    "opinion",
    "cycle:",
)
FORMS = (RECTIFICATION, CHECKLIST, SIGNATURES)
FORM_HEADERS: Mapping[str, str] = {
    **{name: name for form in FORMS for name in form.grey},
    **{name: key for form in FORMS for name, key in form.headers.items()},
}
