"""A ledger with one night and what is to be sent of it, without the night."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from mailserver import USER

from audit.config import MailSection, Settings, load_settings
from audit.delivery.courier import send_queued
from audit.delivery.message import Attachment, Letter
from audit.delivery.post import queue_letter
from audit.ledger.database import Database
from audit.ledger.nights import Run, open_night
from audit.ledger.schema import OUTBOX
from audit.words import load_words

AS_OF = date(2026, 11, 21)
PEOPLE = ("compliance@example.invalid", "ops@example.invalid")
_MAIL = {
    "host": "localhost",
    "port": 1,
    "user": USER,
    "sender": "审计机器人 <audit@example.invalid>",
    "to": [f"合规部 <{PEOPLE[0]}>", PEOPLE[1]],
    "retry_seconds": 0.01,
    "timeout_seconds": 5.0,
}


@dataclass
class Letterbox:
    """A state folder and the mail settings."""

    folder: Path
    mail: dict[str, Any] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        (self.folder / "audit.toml").write_text('[inputs.devices]\nfiles = ["*.csv"]\n', "utf-8")
        plain = load_settings(self.folder / "audit.toml")
        return plain.model_copy(update={"mail": MailSection(**(_MAIL | self.mail))})

    @contextmanager
    def database(self) -> Iterator[Database]:
        made = Database("", self.settings.state)
        try:
            yield made
        finally:
            made.close()

    def queue(self, *letters: Letter, number: int = 1, kind: str = "night") -> None:
        run = Run(number, f"{number:016x}", date.fromordinal(AS_OF.toordinal() + number - 1), 0, "", {})
        with self.database() as database, open_night(database, run.as_of) as night:
            if number not in {one.number for one in night.runs}:
                night.add_run(run, "0", "", {})
            queue_letter(
                self.settings,
                night.connection,
                number=number,
                run_id=run.run_id,
                kind=kind,
                as_of=run.as_of,
                letters=letters or (letter(),),
            )

    def send(self, breathe: Callable[[], None] = lambda: None) -> list[str]:
        """Send as a run does; the result says what went wrong."""
        with self.database() as database:
            return send_queued(self.settings, load_words("en"), database, self.taken.append, breathe)

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        with self.database() as database, database.transaction() as connection:
            return [dict(row) for row in connection.execute(sa.select(OUTBOX)).mappings()]

    def set(self, **values: Any) -> None:
        with self.database() as database, database.transaction() as connection:
            connection.execute(sa.update(OUTBOX).values(**values))

    @property
    def status(self) -> str:
        [row] = self.rows
        return str(row["status"])

    @property
    def files(self) -> list[str]:
        folder = self.settings.state / "outbox"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def letter(size: int = 0, text: str = "正文\n.\n..点\n", name: str = "report-2026-11-21") -> Letter:
    """A short letter, with an attachment of so many bytes unless that is 0."""
    attached = (Attachment(f"{name}.xlsx", "终端审计-2026-11-21.xlsx", bytes(size)),) if size else ()
    return Letter("审计 2026-11-21", text, f"<p>{text}</p>", attached)
