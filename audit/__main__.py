"""`pos-audit`, which is `python -m audit`: how it begins and how it ends."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
from contextlib import suppress

# Arrow's own choice among the allocators it comes with takes a third more memory, and a twentieth more time
_ALLOCATOR = ("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")


def main() -> None:
    """The program."""
    if sys.platform == "linux":  # elsewhere Arrow does not always come with it, and would say so each time
        os.environ.setdefault(*_ALLOCATOR)
    codes: list[int] = []
    atexit.register(_leave, codes)  # the first to be registered is the last to be called
    if sys.argv[1:2] == ["run"] and "--help" not in sys.argv:
        _begin_night()
    from audit.cli import program
    from audit.cli.speech import unraisable

    sys.unraisablehook = unraisable
    try:
        program(sys.argv[1:])()
    except SystemExit as end:
        codes += [end.code] if isinstance(end.code, int) else []
        raise


def _begin_night() -> None:
    """Fork what imports the readers, which is the longest way to a night's first row, before all else."""
    gc.disable()  # nothing that is imported becomes garbage; `run` enables it
    with suppress(OSError, ImportError):  # which `run` meets again, and tells
        from audit.intake.nursery import fork_nursery

        fork_nursery()


def _leave(codes: list[int]) -> None:
    """End here: all is closed, and to take apart what was imported takes a quarter of a second."""
    if codes:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(codes[-1])


if __name__ == "__main__":
    main()
