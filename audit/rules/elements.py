"""ELE: one device, one serial, one merchant, and the same on both sides."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.duplicates import SERIAL_UNREAD
from audit.rules.matching import AMBIGUOUS, ANOTHERS, CHANGED, COMPARABLE, SEVERAL, STATUS
from audit.rules.model import Case, Category, Example, Explains, Owner, Rule, Severity, Texts

_LISTED = {"in_scope": True, "reg_status": "registered", "merchant_no": "M1", "reg_merchant_no": "M1"}
# another merchant has another code, account, place and acquirer: what differs with it follows from it
_FOLLOWS_THE_MERCHANT = tuple(
    Explains(rule, own=("device_key", "channel"), theirs=("device_key", "channel"))
    for rule in ("ELE-04", "ELE-05", "ELE-06", "ELE-07")
)

_SEVERAL_LISTED = nw.col("first_merchant") != nw.col("last_merchant")
_SEVERAL_REGISTERED = nw.col("first_registered_merchant") != nw.col("last_registered_merchant")

ELE_01 = Rule(
    id="ELE-01",
    subject=Subject.DEVICE,
    category=Category.MISMATCH,
    requires=("devices.merchant_no",),
    one_of=(("devices.serial_no",), ("devices.tusn",)),
    either=True,
    applies=nw.col("in_scope"),
    # which of its merchants' registrations are valid cannot be told
    unsure=(nw.col("registration_unread").fill_null(False) | SERIAL_UNREAD)
    & ~(_SEVERAL_LISTED.fill_null(False) | _SEVERAL_REGISTERED.fill_null(False)),
    cases=(
        Case(
            _SEVERAL_LISTED & (nw.col("merchant_count") > 2),
            Severity.CRITICAL,
            Texts(
                "序列号 {serial_no} 在台账中同时登记在 {merchant_count} 个商户名下，其中有 {first_merchant} 和 {last_merchant}。",
                "Serial {serial_no} is listed in the ledger under {merchant_count} merchants, among them {first_merchant} and {last_merchant}.",
            ),
        ),
        Case(
            _SEVERAL_LISTED,
            Severity.CRITICAL,
            Texts(
                "序列号 {serial_no} 在台账中同时登记在商户 {first_merchant} 和 {last_merchant} 名下。",
                "Serial {serial_no} is listed in the ledger under both merchants {first_merchant} and {last_merchant}.",
            ),
        ),
        Case(
            _SEVERAL_REGISTERED,
            Severity.CRITICAL,
            Texts(
                "序列号 {serial_no} 的有效报备同时在商户 {first_registered_merchant} 和 {last_registered_merchant} 名下。",
                "Serial {serial_no} has valid registrations under both merchants {first_registered_merchant} and {last_registered_merchant}.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("一机多户", "One device, several merchants"),
    why=Texts(
        "一台终端只能对应一个商户；一机多户时，交易归属不清。",
        "A terminal may belong to one merchant only; with several, it is unclear whose transactions they are.",
    ),
    remedy=Texts(
        "现场核实终端实际使用商户，保留一户，其余解绑并注销报备；序列号录错的予以更正。",
        "Check on site which merchant uses the terminal and keep that one; unbind the others and cancel their registrations. If a serial number was mistyped, correct it.",
    ),
    expected=Texts("一个商户", "one merchant"),
    actual=Texts(
        "台账 {first_merchant}、{last_merchant} / 报备 {first_registered_merchant}、{last_registered_merchant}",
        "ledger {first_merchant}, {last_merchant} / registered {first_registered_merchant}, {last_registered_merchant}",
    ),
    other="twin",
    explains=(Explains("ELE-03"), Explains("DUP-01")),
    example=Example(
        rows=(
            {"serial_no": "F1", "in_scope": True, "first_merchant": "M1", "last_merchant": "M2"},
            {"serial_no": "F2", "in_scope": True, "first_merchant": "M1", "last_merchant": "M1"},
            {
                "serial_no": "F3",
                "in_scope": True,
                "first_registered_merchant": "M1",
                "last_registered_merchant": "M3",
            },
            {"serial_no": "F4", "in_scope": True},
            {"serial_no": "F5", "in_scope": False, "first_merchant": "M1", "last_merchant": "M2"},
            {"serial_no": "F6", "in_scope": True, "registration_unread": True},
            {
                "serial_no": "F7",
                "in_scope": True,
                "first_merchant": "M1",
                "last_merchant": "M2",
                "registration_unread": True,
            },
            {
                "serial_no": "F8",
                "in_scope": True,
                "first_merchant": "M1",
                "last_merchant": "M4",
                "merchant_count": 4,
            },
            {"tusn": "T9", "in_scope": True, "first_merchant": "M1", "last_merchant": "M2"},
            {"in_scope": True, "rejected": ",serial_no,"},
        ),
        flagged=(0, 2, 6, 7, 8),
        unknown=(5, 9),
    ),
)

ELE_03 = Rule(
    id="ELE-03",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=("devices.merchant_no", "registrations.merchant_no", *STATUS),
    never_all="registrations.merchant_no",
    applies=COMPARABLE,
    known=("merchant_no", "reg_merchant_no"),
    unsure=AMBIGUOUS,
    cases=(
        Case(
            nw.col("merchant_no") != nw.col("reg_merchant_no"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 台账商户为 {merchant_no}，{channel}报备商户为 {reg_merchant_no}。",
                "Terminal {serial_no} belongs to merchant {merchant_no} in the ledger "
                "but to {reg_merchant_no} in its {channel}registration.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("商户编号不一致", "Merchant number differs"),
    why=Texts(
        "报备商户与实际使用商户不一致，交易会记到另一商户名下，也可能被渠道判定为移机、套用。",
        "If the registered merchant is not the one using the terminal, transactions are booked to another merchant, and the channel may treat the device as moved or "
        "misused.",
    ),
    remedy=Texts(
        "以实际使用商户为准，提交变更报备，或更正台账中的商户编号。",
        "Go by the merchant that actually uses the device: submit a registration change, or correct the merchant number in the ledger.",
    ),
    expected=Texts("{merchant_no}", "{merchant_no}"),
    actual=Texts("{reg_merchant_no}", "{reg_merchant_no}"),
    other="reg",
    explains=(*_FOLLOWS_THE_MERCHANT, CHANGED),
    example=Example(
        rows=(
            {
                "serial_no": "G1",
                "in_scope": True,
                "reg_status": "registered",
                "merchant_no": "M1",
                "reg_merchant_no": "M2",
            },
            {
                "serial_no": "G2",
                "in_scope": True,
                "reg_status": "registered",
                "merchant_no": "M1",
                "reg_merchant_no": "M1",
            },
            {
                "serial_no": "G3",
                "in_scope": True,
                "reg_status": "cancelled",
                "merchant_no": "M1",
                "reg_merchant_no": "M2",
            },
            {"serial_no": "G4", "in_scope": True, "reg_status": "registered", "merchant_no": "M1"},
            {"serial_no": "G5", "in_scope": True, "merchant_no": "M1"},
            {**_LISTED, **ANOTHERS, "serial_no": "G6", "reg_merchant_no": "M2"},
            {**_LISTED, **SEVERAL, "serial_no": "G7", "reg_merchant_no": "M2"},
        ),
        flagged=(0,),
        unknown=(3, 6),
    ),
)

ELE_09 = Rule(
    id="ELE-09",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=(
        *("devices.merchant_no", "registrations.merchant_no"),
        *("devices.terminal_id", "registrations.terminal_id"),
        *STATUS,
    ),
    never_all="registrations.terminal_id",
    applies=COMPARABLE & (nw.col("merchant_no") == nw.col("reg_merchant_no")),
    known=("terminal_id", "reg_terminal_id"),
    unsure=AMBIGUOUS,
    cases=(
        Case(
            nw.col("terminal_id") != nw.col("reg_terminal_id"),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 在商户 {merchant_no} 名下的台账终端号为 {terminal_id}，{channel}报备终端号为 {reg_terminal_id}。",
                "Terminal {serial_no} of merchant {merchant_no} has terminal number {terminal_id} in the ledger "
                "but {reg_terminal_id} in its {channel}registration.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.ACQUIRER,
    title=Texts("终端号不一致", "Terminal number differs"),
    why=Texts(
        "终端号与报备不一致，交易上送的终端号在渠道侧对不上这台设备，可能被拒绝或记到另一台名下。",
        "The terminal number sent with transactions does not match this device at the channel; transactions may be refused or booked to another device.",
    ),
    remedy=Texts(
        "以设备实际绑定的终端号为准，更正台账，或提交变更报备。",
        "Go by the terminal number the device is actually bound to: correct the ledger, or submit a registration change.",
    ),
    expected=Texts("{terminal_id}", "{terminal_id}"),
    actual=Texts("{reg_terminal_id}", "{reg_terminal_id}"),
    other="reg",
    explains=(CHANGED,),
    since="0.2.0",
    example=Example(
        rows=(
            {**_LISTED, "serial_no": "G1", "terminal_id": "T1", "reg_terminal_id": "T2"},
            {**_LISTED, "serial_no": "G2", "terminal_id": "T1", "reg_terminal_id": "T1"},
            {**_LISTED, "serial_no": "G3", "terminal_id": "T1"},
            {
                **_LISTED,
                "serial_no": "G4",
                "terminal_id": "T1",
                "reg_terminal_id": "T2",
                "reg_merchant_no": "M2",
            },
            {
                **_LISTED,
                "serial_no": "G5",
                "terminal_id": "T1",
                "reg_terminal_id": "T2",
                "reg_merchant_no": None,
            },
            {**_LISTED, **ANOTHERS, "serial_no": "G6", "terminal_id": "T1", "reg_terminal_id": "T2"},
            {**_LISTED, **SEVERAL, "serial_no": "G7", "terminal_id": "T1", "reg_terminal_id": "T2"},
        ),
        flagged=(0,),
        unknown=(2, 4, 6),
    ),
)

RULES = (ELE_01, ELE_03, ELE_09)
