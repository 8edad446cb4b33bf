"""The forms people fill in and hand back: their columns, and what holds their rows against tampering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit.ledger.schema import DATE_FIELDS, HUMAN_FIELDS
from audit.ledger.seal import is_sealed, seals


@dataclass(frozen=True, eq=False)
class Form:
    """A sheet whose rows come back. A row is named by `key`, and sealed with the version it was told in.

    `fields` are filled in, `dates` among them hold days; `headers` names the key of each header.
    """

    key: str
    fields: tuple[str, ...]
    dates: tuple[str, ...]
    headers: Mapping[str, str]
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


_SEALED = {"row_version": "row_version", "seal": "seal"}
RECTIFICATION = Form(
    "finding_id",
    HUMAN_FIELDS,
    DATE_FIELDS,
    {
        "finding_id": "finding_id",
        **_SEALED,
        "given": "given",
        "status": "handling",
        **{name: name for name in HUMAN_FIELDS if name != "status"},
    },
)
CHECKLIST = Form(
    "item",
    ("done_on", "done_by", "proof"),
    ("done_on",),
    {"item": "item_key", **_SEALED, "done_on": "done_on", "done_by": "done_by", "proof": "proof"},
    "item:",
)
# the lines under a cycle's report; a key names cycle, edition and line
SIGNATURES = Form(
    "line",
    ("signer", "signed_on", "opinion"),
    ("signed_on",),
    {"line": "line_key", **_SEALED, "signer": "signer", "signed_on": "signed_on", "opinion": "opinion"},
    "cycle:",
)
FORMS = (RECTIFICATION, CHECKLIST, SIGNATURES)
FORM_HEADERS: Mapping[str, str] = {name: key for form in FORMS for name, key in form.headers.items()}
