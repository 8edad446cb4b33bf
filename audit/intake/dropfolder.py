"""The drop folder: which files the patterns of a feed find, and what their names say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

_DATE_IN_NAME = re.compile(r"(20\d\d)[-_.年]?([01]\d)[-_.月]?([0-3]\d)(?!\d)")


def files_of(
    folder: Path, patterns: Iterable[str], is_own: Callable[[Path], bool], until: date | None = None
) -> list[tuple[str, list[Path]]]:
    """The files of each pattern; a file that several patterns find belongs to the first.

    What a wildcard finds and `is_own` is left out: a report is no vendor's list.
    """
    taken: set[Path] = set()
    found = []
    for pattern in patterns:
        paths = _matching(folder, pattern, is_own)
        if until:
            paths = [path for path in paths if (date_in_name(path.name) or until) <= until]
        own = [path for path in paths if path not in taken]
        taken.update(own)
        if own or not paths:
            found.append((pattern, own))
    return found


def _matching(folder: Path, pattern: str, is_own: Callable[[Path], bool]) -> list[Path]:
    """Files a pattern names, sorted; a file of that very name, as `list[1].xlsx`, is the one."""
    path = folder / pattern
    if path.is_file() or not any(mark in pattern for mark in "*?["):
        return [path] if path.exists() else []
    base = Path(pattern)
    root, relative = (
        (Path(base.anchor), str(base.relative_to(base.anchor))) if base.is_absolute() else (folder, pattern)
    )
    return sorted(
        path
        for path in root.glob(relative)
        if not path.is_dir() and not path.name.startswith(("~$", ".")) and not is_own(path)
    )


def date_in_name(name: str) -> date | None:
    """The first date that a file's name bears."""
    for found in _DATE_IN_NAME.finditer(name):
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            continue
    return None


def named_dates(folder: Path, patterns: Iterable[str], is_own: Callable[[Path], bool]) -> tuple[date, ...]:
    """The dates in the names of the files that patterns find now, in order; names without one bring none."""
    found = (date_in_name(path.name) for _, paths in files_of(folder, patterns, is_own) for path in paths)
    return tuple(sorted(day for day in found if day))


def lock_beside(path: Path) -> str:
    """The lock file an office program keeps while somebody has the file open, or ""."""
    names = (f"~${path.name}", f"~${path.name[2:]}", f".~lock.{path.name}#")
    return next((name for name in names if (path.parent / name).exists()), "")
