"""DuckDB SQL over what fastexcel or its own CSV reader gives, written with XlsxWriter."""

from __future__ import annotations

from pathlib import Path

import duckdb
import fastexcel

from peers import contract as own
from peers.xlsxwriter_sheet import write_workbook

# rule, rows, condition, expected, actual
_CHECKS = (
    ("REG-01", "devices", "used and reg_status is null", "'已报备'", "'无报备记录'"),
    (
        *("REG-03", "devices"),
        "scope and reg_status = '报备中' and submitted_at::timestamp < $pending",
        *("'2 天内办结'", "submitted_at"),
    ),
    ("REG-04", "devices", "scope and reg_status = '报备失败'", "'报备成功'", "reg_status"),
    (
        *("REG-08", "registrations"),
        "reg_status = '报备成功' and serial_no not in (select serial_no from devices)",
        *("'台账有此设备'", "'台账没有'"),
    ),
    ("ELE-03", "devices", "live and merchant_no <> merchant_listed", "merchant_listed", "merchant_no"),
    ("ELE-06", "devices", "live and address <> address_listed", "address_listed", "address"),
    (
        *("ELE-09", "devices"),
        "live and merchant_no = merchant_listed and terminal_id <> terminal_listed",
        *("terminal_listed", "terminal_id"),
    ),
    ("LIF-03", "devices", "used and merchant_status = '已注销'", "'商户正常'", "merchant_status"),
    ("LIF-05", "devices", "scope and merchant_known is null", "'商户在清单'", "merchant_no"),
    (
        *("MER-04", "merchants"),
        "merchant_status <> '已注销' and license_expiry::date < $today",
        *("'在有效期内'", "license_expiry"),
    ),
    (
        *("DEV-04", "devices"),
        "scope and list_transform(string_split(firmware, '.'), lambda x: x::int)"
        " < list_transform(string_split(minimum, '.'), lambda x: x::int)",
        *("minimum", "firmware"),
    ),
    ("HB-01", "devices", "used and heartbeat::timestamp < $silent", "'7 天内有心跳'", "heartbeat"),
    ("DUP-01", "devices", "scope and copies > 1", "'序列号唯一'", "serial_no"),
    (
        "DQ-02",
        "devices",
        "not (merchant_no ~ '^[0-9]{15}$' and terminal_id ~ '^[0-9A-Za-z]{8}$')",
        "'规定位数'",
        "merchant_no",
    ),
    (
        *("DQ-02", "registrations"),
        "not (merchant_no ~ '^[0-9]{15}$' and terminal_id ~ '^[0-9A-Za-z]{8}$')",
        *("'规定位数'", "merchant_no"),
    ),
    ("DQ-02", "merchants", "not merchant_no ~ '^[0-9]{15}$'", "'规定位数'", "merchant_no"),
)
_WIDE = """
create table wide as
select d.*, r.reg_status, r.submitted_at, r.merchant_no as merchant_listed, r.address as address_listed,
  r.terminal_id as terminal_listed, m.merchant_no as merchant_known, m.merchant_status, v.minimum,
  d.status = '在用' as used, d.status <> '已撤机' as scope,
  d.status <> '已撤机' and r.reg_status in ('报备成功', '报备中') as live,
  count(*) filter (d.status <> '已撤机') over (partition by d.serial_no) as copies
from devices d left join registrations r using (serial_no)
left join merchants m on d.merchant_no = m.merchant_no left join minimums v using (model)
"""


def run(folder: Path, out: Path) -> dict[str, int]:
    """Read, check, write."""
    base = duckdb.connect()
    for feed, names in own.FEEDS.items():
        _load(base, own.feed_file(folder, feed), feed, names)
    minimum = own.minimum_firmware(folder)
    base.execute("create table minimums (model varchar, minimum varchar)")
    base.executemany("insert into minimums values (?, ?)", list(minimum.items()))
    base.execute(_WIDE)
    moments = {"pending": own.PENDING_BEFORE, "silent": own.SILENT_BEFORE, "today": own.AS_OF}
    sql = " union all ".join(f"({_select(base, *check)})" for check in _CHECKS)
    used = {name: value for name, value in moments.items() if f"${name}" in sql}
    found = base.execute(f"create table findings as {sql}", used)
    counts = dict(base.execute("select rule, count(*) from findings group by rule order by rule").fetchall())
    base.execute(f"copy findings to '{out / 'findings.csv'}' (header)")
    first = base.execute(f"select * from findings limit {own.PAGE_ROWS}").fetchall()
    own.write_page(out / "report.html", counts, first)
    found = base.execute("select * from findings")
    write_workbook(out / "report.xlsx", counts, iter(found.fetchone, None))
    return counts


def _load(base: duckdb.DuckDBPyConnection, path: Path, feed: str, names: dict[str, str]) -> None:
    picked = ", ".join(f'"{header}" as {name}' for header, name in names.items())
    if path.suffix == ".xlsx":
        rows = fastexcel.read_excel(path).load_sheet(0, use_columns=list(names), dtypes="string").to_arrow()
        base.register("given", rows)
        source = "given"
    else:
        source = f"read_csv('{path}', all_varchar = true)"
    base.execute(
        f"create table {feed} as select {picked}, row_number() over () + 1 as source_row from {source}"
    )


def _select(
    base: duckdb.DuckDBPyConnection, rule: str, feed: str, condition: str, expected: str, actual: str
) -> str:
    table = "wide" if feed == "devices" else feed
    present = {row[0] for row in base.execute(f"describe {table}").fetchall()}
    severity, title, owner, remedy = own.RULES[rule]
    told = {
        "rule": f"'{rule}'",
        "severity": f"'{severity}'",
        "title": f"'{title}'",
        "owner": f"'{owner}'",
        "remedy": f"'{remedy}'",
        "due_on": f"'{own.DUE_ON[severity]}'",
        "channel": "'微信'",
        "expected": expected,
        "actual": actual,
        "detail": f"concat('{title}：应为', {expected}, '，实为', {actual})",
        "source_file": f"'{feed}'",
    }
    columns = ", ".join(
        f"{told[name]} as {name}" if name in told else name if name in present else f"'' as {name}"
        for name in own.COLUMNS
    )
    once = "distinct on (serial_no)" if "serial_no" in present else ""
    return f"select {once} {columns} from {table} where {condition}"
