"""How the fact tables of a night are made.

Only what the rules of the night ask for is made: `Wanted` names the columns per subject, and each step below
runs when one of its columns is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw

from audit.config import ANY_CHANNEL
from audit.crosscheck import devices as ledger
from audit.crosscheck.beside import Beside
from audit.crosscheck.errortexts import known_errors
from audit.crosscheck.facts import ALWAYS, KEPT_KEYS, Facts, Sources
from audit.crosscheck.groups import channel_facts, row_facts, site_facts
from audit.crosscheck.inspections import training_facts, with_inspections
from audit.crosscheck.merchants import merchant_facts
from audit.crosscheck.namesakes import namesakes, terminal_twins
from audit.crosscheck.policies import (
    SCOPED_BY,
    device_policy_facts,
    policy_facts,
    strange_words,
    understood,
)
from audit.crosscheck.registrations import (
    beside_device,
    registration_facts,
    with_registered,
)
from audit.crosscheck.schema import (
    DEVICE_GROUPS,
    FACTS,
    KNOWN_ERROR,
    NAMESAKES,
    NEAR,
    TERMINAL_TWINS,
    Subject,
)
from audit.crosscheck.transactions import with_transactions
from audit.engines import KEYS, Frame

# subjects whose frames are held where they are made, because steps read them too
_HELD = frozenset({Subject.DEVICE, Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY})
# subjects whose frames are little more than a list as it was delivered
_KEPT = frozenset({Subject.ROW, Subject.REGISTRATION})
# subjects that look at the registration of each device
_BY_CHANNEL = frozenset({Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY})
# columns of the ledger that the steps themselves look at
_LOOKED_AT = frozenset(
    {
        "device_key", "device_type_code", "model_key", "vendor_key", "firmware", "is_spare",
        "last_contact_at", "store_name", "batch_no", "last_error", "txn_amount", "txn_count", "txn_failed",
    }
)  # fmt: skip

# what steps read of the devices' facts once these are held, by the subject that they make
_READ_LATER: Mapping[Subject, frozenset[str]] = {
    Subject.SITE: frozenset({"merchant_key", "store_name", "is_spare", "last_contact_at"}),
    Subject.MERCHANT: frozenset({"merchant_key", "is_spare"}),
    Subject.CHANNEL: frozenset({"previous_status"}),
    **dict.fromkeys((Subject.DEVICE_POLICY, Subject.POLICY), SCOPED_BY),
}
# keys that nothing beyond the device's own facts is looked up by
_DONE_WITH = tuple(name for name in KEYS if name not in ("device_code", "merchant_key"))


def build_facts(sources: Sources) -> Facts:
    """The facts of a night."""
    return _Building(sources).facts()


class _Building:
    """The steps, each made once and only when it is asked for."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.engine = sources.engine
        self.uncompared = 0
        self.beside = Beside(sources)

    def facts(self) -> Facts:
        made: dict[Subject, Callable[[], Frame]] = {
            Subject.DEVICE: lambda: self.device,
            Subject.DEVICE_CHANNEL: lambda: self.device_channel,
            Subject.DEVICE_POLICY: lambda: self.device_policy,
            Subject.MERCHANT: self._merchant,
            Subject.REGISTRATION: self._registration,
            Subject.SITE: lambda: site_facts(self.engine, self.device),
            Subject.CHANNEL: lambda: channel_facts(
                self._with_absent(Subject.DEVICE_CHANNEL, self.device_channel, ["previous_status"])
            ),
            Subject.POLICY: lambda: policy_facts(
                self.engine, self.sources.tables["policies"], self.device_policy
            ),
            Subject.TRAINING: lambda: training_facts(self.engine, self.sources.tables["training"]),
            Subject.ROW: lambda: row_facts(self.engine, self.sources.tables, strange_words(self.policies)),
        }
        asked = [subject for subject in made if self.sources.asks(subject)]
        if not _BY_CHANNEL.isdisjoint(asked):
            self.beside.begin_matching()
        frames = {subject: self._conformed(subject, made[subject]()) for subject in asked if subject in _HELD}
        if self._read_later:
            _ = self.device_channel  # once, before those that read it are made side by side
        others = [subject for subject in asked if subject not in _HELD]
        found = self.engine.each(lambda one: self._conformed(one, made[one]()), others)
        frames |= dict(zip(others, found, strict=True))
        frames |= {subject: self.engine.frame(rows) for subject, rows in self.sources.small.items()}
        return Facts(self.engine, frames, self.sources.columns, self.uncompared, self.sources.tables)

    def _conformed(self, subject: Subject, frame: Frame) -> Frame:
        """The columns of the schema that are wanted or at hand, absent ones as nulls."""
        wanted = None if self.sources.wanted is None else set(self.sources.wanted[subject]) | ALWAYS
        kept = [name for name in FACTS[subject] if wanted is None or name in wanted]
        keys = KEPT_KEYS.get(subject, ())
        conformed = self._with_absent(subject, frame, kept).select(*kept, *keys)
        if subject in _HELD:
            return conformed
        return self.engine.kept(conformed) if subject in _KEPT else self.engine.held(conformed)

    def _with_absent(self, subject: Subject, frame: Frame, names: Iterable[str]) -> Frame:
        present = set(frame.collect_schema().names())
        absent = {name: FACTS[subject][name] for name in names if name not in present}
        return self.engine.with_nulls(frame, absent) if absent else frame

    @property
    def _lays_policies(self) -> bool:
        """Whether policies are laid over devices: for rules about them, or to count whom a policy covers."""
        return self.sources.asks(Subject.DEVICE_POLICY) or self.sources.asks(Subject.POLICY)

    def _asked_of_devices(self, names: Collection[str]) -> bool:
        subjects = (Subject.DEVICE, Subject.DEVICE_CHANNEL)
        return any(self.sources.asks(subject, names) for subject in subjects)

    @cached_property
    def _of_devices(self) -> frozenset[str]:
        """What anybody asks of a device, by the names of DEVICE."""
        wanted = self.sources.wanted
        if wanted is None:
            return frozenset({*FACTS[Subject.DEVICE], *FACTS[Subject.DEVICE_CHANNEL]})
        found = {name for subject in sorted(_HELD) for name in wanted.get(subject, ())}
        if self._lays_policies:
            found |= SCOPED_BY
            found |= {policy["field"] for policy in self.policies if policy["field"]}
        return frozenset(found)

    @cached_property
    def _read_later(self) -> frozenset[str]:
        """What steps read of the devices' facts beside what is asked for."""
        own = (names for subject, names in _READ_LATER.items() if self.sources.asks(subject))
        return frozenset().union(*own)

    @cached_property
    def _ledger(self) -> Frame:
        """The ledger's rows, with what they tell by themselves."""
        sources = self.sources
        kept = {*self._of_devices, *ALWAYS, *_LOOKED_AT, *KEYS}
        profile, columns = sources.device_profile, sources.columns["devices"]
        return ledger.scoped(self.engine, sources.tables["devices"], columns, profile, kept)

    @cached_property
    def device(self) -> Frame:
        """DEVICE facts; where there is one channel, its rows are the devices' and have all their columns."""
        if len(self.sources.channels) == 1 and not self.engine.reads_anew:
            return self.device_channel
        return self._device

    @cached_property
    def _device(self) -> Frame:
        """The ledger's rows with every group that is asked for."""
        sources, engine, wanted = self.sources, self.engine, self._of_devices
        tables, columns = sources.tables, sources.columns
        facts = base = self._ledger
        asked = {name for name, types in DEVICE_GROUPS.items() if self._asked_of_devices(types)}
        compares = bool(columns["registrations"]) and "near" in asked
        if compares:
            self.beside.begin_near(base)
        if columns["merchants"] and (asked & {"merchant"} or self._lays_policies):
            facts = ledger.with_merchant(engine, facts, tables["merchants"], wanted)
        if columns["models"] and "model" in asked:
            facts = ledger.with_model(engine, facts, tables["models"], wanted)
            if self._asked_of_devices({"model_version_fits"}):
                facts = ledger.version_fits(engine, facts)
        if "namesakes" in asked:
            facts = engine.attach(facts, namesakes(engine, base), "row_id", late=NAMESAKES)
        if "terminal_twins" in asked:
            facts = engine.attach(facts, terminal_twins(engine, base), "row_id", late=TERMINAL_TWINS)
        if "transactions" in asked:
            facts = with_transactions(engine, facts, tables["transactions"], columns["transactions"])
        if columns["inspections"] and "inspected" in asked:
            facts = with_inspections(engine, facts, tables["inspections"], columns["inspections"])
        elsewhere = sources.asks(Subject.DEVICE_CHANNEL, {"registered_elsewhere"})
        if columns["registrations"] and ("registered" in asked or elsewhere):
            facts = with_registered(facts, self.beside.lists, wanted | {"registered_channel"})
        if compares:
            facts = engine.attach(facts, self._near[0], "row_id", late=NEAR)
        facts = facts.drop(*_DONE_WITH)
        return engine.kept(facts)

    @cached_property
    def _near(self) -> tuple[Frame, Frame]:
        pairs, others, self.uncompared = self.beside.near(self._ledger)
        return pairs, others

    @cached_property
    def device_channel(self) -> Frame:
        """DEVICE_CHANNEL facts: the device facts once per required channel."""
        wanted = self.sources.wanted
        asked = FACTS[Subject.DEVICE_CHANNEL] if wanted is None else wanted.get(Subject.DEVICE_CHANNEL, ())
        if self._lays_policies:
            asked = {*asked, "reg_registered_at"}
        device, matched = self._device, self.beside.matched()
        frames = [
            self._in_channel(device, found, channel, asked)
            for channel, found in zip(self.sources.channels, matched, strict=True)
        ]
        explained = set(KNOWN_ERROR) & set(asked) and self.sources.columns["error_texts"]
        keys = KEPT_KEYS[Subject.DEVICE_CHANNEL]
        kept = {*self._of_devices, *asked, *ALWAYS, *self._read_later, *keys}
        if explained:
            kept |= {"reg_message", "last_error"}
        stacked = self.engine.stacked(frames)
        names = [name for name in stacked.collect_schema().names() if name in kept]
        frame = self.engine.kept(stacked.select(*names))
        if explained:
            frame = self._with_absent(Subject.DEVICE_CHANNEL, frame, ["reg_message"])
            frame = self.engine.kept(
                known_errors(self.engine, frame, self.sources.tables["error_texts"], self.sources.channels[0])
            )
        return frame

    def _in_channel(self, device: Frame, found: Frame | None, channel: str, asked: Collection[str]) -> Frame:
        frame = beside_device(device, self.beside.lists, found, channel, asked)
        present = frame.collect_schema().names()
        if "registered_elsewhere" in asked and "registered_channel" in present:
            elsewhere = (nw.col("registered_channel") != channel) & ~(
                (nw.col("reg_status") == "registered") & nw.col("has_registration")
            ).fill_null(False)
            frame = frame.with_columns(
                registered_elsewhere=nw.when(elsewhere & nw.lit(channel != ANY_CHANNEL)).then(
                    nw.col("registered_channel")
                )
            )
        if self.sources.statuses is not None and self._remembers:
            before = self.engine.frame(self.sources.statuses).filter(nw.col("channel") == channel)
            before = before.select("device_key", previous_status="reg_status")
            frame = self.engine.attach(frame, before, "device_key")
        return frame

    @property
    def _remembers(self) -> bool:
        return self.sources.asks(Subject.CHANNEL) or self.sources.asks(
            Subject.DEVICE_CHANNEL, {"previous_status"}
        )

    @cached_property
    def policies(self) -> list[Mapping[str, Any]]:
        """The rows of the policies table, which are few."""
        if not self.sources.columns["policies"]:
            return []
        rows = self.engine.collected(self.sources.tables["policies"]).sort_by("row_id")
        return [understood(row) for row in rows.to_pylist()]

    @cached_property
    def device_policy(self) -> Frame:
        """DEVICE_POLICY facts."""
        needed = ("merchant_mcc", "reg_registered_at")
        frame = self._with_absent(Subject.DEVICE_CHANNEL, self.device_channel, needed)
        return self.engine.held(
            device_policy_facts(
                self.engine,
                frame,
                self.sources.tables["policies"],
                self.policies,
                self.sources.columns["devices"],
                self.sources.channels[0],
            )
        )

    def _merchant(self) -> Frame:
        asks = self.sources.asks
        return merchant_facts(
            self.engine,
            self.sources.tables["merchants"],
            self.device if asks(Subject.MERCHANT, {"devices_in_use", "spare_devices"}) else None,
            self.device_channel if asks(Subject.MERCHANT, {"registered_channels"}) else None,
            self.sources.columns["merchants"],
            self.sources.merchant_profile,
        )

    def _registration(self) -> Frame:
        near = self._near[1] if self.sources.asks(Subject.REGISTRATION, {"near_device_key"}) else None
        wanted = None if self.sources.wanted is None else self.sources.wanted[Subject.REGISTRATION]
        return registration_facts(self.beside.lists, near, wanted)
