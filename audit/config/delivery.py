"""`[mail]` and `[notify]`: to whom a night is told, when, and how."""

from __future__ import annotations

import os
import re
import stat
from email.utils import getaddresses
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from audit.config.section import CLOCK, Place, Section, Weekday, unfit
from audit.errors import ConfigError
from audit.redaction import hide

When = Literal["always", "on_change", "on_new_high", "weekly"]
_LOCAL = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"[^\s:/@]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\w+)?")  # a name, or an address with colons
_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+")


def _an_address(text: str) -> str:
    found = getaddresses([text])
    if len(found) != 1 or not _ADDRESS.fullmatch(found[0][1]) or not text.isprintable():
        raise unfit("config_value_address", found=text)
    return text


Address = Annotated[str, AfterValidator(_an_address)]


class MailSection(Section):
    """`[mail]`"""

    host: str
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr | None = None
    password_file: Place | None = None
    sender: Address
    to: tuple[Address, ...] = Field(min_length=1)
    cc: tuple[Address, ...] = ()
    when: When = "always"
    digest_on: Weekday = "mon"  # of when = "weekly"
    not_before: str = Field(default="", pattern=rf"^$|^{CLOCK}$")  # on the estate's clock
    max_mib: float = Field(default=15.0, gt=0)
    attachment_name: Literal["ascii", "native"] = "ascii"
    timeout_seconds: float = Field(default=30.0, gt=0, le=300)  # for an answer; ten times for a verdict
    retries: int = Field(default=3, ge=0, le=10)  # in one run; the next run goes on
    retry_seconds: float = Field(default=20.0, ge=0, le=600)  # before the first retry, then twice as long

    @field_validator("host")
    @classmethod
    def _a_name_alone(cls, host: str) -> str:
        if not _HOST.fullmatch(host):
            raise unfit("config_value_host", found=host)
        return host

    @model_validator(mode="after")
    def _in_clear_on_this_machine_only(self) -> MailSection:
        if self.security == "none" and self.host not in _LOCAL:
            raise unfit("config_value_in_clear", local=_LOCAL)
        return self


class NotifySection(Section):
    """`[notify]`: chat rooms, a watchdog that is told of every run, and a file for Prometheus."""

    urls: SecretStr | None = None  # apprise URLs, one to a line
    urls_file: Place | None = None
    when: Literal["always", "on_change", "on_new_high"] = "always"
    ping_url: SecretStr | None = None  # as healthchecks takes it
    ping_url_file: Place | None = None
    textfile: Place | None = None

    @field_validator("urls", mode="before")
    @classmethod
    def _one_to_a_line(cls, urls: object) -> object:
        return "\n".join(map(str, urls)) if isinstance(urls, list) else urls

    @field_validator("textfile")
    @classmethod
    def _one_that_is_collected(cls, file: Path | None) -> Path | None:
        if file and file.suffix != ".prom":
            raise unfit("config_value_textfile", found=file.name)
        return file


def is_web_address(text: str) -> bool:
    """Whether a request can be sent there, as far as that shows."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # which has to be a number
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isascii()


def secret_text(value: SecretStr | None, file: Path | None, folder: Path, key: str) -> str:
    """A secret as configured, or what its file holds; "" for neither. It is in no line of text from then on.

    Raises ConfigError when the file cannot be read, or when others may read it.
    """
    if value is not None:
        return value.get_secret_value()
    if file is None:
        return ""
    file = file if file.is_absolute() else folder / file
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not _is_credential(file):
            raise ConfigError("secret_open", file=str(file))
        secret = file.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:  # its message would show a piece of the secret
        raise ConfigError("secret_not_utf8", key=key, file=str(file)) from None
    except OSError as failure:
        raise ConfigError(
            "secret_unreadable", key=key, file=str(file), detail=failure.strerror or ""
        ) from None
    for line in secret.splitlines():
        hide(line)
    return secret


def _is_credential(file: Path) -> bool:
    """Whether systemd put the file there for this service alone; its access list looks like group bits."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return bool(folder) and file.is_relative_to(folder)
