"""The fourteen rules as a competent pandas user writes them: merges and masks over whole columns."""

from __future__ import annotations

import pandas as pd

from peers import contract as own


def findings(
    devices: pd.DataFrame, registrations: pd.DataFrame, merchants: pd.DataFrame, minimum: dict[str, str]
) -> pd.DataFrame:
    """One row per finding, with the columns of the contract."""
    for frame in (devices, registrations, merchants):
        frame["source_row"] = range(2, len(frame) + 2)
    wide = devices.merge(
        registrations[["serial_no", "merchant_no", "terminal_id", "address", "reg_status", "submitted_at"]],
        on="serial_no",
        how="left",
        suffixes=("", "_listed"),
    ).merge(merchants[["merchant_no", "merchant_status"]], on="merchant_no", how="left", indicator="listed")
    in_scope = wide["status"] != own.WITHDRAWN
    used = wide["status"] == own.USED
    known = wide["reg_status"].notna()
    live = in_scope & wide["reg_status"].isin([own.REGISTERED, own.PENDING])
    other_merchant = wide["merchant_no"] != wide["merchant_no_listed"]
    submitted = pd.to_datetime(wide["submitted_at"], format="%Y-%m-%d %H:%M:%S")
    heartbeat = pd.to_datetime(wide["heartbeat"], format="%Y-%m-%d %H:%M:%S")
    counted = wide["serial_no"].where(in_scope)
    expired = pd.to_datetime(merchants["license_expiry"]) < pd.Timestamp(own.AS_OF)
    orphan = ~registrations["serial_no"].isin(devices["serial_no"])
    flagged = [
        _rows("REG-01", "devices", wide[used & ~known], "已报备", "无报备记录"),
        _rows(
            "REG-03",
            "devices",
            wide[in_scope & (wide["reg_status"] == own.PENDING) & (submitted < own.PENDING_BEFORE)],
            "2 天内办结",
            "submitted_at",
        ),
        _rows(
            "REG-04",
            "devices",
            wide[in_scope & (wide["reg_status"] == own.FAILED)],
            own.REGISTERED,
            "reg_status",
        ),
        _rows(
            "REG-08",
            "registrations",
            registrations[orphan & (registrations["reg_status"] == own.REGISTERED)],
            "台账有此设备",
            "台账没有",
        ),
        _rows("ELE-03", "devices", wide[live & other_merchant], "merchant_no_listed", "merchant_no"),
        _rows(
            "ELE-06",
            "devices",
            wide[live & (wide["address"] != wide["address_listed"])],
            "address_listed",
            "address",
        ),
        _rows(
            "ELE-09",
            "devices",
            wide[live & ~other_merchant & (wide["terminal_id"] != wide["terminal_id_listed"])],
            "terminal_id_listed",
            "terminal_id",
        ),
        _rows(
            "LIF-03",
            "devices",
            wide[used & (wide["merchant_status"] == own.CLOSED)],
            "商户正常",
            "merchant_status",
        ),
        _rows(
            "LIF-05", "devices", wide[in_scope & (wide["listed"] == "left_only")], "商户在清单", "merchant_no"
        ),
        _rows(
            "MER-04",
            "merchants",
            merchants[expired & (merchants["merchant_status"] != own.CLOSED)],
            "在有效期内",
            "license_expiry",
        ),
        _rows(
            "DEV-04",
            "devices",
            wide[in_scope & _older(wide["firmware"], wide["model"], minimum)],
            "最低版本",
            "firmware",
        ),
        _rows("HB-01", "devices", wide[used & (heartbeat < own.SILENT_BEFORE)], "7 天内有心跳", "heartbeat"),
        _rows(
            "DUP-01",
            "devices",
            wide[counted.notna() & counted.duplicated(keep=False)],
            "序列号唯一",
            "serial_no",
        ),
        *(
            _rows("DQ-02", feed, rows[_misshapen(rows)], "规定位数", "merchant_no")
            for feed, rows in (
                ("devices", devices),
                ("registrations", registrations),
                ("merchants", merchants),
            )
        ),
    ]
    return pd.concat(flagged, ignore_index=True)


def _older(firmware: pd.Series, model: pd.Series, minimum: dict[str, str]) -> pd.Series:
    ranks = {version: _rank(version) for version in firmware.dropna().unique()}
    least = {name: _rank(version) for name, version in minimum.items()}
    return firmware.map(ranks) < model.map(least)


def _rank(version: str) -> int:
    major, minor, patch = (int(part) for part in version.split("."))
    return major * 1_000_000 + minor * 1_000 + patch


def _misshapen(rows: pd.DataFrame) -> pd.Series:
    wrong = ~rows["merchant_no"].str.fullmatch(r"\d{15}").astype(bool)
    if "terminal_id" in rows:
        wrong |= ~rows["terminal_id"].str.fullmatch(r"[0-9A-Za-z]{8}").astype(bool)
    return wrong


def _rows(rule: str, feed: str, rows: pd.DataFrame, expected: str, actual: str) -> pd.DataFrame:
    if "serial_no" in rows:
        rows = rows.drop_duplicates("serial_no")
    severity, title, owner, remedy = own.RULES[rule]
    shown = pd.DataFrame({name: rows.get(name, "") for name in own.COLUMNS}, index=rows.index)
    seen = rows[actual] if actual in rows else pd.Series(actual, rows.index)
    wanted = rows[expected] if expected in rows else pd.Series(expected, rows.index)
    return shown.assign(
        rule=rule,
        severity=severity,
        title=title,
        owner=owner,
        remedy=remedy,
        due_on=own.DUE_ON[severity],
        channel="微信",
        expected=wanted,
        actual=seen,
        detail=title + "：应为" + wanted.astype(str) + "，实为" + seen.astype(str),
        source_file=feed,
        source_row=rows["source_row"],
    )
