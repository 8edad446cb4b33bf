"""Numbers of persons and secrets, wherever they were put: nowhere in what a night leaves behind."""

from __future__ import annotations

import email
import email.policy
import io
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import AS_OF, DEVICE, MERCHANT, REGISTRATION, Estate
from webhook import hooked

from audit.errors import ConfigError
from audit.intake.documents import are_citizen_numbers
from audit.intake.repeats import is_encoded, whole
from audit.tables import TABLES, Column, Kind

COUNT = 10_000
CANARIES = ("canary-mail-7431", "canary-ping-8842", "canary-room-9953", "canary-file-1164")
DRESSINGS = ("{}", "联系{}", "法人 {}，已核", "账号：{}。", "{}/备用", "tel={};")


def numbers(chance: random.Random) -> Iterator[str]:
    """Citizen numbers with right check digits, mobile numbers, accounts, in turn."""
    while True:
        stem = f"{chance.choice(('110105', '440305', '510104'))}{chance.randint(1960, 2004)}"
        stem += f"{chance.randint(1, 12):02}{chance.randint(1, 28):02}{chance.randint(0, 999):03}"
        weights = [2 ** (17 - place) % 11 for place in range(17)]
        rest = sum(int(digit) * weight for digit, weight in zip(stem, weights, strict=True)) % 11
        yield stem + "10X98765432"[rest]
        yield f"1{chance.choice('3456789')}{chance.randint(0, 999_999_999):09}"
        yield f"62220{chance.randint(0, 10**14 - 1):014}"


def filled(feed: str, rows: list[dict[str, str]], supply: Iterator[str], chance: random.Random) -> set[str]:
    """Put a number into every cell of every column that says something; the numbers that were used."""
    used = set()
    for row in rows:
        for column in filter(_says_something, TABLES[feed].columns):
            if column.name in row:
                continue
            number = next(supply)
            while column.kind is Kind.REFERENCE and not column.personal and len(number) != 18:
                number = next(supply)  # of what names a paper only a citizen number is known for what it is
            used.add(number)
            plain = column.kind in (Kind.TEXT, Kind.VERSION)  # in others it is a cell that cannot be read
            dressing = chance.choice(DRESSINGS) if plain else DRESSINGS[1]
            bare = column.personal or column.kind is Kind.REFERENCE
            row[column.name] = number if bare else dressing.format(number)
    return used


def _says_something(column: Column) -> bool:
    kinds = (Kind.TEXT, Kind.REFERENCE, Kind.VERSION, Kind.FLAG, Kind.NUMBER, Kind.DATE)
    return column.personal or column.kind in kinds


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Estate, set[str], str]:
    """An estate after one night, the numbers in its files, and all that was said on the terminal."""
    estate = Estate(tmp_path_factory.mktemp("estate"), {"required_channels": '["wechat"]'})
    chance = random.Random(20261121)
    supply = numbers(chance)
    shops = [f"8981000000{number:05}" for number in range(150)]
    serials = [f"SN{number:06}" for number in range(240)]
    keys = {"serial_no": "", "merchant_no": "", "status": ""}
    estates = {
        "devices": [
            {key: DEVICE[key] for key in keys} | {"serial_no": one, "merchant_no": shops[n % 150]}
            for n, one in enumerate(serials)
        ],
        "merchants": [{"merchant_no": one, "status": MERCHANT["status"]} for one in shops],
        "registrations": [
            {
                "serial_no": one,
                "merchant_no": shops[n % 149],
                "channel": REGISTRATION["channel"],
                "reg_status": ("报备成功", "报备失败", "待报备")[n % 3],
            }
            for n, one in enumerate(serials[:-20])
        ],
        "inspections": [{"serial_no": one, "inspect_date": "2026-11-01"} for one in serials[:60]],
        "training": [{"trained_on": "2026-11-01"} for _ in range(60)],
    }
    used: set[str] = set()
    for feed, rows in estates.items():
        used |= filled(feed, rows, supply, chance)
        estate.write(feed, rows)
    with hooked(500, 500) as hook:
        secret = estate.folder / "room"
        secret.write_text(f"json://127.0.0.1:{hook.port}/{CANARIES[2]}")
        secret.chmod(0o600)
        estate.sections["mail"] = 'host = "localhost"\nport = 1\nretries = 0\nuser = "u"\n'
        estate.sections["mail"] += 'sender = "a@example.invalid"\nto = ["b@example.invalid"]'
        estate.sections["notify"] = 'urls_file = "room"'
        estate.sections["inputs.devices"] += '\npassword_env = "DEVICES_PASSWORD"'
        environment = {
            **os.environ,
            "AUDIT_MAIL_PASSWORD": CANARIES[0],
            "AUDIT_NOTIFY_PING_URL": f"http://127.0.0.1:{hook.port}/{CANARIES[1]}",
            "DEVICES_PASSWORD": CANARIES[3],
        }
        said = [
            subprocess.run(
                [sys.executable, "-c", program, "run", "--config", estate.configure(), "--as-of", str(AS_OF)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            for program in ("import audit.__main__; audit.__main__.main()", _BREAKS)
        ]
    assert said[0].returncode == 30, said[0].stderr
    assert said[1].returncode == 70, said[1].stderr
    secret.unlink()
    return estate, used, "".join(one.stdout + one.stderr for one in said)


# the second night dies of a bug, with rows and settings in the message of the exception
_BREAKS = """
import audit.telling
def broken(settings, *_, **__):
    text = "".join(path.read_text("utf-8") for path in settings.folder.glob("*.csv"))
    raise RuntimeError(f"{settings} {settings.mail} {settings.mail_password} {settings.chat_urls} {text}")
audit.telling.intact = lambda *_: False
audit.telling.build_report = broken
import audit.__main__
audit.__main__.main()
"""


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Everything a person or a program could read of a file below the folder, by its place."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name, data = str(path.relative_to(folder)), path.read_bytes()
        yield name, data.decode("utf-8", "replace")
        match path.suffix:
            case ".xlsx":
                with zipfile.ZipFile(path) as parts:
                    for part in parts.namelist():
                        yield f"{name}/{part}", parts.read(part).decode("utf-8", "replace")
            case ".parquet":
                rows = pq.read_table(path)
                yield f"{name}/rows", str(rows.to_pylist())
                for column in (whole(column) for column in rows.columns if is_encoded(column)):
                    yield f"{name}/values", str(column.dictionary.to_pylist())
            case ".eml":
                message = email.message_from_bytes(data, policy=email.policy.default)
                for part in message.walk():
                    if part.get_content_maintype() == "text":
                        yield f"{name}/{part.get_content_type()}", part.get_content()
            case ".sqlite":
                with closing(sqlite3.connect(path)) as database:
                    yield f"{name}/dump", "\n".join(database.iterdump())
                    for part, words in database.execute("SELECT part, words FROM standing_words"):
                        yield f"{name}/words {part}.rows", str(pq.read_table(io.BytesIO(words)).to_pylist())


def found_in(text: str, wanted: set[str]) -> set[str]:
    """The numbers that stand in a text, within longer runs of digits too."""
    seen = set()
    for run in re.findall(r"\d{11,}[Xx]?", text):
        for length in (11, 18, 19):
            seen |= {run[start : start + length] for start in range(len(run) - length + 1)}
    return seen & wanted


def test_the_numbers_are_many_and_real(told: tuple[Estate, set[str], str]):
    _, used, _ = told
    assert len(used) >= COUNT
    citizens = [number for number in used if len(number) == 18]
    assert len(citizens) > COUNT / 4
    assert are_citizen_numbers(pa.array(citizens)).all()
    inputs = "".join(path.read_text("utf-8") for path in told[0].folder.glob("*.csv"))
    assert found_in(inputs, used) == used, "the search finds what is there"


@pytest.mark.parametrize("where", ["reports", "state"])
def test_no_number_of_a_person_is_in_what_a_night_leaves(told: tuple[Estate, set[str], str], where: str):
    estate, used, _ = told
    looked_at = {}
    for name, text in texts(estate.folder / where):
        looked_at[name] = len(text)
        assert found_in(text, used) == set(), name
        assert not [canary for canary in CANARIES if canary in text], name
    kinds = {Path(name).suffix for name in looked_at}
    assert kinds >= (
        {".xml", ".html", ".csv", ".json"} if where == "reports" else {".eml", ".jsonl", ".rows"}
    )


def test_nor_in_what_was_said_nor_in_the_traceback_of_a_bug(told: tuple[Estate, set[str], str]):
    _, used, said = told
    assert "Traceback" in said
    assert "RuntimeError" in said
    assert found_in(said, used) == set()
    assert not [canary for canary in CANARIES if canary in said]


def test_what_is_shown_in_clear_is_asked_for_and_told(estate: Estate):
    wrong = "110105194912310020"
    estate.write("merchants", [MERCHANT | {"法人身份证号": wrong}])

    def told() -> tuple[bool, list[str], bool]:
        folder = estate.run().folder
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        shown = wrong in " ".join(map(str, pq.read_table(folder / "findings.parquet").to_pylist()))
        strings = zipfile.ZipFile(folder / "report.xlsx").read("xl/sharedStrings.xml").decode()
        return shown, summary["unmasked"], "完整显示的个人信息" in strings

    assert told() == (False, [], False)
    estate.sections["privacy"] = 'unmask = ["legal_id_no"]'
    assert told() == (True, ["legal_id_no"], True)
    estate.sections["privacy"] = 'unmask = ["serial_no"]'
    with pytest.raises(ConfigError) as failure:
        estate.run()
    assert "phone" in str(failure.value), "what may be shown is named"
