"""What the error texts table knows of the messages in the lists."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.crosscheck.schema import KNOWN_ERROR
from audit.engines import Engine, Frame


def known_errors(engine: Engine, frame: Frame, error_texts: Frame, first_channel: str) -> Frame:
    """The frame with KNOWN_ERROR: of the registration's message, else of the device's last error.

    A message is known when it contains one of the table's texts, whatever its width and case; of several the
    longest text counts. Each message is looked at once. What the device itself reports is told once, in the
    first channel.
    """
    known = (
        engine.collected(error_texts.select("text", "cause", "remedy", "row_id"))
        .sort_by("row_id")
        .to_pylist()
    )
    for column in ("reg_message", "last_error"):
        messages = engine.collected(frame.select(column).unique())[column].to_pylist()
        side = engine.frame(_known(filter(None, messages), known, column))
        frame = engine.attach(frame, side, column)
    first = nw.col("channel") == first_channel
    frame = frame.with_columns(
        **{
            name: nw.coalesce(
                nw.col(f"reg_message_{name}"), nw.when(first).then(nw.col(f"last_error_{name}"))
            )
            for name in KNOWN_ERROR
        }
    )
    return frame.drop(
        *(f"{column}_{name}" for column in ("reg_message", "last_error") for name in KNOWN_ERROR)
    )


def _known(messages: Iterable[str], known: Sequence[Mapping[str, Any]], column: str) -> pa.Table:
    texts = sorted(
        ((_plain(row["text"]), row) for row in known if row["text"]), key=lambda pair: -len(pair[0])
    )
    found = []
    for message in messages:
        plain = _plain(message)
        if row := next((row for text, row in texts if text in plain), None):
            found.append((message, row["text"], row["cause"], row["remedy"]))
    names = (column, *(f"{column}_{name}" for name in KNOWN_ERROR))
    return pa.table(
        {name: pa.array([row[place] for row in found], pa.string()) for place, name in enumerate(names)}
    )


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
