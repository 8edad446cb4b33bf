"""SIGKILL at every step of delivering: the server ends with one message, or with two of one Message-ID.

`DELIVERY_KILLS=30` kills at each step so often, and at every single effect of the program.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import killing
import pytest
from letterbox import AS_OF, PEOPLE, Letterbox
from mailserver import Inbox, serving
from program import FORKS

from audit.errors import ExitCode

REPEATS = int(os.environ.get("DELIVERY_KILLS", "1"))
SAMPLE = 1 if "DELIVERY_KILLS" in os.environ else 6  # every so many effects

# where the server may have taken the message, and nothing of that was noted yet
TWICE = (
    "before audit.delivery.smtp.Session._verdict",
    "after audit.delivery.smtp.Session._verdict",
    "before audit.delivery.courier._Courier._note",
)
ONCE = (
    "before audit.delivery.courier.Database",
    "before audit.ledger.outbox.take_up",
    "before audit.delivery.smtp._connect",
    "after audit.delivery.smtp._connect",
    "before audit.delivery.smtp.Session._envelope",
    "after audit.delivery.smtp.Session._envelope",
    "before audit.delivery.courier._Courier._going_out",
    "after audit.delivery.courier._Courier._going_out",
    "before audit.delivery.smtp._dotted",
    "after audit.delivery.courier._Courier._note",
    "before audit.delivery.courier._sweep",
    "after audit.delivery.courier._sweep",
)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serving(Inbox(), None, auth=False) as running:
        yield running


def boxed(folder: Path, inbox: Inbox) -> Letterbox:
    """A folder as `pos-audit deliver` finds it, with one letter queued."""
    folder.mkdir()
    box = Letterbox(folder, {"security": "none", "user": "", "port": inbox.port})
    box.queue()
    mail = f'host = "localhost"\nport = {inbox.port}\nsecurity = "none"\nretry_seconds = 0.01\n'
    mail += f'sender = "a@example.invalid"\nto = {json.dumps(PEOPLE)}\n'
    (folder / "audit.toml").write_text(f'[inputs.devices]\nfiles = ["*.csv"]\n[mail]\n{mail}', "utf-8")
    inbox.raw.clear()
    inbox.recipients.clear()
    return box


def delivered(folder: Path, moment: str) -> int:
    """The exit code of `pos-audit deliver`, killed at a moment."""
    arguments = ["deliver", "--config", str(folder / "audit.toml")]
    child = FORKS.Process(target=killing.run, args=(moment, arguments, {"LANG": "C.UTF-8"}))
    child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


def copies(folder: Path, inbox: Inbox) -> int:
    """How often the letter is on the server, once a run that is let live came after the killed one."""
    assert delivered(folder, f"effect {10**9}") == 0
    assert {message["Message-ID"] for message in inbox.messages} == {inbox.messages[0]["Message-ID"]}
    assert set(map(tuple, inbox.recipients)) == {PEOPLE}
    assert inbox.messages[0]["Date"].datetime.date() == AS_OF
    return len(inbox.raw)


@pytest.mark.parametrize("moment", [*ONCE, *TWICE])
def test_killed_at_a_step_a_letter_is_not_lost_nor_sent_twice_unknown(
    moment: str, tmp_path: Path, inbox: Inbox
):
    for number in range(REPEATS):
        folder = tmp_path / str(number)
        box = boxed(folder, inbox)
        assert delivered(folder, moment) == -signal.SIGKILL
        assert copies(folder, inbox) <= (2 if moment in TWICE else 1)
        assert (box.status, box.files) == ("sent", [])


def test_killed_at_an_effect_a_letter_is_not_lost(tmp_path: Path, inbox: Inbox):
    """At the 1st, the 7th… file, statement or line to the server, until the program gets to its end."""
    killed, twice = 0, 0
    for effect in range(1, 1_000, SAMPLE):
        folder = tmp_path / str(effect)
        box = boxed(folder, inbox)
        if delivered(folder, f"effect {effect}") == 0:
            break
        killed += 1
        found = copies(folder, inbox)
        assert found in (1, 2), effect
        twice += found == 2
        assert (box.status, box.files) == ("sent", [])
    assert killed > 50 / SAMPLE
    assert twice <= 4, "only between the text and our note of the answer"


def test_killed_again_and_again_a_letter_goes_twice_at_most(tmp_path: Path, inbox: Inbox):
    folder = tmp_path / "box"
    box = boxed(folder, inbox)
    for _ in range(2):
        assert delivered(folder, "after audit.delivery.smtp.Session._verdict") == -signal.SIGKILL
    assert delivered(folder, f"effect {10**9}") == ExitCode.DELIVERY
    assert len(inbox.raw) == 2
    assert box.status == "doubtful"
