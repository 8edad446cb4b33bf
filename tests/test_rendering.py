"""The files of a night are made side by side, and fail as they would one by one."""

from __future__ import annotations

import io
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import AS_OF
from findings_frame import findings_like, frame_of

from audit.config import Settings
from audit.report import rendering, styles
from audit.report.model import Report
from audit.report.pagerows import page_findings
from audit.report.tables import FINDINGS_SCHEMA, findings_columns, findings_parquet
from audit.report.xlsxfile import finish
from audit.words import Words, load_words

ZH = load_words("zh")
Render = Callable[[Mapping[str, Report]], dict[str, bytes]]


@pytest.fixture
def render(reports: dict[str, Report], tmp_path: Path) -> Render:
    settings = Settings(folder=tmp_path)
    shown = page_findings(reports["zh"].findings, ZH, settings.report.max_rows)
    return lambda owned: rendering.render_files(settings, ZH, reports["zh"], owned, lambda: shown)


def test_every_party_gets_the_workbook_of_its_own_report(render, reports):
    files = render({"甲.xlsx": reports["zh"]})
    assert list(files) == ["report.xlsx", "甲.xlsx", "report.html"]
    assert files["甲.xlsx"] == files["report.xlsx"] == render({})["report.xlsx"]


def test_parquet_holds_the_findings_in_the_promised_types(reports):
    found = reports["zh"].findings
    told = pd.concat([frame_of(found)] * 9, ignore_index=True)  # some columns repeat, some do not
    told = told.assign(detail=told["detail"] + told.index.astype(str))
    columns = findings_columns(findings_like(found, told))
    read = pq.read_table(io.BytesIO(findings_parquet(columns)))
    assert read.schema.equals(FINDINGS_SCHEMA)
    assert read.equals(pa.table({name: column.decoded for name, column in columns.items()}))


@pytest.mark.parametrize("failure", [MemoryError, KeyboardInterrupt])
def test_a_workbook_that_fails_ends_the_rendering(render, monkeypatch, failure):
    def broken(*_: object) -> NoReturn:
        raise failure

    usual = sys.getswitchinterval()
    monkeypatch.setattr(rendering, "render_workbook", broken)
    with pytest.raises(failure):
        render({})
    assert sys.getswitchinterval() == usual


@pytest.mark.parametrize("failure", [MemoryError, KeyboardInterrupt])
def test_workbooks_that_wait_are_not_made_once_the_page_has_failed(render, reports, monkeypatch, failure):
    made: list[str] = []

    def slow(report: Report, words: Words) -> bytes:
        made.append(report.owner)
        time.sleep(0.05)
        return b"-"

    def broken(*_: object) -> NoReturn:
        raise failure

    monkeypatch.setattr(rendering, "render_workbook", slow)
    monkeypatch.setattr(rendering, "render_page", broken)
    with pytest.raises(failure):
        render({f"{place}.xlsx": reports["zh"] for place in range(50)})
    assert len(made) < 51


def test_a_part_beyond_four_gigabytes_is_announced_in_the_long_form(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)  # as if the parts were that large
    workbook = styles.new_workbook()
    workbook.create_sheet("数据").cell(1, 1, "甲" * 50)
    data = finish(workbook, {}, AS_OF)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {entry.extract_version for entry in archive.infolist()} == {45}
    assert openpyxl.load_workbook(io.BytesIO(data))["数据"]["A1"].value == "甲" * 50
