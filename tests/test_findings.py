"""What a finding is called: the same on every night, and after every change to how that is worked out."""

from __future__ import annotations

import json
from hashlib import sha256

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.crosscheck.schema import Subject
from audit.identities import finding_ids, listed

TEXT = st.text(max_size=12)
HOSTILE = st.one_of(st.none(), TEXT, st.text('sn:tid/\\"\n\x00\u2028', max_size=8))


def named_by(subject: Subject, identity: list[str | None]) -> str:
    """The id of one finding under the rule R-01."""
    [found] = finding_ids("R-01", subject, [pa.array([part], pa.string()) for part in identity]).to_pylist()
    return found


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
    assert named_by(subject, identity) == sha256(text.encode()).hexdigest()[:16]


@given(key=TEXT, element=TEXT)
def test_no_text_of_a_vendor_makes_another_list_of_it(key: str, element: str):
    text = json.dumps(["R-01", "site", key, "", element], ensure_ascii=False, separators=(",", ":"))
    expected = sha256(text.encode()).hexdigest()[:16]
    assert named_by(Subject.SITE, [key, element]) == expected


@given(st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE), min_size=1, max_size=6))
def test_names_made_by_column_are_those_of_each_row(rows: list[tuple[str | None, ...]]):
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    expected = []
    for key, channel, element in rows:
        kind, _, value = (key or "").partition(":")
        name = value.split("/", 1) if kind == "tid" and ":" in (key or "") else value
        told = ["R-01", Subject.REGISTRATION.kind, name, channel or "", element or ""]
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        expected.append(sha256(text.encode()).hexdigest()[:16])
    assert finding_ids("R-01", Subject.REGISTRATION, columns).to_pylist() == expected
    assert listed(columns).to_pylist() == [json.dumps(row, ensure_ascii=False) for row in rows]
