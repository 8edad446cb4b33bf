"""Text with nothing in it that nobody can see: what files hold is shown to people and printed."""

from __future__ import annotations

import re

# control characters but tab and line feed, marks that turn or hide text; to RE2 as well
UNSEEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]"
)
_UNSEEN = re.compile(f"{UNSEEN}|[\ud800-\udfff]")  # and halves of characters, which Arrow cannot hold


def plain(text: str) -> str:
    """The text without them; every line ends with a line feed.

    >>> plain("a\\u202e\\x1bb\\r\\nc")
    'ab\\nc'
    """
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
