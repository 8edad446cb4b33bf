"""What a finding is called: the same on every night, whatever row its subject stands in.

Worked out by column: JSON is put together by Arrow, and only texts that need it are looked at singly.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from audit.crosscheck.schema import Subject

_JSON = json.JSONEncoder(ensure_ascii=False).encode  # made once: making it takes longer than a text does
_ESCAPED = r'["\\\x00-\x1f]'  # what JSON writes otherwise than as it is
_BY_DEVICE = (Subject.DEVICE, Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY, Subject.REGISTRATION)


def finding_ids(rule: str, subject: Subject, identity: Sequence[pa.Array]) -> pa.Array:
    """16 hex digits per row that name a fault of a subject, from the subject's identity columns.

    sha256 of the JSON list [rule, subject kind, natural key, channel, element]. The natural key of a
    device is its serial, else its TUSN, else the pair of merchant and terminal number: "sn:X" and "tusn:X"
    are X, "tid:M/T" is [M, T]. The element tells apart what shares a key: the stores of a merchant, the
    policies over a device.
    """
    key, *more = identity
    blank = pa.scalar(_JSON(""))
    others = [pc.fill_null(quoted(column), _JSON("")) for column in more]
    if subject in _BY_DEVICE:
        named = _natural_keys(pc.fill_null(key, ""))
        channel, element, *_ = (*others, blank, blank)
    else:
        named = pc.fill_null(quoted(key), "null")
        channel, element, *_ = (blank, *others, blank)
    head = f"[{_JSON(rule)},{_JSON(subject.kind)},"
    return hashed(pc.binary_join_element_wise(head, named, ",", channel, ",", element, "]", ""))


def listed(identity: Sequence[pa.Array]) -> pa.Array:
    """Per row the JSON list of a subject's identity columns."""
    told = [pc.fill_null(quoted(column), "null") for column in identity]
    return pc.binary_join_element_wise("[", pc.binary_join_element_wise(*told, ", "), "]", "")


def hashed(texts: pa.Array) -> pa.Array:
    """The first 16 hex digits of each text's sha256."""
    return pa.array([sha256(text.encode()).hexdigest()[:16] for text in texts.to_pylist()], pa.string())


def quoted(texts: pa.Array) -> pa.Array:
    """Each text as JSON; null stays null."""
    if pc.any(pc.match_substring_regex(texts, _ESCAPED)).as_py():
        return pa.array([None if text is None else _JSON(text) for text in texts.to_pylist()], pa.string())
    return pc.binary_join_element_wise('"', texts, '"', "")


def _natural_keys(device_keys: pa.Array) -> pa.Array:
    """What devices are called, as JSON."""
    named = quoted(pc.replace_substring_regex(device_keys, "^[^:]*:?", ""))
    pairs = pc.binary_join_element_wise(
        "[", pc.replace_substring(named, "/", '","', max_replacements=1), "]", ""
    )
    return pc.if_else(pc.starts_with(device_keys, "tid:"), pairs, named)
