"""From the file to settings: what is wrong is said with the key, and with the nearest right one."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from audit.config.delivery import MailSection, NotifySection
from audit.config.duckdb import DuckDBSection
from audit.config.explaining import explained, near, no_json, place, read_toml
from audit.config.ledgerurl import secrets_of_url
from audit.config.profile import ProfileSection
from audit.config.routing import OwnerSection
from audit.config.sections import (
    AuditSection,
    InputSection,
    LedgerSection,
    LetterSection,
    LogSection,
    PrivacySection,
    ProgrammeItem,
    ReportSection,
    ScheduleSection,
    WeightsSection,
)
from audit.config.settings import Settings
from audit.config.spark import SECRET_NAME, SparkSection
from audit.errors import ConfigError
from audit.tables import TABLES


def load_settings(file: Path) -> Settings:
    """The settings in `file`, overridden by the environment. Raises ConfigError."""
    text, plain = read_toml(file)
    _refuse_open_password(file, plain)
    own: dict[str, Any] = {"folder": file.resolve().parent, "file": file.name}
    for key in own.keys() & plain.keys():
        raise ConfigError(
            "config_unknown_key", file=place(file, text, [key]), key=key, near=near(key, _keys_at()[()])
        )
    try:
        # neither the file nor the environment has a say in where the file lies
        settings = Settings(**plain).model_copy(update=own)
    except ValidationError as failure:
        raise explained(failure, file, text, _keys_at()) from None
    except SettingsError as failure:
        raise no_json(failure, file) from None
    _check_inputs(settings, file, text)
    _check_engine(settings, file, text)
    _check_recipients(settings, file, text)
    return settings


def _refuse_open_password(file: Path, plain: Mapping[str, Any]) -> None:
    if not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    mail = plain.get("mail")
    if isinstance(mail, dict) and "password" in mail:
        raise ConfigError("config_password_open", file=str(file))

    notify = plain.get("notify")
    told = [f"notify.{key}" for key in ("urls", "ping_url") if isinstance(notify, dict) and key in notify]
    ledger = plain.get("ledger")
    told += ["ledger.url"] if isinstance(ledger, dict) and secrets_of_url(str(ledger.get("url"))) else []
    spark = plain.get("spark")
    conf = spark.get("conf") if isinstance(spark, dict) else None
    told += [f"spark.conf.{key}" for key in conf if SECRET_NAME.search(key)] if isinstance(conf, dict) else []
    if told:
        variable = "_".join(["AUDIT", *told[0].split(".")[:2]]).upper()
        raise ConfigError("config_secret_open", file=str(file), key=told[0], variable=variable)


# the keys of each section, of which those below inputs, programme and routing are named freely
_SECTIONS: dict[tuple[str, ...], type[BaseModel]] = {
    (): Settings,
    ("audit",): AuditSection,
    ("audit", "programme"): ProgrammeItem,
    ("audit", "profile"): ProfileSection,
    ("duckdb",): DuckDBSection,
    ("inputs",): InputSection,
    ("ledger",): LedgerSection,
    ("log",): LogSection,
    ("privacy",): PrivacySection,
    ("report",): ReportSection,
    ("report", "weights"): WeightsSection,
    ("mail",): MailSection,
    ("notify",): NotifySection,
    ("schedule",): ScheduleSection,
    ("routing",): OwnerSection,
    ("letter",): LetterSection,
    ("spark",): SparkSection,
}


def _keys_at() -> dict[tuple[str, ...], list[str]]:
    return {
        section: [name for name in model.model_fields if name not in ("folder", "file")]
        for section, model in _SECTIONS.items()
    }


def _check_engine(settings: Settings, file: Path, text: str) -> None:
    if settings.audit.engine != "spark":
        return
    where = place(file, text, ["spark"])
    if not settings.spark.master:
        raise ConfigError("config_missing_key", file=where, key="spark.master")
    if not settings.spark.is_local and not settings.spark.shared:
        raise ConfigError("config_missing_key", file=where, key="spark.shared")


def _check_recipients(settings: Settings, file: Path, text: str) -> None:
    """Recipients of an owner's mail are of no use without a server to send it by."""
    for name, owner in settings.routing.items():
        if owner.to and settings.mail is None:
            where = place(file, text, ["routing", name, "to"])
            raise ConfigError("config_no_mail", file=where, key=f"routing.{name}.to")


def _check_inputs(settings: Settings, file: Path, text: str) -> None:
    if not settings.inputs:
        raise ConfigError("config_missing_key", file=str(file), key="inputs.devices.files")
    for feed, section in settings.inputs.items():
        table = TABLES.get(feed)
        if table is None:
            where = ["inputs", feed]
            raise ConfigError(
                "config_unknown_key",
                file=place(file, text, where),
                key=".".join(where),
                near=near(feed, TABLES),
            )
        named = [("columns", header, column) for header, column in section.columns.items()]
        named += [("codes", column, column) for column in section.codes]
        named += [("required", column, column) for column in section.required or ()]
        for group, key, column in named:
            if column not in table.by_name:
                where = ["inputs", feed, group, key]
                raise ConfigError(
                    "config_unknown_column",
                    file=place(file, text, where),
                    key=".".join(where),
                    column=column,
                    near=near(column, table.by_name),
                )
        _check_codes(feed, section, file, text)


def _check_codes(feed: str, section: InputSection, file: Path, text: str) -> None:
    for column, words in section.codes.items():
        codes = TABLES[feed].by_name[column].codes
        where = ["inputs", feed, "codes", column]
        if codes is None:
            raise ConfigError("config_no_codes", file=place(file, text, where), key=".".join(where))
        for label, word in words.items():
            if word not in codes.words:
                raise ConfigError(
                    "config_value_choice",
                    file=place(file, text, [*where, label]),
                    key=".".join([*where, label]),
                    choices=list(codes.words),
                )
