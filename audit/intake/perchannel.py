"""One row per device and channel, of registration lists that say it otherwise.

Some have a column of states per channel, some name several channels in one cell.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.channelstates import STATE
from audit.intake.kinds import ARROW_TYPES
from audit.intake.repeats import decoded, encoded
from audit.tables import SEVERAL, Kind, Table


def parted(rows: pa.Table, table: Table) -> pa.Table:
    """Canonical rows with one word in each cell: a row that names two channels becomes two."""
    rows = _by_state(rows, table)
    for column in table.columns:
        if column.several and column.name in rows.column_names and not _by_columns(rows, table):
            rows = _parted(rows, column.name)
    return rows


def _parted(rows: pa.Table, name: str) -> pa.Table:
    texts = decoded(rows[name])
    if not pc.any(pc.match_substring(texts, SEVERAL)).as_py():
        return rows
    words = pc.split_pattern(pc.fill_null(texts, ""), SEVERAL)
    rows = rows.take(pc.list_parent_indices(words))
    word = pc.list_flatten(words)
    return put(rows, name, encoded(pc.if_else(pc.equal(word, ""), None, word)))


def _by_state(rows: pa.Table, table: Table) -> pa.Table:
    """The rows with one state each. A cell that speaks of several channels says which; of one, where the row
    does not say it."""
    if table.status not in rows.column_names or not table.by_name[table.status].by_channel:
        return rows
    texts = decoded(rows[table.status])
    if not pc.any(pc.match_substring(texts, STATE)).as_py():
        return rows
    words = pc.split_pattern(pc.fill_null(texts, ""), SEVERAL)
    parents = pc.list_parent_indices(words)
    alone = pc.equal(pc.list_value_length(words), 1).take(parents)
    parts = pc.extract_regex(pc.list_flatten(words), rf"^(?:(?P<channel>[a-z]+){STATE})?(?P<state>.*)$")
    channel, state = (_or_null(pc.struct_field(parts, name)) for name in ("channel", "state"))
    rows = rows.take(parents)
    if "channel" in rows.column_names:
        before = decoded(rows["channel"])
        channel = pc.if_else(alone, pc.coalesce(before, channel), pc.coalesce(channel, before))
    return put(put(rows, table.status, encoded(state)), "channel", encoded(channel))


def _or_null(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), None, texts)


def narrowed(rows: pa.Table, table: Table) -> pa.Table:
    """One row per channel for a list with a status column per channel; other tables as they are.

    `row_id` is that of the source row; those of its rows are kept apart, in the order of the channels.
    """
    present = [name for name in table.wide if name in rows.column_names]
    if not _by_columns(rows, table):
        return _of_channel(rows.drop_columns(present), table)
    parts = []
    for place, name in enumerate(present):
        channel, message = table.wide[name]
        # a blank cell is no registration; a cell that could not be read is one whose status is unknown
        unreadable = pc.fill_null(pc.match_substring(rows["rejected"], f",{name},"), False)
        part = rows.filter(pc.or_(pc.is_valid(rows[name]), unreadable))
        part = put(part, "channel", pa.array([channel] * part.num_rows, pa.string()))
        part = put(part, "reg_status", part[name])
        if message in part.column_names:
            part = put(part, "reg_message", part[message])
        part = put(part, "row_id", pc.add(pc.multiply(part["row_id"], len(table.wide)), place))
        parts.append(part)
    # a column of messages may be that of one channel alone
    return _of_channel(pa.concat_tables(parts, promote_options="default").drop_columns(present), table)


def _of_channel(rows: pa.Table, table: Table) -> pa.Table:
    """The rows with the moments and numbers that columns of their channel say. A row of no channel has no
    moment of any, but the first number there is."""
    present = [name for name in table.per_channel if name in rows.column_names]
    if not present:
        return rows
    nothing = pa.nulls(rows.num_rows, pa.string())
    channels = decoded(rows["channel"]) if "channel" in rows.column_names else nothing
    for name in present:
        channel, of_row = table.per_channel[name]
        is_own = pc.fill_null(pc.equal(channels, channel), False)
        said = pc.if_else(is_own, decoded(rows[name]), None)
        if of_row in rows.column_names:
            said = pc.coalesce(said, decoded(rows[of_row]))
        if table.by_name[of_row].kind is Kind.REFERENCE:
            said = pc.coalesce(said, pc.if_else(pc.is_null(channels), decoded(rows[name]), None))
        rows = put(rows, of_row, said)
    rows = rows.drop_columns(present)
    return put(rows, "effective_at", effective_at(rows))


def effective_at(rows: pa.Table) -> pa.ChunkedArray:
    """Since when a registration is what it is: decided, else handed in; null where nothing says so."""
    known = [rows[name] for name in ("registered_at", "submitted_at") if name in rows.column_names]
    return pc.coalesce(*known) if known else pa.nulls(rows.num_rows, ARROW_TYPES[Kind.MOMENT])


def put(rows: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The rows with that column, in its place where there was one."""
    if name in rows.column_names:
        return rows.set_column(rows.column_names.index(name), name, values)
    return rows.append_column(name, values)


def _by_columns(rows: pa.Table, table: Table) -> bool:
    """Whether columns of their own say what each channel's state is: where no column says of which one the
    row's state is, that is one of all of them together."""
    if not set(table.wide) & set(rows.column_names):
        return False
    return any(
        name not in rows.column_names or not pc.any(pc.is_valid(rows[name])).as_py()
        for name in ("reg_status", "channel")
    )
