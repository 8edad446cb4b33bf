"""Numbers that each channel gave merchants and terminals: 微信子商户号 | 支付宝子商户号."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from audit.tables import CHANNEL, Table, header_forms, normalise_label

Claims = dict[str, list[tuple[int, int, str]]]  # by column: rank, place of the header, how it was found

_CHANNELS = (
    "微信,微信支付,支付宝,支付宝支付,银联,银联二维码,云闪付,网联,微信渠道,支付宝渠道,银联渠道,微信通道,支付宝通道,银联通道,"
    "wechat pay,wechat,weixin,wx,alipay,zfb,ali,unionpay,cup,ysf,nucc"
)
_NUMBERS = {
    "channel_merchant_no": "商户号,商户编号,商户编码,子商户号,子商户编号,子商户编码,子商户ID,特约商户号,"
    "二级商户号,渠道商户号,SMID,sub_mch_id,sub mchid,sub merchant no,sub merchant id,"
    "merchant no,merchant number,merchant id",
    "channel_terminal_id": "终端号,终端编号,终端ID,设备号,设备编号,"
    "terminal no,terminal id,device no,device id",
}
_OWN = {"channel_merchant_no": "merchant_no", "channel_terminal_id": "terminal_id"}  # the acquirer's
_LAST = 500  # of a name that is not listed


def with_numbers_of_channels(
    claims: Claims,
    labels: Mapping[int, str],
    table: Table,
    same: Callable[[int, int], bool],
) -> Claims:
    """The claims with a column for the number of each channel where the header has those of several, or a
    state for each of several; with one for all of them else, as with any number of a channel.

    UnionPay's number is the acquirer's own, unless another header names that, and what stands below differs.
    """
    if not table.per_channel:
        return claims
    known = {place: (name, rank, how) for name, ones in claims.items() for rank, place, how in ones}
    several = sum(name in claims for name in table.wide) > 1
    for number, own in _OWN.items():
        found: dict[str, list[tuple[int, int, str]]] = {}
        taken = {place for place, label in labels.items() if _channel_of(label, number)}
        owners = [place for _, place, _ in claims.get(own, []) if place not in taken]
        for place in sorted(taken):
            name, rank, how = known.get(place, ("", _LAST, "synonym"))
            is_own = name in ("", own) and _channel_of(labels[place], number) == "unionpay"
            if how == "configured" or name not in ("", own, number):
                continue
            if is_own and (not owners or any(same(owner, place) for owner in owners)):
                continue
            found.setdefault(_channel_of(labels[place], number), []).append((rank, place, how))
        if not found:
            continue
        of_owner = {place for _, place, _ in claims.get(own, [])}
        if set(found) == {"unionpay"} and of_owner.issuperset(place for _, place, _ in found["unionpay"]):
            continue  # nothing tells which of the two is the acquirer's
        apart = several or len(found) > 1
        claims = _moved(claims, number, found, apart)
    return claims


def number_of_channel(label: str, table: Table) -> str:
    """The column of the number that a header says one channel gave: 微信支付子商户号; "" of any other."""
    if not table.per_channel:
        return ""
    found = ((number, _channel_of(label, number)) for number in _OWN)
    return next((f"{number}_{channel}" for number, channel in found if channel), "")


def _moved(
    claims: Claims, number: str, found: Mapping[str, Sequence[tuple[int, int, str]]], apart: bool
) -> Claims:
    places = {place for ones in found.values() for _, place, _ in ones}
    left = {name: [one for one in ones if one[1] not in places] for name, ones in claims.items()}
    for channel, ones in found.items():
        left.setdefault(f"{number}_{channel}" if apart else number, []).extend(ones)
    return {name: ones for name, ones in left.items() if ones}


def _channel_of(label: str, number: str) -> str:
    """The channel whose number a header names; "" of any other: 微信子商户号, 子商户号（微信）."""
    said = header_forms(label)[0]
    return _names()[number].get(said, "")


@cache
def _names() -> dict[str, dict[str, str]]:
    channels = {
        form: CHANNEL.by_label[form] for one in _CHANNELS.split(",") if (form := normalise_label(one))
    }
    return {
        number: {
            name: channel
            for form, channel in channels.items()
            for what in map(normalise_label, names.split(","))
            for name in (form + what, what + form)
        }
        for number, names in _NUMBERS.items()
    }
