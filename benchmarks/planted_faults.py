"""An estate with known faults: each kind at about one percent of its rows, each row with one fault at most.

`planted_estate` breaks rows of a clean estate and says what has to be found: the finding that leads, by rule
and by the identity of its subject. What follows from a fault is not listed: a finding that was not planted
is explained when it points to one that was (`audit.leads`), and is false otherwise.

Not planted, because they are not about rows: SRC, AUD-02, AUD-05, AUD-06, RES-02 and SYS-01.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from clean_estate import (
    AS_OF,
    CHANNEL,
    DEVICE_PROFILE,
    TODAY,
    Estate,
    Sheet,
    clean_estate,
    in_days,
    same,
    texts,
)

from audit.config import MERCHANT_PROFILE
from audit.crosscheck.building import build_facts
from audit.crosscheck.facts import Facts, Sources
from audit.crosscheck.schema import Subject
from audit.engines import Engine, open_tables
from audit.rules.model import Rule
from audit.tables import TABLES

Rows = np.ndarray[Any, Any]
RATE = 0.01
MIDNIGHT = TODAY.astype("datetime64[us]")
LOOK_ALIKES = {"0": "O", "1": "I", "8": "B", "5": "S", "2": "Z"}


@dataclass(frozen=True)
class Slip:
    """A serial written down wrong on one side, and how."""

    device_key: str
    registered: str
    kind: str


@dataclass
class Planted:
    """The tables and what is wrong with them."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    truth: dict[str, set[str]] = field(default_factory=dict)  # identities (JSON) by rule
    slips: list[Slip] = field(default_factory=list)

    @property
    def columns(self) -> dict[str, frozenset[str]]:
        """The canonical columns of each feed, as intake would report them."""
        return {
            name: frozenset(self.tables[name].column_names if name in self.tables else ())
            & set(table.by_name)
            for name, table in TABLES.items()
        }

    def facts(self, engine: Engine, wanted: dict[Subject, frozenset[str]] | None = None) -> Facts:
        """The facts of the estate on an engine."""
        return build_facts(
            Sources(
                engine,
                open_tables(engine, self.tables),
                self.columns,
                (CHANNEL,),
                device_profile=DEVICE_PROFILE,
                merchant_profile=MERCHANT_PROFILE,
                wanted=wanted,
            )
        )


# rules about rows that this module breaks; the others need a ledger, a configuration or a whole feed
def is_about_rows(rule: Rule) -> bool:
    """Whether a rule can be planted row by row."""
    return rule.subject not in (Subject.INPUT, Subject.PROGRAMME, Subject.RECTIFICATION, Subject.CHANNEL)


def planted_estate(devices: int, seed: int = 1, rate: float = RATE) -> Planted:
    """An estate of so many devices with every fault this module knows."""
    work = _Work(clean_estate(devices, rate, seed), np.random.default_rng(seed + 1), rate)
    for plant in (*_SHOPS, *_OUT_OF_USE, *_DEVICES):
        plant(work)
    _limits(work)
    _policies(work)
    _small_tables(work)
    for sheet in work.estate.sheets:
        work.planted.tables[sheet.feed] = sheet.table()
    return work.planted


class _Work:
    """An estate being broken: which rows are still whole, and what was planted."""

    def __init__(self, estate: Estate, random: np.random.Generator, rate: float) -> None:
        self.estate, self.random, self.planted = estate, random, Planted()
        self.devices, self.registrations = estate.devices, estate.registrations
        self.some = max(2, round(len(estate.devices) * rate))
        self.some_shops = max(2, round(len(estate.merchants) * rate))
        self._shops = random.permutation(estate.grouped)
        # out of use goes one device of a shop at most, lest it keep a single one and want a spare
        slot = np.arange(len(estate.devices)) // estate.grouped
        shared = estate.owner < estate.grouped
        self._first = random.permutation(np.flatnonzero(shared & (slot == 0)))
        self._later = random.permutation(np.flatnonzero(shared & (slot > 0)))
        singles = np.arange(estate.grouped, len(estate.merchants))
        self.tell("RES-01", estate.merchants.columns["merchant_no"][singles])

    def shops(self) -> Rows:
        """Merchants that nothing is wrong with."""
        taken, self._shops = self._shops[: self.some_shops], self._shops[self.some_shops :]
        return taken

    def emptied_shops(self) -> tuple[Rows, Rows]:
        """Merchants that nothing is wrong with, and their devices, which get no fault of their own."""
        shops = self.shops()
        theirs = np.flatnonzero(np.isin(self.estate.owner, shops))
        self._first = self._first[~np.isin(self._first, theirs)]
        self._later = self._later[~np.isin(self._later, theirs)]
        return shops, theirs

    def take(self, fits: Callable[[Rows], Rows] | None = None) -> Rows:
        """Devices that nothing is wrong with; those that fit, where not all do."""
        able = self._later
        if fits is not None:
            asked = able[: 8 * self.some]
            able = asked[fits(asked)]
        taken = able[: self.some]
        assert len(taken) == self.some, "the estate is too small for so many faults"
        self._later = self._later[~np.isin(self._later, taken)]
        return taken

    def take_one_a_shop(self) -> Rows:
        """Devices that nothing is wrong with, of different merchants."""
        taken, self._first = self._first[: self.some], self._first[self.some :]
        assert len(taken) == self.some, "the estate is too small for so many faults"
        return taken

    def keys(self, rows: Rows) -> list[str]:
        """The device keys of ledger rows that have a serial."""
        return [f"sn:{serial}" for serial in self.devices.columns["serial_no"][rows]]

    def tell(self, rule: str, *identity: object) -> None:
        """Note what has to be found: the parts of the subjects' identities, a sequence or a constant each."""
        first = list(identity[0])  # type: ignore[call-overload]
        parts = [first] + [[one] * len(first) if isinstance(one, str) else list(one) for one in identity[1:]]  # type: ignore[call-overload]
        found = {json.dumps(list(one), ensure_ascii=False) for one in zip(*parts, strict=True)}
        self.planted.truth.setdefault(rule, set()).update(found)

    def tell_devices(self, rule: str, rows: Rows) -> None:
        """A rule about devices flags these rows."""
        self.tell(rule, self.keys(rows))

    def tell_listed(self, rule: str, rows: Rows) -> None:
        """A rule about devices in a channel flags these rows."""
        self.tell(rule, self.keys(rows), CHANNEL)


def _of_devices(rule: str, **values: object) -> Callable[[_Work], None]:
    """A fault that stands in the ledger row alone."""

    def plant(work: _Work) -> None:
        rows = work.take()
        work.devices.put(rows, **values)
        work.tell_devices(rule, rows)

    return plant


def _of_listed(rule: str, **values: object) -> Callable[[_Work], None]:
    """A fault that stands in the registration alone."""

    def plant(work: _Work) -> None:
        rows = work.take()
        work.registrations.put(rows, **values)
        work.tell_listed(rule, rows)

    return plant


def _of_shops(rule: str, **values: object) -> Callable[[_Work], None]:
    """A fault that stands in the merchant's line alone."""

    def plant(work: _Work) -> None:
        shops = work.shops()
        work.estate.merchants.put(shops, **values)
        work.tell(rule, work.estate.merchants.columns["merchant_no"][shops])

    return plant


def _out_of_use(rule: str, **values: object) -> Callable[[_Work], None]:
    """A fault of devices that are not in use."""

    def plant(work: _Work) -> None:
        rows = work.take_one_a_shop()
        work.devices.put(rows, **values)
        work.tell_devices(rule, rows)

    return plant


def _closed(work: _Work) -> None:
    shops, devices = work.emptied_shops()
    work.estate.merchants.put(shops, merchant_status="closed")
    work.tell_devices("LIF-03", devices)


def _offline(work: _Work) -> None:
    shops, devices = work.emptied_shops()
    work.devices.put(devices, last_heartbeat_at=MIDNIGHT - np.timedelta64(5 * 24 - 3, "h"))
    numbers = work.estate.merchants.columns["merchant_no"][shops]
    work.tell("HB-02", numbers, texts("D", shops))


def _uninspected(work: _Work) -> None:
    shops, devices = work.emptied_shops()
    work.estate.inspections.put(shops, inspect_date=in_days(-400))
    work.tell_devices("AUD-01", devices)


def _wrong_codes(work: _Work) -> None:
    shops = work.shops()
    codes = work.estate.merchants.columns["uscc"]
    wrong = np.array([one[:-1] + ("0" if one[-1] != "0" else "1") for one in codes[shops]], object)
    codes[shops] = wrong
    listed = np.flatnonzero(np.isin(work.estate.owner, shops))
    work.registrations.put(listed, uscc=codes[work.estate.owner[listed]])
    work.tell("MER-02", work.estate.merchants.columns["merchant_no"][shops])


def _unregistered(work: _Work) -> None:
    rows = work.take()
    work.registrations.dropped.update(rows.tolist())
    work.tell_listed("REG-01", rows)


def _elsewhere(work: _Work) -> None:
    rows = work.take()
    work.registrations.put(rows, channel="unionpay")
    work.tell_listed("REG-02", rows)


def _late(work: _Work) -> None:
    rows = work.take()
    installed = work.devices.columns["install_date"][rows].astype("datetime64[us]")
    work.registrations.put(rows, registered_at=installed + np.timedelta64(60, "D"))
    work.tell_listed("REG-05", rows)


def _orphans(work: _Work) -> None:
    like = work.take()
    serials = work.estate.fresh(len(like))
    numbers = texts("8", np.arange(len(like)) + 1_000_000)
    work.registrations.again(like, serial_no=serials, tusn=None, terminal_id=numbers)
    merchants = work.registrations.columns["merchant_no"][like]
    work.tell("REG-08", [f"sn:{one}" for one in serials], CHANNEL, merchants)


def _orphan_pairs(work: _Work) -> None:
    like = work.take()
    numbers = texts("7", np.arange(len(like)) + 1_000_000)
    merchants = work.registrations.columns["merchant_no"][like]
    for _ in range(2):
        serials = work.estate.fresh(len(like))
        work.registrations.again(like, serial_no=serials, tusn=None, terminal_id=numbers)
        work.tell("ELE-11", [f"sn:{one}" for one in serials], CHANNEL, merchants)


def _ambiguous(work: _Work) -> None:
    """The TUSN names one registration, the serial another."""
    rows = work.take()
    work.registrations.put(rows, tusn=None)
    work.registrations.again(
        rows, serial_no=work.estate.fresh(len(rows)), tusn=work.devices.columns["tusn"][rows]
    )
    work.tell_listed("REG-10", rows)


def _two_merchants(work: _Work) -> None:
    rows = work.take()
    rows = rows[np.argsort(work.estate.owner[rows])]  # so that the halves pair devices of different merchants
    serials = work.devices.columns["serial_no"]
    half = len(rows) // 2
    one, other = rows[:half], rows[half : 2 * half]
    for sheet in (work.devices, work.registrations):
        sheet.put(np.concatenate([one, other]), tusn=None)
        sheet.put(other, serial_no=serials[one])
    differ = work.devices.columns["merchant_no"][one] != work.devices.columns["merchant_no"][other]
    assert differ.all(), "two devices of one merchant drawn as a pair"
    work.tell_devices("ELE-01", one)


def _another_device(work: _Work) -> None:
    rows = work.take()
    work.registrations.put(rows, serial_no=work.estate.fresh(len(rows)), tusn=None)
    work.tell_listed("ELE-02", rows)


def _another_merchant(work: _Work) -> None:
    rows = work.take()
    numbers = work.estate.merchants.columns["merchant_no"]
    work.registrations.put(rows, merchant_no=numbers[(work.estate.owner[rows] + 1) % work.estate.grouped])
    work.tell_listed("ELE-03", rows)


def _another_account(work: _Work) -> None:
    rows = work.take()
    work.registrations.put(rows, settle_account=texts("622999", np.arange(len(rows)) + 10_000_000_000))
    work.tell_listed("ELE-05", rows)


def _another_code(work: _Work) -> None:
    rows = work.take()
    codes = work.estate.merchants.columns["uscc"]
    work.registrations.put(rows, uscc=codes[(work.estate.owner[rows] + 1) % work.estate.grouped])
    work.tell_listed("ELE-04", rows)


def _another_place(work: _Work) -> None:
    """A third each: another city, two kilometres away, another number in the street."""
    rows = work.take()
    cities, far, numbers = np.array_split(rows, 3)
    listed = work.registrations.columns
    work.registrations.put(cities, province="湖北省", city="武汉市")
    work.registrations.put(far, latitude=listed["latitude"][far] + 0.018)
    work.registrations.put(numbers, address=texts("解放路", np.arange(len(numbers)) + 1, "号"))
    work.tell_listed("ELE-06", rows)


def _another_number(work: _Work) -> None:
    rows = work.take()
    work.registrations.put(rows, terminal_id=texts("6", np.arange(len(rows)) + 1_000_000))
    work.tell_listed("ELE-09", rows)


def _shared_number(work: _Work) -> None:
    rows = work.take()
    again = work.devices.again(rows, serial_no=work.estate.fresh(len(rows)), tusn=None)
    work.registrations.again(rows, serial_no=work.devices.columns["serial_no"][again], tusn=None)
    work.tell_devices("ELE-10", np.concatenate([rows, again]))


def _twice(work: _Work) -> None:
    rows = work.take()
    work.devices.again(rows, store_name="重复登记")
    work.tell_devices("DUP-01", rows)


def _number_twice(work: _Work) -> None:
    """A code sticker listed with its serial, and once more without."""
    rows = work.take()
    for sheet in (work.devices, work.registrations):
        sheet.put(rows, device_type="台牌码")
    work.devices.again(rows, serial_no=None, tusn=None)
    number, terminal = (work.devices.columns[name][rows] for name in ("merchant_no", "terminal_id"))
    work.tell_devices("DUP-02", rows)
    work.tell("DUP-02", [f"tid:{one}/{other}" for one, other in zip(number, terminal, strict=True)])


def _without_serial(rule: str, kind: str) -> Callable[[_Work], None]:
    def plant(work: _Work) -> None:
        rows = work.take()
        for sheet in (work.devices, work.registrations):
            sheet.put(rows, device_type=kind)
        work.devices.put(rows, serial_no=None, tusn=None)
        number, terminal = (work.devices.columns[name][rows] for name in ("merchant_no", "terminal_id"))
        work.tell(rule, [f"tid:{one}/{other}" for one, other in zip(number, terminal, strict=True)])

    return plant


def _unknown_merchant(work: _Work) -> None:
    rows = work.take()
    for sheet in (work.devices, work.registrations):
        sheet.put(rows, merchant_no=texts("89999995411", np.arange(len(rows)) % 7 + 1_000))
    work.devices.put(rows, install_date=in_days(-90))  # too new for an inspection to be missed
    installed = MIDNIGHT - np.timedelta64(90, "D")
    work.registrations.put(rows, submitted_at=installed, registered_at=installed + np.timedelta64(1, "D"))
    work.tell_devices("LIF-05", rows)


def _failed_inspection(work: _Work) -> None:
    rows = work.take()
    _inspected(work, rows, serial_no=work.devices.columns["serial_no"][rows], result="fail", issue="外壳破损")
    work.tell_devices("AUD-03", rows)


def _swapped_on_site(work: _Work) -> None:
    rows = work.take()
    _inspected(work, rows, serial_no=work.estate.fresh(len(rows)))
    work.tell_devices("AUD-07", rows)


def _inspected(work: _Work, rows: Rows, **values: object) -> None:
    work.estate.inspections.again(
        work.estate.owner[rows],
        inspect_date=in_days(-10),
        terminal_id=work.devices.columns["terminal_id"][rows],
        **values,
    )


def _known_error(work: _Work) -> None:
    rows = work.take()
    message = same("渠道返回：设备未报备（E1001）", len(rows))
    work.registrations.put(rows, reg_status="failed", reg_message=message)
    work.tell_listed("SYS-02", rows)


def _wrong_form(work: _Work) -> None:
    rows = work.take()
    short = texts("", np.arange(len(rows)) + 1_000_000)
    for sheet in (work.devices, work.registrations):
        sheet.put(rows, terminal_id=short)
        work.tell("DQ-02", work.keys(rows), sheet.feed)


def _unreadable(rule: str, sheet: str, column: str, reason: str, text: str) -> Callable[[_Work], None]:
    def plant(work: _Work) -> None:
        rows = work.take()
        lines: Sheet = getattr(work, sheet)
        marks = {"rejected": f",{column},", "rejected_reasons": f",{column}={reason},"}
        lines.put(rows, **{column: None}, **marks, unread_text=f"{column}={text}")
        work.tell(rule, work.keys(rows), sheet)

    return plant


def _to_come(work: _Work) -> None:
    rows = work.take()
    work.devices.put(rows, production_date=in_days(10))
    work.tell("DQ-06", work.keys(rows), "devices")


def _slip(kind: str, rule: str = "TYP-02") -> Callable[[_Work], None]:
    """A serial mistyped; half of the registrations also lack the terminal number to be found by."""

    def plant(work: _Work) -> None:
        serials = work.devices.columns["serial_no"]
        rows = work.take(lambda able: np.array([slipped(one, kind) != one for one in serials[able]]))
        for sheet in (work.devices, work.registrations):
            sheet.put(rows, tusn=None)
        work.registrations.put(rows[::2], terminal_id=None)
        mistyped = np.array([slipped(one, kind) for one in serials[rows]], object)
        if kind == "lost_zeros":
            registered = serials[rows].copy()
            work.devices.put(rows, serial_no=mistyped)
        else:
            registered = mistyped
            work.registrations.put(rows, serial_no=mistyped)
        work.tell_devices(rule, rows)
        pairs = zip(work.keys(rows), registered, strict=True)
        work.planted.slips.extend(Slip(device, right, kind) for device, right in pairs)

    return plant


def slipped(serial: str, kind: str) -> str:
    """The serial as a finger, an eye or a spreadsheet would have it; unchanged where it cannot."""
    match kind:
        case "lost_zeros":
            return serial.lstrip("0")
        case "look_alike":
            place = next((n for n, one in enumerate(serial) if n > 2 and one in LOOK_ALIKES), None)
            return serial if place is None else _with(serial, place, LOOK_ALIKES[serial[place]])
        case "transposed":
            place = next((n for n in range(4, len(serial) - 1) if serial[n] != serial[n + 1]), None)
            return (
                serial
                if place is None
                else serial[:place] + serial[place + 1] + serial[place] + serial[place + 2 :]
            )
        case "changed":
            return _with(serial, 6, str((int(serial[6]) + 3) % 10))
        case "doubled":
            return serial[:7] + serial[6:]
        case _:
            return serial[:7] + serial[8:]


def _with(serial: str, place: int, letter: str) -> str:
    return serial[:place] + letter + serial[place + 1 :]


def _limits(work: _Work) -> None:
    """Rows that lie on the limits of the rules and are right: none of them may be found."""
    rows = work.take()
    day = np.timedelta64(1, "D")
    work.devices.put(
        rows,
        firmware="3.2.0",
        app_version="1.5",
        last_heartbeat_at=MIDNIGHT - 7 * day,
        last_txn_at=MIDNIGHT - 90 * day,
        cert_expiry=in_days(181),
        pts_expiry=in_days(181),
        production_date=in_days(-int(365.25 * 5)),
        txn_failed=20.0,
        sm_support=True,
        model="SM-1",
        updated_at=MIDNIGHT - 4 * day + np.timedelta64(23, "h"),
    )
    installed = work.devices.columns["install_date"][rows].astype("datetime64[us]")
    work.registrations.put(rows, model="SM-1", registered_at=installed + 30 * day + np.timedelta64(23, "h"))
    half = rows[::2]
    work.registrations.put(
        half, reg_status="pending", submitted_at=MIDNIGHT - 2 * day, registered_at=np.datetime64("NaT", "us")
    )
    # an earlier failure, and a registration under a former merchant that was cancelled
    others = rows[1::2]
    early = installed[1::2] - 9 * day
    work.registrations.again(others, reg_status="failed", submitted_at=early, registered_at=early)
    former = work.estate.merchants.columns["merchant_no"][
        (work.estate.owner[others] + 1) % work.estate.grouped
    ]
    work.registrations.again(others, reg_status="cancelled", merchant_no=former, terminal_id=None)
    shops = work.shops()
    work.estate.merchants.put(shops, license_expiry=in_days(61), legal_id_expiry=in_days(61))
    work.estate.inspections.put(shops, inspect_date=in_days(-365))


def _policies(work: _Work) -> None:
    """A third of what the two policies in force cover was not done."""
    day = np.timedelta64(1, "D")
    for rule, vendor, policy in (("POL-01", "甲厂", "P1"), ("POL-02", "乙厂", "P2")):
        rows = work.take()
        work.devices.put(rows, vendor=vendor, install_date=in_days(-300))
        installed = MIDNIGHT - 300 * day
        work.registrations.put(
            rows, vendor=vendor, submitted_at=installed, registered_at=installed + 10 * day
        )
        broken, done = rows[::3], np.setdiff1d(rows, rows[::3])
        if policy == "P1":
            work.devices.put(done, install_date=in_days(-90))
            work.registrations.put(done, registered_at=MIDNIGHT - 80 * day)
        else:
            work.devices.put(broken, iccid=None)
        work.tell(rule, work.keys(broken), CHANNEL, policy)
    work.tell("POL-03", ["P3"])


def _small_tables(work: _Work) -> None:
    """The model table, policies, error texts and trainings."""

    def table(feed: str, **columns: list[object]) -> None:
        count = len(next(iter(columns.values())))
        arrays = {name: np.array(values, object) for name, values in columns.items()}
        for name, values in arrays.items():
            assert len(values) == count, name
        work.planted.tables[feed] = Sheet(feed, arrays).table()

    def after(days: int | None) -> object:
        return None if days is None else AS_OF + timedelta(days=days)

    models = {"X1": 900, "X2": 900, "LW-30": 900, "LW-50": 900, "SM-1": 900, "OLD-1": -30}
    count = len(models)
    table(
        "models",
        vendor=[None] * count,
        model=list(models),
        min_firmware=["3.2.0"] * count,
        min_app_version=["1.5.0"] * count,
        version_pattern=["N.N.N"] * count,
        eol_on=[after(800 if days > 0 else -60) for days in models.values()],
        eos_on=[after(days) for days in models.values()],
        cert_expiry=[None] * count,
        pts_expiry=[None] * count,
        sm_required_from=[after(-100 if name == "SM-1" else None) for name in models],
        source=["演示"] * count,
    )
    table(
        "policies",
        policy_id=["P1", "P2", "P3", "P4"],
        title=["重新报备", "登记 ICCID", "将生效", "远期"],
        vendor=["甲厂", "乙厂", None, None],
        channel=["wechat", None, None, None],
        effective_on=[after(days) for days in (-100, -100, 90, 91)],
        deadline_on=[after(days) for days in (-1, -1, 200, 200)],
        requirement=["re_register", "field_present", "field_present", "field_present"],
        field=[None, "iccid", "iccid", "iccid"],
        value=[None] * 4,
    )
    table("error_texts", text=["设备未报备"], cause=["1.1"], remedy=["提交报备"], channel=["wechat"])
    people, stale = 300, 3
    table(
        "training",
        topic=["巡检"] * people,
        trained_on=[after(-366)] * stale + [after(-365)] * (people - stale),
        organisation=[f"第{number}队" for number in range(people)],
    )
    work.tell("AUD-04", ["巡检"] * stale, [f"第{number}队" for number in range(stale)])


_SHOPS: tuple[Callable[[_Work], None], ...] = (
    _closed,
    _offline,
    _uninspected,
    _wrong_codes,
    _of_shops("MER-01", legal_name=None),
    _of_shops("MER-03", legal_id_no="310101198001010017"),
    _of_shops("MER-04", license_expiry=in_days(-1)),
    _of_shops("MER-05", legal_id_expiry=in_days(-1)),
    _of_shops("MER-06", phone=None, contact=None),
    _of_shops("MER-07", auth_state_wechat="未授权"),
    _of_shops("MER-08", mcc="5812"),
    _of_shops("MER-09", license_expiry=in_days(60)),
)
_NEVER = {name: np.datetime64("NaT", "us") for name in ("last_heartbeat_at", "last_txn_at")}
_OUT_OF_USE = (
    _out_of_use("REG-09", terminal_status="inactive", install_date=in_days(-60), **_NEVER),
    _out_of_use("LIF-01", terminal_status="retired"),
    _out_of_use("LIF-02", terminal_status="stock"),
)
_DEVICES: tuple[Callable[[_Work], None], ...] = (
    _unregistered,
    _elsewhere,
    _of_listed(
        "REG-03",
        reg_status="pending",
        submitted_at=MIDNIGHT - np.timedelta64(1, "s") - np.timedelta64(2, "D"),
        registered_at=np.datetime64("NaT", "us"),
    ),
    _of_listed("REG-04", reg_status="failed", reg_message="资料不全"),
    _late,
    _of_listed("REG-06", reg_status="cancelled"),
    _of_listed("REG-07", last_sync_at=MIDNIGHT - np.timedelta64(12, "D")),
    _orphans,
    _ambiguous,
    _two_merchants,
    _another_device,
    _another_merchant,
    _another_code,
    _another_account,
    _another_place,
    _of_listed("ELE-07", acquirer_code="48029999"),
    _of_listed("ELE-08", address=None),
    _another_number,
    _shared_number,
    _orphan_pairs,
    _of_listed("TYP-01", device_type="传统POS"),
    *(_slip(kind) for kind in ("look_alike", "transposed", "changed", "doubled", "left_out")),
    _slip("lost_zeros", "DQ-04"),
    _without_serial("TYP-03", "智能POS"),
    _without_serial("DQ-01", "手机POS"),
    _of_devices("LIF-04", bind_status="未绑定"),
    _unknown_merchant,
    _of_devices("DEV-01", pts_expiry=in_days(-1)),
    _of_devices("DEV-02", cert_expiry=in_days(180)),
    _of_devices("DEV-03", model="OLD-1"),
    _of_devices("DEV-04", firmware="2.9.11"),
    _of_devices("DEV-05", firmware=None),
    _of_devices("DEV-06", cert_expiry=in_days(-1)),
    _of_devices("DEV-07", model="SM-1", sm_support=False),
    _of_devices("DEV-08", production_date=in_days(-int(365.25 * 5) - 1)),
    _of_devices("DEV-09", model="未知型号"),
    _of_devices("HB-01", last_heartbeat_at=MIDNIGHT - np.timedelta64(1, "s") - np.timedelta64(7, "D")),
    _of_devices("DOR-01", last_txn_at=MIDNIGHT - np.timedelta64(1, "s") - np.timedelta64(90, "D")),
    _of_devices("DOR-02", last_txn_at=MIDNIGHT - np.timedelta64(1, "s") - np.timedelta64(365, "D")),
    _of_devices("TXN-01", txn_failed=21.0),
    _failed_inspection,
    _swapped_on_site,
    _twice,
    _number_twice,
    _known_error,
    _wrong_form,
    _unreadable("DQ-03", "registrations", "reg_status", "unknown_code", "？"),
    _unreadable("DQ-05", "devices", "tusn", "precision", "8.6E+17"),
    _to_come,
)
