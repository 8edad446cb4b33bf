"""What a header says: the canonical column it names, in one language or two, by one name or several."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from audit.intake.pinyin import in_characters
from audit.tables import CHANNEL, TABLES, Kind, Table, header_forms, normalise_label
from audit.tables.codes import YES_NO

_LONGEST = 80  # characters
_REMEMBERED = 1 << 15
_ASCII = "".join(map(chr, range(128)))
_SHARED = range(2, 5)  # characters that two names have in common
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# as databases shorten the names of columns
_SHORT_FORMS = {
    "nm": "name",
    "dt": "date",
    "tm": "time",
    "ts": "time",
    "cd": "code",
    "num": "no",
    "nbr": "no",
    "typ": "type",
    "addr": "address",
    "prov": "province",
    **dict.fromkeys(("stat", "sts", "sta"), "status"),
    **dict.fromkeys(("mcht", "mchnt", "merch", "mer", "mch"), "merchant"),
    **dict.fromkeys(("term", "trm"), "terminal"),
    **dict.fromkeys(("chnl", "chn"), "channel"),
    "dev": "device",
    "inst": "install",
    "exp": "expiry",
    "lic": "license",
    "acq": "acquirer",
    "desc": "description",
    "reg": "registration",
    "ver": "version",
    "fw": "firmware",
    "mfr": "manufacturer",
    "mdl": "model",
    "hb": "heartbeat",
    "crt": "create",
    "upd": "update",
}
FILED = frozenset({"报备", "登记", "备案", "终端报备", "终端登记", "registered", "registration"}).union(
    # above the names of channels
    {f"{done}{act}{where}" for done in ("", "已") for act in ("报备", "登记") for where in ("渠道", "通道")}
)
DEVICE_NUMBERS = frozenset({"serial_no", "tusn", "terminal_id"})
_OF_SIDE = re.compile("^(?:侧|端|平台)?(?:终端)?")  # between a channel and what is said of it: 微信侧状态
_BRACKETED = re.compile(r"(.+?)[(（\[【](.+?)[)）\]】]")
_BETWEEN = re.compile(r"[/|\n、／]|或")
# what explains a name behind it: the codes of its cells (终端状态 0-停用，1-启用), or how to fill them in
_CODE = r"(?:[0-9]{1,2}|(?<![A-Za-z])[A-Z])"
_CODED = rf"{_CODE}\s*(?:[-—–:：=、.]\s*[A-Za-z\u4e00-\u9fff]|(?![位个字])[\u4e00-\u9fff])"
_HINT = (
    r"(?i:非?必[填输录选须]|[选可]填|可选|可空|可不填|如(?!意)|例|示例|样例|即(?!时)|格式|请|不[填可能得超少]|默认|详见|参见|见|填|精确|"
    r"最[长多少]|限(?![额制期时])|长度|没有|若|无则|与.{1,12}(?:一致|相同)|同(?!步|城|行)|以.{1,12}(?:为准|开头)|须|需(?!求)|应(?![用收付急])|"
    r"仅|系统(?:自动|生成)|自动(?!报备|定位|更新|登记)|长期|文本|字母|数字(?!证书)|数值|单位[:：为]|唯一(?![编标码号识])|机身[背侧]面|下拉|单选|枚举|字典|"
    r"(?:详细|精确)到|到门牌|不?(?:包)?含|保留|小数点?后|\d+\s*(?:[-~至到]\s*\d+\s*)?(?:位|个|字)|[a-zA-Z0-9]{1,6}开头|"
    r"[yY]{2,4}|[dD]{2}[-/.][mM]{2}|[mM]{2}[-/.][dD]{2}|省[-/+、市]|(?:UTC|GMT)\s*(?:[+-]\s*\d{1,2}(?::\d\d)?)?\s*$"
    r"|required|optional|mandatory|must|unique|max\.?\s*\d|up to \d|"
    r"\d+\s*(?:digits?|char(?:acter)?s?)\b|e\.?g\b|format|example)"
)
_EXPLAINED = re.compile(
    rf"(.{{2,24}}?)(?:[\s,，:：;；、.。\-—]*(?={_CODED}.*{_CODED})|(?:[\s,，:：;；、。*＊]|(?<=\s)[-–—](?=\s))+(?={_HINT})"
    rf"|(?=非?必[填输]|选填|\d{{1,2}}(?:[-~至到]\d{{1,2}})?(?:位|个字|字符)(?:以内|数字|字母|文本)?\s*$|(?i:yyyy[-/.年]?mm[-/.月]?dd日?)\s*$))",
    re.DOTALL,
)
_WORDS_LISTED = re.compile(
    r"(.{2,24}?)[\s,，:：;；]+([^\s:：/、|,，;；]+(?:\s*[/、|,，;；]\s*[^\s:：/、|,，;；]+)+)", re.DOTALL
)
_BETWEEN_WORDS = re.compile(r"\s*[/、|,，;；]\s*")
_LONGEST_EXPLANATION = 300  # characters


_NAMELESS = re.compile(r"[\d\s!-/:-@\[-`{-~]*", re.ASCII)


def is_nameless(label: str) -> bool:
    """Whether there is no letter in it: no table has a column by such a name, if none is configured."""
    return bool(_NAMELESS.fullmatch(label))


def lookup(label: str, table: Table, configured: Mapping[str, str]) -> tuple[str, int, str]:
    """Canonical name, rank (lower is better) and how it was found; ("", 0, "") for a stranger."""
    for form in header_forms(label) if configured else ():
        if name := configured.get(form):
            return name, -1, "configured"
    return _known(label, table.name)


@lru_cache(maxsize=_REMEMBERED)  # the first rows of a sheet are looked up in every table, alone and joined
def _known(label: str, table_name: str) -> tuple[str, int, str]:
    if is_nameless(label):
        return "", 0, ""
    table, forms = TABLES[table_name], header_forms(label)
    if forms[0] not in table.by_synonym:
        if (name := of_channel(label, table)) is not None:
            return name, _rank_of_channel(label, name, table), "synonym" if name else ""
        if name := _number_in_brackets(label, table):
            return name, 0, "synonym"
    for form in forms:
        if name := table.by_synonym.get(form):
            return name, table.by_name[name].synonyms[form], "synonym"
    if found := next(filter(None, (_two_languages(form, table) for form in forms)), None):
        return *found, "synonym"
    if found := _by_several_names(label, table):
        return *found, "synonym"
    whole = in_full(label)
    for form in filter(None, (whole, *in_characters(label))):
        if name := table.by_synonym.get(form.lower(), ""):
            return name, table.by_name[name].synonyms[form.lower()], "synonym"
    bare = unexplained(label) or _before_words(label, table)
    return _known(bare, table_name) if bare else ("", 0, "")


@lru_cache(maxsize=_REMEMBERED)
def unexplained(label: str) -> str:
    """The name that a header begins with, where the rest explains it without brackets; "" of any other.

    >>> unexplained("终端状态 0-未启用，1-启用"), unexplained("商户编号\\n15位数字"), unexplained("商户编号")
    ('终端状态', '商户编号', '')
    """
    found = _EXPLAINED.match(label.strip()) if len(label) <= _LONGEST_EXPLANATION else None
    return found[1].rstrip() if found else ""


def _before_words(label: str, table: Table) -> str:
    """The name before words that its cells may have: 终端状态 正常/停用, 是否备机：是/否; "" of any other."""
    found = _WORDS_LISTED.fullmatch(label.strip()) if len(label) <= _LONGEST else None
    name = table.by_synonym.get(header_forms(found[1])[0], "") if found else ""
    if not found or not name:
        return ""
    codes = table.by_name[name].codes
    known = codes.by_label.keys() if codes else YES_NO.keys()
    is_closed = codes or table.by_name[name].kind is Kind.FLAG
    parts = map(normalise_label, _BETWEEN_WORDS.split(found[2].strip()))
    return found[1] if is_closed and all(part in known for part in parts) else ""


def of_channel(label: str, table: Table) -> str | None:
    """The column of one channel that a header names: 报备状态（微信）, 支付宝终端登记结果, 微信报备时间.

    "" of one that says of a channel what only the row has a column for: 同步时间（微信）. None of any other.
    """
    if not table.wide:
        return None
    for channel, rest in _without_channel(label):
        what = table.status if rest in FILED else table.by_synonym.get(_OF_SIDE.sub("", rest), "")
        for state, (of_channel, message) in table.wide.items():
            if of_channel == channel and what in (table.status, "reg_message"):
                return state if what == table.status else message
        if what and table.by_name[what].kind in (Kind.DATE, Kind.MOMENT):
            own = f"{what}_{channel}"
            return own if own in table.per_channel else ""
    return None


def _rank_of_channel(label: str, name: str, table: Table) -> int:
    """The rank of what a header says of a channel among the names of the row's own column."""
    _, of_row = table.per_channel.get(name, ("", ""))
    ranks = table.by_name[of_row].synonyms if of_row else {}
    rests = (_OF_SIDE.sub("", rest) for _, rest in _without_channel(label))
    return min((ranks[rest] for rest in rests if rest in ranks), default=0)


def _without_channel(label: str) -> Iterator[tuple[str, str]]:
    """The channels whose names stand before or behind the rest of a header, each with that rest."""
    said, names = header_forms(label)[0], tuple(CHANNEL.by_label)
    if not said.startswith(names) and not said.endswith(names):
        return
    for name, channel in CHANNEL.by_label.items():
        rest = said.removeprefix(name) if said.startswith(name) else said.removesuffix(name)
        if rest != said and rest:
            yield channel, rest


def is_fallback_of_channel(label: str, column: str, table: Table) -> bool:
    """Whether a header may mean this column of one channel, as its rest that of the row: 微信报备时间."""
    channel, of_row = table.per_channel.get(column, ("", ""))
    return bool(of_row) and any(
        named == channel and rest in table.by_name[of_row].fallbacks
        for named, rest in _without_channel(label)
    )


def _number_in_brackets(label: str, table: Table) -> str:
    """Of a number of the device with another in brackets, the latter: 终端编号（SN）, 终端序列号(TUSN)."""
    found = _BRACKETED.match(label.strip())
    if not found or header_forms(f"x{label.strip()[found.end() :]}")[-1] != "x":
        return ""
    outer, inner = (table.by_synonym.get(header_forms(part)[0], "") for part in found.groups())
    return inner if inner != outer and {inner, outer} <= DEVICE_NUMBERS else ""


def in_full(label: str) -> str:
    """The name of a database's column without abbreviations: TERM_STAT is terminalstatus; "" of any other."""
    words = [word.lower() for word in _WORDS.findall(label)] if label.isascii() else []
    if len(words) < 2 or _SHORT_FORMS.keys().isdisjoint(words):
        return ""
    return "".join(_SHORT_FORMS.get(word, word) for word in words)


def _two_languages(form: str, table: Table) -> tuple[str, int] | None:
    """The column that a header names in Chinese and English, and its rank: 商户号/Merchant ID.

    One of the names means no other.
    """
    if form.isascii() or not re.search("[a-z]", form):
        return None
    # one half is of one language, which the form begins or ends with
    length = min(len(form), _LONGEST)
    start, end = length - len(form[:length].lstrip(_ASCII)), len(form.rstrip(_ASCII))
    for cut in (*range(1, start + 1), *range(max(end, start + 1), length)):
        first, second = form[:cut], form[cut:]
        name = table.by_synonym.get(first) or table.by_synonym.get(second)
        if not name:
            continue
        column = table.by_name[name]
        if {first, second} <= column.synonyms.keys() | column.fallbacks:
            return name, min(column.synonyms[half] for half in (first, second) if half in column.synonyms)
    return None


def _by_several_names(label: str, table: Table) -> tuple[str, int] | None:
    """The column that all names of a header may mean, and its rank: 法人/经营者. One name means no other."""
    split = [part.strip() for part in _BETWEEN.split(label[:_LONGEST]) if part.strip()]
    if len(split) < 2:
        return None
    parts = [header_forms(part) for part in split]
    if any(form in table.by_synonym for part in parts for form in part):
        parts = [(*forms, *_completed(place, split)) for place, forms in enumerate(parts)]
    for name in dict.fromkeys(
        table.by_synonym[form] for part in parts for form in part if form in table.by_synonym
    ):
        column = table.by_name[name]
        if all(not (column.synonyms.keys() | column.fallbacks).isdisjoint(part) for part in parts):
            return name, min(
                column.synonyms[form] for part in parts for form in part if form in column.synonyms
            )
    return None


def names_both(label: str, table: Table, *columns: str) -> bool:
    """Whether a header names these columns, one after the other, in one language: 商户编号/商户名称."""
    parts = [part for part in _BETWEEN.split(label[:_LONGEST]) if part.strip()]
    found = columns_of_parts(parts, table, {})
    return len({part.isascii() for part in parts}) == 1 and sorted(found) == sorted(columns)


def columns_of_parts(parts: list[str], table: Table, configured: Mapping[str, str]) -> list[str]:
    """The column that each part of a header names, also by what it shares (商户编号/名称), or ""."""
    found = [lookup(part, table, configured)[0] for part in parts]
    return [
        name or next(filter(None, map(table.by_synonym.get, _completed(place, parts))), "")
        for place, name in enumerate(found)
    ]


def _completed(place: int, parts: list[str]) -> Iterator[str]:
    """A name with what another one shares with it: 失败原因 of 失败/驳回原因, 结算卡号 of 结算账号/卡号."""
    part, first, last = parts[place], parts[0], parts[-1]
    for size in _SHARED:
        if part is not last and len(last) > size:
            yield normalise_label(part + last[-size:])
        if part is not first and len(first) > size:
            yield normalise_label(first[:size] + part)


def suggest(name: str, table: Table, labels: list[str]) -> list[str]:
    """Headers that resemble a missing column; offered to the reader, never taken."""
    synonyms = table.by_name[name].synonyms
    near = []
    for label in labels:
        form = header_forms(label)[-1]
        contained = any(len(word) > 1 and (word in form or form in word) for word in synonyms if form)
        if contained or difflib.get_close_matches(form, synonyms, n=1, cutoff=0.75):
            near.append(label.strip())
    return near[:5]
