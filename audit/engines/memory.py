"""How much memory this machine has for us, a container's limit included."""

from __future__ import annotations

import os
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_OF_PROCESS = Path("/proc/self/cgroup")


def machine_bytes() -> int:
    """Bytes of memory: the machine's own, or what the control groups of this process leave of it."""
    installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([installed, *_limits()])


def _limits() -> list[int]:
    """The limits of this process's group and of the groups around it, in both layouts there are."""
    found = []
    for file, name in _files():
        try:
            text = (file / name).read_text().strip()
        except OSError:
            continue
        if text.isdecimal():  # "max" is none
            found.append(int(text))
    return found


def _files() -> list[tuple[Path, str]]:
    try:
        lines = [line.split(":", 2) for line in _OF_PROCESS.read_text().splitlines()]
    except OSError:
        return []
    files = []
    for _, controllers, path in lines:
        if controllers not in ("", "memory"):
            continue
        root, name = (_GROUPS / "memory", "memory.limit_in_bytes") if controllers else (_GROUPS, "memory.max")
        own = root / path.lstrip("/")
        around = [own, *(one for one in own.parents if one.is_relative_to(root))]
        files += [(one, name) for one in around]
    return files
