"""The fourteen rules in polars, lazily: one wide join, then filters."""

from __future__ import annotations

import polars as pl

from peers import contract as own


def findings(
    devices: pl.LazyFrame, registrations: pl.LazyFrame, merchants: pl.LazyFrame, minimum: dict[str, str]
) -> pl.DataFrame:
    """One row per finding, with the columns of the contract."""
    devices, registrations, merchants = (
        frame.with_row_index("source_row", 2) for frame in (devices, registrations, merchants)
    )
    models = pl.LazyFrame({"model": list(minimum), "minimum": list(minimum.values())})
    wide = (
        devices.join(
            registrations.drop("channel", "source_row"), on="serial_no", how="left", suffix="_listed"
        )
        .join(
            merchants.select("merchant_no", "merchant_status", listed=pl.lit(True)),
            on="merchant_no",
            how="left",
        )
        .join(models, on="model", how="left")
    )
    status, reg_status = pl.col("status"), pl.col("reg_status")
    in_scope, used = status != own.WITHDRAWN, status == own.USED
    live = in_scope & reg_status.is_in([own.REGISTERED, own.PENDING])
    other_merchant = pl.col("merchant_no") != pl.col("merchant_no_listed")
    moment = "%Y-%m-%d %H:%M:%S"
    submitted = pl.col("submitted_at").str.to_datetime(moment)
    heartbeat = pl.col("heartbeat").str.to_datetime(moment)
    known = devices.select("serial_no").unique()
    flagged = [
        _rows("REG-01", "devices", wide.filter(used & reg_status.is_null()), "已报备", "无报备记录"),
        _rows(
            "REG-03",
            "devices",
            wide.filter(in_scope & (reg_status == own.PENDING) & (submitted < own.PENDING_BEFORE)),
            "2 天内办结",
            "submitted_at",
        ),
        _rows(
            "REG-04",
            "devices",
            wide.filter(in_scope & (reg_status == own.FAILED)),
            own.REGISTERED,
            "reg_status",
        ),
        _rows(
            "REG-08",
            "registrations",
            registrations.filter(reg_status == own.REGISTERED).join(known, on="serial_no", how="anti"),
            "台账有此设备",
            "台账没有",
        ),
        _rows("ELE-03", "devices", wide.filter(live & other_merchant), "merchant_no_listed", "merchant_no"),
        _rows(
            "ELE-06",
            "devices",
            wide.filter(live & (pl.col("address") != pl.col("address_listed"))),
            "address_listed",
            "address",
        ),
        _rows(
            "ELE-09",
            "devices",
            wide.filter(live & ~other_merchant & (pl.col("terminal_id") != pl.col("terminal_id_listed"))),
            "terminal_id_listed",
            "terminal_id",
        ),
        _rows(
            "LIF-03",
            "devices",
            wide.filter(used & (pl.col("merchant_status") == own.CLOSED)),
            "商户正常",
            "merchant_status",
        ),
        _rows(
            "LIF-05",
            "devices",
            wide.filter(in_scope & pl.col("listed").is_null()),
            "商户在清单",
            "merchant_no",
        ),
        _rows(
            "MER-04",
            "merchants",
            merchants.filter(
                (pl.col("merchant_status") != own.CLOSED)
                & (pl.col("license_expiry").str.to_date() < own.AS_OF)
            ),
            "在有效期内",
            "license_expiry",
        ),
        _rows(
            "DEV-04",
            "devices",
            wide.filter(in_scope & (_rank("firmware") < _rank("minimum"))),
            "minimum",
            "firmware",
        ),
        _rows(
            "HB-01",
            "devices",
            wide.filter(used & (heartbeat < own.SILENT_BEFORE)),
            "7 天内有心跳",
            "heartbeat",
        ),
        _rows(
            "DUP-01",
            "devices",
            devices.filter(in_scope).filter(pl.col("serial_no").is_duplicated()),
            "序列号唯一",
            "serial_no",
        ),
        _rows("DQ-02", "devices", devices.filter(_misshapen(True)), "规定位数", "merchant_no"),
        _rows("DQ-02", "registrations", registrations.filter(_misshapen(True)), "规定位数", "merchant_no"),
        _rows("DQ-02", "merchants", merchants.filter(_misshapen(False)), "规定位数", "merchant_no"),
    ]
    return pl.concat(pl.collect_all(flagged))


def _rank(name: str) -> pl.Expr:
    parts = pl.col(name).str.split(".")
    major, minor, patch = (parts.list.get(place).cast(pl.Int64) for place in range(3))
    return major * 1_000_000 + minor * 1_000 + patch


def _misshapen(with_terminal: bool) -> pl.Expr:
    wrong = ~pl.col("merchant_no").str.contains(r"^\d{15}$")
    return wrong | ~pl.col("terminal_id").str.contains(r"^[0-9A-Za-z]{8}$") if with_terminal else wrong


def _rows(rule: str, feed: str, rows: pl.LazyFrame, expected: str, actual: str) -> pl.LazyFrame:
    present = rows.collect_schema().names()
    if "serial_no" in present:
        rows = rows.unique("serial_no", keep="first", maintain_order=True)
    severity, title, owner, remedy = own.RULES[rule]
    wanted = pl.col(expected) if expected in present else pl.lit(expected)
    seen = pl.col(actual) if actual in present else pl.lit(actual)
    told = {
        "rule": pl.lit(rule),
        "severity": pl.lit(severity),
        "title": pl.lit(title),
        "owner": pl.lit(owner),
        "remedy": pl.lit(remedy),
        "due_on": pl.lit(own.DUE_ON[severity]),
        "channel": pl.lit("微信"),
        "expected": wanted,
        "actual": seen,
        "detail": pl.format("{}：应为{}，实为{}", pl.lit(title), wanted, seen),
        "source_file": pl.lit(feed),
    }
    blank = pl.lit("")
    return rows.select(
        told[name].alias(name) if name in told else pl.col(name) if name in present else blank.alias(name)
        for name in own.COLUMNS
    )
