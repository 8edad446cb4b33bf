"""The folder that this process and every executor of a cluster see under one name."""

from __future__ import annotations

import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as fs
import pyarrow.parquet as pq

from audit.errors import CannotWrite, ConfigError

_ROWS_TO_READ_AT_ONCE = 131_072  # a reader of a cluster takes whole row groups
_KEPT_SECONDS = 2 * 86_400.0  # longer than any night: another one of the same estate may be at work
_PATTERN_MARKS = "*?[]{}"  # Hadoop takes a path with one of these for a pattern


class Shelf:
    """Tables by their content, and the steps of one night or one question, as Parquet.

    `place` is an absolute path, or a URL that both Arrow and the cluster know (`file:`, `hdfs:`, `s3a:`,
    `gs:`, `abfss:`); `owner` keeps several estates apart that share it. Who may read and write in a local
    folder may do so with what is put there. Raises ConfigError for a place nobody can use, CannotWrite for
    one that cannot be written to.
    """

    def __init__(self, place: str, owner: str) -> None:
        if any(mark in place for mark in _PATTERN_MARKS):
            raise ConfigError("spark_shared_unusable", shared=place, detail=_PATTERN_MARKS)
        self.place = place
        self._url = f"{place if ':' in place else f'file://{place}'}/{owner}"
        try:
            # the cluster's name for the same storage differs from Arrow's in its first letters
            self._files, root = fs.FileSystem.from_uri(place.replace("s3a:", "s3:", 1))
        except (pa.ArrowInvalid, OSError) as failure:
            raise ConfigError(
                "spark_shared_unusable", shared=place, detail=str(failure).splitlines()[0]
            ) from None
        self._root = f"{root.rstrip('/')}/{owner}"
        self._night = f"night/{time.time():.0f}-{secrets.token_hex(4)}"
        self._used: set[str] = set()
        self._steps = 0

    def open(self) -> None:
        """Make the folders, and clear away what nights that were cut off have left."""
        with self._writing():
            for name in ("", "tables", "night", self._night):
                self._files.create_dir(f"{self._root}/{name}".rstrip("/"))
                self._as_the_folder(f"{self._root}/{name}")
            for night in self._listed("night"):
                if float(night.base_name.partition("-")[0]) < time.time() - _KEPT_SECONDS:
                    self._files.delete_dir(night.path)

    def table(self, rows: pa.Table) -> str:
        """The address of a Parquet file of these rows; rows that are there already are not written again."""
        with self._writing():
            temporary = f"{self._root}/tables/.{secrets.token_hex(8)}"
            pq.write_table(
                rows,
                temporary,
                filesystem=self._files,
                compression="zstd",
                row_group_size=_ROWS_TO_READ_AT_ONCE,
            )
            with self._files.open_input_stream(temporary) as written:
                name = f"{sha256(written.read()).hexdigest()}.parquet"
            self._used.add(name)
            if any(there.base_name == name for there in self._listed("tables")):
                self._files.delete_file(temporary)
            else:
                self._as_the_folder(temporary)
                self._files.move(temporary, f"{self._root}/tables/{name}")
        return f"{self._url}/tables/{name}"

    def step(self) -> str:
        """The address of a folder that is not there yet."""
        self._steps += 1
        return f"{self._url}/{self._night}/{self._steps}"

    def rows_of(self, step: str) -> int:
        """How many rows this process finds in what the cluster wrote; 0 where it finds nothing."""
        found = self._listed(f"{self._night}/{step.rpartition('/')[2]}")
        parts = [part.path for part in found if part.extension == "parquet"]
        return sum(pq.read_metadata(part, filesystem=self._files).num_rows for part in parts)

    def close(self) -> None:
        """Clear away this night's steps, and the tables that no night has used for some days."""
        with self._writing():
            self._files.delete_dir(f"{self._root}/{self._night}")
            for there in self._listed("tables"):
                if (
                    there.base_name not in self._used
                    and (there.mtime_ns or 0) / 1e9 < time.time() - _KEPT_SECONDS
                ):
                    self._files.delete_file(there.path)

    def _listed(self, name: str) -> list[fs.FileInfo]:
        found: list[fs.FileInfo] = self._files.get_file_info(
            fs.FileSelector(f"{self._root}/{name}", allow_not_found=True)
        )
        return found

    def _as_the_folder(self, path: str) -> None:
        """Let those read and write it who may do so in the shared folder: executors may be another user's."""
        if isinstance(self._files, fs.LocalFileSystem):
            made, shared = Path(path), Path(self._root).parent
            bits = stat.S_IMODE(shared.stat().st_mode)
            made.chmod(bits if made.is_dir() else bits & 0o666)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            raise CannotWrite.to(self.place, failure) from failure
