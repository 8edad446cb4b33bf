"""Templates as Jinja compiled them, kept from one night to the next: to compile the page takes 0.1 s."""

from __future__ import annotations

from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket, bc_magic

from audit.kept import keep, recalled


class Precompiled(BytecodeCache):
    """Of templates in the folder `shipped` alone: a user's own are compiled each time.

    `form` is whatever a template's code depends on besides its text, Jinja and Python.
    """

    def __init__(self, shipped: Path, form: bytes) -> None:
        self._shipped, self._form = shipped, bc_magic + form

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The template's file; "" for one that is not kept."""
        return filename if filename and Path(filename).parent == self._shipped else ""

    def get_source_checksum(self, source: str) -> str:
        """The text itself: what is kept tells by all it was made of whether it still is that."""
        return source

    def load_bytecode(self, bucket: Bucket) -> None:
        """The code that is kept."""
        if bucket.key:
            bucket.code = recalled(Path(bucket.key), self._form + bucket.checksum.encode())

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code."""
        if bucket.key:
            keep(Path(bucket.key), self._form + bucket.checksum.encode(), bucket.code)
