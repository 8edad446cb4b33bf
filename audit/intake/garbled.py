"""Text that was written in one encoding and read in another before it came here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping

from audit.tables import header_forms

REPLACED = ("锟斤拷", "ï¿½")  # what is left of characters that a program gave up on
_CHINESE = re.compile("[\u4e00-\u9fff]")
_LEGIBLE: Mapping[str, Callable[[str], str]] = {
    "UTF-8 → GBK": lambda text: text.encode("gb18030").decode("utf-8", "ignore"),
    "UTF-8 → Latin-1": lambda text: text.encode("latin-1", "ignore").decode("utf-8", "ignore"),
    "UTF-8 → Windows-1252": lambda text: text.encode("cp1252", "ignore").decode("utf-8", "ignore"),
    "GBK → Latin-1": lambda text: text.encode("latin-1", "ignore").decode("gb18030", "ignore"),
    "GBK → Windows-1252": lambda text: text.encode("cp1252", "ignore").decode("gb18030", "ignore"),
}


def garbled_as(labels: Iterable[str | None], known: Iterable[str]) -> str:
    """What happened to a row of labels that would be names of columns in another encoding, or "".

    Characters get lost on that way, so a likeness is enough; nothing is ever repaired with it.
    """
    names = list(known)
    for what, repair in _LEGIBLE.items():
        repaired = {repair(label) for label in labels if label and not label.isascii()}
        legible = [text for text in repaired if _CHINESE.search(text)]
        if sum(bool(difflib.get_close_matches(header_forms(text)[0], names, 1, 0.6)) for text in legible) > 1:
            return what
    return ""
