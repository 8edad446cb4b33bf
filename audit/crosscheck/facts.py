"""The fact tables of a night: one wide frame per subject, for rules to select from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.config import ANY_CHANNEL
from audit.crosscheck.devices import device_channel_facts, device_facts
from audit.crosscheck.registrations import candidates, latest, match_keys, registration_facts, winners
from audit.crosscheck.schema import Subject
from audit.engines import Engine

Frame = nw.LazyFrame[Any]


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
