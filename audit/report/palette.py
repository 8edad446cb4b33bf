"""The report's colours, as RRGGBB, shared by workbook, page and mail."""

from __future__ import annotations

INK = "1F2933"
MUTED = "5F6B7A"
HEAD = "1F4E79"
LINE = "D5DBE3"
PALE = "F4F7FA"
WARNING = "9B1C1C"  # ink
# behind a word that says so: worse or late, better or mended, in hand, neither
BAD, GOOD, IN_HAND, PLAIN = "FDE2E1", "DDF1E4", "DDEBF7", "EDEDED"
# the word always stands beside the colour; contrast against it is at least 4.5:1
SEVERITY_FILL = {
    "critical": "C62828",
    "high": "F4B183",
    "medium": "FFE699",
    "low": IN_HAND,
    "info": PLAIN,
}
SEVERITY_INK = {"critical": "FFFFFF", "high": INK, "medium": INK, "low": INK, "info": INK}
VERDICT_FILL = {
    "unregistered": "C62828",
    "mismatch": "E07B39",
    "expired": "D9A300",
    "attention": "F2D16B",
    "not_evaluated": "9AA5B1",
    "compliant": "3E8E5A",
}
