"""Estates that are the same on every run, of rows that nobody would write down."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
from test_parity import AS_OF, MIDNIGHT, table_of


def odd_estate(seed: int) -> dict[str, pa.Table]:
    """An estate of nulls, duplicates and odd words, too large for anybody to have thought of each row."""
    chance = random.Random(seed)

    def some(rows: int, columns: dict[str, Callable[[], Any]]) -> list[dict[str, Any]]:
        return [{name: make() for name, make in columns.items()} for _ in range(rows)]

    def one_of(*values: Any) -> Callable[[], Any]:
        return lambda: chance.choice(values)

    def numbered(prefix: str, most: int) -> Callable[[], Any]:
        return lambda: chance.choice([None, f"{prefix}{chance.randrange(most):05}"])

    def day() -> Any:
        return chance.choice([None, AS_OF + timedelta(days=chance.randint(-900, 120))])

    def moment() -> Any:
        return chance.choice([None, MIDNIGHT + timedelta(minutes=chance.randint(-90_000, 900))])

    rejected = one_of(None, None, None, ",cert_expiry,", ",merchant_no,terminal_status,")
    status = one_of(None, "registered", "pending", "failed", "cancelled", "frozen", "not_registered")
    merchant, terminal, tusn = numbered("M", 25), numbered("T", 30), numbered("T", 60)
    channel_terminal, ledger_serial = numbered("C", 40), numbered("SN0O", 120)
    version = one_of(None, "3.2.0", "3.10.0", "2.9.11", "v3", "beta")
    uscc = one_of(None, "91350100M000100Y43", "91350100M000100Y44", "350100100012345")
    rows = {
        "devices": some(150, {
            "serial_no": ledger_serial, "tusn": tusn, "rejected": rejected,
            "terminal_id": terminal, "merchant_no": merchant,
            "channel_terminal_id": channel_terminal,
            "model": one_of(None, "X1", "x 1", "X2"), "vendor": one_of(None, "甲", "乙"), "firmware": version,
            "terminal_status": one_of(None, "active", "active", "inactive", "retired", "stock", "lost"),
            "install_date": day, "cert_expiry": day, "last_heartbeat_at": moment, "last_signin_at": moment,
            "is_spare": one_of(None, True, False), "store_no": one_of(None, "1", "2"),
            "last_error": one_of(None, "ERR 05"),
            "license_no": one_of(None, "P3100"),
            "address": one_of(None, "福建省福州市鼓楼区一路1号", "上海市"),
            "longitude": one_of(None, 119.3, 26.1), "latitude": one_of(None, 26.1, 119.3),
        }),
        "merchants": some(40, {
            "merchant_no": numbered("M", 30), "merchant_name": one_of(None, "晨光", "=1+1"), "uscc": uscc,
            "license_expiry": day, "rejected": rejected,
            "merchant_status": one_of(None, "active", "closed", "frozen"),
        }),
        "registrations": some(200, {
            "serial_no": numbered("SN00", 120), "tusn": tusn, "terminal_id": terminal,
            "merchant_no": merchant,
            "channel_terminal_id": channel_terminal, "rejected": rejected,
            "channel": one_of(None, "wechat", "alipay", "common"),
            "reg_status": status,
            "reg_message": one_of(None, "资料不符", "err 05"), "submitted_at": moment,
            "registered_at": moment,
            "longitude": one_of(None, 119.4), "latitude": one_of(None, 26.2),
        }),
        "models": some(6, {
            "vendor": one_of(None, "甲"), "model": one_of("X1", "X2"), "min_firmware": version,
            "version_pattern": one_of(None, "N.N.N"), "eol_on": day, "eos_on": day, "cert_expiry": day,
            "rejected": rejected,
        }),
        "inspections": some(60, {
            "serial_no": ledger_serial, "merchant_no": merchant, "terminal_id": terminal,
            "inspect_date": day, "result": one_of(None, "pass", "fail", "not_done"), "rejected": rejected,
        }),
        "policies": some(4, {
            "policy_id": numbered("P", 9), "effective_on": day, "deadline_on": day, "rejected": rejected,
            "requirement": one_of("re_register", "field_present", "withdraw"),
            "field": one_of(None, "license_no"),
        }),
        "error_texts": some(3, {
            "text": one_of("不符", "ERR"), "cause": one_of("4.1", None), "remedy": one_of("改", None),
            "rejected": rejected,
        }),
        "training": some(5, {
            "topic": one_of(None, "a", "b"), "organisation": one_of(None, "甲"), "trained_on": day,
            "rejected": rejected,
        }),
        "transactions": some(60, {
            "serial_no": ledger_serial, "merchant_no": merchant, "terminal_id": terminal,
            "period_end": day, "txn_count": one_of(None, 0.0, 40.0), "txn_failed": one_of(None, 7.0),
            "rejected": rejected,
        }),
    }  # fmt: skip
    return {name: table_of(name, listed) for name, listed in rows.items()}
