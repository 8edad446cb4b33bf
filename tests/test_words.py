"""Both languages say the same things, and every sentence the program can say exists."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.delivery.smtp import NotDelivered
from audit.errors import AuditError, Unusable
from audit.intake.reading import Aside, Reason
from audit.ledger.difference import Drift
from audit.ledger.lives import State
from audit.ledger.merge import Status
from audit.ownwords import leaves
from audit.report.model import Move
from audit.report.parts import Verdict
from audit.rules.article import STATEMENTS
from audit.rules.model import Category, Owner, Severity
from audit.tables import CHANNEL, MERCHANT_STATUS, REGISTRATION_STATUS, TABLES, TERMINAL_STATUS
from audit.words import load_words

PACKAGE = Path(__file__).parents[1] / "audit"
ZH, EN = load_words("zh"), load_words("en")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_sentences_with_the_same_facts():
    zh, en = dict(leaves(ZH.tree)), dict(leaves(EN.tree))
    assert set(zh) == set(en)
    for key in zh:
        assert fields(zh[key]) == fields(en[key]), key
        assert zh[key] or key.startswith(("channel_phrase.", "report.unit", "sentence_mark")), key


def test_english_is_english():
    for key, text in leaves(EN.tree):
        assert not re.search(r"[\u4e00-\u9fff]", text), key


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_every_code_word_has_a_label(words):
    groups = {
        "severity": Severity,
        "state": State,
        "handling": Status,
        "drift": {*Drift, *Move},
        "verdict": Verdict,
        "category": Category,
        "owner": Owner,
        "aside": Aside,
        "reject": Reason,
        "unusable": Unusable,
        "feed": TABLES,
        "channel": CHANNEL.words,
        "reg_status": REGISTRATION_STATUS.words,
        "terminal_status": TERMINAL_STATUS.words,
        "merchant_status": MERCHANT_STATUS.words,
        "column": {name for table in TABLES.values() for name in table.by_name},
        "cause": STATEMENTS,
    }
    for group, wanted in groups.items():
        assert {str(word) for word in wanted} <= set(words.section(group)), group


def expected_failures(kind: type[AuditError]) -> Iterator[type[AuditError]]:
    for one in kind.__subclasses__():
        yield from (one, *expected_failures(one))


def test_every_error_the_code_can_raise_has_a_sentence():
    failures, raised = {kind.__name__ for kind in expected_failures(AuditError)}, set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = [
                    a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                if node.func.id in failures:
                    raised |= set(texts[:1])
                if node.func.id == "InputError":
                    raised |= set(texts[-1:])
    assert {NotDelivered.__name__, "NothingToShow", "LedgerDamaged"} <= failures
    assert len(raised) > 100
    assert raised <= set(ZH.section("error"))


def test_every_key_the_code_asks_for_exists():
    asked = set()
    for path in PACKAGE.rglob("*.py"):
        asked |= set(re.findall(r"""(?:words|_HELP)\(\s*"([a-z_]+(?:\.[a-z_]+)+)""", path.read_text("utf-8")))
    for path in (PACKAGE.parent / "templates").glob("*.*"):
        if path.suffix in (".html", ".txt"):
            asked |= set(re.findall(r"""words\("([a-z_]+(?:\.[a-z_]+)+)""", path.read_text("utf-8")))
    known = dict(leaves(ZH.tree))
    assert asked
    assert {key for key in asked if key not in known} == set()


def test_what_the_machine_says_is_the_same_in_english_and_no_phrase_hides_a_longer_one():
    phrases = list(EN.section("machine"))
    assert list(EN.section("machine").values()) == phrases
    assert [two for place, one in enumerate(phrases) for two in phrases[place + 1 :] if one in two] == []


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_the_help_of_inspect_names_every_table_it_takes(words):
    assert set(re.findall(r"[a-z_]+", words("cli.option_table"))) >= set(TABLES)


def test_own_templates_replace_single_sentences(tmp_path: Path):
    (tmp_path / "labels.zh.toml").write_text('[report]\ntitle = "本行报告"\n', encoding="utf-8")
    words = load_words("zh", tmp_path)
    assert words("report.title") == "本行报告"
    assert words("report.overdue") == ZH("report.overdue")
