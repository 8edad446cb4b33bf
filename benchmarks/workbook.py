"""How long a workbook of 100,000 findings x 20 columns takes, beside XlsxWriter writing the same cells.

    pip install -e '.[bench]'
    python benchmarks/workbook.py [--rows 100000] [--rounds 3] [--open] [--limit 6] [--limit-mib 600]

The peer runs in its constant-memory mode, with the same styles, widths, row heights, filter and colours. Ours
is packed by ISA-L into a file somewhat larger than the peer's, whose library has zlib's level 6 and no
other; and once more by that, so that the writing itself is compared as well. All start from the same Arrow
table, in turn, each in a process of its own; processor seconds of the writing and the peak memory of the
process are printed, and the files are read back and compared cell by cell. `--open` has LibreOffice open
ours and hand the cells back.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from datetime import date, timedelta
from pathlib import Path

import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

AS_OF = date(2026, 11, 21)
HEADER = 6  # rows above the data, as on the sheets of the report
LINE = 17.0
# name, width, wrapped
COLUMNS = (
    ("严重程度", 9, False),
    ("状态", 15, False),
    ("规则", 9, False),
    ("问题", 20, True),
    ("终端序列号", 21, False),
    ("商户编号", 17, False),
    ("商户名称", 22, True),
    ("问题描述", 46, True),
    ("整改措施", 46, True),
    ("责任方", 11, False),
    ("整改期限", 12, False),
    ("首次发现", 12, False),
    ("渠道", 11, False),
    ("应为", 18, True),
    ("实为", 22, True),
    ("供应商", 12, False),
    ("省份", 12, False),
    ("来源文件", 26, False),
    ("行号", 8, False),
    ("问题编号", 19, False),
)
COLOURS = {"严重": "C62828", "高": "F4B183", "中": "FFE699", "低": "DDEBF7"}
REMEDIES = ("向支付平台补报备，成功前停止使用。", "通知供应商更换终端。", "核对商户资料并更正报备信息。")


def main() -> None:
    """Print the figures as JSON; beyond a limit the exit code is 1."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--open", action="store_true")
    options.add_argument("--limit", type=float, default=0.0)
    options.add_argument("--limit-mib", type=float, default=float("inf"))
    options.add_argument("--write", nargs=3, metavar=("WRITER", "TABLE", "TARGET"), help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.write:
        writer, table, target = asked.write
        print(json.dumps(write(writer, Path(table), Path(target))))
        return
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(Path(scratch), asked.rows, asked.rounds, opened=asked.open)
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    if figures["times as fast"] < asked.limit or figures["ours"]["peak MiB"] > asked.limit_mib:
        sys.exit(1)


def measure(folder: Path, rows: int, rounds: int, *, opened: bool) -> dict[str, object]:
    """Medians over the rounds; the ratio is the median of each round's own."""
    table = folder / "findings.parquet"
    pq.write_table(findings(rows), table)
    found: dict[str, list[dict[str, float]]] = {writer: [] for writer in WRITERS}
    for _ in range(rounds):
        for writer, runs in found.items():
            call = [sys.executable, __file__, "--write", writer, str(table), str(folder / f"{writer}.xlsx")]
            runs.append(json.loads(subprocess.run(call, check=True, capture_output=True).stdout))
    own, *others = (cells(folder / f"{writer}.xlsx") for writer in found)
    assert all(own == one for one in others), "the workbooks differ"
    if opened:
        assert cells(through_libreoffice(folder / "ours.xlsx")) == own, "LibreOffice sees other cells"
    medians = {
        writer: {name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]}
        for writer, runs in found.items()
    }
    return {
        "rows": rows,
        "columns": len(COLUMNS),
        **medians,
        "times as fast": ratio(found["XlsxWriter"], found["ours"]),
        "times as fast, both by zlib": ratio(found["XlsxWriter"], found["ours by zlib"]),
        "cells are the same": True,
        "opened by LibreOffice": opened,
    }


def ratio(theirs: list[dict[str, float]], ours: list[dict[str, float]]) -> float:
    """Of processor seconds, round by round; the median."""
    pairs = zip(theirs, ours, strict=True)
    return round(statistics.median(peer["processor s"] / own["processor s"] for peer, own in pairs), 2)


def findings(count: int) -> pa.Table:
    """Findings as a night makes them: words that repeat, sentences and numbers that do not."""
    random = np.random.default_rng(7)
    number = np.arange(count)
    serial = [f"{one:012d}" for one in random.integers(0, 10**12, count)]
    merchant = [f"8981{one:011d}" for one in random.integers(0, 40_000, count)]
    channel = np.array(["微信", "支付宝", "银联"])[number % 3]
    values = {
        "严重程度": np.array(list(COLOURS))[random.integers(0, 4, count)],
        "状态": np.array(["新增", "待整改", "整改中", "复发"])[random.integers(0, 4, count)],
        "规则": np.array(["REG-01", "ELE-03", "DEV-04", "MER-01"])[random.integers(0, 4, count)],
        "问题": np.array(["设备未报备", "序列号不一致", "版本低于最低要求", "商户资料缺失"])[number % 4],
        "终端序列号": serial,
        "商户编号": merchant,
        "商户名称": [f"晨光商店{one[-5:]}" for one in merchant],
        "问题描述": [
            f"终端 {one} 在台账中仍为在用，但{where}报备清单中没有它的记录，已布放 {day} 天。"
            for one, where, day in zip(serial, channel, random.integers(1, 999, count), strict=True)
        ],
        "整改措施": np.array(REMEDIES)[random.integers(0, len(REMEDIES), count)],
        "责任方": np.array(["供应商", "商户", "收单机构"])[number % 3],
        "整改期限": [AS_OF + timedelta(days=int(one)) for one in random.integers(-30, 30, count)],
        "首次发现": [AS_OF - timedelta(days=int(one)) for one in random.integers(0, 300, count)],
        "渠道": channel,
        "应为": [f"{where}：已报备" for where in channel],
        "实为": [None if one % 5 == 0 else "清单中无记录" for one in number],
        "供应商": np.array(["星联", "蓝湾", "海科"])[number % 3],
        "省份": np.array(["广东省", "浙江省", "四川省", "福建省"])[number % 4],
        "来源文件": np.array(["星联_终端台账_20261121.xlsx", "蓝湾_设备导出_20261120.csv"])[number % 2],
        "行号": number + 2,
        "问题编号": [f"{one:016x}" for one in random.integers(0, 2**62, count)],
    }
    return pa.table({name: pa.array(own) for name, own in values.items()})


def write(writer: str, table: Path, target: Path) -> dict[str, float]:
    """Write the table and say what it took."""
    rows = pq.read_table(table)
    call = WRITERS[writer]
    call(rows.slice(0, 10), target)  # what is imported late is imported now
    started, clock = time.process_time(), time.perf_counter()
    call(rows, target)
    return {
        "processor s": time.process_time() - started,
        "clock s": time.perf_counter() - clock,
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "file MiB": target.stat().st_size / (1 << 20),
    }


def ours(table: pa.Table, target: Path) -> None:
    """As the report's own sheets are written."""
    from audit.report import styles
    from audit.report.datasheet import COUNT, DAY, TEXT, Column, add_datasheet
    from audit.report.xlsxfile import finish
    from audit.words import load_words

    forms = {pa.date32(): DAY, pa.int64(): COUNT}
    columns = [
        Column(name, width, table[name].combine_chunks(), forms.get(table[name].type, TEXT), wrap)
        for name, width, wrap in COLUMNS
    ]
    workbook = styles.new_workbook()
    rows = add_datasheet(workbook, "问题", "Findings", [], columns, load_words("zh"))
    styles.colour_words(workbook["问题"], f"A{HEADER + 1}:A{HEADER + rows.count}", f"A{HEADER + 1}", COLOURS)
    target.write_bytes(finish(workbook, {"问题": rows}, AS_OF))


def ours_by_zlib(table: pa.Table, target: Path) -> None:
    """The same, packed as the peer packs."""
    from audit.report import xlsxpackage

    xlsxpackage.isal_zlib, xlsxpackage.LEVEL = zlib, 6
    ours(table, target)


def xlsxwriter_constant_memory(table: pa.Table, target: Path) -> None:
    """The same sheet as a careful user of XlsxWriter makes it, by its public calls."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(target), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("问题")
    look = {"font_name": "微软雅黑", "font_size": 11, "bottom": 1, "bottom_color": "#D5DBE3", "valign": "top"}
    number_forms = {pa.date32(): "yyyy-mm-dd", pa.int64(): "#,##0"}
    forms = [
        book.add_format(
            {**look, "align": "left", "text_wrap": wrap, "num_format": number_forms.get(kind, "@")}
        )
        for (_, _, wrap), kind in zip(COLUMNS, table.schema.types, strict=True)
    ]
    heading = book.add_format({**look, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E79"})
    for place, (_, width, _) in enumerate(COLUMNS):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(HEADER, 2)
    last = HEADER - 1 + table.num_rows
    sheet.autofilter(HEADER - 1, 0, last, len(COLUMNS) - 1)
    for word, colour in COLOURS.items():
        fill = book.add_format({"bg_color": f"#{colour}"})
        rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": fill}
        sheet.conditional_format(HEADER, 0, last, 0, rule)
    sheet.write_string(0, 0, "问题")
    sheet.write_string(HEADER - 2, 0, "返回概览")
    for place, (name, _, _) in enumerate(COLUMNS):
        sheet.write_string(HEADER - 1, place, name, heading)
    writers = [
        {pa.date32(): sheet.write_datetime, pa.int64(): sheet.write_number}.get(kind, sheet.write_string)
        for kind in table.schema.types
    ]
    wrapped = [width - 1 if wrap else 0 for _, width, wrap in COLUMNS]
    columns = [column.to_pylist() for column in table.columns]
    for row, values in enumerate(zip(*columns, strict=True), start=HEADER):
        lines = max(-(-taken(value) // width) for value, width in zip(values, wrapped, strict=True) if width)
        sheet.set_row(row, max(1, lines) * LINE)
        for place, value in enumerate(values):
            if value is None:
                sheet.write_blank(row, place, None, forms[place])
            else:
                writers[place](row, place, value, forms[place])
    book.close()


def taken(text: str | None) -> float:
    """How wide a text stands; Chinese sentences have few other letters, so a count of bytes will do."""
    return 0 if text is None else len(text) + 0.9 * (len(text.encode()) - len(text)) / 2


def cells(path: Path) -> pa.Table:
    """The data rows as they are read back."""
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=HEADER - 1, dtypes="string")
    return pa.table(sheet.to_arrow())


def through_libreoffice(path: Path) -> Path:
    """The workbook opened and saved again by LibreOffice."""
    target = path.parent / "opened"
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    call = ["soffice", "--headless", profile, "--convert-to", "xlsx", "--outdir", str(target), str(path)]
    subprocess.run(call, check=True, capture_output=True)
    return target / path.name


WRITERS = {"ours": ours, "ours by zlib": ours_by_zlib, "XlsxWriter": xlsxwriter_constant_memory}

if __name__ == "__main__":
    main()
