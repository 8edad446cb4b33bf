"""The ledger's side: what is known of a device beyond its own row."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.crosscheck.schema import MERCHANT_SIDE, MODEL_SIDE
from audit.engines import Engine, Frame

OUT_OF_SCOPE = ("retired", "stock", "lost", "blacklist")
IN_USE = ("active", "partial")
# the required fields of types without an entry of their own stand under this name
EVERY_TYPE = "default"


def scoped(
    engine: Engine,
    devices: Frame,
    columns: Collection[str],
    profile: Mapping[str, Sequence[str]],
    wanted: Collection[str],
) -> Frame:
    """Every row that names a device: whether it is to be audited, when it was last heard from, what it lacks.

    A ledger without a status column lists the devices in use; where there is one, a blank is unknown.
    `wanted` are the columns that are kept, as far as there are such.
    """
    status = nw.col("terminal_status")
    if "terminal_status" in columns:
        scope = {"in_scope": ~status.is_in(list(OUT_OF_SCOPE)), "in_use": status.is_in(list(IN_USE))}
    else:
        scope = {"in_scope": _always(True), "in_use": _always(True)}
    kept = {*wanted, "device_key"}
    lists_missing = bool({"missing_fields", "required_fields"} & set(wanted))
    conditions, fields = _required(columns, profile) if lists_missing else ({}, {})
    # few columns from the start: an engine that plans its queries looks at each of them in every step
    facts = _only(devices, {*kept, *fields, *_SCOPED_BY, *PROVINCE}).with_columns(
        **scope,
        last_contact_at=nw.max_horizontal("last_heartbeat_at", "last_signin_at"),
        license_recognised=_always("license_no" in columns),
    )
    if lists_missing:
        facts = completeness(engine, facts, conditions, fields)
    facts = with_province(facts)
    return engine.kept(engine.named(_only(facts, kept), "device_key"))


# as a row states it, and as its address names it
PROVINCE = ("province", "province_found")


def with_province(rows: Frame) -> Frame:
    """The province of each row, of those that state none the one of their address."""
    return rows.with_columns(province=nw.coalesce(*PROVINCE))


_SCOPED_BY = ("terminal_status", "last_heartbeat_at", "last_signin_at", "device_type_code", "rejected")


def completeness(
    engine: Engine, facts: Frame, conditions: Mapping[str, nw.Expr], fields: Mapping[str, str]
) -> Frame:
    """The facts with `missing_fields` and `required_fields`: each field under the condition it names.

    A cell that could not be read was there: it is not missing, it is unreadable.
    """
    columns = facts.collect_schema().names()
    facts = facts.with_columns(**conditions, unreadable=nw.col("rejected").fill_null(""))
    blank = {
        name: nw.col(condition)
        & nw.col(name).is_null()
        & ~nw.col("unreadable").str.contains(f",{name},", literal=True)
        for name, condition in fields.items()
    }
    required = [
        nw.col(condition).cast(nw.Int64) * times for condition, times in Counter(fields.values()).items()
    ] or [nw.lit(0)]
    facts = facts.with_columns(required_fields=nw.sum_horizontal(*required).cast(nw.Int64))
    return engine.listing(facts, "missing_fields", blank).select(
        *columns, "missing_fields", "required_fields"
    )


def _required(
    columns: Collection[str], profile: Mapping[str, Sequence[str]]
) -> tuple[dict[str, nw.Expr], dict[str, str]]:
    """The profile as `completeness` takes it, of the fields that were recognised."""
    own = [kind for kind in profile if kind != EVERY_TYPE]
    code = nw.col("device_type_code").fill_null("")
    conditions, fields = {}, {}
    for name in dict.fromkeys(name for names in profile.values() for name in names if name in columns):
        listed = [kind for kind in own if name in profile[kind]]
        wanted = code.is_in(listed or ["-"])
        if name in profile.get(EVERY_TYPE, ()):
            listed.append(EVERY_TYPE)
            wanted = wanted | ~code.is_in(own or ["-"])
        fields[name] = f"required of {listed}"
        conditions[fields[name]] = wanted
    return conditions, fields


def with_merchant(engine: Engine, facts: Frame, merchants: Frame, wanted: Collection[str]) -> Frame:
    """The line of the merchant list, MERCHANT_SIDE as far as wanted; its name beats the ledger's."""
    lines = engine.pick(engine.named(merchants, "merchant_key"), ["merchant_key"], ["row_id"])
    lines = lines.select(
        "merchant_key",
        "merchant_status",
        listed_merchant_name="merchant_name",
        merchant_mcc="mcc",
        merchant_risk_level="risk_level",
        merchant_acquirer_code="acquirer_code",
        merchant_uscc="uscc",
        merchant_uscc_hash="uscc_hash",
        merchant_uscc_check="uscc_check",
        merchant_settle_account="settle_account",
        merchant_settle_account_hash="settle_account_hash",
        merchants_rejected="rejected",
        merchant_source_file="source_file",
        merchant_source_sheet="source_sheet",
        merchant_source_row="source_row",
        merchant_row_id="row_id",
    )
    lines = _only(lines, {*wanted, "merchant_key", "merchant_row_id", "listed_merchant_name"})
    lines = engine.staged(lines)
    return (
        engine.attach(facts, lines, "merchant_key", late=_LATE_OF_MERCHANTS)
        .with_columns(
            merchant_listed=~nw.col("merchant_row_id").is_null(),
            merchant_name=nw.coalesce("listed_merchant_name", "merchant_name"),
        )
        .drop("merchant_row_id", "listed_merchant_name")
    )


_LATE_OF_MERCHANTS = frozenset(MERCHANT_SIDE) - {
    *("merchant_mcc", "merchant_risk_level", "merchants_rejected"),
}
_MODEL_COLUMNS = (
    "min_firmware",
    "min_firmware_key",
    "min_app_version",
    "min_app_version_key",
    "version_pattern",
    "eol_on",
    "eos_on",
    "cert_no",
    "cert_expiry",
    "pts_version",
    "pts_expiry",
    "sm_required_from",
    "as_of",
    "source",
)

# the forecast looks at the days
_LATE_OF_MODELS = frozenset(
    name for name, kind in MODEL_SIDE.items() if kind == pa.string() and name != "models_rejected"
)


_NEVER = date(1970, 1, 1)
_BESIDE = "\x1f"  # stands between a model and its vendor, and in no cell


def with_model(engine: Engine, facts: Frame, models: Frame, wanted: Collection[str]) -> Frame:
    """The line of the model table, MODEL_SIDE as far as wanted: of the vendor, else for any vendor.

    A device that names no vendor has the line of the only one who makes such a model. The vendor may stand
    before the model: 联迪 A8. Of several lines of one model, as where its certificate was renewed, that whose
    certificate runs longest counts, then the first.
    """
    longest = models.filter(~nw.col("model_key").is_null()).with_columns(
        certified_until=nw.col("cert_expiry").fill_null(_NEVER), from_below=-nw.col("row_id")
    )
    by = ["model_key", "vendor_key"]
    lines = engine.staged(engine.pick(longest, by, ["certified_until", "from_below"], last=True)).select(
        "model_key",
        "vendor_key",
        "row_id",
        *(nw.col(name).alias(f"model_{name}") for name in _MODEL_COLUMNS),
        models_rejected="rejected",
        model_listed=~nw.col("row_id").is_null(),
    )
    pair = nw.concat_str([nw.col("model_key"), nw.col("vendor_key").fill_null("")], separator=_BESIDE)
    ours = lines.filter(~nw.col("vendor_key").is_null()).with_columns(model_line=pair)
    anybody = lines.filter(nw.col("vendor_key").is_null()).with_columns(model_line=nw.col("model_key"))
    known = engine.stacked([ours, anybody, _of_one_vendor(engine, ours, anybody)])
    lines = engine.stacked([known, engine.lacking(_with_vendor_before(engine, ours), known, "model_line")])
    lines = engine.staged(engine.pick(lines, ["model_line"], ["row_id"]))
    lines = lines.drop("row_id", "model_key", "vendor_key")  # the device has its own
    lines = _only(lines, {*wanted, "model_line", "model_listed", "model_version_pattern"})
    exact = lines.select("model_line", model_exact="model_listed")
    facts = engine.attach(facts.with_columns(model_line=pair), exact, "model_line").with_columns(
        model_line=nw.when(nw.col("model_exact").fill_null(False))
        .then(nw.col("model_line"))
        .otherwise(nw.col("model_key"))
    )
    return (
        engine.attach(facts, lines, "model_line", late=_LATE_OF_MODELS)
        .with_columns(model_listed=nw.col("model_listed").fill_null(False))
        .drop("model_line", "model_exact")
    )


def _of_one_vendor(engine: Engine, ours: Frame, anybody: Frame) -> Frame:
    """The lines of models that one vendor alone makes, for devices that name none."""
    each = engine.staged(engine.pick(ours, ["model_key", "vendor_key"], ["row_id"]))
    last = engine.pick(each, ["model_key"], ["row_id"], last=True).select("model_key", last_row="row_id")
    lines = engine.attach(engine.pick(each, ["model_key"], ["row_id"]), engine.staged(last), "model_key")
    lines = lines.filter(nw.col("row_id") == nw.col("last_row")).drop("last_row")
    named = nw.concat_str([nw.col("model_key"), nw.lit("")], separator=_BESIDE)
    return engine.lacking(lines, anybody.select("model_key"), "model_key").with_columns(model_line=named)


def _with_vendor_before(engine: Engine, ours: Frame) -> Frame:
    """The lines of vendors under the model's name behind theirs, whether or not the device names them too."""
    whole = nw.concat_str([nw.col("vendor_key"), nw.col("model_key")])
    named = nw.concat_str([whole, nw.col("vendor_key")], separator=_BESIDE)
    nameless = nw.concat_str([whole, nw.lit("")], separator=_BESIDE)
    return engine.stacked([ours.with_columns(model_line=one) for one in (named, nameless)])


def _only(frame: Frame, names: Collection[str]) -> Frame:
    """The frame with those of the columns that it has."""
    return frame.select(*(name for name in frame.collect_schema().names() if name in names))


def version_fits(engine: Engine, facts: Frame) -> Frame:
    """Whether the firmware has the form its model's line gives; null where either is blank.

    A pattern shows the form with N for a number and A for letters - "N.N.N", "VN.N" - and is turned into a
    regular expression here, once per pattern.
    """
    used = engine.collected(facts.select("model_version_pattern").unique())
    patterns = sorted(pattern for pattern in used["model_version_pattern"].to_pylist() if pattern)
    fits: nw.Expr = nw.col("in_scope") & nothing_known()
    if patterns:
        # side by side, not one within the other: a list of many patterns is no deep expression
        each = (
            (nw.col("model_version_pattern") == pattern)
            & nw.col("firmware").str.contains(pattern_regex(pattern))
            for pattern in patterns
        )
        fits = (
            nw.when(nw.col("model_version_pattern").is_in(patterns))
            .then(nw.any_horizontal(*each, ignore_nulls=False))
            .otherwise(fits)
        )
    return engine.judged(facts, model_version_fits=fits).drop("model_version_pattern")


def nothing_known() -> nw.Expr:
    """An unknown truth."""
    return nw.when(nw.col("row_id") < 0).then(nw.col("row_id") < 0)


def pattern_regex(pattern: str) -> str:
    """The regular expression of a version pattern.

    >>> pattern_regex("VN.N.N")
    '^V[0-9]+\\\\.[0-9]+\\\\.[0-9]+$'
    """
    parts = {"N": "[0-9]+", "A": "[A-Za-z]+"}
    return "^" + "".join(parts.get(letter, _escaped(letter)) for letter in pattern.strip()) + "$"


def _escaped(letter: str) -> str:
    """A letter as itself: to RE2, a backslash before what is no ASCII punctuation is an error."""
    return f"\\{letter}" if letter in string.punctuation and letter not in "_-" else letter


def _always(answer: bool) -> nw.Expr:
    """A constant column of the engine's own boolean type."""
    named = ~nw.col("device_key").is_null()
    return named if answer else ~named
