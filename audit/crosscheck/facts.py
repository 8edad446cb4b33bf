"""The fact tables of a night: one wide frame per subject, for rules to select from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.config import ANY_CHANNEL
from audit.crosscheck.devices import device_channel_facts, device_facts
from audit.crosscheck.registrations import candidates, latest, match_keys, registration_facts, winners
from audit.engines import Engine

Frame = nw.LazyFrame[Any]


class Subject(StrEnum):
    """What a rule speaks about; each has one fact frame."""

    DEVICE = "device"  # a row of the ledger
    DEVICE_CHANNEL = "device_channel"  # a row of the ledger in one required channel
    MERCHANT = "merchant"
    REGISTRATION = "registration"
    INPUT = "input"  # a pattern of [inputs]

    @property
    def kind(self) -> str:
        """The word for the subject in finding ids and reports."""
        return "device" if self is Subject.DEVICE_CHANNEL else self.value

    @property
    def identity(self) -> tuple[str, ...]:
        """The fact columns by which a subject is found again on another night."""
        return _IDENTITY[self]


_IDENTITY = {
    Subject.DEVICE: ("device_key",),
    Subject.DEVICE_CHANNEL: ("device_key", "channel"),
    Subject.MERCHANT: ("merchant_no",),
    Subject.REGISTRATION: ("device_key", "channel", "merchant_no"),
    Subject.INPUT: ("feed", "pattern"),
}


@dataclass(frozen=True)
class Facts:
    """A frame per subject, and the feeds' columns that lie behind them."""

    frames: Mapping[Subject, Frame]
    columns: Mapping[str, frozenset[str]]


def build_facts(
    engine: Engine,
    tables: Mapping[str, Frame],
    columns: Mapping[str, frozenset[str]],
    inputs: pa.Table,
    required_channels: tuple[str, ...],
) -> Facts:
    """The facts of a night. `columns` names, per feed, the canonical columns that were recognised."""
    devices, merchants, models = tables["devices"], tables["merchants"], tables["models"]
    keys = engine.held(match_keys(devices))
    current = engine.held(latest(tables["registrations"]))
    matches = engine.held(candidates(devices, keys, current))
    device = engine.held(device_facts(devices, merchants, models, matches, columns["devices"]))
    channels = engine.frame(pa.table({"channel": pa.array(required_channels, pa.string())}))
    winning = winners(matches, channels, required_channels == (ANY_CHANNEL,))
    return Facts(
        {
            Subject.DEVICE: device,
            Subject.DEVICE_CHANNEL: engine.held(device_channel_facts(device, winning, channels)),
            Subject.MERCHANT: merchants.filter(~nw.col("merchant_no").is_null()),
            Subject.REGISTRATION: engine.held(registration_facts(current, keys)),
            Subject.INPUT: engine.frame(inputs),
        },
        columns,
    )
