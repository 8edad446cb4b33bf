"""Dates as vendors write them. What could be two dates is refused, not guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from audit.intake.identifiers import GLUE, Unreadable
from audit.intake.reading import Reason
from audit.plaintext import plain
from audit.tables.codes import FOREVER_TOKENS, NEVER_TOKENS, NULL_TOKENS
from audit.tables.model import header_forms, normalise_label

FOREVER = date(9999, 12, 31)
END_OF_TIME = datetime(2099, 1, 1)  # noqa: DTZ001 - from here on a date means "no end"
CHINA = ZoneInfo("Asia/Shanghai")
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's dates have no zone
# 1954-10-04 to 2119-01-11: a number outside is no date anybody meant
_SERIAL_RANGE = range(20_000, 80_000)

_CLOCK = (
    r"(?:\s*\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?"
    r"(?:[ T,_]*(?P<half>上午|下午|凌晨|中午|晚上|[AaPp][Mm])?\s*(?P<hour>\d{1,2})[:时点](?P<minute>\d{1,2})"
    r"(?:[:分](?P<second>\d{1,2})秒?(?:[.:,]\d+)?|分)?\s*(?P<after>[AaPp][Mm]|上午|下午)?)?"
    r"\s*(?P<offset>Z|\(?(?:UTC|GMT)\)?|\(?(?:GMT|UTC)? ?[+-]\d\d?(?::?\d\d)?\)?)?"
    r"(?: ?\(?(?:CST|北京时间|中国标准时间|China Standard Time)\)?)?"
)
_BETWEEN = r"(?: ?[-/.年月_,、。·\\] ?| )"  # a Chinese keyboard has 。 where others have the dot
# 26年 says itself what it is; from 50 on it may be of the last century, or of 民国
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}}|民[国國] ?\d{{2,3}}|[0-4]\d(?= ?年)){_BETWEEN}(?P<month>\d{{1,2}}){_BETWEEN}"
    rf"(?P<day>\d{{1,2}})(?: ?[日号])?{_CLOCK}"
)
_COMPACT = re.compile(
    r"(?P<year>(?:19|20|99)\d\d)(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:(?:[ T]?|[_-](?=\d{4}(?:\d\d)?$))"
    r"(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)\d{0,3})?(?P<offset>Z)?)?(?:\.0+)?"
)
# of DB2: 2026-11-21-08.05.00.000000; of names of files: 2026-11-21 08-05-00
_DOTTED_CLOCK = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"[- ](?P<hour>\d\d)[.-](?P<minute>\d\d)[.-](?P<second>\d\d)(?:\.\d+)?"
)
_YEAR_LAST = re.compile(
    rf"(?P<first>\d{{1,2}})[-/.](?P<second_part>\d{{1,2}})[-/.](?P<year>\d{{4}}|\d{{2}}){_CLOCK}"
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_MONTH_NAMES = tuple(date(2000, month, 1).strftime("%B").lower() for month in range(1, 13))
_MONTH = r"(?P<name>[A-Za-z]{3,9})\.?"
_DOTTED = _CLOCK.replace("[:时点]", "[:时点.]").replace("[:分]", "[:分.]")
_MONTH_NAMED = (
    # of databases and programs as well: 21-NOV-26, 21-11月-26, Sat Nov 21 08:05:00 CST 2026
    re.compile(
        rf"(?:[A-Z][a-z]{{2}}, )?(?P<day>\d{{1,2}})[- ](?:{_MONTH}|(?P<number>\d{{1,2}})月 ?)"
        rf"[-, ]+(?P<year>\d{{4}}|\d\d){_DOTTED}"
    ),
    re.compile(rf"(?:[A-Z][a-z]{{2}} )?{_MONTH}[- ](?P<day>\d{{1,2}}),? +(?P<year>\d{{4}}),?{_CLOCK}"),
    re.compile(
        rf"[A-Z][a-z]{{2}} {_MONTH} (?P<day>\d\d) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) "
        r"(?:CST|GMT(?P<offset>\+08:00)) (?P<year>\d{4})"
    ),
    # of SAS: 21NOV2026:08:05:00
    re.compile(
        r"(?P<day>\d\d)(?P<name>[A-Za-z]{3})(?P<year>\d{4})"
        r"(?::(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?)?"
    ),
)
_FIGURES = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_IN_WORDS = re.compile(
    "[〇零○一二三四五六七八九]{4}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}[日号]"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
# what programs write for "no date": their own day zero, as year, month and day
_DAYS_ZERO = frozenset(
    {
        (1, 1, 1),
        (1601, 1, 1),
        (1753, 1, 1),
        (1899, 12, 30),
        (1899, 12, 31),
        (1900, 1, 0),
        (1900, 1, 1),
        (1970, 1, 1),
    }
)
AFTER_DAYS_ZERO = datetime(1970, 1, 2)  # noqa: DTZ001
START_OF_TIME = datetime(1900, 1, 1)  # noqa: DTZ001 - no terminal is older
# in ms, µs or ns; services of .NET write /Date(1795201445000+0800)/. Ten digits may be a serial number
_EPOCH = re.compile(r"(?P<dotnet>/Date\()?(?P<seconds>1\d{9})\d{3}(?:\d{3}){0,2}(?(dotnet)(?:[+-]\d{4})?\)/)")
_DAY = r"(?:\d{4} ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2} ?[日号]?|\d{8})(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?"
_PERIOD = re.compile(
    rf"[\[(]?(?:自|从|由)? ?(?P<start>{_DAY}) ?起?"
    rf"(?: ?(?:至|到|[~,/]|-{{1,3}}|to|until) ?(?P<end>{_DAY}|\D{{2,8}})| (?P<next>{_DAY}))"
    r" ?[\])]?(?:止|为止)?",
    re.IGNORECASE,
)
_VALID_UNTIL = re.compile(
    r"^(?:(?:有效期|有效|截|截止)?(?:至|到|截止)|截止日期|到期日期?)[:：]? ?"
    r"| ?(?:止|为止|到期|前有效|\(?(?:已过期|已到期|未过期|有效)\)?)$"
)
_SINCE = re.compile(r" ?\((?:在线|离线|\d+ ?(?:天|小时|分钟)前)\)$")  # what pages put behind a moment
_ZERO = re.compile(r"(?=.*[0\-/])[0:\-/ .T]+")


def clean_end(text: str, zone: tzinfo = CHINA, days: int = 0) -> date | None:
    """The last day of a period of validity, stated alone or as "from - to".

    >>> clean_end("2020年1月1日至长期"), clean_end("2020.1.1-2030.1.1"), clean_end("2030-01-01")
    (datetime.date(9999, 12, 31), datetime.date(2030, 1, 1), datetime.date(2030, 1, 1))
    """
    value = _plain(text)
    if found := _PERIOD.fullmatch(value):
        if clean_date(found["start"], zone, days) is None:
            raise Unreadable(Reason.UNKNOWN_DATE)
        return clean_date(found["end"] or found["next"], zone, days)
    return clean_date(_VALID_UNTIL.sub("", value) or value, zone, days)


def clean_date(text: str, zone: tzinfo = CHINA, days: int = 0) -> date | None:
    """A calendar date, or None for a blank. 长期 and its like are 9999-12-31.

    >>> clean_date("2026年11月21日"), clean_date("20261121.0"), clean_date("46347")
    (datetime.date(2026, 11, 21), datetime.date(2026, 11, 21), datetime.date(2026, 11, 21))
    """
    moment = clean_moment(text, zone, days)
    return None if moment is None else moment.date()


def clean_moment(text: str, zone: tzinfo = CHINA, days: int = 0) -> datetime | None:
    """A date with its time of day where one is given, or None for a blank.

    Naive: the vendor's own clock. A time that states its offset is brought to `zone`; `days` are added to
    a bare number, for a workbook that counts from another day. Raises Unreadable
    for 03/04/2026 (day or month first?), for dates that do not exist and for anything that is no date.
    """
    value = _SINCE.sub("", _plain(text))
    if value.upper() in NULL_TOKENS or normalise_label(value) in NEVER_TOKENS or _ZERO.fullmatch(value):
        return None
    if value.startswith("#"):
        raise Unreadable(Reason.ERROR_CELL)
    if FOREVER_TOKENS.intersection(header_forms(value)):  # 长期（无固定期限） too
        return datetime.combine(FOREVER, datetime.min.time())
    if found := _YEAR_FIRST.fullmatch(value) or _COMPACT.fullmatch(value) or _DOTTED_CLOCK.fullmatch(value):
        return _moment(found.groupdict(), int(found["month"]), int(found["day"]), zone)
    if _SERIAL.fullmatch(value) and int(float(value)) + days in _SERIAL_RANGE:
        return _from_serial(float(value) + days)
    if found := _YEAR_LAST.fullmatch(value):
        return _year_last(found, zone)
    if found := next(filter(None, (form.fullmatch(value) for form in _MONTH_NAMED)), None):
        parts = found.groupdict()
        month = int(parts["number"]) if parts.get("number") else _month_named(found["name"])
        return _moment(parts, month, int(found["day"]), zone)
    if found := _EPOCH.fullmatch(value):
        return datetime.fromtimestamp(int(found["seconds"]), zone).replace(tzinfo=None)
    raise Unreadable(Reason.UNKNOWN_DATE)


def _plain(text: str) -> str:
    value = GLUE.sub(" ", plain(unicodedata.normalize("NFKC", text))).strip().translate(_DASHES)
    return _in_figures(value) if _IN_WORDS.fullmatch(value) else value.removeprefix("= ").strip()


def _in_figures(text: str) -> str:
    """二〇二六年十一月二十一日 in figures."""
    year, *others = (part for part in re.split("[年月日号]", text) if part)
    return "-".join([year.translate(_FIGURES), *(str(_counted(part)) for part in others)])


def _counted(text: str) -> int:
    """A number up to 99 as it is counted: 二十一, 十, 三."""
    tens, ten, ones = text.rpartition("十")
    return (int(tens.translate(_FIGURES) or 1) * 10 if ten else 0) + int(ones.translate(_FIGURES) or 0)


def _year(text: str) -> int:
    """Of two digits, of this century; 民国115 is 2026."""
    if text.startswith("民"):
        return int(text[2:]) + 1911
    return int(text) + (2000 if len(text) == 2 else 0)


def _moment(parts: dict[str, str | None], month: int, day: int, zone: tzinfo) -> datetime | None:
    year = _year(parts["year"] or "0")
    if (year, month, day) in _DAYS_ZERO:
        return None
    if year < START_OF_TIME.year:
        raise Unreadable(Reason.UNKNOWN_DATE)
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or parts.get("after") or "").lower()
    if half in ("下午", "晚上", "中午", "pm") and hour < 12:
        hour += 12
    elif half in ("上午", "凌晨", "am") and hour == 12:
        hour = 0
    rollover = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta()
    try:
        moment = datetime(year, month, day, 0 if rollover else hour, minute, second) + rollover  # noqa: DTZ001
        if offset := parts.get("offset"):
            moment = moment.replace(tzinfo=stated_zone(offset)).astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Unreadable(Reason.IMPOSSIBLE_DATE) from None
    return _forever_or(moment)


def stated_zone(offset: str) -> tzinfo:
    """The zone of a stated offset: Z, +0800, GMT+8, (UTC+08:00)."""
    found = re.search(r"([+-])(\d\d?):?(\d\d)?", offset)
    if not found:
        return UTC
    distance = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-distance if found[1] == "-" else distance)


def _month_named(name: str) -> int:
    """The number of a month by its English name, or by the first three or four letters of it."""
    for month, full in enumerate(_MONTH_NAMES, 1):
        if name.lower() in (full, full[:3], full[:4]):
            return month
    raise Unreadable(Reason.UNKNOWN_DATE)


def _year_last(found: re.Match[str], zone: tzinfo) -> datetime | None:
    first, second = int(found["first"]), int(found["second_part"])
    if len(found["year"]) == 2 or (first <= 12 and second <= 12 and first != second):
        raise Unreadable(Reason.AMBIGUOUS_DATE)
    month, day = (second, first) if first > 12 else (first, second)
    return _moment(found.groupdict(), month, day, zone)


def first_part(text: str) -> str:
    """What comes first in a date with the year behind, where one of its parts is no month; else "".

    >>> first_part("21/11/2026"), first_part("11/21/2026 08:05"), first_part("03/04/2026")
    ('day', 'month', '')
    """
    found = _YEAR_LAST.fullmatch(_plain(text))
    if not found or len(found["year"]) == 2:
        return ""
    first, second = int(found["first"]), int(found["second_part"])
    return "day" if first > 12 else "month" if second > 12 else ""


def _from_serial(days: float) -> datetime:
    seconds = round((days % 1) * 86_400)  # a spreadsheet's clock is a fraction of a day
    return _EXCEL_EPOCH + timedelta(days=int(days), seconds=seconds)


def _forever_or(moment: datetime) -> datetime:
    """The far dates systems write for "no end" (2099-12-31, 9999-12-31) are one canonical date."""
    if moment >= END_OF_TIME:
        return datetime.combine(FOREVER, datetime.min.time())
    return moment
