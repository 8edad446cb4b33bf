"""The mail of a self-audit cycle: told once an edition, whole, to everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from letterbox import AS_OF, Letterbox
from mailserver import Inbox, serving

from audit.delivery.cyclemail import CycleNews, queue_cycle_mail
from audit.ledger import outbox
from audit.ledger.nights import open_night
from audit.words import load_words


def test_a_cycle_is_told_once_an_edition(tmp_path: Path):
    box = Letterbox(tmp_path, {"security": "none", "user": ""})
    box.queue()
    box.set(status="sent")
    news = CycleNews("2026-11", "e1", AS_OF, ("未结 <2> 项",), "请签署", b"PK" * 50, Path("/cycles/2026-11"))
    words = load_words("zh")
    with serving(Inbox(), None, auth=False) as inbox:
        box.mail["port"] = inbox.port
        for edition in ("e1", "e1", "e2"):
            with box.database() as database, database.transaction() as connection:
                queue_cycle_mail(box.settings, words, connection, replace(news, edition=edition))
            assert box.send() == []
    first, second = inbox.messages
    assert first["Message-ID"] != second["Message-ID"]
    assert "2026-11" in str(first["Subject"])
    assert "未结 <2> 项" in first.get_body(("plain",)).get_content()
    assert "未结 &lt;2&gt; 项" in first.get_body(("html",)).get_content()
    assert [one.get_filename() for one in first.iter_attachments()] == ["cycle-2026-11.xlsx"]


def test_a_night_told_anew_takes_its_own_letters_back_and_no_cycle_s(tmp_path: Path):
    box = Letterbox(tmp_path)
    box.queue()
    news = CycleNews("2026-11", "e1", AS_OF, (), "请签署", b"PK", Path("/cycles/2026-11"))
    with box.database() as database:
        with database.transaction() as connection:
            queue_cycle_mail(box.settings, load_words("zh"), connection, news)
        with open_night(database, AS_OF) as night:
            [run] = night.runs
            outbox.forget_unsent(night.connection, run.number, run.run_id)
    assert [row["kind"] for row in box.rows] == ["cycle"]


def test_what_was_refused_of_a_night_taken_back_stays_refused(tmp_path: Path):
    box = Letterbox(tmp_path)
    for number in (1, 2):
        box.queue(number=number)
    box.set(status="refused")
    with box.database() as database:
        with open_night(database, AS_OF, rebuild=True) as night:
            night.withdraw(night.later[-1])
        outbox.revive(database, datetime.now(UTC))
    assert [(row["number"], row["status"]) for row in box.rows] == [(1, "queued"), (2, "refused")]


def test_what_was_given_up_of_a_night_told_anew_is_not_taken_up_again(tmp_path: Path):
    box = Letterbox(tmp_path)
    box.queue()
    box.set(status="expired")
    with box.database() as database, open_night(database, AS_OF) as night:
        [run] = night.runs
        outbox.forget_unsent(night.connection, run.number, run.run_id)
    assert box.rows == []
