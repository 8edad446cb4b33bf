"""ELE: where a device stands, in the registration and by the ledger."""

from __future__ import annotations

from functools import reduce

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.matching import AMBIGUOUS, ANOTHERS, CHANGED, COMPARABLE, SEVERAL, STATUS
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts, Threshold

_LISTED = {"in_scope": True, "reg_status": "registered"}
_PLACES = [nw.col(name) != nw.col(f"reg_{name}") for name in ("province_code", "city_code", "address_key")]


def _square_of_distance() -> nw.Expr:
    """In square metres, along a straight line; over the distances that matter that is the way over ground."""
    steps = [nw.col(f"point_{axis}") - nw.col(f"reg_point_{axis}") for axis in "xyz"]
    return reduce(lambda total, square: total + square, [step * step for step in steps])


ELE_06 = Rule(
    id="ELE-06",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=("devices.address", "registrations.address", *STATUS),
    applies=COMPARABLE,
    unsure=AMBIGUOUS
    | reduce(
        lambda left, right: left & right, [place.is_null() for place in [*_PLACES, _square_of_distance()]]
    ),
    thresholds=(
        Threshold(
            "metres",
            1000,
            Texts("米", "metres"),
            Texts(
                "GCJ-02 与 WGS-84 坐标相差数百米，坐标系不明时 1 公里以内不作判断",
                "GCJ-02 and WGS-84 coordinates differ by hundreds of metres; within 1 km no conclusion is drawn while the coordinate system is unknown",
            ),
        ),
    ),
    cases=(
        Case(
            _PLACES[0] | _PLACES[1],
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 台账布放地址为“{address}”，{channel}报备地址为“{reg_address}”，不在同一省市，疑似移机。",
                "The address of terminal {serial_no} is “{address}” in the ledger but “{reg_address}” in its {channel}registration, in a different province or city; "
                "the device may have been moved.",
            ),
        ),
        Case(
            lambda night: _square_of_distance() > night["metres"] * night["metres"],
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 台账与{channel}报备的经纬度相距超过限值，疑似移机；台账地址“{address}”，报备地址“{reg_address}”。",
                "The coordinates of terminal {serial_no} in the ledger and in its {channel}registration are too far apart; the device may have been moved. Ledger "
                "address “{address}”, registered address “{reg_address}”.",
            ),
        ),
        Case(
            _PLACES[2],
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 台账布放地址为“{address}”，{channel}报备地址为“{reg_address}”，两者不一致。",
                "The address of terminal {serial_no} is “{address}” in the ledger but “{reg_address}” in its {channel}registration.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.MERCHANT,
    title=Texts("布放地址不一致", "Deployment address differs"),
    why=Texts(
        "终端须在报备地址使用；地址不一致可能是移机后未变更报备，渠道定位核验时可能限制交易。",
        "A terminal must be used at its registered address. A different address may mean the device was moved without changing the registration; a channel that "
        "checks positions may restrict its transactions.",
    ),
    remedy=Texts(
        "请商户确认实际布放地址：已迁址的由收单机构提交变更报备，未迁址的更正录错的一方；未经同意移机的，恢复原址。",
        "Have the merchant confirm where the device actually is: if the merchant has moved, the acquirer submits a registration change; if not, correct the list "
        "that is wrong; a device moved without consent goes back to its registered address.",
    ),
    expected=Texts("{reg_address}", "{reg_address}"),
    actual=Texts("{address}", "{address}"),
    other="reg",
    explains=(CHANGED,),
    since="0.2.0",
    example=Example(
        rows=(
            {
                **_LISTED,
                "serial_no": "M1",
                "address": "福建省福州市鼓楼区东街1号",
                "province_code": "35",
                "city_code": "3501",
                "address_key": "东街1号",
                "reg_address": "福建省厦门市思明区湖滨路9号",
                "reg_province_code": "35",
                "reg_city_code": "3502",
                "reg_address_key": "湖滨路9号",
            },
            {
                **_LISTED,
                "serial_no": "M2",
                "address": "东街1号",
                "address_key": "东街1号",
                "reg_address": "东街1号",
                "reg_address_key": "东街1号",
                "point_x": 0.0,
                "point_y": 0.0,
                "point_z": 6371000.0,
                "reg_point_x": 800.0,
                "reg_point_y": 700.0,
                "reg_point_z": 6371000.0,
            },
            {
                **_LISTED,
                "serial_no": "M3",
                "address": "东街1号",
                "address_key": "东街1号",
                "reg_address": "西街1号",
                "reg_address_key": "西街1号",
                "province_code": "35",
                "reg_province_code": "35",
            },
            {
                **_LISTED,
                "serial_no": "M4",
                "address_key": "东街1号",
                "reg_address_key": "东街1号",
                "point_x": 0.0,
                "point_y": 0.0,
                "point_z": 6371000.0,
                "reg_point_x": 600.0,
                "reg_point_y": 700.0,
                "reg_point_z": 6371000.0,
            },
            {**_LISTED, "serial_no": "M5", "address_key": "东街1号", "reg_province_code": "35"},
            {
                **_LISTED,
                **ANOTHERS,
                "serial_no": "M6",
                "address_key": "东街1号",
                "reg_address_key": "西街1号",
            },
            {**_LISTED, **SEVERAL, "serial_no": "M7", "address_key": "东街1号", "reg_address_key": "西街1号"},
        ),
        flagged=(0, 1, 2),
        unknown=(4, 6),
    ),
)

RULES = (ELE_06,)
