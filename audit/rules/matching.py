"""Which registration belongs to which device: matches that are several, another device's, or almost one."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Explains, Owner, Rule, Severity, Texts

STATUS = ("registrations.reg_status", "registrations.channel")

# a terminal number says where a device stands, not which one it is: found by that alone, and under another
# serial, the registration is another device's
ANOTHER_DEVICE = (
    nw.col("matched_by").is_in(["terminal", "channel_terminal"])
    & ((nw.col("serial_no") != nw.col("reg_serial_no")) | (nw.col("tusn") != nw.col("reg_tusn")))
).fill_null(False)
# the device fits several of the list, so that nothing the list says is surely about it
AMBIGUOUS = (nw.col("candidates") > 1).fill_null(False)


def in_state(*states: str) -> nw.Expr:
    """Whether the registration is in one of these states; null where its own cannot be read."""
    is_read = ~(nw.col("reg_status") == "unknown").fill_null(False)
    return nw.when(is_read).then(nw.col("reg_status").is_in(list(states)).fill_null(False))


LIVE = in_state("registered", "pending")
# what the ledger says of the device and what the list says of it can be held against each other
COMPARABLE = nw.col("in_scope") & LIVE & ~ANOTHER_DEVICE

# once it is known what differs, that something was changed says no more
CHANGED = Explains("REG-07", own=("device_key", "channel"), theirs=("device_key", "channel"))

# examples of both, for the rules that leave such rows alone
ANOTHERS = {"matched_by": "terminal", "reg_serial_no": "Z9", "tusn": "T1", "reg_tusn": "T9"}
SEVERAL = {"candidates": 2}

_SWAPPED = {"in_scope": True, "channel": "wechat", "merchant_no": "M1", "terminal_id": "T1"}

REG_10 = Rule(
    id="REG-10",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=STATUS,
    applies=nw.col("in_scope"),
    cases=(
        Case(
            AMBIGUOUS & ANOTHER_DEVICE,
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 的序列号不在{channel}报备清单中，其商户 {merchant_no}、终端号 {terminal_id} 却对应清单中的 {candidates} 台设备。",
                "The serial number of terminal {serial_no} is not in the {channel}registration list, but its merchant {merchant_no} and terminal number "
                "{terminal_id} match {candidates} devices there.",
            ),
        ),
        Case(
            AMBIGUOUS,
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no}（商户 {merchant_no}、终端号 {terminal_id}）同时对应{channel}报备清单中 {candidates} 台不同的设备。",
                "Terminal {serial_no} (merchant {merchant_no}, terminal number {terminal_id}) matches {candidates} different devices in the {channel}registration list.",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.ACQUIRER,
    title=Texts("报备记录无法唯一对应", "Registration matches several devices"),
    why=Texts(
        "序列号、TUSN、终端号指向不同的报备记录时，无法确定哪一条属于该终端，其报备状态因此不作判断。",
        "When serial number, TUSN and terminal number point to different records, it is unclear which one belongs to this device, so its registration is not judged.",
    ),
    remedy=Texts(
        "对照机身核实序列号、TUSN 和终端号，更正录错的一方；已换下设备的报备予以注销。",
        "Check serial number, TUSN and terminal number on the device itself, correct the list that is wrong, and cancel the registrations of devices that were "
        "swapped out.",
    ),
    expected=Texts("对应 1 台", "one device"),
    actual=Texts("对应 {candidates} 台", "{candidates} devices"),
    other="reg",
    since="0.2.0",
    example=Example(
        rows=(
            {**_SWAPPED, **ANOTHERS, "serial_no": "S1", "candidates": 2},
            {**_SWAPPED, "serial_no": "S2", "matched_by": "tusn", "candidates": 2},
            {**_SWAPPED, "serial_no": "S3", "matched_by": "serial", "candidates": 1},
            {**_SWAPPED, "serial_no": "S4"},
            {**_SWAPPED, "serial_no": "S5", "candidates": 2, "in_scope": False},
            {**_SWAPPED, "serial_no": "S6", "candidates": 2, "in_scope": None},
        ),
        flagged=(0, 1),
        unknown=(5,),
    ),
)

ELE_02 = Rule(
    id="ELE-02",
    subject=Subject.DEVICE_CHANNEL,
    category=Category.MISMATCH,
    requires=STATUS,
    applies=nw.col("in_scope") & LIVE,
    unsure=AMBIGUOUS,
    cases=(
        Case(
            ANOTHER_DEVICE & (nw.col("serial_no") != nw.col("reg_serial_no")),
            Severity.CRITICAL,
            Texts(
                "商户 {merchant_no} 的终端号 {terminal_id} 台账序列号为 {serial_no}，{channel}报备的序列号为 {reg_serial_no}。",
                "Terminal number {terminal_id} of merchant {merchant_no} has serial {serial_no} in the ledger "
                "but {reg_serial_no} in its {channel}registration.",
            ),
        ),
        Case(
            ANOTHER_DEVICE,
            Severity.CRITICAL,
            Texts(
                "商户 {merchant_no} 的终端号 {terminal_id} 台账 TUSN 为 {tusn}，{channel}报备的 TUSN 为 {reg_tusn}。",
                "Terminal number {terminal_id} of merchant {merchant_no} has TUSN {tusn} in the ledger "
                "but {reg_tusn} in its {channel}registration.",
            ),
        ),
    ),
    cause="1.1",
    owner=Owner.ACQUIRER,
    title=Texts("一机多码", "One terminal, several serials"),
    why=Texts(
        "一台终端只能对应一个序列号。报备的是另一台设备时，在用的这一台等于未报备，也可能是换机后未变更报备。",
        "A terminal may have one serial number only. If another device is registered, the one in use is in effect unregistered; it may have been swapped without "
        "changing the registration.",
    ),
    remedy=Texts(
        "现场核对机身序列号：已换机的，注销旧机报备并为在用设备报备；录错的，更正录错的一方。",
        "Check the serial number on the device: after a swap, cancel the old device's registration and register the one in use; if it was mistyped, correct the list "
        "that is wrong.",
    ),
    expected=Texts("序列号 {serial_no}，TUSN {tusn}", "serial {serial_no}, TUSN {tusn}"),
    actual=Texts("序列号 {reg_serial_no}，TUSN {reg_tusn}", "serial {reg_serial_no}, TUSN {reg_tusn}"),
    other="reg",
    explains=(
        Explains("REG-01", own=("device_key", "channel"), theirs=("device_key", "channel")),
        Explains("REG-08", own=("reg_serial_no",), theirs=("serial_no",)),
    ),
    since="0.2.0",
    example=Example(
        rows=(
            {
                **_SWAPPED,
                "reg_status": "registered",
                "matched_by": "terminal",
                "serial_no": "A1",
                "reg_serial_no": "A9",
            },
            {
                **_SWAPPED,
                "reg_status": "pending",
                "matched_by": "channel_terminal",
                "tusn": "T1",
                "reg_tusn": "T9",
            },
            {**_SWAPPED, **ANOTHERS, "reg_status": "cancelled", "serial_no": "A3"},
            {
                **_SWAPPED,
                "reg_status": "registered",
                "matched_by": "terminal",
                "serial_no": "A4",
            },
            {
                **_SWAPPED,
                "reg_status": "registered",
                "matched_by": "serial",
                "serial_no": "A5",
                "reg_serial_no": "A5",
            },
            {**_SWAPPED, **ANOTHERS, **SEVERAL, "reg_status": "registered", "serial_no": "A6"},
            {**_SWAPPED, **ANOTHERS, "reg_status": "unknown", "serial_no": "A7"},
        ),
        flagged=(0, 1),
        unknown=(5, 6),
    ),
)

TYP_02 = Rule(
    id="TYP-02",
    subject=Subject.DEVICE,
    category=Category.MISMATCH,
    requires=("devices.serial_no", "registrations.serial_no"),
    absence_of=("registrations", "devices"),
    applies=nw.col("in_scope") & (nw.col("near_kind") != "lost_zeros").fill_null(True),
    cases=(
        Case(
            ~nw.col("near_serial").is_null() & (nw.col("near_candidates") == 1),
            Severity.HIGH,
            Texts(
                "终端 {serial_no} 没有报备记录，但清单中有一条相近的 {near_serial}（{near_kind}，商户 {near_merchant_no}），台账没有该设备。",
                "Terminal {serial_no} has no registration, but the list has a similar one, {near_serial} ({near_kind}; merchant {near_merchant_no}), which is not in "
                "the ledger.",
            ),
        ),
        Case(
            ~nw.col("near_serial").is_null(),
            Severity.MEDIUM,
            Texts(
                "终端 {serial_no} 没有报备记录，清单中有 {near_candidates} 条同样相近，其一为 {near_serial}（{near_kind}，商户 {near_merchant_no}）。",
                "Terminal {serial_no} has no registration; the list has {near_candidates} equally similar ones, among them {near_serial} ({near_kind}; merchant "
                "{near_merchant_no}).",
            ),
        ),
    ),
    cause="4.3",
    owner=Owner.ACQUIRER,
    title=Texts("疑似序列号录入错误", "Serial number probably mistyped"),
    why=Texts(
        "台账和报备清单中一方录错序列号时，设备会显示未报备，报备记录则找不到设备，其实是同一台。",
        "If the serial number was mistyped in the ledger or the registration list, one device looks like two: a device without a registration, and a registration "
        "without a device.",
    ),
    remedy=Texts(
        "对照机身核实序列号：台账录错的更正台账，报备录错的提交变更报备；确非同一台的，按未报备处理。",
        "Check the serial number on the device: if the ledger is wrong, correct it; if the registration is wrong, submit a registration change. If they really are "
        "two devices, treat this one as unregistered.",
    ),
    expected=Texts("{serial_no}", "{serial_no}"),
    actual=Texts("{near_serial}", "{near_serial}"),
    suggestion=Texts("{near_serial}", "{near_serial}"),
    other="near",
    explains=(
        Explains("REG-01"),
        Explains("REG-08", own=("near_device_key",), theirs=("device_key",)),
        Explains("ELE-02", own=("device_key", "near_serial"), theirs=("device_key", "reg_serial_no")),
    ),
    since="0.2.0",
    example=Example(
        rows=(
            {
                "serial_no": "WP0O12",
                "in_scope": True,
                "near_serial": "WP0012",
                "near_kind": "look_alike",
                "near_candidates": 1,
                "near_merchant_no": "M1",
                "near_device_key": "sn:WP0012",
            },
            {
                "serial_no": "WP0021",
                "in_scope": True,
                "near_serial": "WP0012",
                "near_kind": "transposed",
                "near_candidates": 2,
                "near_merchant_no": "M1",
                "near_device_key": "sn:WP0012",
            },
            {"serial_no": "WP0033", "in_scope": True},
            {"serial_no": "WP0034", "in_scope": False, "near_serial": "WP0035", "near_candidates": 1},
            {"serial_no": "WP0036", "near_serial": "WP0037", "near_candidates": 1},
        ),
        flagged=(0, 1),
        unknown=(4,),
    ),
)

RULES = (REG_10, ELE_02, TYP_02)
