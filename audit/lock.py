"""One audit at a time per state folder, by a lock the kernel lets go of when its holder dies."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from audit.errors import CannotWrite, LedgerDamaged, Locked
from audit.files import clear_abandoned, private_folder, scratch, write_private

RESTORING = "restoring"  # in the state folder until all of a backup is there
SCRATCH = "scratch"  # in the state folder while it is held; gone afterwards
_SHY_SECONDS = 1.0  # how long a holder may take to write down who it is


@contextmanager
def only_run(
    state: Path, zone: ZoneInfo, wait_seconds: float = 0.0, *, restores: bool = False
) -> Iterator[None]:
    """Hold the state folder, or wait for it. Raises Locked, naming the holder, when another run has it.

    What runs that were killed have left half written goes first; temporary files go to the folder itself.
    Of half a backup nobody but who `restores` may go on from: raises LedgerDamaged.
    """
    holder = state / "lock.json"
    try:
        private_folder(state)
        # a lock that is only a file would outlive a holder that was killed
        lock = FileLock(state / "lock", timeout=wait_seconds, mode=0o600, fallback_to_soft=False)
        lock.acquire()
    except Timeout:
        raise Locked("locked", **_awaited_holder(state)) from None
    except OSError as failure:
        raise CannotWrite.to(state, failure) from failure
    try:
        started = datetime.now(zone).isoformat(sep=" ", timespec="seconds")
        write_private(holder, json.dumps({"pid": os.getpid(), "started": started}).encode())
        if not restores:
            require_restored(state)
        clear_abandoned(state)
        with scratch(state / SCRATCH):
            yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def require_restored(state: Path) -> None:
    """Raises LedgerDamaged where a restoring was killed: what is there is half an estate."""
    if (state / RESTORING).exists():
        raise LedgerDamaged("restore_unfinished", state=state)


def holder_of(state: Path) -> dict[str, object] | None:
    """Who holds the state folder, as it wrote down; None when nobody does.

    The lock itself is not tried: whoever wants it at that moment would find it taken.
    """
    try:
        known = json.loads((state / "lock.json").read_text(encoding="utf-8"))
        if Path(f"/proc/{known['pid']}").exists() or not Path("/proc/self").exists():
            return {"pid": known["pid"], "started": known["started"]}
    except (OSError, ValueError, KeyError):
        pass
    return None


def _awaited_holder(state: Path) -> dict[str, object]:
    """Who holds it now; what a dead holder left is not taken for it, and a new one gets time to write."""
    last = time.monotonic() + _SHY_SECONDS
    while time.monotonic() < last:
        if found := holder_of(state):
            return found
        time.sleep(0.02)
    return {"pid": "?", "started": "?"}
