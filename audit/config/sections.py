"""The tables of `audit.toml`, one class each, and what their values may be."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from audit.config.explaining import near
from audit.config.profile import ProfileSection
from audit.config.section import CLOCK, WEEKDAYS, Place, PlacePattern, Section, Weekday, unfit
from audit.tables import CHANNEL, TABLES, normalise_label
from audit.words import load_programme

ANY_CHANNEL = "any"


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise unfit("config_value_zone", found=name)
    return name


def _known_channel(name: str) -> str:
    if name not in (*CHANNEL.words, ANY_CHANNEL):
        raise unfit("config_value_choice", choices=[*CHANNEL.words, ANY_CHANNEL])
    return name


def _known_item(name: str) -> str:
    if name not in load_programme():
        raise unfit("config_unknown_key", near=near(name, load_programme()))
    return name


class ProgrammeItem(Section):
    """`[audit.programme.<item>]`: when a self-audit item was last done, how often, and by whom."""

    last_done: date | None = None
    cadence: Literal["weekly", "monthly", "quarterly", "half_yearly", "yearly"] | None = None
    owner: str = ""
    evidence: str = ""
    within_days: int = Field(default=10, ge=0, le=366)  # after a cycle's end, until it is to be signed off


class AuditSection(Section):
    """`[audit]`"""

    name: str = ""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    engine: Literal["auto", "pandas", "duckdb", "spark"] = "auto"
    required_channels: tuple[Annotated[str, AfterValidator(_known_channel)], ...] = ("wechat",)
    as_of: date | None = None
    as_of_offset_days: int = Field(default=0, ge=-366, le=366)
    state: Place = Path("state")
    programme: dict[Annotated[str, AfterValidator(_known_item)], ProgrammeItem] = Field(default_factory=dict)
    profile: ProfileSection = ProfileSection()

    @field_validator("required_channels")
    @classmethod
    def _one_way_to_require(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        if (
            not channels
            or (ANY_CHANNEL in channels and len(channels) > 1)
            or len(set(channels)) < len(channels)
        ):
            raise unfit("config_value_channels")
        return channels


class InputSection(Section):
    """`[inputs.<feed>]`: which files, and what headers and code words mean where the tables do not know."""

    files: tuple[PlacePattern, ...] = Field(min_length=1)
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


class LedgerSection(Section):
    """`[ledger]`: where it is kept, and how findings are handled."""

    url: str = Field(default="", repr=False)  # may hold a password; SQLite in the state folder when left out
    due: dict[Literal["critical", "high", "medium", "low", "info"], Annotated[int, Field(ge=1, le=365)]] = (
        Field(default_factory=dict)
    )  # working days to mend, by severity
    escalate: tuple[Annotated[int, Field(ge=1)], ...] = (7, 15)  # calendar days overdue per further level
    calendar: Place | None = None  # workdays and holidays over the built-in calendar
    waivers: Place | None = None  # waivers.toml
    feedback: Place = Path("feedback")  # where people put filled-in workbooks
    max_waiver_days: int = Field(default=180, ge=1)
    keep_nights: int = Field(default=1_830, ge=35)  # five years; older nights may be pruned

    @field_validator("escalate")
    @classmethod
    def _rising(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if list(steps) != sorted(set(steps)):
            raise unfit("config_value_rising")
        return steps


class WeightsSection(Section):
    """`[report.weights]`: points that a leading finding of each severity adds to its merchant's score."""

    critical: float = Field(default=40, ge=0)
    high: float = Field(default=15, ge=0)
    medium: float = Field(default=5, ge=0)
    low: float = Field(default=1, ge=0)
    info: float = Field(default=0, ge=0)

    @property
    def by_severity(self) -> dict[str, float]:
        """The points by the word for the severity."""
        return dict(self)


class ReportSection(Section):
    """`[report]`"""

    output: Place = Path("reports")
    templates: Place | None = None
    max_rows: int = Field(default=2_000, ge=1)  # findings in the page's own table; its script has more
    weights: WeightsSection = WeightsSection()


class LetterSection(Section):
    """`[letter]`: what letters to merchants say of the sender, and whom to call."""

    sender: str = ""  # the estate's name when left out
    contact: str = ""  # a person or a desk, with a telephone number


class PrivacySection(Section):
    """`[privacy]`: personal columns that reports show in clear; each night says which."""

    unmask: tuple[str, ...] = ()

    @field_validator("unmask")
    @classmethod
    def _personal(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = {column.name for table in TABLES.values() for column in table.columns if column.personal}
        if not known.issuperset(names):
            raise unfit("config_value_choice", choices=sorted(known))
        return names


class LogSection(Section):
    """`[log]`: the log for programs; it is in the state folder unless named."""

    file: Place | None = None
    max_mib: float = Field(default=10.0, gt=0)  # then a new one is begun
    keep: int = Field(default=9, ge=1, le=999)  # older ones that are kept


class ScheduleSection(Section):
    """`[schedule]`"""

    at: str = Field(default="02:00", pattern=f"^{CLOCK}$")
    days: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1)
    catch_up: int = Field(default=7, ge=0, le=366)  # missed nights that are made up for, at most


def configured_columns(section: InputSection) -> dict[str, str]:
    """Normalised headers to canonical names."""
    return {normalise_label(header): column for header, column in section.columns.items()}


def configured_codes(section: InputSection) -> dict[str, dict[str, str]]:
    """Per canonical column, normalised labels to canonical words."""
    return {
        column: {normalise_label(label) or label: word for label, word in words.items()}
        for column, words in section.codes.items()
    }
