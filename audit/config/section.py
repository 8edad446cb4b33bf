"""What every table of `audit.toml` keeps to, and what several of them speak of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = r"([01]\d|2[0-3]):[0-5]\d"  # hours and minutes, two digits each


class Section(BaseModel):
    """A table of `audit.toml`: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
