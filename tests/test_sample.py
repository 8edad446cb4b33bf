"""The estate of sample_data: every fault planted in it is found, and nothing else is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from program import pos_audit

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_data"
NIGHT = "2026-11-21"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample in a folder of its own, so that it publishes there."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(SAMPLE, folder / "sample_data")
    return folder


@pytest.fixture(scope="module")
def night(copied: Path) -> Path:
    command = [sys.executable, "-m", "audit", "run", "--config", "sample_data/audit.toml"]
    done = subprocess.run(command, cwd=copied, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return copied / "out" / NIGHT


def test_each_rule_finds_what_was_planted_and_nothing_else(night: Path):
    flagged: dict[str, set[str | None]] = {}
    for row in pq.read_table(night / "findings.parquet").to_pylist():
        flagged.setdefault(row["rule"], set()).add(row["serial_no"] or row["merchant_no"])
    expected = json.loads((SAMPLE / "expected.json").read_text("utf-8"))
    about_rows = {rule: sorted(keys - {None}) for rule, keys in flagged.items() if keys != {None}}
    assert about_rows == expected["flagged"]
    assert expected["controls"]
    for control in expected["controls"]:
        assert control["key"] not in flagged[control["rule"]], control["why"]


# what one good night's rows cannot show: inputs, nights before it, cells nobody can read (in troubled/), and
# a blank serial of a device whose type says nothing of serials
NOT_SHOWN = {
    "SRC-01",
    "SRC-02",
    "SRC-03",
    "SRC-04",
    "SRC-05",
    "SRC-06",
    "SYS-01",
    "AUD-06",
    "DQ-01",
    "DQ-03",
    "DQ-05",
}


def test_every_other_rule_has_an_example(night: Path):
    rules = json.loads((night / "summary.json").read_text("utf-8"))["rules"]
    assert {rule["rule"] for rule in rules if rule["status"] != "flagged"} == NOT_SHOWN
    assert {rule["status"] for rule in rules} == {"flagged", "passed", "undecided"}


def test_every_row_of_every_file_is_accounted_for(night: Path):
    inputs = json.loads((night / "summary.json").read_text("utf-8"))["inputs"]
    assert len(inputs) == 10
    for one in inputs:
        assert one["rows_in_file"] == one["rows"] + sum(one["set_aside"].values()), one["path"]
        assert one["rejected"] == 0
        assert one["error"] == ""
    assert {one["encoding"] for one in inputs} == {"", "gb18030", "utf-8"}


def test_the_counts_by_severity_add_up_to_what_is_open(night: Path):
    open_now = pq.read_table(night / "findings.parquet").num_rows
    page = (night / "report.html").read_text("utf-8")
    [listed] = re.findall(r'<table aria-labelledby="severities">.*?</table>', page, re.DOTALL)
    assert sum(map(int, re.findall(r'class="n">(\d+)</td>', listed))) == open_now
    sheet = openpyxl.load_workbook(night / "report.xlsx", read_only=True).worksheets[0]
    labels = {"严重", "高", "中", "低", "提示"}
    beside = [pair for row in sheet.values for pair in pairwise(row)]
    assert sum(count for label, count in beside if label in labels and isinstance(count, int)) == open_now


def test_the_troubled_night_names_each_file_and_audits_the_rest(copied: Path):
    done = pos_audit("run", "--config", "sample_data/troubled/audit.toml", cwd=copied)
    assert done.returncode == 20, done.stderr
    told = json.loads((copied / "out" / "troubled" / NIGHT / "summary.json").read_text("utf-8"))
    errors = {one["path"]: one["error"] for one in told["inputs"]}
    assert errors == {
        "星联_终端台账_1.xlsx": "",
        "星联_终端台账_2.xlsx": "truncated",
        "蓝湾_设备导出.csv": "",
        "商户资料.xlsx": "not_a_spreadsheet",
        "报备清单.csv": "",
        "型号表.csv": "missing",
    }
    found = {one["rule"] for one in told["findings"]}
    assert found >= {"SRC-01", "SRC-02", "SRC-04", "REG-01", "DQ-03", "DQ-05"}
    assert {"REG-08", "LIF-05", "MER-04", "DEV-04"} <= set(told["not_evaluated"])
    assert told["devices"]["verdicts"]["compliant"] == 0


def test_the_script_makes_the_committed_bytes(tmp_path: Path):
    for script in ("make.py", "estate.py"):
        shutil.copy(SAMPLE / script, tmp_path / script)
    subprocess.run([sys.executable, "make.py"], cwd=tmp_path, check=True)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    made = {path: content for path, content in made.items() if path.suffix != ".pyc"}
    assert len(made) == 18
    for path, content in made.items():
        assert content == (SAMPLE / path).read_bytes(), path
