"""What the fact tables of a night are made from, and what is made: one wide frame per subject."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame

Wanted = Mapping[Subject, Collection[str]]
# what findings, verdicts and the ledger read of every subject, whatever the rules ask
ALWAYS = frozenset(
    {
        "row_id", "device_key", "serial_no", "terminal_id", "merchant_no", "merchant_name", "channel",
        "vendor", "agent", "province", "store_no", "source_file", "source_sheet", "source_row", "in_scope",
        "in_use",
        "has_registration", "reg_status", "rejected", "reg_rejected", "merchants_rejected", "models_rejected",
    }
)  # fmt: skip


# keys (see `engines.keys`) that stand beside the columns of the schema, for measures: no text is hashed anew
KEPT_KEYS: Mapping[Subject, tuple[str, ...]] = dict.fromkeys(
    (Subject.DEVICE, Subject.DEVICE_CHANNEL), ("device_code",)
)


@dataclass(frozen=True)
class Facts:
    """A frame per subject, and the feeds' columns that lie behind them."""

    engine: Engine
    frames: Mapping[Subject, Frame]  # with the columns of `FACTS` that were asked for, and KEPT_KEYS
    columns: Mapping[str, frozenset[str]]
    uncompared: int = 0  # unmatched devices that were too many to look for near misses of
    tables: Mapping[str, Frame] = field(default_factory=dict)  # the canonical tables they were made from


@dataclass(frozen=True)
class Sources:
    """What facts are made from. `columns` names, per feed, the canonical columns that were recognised."""

    engine: Engine
    tables: Mapping[str, Frame]
    columns: Mapping[str, frozenset[str]]
    channels: tuple[str, ...]
    small: Mapping[Subject, pa.Table] = field(default_factory=dict)  # made in Python: inputs, programme
    statuses: pa.Table | None = None  # device_key, channel, reg_status of the last good night
    device_profile: Mapping[str, Sequence[str]] = field(default_factory=dict)
    merchant_profile: Sequence[str] = ()
    wanted: Wanted | None = None  # None for everything

    def asks(self, subject: Subject, names: Collection[str] | None = None) -> bool:
        """Whether any of these columns of the subject are wanted, or the subject at all."""
        if self.wanted is None:
            return True
        own = self.wanted.get(subject)
        return own is not None and (names is None or bool(set(names) & set(own)))
