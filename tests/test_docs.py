"""Documents that are generated are current; documents that are written name what exists."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from test_cli import COMMANDS

from audit.config import MailSection, NotifySection, Settings, load_settings
from audit.delivery.metrics import FIGURES
from audit.errors import ExitCode
from audit.rules.catalogue import as_markdown, rule_table
from audit.words import load_words

ROOT = Path(__file__).parents[1]
READMES = {"en": "README.md", "zh": "README.zh-CN.md"}
RULEBOOKS = {"en": "docs/RULES.md", "zh": "docs/RULES.zh-CN.md"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_rulebook_is_generated(language: str, request: pytest.FixtureRequest):
    path = ROOT / RULEBOOKS[language]
    text = as_markdown(load_words(language))
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text("utf-8") == text, f"pos-audit rules --markdown --language {language} > {path.name}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_readmes_rule_table_is_generated(language: str, request: pytest.FixtureRequest):
    path = ROOT / READMES[language]
    text = path.read_text("utf-8")
    table = "\n".join(rule_table(load_words(language)))
    between = re.compile(r"(<!-- rules -->\n).*(<!-- /rules -->)", re.DOTALL)
    current = between.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text)
    if request.config.getoption("--update-golden"):
        path.write_text(current, encoding="utf-8")
    assert path.read_text("utf-8") == current


@pytest.mark.parametrize("name", READMES.values())
def test_the_readmes_name_every_command(name: str):
    text = (ROOT / name).read_text("utf-8")
    for command in COMMANDS:
        assert f"pos-audit {command}" in text


def test_the_benchmarks_page_names_every_benchmark_and_each_can_be_begun():
    page = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    for file in sorted((ROOT / "benchmarks").glob("*.py")):
        assert f"`{file.name}`" in page
        import_module(file.stem)


def test_the_readme_names_every_exit_code():
    text = (ROOT / "README.md").read_text("utf-8")
    for code in ExitCode:
        assert re.search(rf"\b{int(code)}\b", text), code


@pytest.mark.parametrize("name", READMES.values())
def test_the_readmes_settings_are_settings(name: str):
    text = (ROOT / name).read_text("utf-8")
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]
    assert blocks
    together = {key: value for block in blocks for key, value in block.items()}
    assert Settings(**together).inputs["devices"].files


@pytest.mark.parametrize("name", READMES.values())
def test_both_readmes_have_the_same_commands_and_links_that_lead_somewhere(name: str):
    text = (ROOT / name).read_text("utf-8")
    commands = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert commands == re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (ROOT / link).exists(), link


def test_the_mail_page_names_every_key_and_its_recipes_load(tmp_path: Path):
    page = (ROOT / "docs" / "MAIL.md").read_text("utf-8")
    for section in (MailSection, NotifySection):
        for key in section.model_fields:
            assert f"`{key}`" in page, key
    recipes = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(recipes) >= 5
    for recipe in recipes:
        (tmp_path / "audit.toml").write_text(f'[inputs.devices]\nfiles = ["x.csv"]\n{recipe}', "utf-8")
        settings = load_settings(tmp_path / "audit.toml")
        assert settings.mail is not None
        assert (settings.mail.security == "tls") == (settings.mail.port == 465)
        assert settings.mail.security != "none" or settings.mail.host == "localhost"


def test_the_mail_page_names_every_figure():
    page = (ROOT / "docs" / "MAIL.md").read_text("utf-8")
    assert set(re.findall(r"pos_audit_(\w+)", page)) == set(FIGURES)
