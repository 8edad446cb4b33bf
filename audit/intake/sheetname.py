"""What a sheet, or a file, is about by its name, where its columns do not say."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePath

from audit.tables import CHANNEL, Table, normalise_label

_EVERY = "common"  # no channel
_SHORTEST, _SHORTEST_LATIN = 2, 4  # characters: fewer may stand in another word
_FIRMS = ("银联商务",)  # whose name holds that of a channel
_REGISTRATIONS = re.compile(r"报备|登记|备案|报送|入网|regist|filing", re.IGNORECASE)


def channel_of(sheet: str, titles: list[str], columns: Collection[str], table: Table) -> str:
    """The one channel that the name of a sheet, or else its title, names; "" of a list that says it by row.

    Lists of one channel leave it out: a workbook with a sheet for each, an archive with a file for each.
    """
    if says_channel(columns, table):
        return ""
    return next(filter(None, map(_only_channel, ([sheet], titles))), "")


def says_channel(columns: Collection[str], table: Table) -> bool:
    """Whether the columns say the channel of each row; true of tables whose rows have none."""
    channel = table.by_name.get("channel")
    return channel is None or not channel.several or bool({"channel", *table.wide}.intersection(columns))


def channel_in_name(path: str) -> str:
    """The one channel that the name of a file of registrations names: 微信报备清单_20261121.csv; else "".

    Of a file that does not say in its name that it is of registrations, the channel may be anybody's.
    """
    name = PurePath(path).stem
    return _only_channel([name]) if _REGISTRATIONS.search(name) else ""


def _only_channel(texts: list[str]) -> str:
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
