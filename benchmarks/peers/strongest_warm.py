"""The strongest on a night when only the device file is another: the other lists lie there as Parquet."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from peers import contract as own
from peers.strongest import read, told


def run(folder: Path, out: Path) -> dict[str, int]:
    """Read the device file, check, write."""
    kept = {feed: _kept(folder, feed) for feed in own.FEEDS if feed != "devices"}
    tables = {feed: pl.scan_parquet(path) for feed, path in kept.items()}
    return told(folder, out, {**tables, "devices": read(folder, "devices")})


def keep(folder: Path) -> None:
    """Keep what does not change, where it is not kept yet."""
    for feed in own.FEEDS:
        path = _kept(folder, feed)
        if feed != "devices" and not path.exists():
            path.parent.mkdir(exist_ok=True)
            read(folder, feed).collect().write_parquet(path)


def _kept(folder: Path, feed: str) -> Path:
    return folder / "kept" / f"{feed}.parquet"
