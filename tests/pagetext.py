"""What a page holds for its script."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode


def unpacked(page: str) -> dict[str, list[str]]:
    """The rows the script gets, by column."""
    [packed] = re.findall(r'id="page-rows">([^<]*)<', page)
    columns = json.loads(zlib.decompress(b64decode(packed)))
    return {
        name: [column["values"][at] for at in column["at"]] if "at" in column else column["values"]
        for name, column in columns.items()
    }
