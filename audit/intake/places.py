"""Where a row stands: province, city and the rest of its address in a form that compares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.gazetteer import MUNICIPALITIES, Division, Level, gazetteer, names_by_code
from audit.intake.repeats import alike, decoded, numbered, spread, whole

_STATED = ("province", "city", "county", "area_code")
_BETWEEN_NAMES = re.compile(r"(?:[\W_]|市辖区|(?:省|自治区)直辖县级行政(?:区划|单位))+")
_COUNTRY = re.compile(r"中(?:华人民共和)?国")
# what follows a short name that is none: 北京东路, 上海大厦, 南山医院, 深圳湾, or another kind of division
_NO_DIVISION = (
    r"(?:[路街道巷弄里桥湾塔村镇乡港站]|大[厦学街道]|广场|公园|中心|国际|大?酒店|饭店|"
    r"宾馆|学院|中学|小学|医院|银行|机场|码头|火车)"
)
_NAMED_AFTER = re.compile(
    rf"[东南西北中新老]?[一二三四五六七八九十\d]?{_NO_DIVISION}|(?:自治)?[省市区县州盟旗]|地区"
)
# an address up to its first figure or letter, which no division has in its name, and what follows; RE2
_HALVES = r"(?s)^(?P<head>[^0-9A-Za-z]*)(?P<tail>.*)$"
_NUMBERED_ROAD = "1路"
_BETWEEN_NUMBERS = re.compile(r"(?<=[0-9A-Z])[\W_]+(?=[0-9A-Z])")
_ELSEWHERE = re.compile(r"(?<![0-9A-Z])[\W_]+|[\W_]+(?![0-9A-Z])")
# house numbers as they are written, and the one form they compare in
_SAME = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"(?<=[0-9A-Z])#", "号"),
        (r"第(?=\d)", ""),
        (r"(?<=[0-9A-Z])(?:号楼|幢|座)", "栋"),
        (r"(?<=\d)(?:楼|F(?![A-Z]))", "层"),
        (r"(?<=[0-9A-Z])(?:号房|号室|房间|房)", "室"),
    )
)
_LAST = "[号室]"
_LEFT_OFF = re.compile(rf"(?<=[0-9A-Z]){_LAST}$")
_ODD = r"[^\p{L}\p{N}]|[第楼幢座房]|\p{Nd}F"  # without any of which a text has that form already; RE2


@dataclass(frozen=True)
class Place:
    """What is known of a place, as codes of GB/T 2260; "" where it is not."""

    province: str = ""
    city: str = ""
    county: str = ""

    def within(self, meanings: Iterable[Division]) -> Place | None:
        """The place narrowed to the highest division a name means here; None where it means none.

        Where a name means several (朝阳区), only what they have in common is known.
        """
        fitting = [one for one in meanings if self._holds(one)]
        if not fitting:
            return None
        level = min(one.level for one in fitting)
        fitting = [one for one in fitting if one.level is level]
        fitting = [one for one in fitting if one.current] or fitting
        return Place(
            self.province or _common(one.province for one in fitting),
            self.city or _common(one.city for one in fitting),
            self.county or (_common(one.code for one in fitting) if level is Level.COUNTY else ""),
        )

    def _holds(self, one: Division) -> bool:
        if one.level is Level.COUNTY and not one.current and not self.city:
            return False  # a former county may have gone to another city
        return (
            self.province in ("", one.province)
            and (one.level is Level.PROVINCE or self.city in ("", one.city))
            and (one.level is not Level.COUNTY or self.county in ("", one.code))
        )


NOWHERE = Place()


def place_columns(rows: pa.Table) -> dict[str, pa.Array]:
    """`province_code`, `city_code` and `address_key` of every row, from whichever columns there are.

    Explicit columns come before what the address says. A city of a municipality is its pp01, districts and
    counties alike. `address_key` is null where an address names nothing below the county. `province_found`
    is what the province is called, by the rows that state one too, where not every row does.
    """
    names = [name for name in (*_STATED, "address") if name in rows.column_names]
    if not names:
        return {}
    different, kinds = _told_apart({name: whole(rows[name]) for name in names})
    found = {name: spread(values, kinds) for name, values in _places(different).items()}
    if "province" not in names or rows["province"].null_count:
        stated = different["province"].unique().drop_null().to_pylist() if "province" in names else []
        found["province_found"] = _called(found["province_code"], stated)
    return found


def _called(codes: pa.Array, stated: Iterable[str]) -> pa.Array:
    """The names of provinces by their codes: as a list itself calls them (广东), else their whole names."""
    different, which = numbered(codes.dictionary_encode())
    named = {text: _stated(text, None, None, None) for text in sorted(stated) if not text.isascii()}
    # the longest of several is the last; a list may also have the name of a city there
    own = {place.province: text for text, place in named.items() if place in _whole(place.province)}
    called = names_by_code() | own
    return spread(pa.array([called[code] for code in different.to_pylist()], pa.string()), which)


def _whole(province: str) -> tuple[Place, ...]:
    """What the name of a province says; that of a municipality is its city's as well."""
    return Place(province), Place(province, f"{province}01" if province in MUNICIPALITIES else "")


def _told_apart(columns: Mapping[str, pa.Array]) -> tuple[dict[str, pa.Array], pa.Array]:
    """Rows that are alike in all columns, once each, and per row which of these it is."""
    kinds = alike(list(columns.values()))
    first = np.zeros(int(kinds.to_numpy().max(initial=-1)) + 1, np.int64)
    first[kinds.to_numpy()[::-1]] = np.arange(len(kinds))[::-1]  # the last to be written stays
    return {name: decoded(column.take(pa.array(first))) for name, column in columns.items()}, kinds


def _places(parts: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """What `place_columns` gives: names are read once for all house numbers, and these for all streets."""
    count = len(next(iter(parts.values())))
    heads, tails = _halves(parts.pop("address", pa.nulls(count, pa.string())))
    different, kinds = _told_apart(parts | {"head": heads})
    nothing = [None] * len(different["head"])
    stated = [different[name].to_pylist() if name in different else nothing for name in _STATED]
    read = list(map(_read, *stated, different["head"].to_pylist()))
    columns = zip(*read, strict=True) if read else ((), (), ())
    province, city, street = (pa.array(values, pa.string()).take(kinds) for values in columns)
    key = pc.binary_join_element_wise(street, _detail_keys(tails), "")
    found = {"province_code": province, "city_code": city, "address_key": key}
    return {name: pc.if_else(pc.not_equal(values, ""), values, None) for name, values in found.items()}


def _halves(addresses: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Addresses up to their first figure or letter, and from there on; "" for nothing.

    What the second half tells of the first stands in the first: 第 is gone where a number follows, and a
    number that makes a road of a short name (深圳1路) is that of `_NUMBERED_ROAD`.
    """
    texts = pc.utf8_trim_whitespace(pc.utf8_normalize(pc.fill_null(addresses, ""), "NFKC"))
    halves = pc.extract_regex(texts, _HALVES)
    head, tail = (pc.struct_field(halves, [name]) for name in ("head", "tail"))
    is_counted = pc.and_(pc.ends_with(head, "第"), pc.match_substring_regex(tail, "^[0-9]"))
    goes_on = pc.match_substring_regex(tail, rf"^[0-9]{_NO_DIVISION}")
    plain = pc.if_else(goes_on, pc.binary_join_element_wise(head, _NUMBERED_ROAD, ""), head)
    return pc.if_else(is_counted, pc.utf8_slice_codeunits(head, 0, -1), plain), tail


def _read(
    province: str | None, city: str | None, county: str | None, area_code: str | None, head: str
) -> tuple[str, str, str]:
    place, rest = divide(head, _stated(province, city, county, area_code))
    return place.province, place.city, detail_key(rest.removesuffix(_NUMBERED_ROAD))


@lru_cache(maxsize=10_000)
def _stated(province: str | None, city: str | None, county: str | None, area_code: str | None) -> Place:
    """What the columns but that of the address say."""
    place = NOWHERE
    # a short name is not that of a level above
    for text, above in ((province, 0), (city, Level.PROVINCE), (county, Level.CITY)):
        if text:
            place = _named(text, place, above)
    return _coded(area_code, place) if area_code else place


def _named(text: str, place: Place, above: int) -> Place:
    """What a column that holds a name, or a code, says; nothing where not all of it is understood."""
    if text.isascii():
        return _coded(text, place)
    found, rest = _without_names(unicodedata.normalize("NFKC", text), place, above)
    return place if rest else found


def _coded(text: str, place: Place) -> Place:
    """What a code of six digits says. Four digits may be the card scheme's own code of an area."""
    if not re.fullmatch(r"\d{6}", text) or place.province not in ("", text[:2]):
        return place
    codes = gazetteer().codes
    city = f"{text[:2]}01" if text[:2] in MUNICIPALITIES else text[:4]
    return replace(
        place,
        province=text[:2] if text[:2] in codes else place.province,
        city=place.city or (city if city in codes or text in codes else ""),
    )


def divide(address: str, known: Place = NOWHERE) -> tuple[Place, str]:
    """The place an address names, within what is known, and the text after it.

    >>> divide("广东-广州-天河-体育西路103号")
    (Place(province='44', city='4401', county='440106'), '体育西路103号')
    """
    text = unicodedata.normalize("NFKC", address).strip()
    if country := _COUNTRY.match(text):
        place, rest = _without_names(text[country.end() :], known)
        if place != known:
            return place, rest
    return _without_names(text, known)


def _without_names(text: str, place: Place, above: int = 0) -> tuple[Place, str]:
    """Take names off the start. Short ones only downwards: 广东广州…, but not 广州市广州塔."""
    by_start = gazetteer().by_start
    deepest = above
    while True:
        if found := _BETWEEN_NAMES.match(text):
            text = text[found.end() :]
        for name in by_start.get(text[:2], ()):
            if text.startswith(name):
                rest = text[len(name) :]
                if step := _step(name, place, deepest, bool(_NAMED_AFTER.match(rest))):
                    (place, deepest), text = step, rest
                    break
        else:
            return place, text


@lru_cache(maxsize=100_000)
def _step(name: str, place: Place, deepest: int, goes_on: bool) -> tuple[Place, int] | None:
    """The place a name narrows to and the level reached; None where it means no place here.

    Without a province, a short name is understood where it is one, or the only bearer of the name is a city.
    `goes_on` tells that a short name is but the beginning of another.
    """
    meanings = gazetteer().meanings[name]
    bearers = len({one.code for one in meanings if one.short})
    meant = [
        one
        for one in meanings
        if not one.short
        or (
            one.level > deepest
            and not goes_on
            and (
                bool(place.province)
                or one.level is Level.PROVINCE
                or (one.level is Level.CITY and bearers == 1)
            )
        )
    ]
    narrowed = place.within(meant)
    return (narrowed, max(deepest, min(one.level for one in meant))) if narrowed else None


@lru_cache(maxsize=10_000)
def detail_key(detail: str) -> str:
    """House and street without blanks, marks and the many ways of writing one number; "" for nothing.

    A mark between two numbers stays, as a dash: 3-501 is not 3501.

    >>> detail_key("体育西路 103＃（维多利）3号楼501房") == detail_key("体育西路103号维多利3栋501室")
    True
    """
    text = unicodedata.normalize("NFKC", detail).upper()
    for pattern, form in _SAME:
        text = pattern.sub(form, text)
    text = _ELSEWHERE.sub("", _BETWEEN_NUMBERS.sub("-", text))
    return _LEFT_OFF.sub("", text)


def _detail_keys(details: pa.Array) -> pa.Array:
    """`detail_key` of each; most are in its form but for the last character."""
    texts = pc.utf8_upper(details)
    odd = pc.match_substring_regex(texts, _ODD)
    keys = pc.replace_substring_regex(texts, rf"([0-9A-Z]){_LAST}$", r"\1")
    different, which = numbered(details.filter(odd).dictionary_encode())
    return pc.replace_with_mask(
        keys, odd, pa.array(map(detail_key, different.to_pylist()), pa.string()).take(which)
    )


def _common(codes: Iterable[str]) -> str:
    """The code all of them have, or ""."""
    different = set(codes)
    return different.pop() if len(different) == 1 else ""
