"""`pos-audit init`: a folder of exports becomes a configuration that runs."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from threading import Barrier

import pytest
from conftest import DEVICE, Estate
from program import pos_audit

from audit import proposal
from audit.config import load_settings
from audit.intake.child import read_in_child
from audit.intake.reading import FileReading
from audit.tables import TABLES
from audit.words import load_words

SAMPLE = Path(__file__).parents[1] / "sample_data"
LOGIN = "<html><body>会话已过期<input type=password></body></html>"


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """What lies in the folder on the first day."""
    for path in (*SAMPLE.glob("*.xlsx"), *SAMPLE.glob("*.csv")):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_the_proposal_runs_and_finds_what_a_careful_configuration_finds(drop: Path):
    made = pos_audit("init", str(drop), "--language", "zh")
    assert made.returncode == 0, made.stderr
    settings = load_settings(drop / "audit.toml")
    assert settings.audit.required_channels == ("alipay", "wechat")
    assert settings.inputs["registrations"].files == ("报备清单_*.csv",)
    assert set(settings.inputs) == set(TABLES)
    done = pos_audit("run", "--config", str(drop / "audit.toml"), "--as-of", "2026-11-21")
    assert done.returncode == 0, done.stderr
    told = json.loads((drop / "reports" / "2026-11-21" / "summary.json").read_text("utf-8"))
    expected = json.loads((SAMPLE / "expected.json").read_text("utf-8"))["flagged"]
    found = {one["rule"] for one in told["findings"]}
    assert found == {*expected, "AUD-04", "POL-03"}


def test_two_files_are_read_at_a_time_and_told_in_their_order(drop: Path, monkeypatch: pytest.MonkeyPatch):
    together = Barrier(2)

    def read(request: dict, *rest: object) -> FileReading:
        if not request["table"]:
            together.wait(20)
        return read_in_child(request, *rest)

    for path in sorted(drop.iterdir())[6:]:
        path.unlink()
    monkeypatch.setattr(proposal, "read_in_child", read)
    made = proposal.propose(drop, load_words("zh"))
    names = [[file.name for file in feed.files] for feed in made.feeds]
    assert sum(map(len, names)) == 6
    assert names == [sorted(one) for one in names]


def test_the_folder_one_stands_in_has_a_name(drop: Path, monkeypatch: pytest.MonkeyPatch):
    for path in drop.iterdir():
        if path.name != "型号表.csv":
            path.unlink()
    monkeypatch.chdir(drop)
    assert pos_audit("init", ".", "--language", "zh").returncode == 0
    assert f"根据 {drop.name} 中的文件" in (drop / "audit.toml").read_text("utf-8")


def test_what_is_open_stands_in_it_as_a_comment(tmp_path: Path):
    (tmp_path / "台账.csv").write_text(
        "机器序列号,状态,神秘列\n000012345678,在用\n000012345679,谜\n", "utf-8"
    )
    (tmp_path / "登录.xlsx").write_text(LOGIN, "utf-8")
    made = pos_audit("init", str(tmp_path), "--language", "zh")
    assert made.returncode == 0, made.stderr
    text = (tmp_path / "audit.toml").read_text("utf-8")
    assert '# "神秘列" = ""' in text
    assert '# "谜" = ""' in text
    assert "没有认出必需的“商户编号”列" in text
    assert "没有找到商户清单" in text
    assert "登录.xlsx 没有采用" in text
    assert set(load_settings(tmp_path / "audit.toml").inputs) == {"devices"}


def test_a_configuration_somebody_wrote_is_not_replaced(drop: Path):
    (drop / "audit.toml").write_text("[audit]\n", "utf-8")
    refused = pos_audit("init", str(drop), "--language", "en")
    assert refused.returncode == 40
    assert "was not overwritten" in refused.stderr
    assert (drop / "audit.toml").read_text("utf-8") == "[audit]\n"


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path):
    refused = pos_audit("init", str(tmp_path), "--language", "en")
    assert refused.returncode == 40
    assert "contains no readable data files" in refused.stderr


def test_names_as_browsers_give_them_and_a_folder_with_blanks_run_as_they_are_told(tmp_path: Path):
    folder = tmp_path / "drop box"
    folder.mkdir()
    header, device = "终端序列号,商户编号,终端状态", "SN000001,898100000000001,在用"
    (folder / "台账[1]_20261121.csv").write_text(f"{header}\n{device}\n", "utf-8")
    (folder / "台账[2].csv").write_text(f"{header}\n{device.replace('SN000001', 'SN000002')}\n", "utf-8")
    made = pos_audit("init", str(folder), "--language", "zh")
    command = shlex.split(made.stdout.strip().splitlines()[-1].partition("，pos-audit ")[2])
    done = pos_audit(*command, "--as-of", "2026-11-21")
    told = json.loads((folder / "reports" / "2026-11-21" / "summary.json").read_text("utf-8"))
    assert done.returncode == 20, "there are no other lists"
    assert {one["path"]: one["rows"] for one in told["inputs"] if one["feed"] == "devices"} == {
        "台账[1]_20261121.csv": 1,
        "台账[2].csv": 1,
    }


def test_a_pattern_that_is_the_name_of_a_file_finds_it(estate: Estate):
    path = estate.write("devices", [DEVICE], "devices [1].csv")
    estate.sections["inputs.devices"] = f'files = ["{path.name}"]'
    assert [row["rows"] for row in estate.run().summary["inputs"] if row["feed"] == "devices"] == [1]
