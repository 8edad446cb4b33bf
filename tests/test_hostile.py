"""Whatever a vendor writes, and wherever: shown, and dead, in every file of a night and in its mail."""

from __future__ import annotations

import csv
import email
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from browser import Browser
from conftest import AS_OF, DEVICE, MERCHANT, MODEL, REGISTRATION, Estate
from lxml import etree
from pagetext import unpacked
from payloads import PAYLOADS
from test_mailbody import ELEMENTS

from audit.config import load_settings
from audit.crosscheck.devices import pattern_regex
from audit.letters import write_letters
from audit.plaintext import plain
from audit.tables import TABLES
from audit.tables.model import Kind
from audit.words import load_words

UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069]")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# one row per payload that is read and flagged, the payload in every column whose content is free
BASES: dict[str, dict[str, str]] = {
    "devices": DEVICE | {"last_heartbeat": "2026-01-01 03:00:00", "cert_expiry": "2020-01-01"},
    "merchants": MERCHANT | {"licence_expiry": "2020-01-01"},
    "registrations": REGISTRATION | {"status": "报备失败", "submitted_at": "2025-01-16 10:00:00"},
    "models": MODEL | {"eol_on": "2020-01-01"},
    "policies": {"policy_id": "P1", "title": "t", "requirement": "re_register", "effective_on": "2026-01-01"},
    "inspections": {"inspect_date": "2026-01-01", "serial_no": "SN000001", "result": "异常"},
    "training": {"topic": "t", "trained_on": "2024-01-01", "valid_until": "2025-01-01"},
    "error_texts": {"text": "t", "cause": "2.1"},
    "transactions": {
        "serial_no": "SN000001",
        "period_end": "2026-11-20",
        "txn_amount": "1",
        "txn_count": "1",
    },
}
KEYS = {"serial_no": "SN{:06}", "serial": "SN{:06}", "merchant_no": "8981000000{:05}", "policy_id": "P{}"}


def rows_of(feed: str) -> Iterator[dict[str, str]]:
    base, free = BASES[feed], {}
    for column in TABLES[feed].columns:
        if column.kind in (Kind.TEXT, Kind.REFERENCE) and column.name not in (
            *base,
            "text",
            "cause",
            "channel",
        ):
            free[column.name] = column.name
    for number, payload in enumerate(PAYLOADS):
        keys = {name: shape.format(number) for name, shape in KEYS.items() if name in base}
        shown = {"title", "topic", "vendor", "model", "merchant_name", "fail_reason"}.intersection(base)
        yield base | dict.fromkeys(free, payload) | dict.fromkeys(shown, payload) | keys
    for payload in PAYLOADS:  # and rows that cannot be read, the payload in every column
        yield dict.fromkeys(base, payload)


@dataclass(frozen=True)
class Night:
    folder: Path
    message: EmailMessage
    letters: Path


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    estate = Estate(tmp_path_factory.mktemp("hostile"), {"required_channels": '["wechat"]'})
    estate.settings["name"] = json.dumps("甲\r\nBcc: all@evil.invalid\r\n\r\n<script>alert(1)</script>")
    for feed in BASES:
        named = f'{feed}_20261121 "><img src=x onerror=alert(1)> {{{{7*7}}}} =1+1.csv'
        path = estate.write(feed, list(rows_of(feed)), named)
        estate.sections[f"inputs.{feed}"] = f'files = ["{feed}_*"]\nmax_age_days = 5'
        if feed == "devices":
            sheeted(path.with_name("devices_20261121 b.xlsx"))
    estate.sections["mail"] = (
        'host = "localhost"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]\nsecurity = "none"'
    )
    vendors = json.dumps([visible(payload) for payload in PAYLOADS if visible(payload)], ensure_ascii=False)
    estate.sections['routing."乙"'] = f"vendor = {vendors}"
    estate.sections["letter"] = 'contact = "合规部 010-00000000"'
    folder = estate.run(mail=False).folder
    sent = min((estate.folder / "state" / "outbox").glob("*.eml"), key=lambda path: path.stat().st_size)
    message = email.message_from_bytes(sent.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    settings, words = load_settings(estate.config), load_words("zh")
    numbers = [row["merchant_no"] for row in rows_of("merchants")][: len(PAYLOADS)]
    [letters], _ = write_letters(settings, words, numbers, "", None, estate.folder / "out", together=True)
    return Night(folder, message, letters)


def sheeted(path: Path) -> None:
    """A workbook whose sheet and headers are payloads, with one device."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "<svg onload=alert(1)>{{7+7}}"
    headers = [*DEVICE, *(openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", one) for one in PAYLOADS)]
    for place, header in enumerate(headers, 1):
        sheet.cell(1, place, header).data_type = "s"
    for place, value in enumerate((DEVICE | {"serial_no": "SN999999"}).values(), 1):
        sheet.cell(2, place, value)
    book.save(path)


def visible(payload: str) -> str:
    """A payload as a page shows it: nothing unseen, blanks run together, without quotes around the whole."""
    shown = " ".join(plain(payload).split())
    return shown.strip('"') if shown.count('"') == 2 else shown


def test_any_text_may_be_a_version_pattern():
    for payload in PAYLOADS:
        text = visible(payload)
        found = pc.match_substring_regex(pa.array([text, "", None]), pattern_regex(text)).to_pylist()
        assert found == ["N" not in text, False, None], payload


def test_every_payload_reaches_a_finding(night: Night):
    rows = pq.read_table(night.folder / "findings.parquet").to_pylist()
    text = " ".join(" ".join(map(str, row.values())) for row in rows)
    seen = " ".join(text.split())
    missing = [one for one in PAYLOADS if visible(one)[:200] not in plain(seen)]
    assert missing == []


@pytest.mark.parametrize("name", ["report.xlsx", "report-乙.xlsx"])
def test_no_cell_of_any_sheet_is_a_formula(night: Night, name: str):
    path = night.folder / name
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            part = archive.read(name)
            tree = etree.fromstring(part, etree.XMLParser(resolve_entities=False, huge_tree=True))
            tags = {etree.QName(one).localname for one in tree.iter(etree.Element)}
            if name.startswith("xl/worksheets/sheet"):
                assert "f" not in tags, name
            assert "ddeLink" not in tags
            assert b'TargetMode="External"' not in part
            assert not UNSEEN.search("".join(tree.itertext())), name
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate)
                if isinstance(cell.value, str) and cell.value.startswith(FORMULA):
                    assert cell.data_type == "s"
                    assert cell.quotePrefix, (sheet.title, cell.coordinate, cell.value)


def test_the_csv_has_its_rows_and_no_formula(night: Night):
    text = (night.folder / "findings.csv").read_text("utf-8-sig")
    assert not UNSEEN.search(text)
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert len(lines) == 1 + pq.read_metadata(night.folder / "findings.parquet").num_rows
    assert {len(line) for line in lines} == {29}
    assert not [cell for line in lines for cell in line if cell.lstrip().startswith(FORMULA)]


def test_the_summary_is_json_without_a_raw_control_character(night: Night):
    data = (night.folder / "summary.json").read_bytes()
    assert json.loads(data)["as_of"] == AS_OF.isoformat()
    assert not UNSEEN.search(data.decode())


@pytest.mark.chromium
def test_the_page_shows_all_of_it_and_does_nothing(night: Night, browser: Browser):
    path = night.folder / "report.html"
    page_source = path.read_text("utf-8")
    assert not UNSEEN.search(page_source)
    assert not any(UNSEEN.search(text) for column in unpacked(page_source).values() for text in column)
    with browser.page(1280, 2000) as page:
        page.open(path)
        page.settle(1)
        assert page.ask("document.documentElement.dataset.ready") == "yes"
        for _ in range(30):  # every column, and every page of the table
            page.ask(
                "[...document.querySelectorAll('#findings-columns input')].find(i => !i.checked)?.click()"
            )
        shown = []
        while True:
            shown.append(page.ask("document.body.innerText"))
            if page.ask("document.getElementById('page-after').disabled"):
                break
            page.ask("document.getElementById('page-after').click()")
        for place in (300, 600, 900):  # what waits for a pointer or the focus
            page.call("Input.dispatchMouseEvent", type="mouseMoved", x=place, y=place)
            page.press("Tab", 9)
        page.settle()
        dom = page.ask(
            "[...new Set([...document.querySelectorAll('*')].flatMap(e => [e.localName,"
            " ...[...e.attributes].filter(a => /^(on|src|srcdoc|style)/.test(a.name)"
            " || (a.name === 'href' && !a.value.startsWith('#'))).map(a => `${e.localName} ${a.name}`)]))]"
        )
        assert page.complaints == []
    assert not set(dom) & {"img", "iframe", "object", "base", "link", "form", "animate", "embed"}
    assert not [one for one in dom if " " in one]
    seen = " ".join(" ".join(shown).split())
    assert [one for one in PAYLOADS if visible(one)[:200] not in seen] == []
    with browser.page(script=False) as page:
        page.open(path)
        page.settle()
        assert page.complaints == []


@pytest.mark.chromium
def test_letters_show_it_and_do_nothing(night: Night, browser: Browser):
    assert not UNSEEN.search(night.letters.read_text("utf-8"))
    with browser.page(800) as page:
        page.open(night.letters)
        page.settle()
        text = page.ask("document.body.innerText")
        assert page.complaints == []
        assert page.ask("document.querySelectorAll('script, img, iframe, [style], a[href]').length") == 0
    seen = " ".join(text.split())
    missing = [one for one in PAYLOADS if visible(one)[:200] not in seen]
    assert missing == ["#REF!", "'=1+1"], "an error cell is no name, what guards a cell no part of it"


@pytest.mark.chromium
def test_the_mail_has_our_headers_and_a_dead_body(night: Night, browser: Browser, tmp_path: Path):
    names = {name.lower() for name in night.message}
    assert "bcc" not in names
    assert not UNSEEN.search(str(night.message["Subject"]))
    plain_part: Any = night.message.get_body(("plain",))
    html_part: Any = night.message.get_body(("html",))
    text, html = plain_part.get_content(), html_part.get_content()
    assert not UNSEEN.search(text)
    assert not UNSEEN.search(html)
    path = tmp_path / "mail.html"
    path.write_text(html, encoding="utf-8")
    with browser.page(700) as page:
        page.open(path)
        page.settle()
        found = page.ask("[...new Set([...document.querySelectorAll('*')].map(one => one.localName))]")
        assert page.complaints == []
    assert set(found) <= ELEMENTS | {"tbody"}
