"""Those who are to be told: the mail server logged in to, and nothing sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from audit.config import Settings
from audit.delivery.courier import require_addresses
from audit.delivery.smtp import NotDelivered, Session
from audit.doctor.check import Check, Verdict
from audit.errors import ExitCode
from audit.words import Words


def look_at_mail(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """A handshake as before sending. Raises ConfigError."""
    mail = settings.mail
    if mail is None:
        yield Check("mail", Verdict.OK, words("doctor.mail_none"))
        return
    server = f"{mail.host}:{mail.port}"
    try:
        with Session(mail, settings.mail_password) as session:
            limit = session.open()
    except NotDelivered as failure:
        told = failure.told(words)
        yield Check("mail", Verdict.FAIL, told, words("doctor.mail_remedy"), failure.exit_code)
        return
    size = f"{limit / (1 << 20):.0f} MiB" if limit else words("doctor.mail_no_limit")
    told = words(
        "doctor.mail_ok", server=server, security=mail.security, count=len(mail.to + mail.cc), size=size
    )
    if limit and limit < mail.max_mib * (1 << 20):
        remedy = words("doctor.mail_small_remedy", mib=f"{limit / (1 << 20):.0f}")
        yield Check("mail", Verdict.WARN, told, remedy, ExitCode.DELIVERY)
    else:
        yield Check("mail", Verdict.OK, told)


def look_at_notify(settings: Settings, words: Words, _: datetime) -> Iterator[Check]:
    """Whether the addresses of chat rooms and of the watchdog can be used. Raises ConfigError."""
    require_addresses(settings)
    if rooms := len(settings.chat_urls):
        yield Check("notify", Verdict.OK, words("doctor.notify_ok", count=rooms))
