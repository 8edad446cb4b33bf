"""report.html in a real browser: what its readers can do with it, and what nobody can."""

from __future__ import annotations

import dataclasses
import os
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from browser import Browser, Page
from conftest import AS_OF
from findings_frame import findings_like, standing_in
from pagetext import unpacked

from audit.ledger.past import Figures, Past
from audit.report.model import Report
from audit.report.page import render_page
from audit.report.pagecharts import trend_chart
from audit.report.pagerows import page_findings
from audit.words import Words, load_words

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
DESK, PHONE = 1280, 400


def with_past(report: Report) -> Report:
    """A report after thirty days, two of them without a night."""
    days = tuple(
        (
            AS_OF - timedelta(days=ago),
            None
            if ago in (5, 7)
            else Figures({"compliant": 5, "unregistered": 3}, 20 + ago, ago % 3, 1, ago),
        )
        for ago in range(30, 0, -1)
    )
    return dataclasses.replace(report, previous=days[-1][0], past=Past(days=days))


def made_page(report: Report, words: Words, max_rows: int) -> bytes:
    return render_page(report, words, None, page_findings(report.findings, words, max_rows))


@pytest.fixture(scope="module")
def pages(reports: dict[str, Report], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for language, report in reports.items():
        data = made_page(with_past(report), load_words(language), 2_000)
        (folder / f"{language}.html").write_bytes(data)
    return {language: folder / f"{language}.html" for language in reports}


@pytest.fixture
def page(browser: Browser, pages: dict[str, Path]) -> Iterator[Page]:
    """The Chinese page on a desk, its script started."""
    with browser.page(DESK) as opened:
        ready(opened, pages["zh"])
        yield opened
        assert opened.complaints == []


def ready(page: Page, path: Path, fragment: str = "") -> None:
    page.open(path, fragment)
    for _ in range(200):
        if page.ask("document.documentElement.dataset.ready") == "yes":
            return
        page.settle(0.02)
    raise AssertionError("the page's script did not start")


def rows(page: Page, column: str = "rule") -> list[str]:
    return page.ask(
        f"[...document.querySelectorAll('#findings-table td[data-name={column}]')].map(c => c.innerText)"
    )


def told(page: Page) -> str:
    return page.ask("document.getElementById('findings-told').textContent")


def choose(page: Page, name: str, value: str) -> None:
    page.ask(
        f"(() => {{ const list = document.querySelector('select[name={name}]'); list.value = {value!r};"
        " list.dispatchEvent(new Event('change')); })()"
    )


def test_the_policy_names_every_style_and_script_by_its_hash(pages: dict[str, Path]):
    for path in pages.values():
        page = path.read_text("utf-8")
        [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
        assert page.index("Content-Security-Policy") < page.index("<style>")
        for tag in ("style", "script"):
            [text] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
            digest = b64encode(sha256(text.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<[a-z][^>]*\s(style|on[a-z]+)=", page), "the policy would refuse it"
        assert not re.search(r"""\s(src|href|action|srcset)=["'](?!#)""", page)


def test_the_script_gets_the_findings_the_night_published(reports: dict[str, Report], pages: dict[str, Path]):
    standing = standing_in(reports["en"].findings)
    found = unpacked(pages["en"].read_text("utf-8"))
    words = load_words("en")
    for name in ("finding_id", "rule", "serial_no", "merchant_no", "detail", "remedy", "vendor"):
        assert found[name] == ["" if pd.isna(value) else value for value in standing[name]], name
    assert found["severity"] == [words.label("severity", word) for word in standing["severity"]]
    assert found["due_on"] == [str(day) for day in standing["due_on"]]
    assert found["place"] == [f"row {row:.0f}" for row in standing["source_row"]]


def test_the_trend_is_drawn_with_its_gaps(reports: dict[str, Report]):
    assert trend_chart(reports["zh"]) is None, "one night is no trend"
    chart = trend_chart(with_past(reports["zh"]))
    assert chart is not None
    assert chart.top == 50
    assert chart.lines["open"].startswith("M0.0 0.0 L30.0 ")
    assert chart.lines["open"].count("M") == 3, "before, between and after the days without a night"
    assert chart.lines["open"].count("L") == 31 - 2 - 3
    assert chart.dots["open"].count("M") == 1


def test_what_is_blank_or_odd_stays_in_its_row(reports: dict[str, Report]):
    serials = ["SN1", None, 'S"N\\2']
    some = (
        standing_in(reports["zh"].findings)
        .head(3)
        .assign(serial_no=serials, detail=["甲", "乙\n丙", "\u200b丁"])
    )
    found = page_findings(findings_like(reports["zh"].findings, some), load_words("zh"), 2)
    rows = unpacked(f'id="page-rows">{found.packed}<')
    assert rows["serial_no"] == ["SN1", "", 'S"N\\2']
    assert rows["detail"] == ["甲", "乙\n丙", "丁"]
    assert rows["finding_id"] == some["finding_id"].tolist()
    assert [one["serial_no"] for one in found.first] == ["SN1", ""]


@pytest.mark.chromium
def test_without_its_script_the_page_lists_the_first_and_counts_the_rest(
    reports: dict[str, Report], browser: Browser, tmp_path: Path
):
    path = tmp_path / "report.html"
    path.write_bytes(made_page(reports["zh"], load_words("zh"), 3))
    left = len(standing_in(reports["zh"].findings)) - 3
    with browser.page(script=False) as page:
        page.open(path)
        text = page.call("DOMSnapshot.captureSnapshot", computedStyles=[])["strings"]
        assert page.complaints == []
    assert any(f"前 3 项，另有 {left} 项见 report.xlsx" in one for one in text)
    table = path.read_text("utf-8").partition('id="findings-table"')[2].partition("</table>")[0]
    assert table.count("<tr id=") == 3


@pytest.mark.chromium
def test_search_filter_sort_and_clear(page: Page, reports: dict[str, Report]):
    standing = standing_in(reports["zh"].findings)
    assert rows(page) == standing["rule"].tolist()
    assert told(page) == f"共 {len(standing)} 项"
    page.ask("document.getElementById('findings-search').focus()")
    page.type("sn000003")
    page.settle()
    assert rows(page) == standing[standing["serial_no"] == "SN000003"]["rule"].tolist() != []
    page.ask("document.getElementById('findings-reset').click()")
    choose(page, "rule", "MER-04")
    assert set(rows(page)) == {"MER-04"}
    assert told(page) == f"符合条件 1 项，共 {len(standing)} 项"
    choose(page, "owner", "收单机构")
    assert rows(page) == []
    assert told(page) == "没有符合条件的问题。"
    page.ask("document.getElementById('findings-reset').click()")
    assert len(rows(page)) == len(standing)
    page.ask("document.querySelector('th[data-name=detail] button').click()")
    page.ask("document.querySelector('th[data-name=rule] button').click()")
    assert rows(page) == sorted(standing["rule"])
    assert page.ask("document.querySelector('th[data-name=rule]').ariaSort") == "ascending"
    page.press("Enter", 13)
    assert rows(page) == sorted(standing["rule"], reverse=True), "the heading kept the focus"
    assert page.ask("document.querySelector('th[data-name=rule]').ariaSort") == "descending"


@pytest.mark.chromium
def test_columns_are_chosen_and_copied_without_a_formula(page: Page, browser: Browser):
    labels = "[...document.querySelectorAll('#findings-columns label')]"
    for label in ("终端序列号", "来源文件", "问题描述"):
        page.ask(f"{labels}.find(one => one.textContent === '{label}').firstChild.click()")
    heads = page.ask("[...document.querySelectorAll('#findings-table th')].map(one => one.innerText.trim())")
    assert "终端序列号" in heads
    assert "来源文件" not in heads
    browser.call(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    page.ask("document.getElementById('findings-copy').click()")
    page.settle()
    copied = page.ask("navigator.clipboard.readText()").splitlines()
    assert copied[0].split("\t") == heads
    assert len(copied) == 1 + len(rows(page))
    assert told(page).startswith(f"已复制 {len(rows(page))} 行")


@pytest.mark.chromium
def test_a_link_leads_to_a_rule_a_device_or_a_finding(
    browser: Browser, pages: dict[str, Path], reports: dict[str, Report]
):
    standing = standing_in(reports["zh"].findings)
    one = standing.iloc[-1]["finding_id"]
    for fragment, wanted in (
        ("REG-01", standing[standing["rule"] == "REG-01"]),
        ("SN000004", standing[standing["serial_no"] == "SN000004"]),
        (one, standing[standing["finding_id"] == one]),
        ("quality", standing),
        ("no-such-thing", standing),
    ):
        with browser.page(DESK) as page:
            ready(page, pages["zh"], fragment)
            assert rows(page) == wanted["rule"].tolist() != [], fragment
            top = page.ask("document.getElementById('findings').getBoundingClientRect().top")
            assert (abs(top) < 40) == (len(wanted) < len(standing)), fragment
            assert page.complaints == []


@pytest.mark.chromium
def test_the_keyboard_reaches_everything(page: Page):
    reached = []
    for _ in range(60):
        page.press("Tab", 9)
        reached.append(page.ask("document.activeElement.id || document.activeElement.name || ''"))
    assert page.ask("document.activeElement.matches(':focus-visible')")
    for wanted in (
        "findings-search",
        "severity",
        "state",
        "rule",
        "owner",
        "findings-copy",
        "findings-reset",
    ):
        assert wanted in reached


@pytest.mark.chromium
def test_on_paper_all_rows_stand_in_black_and_white(page: Page):
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.ask("getComputedStyle(document.getElementById('findings-tools')).display") == "none"
    assert page.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.ask("dispatchEvent(new Event('beforeprint'))")
    assert page.ask("document.getElementById('findings-pager').hidden")


@pytest.mark.chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing(browser: Browser, pages: dict[str, Path], language: str, width: int, dark: bool):
    script = AXE.read_bytes()
    assert sha256(script).hexdigest() == AXE_SHA256
    with browser.page(width, dark=dark) as page:
        ready(page, pages[language])
        assert page.ask("document.documentElement.scrollWidth") <= width
        shade = page.ask("getComputedStyle(document.body).backgroundColor")
        assert (shade == "rgb(255, 255, 255)") != dark
        page.ask("document.querySelector('details').open = true")
        assert page.complaints == []
        page.call("Runtime.evaluate", expression=script.decode())
        found = page.ask(
            "axe.run().then(told => told.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
        )
    assert found == []


@pytest.mark.chromium
def test_a_page_of_a_hundred_thousand_findings_opens(
    reports: dict[str, Report], browser: Browser, tmp_path: Path
):
    limit = float(os.environ.get("PAGE_SECONDS", "inf"))  # set where nothing else is at work
    wanted = 100_001
    some = standing_in(reports["zh"].findings)
    many = pd.concat([some] * (wanted // len(some) + 1), ignore_index=True).head(wanted)
    numbers = pd.Series(range(wanted))
    many = many.assign(
        finding_id=numbers.map("{:016x}".format),
        serial_no=numbers.map("SN{:010}".format),
        detail=many["detail"] + numbers.map("SN{:010}".format),
        source_row=numbers,
    )
    path = tmp_path / "report.html"
    report = dataclasses.replace(reports["zh"], findings=findings_like(reports["zh"].findings, many))
    path.write_bytes(made_page(report, load_words("zh"), 2_000))
    seconds = []
    for _ in range(3):
        with browser.page(DESK) as page:
            start = time.monotonic()
            ready(page, path)
            seconds.append(time.monotonic() - start)
            assert "另有 1 项未列入本页，见 report.xlsx" in told(page)
            page.ask("location.hash = 'SN0000077777'")
            page.settle()
            assert rows(page, "detail")[0].partition("\n")[0].endswith("SN0000077777")
            assert page.complaints == []
        if seconds[-1] < limit:
            break
    assert min(seconds) < limit, seconds
