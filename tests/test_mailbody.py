"""What the night's mail says, and that any mail program can show it."""

from __future__ import annotations

import dataclasses
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from browser import Browser
from conftest import AS_OF
from findings_frame import findings_like, frame_of

from audit.report.mailbody import render_mail, subject_of
from audit.report.model import Report
from audit.words import load_words

ELEMENTS = {"html", "head", "meta", "title", "body", "table", "tr", "td", "th", "span", "b", "br"}


@pytest.fixture(params=["zh", "en"])
def second_night(request: pytest.FixtureRequest, reports: dict[str, Report]) -> Report:
    """A night with one new finding, some overdue, and two things that were not checked."""
    report = reports[request.param]
    twice = pd.concat([frame_of(report.findings)] * 2, ignore_index=True)
    findings = twice.assign(
        state=["new"] + ["open"] * (len(twice) - 1), tonight=["opened"] + [None] * (len(twice) - 1)
    )
    findings["due_on"] = [AS_OF + timedelta(days=3 if place < 4 else -9) for place in range(len(findings))]
    alarms = ("“培训记录.csv”没有找到。", "REG-05 未评估。")
    findings = findings_like(report.findings, findings)
    return dataclasses.replace(report, findings=findings, previous=date(2026, 11, 20), alarms=alarms)


def mail_of(report: Report, **more: str) -> tuple[str, str, str]:
    words = load_words(report.language)
    return render_mail(report, words, None, words("report.mail_attached", folder="/srv/2026-11-21"), **more)


def test_the_mail_reads_as_it_did(second_night: Report, golden):
    subject, text, html = mail_of(second_night, week="七天：新增 3。", when="weekly")
    golden(f"mail.{second_night.language}.txt", f"{subject}\n\n{text}")
    golden(f"mail.{second_night.language}.html", html)


def test_why_not_to_compare_with_the_night_before_stands_below_the_figures(second_night: Report):
    words = load_words(second_night.language)
    told = [words("report.scope_moved"), words("report.rules_moved_count", count=2)]
    past = dataclasses.replace(
        second_night.past, other_scope=True, rules_moved=frozenset({"REG-01", "REG-03"})
    )
    plain, moved = (mail_of(one)[1:] for one in (second_night, dataclasses.replace(second_night, past=past)))
    for body in moved:
        assert all(body.index(words("report.fixed")) < body.index(one) for one in told), "below the figures"
    assert not any(one in body for one in told for body in plain)


def test_what_is_new_and_overdue_comes_before_what_only_stands(second_night: Report):
    words = load_words(second_night.language)
    _, text, html = mail_of(second_night)
    for body in (text, html):
        places = [
            body.index(part)
            for part in (
                second_night.alarms[0],
                words("report.worse_title", count=1),
                second_night.findings.told(second_night.open_rows[:1])[0]["detail"],
                words("mail.late", count=second_night.overdue),
                words("report.owner_title"),
                "/srv/2026-11-21",
                words("mail_when.always"),
            )
        ]
        assert places == sorted(places)
    assert words("mail.days_over", days=9) in text
    assert words("mail.more", count=second_night.overdue - 8) in text


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({}, "首次审计"),
        ({"alarms": ("-",)}, "不完整"),
        ({"previous": date(2026, 11, 20)}, "有新增"),
        ({"previous": date(2026, 11, 20), "state": "open", "due_on": date(2026, 11, 20)}, "有逾期"),
        ({"previous": date(2026, 11, 20), "state": "open"}, "无新增"),
        ({"previous": date(2026, 11, 20), "state": "fixed"}, "无问题"),
    ],
)
def test_the_subject_begins_with_a_word_for_the_night(
    reports: dict[str, Report], changed: dict[str, object], word: str
):
    report = reports["zh"]
    columns = {name: changed[name] for name in ("state", "due_on") if name in changed}
    fields = {name: value for name, value in changed.items() if name not in columns}
    findings = findings_like(report.findings, frame_of(report.findings).assign(**columns))
    told = dataclasses.replace(report, findings=findings, **fields)
    subject = subject_of(told, load_words("zh"))
    assert subject.startswith(f"【{word}】终端合规审计 2026-11-21 示例支付：")
    count = len(told.open_rows)
    assert f"未关闭 {count}" in subject if count else "没有未关闭问题" in subject
    assert ("新增" in subject.partition("：")[2]) == ("state" not in changed)


def test_outlook_gets_tables_with_inline_styles_and_nothing_else(second_night: Report):
    _, _, html = mail_of(second_night)
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            found.add(tag)
            for name, value in attributes:
                assert name not in ("class", "id", "src", "href"), (tag, name)
                assert not re.search(r"url\(|position|flex|grid|margin:auto|var\(", value or ""), value
                if name == "style" and tag == "span":
                    assert "padding" not in (value or ""), "the Word engine takes none on it"

    Reader().feed(html)
    assert found <= ELEMENTS
    assert "max-width:680px" in html
    assert '<!--[if mso]><table role="presentation" width="680"' in html


@pytest.mark.chromium
def test_it_fits_a_narrow_window(second_night: Report, browser: Browser, tmp_path: Path):
    path = tmp_path / "mail.html"
    path.write_text(mail_of(second_night)[2], encoding="utf-8")
    with browser.page(390) as page:
        page.open(path)
        assert page.ask("document.documentElement.scrollWidth") == 390
        assert page.complaints == []
