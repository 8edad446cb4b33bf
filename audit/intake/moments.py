"""Columns of dates and moments in the forms that programs write; `dates` reads what people write."""

from __future__ import annotations

from datetime import datetime, tzinfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.dates import AFTER_DAYS_ZERO, END_OF_TIME, START_OF_TIME, stated_zone
from audit.intake.repeats import with_rest

_MOMENT = pa.timestamp("us")
_CANONICAL = r"^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$"  # which Arrow reads itself
_WRITTEN = (
    r"^(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
    r"(?:[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.\d+)?)?"
    r"(?P<offset>Z|[+-]\d\d:?\d\d)?)?$"
)
_COMPACT = (
    r"^(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?P<offset>Z)?)?$"
)
_FIGURES = ("year", "month", "day", "hour", "minute", "second")
_EPOCH = r"^(?P<seconds>1\d{9})(?:\d{3}){1,3}$"  # in ms, µs or ns
_EPOCH_SECONDS = r"^(?P<seconds>1\d{9})(?:\.\d+)?$"
_QUARTER = 900  # seconds; no zone has its clock changed between two quarters of an hour


def moments(values: pa.Array, zone: tzinfo, in_seconds: bool) -> pa.Array:
    """The values that are moments by their form, without a zone; null for others and for what does not exist.

    What states its offset is brought to `zone`, the estate's; `in_seconds` says that bare numbers count
    seconds from 1970. What may be a program's day zero or lies after the end of time is left to `dates`.
    """
    found = _read_at_once(values)
    found = with_rest(found, values, lambda rest: _read_at_once(pc.replace_substring(rest, "/", "-")))
    found = with_rest(found, values, lambda rest: _read_in_parts(rest, zone, in_seconds))
    start, end = pa.scalar(AFTER_DAYS_ZERO, _MOMENT), pa.scalar(END_OF_TIME, _MOMENT)
    return pc.if_else(pc.and_(pc.greater_equal(found, start), pc.less(found, end)), found, None)


def existing_days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The days of the calendar, NaT where there is no such day."""
    months = (year - 1970).astype("M8[Y]").astype("M8[M]") + (month - 1)
    days: np.ndarray = months.astype("M8[D]") + (day - 1)
    days[(days.astype("M8[M]") != months) | (month < 1) | (month > 12)] = "NaT"
    return days


def _read_at_once(texts: pa.Array) -> pa.Array:
    plain = pc.if_else(pc.match_substring_regex(texts, _CANONICAL), texts, None)
    try:
        return plain.cast(_MOMENT)
    except pa.ArrowInvalid:  # there is no such day, in one of them
        return pa.nulls(len(texts), _MOMENT)


def _read_in_parts(texts: pa.Array, zone: tzinfo, in_seconds: bool) -> pa.Array:
    found = np.full(len(texts), "NaT", "M8[us]")
    for form in (_WRITTEN, _COMPACT):
        rows, parts = _parts(texts, form)
        if len(rows):
            found[rows] = _moments_of(parts, zone)
    for form in (_EPOCH, _EPOCH_SECONDS) if in_seconds else (_EPOCH,):
        rows, parts = _parts(texts, form)
        if len(rows):
            found[rows] = _on_clocks(_numbers(parts["seconds"]).astype("M8[s]"), zone)
    return pa.array(found)


def _parts(texts: pa.Array, form: str) -> tuple[np.ndarray, dict[str, pa.Array]]:
    """The places of texts of a form, and what stands in them by name; "" for what is left out."""
    parsed = pc.extract_regex(texts, form)
    rows = np.flatnonzero(parsed.is_valid().to_numpy(zero_copy_only=False))
    parsed = parsed.take(pa.array(rows))
    return rows, {field.name: pc.struct_field(parsed, [field.name]) for field in parsed.type}


def _numbers(figures: pa.Array) -> np.ndarray:
    found: np.ndarray = pc.utf8_lpad(figures, 1, "0").cast(pa.int64()).to_numpy()
    return found


def _moments_of(parts: dict[str, pa.Array], zone: tzinfo) -> np.ndarray:
    year, month, day, hour, minute, second = (_numbers(parts[name]) for name in _FIGURES)
    days = existing_days(year, month, day)
    days[(year < START_OF_TIME.year) | (year > END_OF_TIME.year)] = "NaT"
    moments: np.ndarray = days.astype("M8[s]") + (3_600 * hour + 60 * minute + second)
    moments[(hour > 23) | (minute > 59) | (second > 59)] = "NaT"
    offsets = parts["offset"].dictionary_encode()
    for place, offset in enumerate(offsets.dictionary.to_pylist()):
        if offset:
            rows = np.flatnonzero(offsets.indices.to_numpy() == place)
            ahead = np.timedelta64(stated_zone(offset).utcoffset(None), "s")
            moments[rows] = _on_clocks(moments[rows] - ahead, zone)
    return moments


def _on_clocks(moments: np.ndarray, zone: tzinfo) -> np.ndarray:
    """Moments of UTC as the clocks of a zone show them."""
    known = np.flatnonzero(~np.isnat(moments))
    quarters, which = np.unique(moments[known].astype(np.int64) // _QUARTER, return_inverse=True)
    ahead = [datetime.fromtimestamp(one * _QUARTER, zone).utcoffset() for one in quarters.tolist()]
    shown = moments.copy()
    shown[known] += np.array(ahead, "m8[s]")[which]
    return shown
