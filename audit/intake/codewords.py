"""Words of closed lists, yes and no: what stands beside the word in a cell, and several words in one."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import partial

from audit.intake.channelstates import STATE, states_of
from audit.intake.identifiers import ERROR_TEXT, GLUE, Unreadable
from audit.intake.reading import Reason
from audit.tables import REGISTRATION_STATUS, SEVERAL, Column, normalise_label
from audit.tables.codes import NULL_TOKENS, YES_NO

_DATE = r"20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]*\d{1,2}:\d\d(?::\d\d)?)?"
# a number or date before a word, a number in brackets or a date behind it
_NUMBERED = re.compile(
    r"^(?:\d{1,3}\s*[-_:.、|)]\s*(?=\D)|[(\[【]\d{1,3}[)\]】]\s*|\d{1,4}(?=[\u4e00-\u9fff]))"
    rf"|^{_DATE}[\s,;:、-]*(?=\D)"
    rf"|\s*[(\[【][\d:/.年月日 -]{{1,20}}[)\]】]$|[\s,;:、/|-]*{_DATE}$"
)
# what a cell says the state of, and the type of a program's constants: 设备停用, TERM_STATUS_ACTIVE
_SUBJECT = re.compile(
    r"^(?:(?:(?:当前|报备|登记|审核)?状态|(?:终端|设备|机具|POS机?)(?:当前)?(?:状态)?)[:\s]*(?=\S{2})|(?:[A-Za-z]+[_.])*(?:STATUS|STATE)[_.](?=[A-Za-z]))",
    re.IGNORECASE,
)
# what pages put around a word: ● 正常, ✅已报备, 失败×
_SIGN = "[\u00d7\u2190-\u2bff\ufe0f\U0001f300-\U0001faff\\s]+"
_SIGNS = re.compile(f"^{_SIGN}|{_SIGN}$")
_TICKS = frozenset("√✓✔☑✅×✗✘❌")
_BETWEEN = re.compile(r"[\s/\\|、,;+&]+|和|及|与")
_TWICE = re.compile(
    r"[\s/|:()\[\]【】-]+"
)  # between a word and the same word in another language, or a program's code
_TONGUES = re.compile(
    r"(?<=[A-Za-z])[\s/|:()-]+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[\s/|:()-]+(?=[A-Za-z])"
)
_ASIDE = re.compile(r"[:()\[\]【】-]")
_PROGRAMS_CODE = re.compile(r"\d{1,4}|[A-Za-z]\d?")
_COMMENTED = re.compile(r"(.+?)\s*(?:[(\[【](.+?)[)\]】]|[-_:;,、](.+))")
_MARK_AND_BLANK = re.compile(r"[:;,] | - ")
# what may stand behind a good word without a doubt about it: who or what said so
_HARMLESS = re.compile(
    r"(?:系统|自动|人工|机器|线上|线下|渠道|通道|平台|微信|支付宝|银联|网联)(?:审核|审批|报备|登记)?(?:通过)?|正常|成功|完成|有效"
)
_WORDS = re.compile(r"[^\W\d_]{2}")
# 报备是否成功, 是否审核通过, 报备成功（是/否）, 报备成功与否
_ASKS_SUCCESS = re.compile("是否.*(?:成功|通过)|(?:成功|通过)(?:是|与)?否$|^报备成功$")
_NO = ("否", "n", "no", "f", "false", "×", "✗", "✘")
_FLAG_PARTS = re.compile(r"[()\[\]【】/|,、;:-]|(?=[√✓✔×✗✘])")


def clean_code(text: str, column: Column, configured: dict[str, str]) -> str | None:
    """The canonical word for a label. Labels set in `[inputs.<feed>.codes]` come first.

    Of a number and a label - 00-启用, 启用(00) - the label tells: the numbers differ from system to system.
    Of a cell that says it of several channels, a word for each: "alipay=failed+wechat=registered".
    """
    value = unicodedata.normalize("NFKC", text).strip()
    if column.by_channel:
        with suppress(Unreadable):
            if states := states_of(value, partial(_clean_label, column=column, configured=configured)):
                return SEVERAL.join(f"{channel}{STATE}{word}" for channel, word in sorted(states.items()))
    return _clean_label(text, column, configured)


def _clean_label(text: str, column: Column, configured: dict[str, str]) -> str | None:
    assert column.codes is not None
    value = unicodedata.normalize("NFKC", text).strip()
    spoken_of = _SUBJECT.sub("", value), value.removesuffix("状态")  # 设备停用, 停用状态
    for said in (value, _NUMBERED.sub("", value), _SIGNS.sub("", value), *spoken_of):
        label = normalise_label(said) or said
        word = configured.get(label) or column.codes.by_label.get(label)
        if word and not _takes_back(value, said, word, column):
            return word
    if is_blank(text):
        return None
    if word := _said_twice(value, column.codes.by_label | configured):
        return word
    if column.several and (words := _words_of(value, column.codes.by_label | configured)):
        return SEVERAL.join(words)
    if word := _commented(value, column, column.codes.by_label | configured):
        return word
    raise Unreadable(Reason.ERROR_CELL if ERROR_TEXT.fullmatch(text) else Reason.UNKNOWN_CODE)


def _takes_back(value: str, said: str, word: str, column: Column) -> bool:
    """Whether a tick or a cross beside a word says otherwise: √/× is neither, ❌ 未报备 is 未报备."""
    assert column.codes is not None
    good, marks = column.codes.words[0], _TICKS.intersection(value.replace(said, "", 1))
    return any((column.codes.by_label.get(mark, word) == good) != (word == good) for mark in marks)


def clean_flag(text: str) -> bool | None:
    """Yes or no. Of a number and a word - 1-是, 是(1) - the word tells."""
    value = GLUE.sub("", unicodedata.normalize("NFKC", text)).removesuffix(".0")
    for form in (value, _NUMBERED.sub("", value)):
        label = normalise_label(form) or form
        if label in YES_NO:
            return YES_NO[label]
    if is_blank(text):
        return None
    said = [YES_NO.get(normalise_label(part) or part) for part in _FLAG_PARTS.split(value) if part]
    if (
        said and not value.isascii() and said[0] is not None and (not said[0]) not in said
    ):  # 有（已上传）, 否×
        return said[0]
    raise Unreadable(Reason.NOT_A_FLAG)


def _commented(value: str, column: Column, known: dict[str, str]) -> str:
    """The word before a comment: 失败（资料不符）; "" where the comment may take it back.

    Of the good word of a list, which comes first in it, any comment might; so may a word the list knows.
    """
    assert column.codes is not None
    found = _COMMENTED.fullmatch(value)
    word = known.get(normalise_label(found[1]), "") if found else ""
    # INIT_AUDIT is a word of its own, Failed: bad address is not
    if not found or not word or (found[3] and value.isascii() and not _MARK_AND_BLANK.search(value)):
        return ""
    comment = found[2] or found[3]
    if any(normalise_label(part) in known for part in _TWICE.split(comment)):
        return ""
    doubtful = word == column.codes.words[0] and not column.several
    return "" if doubtful and not _HARMLESS.fullmatch(comment) else word


def comment_of(text: str, column: Column, configured: dict[str, str]) -> str | None:
    """What stands behind the word of a cell, in brackets or parted from it, if that is words at all."""
    assert column.codes is not None
    value = unicodedata.normalize("NFKC", text).strip()
    found = _COMMENTED.fullmatch(_SIGNS.sub("", _NUMBERED.sub("", value)))
    known = column.codes.by_label | configured
    word = known.get(normalise_label(found[1])) if found else None
    if not found or not word:
        return None
    comment = (found[2] or found[3]).strip()
    says_other = known.get(normalise_label(comment), word) != word
    if not _WORDS.search(comment) or says_other or _HARMLESS.fullmatch(comment):
        return None
    return comment


def _said_twice(value: str, known: dict[str, str]) -> str:
    """The word of a cell that says it more than once (已报备/Registered, S-成功); "" where parts disagree."""
    parts = _TONGUES.split(value.strip(" ()"))
    if not all(normalise_label(part) in known for part in parts):  # In Stock 库存
        parts = [part for part in _TWICE.split(value) if part]
    labels = {part: normalise_label(part) for part in parts}
    words = {
        known.get(label, "")
        for part, label in labels.items()
        if label in known or not _PROGRAMS_CODE.fullmatch(part)
    }
    by_more_than_a_letter = any(len(label) > 1 and label in known for label in labels.values())
    return words.pop() if len(parts) > 1 and len(words) == 1 and by_more_than_a_letter else ""


def _words_of(value: str, known: dict[str, str]) -> list[str]:
    """The words of a cell that names several (微信/支付宝, 微信支付宝); none where one is not known."""
    words = []
    for part in filter(None, _BETWEEN.split(value)):
        if word := _said_twice(part, known):
            words.append(word)
        else:
            labels = _glued(normalise_label(part), known)
            if len(labels) > 1 and _ASIDE.search(part):
                return []  # 微信(网联) may be the one by way of the other
            words += [known.get(label, "") for label in labels]
    return sorted(set(words)) if all(words) else []


def _glued(label: str, known: dict[str, str]) -> list[str]:
    """A label of several known ones without anything between them in its parts; any other as it is."""
    if label in known or label.isascii():
        return [label]
    for cut in range(len(label) - 1, 0, -1):
        if label[:cut] in known and known.keys() >= set(rest := _glued(label[cut:], known)):
            return [label[:cut], *rest]
    return [label]


def of_question(column: Column, header: str) -> dict[str, str]:
    """What no means below a header that asks whether a registration succeeded: it is not the lack of one.

    >>> of_question(TABLES["registrations"].by_name["reg_status"], "是否审核通过")["否"]
    'failed'
    """
    asks = column.codes is REGISTRATION_STATUS and _ASKS_SUCCESS.search(normalise_label(header))
    return dict.fromkeys(_NO, "failed") if asks else {}


def is_blank(text: str) -> bool:
    """Whether a cell says that there is nothing to say."""
    return GLUE.sub("", unicodedata.normalize("NFKC", text)).upper() in NULL_TOKENS
