"""An estate without a fault, as canonical tables: devices, merchants, registrations and what belongs to them.

Every column that a rule of the rulebook asks for is filled, so that each has something to pass. The same
sizes and seed give the same tables. `planted_faults` breaks rows of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines import schema_of
from audit.intake.derived import with_derived
from audit.intake.personal import protect
from audit.tables import TABLES

AS_OF = date(2026, 11, 21)
TODAY = np.datetime64(AS_OF, "D")
CHANNEL = "wechat"
DEVICES_A_MERCHANT = 5
MODELS = ("X1", "X2", "LW-30", "LW-50")
VENDORS = ("星联终端", "星联终端", "蓝湾科技", "蓝湾科技")
PLACES = (("北京市", "朝阳区"), ("广东省", "广州市"), ("四川省", "成都市"), ("浙江省", "杭州市"))
# what each type must have filled in, as `[audit.profile]` gives it; 08 shows what DQ-01 is for
DEVICE_PROFILE: Mapping[str, tuple[str, ...]] = {
    "default": ("serial_no", "merchant_no", "terminal_id", "vendor", "model", "device_type", "address"),
    "08": ("merchant_no", "terminal_id", "device_type"),
    "11": ("merchant_no", "terminal_id", "device_type", "address"),
}
_SECRET = b"an estate that nobody owns"
_USCC_ALPHABET = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"), dtype=object)
_USCC_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])


def in_days(days: int) -> np.datetime64:
    """The day so many days after the night."""
    return TODAY + np.timedelta64(days, "D")


@dataclass
class Sheet:
    """The rows of one feed, column by column; texts as objects with None, days and moments with NaT."""

    feed: str
    columns: dict[str, np.ndarray[Any, Any]]
    dropped: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def put(self, rows: np.ndarray[Any, Any], **values: object) -> None:
        """Overwrite columns of some rows."""
        for name, value in values.items():
            self.columns[name][rows] = value

    def again(self, rows: np.ndarray[Any, Any], **values: object) -> np.ndarray[Any, Any]:
        """Append copies of some rows with other values; the places of the new rows."""
        start = len(self)
        self.columns = {name: np.concatenate([own, own[rows]]) for name, own in self.columns.items()}
        added = np.arange(start, start + len(rows))
        self.put(added, **values)
        return added

    def table(self) -> pa.Table:
        """The canonical table, as intake would store it."""
        table = TABLES[self.feed]
        types = schema_of(table)
        kept = np.delete(np.arange(len(self)), sorted(self.dropped))
        count = len(kept)
        rows = pa.table(
            {
                name: pa.array(values[kept], types[name], from_pandas=True)
                for name, values in self.columns.items()
            }
        )
        provenance = {
            "row_id": pa.array(np.arange(count)),
            "source_file": pa.array([f"{self.feed}.csv"] * count, pa.string()),
            "source_sheet": pa.array([""] * count, pa.string()),
            "source_row": pa.array(np.arange(2, count + 2)),
            "copies": pa.array(np.ones(count, np.int64)),
        }
        for name, column in provenance.items():
            rows = rows.append_column(name, column)
        for name in ("rejected", "rejected_reasons", "unread_text"):
            if name not in rows.column_names:
                rows = rows.append_column(name, pa.nulls(count, pa.string()))
        return protect(with_derived(rows, table), table, _SECRET)


@dataclass
class Estate:
    """The sheets of an estate. Registration n is that of device n."""

    devices: Sheet
    merchants: Sheet
    registrations: Sheet
    inspections: Sheet
    owner: np.ndarray[Any, Any]  # the merchant of each device, as a place in `merchants`
    grouped: int  # the first so many merchants have several devices, the others one each
    unused: np.ndarray[Any, Any]  # serials that nobody has

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """All of them."""
        return self.devices, self.merchants, self.registrations, self.inspections

    def fresh(self, count: int) -> np.ndarray[Any, Any]:
        """So many serials that nobody has yet."""
        taken, self.unused = self.unused[:count], self.unused[count:]
        assert len(taken) == count, "more fresh serials asked for than were made"
        return taken


def clean_estate(devices: int, single_merchants: float, seed: int) -> Estate:
    """An estate of so many devices; that share of the merchants has one device only (and RES-01)."""
    random = np.random.default_rng(seed)
    merchants = max(10, devices // DEVICES_A_MERCHANT)
    singles = max(1, round(merchants * single_merchants))
    grouped = merchants - singles
    owner = np.concatenate([np.arange(devices - singles) % grouped, np.arange(grouped, merchants)])
    shops = _merchants(merchants)
    model = random.integers(0, len(MODELS), devices)
    spare = max(200, devices // 5)
    serials = new_serials(random, np.concatenate([MODELS_WITH_ZEROS[model], np.full(spare, False)]))
    ledger = _devices(random, owner, shops, model, serials[:devices])
    listed = _registrations(ledger, shops, owner)
    return Estate(ledger, shops, listed, _inspections(shops), owner, grouped, serials[devices:])


def _devices(
    random: np.random.Generator,
    owner: np.ndarray[Any, Any],
    shops: Sheet,
    model: np.ndarray[Any, Any],
    serials: np.ndarray[Any, Any],
) -> Sheet:
    count = len(owner)
    place = np.arange(count)
    installed = TODAY - random.integers(100, 1_000, count).astype("timedelta64[D]")
    heard = TODAY.astype("datetime64[us]") + random.integers(60, 480, count).astype("timedelta64[m]")
    east, north = places_near(owner)
    columns = {
        "serial_no": serials,
        "tusn": texts("T", place + 10_000_000_000),
        "terminal_id": texts("", place + 10_000_000),
        "merchant_no": shops.columns["merchant_no"][owner],
        "merchant_name": shops.columns["merchant_name"][owner],
        "store_no": texts("D", owner),
        "store_name": texts("门店", owner),
        "acquirer_code": same("48021000", count),
        "vendor": np.array(VENDORS, object)[model],
        "model": np.array(MODELS, object)[model],
        "device_type": same("智能POS", count),
        "firmware": same("3.10.0", count),
        "app_version": same("2.0.1", count),
        "terminal_status": same("active", count),
        "bind_status": same("已绑定", count),
        "install_date": installed,
        "production_date": installed - np.timedelta64(40, "D"),
        "stock_in_date": installed - np.timedelta64(20, "D"),
        "province": shops.columns["province"][owner],
        "city": shops.columns["city"][owner],
        "address": texts("人民路", place % 900 + 1, "号"),
        "longitude": east,
        "latitude": north,
        "iccid": texts("8986", place + 10_000_000_000),
        "last_heartbeat_at": heard,
        "last_signin_at": np.full(count, np.datetime64("NaT", "us")),
        "last_txn_at": heard - np.timedelta64(1, "D"),
        "txn_amount": np.full(count, 8_000.0),
        "txn_count": np.full(count, 200.0),
        "txn_failed": np.full(count, 2.0),
        "is_spare": np.full(count, False),
        "license_no": same("P3100", count),
        "cert_expiry": TODAY + random.integers(200, 1_500, count).astype("timedelta64[D]"),
        "pts_expiry": TODAY + random.integers(200, 1_500, count).astype("timedelta64[D]"),
        "sm_support": np.full(count, True),
        "batch_no": texts("B", place // 500),
        "updated_at": in_days(-10).astype("datetime64[us]") + np.zeros(count, "timedelta64[us]"),
        "last_error": same(None, count),
        "rejected": same(None, count),
        "rejected_reasons": same(None, count),
        "unread_text": same(None, count),
    }
    return Sheet("devices", columns)


def _merchants(count: int) -> Sheet:
    place = np.arange(count)
    where = np.array(PLACES, object)[place % len(PLACES)]
    person = np.array(legal_ids(200), object)[place % 200]
    number = texts("898", 1_000 + place // 10_000, "5411") + texts("", place % 10_000 + 10_000, cut=1)
    columns = {
        "merchant_no": number,
        "merchant_name": texts("晨光商店", place),
        "merchant_type": same("企业", count),
        "uscc": credit_codes(place),
        "has_license": np.full(count, True),
        "license_expiry": np.full(count, in_days(700)),
        "legal_name": same("李明", count),
        "legal_id_type": same("身份证", count),
        "legal_id_no": person,
        "legal_id_expiry": np.full(count, in_days(900)),
        "settle_account": texts("622200", place + 10_000_000_000),
        "mcc": same("5411", count),
        "merchant_status": same("active", count),
        "risk_level": same("低", count),
        "contact": same("李明", count),
        "phone": texts("138", place % 10_000 + 10_000_000),
        "auth_state_wechat": same("已授权", count),
        "channel_merchant_no": texts("5", place + 10_000_000),
        "province": where[:, 0],
        "city": where[:, 1],
        "biz_address": texts("人民路", place % 900 + 1, "号"),
        "acquirer_code": same("48021000", count),
        "opened_on": np.full(count, in_days(-1_500)),
    }
    return Sheet("merchants", columns)


def _registrations(ledger: Sheet, shops: Sheet, owner: np.ndarray[Any, Any]) -> Sheet:
    count = len(owner)
    installed = ledger.columns["install_date"].astype("datetime64[us]")
    shared = (
        "serial_no", "tusn", "terminal_id", "merchant_no", "merchant_name", "model", "vendor", "device_type",
        "acquirer_code", "province", "city", "address", "longitude", "latitude", "batch_no",
    )  # fmt: skip
    columns = {name: ledger.columns[name].copy() for name in shared} | {
        "registration_no": texts("BB", np.arange(count) + 10_000_000),
        "channel": same(CHANNEL, count),
        "reg_status": same("registered", count),
        "reg_message": same(None, count),
        "submitted_at": installed + np.timedelta64(10, "h"),
        "registered_at": installed + np.timedelta64(58, "h"),
        "last_sync_at": in_days(-5).astype("datetime64[us]") + np.zeros(count, "timedelta64[us]"),
        "uscc": shops.columns["uscc"][owner],
        "settle_account": shops.columns["settle_account"][owner],
        "rejected": same(None, count),
        "rejected_reasons": same(None, count),
        "unread_text": same(None, count),
    }
    return Sheet("registrations", columns)


def _inspections(shops: Sheet) -> Sheet:
    """Each merchant inspected as a whole, a month ago."""
    count = len(shops)
    columns = {
        "inspect_date": np.full(count, in_days(-30)),
        "serial_no": same(None, count),
        "terminal_id": same(None, count),
        "merchant_no": shops.columns["merchant_no"].copy(),
        "result": same("pass", count),
        "issue": same(None, count),
    }
    return Sheet("inspections", columns)


MODELS_WITH_ZEROS = np.array([False, True, False, True])  # whose serials are digits that start with zeros


def new_serials(random: np.random.Generator, zeros: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Distinct serials, near each other by chance only: two letters and ten digits, or two zeros before."""
    numbers = 1_000_000_000 + random.choice(9_000_000_000, len(zeros), replace=False)
    return np.where(zeros, texts("00", numbers), texts("LW", numbers))


def credit_codes(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Distinct unified social credit codes with the right check character (GB 32100-2015)."""
    body = texts("91310000", numbers + 100_000_000)
    digits = np.array([list(one) for one in body], dtype=np.int64).reshape(len(body), 17)
    checks = (31 - digits @ _USCC_WEIGHTS % 31) % 31
    return body + _USCC_ALPHABET[checks]


def legal_ids(count: int) -> list[str]:
    """Citizen numbers of Shanghai, born in 1980, with the right check digit (GB 11643)."""
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    bodies = [f"31010119800101{number:03}" for number in range(count)]
    return [
        body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
        for body in bodies
    ]


def places_near(owner: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Longitude and latitude of the shops, inside China."""
    return 105.0 + owner % 1_000 / 100, 28.0 + owner % 700 / 100


def same(value: object, count: int) -> np.ndarray[Any, Any]:
    """One value for every row."""
    return np.full(count, value, dtype=object)


def texts(before: str, numbers: np.ndarray[Any, Any], after: str = "", cut: int = 0) -> np.ndarray[Any, Any]:
    """Numbers as texts between two texts, without the first `cut` digits."""
    digits = pc.utf8_slice_codeunits(pa.array(numbers).cast(pa.string()), cut)
    joined: np.ndarray[Any, Any] = pc.binary_join_element_wise(before, digits, after, "").to_numpy(
        zero_copy_only=False
    )
    return joined
