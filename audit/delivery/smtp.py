"""Sending over SMTP: encrypted and verified, or not at all; and what a server says of a message."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from audit.config import MailSection
from audit.errors import AuditError, ExitCode

_VERDICT = 10  # a text may take ten times as long as an answer to go out, and again to be looked into
# in front of, or within the server's words; not within another number of theirs
_TOO_LARGE = re.compile(r"(?<![\w.-])(552|5\.3\.4)(?![\w-]|\.\w)")


class NotDelivered(AuditError):
    """The server could not be reached, or took no message at all; `again` when that may pass by itself."""

    exit_code = ExitCode.DELIVERY

    def __init__(self, key: str, /, *, again: bool = False, **facts: object) -> None:
        super().__init__(key, **facts)
        self.again = again


class TooLarge(Exception):
    """The server takes no message of that size."""


class Doubtful(Exception):
    """The text went out and no answer came: nobody can tell whether the message arrived."""


@dataclass(frozen=True)
class Answer:
    """What became of each recipient; the server's words for those it did not take."""

    accepted: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)


class Session:
    """One connection for all messages; opened with the first of them, and anew when it broke."""

    def __init__(self, mail: MailSection, password: str) -> None:
        self._mail = mail
        self._password = password
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server and kind is None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.quit()
        self._drop()

    def open(self) -> int:
        """Connect and log in where that is not done yet; the result is the server's size limit, 0 for none.

        Raises NotDelivered; the password is not sent over a connection that is not encrypted.
        """
        if self._server is None:
            try:
                self._server = _connect(self._mail)
                if self._mail.user:
                    self._server.login(self._mail.user, self._password)
            except NotDelivered:
                self._drop()
                raise
            except UnicodeEncodeError:  # its message would show the password
                self._drop()
                raise NotDelivered("mail_ascii") from None
            except (OSError, smtplib.SMTPException) as failure:
                self._drop()
                raise self._failed(_told(failure), again=_may_pass(failure)) from failure
        size = self._server.esmtp_features.get("size", "").split(" ")[0]
        return int(size) if size.isdigit() else 0

    def deliver(
        self, sender: str, recipients: Sequence[str], data: bytes, before_text: Callable[[], None]
    ) -> Answer:
        """Hand over a message. `before_text` is called when nothing but its text is still to be sent.

        Raises NotDelivered, TooLarge or Doubtful.
        """
        self.open()
        assert self._server is not None
        try:
            later, refused = self._envelope(self._server, sender, recipients, data)
            accepted = [one for one in recipients if one not in later and one not in refused]
            if not accepted:
                self._server.rset()
                return Answer((), refused, later)
            code, words = self._server.docmd("DATA")
            if code == 354:
                before_text()
                self._grant(_VERDICT)  # the limit is for the whole of a text, however slow the line
                # sent as a whole: when this fails its last line, the dot, has not gone out
                self._server.send(_dotted(data))
        except (OSError, smtplib.SMTPException) as failure:
            self._drop()
            raise self._failed(_told(failure), again=True) from failure
        if code == 354:
            code, words = self._verdict(self._server)
        else:
            with suppress(OSError, smtplib.SMTPException):
                self._server.rset()
        said = _said(code, words)
        if code == 250:
            return Answer(tuple(accepted), refused, later)
        if _TOO_LARGE.search(said):
            raise TooLarge(said)
        if 500 <= code < 600:
            return Answer((), refused | dict.fromkeys(accepted, said), later)
        return Answer((), refused, later | dict.fromkeys(accepted, said))

    def _envelope(
        self, server: smtplib.SMTP, sender: str, recipients: Sequence[str], data: bytes
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Whom the server will take later, and whom never."""
        options = [f"size={len(data)}"] if server.has_extn("size") else []
        code, words = server.mail(sender, options)
        if code != 250:
            with suppress(OSError, smtplib.SMTPException):
                server.rset()
            said = _said(code, words)
            if _TOO_LARGE.search(said):
                raise TooLarge(said)
            raise self._failed(said, again=code < 500)
        later, refused = {}, {}
        for one in recipients:
            code, words = server.rcpt(one)
            if code == 421:
                raise smtplib.SMTPServerDisconnected(_said(code, words))
            if 500 <= code < 600:
                refused[one] = _said(code, words)
            elif code not in (250, 251):
                later[one] = _said(code, words)
        return later, refused

    def _verdict(self, server: smtplib.SMTP) -> tuple[int, bytes]:
        try:
            code, words = server.getreply()
            self._grant(1)
        except (OSError, smtplib.SMTPException) as failure:
            self._drop()
            raise Doubtful(_told(failure)) from failure
        if not 200 <= code < 600:
            self._drop()
            raise Doubtful(_said(code, words))
        return code, words

    def _grant(self, times: int) -> None:
        """Let what comes next take so many times the configured time."""
        assert self._server is not None
        assert self._server.sock is not None
        self._server.sock.settimeout(self._mail.timeout_seconds * times)

    def _drop(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    def _failed(self, said: str, *, again: bool) -> NotDelivered:
        return NotDelivered("smtp", again=again, host=self._mail.host, port=self._mail.port, detail=said)


def _connect(mail: MailSection) -> smtplib.SMTP:
    server = _reached(mail)
    try:
        if mail.security == "starttls":
            server.ehlo()
            if not server.has_extn("starttls"):
                raise NotDelivered("mail_tls", host=mail.host)
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _reached(mail: MailSection) -> smtplib.SMTP:
    if mail.security == "tls":
        return smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=mail.timeout_seconds, context=ssl.create_default_context()
        )
    return smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_seconds)


def _may_pass(failure: Exception) -> bool:
    """Whether connecting may go better later: not with this certificate, password or configuration."""
    if isinstance(failure, smtplib.SMTPResponseException):
        return failure.smtp_code < 500
    return not isinstance(failure, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError)


def _dotted(data: bytes) -> bytes:
    """The text as DATA wants it: no line that looks like the end, and the end."""
    return re.sub(rb"(?m)^\.", b"..", data) + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _told(failure: Exception) -> str:
    """What the server said, without anything of ours in it."""
    if isinstance(failure, smtplib.SMTPResponseException):
        return _said(failure.smtp_code, failure.smtp_error)
    return str(failure) or type(failure).__name__


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"
