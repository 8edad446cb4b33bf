"""Where a terminal stands: addresses that compare, divisions by their codes, points on a globe."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from math import dist
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from vendorfiles import MERCHANT, book, take_bytes, take_rows

from audit.intake.places import NOWHERE, detail_key, divide, place_columns
from audit.intake.repeats import decoded

PLACE = ["省", "市", "区县", "行政区划代码", "安装地址"]
GUANGZHOU = ("44", "4401", "体育西路103号2层201")


def rows_of(folder: Path, header: list[str], rows: list[list[str]], table: str = "devices") -> list[dict]:
    """Rows with these columns beside a serial number, a merchant number and a status."""
    named = [["序列号", "商户号", "状态", *header]]
    states = {"devices": "在用", "registrations": "报备成功"}
    listed = [[f"SN{n:06}", MERCHANT, states[table], *row] for n, row in enumerate(rows)]
    found = take_rows(folder, named + listed, table=table).rows
    assert found is not None
    return found


def place(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("province_code", "city_code", "address_key"))


@pytest.mark.parametrize("table", ["devices", "registrations"])
@pytest.mark.parametrize(
    "address",
    [
        "广东省广州市天河区体育西路103号2层201",
        "广东-广州-天河-体育西路103号2层201室",
        "广东省 广州市 天河区 体育西路 103号 2楼 201房",
        "广东广州天河体育西路103#2F201",
        "广州市天河区体育西路１０３号２层２０１室",
        "中国广东省广州市天河区体育西路103号(2层)201室",
        "广东省广州市广东省广州市天河区体育西路第103号2层，201号房",
        "天河区体育西路103号2层201",
    ],
)
def test_spellings_of_one_address_are_one_place(tmp_path: Path, table: str, address: str):
    [row] = rows_of(tmp_path, ["终端地址"], [[address]], table)
    assert place(row) == GUANGZHOU


@pytest.mark.parametrize(
    "cells",
    [
        ["广东省", "广州市", "天河区", "", "体育西路103号2层201"],
        ["广东", "广州", "天河", "", "广东省广州市天河区体育西路103号2层201"],
        ["", "广州", "", "", "天河体育西路103号2层201"],
        ["", "", "", "440106", "体育西路103号2层201"],
        ["440000", "440100", "440106", "", "体育西路103号2层201"],
        ["广东省", "", "", "440100", "天河区体育西路103号2层201"],
        ["广东省", "广州市", "", "110105", "天河区体育西路103号2层201"],
        ["广东省", "市辖区", "天河区", "5810", "体育西路103号2层201"],
    ],
)
def test_columns_of_divisions_count_before_the_address(tmp_path: Path, cells: list[str]):
    [row] = rows_of(tmp_path, PLACE, [cells])
    assert place(row) == GUANGZHOU


@pytest.mark.parametrize(
    ("address", "codes", "detail"),
    [
        ("北京市朝阳区建国路88号", ("11", "1101"), "建国路88号"),
        ("北京市北京市朝阳区建国路88号", ("11", "1101"), "建国路88号"),
        ("北京市市辖区朝阳区建国路88号", ("11", "1101"), "建国路88号"),
        ("上海浦东新区张江路1号", ("31", "3101"), "张江路1号"),
        ("重庆市云阳县滨江路1号", ("50", "5001"), "滨江路1号"),
        ("内蒙古自治区呼和浩特市新城区新华大街1号", ("15", "1501"), "新华大街1号"),
        ("内蒙古呼和浩特新城新华大街1号", ("15", "1501"), "新华大街1号"),
        ("新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放路1号", ("65", "6540"), "解放路1号"),
        ("湖北恩施州恩施市舞阳大道1号", ("42", "4228"), "舞阳大道1号"),
        ("青海海南州共和县青海湖南大街1号", ("63", "6325"), "青海湖南大街1号"),
        ("吉林吉林丰满区松江路1号", ("22", "2202"), "松江路1号"),
        ("吉林市丰满区松江路1号", ("22", "2202"), "松江路1号"),
        ("河南省济源市黄河路1号", ("41", "4190"), "黄河路1号"),
        ("浙江义乌稠州北路1号", ("33", "3307"), "稠州北路1号"),
        ("东莞市南城区鸿福路1号", ("44", "4419"), "南城区鸿福路1号"),
        ("香港特别行政区弥敦道1号", ("81", ""), "弥敦道1号"),
        # a former district still is no part of the street
        ("广州市萝岗区科学大道1号", ("44", "4401"), "科学大道1号"),
        # names that only begin like a division
        ("广州市广州大道中1号", ("44", "4401"), "广州大道中1号"),
        ("深圳市南山区深圳湾科技园", ("44", "4403"), "深圳湾科技园"),
        ("黄浦区南京东路1号", ("31", "3101"), "南京东路1号"),
        ("北京路1号", ("", ""), "北京路1号"),
        ("大连中山广场1号", ("21", "2102"), "中山广场1号"),
        ("中国银行大厦1号", ("", ""), "中国银行大厦1号"),
        # what cannot be told: several districts of that name, a city that is no more
        ("朝阳区建国路88号", ("", ""), "建国路88号"),
        ("山东省莱芜市莱城区1号", ("37", ""), "莱芜市莱城区1号"),
        ("", ("", ""), ""),
    ],
)
def test_divisions_are_told_by_their_names(address: str, codes: tuple[str, str], detail: str):
    found, rest = divide(address)
    assert ((found.province, found.city), rest) == (codes, detail)


def test_a_column_says_which_level_its_short_name_is_of(tmp_path: Path):
    rows = [
        ["吉林省", "吉林", "", "", "松江路1号"],
        ["吉林", "吉林", "船营", "", "松江路1号"],
        ["北京", "北京", "朝阳", "", "1号"],
    ]
    found = rows_of(tmp_path, PLACE, rows)
    assert [row["city_code"] for row in found] == ["2202", "2202", "1101"]


def test_without_an_address_the_place_may_still_be_known(tmp_path: Path):
    rows = [["广东省", "广州市", "", "", ""], ["", "", "", "", "广东省广州市天河区"], ["", "", "", "", ""]]
    assert [place(row) for row in rows_of(tmp_path, PLACE, rows)] == [
        ("44", "4401", None),
        ("44", "4401", None),
        (None, None, None),
    ]


def test_a_list_without_addresses_has_no_places(tmp_path: Path):
    [row] = rows_of(tmp_path, ["备注"], [["x"]])
    assert not {"address_key", "province_code", "point_x", "place_fault"} & set(row)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("体育西路103号之一", "体育西路103号"),
        ("体育西路103号之一", "体育西路103号之二"),
        ("体育西路103号之一", "体育西路1031号"),
        ("体育西路103-1号", "体育西路1031号"),
        ("3栋501室", "3501室"),
        ("3-501", "35-01"),
        ("1、2号铺", "12号铺"),
        ("2层", "2栋"),
        ("A座501", "B座501"),
    ],
)
def test_other_numbers_stay_other_addresses(one: str, other: str):
    assert detail_key(one) != detail_key(other)


NAMES = {
    ("44", "4401"): [("广东省", "广东"), ("广州市", "广州"), ("天河区", "天河")],
    ("11", "1101"): [("北京市", "北京"), ("北京市", ""), ("海淀区", "海淀")],
    ("15", "1525"): [("内蒙古自治区", "内蒙古"), ("锡林郭勒盟", "锡林郭勒"), ("苏尼特右旗", "苏尼特右")],
    ("50", "5001"): [("重庆市", "重庆"), ("", ""), ("彭水苗族土家族自治县", "彭水")],
    ("42", "4290"): [("湖北省", "湖北"), ("", ""), ("仙桃市", "仙桃")],
}


@settings(max_examples=300)
@given(st.data())
def test_equal_addresses_in_other_spelling_have_equal_keys(data: st.DataObject):
    codes, names = data.draw(st.sampled_from(list(NAMES.items())))
    street = data.draw(st.sampled_from(["朝霞路", "五四大街", "Ａ区科技园", "云海里"]))
    number, room = data.draw(st.integers(1, 9999)), data.draw(st.integers(101, 2999))
    mark = st.sampled_from(["", " ", "-", "　", "，", "/"])

    def spelled() -> str:
        parts = [data.draw(st.sampled_from(pair)) for pair in names]
        house = data.draw(st.sampled_from([f"{number}号", f"{number}#", f" {number} 号", f"（{number}号）"]))
        flat = data.draw(
            st.sampled_from([f"3号楼{room}室", f"3栋{room}", f"3幢，{room}房", f"3座 {room}号房"])
        )
        text = "".join(part + data.draw(mark) for part in [*parts, street, house, flat])
        wide = {number: chr(number + 0xFEE0) for number in range(0x21, 0x7F)}
        return text.translate(wide) if data.draw(st.booleans()) else text

    (one, rest), (other, other_rest) = divide(spelled()), divide(spelled())
    assert (one.province, one.city) == (other.province, other.city) == codes
    assert detail_key(rest) == detail_key(other_rest) != ""


@given(st.text(), st.text(alphabet="广东省州市天河区北京朝阳海南吉林市辖区中国县旗盟路街号0123456789-#＃ "))
@example("", "市辖区")
@example("中国", "中华人民共和国")
def test_no_address_is_too_odd_to_divide(anything: str, named: str):
    for text in (anything, named, named + anything):
        found, rest = divide(text)
        assert unicodedata.normalize("NFKC", text).strip().endswith(rest)
        assert found == NOWHERE or found.province == "" or found.city[:2] in ("", found.province)
        assert not any(mark.isspace() for mark in detail_key(rest))


PIECES = [
    "广东省",
    "广东",
    "广州市",
    "广州",
    "天河区",
    "深圳",
    "北京",
    "北京市",
    "市辖区",
    "中国",
    "朝阳",
    "东",
    "第",
    "号",
    "#",
]
PIECES += [
    "路",
    "大厦",
    "街道",
    "3号楼",
    "2F",
    "2楼",
    "501室",
    "501",
    "-",
    " ",
    "(",
    ")",
    "1",
    "一",
    "A座",
    "b",
    "Ⅲ",
    "①",
    "ﬁ",
    "　",
]


# characters that Python's Unicode does not know yet, Arrow's may
LETTERS = st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="ßıſŉǰ")


@settings(max_examples=500)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "广东省", "北京"]),
            st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
            | st.text(LETTERS, max_size=8)
            | st.none(),
        ),
        max_size=6,
    )
)
@example([("", "深圳1路3号"), ("", "深圳第1中学"), ("广东省", "深圳东1路"), ("", "北京1"), ("", None)])
def test_a_column_of_addresses_is_read_as_each_of_them(rows: list[tuple[str, str | None]]):
    provinces = [province or None for province, _ in rows]
    read = []
    for province, address in rows:
        found, rest = divide(address or "", divide(province)[0])
        read.append((found.province or None, found.city or None, detail_key(rest) or None))
    table = pa.table(
        {"province": pa.array(provinces, pa.string()), "address": pa.array([a for _, a in rows], pa.string())}
    )
    found = place_columns(table)
    columns = [decoded(found[name]).to_pylist() for name in ("province_code", "city_code", "address_key")]
    assert list(zip(*columns, strict=True)) == read


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z"])), max_size=5))
def test_any_text_is_read_as_an_address(texts: list[str]):
    with TemporaryDirectory() as folder:
        rows = [[text, "", "", "", text] for text in texts]
        if rows:
            assert len(rows_of(Path(folder), PLACE, rows)) == len(rows)


HERE = {"经度": "113.33", "纬度": "23.12"}


def coordinates(folder: Path, table: str = "devices", **cells: str) -> dict[str, Any]:
    [row] = rows_of(folder, list(cells), [list(cells.values())], table)
    return row


@pytest.mark.parametrize("table", ["devices", "registrations"])
def test_points_lie_as_far_apart_as_their_places(tmp_path: Path, table: str):
    rows = [["23.12", "113.33"], ["23.13", "113.33"], ["39.9042", "116.4074"]]
    found = rows_of(tmp_path, ["纬度", "经度"], rows, table)
    points = [[row[f"point_{axis}"] for axis in "xyz"] for row in found]
    near, far = (dist(one, other) for one, other in pairwise(points))
    assert near == pytest.approx(1_111.95, abs=0.01)  # a hundredth of a degree of latitude
    assert far == pytest.approx(1_885_000, rel=0.01)  # as maps give it, Guangzhou to Beijing
    assert [row["place_fault"] for row in found] == [None] * 3


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"经度": "23.12", "纬度": "113.33"}, "swapped"),
        ({"经度": "0", "纬度": "0"}, "outside"),
        ({"经度": "-113.33", "纬度": "23.12"}, "outside"),
        ({"经度": "113.33", "纬度": "60"}, "outside"),
        ({"经度": "1133333", "纬度": "23.12"}, "outside"),
        ({"经纬度": "+113.33/+23.12"}, "swapped"),
        ({"经纬度": "+37.28/-121.268"}, "outside"),
        ({"经度": "113.33", "纬度": ""}, None),
        ({"经度": "", "纬度": "", "经纬度": "不详"}, None),
    ],
)
def test_coordinates_outside_china_or_exchanged_give_no_point(
    tmp_path: Path, cells: dict[str, str], fault: str | None
):
    row = coordinates(tmp_path, **cells)
    assert (row["place_fault"], row["point_x"], row["point_y"], row["point_z"]) == (fault, None, None, None)


@pytest.mark.parametrize(
    "text",
    ["+23.12/+113.33", "23.12/113.33", "23.12,113.33", "113.33,23.12", "（23.12，113.33）", "23.12 | 113.33"],
)
@pytest.mark.parametrize("table", ["devices", "registrations"])
def test_coordinates_in_one_text_are_taken_apart(tmp_path: Path, text: str, table: str):
    row = coordinates(tmp_path, table, 经纬度=text)
    assert (row["latitude"], row["longitude"], row["place_fault"]) == (23.12, 113.33, None)
    assert dist([row[f"point_{axis}"] for axis in "xyz"], (0, 0, 0)) == pytest.approx(6_371_008.8)


def test_coordinates_in_columns_of_their_own_count_before_the_text(tmp_path: Path):
    row = coordinates(tmp_path, **HERE, 经纬度="+39.90/+116.40")
    assert (row["latitude"], row["longitude"]) == (23.12, 113.33)
    row = coordinates(tmp_path, 经度="113.33", 纬度="", 经纬度="+39.90/+116.40")
    assert (row["latitude"], row["longitude"], row["point_x"]) == (None, 113.33, None)


@pytest.mark.parametrize(
    ("name", "title", "province", "city"),
    [
        ("浙江省", None, "浙江省", None),
        ("浙江分公司", None, "浙江省", None),
        ("杭州市", None, "浙江省", "杭州市"),
        ("Sheet1", "2026年11月浙江省终端台账", "浙江省", None),
        ("Sheet1", "省份：浙江", "浙江省", None),
        ("朝阳", None, None, None),  # of Liaoning, or of Beijing
        ("Sheet1", "浙江晨光支付有限公司终端台账", None, None),
    ],
)
def test_a_list_of_one_province_says_so_above_its_rows(
    tmp_path: Path, name: str, title: str | None, province: str | None, city: str | None
):
    rows = [["序列号", "商户号", "终端状态"], ["SN000001", MERCHANT, "在用"], ["SN000002", MERCHANT, "在用"]]
    made = book([[title], *rows] if title else rows, change=lambda made: setattr(made.active, "title", name))
    read = take_bytes(tmp_path, made, "export.xlsx")
    told = [facts["state"] for key, facts in read.reading.notices if key == "state_of_list"]
    assert [[row.get("province"), row.get("city")] for row in read.rows or []] == [[province, city]] * 2
    assert told == [one for one in (province, city) if one]


def test_a_list_with_addresses_elsewhere_is_of_no_one_province(tmp_path: Path):
    rows = [["序列号", "商户号", "安装地址"], ["SN000001", MERCHANT, "江苏省南京市人民路1号"]]
    made = book(rows, change=lambda made: setattr(made.active, "title", "浙江省"))
    assert "province" not in (take_bytes(tmp_path, made, "export.xlsx").rows or [{}])[0]


def test_branches_with_headers_of_their_own_are_of_their_provinces(tmp_path: Path):
    header = ["序列号", "商户号", "终端状态"]
    rows = [["四川分公司"], header, ["SN000001", MERCHANT, "在用"], ["小计", "1"]]
    rows += [["浙江分公司"], header, ["SN000002", MERCHANT, "在用"], ["SN000003", MERCHANT, "在用"]]
    read = take_bytes(tmp_path, book(rows), "export.xlsx")
    assert read.column("province") == ["四川省", "浙江省", "浙江省"]
    assert [key for key, _ in read.reading.notices] == ["state_of_headings"]


def test_a_province_that_is_found_is_called_as_the_list_calls_it():
    stated = ["广东", None, "华东", None, "330000", None, "深圳市", "北京", None]
    addresses = [None, "广东省广州市天河区1号", "上海市黄浦区2号", "上海市黄浦区3号", None, "浙江省杭州市4号"]
    addresses += [None, None, "北京市朝阳区5号"]
    rows = pa.table({"province": pa.array(stated), "address": pa.array(addresses)})
    found = place_columns(rows)["province_found"].to_pylist()
    assert found == ["广东", "广东", "上海市", "上海市", "浙江省", "浙江省", "广东", "北京", "北京"]
