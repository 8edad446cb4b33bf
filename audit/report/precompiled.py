"""Templates as Jinja compiled them, kept where Python keeps its modules: to compile the page takes 0.1 s."""

from __future__ import annotations

import marshal
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket, bc_magic

from audit.errors import CannotWrite
from audit.files import replacing

_FOR_ALL = 0o644  # as Python's own; whoever may write them may write the modules beside them


class Precompiled(BytecodeCache):
    """Of templates in the folder `shipped` alone; where that may not be written to, they are compiled anew.

    `form` is whatever a template's code depends on besides its text, Jinja and Python.
    """

    def __init__(self, shipped: Path, form: bytes) -> None:
        self._shipped, self._form = shipped, form

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Where the code is kept; "" for nowhere."""
        if filename is None or Path(filename).parent != self._shipped:
            return ""
        return str(Path(cache_from_source(f"{self._shipped / name}.py")).with_suffix(".template"))

    def get_source_checksum(self, source: str) -> str:
        """What the code depends on."""
        return sha256(bc_magic + self._form + source.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """The code that is kept, if it is that of the text."""
        if not bucket.key:
            return
        with suppress(OSError, EOFError, ValueError, TypeError):  # there is none, or what there is is damaged
            checksum, code = marshal.loads(Path(bucket.key).read_bytes())  # noqa: S302 - as modules are loaded
            if checksum == bucket.checksum:
                bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code."""
        if not bucket.key or sys.dont_write_bytecode:
            return
        with suppress(CannotWrite), replacing(Path(bucket.key), _FOR_ALL) as temporary:
            temporary.write_bytes(marshal.dumps((bucket.checksum, bucket.code)))
