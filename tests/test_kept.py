"""What is kept of templates and labels stands beside their text, and never in for another text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from audit.report.precompiled import Precompiled


@pytest.fixture(autouse=True)
def writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that keeps byte code."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


def _environment(shipped: Path, *own: Path, form: bytes = b"", **options: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader([*own, shipped]),
        autoescape=False,
        bytecode_cache=Precompiled(shipped, form),
        **options,
    )


def _rendered(environment: Environment) -> str:
    return environment.get_template("page.html").render(name="王")


def _kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.kept"))


def test_a_template_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "page.html").write_text("{{ name }}!", encoding="utf-8")
    assert _rendered(_environment(tmp_path)) == "王!"
    assert len(_kept(tmp_path)) == 1

    def never(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(Environment, "compile", never)
    assert _rendered(_environment(tmp_path)) == "王!"


@pytest.mark.parametrize("change", ["text", "form", "damage", "half"])
def test_what_was_made_of_another_is_not_taken(tmp_path: Path, change: str):
    page = tmp_path / "page.html"
    page.write_text("{% if name %}\n{{ name }}{% endif %}", encoding="utf-8")
    assert _rendered(_environment(tmp_path)) == "\n王"
    [kept] = _kept(tmp_path)
    if change == "text":
        page.write_text("{{ name }}?", encoding="utf-8")
        assert _rendered(_environment(tmp_path)) == "王?"
    elif change == "form":
        assert _rendered(_environment(tmp_path, form=b"trimmed", trim_blocks=True)) == "王"
    else:
        kept.write_bytes(b"\xe3damaged" if change == "damage" else kept.read_bytes()[:99])
        assert _rendered(_environment(tmp_path)) == "\n王"
    before = kept.read_bytes()
    _rendered(_environment(tmp_path, form=b"trimmed" if change == "form" else b""))
    assert kept.read_bytes() == before


def test_a_users_own_template_is_not_kept(tmp_path: Path):
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder, text in ((shipped, "shipped"), (own, "own")):
        folder.mkdir()
        (folder / "page.html").write_text(text, encoding="utf-8")
    assert _rendered(_environment(shipped, own)) == "own"
    assert _kept(tmp_path) == []
    assert _rendered(_environment(shipped)) == "shipped"
    assert _rendered(_environment(shipped, own)) == "own"


def test_nothing_is_kept_where_nothing_may_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "page.html").write_text("{{ name }}", encoding="utf-8")
    (tmp_path / "__pycache__").write_text("in the way", encoding="utf-8")
    assert _rendered(_environment(tmp_path)) == "王"
    (tmp_path / "__pycache__").unlink()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert _rendered(_environment(tmp_path)) == "王"
    assert _kept(tmp_path) == []
