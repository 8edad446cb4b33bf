"""The night's mail as bytes: the same night gives the same message."""

from __future__ import annotations

from datetime import date, datetime, time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from hashlib import sha256
from zoneinfo import ZoneInfo

from audit.config import MailSection

_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def message_id(run_id: str, kind: str, mail: MailSection) -> str:
    """One id per run, kind and set of recipients, so that a second sending is recognised."""
    whom = sha256("\n".join(sorted((*mail.to, *mail.cc))).encode()).hexdigest()[:8]
    domain = parseaddr(mail.sender)[1].partition("@")[2] or "pos-audit.invalid"
    return f"<{run_id}.{kind}.{whom}@{domain}>"


def compose(
    mail: MailSection,
    *,
    identifier: str,
    subject: str,
    text: str,
    html: str,
    workbook: bytes | None,
    as_of: date,
    at: time,
    zone: ZoneInfo,
) -> bytes:
    """The whole message in 7-bit form. Its date is the audit date at the scheduled hour.

    The attachment has an ASCII name, which every mail program shows.
    """
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["Subject"] = " ".join(subject.split())
    message["From"] = _address(mail.sender)
    message["To"] = [_address(one) for one in mail.to]
    if mail.cc:
        message["Cc"] = [_address(one) for one in mail.cc]
    message["Date"] = datetime.combine(as_of, at, zone)
    message["Message-ID"] = identifier
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    boundary = sha256(identifier.encode()).hexdigest()[:24]
    if workbook is not None:
        message.add_attachment(
            workbook, maintype=_XLSX[0], subtype=_XLSX[1], filename=f"report-{as_of.isoformat()}.xlsx"
        )
        message.set_boundary(f"mixed-{boundary}")
        next(message.iter_parts()).set_boundary(f"text-{boundary}")
    else:
        message.set_boundary(f"text-{boundary}")
    return message.as_bytes()


def _address(text: str) -> Address:
    name, spec = parseaddr(text)
    return Address(display_name=name, addr_spec=spec)
