"""What every table of `audit.toml` keeps to, and what several of them speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, LiteralString

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = r"([01]\d|2[0-3]):[0-5]\d"  # hours and minutes, two digits each


def unfit(sentence: LiteralString, **facts: object) -> PydanticCustomError:
    """What a validator raises of a value: the key of a sentence of `[error]`, and what that names.

    The sentence knows the file and the key as well.
    """
    return PydanticCustomError(sentence, sentence, facts)


def _from_home(place: Path) -> Path:
    """A path as a shell reads it: `~` is the home of whoever runs the program."""
    try:
        return place.expanduser()
    except RuntimeError as failure:
        raise unfit("config_value_home", found=str(place)) from failure


def _pattern_from_home(pattern: str) -> str:
    return str(_from_home(Path(pattern))) if pattern.startswith("~") else pattern


Place = Annotated[Path, AfterValidator(_from_home)]
PlacePattern = Annotated[str, AfterValidator(_pattern_from_home)]  # with wildcards, or a URL


class Section(BaseModel):
    """A table of `audit.toml`: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
