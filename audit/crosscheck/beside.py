"""What is found out of the registration list beside the ledger: begun early, asked for late."""

from __future__ import annotations

from collections.abc import Callable

from audit.crosscheck.facts import ALWAYS, Sources
from audit.crosscheck.matching import ways_between
from audit.crosscheck.registrations import Listed, listed, matched_in
from audit.crosscheck.schema import FACTS, Subject
from audit.crosscheck.suggestions import suggestions
from audit.engines import Frame


class Beside:
    """The list, who matches whom, and near misses: each made once, in memory beside other steps.

    What is begun is begun by the one who makes the facts; what was begun may be asked for by any step.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._engine = sources.engine
        self._listed: Callable[[], Listed] | None = None
        self._matched: Callable[[], list[Frame | None]] | None = None
        self._near: Callable[[], tuple[Frame, Frame, int]] | None = None

    @property
    def lists(self) -> Listed:
        """The registration list beside the ledger's keys."""
        return self._begin_lists()()

    def matched(self) -> list[Frame | None]:
        """Which registration stands for each row of the ledger, a frame for each required channel."""
        return self.begin_matching()()

    def near(self, rows: Frame) -> tuple[Frame, Frame, int]:
        """The near misses of the ledger's rows: see `suggestions`."""
        return self.begin_near(rows)()

    def _begin_lists(self) -> Callable[[], Listed]:
        if self._listed is None:
            self._listed = self._engine.begun(self._looked_through)
        return self._listed

    def _looked_through(self) -> Listed:
        sources = self._sources
        wanted = set(FACTS[Subject.REGISTRATION])
        if sources.wanted is not None:
            own = sources.wanted.get(Subject.REGISTRATION)
            wanted = set() if own is None else {*own, *ALWAYS}
        ways = ways_between(sources.columns)
        return listed(self._engine, sources.tables["devices"], sources.tables["registrations"], ways, wanted)

    def begin_matching(self) -> Callable[[], list[Frame | None]]:
        """Match the lists in every channel."""
        if self._matched is None:
            self._begin_lists()
            self._matched = self._engine.begun(
                lambda: [matched_in(self.lists, channel) for channel in self._sources.channels]
            )
        return self._matched

    def begin_near(self, rows: Frame) -> Callable[[], tuple[Frame, Frame, int]]:
        """Look for near misses of the ledger's rows: the longest step, which a device waits for last."""
        if self._near is None:
            self._begin_lists()
            self._near = self._engine.begun(lambda: suggestions(self._engine, rows, self.lists))
        return self._near
