"""A user's own words and templates: they replace what is shipped, and one that is broken loses no night."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import openpyxl
import pytest
from conftest import AS_OF, REGISTRATION, Estate

from audit.config import load_settings
from audit.errors import ConfigError, ExitCode
from audit.night import Result, Wishes
from audit.ownwords import check_words
from audit.pipeline import run_audit
from audit.words import load_words


@pytest.fixture
def own(estate: Estate) -> Path:
    """An estate with findings, a mail and an empty template folder."""
    folder = estate.folder / "own"
    folder.mkdir()
    estate.write("registrations", [REGISTRATION])
    estate.sections["report"] = 'templates = "own"'
    estate.sections["mail"] = (
        'host = "localhost"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]\nsecurity = "none"'
    )
    return folder


def told(estate: Estate) -> Result:
    settings = load_settings(estate.configure())
    words = load_words(settings.audit.language, settings.own_templates)
    return run_audit(settings, words, AS_OF, Wishes(mail=False))


def mail_of(estate: Estate) -> str:
    sent = max((estate.folder / "state" / "outbox").glob("*.eml"))
    message = email.message_from_bytes(sent.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return f"{message['Subject']}\n{body.get_content()}"


def test_words_and_templates_replace_what_is_shipped(estate: Estate, own: Path):
    (own / "labels.zh.toml").write_text(
        '[report]\ntitle = "本行终端报告"\n[verdict]\nunregistered = "没报备"\n[night]\nfirst = "头一回"\n',
        encoding="utf-8-sig",
    )
    (own / "mail.txt").write_text("{{ headline }}！{{ closing }}", encoding="utf-8")
    result = told(estate)
    assert result.code is ExitCode.DONE
    page = (result.folder / "report.html").read_text("utf-8")
    sheet = openpyxl.load_workbook(result.folder / "report.xlsx").worksheets[0]
    cells = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    for text in ("本行终端报告", "没报备"):
        assert text in page
        assert text in cells
    mail = mail_of(estate)
    assert mail.startswith("【头一回】")
    assert "！完整报告" in mail


def test_another_wording_tells_the_night_again(estate: Estate, own: Path):
    file = own / "mail.txt"
    file.write_text("甲", encoding="utf-8")
    assert not told(estate).replayed
    assert told(estate).replayed
    file.write_text("乙", encoding="utf-8")
    assert not told(estate).replayed


@pytest.mark.parametrize(
    ("name", "text", "key", "line"),
    [
        ("report.html", "<p>\n{{ words( }}", "own_syntax", 2),
        ("mail.txt", "{% for one in top %}\n{{ one }}", "own_syntax", 2),
        ("report.css", "\n\n{% nothing %}", "own_syntax", 3),
    ],
)
def test_what_is_no_template_is_refused_before_the_night(
    estate: Estate, own: Path, name: str, text: str, key: str, line: int
):
    (own / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        told(estate)
    assert refused.value.key == key
    assert refused.value.facts["file"] == str(own / name)
    assert refused.value.facts["line"] == line
    assert not (estate.folder / "reports").exists()


def test_a_folder_that_is_not_there_is_refused(estate: Estate, own: Path):
    own.rmdir()
    with pytest.raises(ConfigError) as refused:
        told(estate)
    assert refused.value.key == "own_folder"


@pytest.mark.parametrize(
    ("name", "text", "key", "fact"),
    [
        ("labels.zh.toml", '[report]\ntitel = "x"', "own_key", {"line": 2, "near": "report.title"}),
        ("labels.zh.toml", "\n[report]\ntitle = 3", "own_not_text", {"line": 3}),
        ("labels.zh.toml", '[report]\nrow_mark = "{row"', "own_braces", {"line": 2}),
        ("labels.zh.toml", '[report]\nrow_mark = "{zeile}"', "own_fact", {"line": 2, "known": ["row"]}),
        ("labels.zh.toml", '[report]\nrow_mark = "{}"', "own_fact", {"line": 2}),
        ("labels.zh.toml", "[report\n", "own_syntax", {}),
        ("labels.cn.toml", "", "own_file", {"near": "labels.en.toml"}),
        ("label.zh.toml", "", "own_file", {"near": "labels.zh.toml"}),
    ],
)
def test_a_label_that_would_change_nothing_or_cannot_be_filled_is_refused(
    tmp_path: Path, name: str, text: str, key: str, fact: dict[str, object]
):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        check_words(tmp_path)
    assert refused.value.key == key
    assert refused.value.facts["file"] == str(tmp_path / name)
    assert refused.value.facts.items() >= fact.items()
    for language in ("zh", "en"):
        assert str(tmp_path / name) in load_words(language)(f"error.{key}", **refused.value.facts)


def test_labels_of_codes_may_be_added(tmp_path: Path):
    (tmp_path / "labels.zh.toml").write_text('[device_type]\n"77" = "自助缴费机"\n', encoding="utf-8")
    check_words(tmp_path)
    assert load_words("zh", tmp_path).label("device_type", "77") == "自助缴费机"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("report.html", "report.nothing_of_the_kind"),
        ("mail.html", "1 // (report.overdue * 0)"),
        ("mail.txt", "report.name.nothing()"),
    ],
)
def test_one_that_breaks_at_night_is_left_out_and_the_night_says_so(
    estate: Estate, own: Path, name: str, fault: str
):
    (own / name).write_text(f"<p>\n\n{{{{ {fault} }}}}", encoding="utf-8")
    result = told(estate)
    assert result.code is ExitCode.INCOMPLETE
    assert f"自备模板 {own / name} 第 3 行出错" in result.reason
    page = (result.folder / "report.html").read_text("utf-8")
    assert "自备模板" in page
    assert 'id="findings-table"' in page, "the one that came with the program"
    assert "自备模板" in mail_of(estate)
