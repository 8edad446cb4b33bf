"""The whole configuration as one frozen value, with its paths, its night and its digest."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from audit.config.delivery import MailSection, NotifySection, is_web_address, secret_text
from audit.config.duckdb import DuckDBSection
from audit.config.ledgerurl import secrets_of_url
from audit.config.routing import Routing
from audit.config.sections import (
    AuditSection,
    InputSection,
    LedgerSection,
    LetterSection,
    LogSection,
    PrivacySection,
    ReportSection,
    RulesSection,
    ScheduleSection,
)
from audit.config.spark import SECRET_NAME, SparkSection
from audit.errors import ConfigError

_YEARS = range(1970, 2100)  # of an audit date; terms are counted for some years before and after it
MANDATORY_FEEDS = ("devices", "merchants", "registrations")


class Settings(BaseSettings):
    """The whole configuration. Frozen; two equal files give equal settings."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="AUDIT_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
    )

    audit: AuditSection = AuditSection()
    inputs: dict[str, InputSection] = Field(default_factory=dict)
    rules: RulesSection = RulesSection()
    ledger: LedgerSection = LedgerSection()
    report: ReportSection = ReportSection()
    mail: MailSection | None = None
    notify: NotifySection = NotifySection()
    schedule: ScheduleSection = ScheduleSection()
    routing: Routing
    duckdb: DuckDBSection = DuckDBSection()
    spark: SparkSection = SparkSection()
    letter: LetterSection = LetterSection()
    log: LogSection = LogSection()
    privacy: PrivacySection = PrivacySection()
    folder: Path = Path()
    file: str = "audit.toml"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment beats the file."""
        return env_settings, init_settings

    def path(self, path: Path) -> Path:
        """A configured path, resolved against the folder of the configuration."""
        return path if path.is_absolute() else (self.folder / path).resolve()

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.path(self.audit.state)

    @property
    def output(self) -> Path:
        """The folder of the published nights."""
        return self.path(self.report.output)

    @property
    def cycles(self) -> Path:
        """The folder of the self-audit cycles' reports."""
        return self.output / "cycles"

    @property
    def feedback(self) -> Path:
        """The folder of filled-in workbooks; it need not exist."""
        return self.path(self.ledger.feedback)

    def is_own(self, path: Path) -> bool:
        """Whether a file is of the program's own making or was handed back to it, and so no vendor's.

        Such is what lies in the state folder, beside copies that came back, in a cycle or a published night.
        """
        found = path.resolve()
        homes = (folder.resolve() for folder in (self.state, self.feedback, self.cycles))
        if any(found.is_relative_to(home) and not self.folder.is_relative_to(home) for home in homes):
            return True
        night = found.parent
        return night.parent == self.output.resolve() and (night / "summary.json").is_file()

    @property
    def spark_shared(self) -> str:
        """Where a cluster finds the tables: as configured, or for a local one a folder of the state."""
        shared = self.spark.shared
        return shared if "://" in shared else str(self.path(Path(shared) if shared else self.state / "spark"))

    @property
    def own_templates(self) -> Path | None:
        """The user's template folder, if there is one."""
        return self.path(self.report.templates) if self.report.templates else None

    def with_shipped_templates(self) -> Settings:
        """The same without the user's template folder."""
        return self.model_copy(update={"report": self.report.model_copy(update={"templates": None})})

    @property
    def log_file(self) -> Path:
        """The log for programs."""
        return self.path(self.log.file) if self.log.file else self.state / "log" / "audit.jsonl"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that stands in the configuration itself or in the environment."""
        sections = [dict(section) for _, section in self if isinstance(section, BaseModel)]
        named = [(name, value) for section in sections for name, value in section.items()]
        conf = [(name, value) for name, value in self.spark.conf.items() if SECRET_NAME.search(name)]
        own = [
            line
            for _, value in (*named, *conf)
            if isinstance(value, SecretStr)
            for line in value.get_secret_value().splitlines()
        ]
        own += [section.password for section in self.inputs.values()]
        own += secrets_of_url(self.ledger.url)
        return tuple(secret for secret in own if secret)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the estate."""
        return ZoneInfo(self.audit.timezone)

    @property
    def mail_password(self) -> str:
        """The password of the mail server; "" when there is none. Raises ConfigError."""
        mail = self.mail
        return (
            secret_text(mail.password, mail.password_file, self.folder, "mail.password_file") if mail else ""
        )

    @property
    def chat_urls(self) -> tuple[str, ...]:
        """Where chat notices go; each holds a secret. Raises ConfigError."""
        own = self.notify
        return tuple(secret_text(own.urls, own.urls_file, self.folder, "notify.urls_file").split())

    @property
    def delivers(self) -> bool:
        """Whether anybody is sent anything, by mail or into a chat room; no secret is looked at."""
        return bool(self.mail or self.notify.urls or self.notify.urls_file)

    @property
    def ping_url(self) -> str:
        """The watchdog's address, a secret; "" when there is none. Raises ConfigError."""
        own = self.notify
        url = secret_text(own.ping_url, own.ping_url_file, self.folder, "notify.ping_url_file")
        if url and not is_web_address(url):
            raise ConfigError("config_value_web_address", file=self.file, key="notify.ping_url")
        return url

    def night(self, as_of: date | None = None) -> date:
        """The audit date: as asked, as configured, or today in the estate's zone, shifted as configured.

        Raises ConfigError for one of another century.
        """
        chosen = as_of or self.audit.as_of
        if chosen and chosen.year not in _YEARS:
            raise ConfigError("night_beyond", night=chosen, first=_YEARS[0], last=_YEARS[-1])
        return chosen or datetime.now(self.zone).date() + timedelta(days=self.audit.as_of_offset_days)

    def is_mandatory(self, feed: str) -> bool:
        """Whether the audit is incomplete without this feed."""
        section = self.inputs.get(feed)
        if section is None or section.mandatory is None:
            return feed in MANDATORY_FEEDS
        return section.mandatory

    @cached_property
    def digest(self) -> str:
        """Hash of every setting that can change a finding or a word of the report; no secret is in it."""
        plain = self.model_dump(
            mode="json",
            exclude={"mail", "notify", "letter", "schedule", "duckdb", "spark", "log", "folder", "file"},
            exclude_defaults=True,
        )
        for where in ("state", "as_of"):
            plain.get("audit", {}).pop(where, None)
        for where in ("url", "keep_nights"):
            plain.get("ledger", {}).pop(where, None)
        plain.get("report", {}).pop("output", None)
        if self.own_templates:
            plain["report"]["templates"] = _content_of(self.own_templates)
        for owner in plain.get("routing", {}).values():
            owner.pop("to", None)
        plain = {section: keys for section, keys in plain.items() if keys}
        return sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def _content_of(folder: Path) -> dict[str, str]:
    """The files of a folder of templates by their hash: another wording is another configuration."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}
