"""What a finding is called: the same on every night, and after every change to how that is worked out."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.crosscheck.schema import Subject
from audit.findings import finding_id

TEXT = st.text(max_size=12)


@pytest.mark.parametrize(
    ("subject", "identity", "named"),
    [
        (Subject.DEVICE, ["sn:S1"], ["S1", "", ""]),
        (Subject.DEVICE_CHANNEL, ["tid:M1/T1", "wechat"], [["M1", "T1"], "wechat", ""]),
        (Subject.REGISTRATION, ["tusn:X", "alipay", "M9"], ["X", "alipay", "M9"]),
        (Subject.MERCHANT, ["M1"], ["M1", "", ""]),
        (Subject.SITE, ["M1", "门店"], ["M1", "", "门店"]),
        (Subject.MERCHANT, [None], [None, "", ""]),
    ],
)
def test_an_id_is_the_hash_of_a_json_list(subject: Subject, identity: list[str | None], named: list[object]):
    text = json.dumps(["R-01", subject.kind, *named], ensure_ascii=False, separators=(",", ":"))
    assert finding_id("R-01", subject.kind, identity, subject) == sha256(text.encode()).hexdigest()[:16]


@given(key=TEXT, element=TEXT)
def test_no_text_of_a_vendor_makes_another_list_of_it(key: str, element: str):
    text = json.dumps(["R-01", "site", key, "", element], ensure_ascii=False, separators=(",", ":"))
    expected = sha256(text.encode()).hexdigest()[:16]
    assert finding_id("R-01", "site", [key, element], Subject.SITE) == expected
