"""Policies laid over the devices they cover."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import reduce
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.crosscheck.devices import nothing_known
from audit.crosscheck.schema import FACTS, Subject
from audit.engines import Engine, Frame, nothing
from audit.intake.places import Place, divide
from audit.tables import TABLES, normalise_label
from audit.tables.codes import device_type_code
from audit.tables.vendors import vendor_key

# columns that say whom a policy covers
SCOPED_BY = frozenset(
    {
        "channel",
        "device_type_code",
        "province_code",
        "city_code",
        "merchant_mcc",
        "vendor_key",
        "device_key",
        "install_date",
    }
)
_FROM_DEVICE = (
    "device_code",
    *(
        name
        for name in FACTS[Subject.DEVICE_POLICY]
        if not name.startswith("policy_")
        and name not in ("effective_on", "deadline_on", "found_value", "requirement_met")
    ),
)


def device_policy_facts(
    engine: Engine,
    device_channel: Frame,
    policies: Frame,
    listed: list[Mapping[str, Any]],
    columns: Collection[str],
    first_channel: str,
) -> Frame:
    """One row per device, required channel and policy whose scope covers it. A blank in the scope covers all.

    Where nobody can tell whether it does, it is unknown whether the device is in use under that policy.

    `listed` are the rows of the policies table; `columns` those recognised in the ledger. What asks nothing
    of a channel is asked once, in the first.
    """
    asked = {policy["field"] for policy in listed}
    names = [
        name for name in device_channel.collect_schema().names() if name in asked | SCOPED_BY | {"rejected"}
    ]
    devices = engine.held(device_channel.select(*dict.fromkeys([*_FROM_DEVICE, *names])))
    frames = [
        _under(engine, devices, policy, columns, first_channel) for policy in listed if policy["policy_id"]
    ]
    if not frames:
        nobody = devices.filter(nw.col("row_id") < 0)
        frames = [_under(engine, nobody, _NO_POLICY, columns, first_channel)]
    told = policies.select(policy_row="row_id", **{name: nw.col(source) for name, source in _TOLD.items()})
    return engine.attach(engine.stacked(frames), engine.staged(told), "policy_row", late=_LATE)


def _asked_field(text: str | None) -> str | None:
    """The column of the ledger that a policy asks for by name, its own or that of a header; else the text."""
    return None if text is None else TABLES["devices"].by_synonym.get(normalise_label(text), text)


def strange_words(listed: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """By column what policies say, as it is written, that nobody can tell the meaning of.

    Fields that are no column of a ledger, types that no terminal has, places and trades that are none.
    """
    policies = list(listed)
    told = {name: {policy[name] for policy in policies if policy[name]} for name in _IS_STRANGE}
    found = {name: set(filter(is_strange, told[name])) for name, is_strange in _IS_STRANGE.items()}
    return {name: texts for name, texts in found.items() if texts}


_CATEGORIES = re.compile(r"(\d{4})(?:[-~—－～至到](\d{4}))?")
_IS_STRANGE: Mapping[str, Callable[[str], bool]] = {
    "device_type": lambda text: not (types := _types_of(text)) or not all(types),
    "region": lambda text: not all(one.province for one in _places_of(text)),
    "mcc": lambda text: not (listed := _listed(text)) or not all(map(_CATEGORIES.fullmatch, listed)),
    "field": lambda text: text not in FACTS[Subject.DEVICE],
}


def understood(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """A policy with the field it asks for by the name of a column, and blank for what is any."""
    scope = {name: None for name in _SCOPES if _is_any(policy[name] or "")}
    return {**policy, **scope, "field": _asked_field(policy["field"])}


_SCOPES = ("device_type", "region", "mcc", "vendor")
_NO_POLICY: Mapping[str, Any] = {
    "row_id": -1,
    **dict.fromkeys(("channel", "device_type", "region", "mcc", "vendor", "requirement", "field", "value")),
}
# what is told of the policy itself
_TOLD = {
    "policy_id": "policy_id",
    "policy_title": "title",
    "policy_requirement": "requirement",
    "policy_field": "field",
    "policy_value": "value",
    "policy_source": "source",
    "effective_on": "effective_on",
    "deadline_on": "deadline_on",
}
_LATE = frozenset(_TOLD) - {"effective_on", "deadline_on"}


def _under(
    engine: Engine, devices: Frame, policy: Mapping[str, Any], columns: Collection[str], first_channel: str
) -> Frame:
    conditions = _scope(policy, first_channel)
    covered = engine.where(devices, *(one.fill_null(True) for one in conditions)) if conditions else devices
    field = policy["field"]
    known = field in columns and field in FACTS[Subject.DEVICE]
    found = _as_text(field) if known else nothing("device_key")
    return covered.select(
        *(nw.col(name) for name in _FROM_DEVICE if name != "in_use"),
        in_use=reduce(operator.and_, conditions, nw.col("in_use")),
        policy_row=nw.lit(policy["row_id"]).cast(nw.Int64),
        found_value=found,
        requirement_met=_met(policy, found) if known else nothing_known(),
    )


def _scope(policy: Mapping[str, Any], first_channel: str) -> list[nw.Expr]:
    """The conditions under which a policy covers a device, unknown where either tells too little."""
    conditions: list[nw.Expr] = []
    if policy["channel"] and policy["channel"] != "common":
        conditions.append(nw.col("channel").is_in([policy["channel"], "any"]))
    elif policy["requirement"] != "re_register":
        conditions.append(nw.col("channel") == first_channel)
    strange = {name for name, is_strange in _IS_STRANGE.items() if policy[name] and is_strange(policy[name])}
    if policy["device_type"]:
        types = [one for one in _types_of(policy["device_type"]) if one]
        hit = nw.col("device_type_code").is_in(types or ["-"])
        conditions.append(_told(_says("device_type_code"), hit, whole="device_type" not in strange))
    if policy["region"]:
        says, hit = _in_region(policy["region"])
        conditions.append(_told(says, hit, whole="region" not in strange))
    if policy["mcc"]:
        hit = _in_trades(policy["mcc"])
        conditions.append(_told(_says("merchant_mcc"), hit, whole="mcc" not in strange))
    if policy["vendor"]:
        hit = nw.col("vendor_key") == vendor_key(policy["vendor"])
        conditions.append(_told(_says("vendor_key"), hit, whole=True))
    return conditions


def _says(column: str) -> nw.Expr:
    return ~nw.col(column).is_null()


def _told(says: nw.Expr, hit: nw.Expr, *, whole: bool) -> nw.Expr:
    """Whether a device is meant; unknown where it does not say, or where words nobody knows may mean it."""
    hit = hit.fill_null(False)
    if not whole:
        return nw.when(hit).then(nw.lit(value=True))
    return nw.when(says | hit).then(hit)


def _types_of(text: str) -> list[str | None]:
    """The codes of "智能POS、传统POS"; None for what is no type. Some names have a stroke in them."""
    return [device_type_code(text)] if device_type_code(text) else list(map(device_type_code, _listed(text)))


def _in_trades(text: str) -> nw.Expr:
    """That a merchant's category is one of "5411、5812-5814"; a cell of separators alone covers nothing."""
    category = nw.col("merchant_mcc")
    listed = _listed(text)
    found = category.is_in([one for one in listed if not _CATEGORIES.fullmatch(one)] or ["-"])
    for first, last in (one.groups() for one in map(_CATEGORIES.fullmatch, listed) if one):
        found = found | ((category >= first) & (category <= (last or first)))
    return found


def _in_region(text: str) -> tuple[nw.Expr, nw.Expr]:
    """Whether a device says enough of where it is, and that it stands in one of "广东、福建省福州市"."""
    places = _places_of(text)
    cities = [one.city for one in places if one.city and one.province not in _MUNICIPALITIES]
    provinces = [one.province for one in places if one.city not in cities]
    around = [one.province for one in places if one.city in cities]
    says = _says("province_code") & (_says("city_code") | ~nw.col("province_code").is_in(around or ["-"]))
    return says, nw.col("province_code").is_in(provinces or ["-"]) | nw.col("city_code").is_in(
        cities or ["-"]
    )


def _is_any(text: str) -> bool:
    return text.strip().lower() in ("全国", "全部", "不限", "所有", "all")


def _places_of(text: str) -> list[Place]:
    return [divide(part)[0] for part in _BETWEEN_PLACES.split(text)]


_BETWEEN_PLACES = re.compile("[、，,;；/]")  # no blank: it parts a province from its city
_MUNICIPALITIES = ("11", "12", "31", "50")  # 北京, 天津, 上海, 重庆: provinces that people call cities


def _listed(text: str) -> list[str]:
    for mark in "、，,;；/ ":
        text = text.replace(mark, " ")
    return text.split()


def _met(policy: Mapping[str, Any], found: nw.Expr) -> nw.Expr:
    """Whether the requirement is met; null where the cell is there and cannot be read."""
    unread = nw.col("rejected").fill_null("").str.contains(f",{policy['field']},", literal=True)
    match policy["requirement"]:
        case "field_present":
            return nw.when(~unread).then(~found.is_null())
        case "field_value":
            return found == _cell(policy["value"])
        case _:
            return nothing_known()


def _as_text(field: str) -> nw.Expr:
    """A column of the ledger as people write its values; engines write numbers and moments differently."""
    value, kind = nw.col(field), FACTS[Subject.DEVICE][field]
    if pa.types.is_floating(kind):
        exact = nw.when((value > -_EXACT) & (value < _EXACT)).then(value)
        whole = nw.when(exact == exact.floor()).then(exact).cast(nw.Int64)
        return nw.coalesce(whole.cast(nw.String), value.cast(nw.String))
    if pa.types.is_timestamp(kind):
        return value.dt.to_string("%Y-%m-%d %H:%M:%S").str.slice(0, 19)
    return value.cast(nw.String)


_EXACT = 1e15  # whole numbers below it are exact, and so written


def _cell(value: str | None) -> str:
    """A value as the ledger's cell of that kind reads: flags are true or false."""
    flags = {"是": "true", "否": "false", "yes": "true", "no": "false"}
    text = (value or "").strip()
    return flags.get(text.lower(), text)


def policy_facts(engine: Engine, policies: Frame, device_policy: Frame) -> Frame:
    """One row per policy, with the devices in use that it covers."""
    covered = engine.where(device_policy.select("policy_id", "device_code", "in_use"), nw.col("in_use"))
    each = engine.plain(engine.distinct(covered, "device_code", "policy_id"))
    counts = each.group_by("policy_id").agg(devices=nw.len())
    named = policies.filter(~nw.col("policy_id").is_null())
    facts = engine.attach(named, engine.staged(counts), "policy_id")
    return facts.with_columns(devices=nw.col("devices").fill_null(0))
