"""The reading of a night's files, begun as early as can be.

While children read them the program imports what only later stages need; nothing of that is imported here.
What was read before, or is read sooner than the largest file, may be taken into memory meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from audit.config import InputSection, Settings, configured_codes, configured_columns
from audit.files import shown_name
from audit.intake.ahead import Ahead
from audit.intake.dropfolder import files_of
from audit.intake.reading import FileReading
from audit.intake.request import Request
from audit.intake.store import Store

READERS = 2


@dataclass(frozen=True)
class Begun:
    """Files that are being read, by feed and path."""

    found: Mapping[str, list[tuple[str, list[Path]]]]  # by feed: its patterns and what each found
    _readings: Mapping[tuple[str, Path], Future[tuple[FileReading, Path]]]
    ahead: Ahead | None

    def __call__(self, progress: Callable[[str], None]) -> dict[tuple[str, Path], tuple[FileReading, Path]]:
        """Wait for all; the name of each is told as it is done. Raises what reading one raised."""
        jobs = {future: job for job, future in self._readings.items()}
        for future in as_completed(jobs):
            future.result()
            progress(shown_name(jobs[future][1].name))
        return {job: future.result() for job, future in self._readings.items()}


@contextmanager
def being_read(
    settings: Settings, store: Store, until: date | None = None, *, ahead: bool = False
) -> Iterator[Begun]:
    """Every configured file read in a process of its own, two at a time, for as long as the block lasts.

    The largest files start first, so that the wait ends when the longest does. Files whose name bears a
    date after `until` are left out: they were not there on that day. `ahead`: rows are taken into memory as
    soon as they are there, where the engine will want them so.
    """
    found = {
        name: files_of(settings.folder, section.files, settings.is_own, until)
        for name, section in settings.inputs.items()
    }
    jobs = {
        (feed, path): _request(feed, settings.inputs[feed], path, settings)
        for feed, patterns in found.items()
        for _, paths in patterns
        for path in paths
    }
    taken = Ahead() if ahead and settings.audit.engine in ("auto", "pandas") else None

    def read(request: Request) -> tuple[FileReading, Path]:
        reading, rows = store.read(request)
        if taken and not reading.error:
            taken.begin(rows, reading.rows)
        return reading, rows

    pool = ThreadPoolExecutor(READERS)
    try:
        by_size = sorted(jobs, key=lambda job: -_size(job[1]))
        yield Begun(found, {job: pool.submit(read, jobs[job]) for job in by_size}, taken)
    finally:
        pool.shutdown(cancel_futures=True)
        if taken:
            taken.close()


def _request(feed: str, section: InputSection, path: Path, settings: Settings) -> Request:
    return Request(
        path=str(path),
        table=feed,
        columns=configured_columns(section),
        codes=configured_codes(section),
        encoding=section.encoding,
        password=section.password,
        zone=settings.audit.timezone,
        unmask=settings.privacy.unmask,
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
