"""The divisions of China (GB/T 2260) by the names people write, from the table python-stdnum keeps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

from stdnum import cn, numdb

MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
_PERIODS = re.compile(r"(?:\[\d*-(\d*)\])?([^,\[]+)")
# collective entries of the standard, which no address names for what they are
_COLLECTIVE = re.compile(r"市辖区|县|市|市区|林区|.*直辖.*")
_PEOPLES = (
    "蒙古,回,藏,维吾尔,苗,彝,壮,布依,朝鲜,满,侗,瑶,白,土家,哈尼,哈萨克,傣,黎,傈僳,佤,畲,拉祜,水,东乡,纳西,景颇,柯尔克孜,"
    "土,达斡尔,仫佬,羌,布朗,撒拉,毛南,仡佬,锡伯,塔吉克,怒,普米,鄂温克,保安,裕固,独龙,鄂伦春,各"
).replace(",", "|")
_AUTONOMOUS = re.compile(rf"(.{{2,}}?)族?(?:(?:{_PEOPLES})族?)*自治(区|州|县|旗)")
_SUFFIX = re.compile(r"(.{2,}?)(?:特别行政区|地区|新区|[省市区县旗盟])")


class Level(IntEnum):
    """How many digits the code of a division has."""

    PROVINCE = 2
    CITY = 4
    COUNTY = 6


class Division(NamedTuple):
    """One meaning of a name. A county of a municipality counts to the city of code pp01, whatever its own."""

    code: str
    current: bool = True  # its name today; a former name still leads to the city its code belongs to
    short: bool = False  # 广州 for 广州市: also how many a street begins

    @property
    def level(self) -> Level:
        """Province, city or county."""
        return Level(len(self.code))

    @property
    def province(self) -> str:
        """Two digits."""
        return self.code[:2]

    @property
    def city(self) -> str:
        """Four digits; "" of a province that is no city."""
        if self.province in MUNICIPALITIES:
            return f"{self.province}01"
        return "" if self.level is Level.PROVINCE else self.code[:4]


@dataclass(frozen=True)
class Gazetteer:
    """Names and what they mean; names by their first two characters, the longest first; known codes."""

    meanings: Mapping[str, tuple[Division, ...]]
    by_start: Mapping[str, tuple[str, ...]]
    codes: frozenset[str]


@cache
def gazetteer() -> Gazetteer:
    """The table, read once.

    A city that was dissolved (莱芜市) is left out: its code would contradict that of its successor.
    """
    meanings: dict[str, dict[Division, None]] = defaultdict(dict)
    codes = set()
    for name, division in _listed():
        meanings[name][division] = None
        if division.current:
            codes.add(division.code)
        if division.current or division.level is Level.CITY:
            for short in _shortened(name):
                meanings[short][Division(division.code, division.current, short=True)] = None
    by_start: dict[str, list[str]] = defaultdict(list)
    for name in sorted(meanings, key=len, reverse=True):
        by_start[name[:2]].append(name)
    return Gazetteer(
        {name: tuple(divisions) for name, divisions in meanings.items()},
        {start: tuple(names) for start, names in by_start.items()},
        frozenset(codes),
    )


@cache
def names_by_code() -> dict[str, str]:
    """What divisions of today are called, by their codes."""
    names: dict[str, str] = {}
    for name, division in _listed():
        if division.current:
            names.setdefault(division.code, name)
    return names


def _listed() -> Iterable[tuple[str, Division]]:
    """Every name of the standard with its division, but for dissolved cities and what was in them."""
    # numdb.get decodes line by line, which takes as long again
    table = numdb.read(Path(cn.__file__).with_name("loc.dat").read_text(encoding="utf-8").splitlines())
    for _, province, _, properties, entries in table.prefixes:
        yield properties["province"], Division(province)
        named = {code: _PERIODS.findall(found["county"]) for _, code, _, found, _ in entries}
        cities = {code[:2] for code, names in named.items() if code.endswith("00") and not names[-1][0]}
        for code, names in named.items():
            for until, name in names:
                if code == "0000":
                    yield name, Division(province)  # the other script, for Hong Kong and Macao
                elif code[:2] in cities and not _COLLECTIVE.fullmatch(name):
                    whole = code[:2] if code.endswith("00") else code
                    yield name, Division(province + whole, current=not until)
        if province in MUNICIPALITIES:
            yield properties["province"], Division(f"{province}01")


def _shortened(name: str) -> tuple[str, ...]:
    """内蒙古 for 内蒙古自治区; 恩施 and 恩施州 for 恩施土家族苗族自治州; nothing for 沙市."""
    if found := _AUTONOMOUS.fullmatch(name):
        return (found[1], found[1] + found[2])
    found = _SUFFIX.fullmatch(name)
    return (found[1],) if found else ()
