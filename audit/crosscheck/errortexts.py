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
    longest text counts. A text of one channel is looked for in what comes from there, and in what a device
    reports, which names no channel. Each message is looked at once. What the device itself reports is told
    once, in the first channel.
    """
    known = engine.collected(error_texts.select("text", "channel", "row_id")).sort_by("row_id").to_pylist()
    told = nw.concat_str([nw.col("channel"), nw.lit(_BETWEEN), nw.col("reg_message")])
    frame = frame.with_columns(told_here=told)
    for column, part in (("told_here", "reg_message"), ("last_error", "last_error")):
        messages = engine.collected(frame.select(column).unique())[column].to_pylist()
        side = engine.frame(_known(filter(None, messages), known, column, f"{part}_row"))
        frame = engine.attach(frame, side, column)
    own = nw.when(nw.col("channel") == first_channel).then(nw.col("last_error_row"))
    frame = frame.with_columns(known_row=nw.coalesce(nw.col("reg_message_row"), own))
    meant = error_texts.select(
        known_row="row_id", known_error="text", known_error_cause="cause", known_error_remedy="remedy"
    )
    frame = engine.attach(frame, engine.staged(meant), "known_row", late=KNOWN_ERROR)
    return frame.drop("known_row", "reg_message_row", "last_error_row", "told_here")


_BETWEEN = "\x1f"  # what parts a channel from its message
_ANY = ("any", "")  # a required channel that any will do for; no channel


def _known(
    messages: Iterable[str], known: Sequence[Mapping[str, Any]], column: str, row_column: str
) -> pa.Table:
    """The messages that contain a text of the table, and the row of the longest."""
    texts = sorted(
        (
            (_plain(row["text"]), "" if row["channel"] == "common" else row["channel"] or "", row["row_id"])
            for row in known
            if row["text"]
        ),
        key=lambda one: -len(one[0]),
    )
    found = {}
    for message in messages:
        channel, _, said = message.rpartition(_BETWEEN)
        plain = _plain(said)
        here = (row for text, of, row in texts if text in plain and (not of or channel in (*_ANY, of)))
        if (row := next(here, None)) is not None:
            found[message] = row
    return pa.table({column: pa.array(found, pa.string()), row_column: pa.array(found.values(), pa.int64())})


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
