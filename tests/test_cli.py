"""The commands as typed: what they print, where, and how they end."""

from __future__ import annotations

import csv
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import program
import pytest
import typer
from conftest import DEVICE, MERCHANT, REGISTRATION, Estate

from audit import __version__
from audit.cli.speech import failing
from audit.errors import CannotWrite
from audit.rules import RULES
from audit.tables import TABLES
from audit.words import load_words

COMMANDS = (
    *("run", "init", "inspect", "rules", "explain", "feedback", "cycle", "letter"),
    *("history", "diff", "verify", "prune", "deliver", "schedule", "cron"),
)


def pos_audit(
    *arguments: object, lang: str = "en_US.UTF-8", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return program.pos_audit(*arguments, environment={**os.environ, "LANG": lang, "LC_ALL": lang}, cwd=cwd)


def test_help_names_every_command_in_both_languages():
    english, chinese = pos_audit("--help"), pos_audit("--help", lang="zh_CN.UTF-8")
    for command in COMMANDS:
        assert command in english.stdout
    assert "审计" in chinese.stdout
    assert not [letter for letter in english.stdout if letter >= "\u4e00"]


def test_help_imports_nothing_heavy():
    code = (
        "import sys; import audit.cli; "
        "print(sorted({'pandas', 'pyarrow', 'openpyxl', 'sqlalchemy', 'narwhals'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_version():
    assert pos_audit("--version").stdout.strip() == __version__


def test_a_fork_says_what_a_real_start_says(estate: Estate):
    config, listed = estate.configure(), estate.write("registrations", [REGISTRATION])
    estate.run()
    for command in (
        ("rules", "--json"),
        ("explain", "REG-01"),
        ("inspect", listed, "--json"),
        ("deliver", "--config", config),
        ("diff", "--config", config),
        ("feedback", listed, "--config", config),
    ):
        started = [sys.executable, "-m", "audit", *map(str, command)]
        real = subprocess.run(started, capture_output=True, text=True, check=False)
        fork = program.pos_audit(*command)
        assert (fork.returncode, fork.stdout, fork.stderr) == (real.returncode, real.stdout, real.stderr)
        assert real.stdout or real.stderr, command


def test_wrong_usage_is_2():
    assert pos_audit("rn").returncode == 2
    assert pos_audit("run", "--fail-on", "awful").returncode == 2
    assert pos_audit("rules", "--json", "--markdown").returncode == 2


def test_a_table_that_is_none_is_told_with_all_there_are(estate: Estate):
    ended = pos_audit(
        "inspect", estate.folder / "devices_20261121.csv", "--table", "modell", "--language", "zh"
    )
    assert ended.returncode == 40
    named = ended.stderr.partition("可用：")[2].strip().split("、")
    assert (named[0], set(named)) == ("models", set(TABLES))


def test_a_folder_is_called_one(tmp_path: Path):
    assert "文件夹" in pos_audit("inspect", tmp_path, "--language", "zh").stdout


def test_run_ends_with_code_and_reason_on_its_last_line(estate: Estate):
    ended = pos_audit("run", "--config", estate.configure(), "--as-of", "2026-11-21")
    assert ended.returncode == 0
    assert ended.stdout == ""
    assert ended.stderr.strip().splitlines()[-1].startswith("退出码 0")


def test_run_json(estate: Estate):
    estate.write("merchants", [MERCHANT | {"licence_expiry": "2020-01-01"}])
    ended = pos_audit(
        "run", "--config", estate.configure(), "--as-of", "2026-11-21", "--fail-on", "high", "--json"
    )
    assert ended.returncode == 10
    told = json.loads(ended.stdout)
    assert told["exit_code"] == 10
    assert Path(told["folder"]).is_dir()


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("[audit\n", 40, "TOML"),
        ("[audit]\nlanguge = 'zh'\n", 40, "language"),
        ("[inputs.device]\nfiles = ['x']\n", 40, "devices"),
        ("[audit]\nlanguage = 'zh'\n", 40, "inputs.devices"),
        ("[inputs.devices]\nfiles = ['none.csv']\n", 41, "none.csv"),
        (
            "[inputs.devices]\nfiles = ['none.csv']\n[inputs.devices.columns]\n'编号' = 'serial'\n",
            40,
            "serial_no",
        ),
        ("[inputs.devices]\nfiles = ['none.csv']\n[rules.REG-03]\ndyas = 3\n", 40, "days"),
        ("[inputs.devices]\nfiles = ['none.csv']\n[rules.REG-03]\ndays = nan\n", 40, "nan"),
        ("[inputs.devices]\nfiles = ['none.csv']\n[rules.REG-03]\ndays = 1e9\n", 40, "100000"),
        ("[audit]\ntimezone = 'Asia/Peking'\n[inputs.devices]\nfiles = ['x']\n", 40, "Asia/Peking"),
    ],
)
def test_a_configuration_that_cannot_work_says_what_is_right(tmp_path: Path, text: str, code: int, word: str):
    config = tmp_path / "audit.toml"
    config.write_text(text, encoding="utf-8")
    ended = pos_audit("run", "--config", config)
    assert ended.returncode == code, ended.stderr
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_missing_configuration(tmp_path: Path):
    ended = pos_audit("run", cwd=tmp_path)
    assert ended.returncode == 40
    assert "audit.toml" in ended.stderr


def test_a_password_in_a_readable_configuration_is_refused(estate: Estate):
    address = 'host = "localhost"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]'
    estate.sections["mail"] = f'{address}\npassword = "canary-99"'
    estate.configure().chmod(0o644)
    ended = pos_audit("run", "--config", estate.config)
    assert ended.returncode == 40
    assert "canary" not in ended.stderr


def test_an_output_that_cannot_be_written(estate: Estate):
    (estate.folder / "reports").write_text("a file where the folder should be")
    ended = pos_audit("run", "--config", estate.configure(), "--as-of", "2026-11-21")
    assert ended.returncode == 43
    assert "reports" in ended.stderr


def test_inspect_shows_how_a_file_is_read(estate: Estate):
    path = estate.write("registrations", [REGISTRATION, REGISTRATION | {"status": "天晓得"}])
    ended = pos_audit("inspect", path, "--table", "registrations", "--language", "zh")
    assert ended.returncode == 0
    assert "status → reg_status" in ended.stdout
    assert "天晓得" in ended.stdout


def test_inspect_writes_over_nothing_that_it_reads(estate: Estate, tmp_path: Path):
    path = estate.write("registrations", [REGISTRATION])
    before = path.read_bytes()
    for target in (path, tmp_path / ".." / tmp_path.name / path.name, tmp_path):
        assert pos_audit("inspect", path, "--to", target).returncode == 40
    assert path.read_bytes() == before


def test_inspect_writes_the_canonical_table(estate: Estate, tmp_path: Path):
    path = estate.write("registrations", [REGISTRATION])
    target = tmp_path / "clean.csv"
    ended = pos_audit("inspect", path, "--table", "registrations", "--to", target)
    assert ended.returncode == 0
    header, row = target.read_text("utf-8").splitlines()
    assert "reg_status" in header
    assert '"registered"' in row
    assert '"wechat"' in row
    assert target.stat().st_mode & 0o777 == 0o600


def test_the_clean_list_leaves_out_what_cannot_be_taken_at_its_word(estate: Estate, tmp_path: Path):
    rows = [REGISTRATION | {"serial": f"SN{number:06}"} for number in range(1, 5)]
    rows[1]["status"] = "天晓得"
    rows[2]["serial"] = "SN00000003、SN00000004"
    target = tmp_path / "clean.csv"
    path = estate.write("registrations", rows)
    ended = pos_audit("inspect", path, "--table", "registrations", "--to", target, "--json")
    told = json.loads(ended.stdout)
    with target.open(encoding="utf-8", newline="") as stream:
        assert [row["serial_no"] for row in csv.DictReader(stream)] == ["SN000001", "SN000004"]
    assert (told["rows"], told["files"][0]["rows"], told["files"][0]["rejected"]) == (2, 4, 2)
    assert [(one["column"], one["reason"], one["rows"]) for one in told["files"][0]["left_out"]] == [
        ("serial_no", "several", [["", 4]]),
        ("reg_status", "unknown_code", [["", 3]]),
    ]
    kinds = [(one["column"], one["reason"], one["count"]) for one in told["files"][0]["rejected_by"]]
    assert sorted(kinds) == [("reg_status", "unknown_code", 1), ("serial_no", "several", 1)]
    plain = pos_audit("inspect", path, "--table", "registrations", "--to", target, "--language", "zh")
    assert "报备状态：" in plain.stdout
    assert "已写入 2 行" in plain.stdout


def test_a_status_column_nobody_understands_stays_in_the_clean_list(estate: Estate, tmp_path: Path):
    path = estate.write("devices", [DEVICE | {"serial_no": f"SN{n:06}", "status": "7"} for n in range(3)])
    target = tmp_path / "clean.csv"
    ended = pos_audit("inspect", path, "--table", "devices", "--to", target, "--json")
    assert (json.loads(ended.stdout)["rows"], json.loads(ended.stdout)["files"][0]["rejected"]) == (3, 3)


def test_inspect_finds_out_which_table_a_file_holds(estate: Estate, tmp_path: Path):
    devices, listed = estate.write("devices", [DEVICE]), estate.write("registrations", [REGISTRATION])
    target = tmp_path / "clean.csv"
    ended = pos_audit("inspect", listed, "--to", target, "--language", "zh")
    assert ended.returncode == 0
    assert "(registrations)" in ended.stdout
    assert "reg_status" in target.read_text("utf-8")
    both = pos_audit("inspect", devices, listed, "--json")
    assert [file["tables"] for file in json.loads(both.stdout)["files"]] == [["devices"], ["registrations"]]
    refused = pos_audit("inspect", devices, listed, "--to", target, "--language", "en")
    assert (refused.returncode, "devices, registrations" in refused.stderr) == (40, True)
    assert pos_audit("inspect", listed, "--config", estate.configure()).returncode == 40


def test_inspect_imports_nothing_heavy(tmp_path: Path):
    file = tmp_path / "devices.csv"
    file.write_text("serial_no,merchant_no\nSN000001,898100000000001\n")
    code = (
        "import sys; from audit.cli import app; "
        "app(['inspect', sys.argv[1], '--json'], standalone_mode=False); "
        "heavy = {'pandas', 'openpyxl', 'sqlalchemy', 'narwhals'} & set(sys.modules); "
        "sys.stderr.write(' '.join(heavy))"
    )
    ended = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True)
    assert (ended.stderr, json.loads(ended.stdout)["rows"]) == ("", 1)


@pytest.mark.parametrize("command", ["status", "history", "verify 2026-11-21", "deliver"])
def test_what_is_asked_every_few_minutes_imports_nothing_heavy(estate: Estate, command: str):
    estate.run()
    estate.sections["mail"] = 'host = "localhost"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]'
    code = (
        "import sys; from audit.cli import app; "
        "app([*sys.argv[2:], '--config', sys.argv[1]], standalone_mode=False); "
        "heavy = {'pandas', 'pyarrow', 'numpy', 'narwhals'} & set(sys.modules); "
        "print(sorted(heavy), file=sys.stderr)"
    )
    started = [sys.executable, "-c", code, estate.configure(), *command.split()]
    ended = subprocess.run(started, capture_output=True, text=True)
    assert (ended.stderr.splitlines()[-1], ended.returncode) == ("[]", 0)


def test_a_night_without_owners_leaves_pandas_out(estate: Estate):
    code = (
        "import sys; from audit.cli import app; "
        "app(['run', '--quiet', '--config', sys.argv[1]], standalone_mode=False); "
        "sys.stderr.write(str('pandas' in sys.modules)); "
        "import pyarrow; assert len(pyarrow.table({'a': [1]}).to_pandas()), 'who asks for frames gets them'"
    )
    ended = subprocess.run([sys.executable, "-c", code, estate.configure()], capture_output=True, text=True)
    assert (ended.stderr.splitlines()[-1], ended.returncode) == ("False", 0)


def test_inspect_names_the_class_of_an_error(tmp_path: Path):
    page = tmp_path / "台账.xlsx"
    page.write_text("<html><body>login</body></html>")
    ended = pos_audit("inspect", page, "--table", "devices", "--json")
    assert ended.returncode == 20
    assert json.loads(ended.stdout)["files"][0]["error"]["class"] == "not_a_spreadsheet"
    other = tmp_path / "other.csv"
    other.write_text("甲,乙\n1,2\n3,4\n", encoding="utf-8")
    file = json.loads(pos_audit("inspect", other, "--json").stdout)["files"][0]
    assert (file["error"]["class"], file["kind"], file["encoding"]) == ("missing_column", "text", "utf-8")
    assert [sheet["rows_in_file"] for sheet in file["sheets"]] == [3]
    assert pos_audit("inspect", page, "--table", "device").returncode == 40


def test_rules_and_explain_in_both_languages_and_as_json():
    assert len(pos_audit("rules").stdout.strip().splitlines()) == len(RULES)
    assert "设备未报备" in pos_audit("explain", "reg-01", "--language", "zh").stdout
    english = pos_audit("explain", "REG-01", "--language", "en").stdout
    assert "▶ A1" in english
    told = json.loads(pos_audit("explain", "REG-01", "--json").stdout)
    assert told["example"]["flagged"] == [0, 2, 6]
    assert len(json.loads(pos_audit("rules", "--json").stdout)) == len(RULES)
    wrong = pos_audit("explain", "REG-1")
    assert wrong.returncode == 40
    assert "REG-0" in wrong.stderr


def test_a_rule_and_a_file_are_told_in_the_language_of_the_configuration(estate: Estate):
    estate.settings["language"] = '"zh"'
    config = estate.configure()
    told = pos_audit("explain", "REG-01", cwd=config.parent).stdout
    assert "设备未报备" in told
    asked = ("inspect", "devices_20261121.csv", "--table", "devices", "--config", config.name)
    assert "设备台账" in pos_audit(*asked, cwd=config.parent).stdout


@pytest.mark.parametrize(("number", "code"), [(errno.EACCES, 43), (errno.ENOSPC, 43), (errno.ENOENT, 70)])
def test_what_the_machine_refuses_is_no_bug(number: int, code: int, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(typer.Exit) as ended, failing(load_words("en")):
        raise OSError(number, os.strerror(number), "/srv/state/secret")
    assert ended.value.exit_code == code
    assert ("Traceback" in capsys.readouterr().err) == (code == 70)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (os.strerror(errno.ENOSPC), "磁盘空间已满"),
        (os.strerror(errno.EROFS), "文件系统为只读"),
        (os.strerror(errno.EACCES), "没有权限"),
        (os.strerror(errno.EDQUOT), "磁盘配额已用完"),
    ],
)
def test_what_the_machine_says_is_told_in_chinese(said: str, told: str, capsys: pytest.CaptureFixture[str]):
    for words, expected in ((load_words("zh"), told), (load_words("en"), said)):
        with pytest.raises(typer.Exit), failing(words):
            raise CannotWrite.to("/srv/reports", OSError(f"[Errno 28] {said}"))
        line = capsys.readouterr().err
        assert expected in line
        assert "Errno" not in line
