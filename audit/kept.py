"""What was made of a file that came with the program, kept beside it as Python keeps its own modules."""

from __future__ import annotations

import marshal
import os
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any


def recalled(file: Path, depends: bytes) -> Any:
    """What `keep` kept for the file, if it was made of the same; None otherwise."""
    # there is none, or what there is is damaged
    with suppress(OSError, EOFError, ValueError, TypeError):
        digest, made = marshal.loads(_place(file).read_bytes())  # noqa: S302 - as modules are loaded
        if digest == sha256(depends).digest():
            return made
    return None


def keep(file: Path, depends: bytes, made: Any) -> None:
    """Keep what was made of the file and of whatever else it `depends` on: plain values or code.

    Where nothing may be written, or Python is told not to, it is made anew each time.
    """
    if sys.dont_write_bytecode:
        return
    place = _place(file)
    temporary = place.with_name(f"{place.name}.{os.getpid()}")
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(marshal.dumps((sha256(depends).digest(), made)))
        temporary.replace(place)


def _place(file: Path) -> Path:
    return Path(cache_from_source(f"{file}.py")).with_suffix(".kept")
