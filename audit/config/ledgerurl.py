"""What in the URL of a ledger is secret: the password before its host, and those among its parameters."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

from audit.config.spark import SECRET_NAME

# up to the last "@": a password that was not written as URLs want it may have one of its own; and up to the
# first, as a parameter may have one
_BEFORE_HOST = re.compile(r"://[^:@/?#]*:(?P<password>.*)@", re.DOTALL)
_PARAMETER = re.compile(r"[?&](?P<name>[^=&?]+)=(?P<value>[^&]*)")


def secrets_of_url(url: str) -> tuple[str, ...]:
    """Every secret of it, as it is written there and as it is meant; of no URL none."""
    passwords = [
        text
        for one in _BEFORE_HOST.finditer(url)
        for text in (one["password"], one["password"].partition("@")[0])
    ]
    found = [(text, unquote(text)) for text in passwords]
    found += [
        (one["value"], unquote_plus(one["value"]))
        for one in _PARAMETER.finditer(url)
        if SECRET_NAME.search(one["name"])
    ]
    return tuple(dict.fromkeys(text for forms in found for text in forms if text))
