"""What a night read, for whoever looks at it again."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from audit.crosscheck.inputs import Came, Delivery
from audit.intake.dropfolder import date_in_name
from audit.ledger.schema import INPUTS, RUNS

_LOOKED_BACK = timedelta(days=90)


def hashes_read(connection: sa.Connection, number: int) -> frozenset[str]:
    """The sha256 of every file that the run read."""
    query = sa.select(INPUTS.c.files).where(INPUTS.c.number == number)
    return frozenset(sha256 for files in connection.scalars(query) for sha256 in files.values())


def first_deliveries(connection: sa.Connection, as_of: date) -> dict[str, Delivery]:
    """By sha256 the files that the nights of the last three months read, each as it was first there."""
    query = (
        sa.select(RUNS.c.as_of, INPUTS.c.files)
        .join(RUNS, RUNS.c.number == INPUTS.c.number)
        .where(RUNS.c.as_of < as_of, RUNS.c.as_of >= as_of - _LOOKED_BACK, ~RUNS.c.superseded)
        .order_by(RUNS.c.as_of)
    )
    first: dict[str, Delivery] = {}
    for night, files in connection.execute(query):
        for name, sha256 in files.items():
            on = date_in_name(name) or night
            if sha256 not in first or on < first[sha256].on:
                first[sha256] = Delivery(name, on)
    return first


def columns_came(connection: sa.Connection, as_of: date, less: sa.Column[Any]) -> Came:
    """Per feed and pattern every column that a night before `as_of` read, and the last that did.

    On each night without those that `less` names: the blank ones, or the sparse ones.
    """
    listed, left = (sa.cast(one, sa.Text) for one in (INPUTS.c.columns, less))  # alike on most nights
    query = (
        sa.select(INPUTS.c.feed, INPUTS.c.pattern, listed, left, sa.func.max(RUNS.c.as_of))
        .join(RUNS, RUNS.c.number == INPUTS.c.number)
        .where(RUNS.c.as_of < as_of, ~RUNS.c.superseded)
        .group_by(INPUTS.c.feed, INPUTS.c.pattern, listed, left)
    )
    came: dict[tuple[str, str], dict[str, date]] = {}
    for feed, pattern, columns, without, night in connection.execute(query):
        own = came.setdefault((feed, pattern), {})
        for column in set(json.loads(columns)).difference(json.loads(without)):
            own[column] = max(night, own.get(column, night))
    return came
