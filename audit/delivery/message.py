"""A letter as the bytes of a message: the same letter gives the same bytes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.mime.application import MIMEApplication
from email.policy import SMTP
from email.utils import parseaddr
from hashlib import sha256

from audit.config import MailSection

XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_POLICY = SMTP.clone(cte_type="7bit", refold_source="none")  # parts made the old way go out as they are
_WORD = 42  # bytes that a word of 75 characters holds
_SUBTYPES = {".xlsx": XLSX, ".html": "octet-stream"}  # a page is kept, not shown: it would lose its styles


@dataclass(frozen=True)
class Attachment:
    """A file that goes along; `native` is its name for mail programs that are trusted with one."""

    name: str  # ASCII, with its ending
    native: str
    data: bytes


@dataclass(frozen=True)
class Letter:
    """What is to be told."""

    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment] = ()


def message_id(run_id: str, kind: str, mail: MailSection) -> str:
    """One id per run, kind and set of recipients, so that a second sending is recognised."""
    whom = sha256("\n".join(sorted((*mail.to, *mail.cc))).encode()).hexdigest()[:8]
    domain = parseaddr(mail.sender)[1].partition("@")[2]
    return f"<{run_id}.{kind}.{whom}@{domain}>"


def compose(mail: MailSection, letter: Letter, identifier: str, on: datetime) -> bytes:
    """The whole message in 7-bit form."""
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = " ".join(letter.subject.split())
    message["From"] = _address(mail.sender)
    message["To"] = [_address(one) for one in mail.to]
    if mail.cc:
        message["Cc"] = [_address(one) for one in mail.cc]
    message["Date"] = on
    message["Message-ID"] = identifier
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    boundary = sha256(identifier.encode()).hexdigest()[:24]
    if letter.attachments:
        message.make_mixed()
        for one in letter.attachments:
            message.attach(_attached(one, mail.attachment_name))  # type: ignore[arg-type]  # any part will do
        message.set_boundary(f"mixed-{boundary}")
        next(message.iter_parts()).set_boundary(f"text-{boundary}")
    else:
        message.set_boundary(f"text-{boundary}")
    return message.as_bytes()


def _attached(one: Attachment, name: str) -> MIMEPart | MIMEApplication:
    """A part under its ASCII name, or under its own in both forms that mail programs look for.

    RFC 2231 asks for `filename*`, which Outlook and the WeCom client pass over for an RFC 2047 word in
    `name`. The modern policy would rewrite that word, so such a part is made the old way.
    """
    subtype = _SUBTYPES[one.name[one.name.rindex(".") :]]
    if name == "ascii":
        part = MIMEPart(policy=_POLICY)
        part.set_content(
            one.data, maintype="application", subtype=subtype, disposition="attachment", filename=one.name
        )
        return part
    old = MIMEApplication(one.data, subtype)
    del old["Content-Type"]
    old["Content-Type"] = f'application/{subtype};\r\n name="{_encoded(one.native)}"'
    old.add_header("Content-Disposition", "attachment", filename=("utf-8", "", one.native))
    return old


def _encoded(text: str) -> str:
    """RFC 2047 words, whole characters in each. Done here, as other libraries change how `email` does it."""
    words = [b""]
    for letter in text:
        if len(words[-1]) + len(letter.encode()) > _WORD:
            words.append(b"")
        words[-1] += letter.encode()
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _address(text: str) -> Address:
    name, spec = parseaddr(text)
    return Address(display_name=name, addr_spec=spec)
