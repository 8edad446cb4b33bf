"""Headers in two rows, groups above and names below: what each column is called."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
    """Each column's name from both rows: together where that is a name, else the lower, else the upper."""
    joined: list[str | None] = []
    of_groups: dict[str, list[int]] = {}  # by what a group names itself: columns that nothing else names
    for group, name in zip(upper, lower, strict=True):
        both = f"{group}{name}" if group and name else None
        whole = _GROUP_TAIL.sub("", _AROUND_GROUP.sub("", group)).strip() if group else ""
        bare = _channel_of(whole) or whole
        of_whole, of_group = (f"{stem}{name}" if group and name else None for stem in (whole, bare))
        # 日期 over 安装
        turned = f"{name}{group}" if group and name and normalise_label(group) in _LAST_HALVES else None
        # 报备时间 below 微信 is not that of the row
        meant = lookup(name, table, configured)[0] if both and name else ""
        of_channel = bool(both) and normalise_label(bare) in CHANNEL.by_label and meant not in _OF_ALL
        # 渠道 over 微信, 支付宝: a column for each
        channels = bool(group and name) and normalise_label(name or "") in CHANNEL.by_label
        if channels and lookup(group or "", table, configured)[0] in _OF_EACH:
            joined.append(f"{name}{group}")  # 子商户号 over 微信
            continue
        above = None if channels and lookup(group or "", table, configured)[0] == "channel" else group
        once = _said_once(whole, name) if whole and name else None
        candidates = (both, once, of_whole, of_group, None if of_channel else name, turned)
        known = next((label for label in candidates if label and lookup(label, table, configured)[0]), None)
        # 详细地址 below 地址
        says_all = group and (_ANY_GROUP.fullmatch(group.strip()) or (name and group.strip() in name))
        of_any = name if says_all or above is None else None
        if not known and above and not of_channel and (of_itself := lookup(above, table, configured)[0]):
            of_groups.setdefault(of_itself, []).append(len(joined))
        joined.append(known or of_any or of_group or name or group)
    # 地址 over 省, 市 and 详细, not 报备结果 over 报备状态 and 原因
    found = {lookup(label, table, configured)[0] for label in joined if label}
    for place in (place for name, places in of_groups.items() if name not in found for place in places):
        joined[place] = upper[place]
    return joined


def _said_once(group: str, name: str) -> str | None:
    """A name below a group whose last words are its first ones: 微信报备 over 报备状态 is 微信报备状态."""
    sizes = (size for size in _REPEATED if len(name) > size < len(group) and group.endswith(name[:size]))
    return next((f"{group}{name[size:]}" for size in sizes), None)


def _channel_of(group: str) -> str:
    """The name of the channel that a group is about: 云闪付 of 云闪付渠道, 微信 of 微信报备, else ""."""
    found = _OF_CHANNEL.fullmatch(group)
    return found[1] if found and normalise_label(found[1]) in CHANNEL.by_label else ""
