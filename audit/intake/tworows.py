"""Headers in two rows, groups above and names below: what each column is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from audit.intake.labels import lookup
from audit.tables import CHANNEL, Table, normalise_label

_GROUP_TAIL = re.compile(
    r"\s*(基本|基础)?(信息|资料|情况|数据|info(rmation)?)\s*$", re.IGNORECASE
)  # 商户信息 over 编号: 商户编号
_AROUND_GROUP = re.compile(
    r"^\s*\w{0,4}[渠通]道\s*[:：]\s*|\s*[(（][^()（）]*[)）]\s*$"
)  # 渠道：微信（间联）
# of a group that says nothing of its columns
_ANY_GROUP = re.compile(
    r"(?:基本|基础|主要|一般|常规|general|basic)\s*(?:信息|资料|情况|数据|info(?:rmation)?)", re.IGNORECASE
)
_OF_CHANNEL = re.compile("(.+?)(?:渠道|通道|平台|端|侧)?(?:终端)?(?:报备|登记|备案|入网)?")
# numbers that each channel gives
_OF_EACH = frozenset({"merchant_no", "terminal_id", "channel_merchant_no", "channel_terminal_id"})
_OF_ALL = frozenset({"serial_no", "tusn", "model", "vendor", "merchant_name"})  # channels
_LAST_HALVES = ("日期", "时间", "date", "time")
_REPEATED = (4, 3, 2)  # characters


def names_of_two_rows(
    upper: list[str | None], lower: list[str | None], table: Table, configured: Mapping[str, str]
) -> list[str | None]:
    """Each column's name from both rows: together where that is a name, else the lower, else the upper.

    What only a group names is called by it where no other column is that: 地址 over 省, 市 and 详细, but not
    报备结果 over 报备状态 and 原因.
    """

    def means(label: str | None) -> str:
        return lookup(label, table, configured)[0] if label else ""

    columns = [_called(group, name, means) for group, name in zip(upper, lower, strict=True)]
    named = {means(name) for name, _ in columns}
    return [
        group if of_group and of_group not in named else name
        for group, (name, of_group) in zip(upper, columns, strict=True)
    ]


def _called(
    group: str | None, name: str | None, means: Callable[[str | None], str]
) -> tuple[str | None, str]:
    """What a column is called, and what its group names where nothing else names it."""
    if not group or not name:
        return name or group, ""
    is_channel = normalise_label(name) in CHANNEL.by_label
    if is_channel and means(group) in _OF_EACH:
        return f"{name}{group}", ""  # 子商户号 over 微信
    whole = _GROUP_TAIL.sub("", _AROUND_GROUP.sub("", group)).strip()
    bare = _channel_of(whole) or whole
    # 报备时间 below 微信 is not that of the row
    of_channel = normalise_label(bare) in CHANNEL.by_label and means(name) not in _OF_ALL
    candidates = (
        f"{group}{name}",
        _said_once(whole, name),
        f"{whole}{name}",
        f"{bare}{name}",
        None if of_channel else name,
        f"{name}{group}" if normalise_label(group) in _LAST_HALVES else None,  # 日期 over 安装
    )
    if known := next(filter(means, candidates), None):
        return known, ""
    for_each = is_channel and means(group) == "channel"  # 渠道 over 微信, 支付宝: a column for each
    says_no_more = _ANY_GROUP.fullmatch(group.strip()) or group.strip() in name  # 详细地址 below 地址
    called = name if for_each or says_no_more else f"{bare}{name}"
    return called, "" if for_each or of_channel else means(group)


def groups_of_two_rows(
    upper: list[str | None], middle: list[str | None], table: Table, configured: Mapping[str, str]
) -> list[str | None]:
    """What two rows of groups say of each column: 安装 over 地址, and 微信报备 of 报备情况 over 微信."""
    joined = names_of_two_rows(upper, middle, table, configured)
    for place, (above, group) in enumerate(zip(upper, middle, strict=True)):
        if above and group and normalise_label(group) in CHANNEL.by_label:
            joined[place] = f"{group}{_GROUP_TAIL.sub('', above).strip()}"
    return joined


def _said_once(group: str, name: str) -> str | None:
    """A name below a group whose last words are its first ones: 微信报备 over 报备状态 is 微信报备状态."""
    sizes = (size for size in _REPEATED if len(name) > size < len(group) and group.endswith(name[:size]))
    return next((f"{group}{name[size:]}" for size in sizes), None)


def _channel_of(group: str) -> str:
    """The name of the channel that a group is about: 云闪付 of 云闪付渠道, 微信 of 微信报备, else ""."""
    found = _OF_CHANNEL.fullmatch(group)
    return found[1] if found and normalise_label(found[1]) in CHANNEL.by_label else ""
