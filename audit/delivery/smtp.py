"""Sending over SMTP: encrypted and verified, or not at all."""

from __future__ import annotations

import smtplib
import ssl
import stat
from email.utils import parseaddr
from pathlib import Path

from audit.config import MailSection
from audit.errors import AuditError, ConfigError, ExitCode

_TIMEOUT = 30.0
_LOCAL = ("localhost", "127.0.0.1", "::1")


class NotDelivered(AuditError):
    """The mail server could not be reached or did not take the message."""

    exit_code = ExitCode.DELIVERY


def send(mail: MailSection, message: bytes, folder: Path) -> dict[str, str]:
    """Hand a finished message to the server; the result names recipients it refused, and why.

    Raises NotDelivered when nobody was accepted or the connection is not what was asked for; the password
    is not sent over a connection that is not encrypted.
    """
    password = _password(mail, folder)
    recipients = [parseaddr(one)[1] for one in (*mail.to, *mail.cc)]
    try:
        with _connect(mail) as server:
            if mail.user:
                server.login(mail.user, password)
            refused = server.sendmail(parseaddr(mail.sender)[1], recipients, message)
    except (OSError, smtplib.SMTPException) as failure:
        raise NotDelivered("smtp", host=mail.host, port=mail.port, detail=_told(failure)) from failure
    return {whom: f"{code} {_text(reason)}" for whom, (code, reason) in refused.items()}


def _connect(mail: MailSection) -> smtplib.SMTP:
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=_TIMEOUT, context=ssl.create_default_context())
    if mail.security == "none" and mail.host not in _LOCAL:
        raise NotDelivered("mail_plain")
    server = smtplib.SMTP(mail.host, mail.port, timeout=_TIMEOUT)
    try:
        server.ehlo()
        if mail.security == "starttls":
            if not server.has_extn("starttls"):
                raise NotDelivered("mail_tls", host=mail.host)
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _password(mail: MailSection, folder: Path) -> str:
    if mail.password is not None:
        return mail.password.get_secret_value()
    if mail.password_file is None:
        return ""
    file = mail.password_file if mail.password_file.is_absolute() else folder / mail.password_file
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError("secret_open", file=str(file))
        return file.read_text(encoding="utf-8").strip()
    except OSError as failure:
        raise ConfigError(
            "secret_unreadable", key="mail.password_file", file=str(file), detail=failure.strerror or ""
        ) from None


def _told(failure: Exception) -> str:
    """What the server said, without anything of ours in it."""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return "; ".join(
            f"{whom}: {code} {_text(reason)}" for whom, (code, reason) in failure.recipients.items()
        )
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"{failure.smtp_code} {_text(failure.smtp_error)}"
    return f"{type(failure).__name__}: {failure}"


def _text(reason: bytes | str) -> str:
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
