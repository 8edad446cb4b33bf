"""The peer of the cross-check: fourteen rules by hand, in the fewest kernels, for one layout of tables.

It answers the same questions of the same canonical Parquet as the rulebook does, with the same counts, and
nothing else: no explanation, no unknowns, no second channel, no other way to match than serial, then merchant
and terminal number. Rows are looked up with `index_in`, columns are brought over with `take`, what repeats
is counted with `dictionary_encode` and `bincount`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

COLUMNS = {
    "devices": (
        "serial_no", "device_key", "terminal_id", "merchant_no", "model_key", "firmware_key",
        "terminal_status", "is_spare", "install_date", "last_heartbeat_at", "province_code", "city_code",
        "address_key", "format_faults", "copies", "source_row",
    ),
    "registrations": (
        "serial_no", "device_key", "terminal_id", "merchant_no", "channel", "reg_status", "submitted_at",
        "effective_at", "province_code", "city_code", "address_key", "format_faults", "source_row",
    ),
    "merchants": (
        "merchant_no", "merchant_status", "license_expiry", "format_faults", "source_row",
    ),
    "models": ("model_key", "min_firmware_key"),
}  # fmt: skip
OUT_OF_SCOPE = ("retired", "stock", "lost", "blacklist")
STRENGTH = {"registered": 6, "pending": 5, "failed": 4, "frozen": 3, "cancelled": 2, "not_registered": 1}
Marks = pa.ChunkedArray


def loaded(folder: Path) -> dict[str, pa.Table]:
    """The columns that the fourteen rules need."""
    return {
        feed: pq.ParquetFile(folder / f"{feed}.parquet").read(list(names)) for feed, names in COLUMNS.items()
    }


def findings(tables: Mapping[str, pa.Table], as_of: date, channel: str) -> dict[str, pd.DataFrame]:
    """The flagged rows of each rule."""
    midnight = datetime.combine(as_of, datetime.min.time())
    devices, merchants = tables["devices"], tables["merchants"]
    listed = _current(tables["registrations"])
    known = listed.filter(
        _either(pc.equal(listed["channel"], channel), pc.equal(listed["channel"], "common"))
    )
    status = devices["terminal_status"]
    scope = pc.invert(pc.is_in(status, value_set=pa.array(OUT_OF_SCOPE)))
    used = pc.is_in(status, value_set=pa.array(["active", "partial"]))
    spare = pc.fill_null(devices["is_spare"], False)

    place, other = _matched(devices, known)
    found = pc.is_valid(place)
    state = known["reg_status"].take(place)
    ours = _both(found, pc.invert(other))
    live = _both(ours, _both(scope, pc.is_in(state, value_set=pa.array(["registered", "pending"]))))
    apart = {
        name: pc.fill_null(pc.not_equal(devices[name], known[name].take(place)), False)
        for name in ("merchant_no", "terminal_id", "province_code", "city_code", "address_key")
    }
    elsewhere = _either(apart["province_code"], _either(apart["city_code"], apart["address_key"]))
    missing = _either(pc.invert(ours), pc.fill_null(pc.equal(state, "not_registered"), False))
    submitted = known["submitted_at"].take(place)

    shop = pc.index_in(devices["merchant_no"], value_set=merchants["merchant_no"], skip_nulls=True)
    shop_state = merchants["merchant_status"].take(shop)
    model = pc.index_in(devices["model_key"], value_set=tables["models"]["model_key"], skip_nulls=True)
    minimum = tables["models"]["min_firmware_key"].take(model)
    silent = _either(
        pc.fill_null(pc.less(devices["last_heartbeat_at"], midnight - timedelta(days=7)), False),
        _both(
            pc.is_null(devices["last_heartbeat_at"]),
            pc.fill_null(pc.less(devices["install_date"], as_of - timedelta(days=7)), True),
        ),
    )
    flagged = {
        "REG-01": (devices, _both(used, missing)),
        "REG-03": (
            devices,
            _both(
                _both(ours, scope),
                _both(pc.equal(state, "pending"), pc.less(submitted, midnight - timedelta(days=2))),
            ),
        ),
        "REG-04": (devices, _both(_both(ours, scope), pc.equal(state, "failed"))),
        "ELE-03": (devices, _both(live, apart["merchant_no"])),
        "ELE-09": (devices, _both(live, _both(apart["terminal_id"], pc.invert(apart["merchant_no"])))),
        "ELE-06": (devices, _both(live, elsewhere)),
        "LIF-03": (devices, _both(used, pc.is_in(shop_state, value_set=pa.array(["closed", "frozen"])))),
        "LIF-05": (devices, _both(scope, _both(pc.is_valid(devices["merchant_no"]), pc.is_null(shop)))),
        "DEV-04": (devices, _both(scope, pc.less(devices["firmware_key"], minimum))),
        "HB-01": (devices, _both(_both(used, pc.invert(spare)), silent)),
        "DUP-01": (
            devices,
            _both(scope, _either(_repeated(devices["serial_no"], scope), pc.greater(devices["copies"], 1))),
        ),
        "MER-04": (
            merchants,
            _both(
                pc.fill_null(pc.not_equal(merchants["merchant_status"], "closed"), True),
                pc.less(merchants["license_expiry"], as_of),
            ),
        ),
        "REG-08": (listed, _both(pc.equal(listed["reg_status"], "registered"), _orphaned(listed, devices))),
    }
    frames = {rule: _shown(rows, marks) for rule, (rows, marks) in flagged.items()}
    frames["DQ-02"] = pd.concat(
        [
            _shown(tables[feed], pc.is_valid(tables[feed]["format_faults"]))
            for feed in ("devices", "registrations", "merchants")
        ]
    )
    return frames


def _current(registrations: pa.Table) -> pa.Table:
    """The last registration of each device, channel and merchant: only devices listed twice are ranked."""
    codes, counts = _coded(registrations["device_key"])
    several = np.flatnonzero(counts[codes] > 1)
    rows = registrations.select(["device_key", "channel", "merchant_no", "effective_at"]).take(several)
    frame = rows.to_pandas().assign(row=several).sort_values(["effective_at", "row"], na_position="first")
    stays = frame.drop_duplicates(["device_key", "channel", "merchant_no"], keep="last")["row"]
    kept = np.ones(registrations.num_rows, bool)
    kept[several] = False
    kept[stays.to_numpy()] = True
    return registrations.filter(pa.array(kept))


def _matched(devices: pa.Table, known: pa.Table) -> tuple[pa.Array, pa.Array]:
    """For each device the place of its registration, and whether that names another serial."""
    place = pc.index_in(devices["serial_no"], value_set=known["serial_no"], skip_nulls=True)
    place = place.combine_chunks().to_numpy(zero_copy_only=False)  # NaN where nothing was found
    codes, counts = _coded(known["serial_no"])
    met = np.flatnonzero(~np.isnan(place))
    rivals = met[counts[codes[place[met].astype(np.int64)]] > 1]
    place[rivals] = _best(devices.select(["serial_no", "merchant_no"]).take(rivals), known, counts[codes] > 1)
    other = np.zeros(len(place), bool)
    unmet = np.flatnonzero(np.isnan(place))
    pair = _pairs(devices.take(unmet))
    by_pair = pc.index_in(pair, value_set=_pairs(known), skip_nulls=True)
    by_pair = by_pair.combine_chunks().to_numpy(zero_copy_only=False)
    place[unmet] = by_pair
    hit = unmet[~np.isnan(by_pair)]
    differ = pc.not_equal(
        devices["serial_no"].take(hit), known["serial_no"].take(place[hit].astype(np.int64))
    )
    other[hit] = pc.fill_null(differ, False).to_numpy(zero_copy_only=False)
    return pa.array(place, pa.int64(), from_pandas=True), pa.array(other)


def _best(devices: pa.Table, known: pa.Table, shared: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Of several registrations of a serial: the device's own merchant, then the strongest, then the later."""
    rows = np.flatnonzero(shared)
    listed = known.select(["serial_no", "merchant_no", "reg_status"]).take(rows).to_pandas().assign(row=rows)
    asked = devices.to_pandas().reset_index(names="device")
    met = asked.merge(listed, on="serial_no", suffixes=("", "_listed"))
    met["own"] = (met["merchant_no"] == met["merchant_no_listed"]).fillna(False)
    met["strength"] = met["reg_status"].map(STRENGTH).fillna(0)
    best = met.sort_values(["own", "strength", "row"]).drop_duplicates("device", keep="last")
    answer: np.ndarray[Any, Any] = best.sort_values("device")["row"].to_numpy(np.float64)
    return answer


def _orphaned(listed: pa.Table, devices: pa.Table) -> np.ndarray[Any, Any]:
    """Registrations that no device has by serial, nor by terminal number where a side has no serial."""
    by_serial = pc.is_in(listed["serial_no"], value_set=devices["serial_no"], skip_nulls=True)
    alone = np.flatnonzero(~by_serial.to_numpy())
    left = listed.select(["serial_no", "merchant_no", "terminal_id"]).take(alone)
    nameless = devices.filter(pc.is_null(devices["serial_no"]))
    known = pc.is_in(_pairs(left), value_set=_pairs(nameless), skip_nulls=True).to_numpy()
    unnamed = np.flatnonzero(pc.is_null(left["serial_no"]).to_numpy())
    if len(unnamed):
        known[unnamed] |= pc.is_in(
            _pairs(left.take(unnamed)), value_set=_pairs(devices), skip_nulls=True
        ).to_numpy()
    answer = np.zeros(listed.num_rows, bool)
    answer[alone] = ~known
    return answer


def _pairs(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["merchant_no"], rows["terminal_id"], "/")


def _repeated(column: pa.ChunkedArray, counted: pa.ChunkedArray) -> pa.Array:
    """Which values stand more than once among the rows that count."""
    codes, _ = _coded(column)
    counts = np.bincount(codes[pc.fill_null(counted, True).to_numpy()], minlength=codes.max() + 1)
    return pa.array((counts[codes] > 1) & column.is_valid().to_numpy())


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    encoded = column.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
    return codes, np.bincount(codes)


def _both(left: Marks, right: Marks) -> Marks:
    return pc.and_kleene(_flat(left), _flat(right))


def _either(left: Marks, right: Marks) -> Marks:
    return pc.or_kleene(_flat(left), _flat(right))


def _flat(marks: Any) -> pa.Array:
    if isinstance(marks, np.ndarray):
        return pa.array(marks)
    return marks.combine_chunks() if isinstance(marks, pa.ChunkedArray) else marks


def _shown(rows: pa.Table, marks: Marks) -> pd.DataFrame:
    names = [
        name
        for name in ("serial_no", "merchant_no", "terminal_id", "source_row")
        if name in rows.column_names
    ]
    return rows.select(names).filter(_flat(marks)).to_pandas(types_mapper=pd.ArrowDtype)
