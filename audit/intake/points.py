"""Coordinates: filled in from text, judged by the bounds of China, and put on a globe in metres."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.repeats import decoded

EARTH_RADIUS = 6_371_008.8  # metres; mean radius of the IUGG, (2a + b) / 3 of GRS 80
# degrees that hold all of China and that no latitude shares with a longitude
_LATITUDES, _LONGITUDES = (3.0, 54.0), (73.0, 136.0)
_NUMBER = r"[+-]?[0-9]{1,3}(?:\.[0-9]*)?"
_PAIR = rf"^[\[(]?\s*(?P<first>{_NUMBER})\s*(?P<mark>[/,;|、 ])\s*(?P<second>{_NUMBER})\s*[)\]]?$"


def with_coordinates(rows: pa.Table) -> pa.Table:
    """The rows with `longitude` and `latitude` filled from `location`, `place_fault` and `point_x/y/z`.

    Points are metres on a sphere, so that the straight line between two of them is their distance. The
    datum is the source's own and is never converted: those in use in China differ by hundreds of metres.
    `place_fault` is "swapped", "outside" or null; a row without both coordinates, or with a fault, has no
    point.
    """
    names = rows.column_names
    if not {"longitude", "latitude", "location"} & set(names):
        return rows
    absent = pa.nulls(rows.num_rows, pa.float64())
    longitude, latitude = (
        rows[name].combine_chunks() if name in names else absent for name in ("longitude", "latitude")
    )
    if "location" in names:
        told_latitude, told_longitude = _located(decoded(rows["location"]))
        untold = pc.and_(pc.is_null(longitude), pc.is_null(latitude))
        longitude = pc.if_else(untold, told_longitude, longitude)
        latitude = pc.if_else(untold, told_latitude, latitude)
    rows = _put(_put(rows, "longitude", longitude), "latitude", latitude)
    inside = pc.and_(_between(longitude, _LONGITUDES), _between(latitude, _LATITUDES))
    swapped = pc.and_(_between(longitude, _LATITUDES), _between(latitude, _LONGITUDES))
    fault = pc.if_else(inside, pa.scalar(None, pa.string()), pc.if_else(swapped, "swapped", "outside"))
    # cast: where no row has coordinates, the choice has no type of its own
    rows = rows.append_column("place_fault", fault.cast(pa.string()))
    for name, values in _on_sphere(longitude, latitude).items():
        known = pa.array(values, pa.float64(), from_pandas=True)
        rows = rows.append_column(name, pc.if_else(pc.fill_null(inside, False), known, absent))
    return rows


def _located(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Latitude and longitude from "+23.12/+113.33", the form of registration interfaces, or two numbers.

    The slash means latitude first. Other marks are used either way round, and are read the way that lies in
    China.
    """
    found = pc.extract_regex(texts, _PAIR)
    first, second = (pc.struct_field(found, [name]).cast(pa.float64()) for name in ("first", "second"))
    turned = pc.and_(
        pc.not_equal(pc.struct_field(found, ["mark"]), "/"),
        pc.and_(_between(first, _LONGITUDES), _between(second, _LATITUDES)),
    )
    return pc.if_else(turned, second, first), pc.if_else(turned, first, second)


def _on_sphere(longitude: pa.Array, latitude: pa.Array) -> dict[str, np.ndarray]:
    east, north = (np.radians(values.to_numpy(zero_copy_only=False)) for values in (longitude, latitude))
    return {
        "point_x": EARTH_RADIUS * np.cos(north) * np.cos(east),
        "point_y": EARTH_RADIUS * np.cos(north) * np.sin(east),
        "point_z": EARTH_RADIUS * np.sin(north),
    }


def _between(values: pa.Array, bounds: tuple[float, float]) -> pa.Array:
    return pc.and_(pc.greater_equal(values, bounds[0]), pc.less_equal(values, bounds[1]))


def _put(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    if name in rows.column_names:
        return rows.set_column(rows.column_names.index(name), name, values)
    return rows.append_column(name, values)
