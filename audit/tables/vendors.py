"""Makers of terminals under the names they go by: one list says 百富, another PAX, a third 杭州百富电子技术有限公司.

The names are the makers' own. Others are known by their text alone.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from audit.tables.model import normalise_label

_BRANDS = {
    "百富": "pax",
    "新大陆": "newland",
    "联迪": "landi",
    "惠尔丰": "verifone",
    "商米": "sunmi",
    "新国都": "nexgo|xgd",
    "升腾": "centerm",
    "华智融": "newpos",
    "魔方": "morefun",
    "优博讯": "urovo",
    "虹堡": "castles",
    "银捷尼科": "ingenico",
}
_NAMES = {brand: re.compile(rf"{brand}|(?<![a-z])(?:{latin})(?![a-z])") for brand, latin in _BRANDS.items()}
# before a model; a Latin name stands apart from it, else it may be the model's own
_BEFORE = {
    brand: re.compile(rf"(?:{brand}|(?:{latin})(?=[\W_]))[\W_]*(?=\w)") for brand, latin in _BRANDS.items()
}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


@lru_cache(maxsize=10_000)
def vendor_key(text: str) -> str:
    """What a vendor is compared by.

    >>> vendor_key("杭州百富电子技术有限公司") == vendor_key("PAX Technology") == vendor_key("百富")
    True
    """
    named = [brand for brand, names in _NAMES.items() if names.search(_plain(text))]
    return named[0] if len(named) == 1 else normalise_label(text)


@lru_cache(maxsize=10_000)
def vendor_before(model: str) -> str | None:
    """The maker whose name stands before a model, as `vendor_key` has it.

    >>> vendor_before("PAX A930"), vendor_before("A930")
    ('百富', None)
    """
    return next((brand for brand, before in _BEFORE.items() if before.match(_plain(model))), None)


@lru_cache(maxsize=10_000)
def model_key(text: str) -> str:
    """What a model is compared by: without its maker's name.

    >>> model_key("联迪 A-8") == model_key("LANDI A8") == model_key("a8")
    True
    """
    brand = vendor_before(text)
    return normalise_label(_BEFORE[brand].sub("", _plain(text), count=1) if brand else text)
