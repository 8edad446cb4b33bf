"""Settings: what `audit.toml` and `AUDIT_*` variables say, checked before anything runs.

A variable is `AUDIT_<SECTION>_<KEY>` and beats the file: `AUDIT_MAIL_PASSWORD`, `AUDIT_REPORT_OUTPUT`.
Relative paths are relative to the folder of `audit.toml`.
"""

from __future__ import annotations

import difflib
import json
import os
import stat
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from audit.errors import ConfigError
from audit.tables import CHANNEL, TABLES, normalise_label

MANDATORY_FEEDS = ("devices", "merchants", "registrations")
ANY_CHANNEL = "any"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"no such time zone: {name}")
    return name


def _known_channel(name: str) -> str:
    if name not in (*CHANNEL.words, ANY_CHANNEL):
        raise ValueError(f"one of {', '.join((*CHANNEL.words, ANY_CHANNEL))}")
    return name


class ProgrammeItem(_Section):
    """`[audit.programme.<item>]`: when a self-audit item was last done, how often, and by whom."""

    last_done: date | None = None
    cadence: Literal["weekly", "monthly", "quarterly", "half_yearly", "yearly"] | None = None
    owner: str = ""
    evidence: str = ""


# the fields a merchant's file has to hold: the article's licence, legal person and documents, and the five
# elements' account and address; operating practice of acquirers, to be set to one's own standard
MERCHANT_PROFILE = (
    "merchant_name",
    "uscc",
    "legal_name",
    "legal_id_no",
    "settle_account",
    "biz_address",
    "mcc",
    "license_expiry",
)
# by terminal type code; type 11 (printed codes) has no serial of its own. The API of one acquirer asks for
# model and maker of every powered terminal; to be set to one's own standard
DEVICE_PROFILE: Mapping[str, tuple[str, ...]] = {
    "default": ("serial_no", "merchant_no", "terminal_id", "vendor", "model", "device_type", "address"),
    "11": ("merchant_no", "terminal_id", "device_type", "address"),
}


class ProfileSection(_Section):
    """`[audit.profile]`: which fields a merchant and a device of each type must have filled in."""

    merchant: tuple[str, ...] = MERCHANT_PROFILE
    device: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(DEVICE_PROFILE))

    @field_validator("merchant")
    @classmethod
    def _known_of_merchants(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        return _known_fields(fields, "merchants")

    @field_validator("device")
    @classmethod
    def _known_of_devices(cls, fields: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for kind, names in fields.items():
            if kind != "default" and not (len(kind) == 2 and kind.isdigit()):
                raise ValueError(f'"default" or a terminal type such as "11", not "{kind}"')
            _known_fields(names, "devices")
        return fields


def _known_fields(fields: tuple[str, ...], feed: str) -> tuple[str, ...]:
    for name in fields:
        if name not in TABLES[feed].by_name:
            near = difflib.get_close_matches(name, TABLES[feed].by_name, n=1, cutoff=0.5)
            raise ValueError(f"no such column: {name}" + (f" ({near[0]}?)" if near else ""))
    return fields


class AuditSection(_Section):
    """`[audit]`"""

    name: str = ""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    engine: Literal["auto", "pandas", "duckdb"] = "auto"
    required_channels: tuple[Annotated[str, AfterValidator(_known_channel)], ...] = ("wechat",)
    as_of: date | None = None
    as_of_offset_days: int = 0
    state: Path = Path("state")
    programme: dict[str, ProgrammeItem] = Field(default_factory=dict)
    profile: ProfileSection = ProfileSection()

    @field_validator("required_channels")
    @classmethod
    def _one_way_to_require(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        if (
            not channels
            or (ANY_CHANNEL in channels and len(channels) > 1)
            or len(set(channels)) < len(channels)
        ):
            raise ValueError('a list of channels without repeats, or ["any"] alone')
        return channels


class InputSection(_Section):
    """`[inputs.<feed>]`: which files, and what headers and code words mean where the tables do not know."""

    files: tuple[str, ...] = Field(min_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    required: tuple[str, ...] | None = None
    mandatory: bool | None = None
    max_age_days: int | None = Field(default=None, ge=0)
    encoding: str = ""
    password_env: str = ""  # the environment variable that holds the password of protected files

    @property
    def password(self) -> str:
        """The password of protected files; "" when there is none."""
        return os.environ.get(self.password_env, "") if self.password_env else ""


class RulesSection(BaseModel):
    """`[rules]`, and `[rules.<ID>]` for one rule's severity and thresholds (checked against the rules)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    select: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()

    @property
    def by_id(self) -> dict[str, Any]:
        """The `[rules.<ID>]` tables."""
        return dict(self.model_extra or {})


class LedgerSection(_Section):
    """`[ledger]`: where it is kept, and how findings are handled."""

    url: str = ""  # SQLite in the state folder when left out
    due: dict[Literal["critical", "high", "medium", "low", "info"], Annotated[int, Field(ge=1, le=365)]] = (
        Field(default_factory=dict)
    )  # working days to mend, by severity
    escalate: tuple[Annotated[int, Field(ge=1)], ...] = (7, 15)  # calendar days overdue per further level
    calendar: Path | None = None  # workdays and holidays over the built-in calendar
    waivers: Path | None = None  # waivers.toml
    max_waiver_days: int = Field(default=180, ge=1)
    keep_nights: int = Field(default=1_830, ge=35)  # five years; older nights may be pruned

    @field_validator("escalate")
    @classmethod
    def _rising(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if list(steps) != sorted(set(steps)):
            raise ValueError("days that rise")
        return steps


class ReportSection(_Section):
    """`[report]`"""

    output: Path = Path("reports")
    templates: Path | None = None
    max_rows: int = Field(default=2_000, ge=1)  # findings shown in the page; the workbook holds them all


class MailSection(_Section):
    """`[mail]`"""

    host: str
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr | None = None
    password_file: Path | None = None
    sender: str
    to: tuple[str, ...] = Field(min_length=1)
    cc: tuple[str, ...] = ()
    max_mib: float = Field(default=15.0, gt=0)


class ScheduleSection(_Section):
    """`[schedule]`"""

    at: str = Field(default="02:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")


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
    schedule: ScheduleSection = ScheduleSection()
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
    def own_templates(self) -> Path | None:
        """The user's template folder, if there is one."""
        return self.path(self.report.templates) if self.report.templates else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the estate."""
        return ZoneInfo(self.audit.timezone)

    def night(self, as_of: date | None = None) -> date:
        """The audit date: as asked, as configured, or today in the estate's zone, shifted as configured."""
        chosen = as_of or self.audit.as_of
        if chosen:
            return chosen
        return datetime.now(self.zone).date() + timedelta(days=self.audit.as_of_offset_days)

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
            mode="json", exclude={"mail", "schedule", "folder", "file"}, exclude_defaults=True
        )
        for where in ("state", "as_of"):
            plain.get("audit", {}).pop(where, None)
        for where in ("url", "keep_nights"):
            plain.get("ledger", {}).pop(where, None)
        plain.get("report", {}).pop("output", None)
        plain = {section: keys for section, keys in plain.items() if keys}
        return sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def load_settings(file: Path) -> Settings:
    """The settings in `file`, overridden by the environment. Raises ConfigError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as failure:
        raise ConfigError("config_unreadable", file=str(file), detail=failure.strerror or "") from None
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise ConfigError("config_syntax", file=str(file), detail=str(failure)) from None
    _refuse_open_password(file, plain)
    try:
        settings = Settings(**plain, folder=file.resolve().parent, file=file.name)
    except ValidationError as failure:
        raise _explained(failure, file) from None
    _check_inputs(settings, file)
    return settings


def _refuse_open_password(file: Path, plain: Mapping[str, Any]) -> None:
    mail = plain.get("mail")
    if isinstance(mail, dict) and "password" in mail and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError("config_password_open", file=str(file))


def _explained(failure: ValidationError, file: Path) -> ConfigError:
    """The first problem, in the words of the file: the key, what is wrong, the nearest right key."""
    problem = failure.errors(include_url=False, include_input=False)[0]
    where = [str(part) for part in problem["loc"]]
    key = ".".join(where)
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where[-1], _keys_at(where[:-1]), n=1, cutoff=0.5)
        return ConfigError("config_unknown_key", file=str(file), key=key, near=near[0] if near else "")
    if problem["type"] == "missing":
        return ConfigError("config_missing_key", file=str(file), key=key)
    return ConfigError("config_value", file=str(file), key=key, detail=problem["msg"])


def _keys_at(where: list[str]) -> list[str]:
    """The keys a section may have."""
    sections: dict[str, type[BaseModel]] = {
        "": Settings,
        "audit": AuditSection,
        "audit.programme": ProgrammeItem,
        "audit.profile": ProfileSection,
        "inputs": InputSection,
        "ledger": LedgerSection,
        "report": ReportSection,
        "mail": MailSection,
        "schedule": ScheduleSection,
    }
    model = sections.get(".".join(where)) or sections.get(".".join(where[:-1])) or Settings
    return [name for name in model.model_fields if name not in ("folder", "file")]


def _check_inputs(settings: Settings, file: Path) -> None:
    if not settings.inputs:
        raise ConfigError("config_missing_key", file=str(file), key="inputs.devices.files")
    for feed, section in settings.inputs.items():
        table = TABLES.get(feed)
        if table is None:
            near = difflib.get_close_matches(feed, TABLES, n=1, cutoff=0.5)
            raise ConfigError(
                "config_unknown_key", file=str(file), key=f"inputs.{feed}", near=near[0] if near else ""
            )
        named = {f"columns.{header}": column for header, column in section.columns.items()}
        named |= {f"codes.{column}": column for column in section.codes}
        named |= {f"required.{column}": column for column in section.required or ()}
        for key, column in named.items():
            if column not in table.by_name:
                near = difflib.get_close_matches(column, table.by_name, n=1, cutoff=0.5)
                raise ConfigError(
                    "config_unknown_column",
                    file=str(file),
                    key=f"inputs.{feed}.{key}",
                    column=column,
                    near=near[0] if near else "",
                )
        _check_codes(feed, section, file)


def _check_codes(feed: str, section: InputSection, file: Path) -> None:
    for column, words in section.codes.items():
        codes = TABLES[feed].by_name[column].codes
        if codes is None:
            raise ConfigError("config_no_codes", file=str(file), key=f"inputs.{feed}.codes.{column}")
        for label, word in words.items():
            if word not in codes.words:
                raise ConfigError(
                    "config_value",
                    file=str(file),
                    key=f"inputs.{feed}.codes.{column}.{label}",
                    detail=", ".join(codes.words),
                )


def configured_columns(section: InputSection) -> dict[str, str]:
    """Normalised headers to canonical names."""
    return {normalise_label(header): column for header, column in section.columns.items()}


def configured_codes(section: InputSection) -> dict[str, dict[str, str]]:
    """Per canonical column, normalised labels to canonical words."""
    return {
        column: {normalise_label(label) or label: word for label, word in words.items()}
        for column, words in section.codes.items()
    }
