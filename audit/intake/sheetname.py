"""What a sheet, or a file, is about by its name, where its columns do not say."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import PurePath

from audit.files import shown_name
from audit.tables import CHANNEL, Table, normalise_label

_EVERY = "common"  # no channel
_SHORTEST, _SHORTEST_LATIN = 2, 4  # characters: fewer may stand in another word
_FIRMS = ("银联商务",)  # whose name holds that of a channel
# what is said of a list beside the state of all its rows: 二、微信未报备终端清单（3台）
_NOUNS = r"终端|设备|机具|pos机?|微信支付|微信|支付宝|银联|云闪付"
_BEFORE = re.compile(rf"(?:{_NOUNS}|\d+|[一二三四五六七八九十]{{1,2}}(?=[未已待]))")
# what a heading of several has before its words: 二、微信
NUMBERED = re.compile(r"^\s*[(（]?(?:[一二三四五六七八九十]{1,2}|\d{1,2})[)）]?[、.．]\s*")
_BEHIND = re.compile(
    rf"(?:{_NOUNS}|的|清单|明细|列表|名单|数据|台账|情况|部分|表|汇总|共?\d+[台条户个]?|sheet)$"
)
_REGISTRATIONS = re.compile(r"报备|登记|备案|报送|入网|regist|filing", re.IGNORECASE)


def channel_of(sheet: str, titles: list[str], columns: Collection[str], table: Table) -> str:
    """The one channel that the name of a sheet, or else its title, names; "" of a list that says it by row.

    Lists of one channel leave it out: a workbook with a sheet for each, an archive with a file for each.
    """
    if says_channel(columns, table):
        return ""
    return next(filter(None, map(only_channel, ([sheet], titles))), "")


def says_channel(columns: Collection[str], table: Table) -> bool:
    """Whether the columns say the channel of each row; true of tables whose rows have none."""
    channel = table.by_name.get("channel")
    return channel is None or not channel.several or bool({"channel", *table.wide}.intersection(columns))


def channel_in_name(path: str) -> str:
    """The one channel that the name of a file of registrations names: 微信报备清单_20261121.csv; else "".

    Of a file that does not say in its name that it is of registrations, the channel may be anybody's.
    """
    name = PurePath(shown_name(path)).stem
    return only_channel([name]) if _REGISTRATIONS.search(name) else ""


def only_channel(texts: Sequence[str]) -> str:
    """The channel that is named in the texts; "" where none is, or more than one."""
    said = normalise_label(" ".join(texts))
    for firm in _FIRMS:
        said = said.replace(firm, "")
    named = {
        word
        for label, word in CHANNEL.by_label.items()
        if label in said and len(label) >= (_SHORTEST_LATIN if label.isascii() else _SHORTEST)
    } - {_EVERY}
    return named.pop() if len(named) == 1 else ""


def only_state(texts: Sequence[str], table: Table) -> str:
    """The word for the state that a heading, or the name of a sheet, says of all its rows; else "".

    Nothing else may be said: 报备成功率 is no 报备成功.
    """
    found = {state for text in texts if (state := _state(text, table.status, table))}
    return found.pop() if len(found) == 1 else ""


def _state(text: str, status: str, table: Table) -> str:
    column = table.by_name.get(status)
    if column is None or column.codes is None or text.isascii():
        return ""
    said = normalise_label(NUMBERED.sub("", text))
    while said and said not in column.codes.by_label:
        shorter = _BEHIND.sub("", said)
        shorter = (
            shorter if shorter != said else _BEFORE.sub("", said, count=1) if _BEFORE.match(said) else said
        )
        if shorter == said:
            return ""
        said = shorter
    return column.codes.by_label.get(said, "") if len(said) > 1 else ""


def state_in_name(path: str, table: Table) -> str:
    """The state that the name of a file says of all its rows: 未报备终端清单_20261121.csv."""
    return only_state([PurePath(shown_name(path)).stem], table)
