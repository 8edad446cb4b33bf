"""What the workbook's sheets tell of two nights: what moved, the trend, links, what is left out."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import AS_OF, DEVICE, MERCHANT, MODEL, REGISTRATION, Estate
from findings_frame import findings_like, frame_of
from openpyxl.workbook import Workbook

import audit.report.rendering
from audit.report.attachment import cut_workbook
from audit.report.blocks import MAX_LINKS
from audit.report.datasheet import Column, add_datasheet
from audit.report.model import Report
from audit.report.parts import Verdict
from audit.report.workbook import render_workbook
from audit.report.xlsxfile import MAX_STYLES
from audit.words import load_words

ZH = load_words("zh")
NEXT = AS_OF + timedelta(days=3)
SERIALS = [f"SN{number:06}" for number in range(1, 61)]


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Iterator[tuple[Report, bytes]]:
    """The second of two nights: one device mended, one newly missing from the list, one worse."""
    told: list[tuple[Report, bytes]] = []

    def kept(report: Report, *rest: object) -> bytes:
        told.append((report, render_workbook(report, *rest)))
        return told[-1][1]

    estate = Estate(
        tmp_path_factory.mktemp("two_nights"), {"required_channels": '["wechat"]', "name": '"示例"'}
    )
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in SERIALS])
    estate.write("merchants", [MERCHANT])
    estate.write("models", [MODEL])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit.report.rendering, "render_workbook", kept)
        registered = [REGISTRATION | {"serial": serial} for serial in SERIALS]
        failed = REGISTRATION | {"serial": SERIALS[3], "status": "报备失败"}
        estate.write("registrations", [*registered[1:3], failed, *registered[4:10]])
        estate.run()
        estate.write("registrations", [*registered[:2], *registered[3:11]])
        estate.run(NEXT)
    return told[-1]


@pytest.fixture(scope="module")
def book(night) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(night[1]))


def rows_of(book: Workbook, name: str) -> list[dict[str, object]]:
    header, *rows = book[name].iter_rows(min_row=6, values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def cells_of(book: Workbook, name: str) -> list[str]:
    return [str(cell) for row in book[name].iter_rows(values_only=True) for cell in row if cell is not None]


def test_changes_tell_what_is_new_first_and_then_what_was_mended(book: Workbook):
    moved = [(row["变化"], row["规则"], row["终端序列号"]) for row in rows_of(book, "变化")]
    assert sorted(moved[:2], key=str) == [("新增", "AUD-06", None), ("新增", "REG-01", SERIALS[2])]
    assert sorted(moved[2:]) == [
        ("销号", "REG-01", SERIALS[0]),
        ("销号", "REG-01", SERIALS[10]),
        ("销号", "REG-04", SERIALS[3]),
    ]


def test_the_first_screen_says_what_moved_who_acts_and_what_was_not_checked(book: Workbook):
    first = cells_of(book, "概览")[:14]
    assert "加重 0、复发 0、新增 2、销号 3" in first
    assert any(text.startswith("收单机构 50 项（逾期 49 项）、") for text in first), first
    assert "应做的检查全部完成，数据完整。" in first
    assert "较上次 -1" in cells_of(book, "概览")


@pytest.mark.libreoffice
def test_millions_of_devices_fit_their_tile(night, tmp_path: Path):
    report, _ = night
    many = replace(report, population=replace(report.population, verdicts=dict.fromkeys(Verdict, 8_765_432)))
    (tmp_path / "report.xlsx").write_bytes(render_workbook(many, ZH))
    pages = 'pdf:calc_pdf_Export:{"PageRange":{"type":"string","value":"1"}}'
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        pages,
    ]
    subprocess.run([*command, "report.xlsx"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    subprocess.run(["pdftotext", "report.pdf"], cwd=tmp_path, check=True)
    first = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert f"{8_765_432 * len(Verdict):,}" in first
    assert "###" not in first


def test_the_trend_has_a_gap_where_no_night_was_and_a_chart_that_draws_without_computing(night, book):
    trend = rows_of(book, "趋势")
    assert [row["未关闭"] for row in trend] == [52, None, None, 51]
    parts = zipfile.ZipFile(io.BytesIO(night[1]))
    charts = [parts.read(name).decode() for name in parts.namelist() if "charts/chart" in name]
    assert len(charts) == 2
    line = next(chart for chart in charts if "lineChart" in chart)
    assert "'趋势'!$B$7:$B$10" in line
    drawn = re.findall(r'pt idx="(\d)"><(?:c:)?v>(\d+)<', line[line.index("$B$7:$B$10") :])
    assert drawn[:2] == [("0", "52"), ("3", "51")]
    [drawing] = [parts.read(name).decode() for name in parts.namelist() if "drawings/drawing" in name]
    described = re.findall(r'descr="([^"]+)"', drawing)
    assert len(described) == 2
    assert "52" in described[0]


def links_of(sheet) -> list[str]:
    return [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_every_link_leads_to_a_cell_that_is_there(book: Workbook):
    ways = [(sheet.title, way) for sheet in book for way in links_of(sheet)]
    assert len(ways) > 20
    for title, way in ways:
        name, cell = re.fullmatch(r"'(.+)'!([A-Z]+\d+)", way).groups()
        assert name in book.sheetnames, (title, way)
        assert book[name][cell].value is not None, (title, way)
    for name in book.sheetnames[1:-1]:
        assert "'概览'!A1" in links_of(book[name]), f"no way back from {name}"


def test_a_rule_leads_to_its_first_finding(book: Workbook):
    [row] = [row for row in book["规则说明"].iter_rows(min_row=7) if row[0].value == "REG-01"]
    name, cell = row[4].hyperlink.location.replace("'", "").split("!")
    assert book[name][cell.replace("A", "C")].value == "REG-01"


def test_lists_hold_the_findings_of_their_kind(book: Workbook):
    listed = rows_of(book, "未报备设备")
    assert len(listed) == 50
    assert {row["规则"] for row in listed} == {"REG-01"}
    assert "50" in book["未报备设备"]["A2"].value


def test_tables_have_headers_that_differ_and_no_merged_cells(book: Workbook):
    names = [table.displayName for sheet in book for table in sheet.tables.values()]
    assert len(names) == len(set(names))
    for sheet in book:
        for table in sheet.tables.values():
            header = [cell.value for cell in sheet[table.ref][0]]
            assert header == [column.name for column in table.tableColumns]
            assert len(set(header)) == len(header), sheet.title
        if sheet.title != "概览":
            assert not sheet.merged_cells.ranges, sheet.title


def test_every_row_of_every_sheet_is_there_once(night):
    parts = zipfile.ZipFile(io.BytesIO(night[1]))
    for name in (name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")):
        rows = [int(row) for row in re.findall(rb'<row r="(\d+)"', parts.read(name))]
        assert rows == sorted(set(rows)), name


def test_a_cut_workbook_fits_lists_the_first_findings_and_says_so(night):
    found = night[0].findings
    rows = pd.concat([frame_of(found).iloc[night[0].open_rows]] * 40, ignore_index=True)
    ids = [f"{number * 0x9E3779B97F4A7C15 % (1 << 64):016x}" for number in range(len(rows))]
    rows = rows.assign(finding_id=ids, seal=ids, detail=rows["detail"] + ids)
    report = replace(night[0], findings=findings_like(found, rows))
    whole = render_workbook(report, ZH)
    room = len(whole) * 0.7
    limit = (room + (1 << 17)) * 78 / 57 / (1 << 20)
    cut = cut_workbook(report, ZH, whole, limit)
    assert cut is not None
    data, count = cut
    assert len(data) <= room
    assert 20 <= count < len(report.findings)
    small = openpyxl.load_workbook(io.BytesIO(data))
    sheet = small["整改台账"]
    header = [cell.value for cell in sheet[1]]
    place = header.index("问题编号")
    ids = [row[place] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert ids == report.findings.table["finding_id"].to_pylist()[:count]
    told = cells_of(small, "概览")
    assert any(f"只列出应优先处理的 {count:,} 项" in text for text in told)
    assert any(f"未关闭问题 {len(report.open_rows):,} 项" in text for text in told), "totals count all"
    assert cut_workbook(report, ZH, whole, 15) is None, "all of it fits"
    assert cut_workbook(report, ZH, whole, 0.001) is None, "not even a short list fits"


def test_findings_beyond_the_rows_of_a_sheet_are_told_of(night, monkeypatch):
    monkeypatch.setattr("audit.report.model.MOST_ROWS", 25)
    small = openpyxl.load_workbook(io.BytesIO(render_workbook(replace(night[0]), ZH)))
    assert small["整改台账"].max_row == 26
    left = len(night[0].findings) - 25
    assert any(f"另有 {left} 项未列出" in text for text in cells_of(small, "概览"))
    assert any("只列出前 " in text for text in cells_of(small, "未报备设备"))


def test_no_more_links_than_a_sheet_may_have_and_few_styles(book: Workbook, monkeypatch):
    monkeypatch.setattr("audit.report.datasheet.MAX_LINKS", 5)
    column = Column("列", 9, [str(number) for number in range(10)], targets=["'概览'!A1"] * 10)
    assert len(add_datasheet(openpyxl.Workbook(), "数据", "Data", [], [column], ZH).links) == 4
    assert MAX_LINKS == 65_530
    assert len(book._cell_styles) < 300 < MAX_STYLES


def test_texts_that_no_cell_holds_are_counted(night, tmp_path: Path):
    report, _ = night
    long = findings_like(report.findings, frame_of(report.findings).assign(detail="长" * 40_000).head(2))
    made = openpyxl.load_workbook(
        io.BytesIO(render_workbook(replace(report, findings=long), ZH)), read_only=True
    )
    facts = {row[0]: row[1] for row in made["运行信息"].iter_rows(values_only=True) if row[0]}
    assert int(facts["因单元格长度截断的文字"]) >= 2


def test_the_second_night_reads_as_it_did(book: Workbook, golden):
    """The sheets that look back: the first one, what changed, the trend."""
    text = "".join(
        f"== {name}\n"
        + "".join(
            " | ".join("" if cell is None else str(cell) for cell in row).rstrip(" |") + "\n"
            for row in book[name].iter_rows(values_only=True)
        )
        for name in ("概览", "变化", "趋势")
    )
    golden("second_night.zh.txt", re.sub(r"\b[0-9a-f]{16}\b", "‹id›", text))
