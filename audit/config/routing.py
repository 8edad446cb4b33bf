"""`[routing.<owner>]`: what is a party's own, and to whom its workbook is mailed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from audit.config.delivery import Address
from audit.config.section import Place, Section, unfit
from audit.tables import CHANNEL

_LONGEST_NAME = 60  # characters of an owner's name; it becomes part of a file's name


def _listed(value: object) -> object:
    """A single text is a list of one."""
    return [value] if isinstance(value, str) else value


def _worded(values: tuple[str, ...]) -> tuple[str, ...]:
    if any(not value.strip() for value in values):
        raise unfit("config_value_blank")
    return values


def _channels(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in CHANNEL.words:
            raise unfit("config_value_choice", choices=list(CHANNEL.words))
    return values


Values = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_worded)]


class OwnerSection(Section):
    """`[routing.<owner>]`: a row is this owner's when every key given has the row's value in its list.

    `branch` is looked for where the tables have the organisation a device belongs to, in `agent`.
    """

    vendor: Values = ()
    agent: Values = ()
    branch: Values = ()
    province: Values = ()
    channel: Annotated[Values, AfterValidator(_channels)] = ()
    store_no: Values = ()
    merchant_no: Values = ()
    merchant_file: Place | None = None  # a file with a column of merchant numbers
    to: Annotated[tuple[Address, ...], BeforeValidator(_listed)] = ()

    @model_validator(mode="after")
    def _says_what_is_its_own(self) -> OwnerSection:
        if not (self.by_key or self.merchant_file):
            raise unfit("config_value_owner", choices=[*KEYS, "merchant_file"])
        return self

    @property
    def by_key(self) -> dict[str, tuple[str, ...]]:
        """The keys that are given, with their values."""
        return {key: values for key in KEYS if (values := getattr(self, key))}


KEYS = ("vendor", "agent", "branch", "province", "channel", "store_no", "merchant_no")


def known_owners(owners: object) -> object:
    """`[routing]` holds tables, one for each owner, under names that can stand in a file's name."""
    if not isinstance(owners, Mapping):
        return owners
    for name, section in owners.items():
        if not isinstance(section, (Mapping, OwnerSection)):
            raise unfit("config_value_owner_table", found=name)
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise unfit("config_value_owner_name", limit=_LONGEST_NAME)
    return owners


Routing = Annotated[dict[str, OwnerSection], BeforeValidator(known_owners), Field(default_factory=dict)]
