"""From the file to settings: what is wrong is said with the key, and with the nearest right one."""

from __future__ import annotations

import difflib
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from audit.config.delivery import MailSection, NotifySection
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
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as failure:
        raise ConfigError("config_unreadable", file=str(file), detail=failure.strerror or "") from None
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        key = "config_bare_key" if _has_bare_name(text, str(failure)) else "config_syntax"
        raise ConfigError(key, file=str(file), detail=str(failure)) from None
    _refuse_open_password(file, plain)
    try:
        settings = Settings(**plain, folder=file.resolve().parent, file=file.name)
    except ValidationError as failure:
        raise _explained(failure, file) from None
    _check_inputs(settings, file)
    _check_engine(settings, file)
    _check_recipients(settings, file)
    return settings


def _has_bare_name(text: str, problem: str) -> bool:
    """Whether the line of a syntax error has a name in Chinese that TOML wants in quotes: [routing.星联]."""
    place = re.search(r"at line (\d+)", problem)
    line = text.splitlines()[int(place[1]) - 1] if place else ""
    name = line if line.lstrip().startswith("[") else line.partition("=")[0]
    return not re.sub(r'"[^"]*"|\'[^\']*\'|#.*', "", name).isascii()


def _refuse_open_password(file: Path, plain: Mapping[str, Any]) -> None:
    if not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    mail = plain.get("mail")
    if isinstance(mail, dict) and "password" in mail:
        raise ConfigError("config_password_open", file=str(file))

    notify = plain.get("notify")
    told = [f"notify.{key}" for key in ("urls", "ping_url") if isinstance(notify, dict) and key in notify]
    spark = plain.get("spark")
    conf = spark.get("conf") if isinstance(spark, dict) else None
    told += [f"spark.conf.{key}" for key in conf if SECRET_NAME.search(key)] if isinstance(conf, dict) else []
    if told:
        variable = "_".join(["AUDIT", *told[0].split(".")[:2]]).upper()
        raise ConfigError("config_secret_open", file=str(file), key=told[0], variable=variable)


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
        "log": LogSection,
        "privacy": PrivacySection,
        "report": ReportSection,
        "report.weights": WeightsSection,
        "mail": MailSection,
        "notify": NotifySection,
        "schedule": ScheduleSection,
        "routing": OwnerSection,
        "letter": LetterSection,
        "spark": SparkSection,
    }
    model = sections.get(".".join(where)) or sections.get(".".join(where[:-1])) or Settings
    return [name for name in model.model_fields if name not in ("folder", "file")]


def _check_engine(settings: Settings, file: Path) -> None:
    if settings.audit.engine != "spark":
        return
    if not settings.spark.master:
        raise ConfigError("config_missing_key", file=str(file), key="spark.master")
    if not settings.spark.is_local and not settings.spark.shared:
        raise ConfigError("config_missing_key", file=str(file), key="spark.shared")


def _check_recipients(settings: Settings, file: Path) -> None:
    """Recipients of an owner's mail are of no use without a server to send it by."""
    for name, owner in settings.routing.items():
        if owner.to and settings.mail is None:
            raise ConfigError("config_no_mail", file=str(file), key=f"routing.{name}.to")


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
