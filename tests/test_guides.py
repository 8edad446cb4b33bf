"""What the guides show is what the program does: every command in them is run, its output compared.

    ```console
    $ a command, and on lines that begin with "> " what belongs to it
    what it says; "…" in a line stands for anything, a line of its own for any number of lines
    ```

The estate of a guide is shown as /srv/estate. `--update-golden` writes what was said where it differs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mailserver import PASSWORD, USER, Inbox, certificate, serving
from pydantic import BaseModel, SecretStr

from audit import __version__
from audit.config import Settings, load_settings
from audit.ledger.workdays import DAYS_TO_MEND

ROOT = Path(__file__).parents[1]
SHOWN = "/srv/estate"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands_of(block: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block with the lines it is said to print."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert parts[0] == "", "a block begins with a command"
    for part in parts[1:]:
        lines = part.splitlines()
        more = [line[2:] for line in lines[1:] if line.startswith("> ")]
        yield "\n".join([lines[0], *more]), [line for line in lines[1:] if not line.startswith("> ")]


def printed_by(command: str, folder: Path, environment: dict[str, str]) -> list[str]:
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return ended.stdout.replace(str(folder), SHOWN).splitlines()


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines are those, "…" standing for what it may."""
    patterns = [
        "(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n" for line in shown
    ]
    return re.fullmatch("".join(patterns), "".join(f"{line}\n" for line in printed)) is not None


def follow(guide: Path, folder: Path, update: bool, **variables: str) -> int:
    """Do all that a guide says, in its order; the result is how many commands that were."""
    bin_folder = str(Path(sys.executable).parent)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AUDIT_", "LC_"))
    }
    environment |= {"PATH": f"{bin_folder}:{environment['PATH']}", "LANG": "C.UTF-8", "COLUMNS": "200"}
    environment |= variables
    text, count = guide.read_text("utf-8"), 0
    for block in BLOCK.findall(text):
        fresh = []
        for command, shown in commands_of(block):
            printed = printed_by(command, folder, environment)
            count += 1
            if not matches(shown, printed):
                assert update, f"{guide.name}: $ {command}\nsays\n" + "\n".join(printed)
                shown = printed
            head, *more = command.splitlines()
            fresh += [f"$ {head}", *(f"> {line}" for line in more), *shown]
        text = text.replace(block, "".join(f"{line}\n" for line in fresh))
    if update:
        guide.write_text(text, encoding="utf-8")
    return count


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a newcomer has: the repository, and an empty place beside it."""
    folder = tmp_path / "estate"
    folder.mkdir()
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    return folder


def test_the_first_night_of_a_newcomer(
    clone: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
):
    pair = certificate(tmp_path)
    with serving(Inbox(), pair) as inbox:
        count = follow(
            ROOT / "README.md",
            clone,
            request.config.getoption("--update-golden"),
            AUDIT_MAIL_HOST="localhost",
            AUDIT_MAIL_PORT=str(inbox.port),
            SSL_CERT_FILE=str(pair[0]),
        )
    assert count < 10
    assert f'user = "{USER}"' in (ROOT / "README.md").read_text("utf-8")
    assert PASSWORD in (ROOT / "README.md").read_text("utf-8")
    [message] = inbox.messages
    assert "2026-11-21" in str(message["Subject"])
    [attachment] = message.iter_attachments()
    published = clone / "exports" / "reports" / "2026-11-21" / "report.xlsx"
    assert attachment.get_content() == published.read_bytes()


def test_the_operators_guide(clone: Path, request: pytest.FixtureRequest):
    assert follow(ROOT / "docs" / "OPERATIONS.md", clone, request.config.getoption("--update-golden")) > 10


def sections(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every key of the configuration: section, key, default."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        kinds = [one for one in (kind, *getattr(kind, "__args__", ())) if isinstance(one, type)]
        inner = next((one for one in kinds if issubclass(one, BaseModel)), None)
        if inner is not None:
            repeated = getattr(kind, "__origin__", None) is dict
            yield from sections(inner, f"{prefix}{name}.*." if repeated else f"{prefix}{name}.")
        elif (prefix and SecretStr not in kinds) or kind == dict[str, SecretStr]:
            yield prefix.removesuffix("."), name, field.get_default(call_default_factory=True)


def example() -> dict[str, Any]:
    """The example with every line that is commented out put in."""
    text = (ROOT / "docs" / "audit.toml").read_text("utf-8")
    return tomllib.loads(re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE))


def test_the_full_example_names_every_key_with_its_default():
    plain = example()
    for section, key, default in sections(Settings):
        found: Any = plain
        for part in section.split("."):
            found = next(iter(found.values())) if part == "*" else found[part]
        assert key in found, f"docs/audit.toml lacks [{section}] {key}"
        if isinstance(default, (bool, int, float)) and section != "inputs.*":
            assert found[key] == default, f"docs/audit.toml: [{section}] {key} is {default} by default"


def test_the_full_example_can_be_used_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "audit.toml"
    shutil.copy(ROOT / "docs" / "audit.toml", file)
    settings = load_settings(file)
    assert {"devices", "merchants", "registrations"} <= set(settings.inputs)
    assert settings.mail is None, "nothing is sent before somebody says to whom"
    whole = Settings(**example())
    assert whole.mail is not None
    assert not whole.secrets, "the example keeps its secrets elsewhere"


def test_the_threats_are_answered_by_tests_that_exist():
    text = (ROOT / "docs" / "SECURITY.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    rows = re.findall(r"^\| (?!threat|---).*\|$", text, re.MULTILINE)
    assert len(named) >= len(rows) > 15
    for file, test in named:
        assert f"def {test}" in (ROOT / file).read_text("utf-8"), f"{file}::{test}"


LABELS = tomllib.loads((ROOT / "templates" / "labels.zh.toml").read_text("utf-8"))


@pytest.mark.parametrize("group", ["state", "verdict", "severity", "handling"])
def test_the_compliance_guide_explains_every_word_of_the_report(group: str):
    text = (ROOT / "docs" / "合规指南.md").read_text("utf-8")
    for label in LABELS[group].values():
        assert f"| {label} |" in text, label


def test_the_compliance_guide_has_the_days_and_the_sheets_of_the_program():
    text = (ROOT / "docs" / "合规指南.md").read_text("utf-8")
    for severity, days in DAYS_TO_MEND.items():
        assert f"| {LABELS['severity'][severity]} | {days} |" in text
    cycle = {label for key, label in LABELS["cycle"].items() if key.startswith("sheet_")}
    for sheet in re.findall(r"“(\w+)”页", text):
        assert sheet in {*LABELS["sheet"].values(), *cycle}, sheet


def test_the_container_runs_as_nobody_in_particular():
    text = (ROOT / "Containerfile").read_text("utf-8")
    final = text.rsplit("\nFROM ", 1)[1]
    assert "\nUSER 10001:10001\n" in final
    assert "--require-hashes" in text
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for path in copied.split():
            assert (ROOT / path).exists(), path
    assert f"pos-audit:{__version__}" in text


@pytest.mark.parametrize("name", ["OPERATIONS.md", "SECURITY.md", "合规指南.md"])
def test_links_lead_somewhere(name: str):
    text = (ROOT / "docs" / name).read_text("utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / "docs" / link).exists(), link
