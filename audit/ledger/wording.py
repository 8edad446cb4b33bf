"""The words findings were last told in: of what stands kept together, of what was closed one by one.

Most words of what stands change with every night. So they are written anew every night, as a few Parquet
files within `standing_words`, which takes a fraction of what a million changed rows would. What leaves them
gets a row in `wordings`. A finding that is in both was closed once and is back: the former hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from audit.engines.parallel import at_once
from audit.errors import LedgerDamaged
from audit.findings import SCHEMA
from audit.intake.repeats import whole
from audit.ledger import bulk
from audit.ledger.schema import FINDINGS, STANDING_WORDS, WORDINGS

WORDS = tuple(column.name for column in WORDINGS.columns if column.name != "finding_id")
_ID = "finding_id"
_PART = 65_536  # findings per Parquet file: so many words are in memory at once


def words_of(connection: sa.Connection, ids: pa.Array, names: Sequence[str] = WORDS) -> pa.Table:
    """The last words of those findings that have any: finding_id and the columns asked for, in no order."""
    found = [_schema(names).empty_table()]
    parts = list(_parts(connection))
    for part, asked in zip(parts, _among(_ids_of(parts), ids), strict=True):
        if asked.true_count:
            found.append(part.read(names).filter(asked))
    together = pa.concat_tables(found)
    return pa.concat_tables([together, _rows_of(connection, _not_in(ids, together[_ID]), names)])


def every_word(connection: sa.Connection, names: Sequence[str]) -> pa.Table:
    """Those columns of the last words of every finding there is, in no order."""
    standing = [part.read(names) for part in _parts(connection)]
    together = pa.concat_tables([_schema(names).empty_table(), *standing])
    closed = bulk.fetch(connection, _select(names), _schema(names))
    return pa.concat_tables(
        [together, closed.filter(pc.invert(pc.is_in(closed[_ID], value_set=whole(together[_ID]))))]
    )


def packed_words(flagged: pa.Table) -> list[bytes]:
    """The words of tonight's findings, as `keep_words` keeps them. It asks the ledger nothing."""
    tonight, rows = flagged.select([_ID, *WORDS]), flagged.num_rows
    return at_once(lambda start: _packed(tonight.slice(start, _PART)), range(0, rows, _PART), rows)


def keep_words(connection: sa.Connection, told: pa.Array, tonight: Iterable[bytes], silent: pa.Array) -> None:
    """Keep tonight's words, and go on keeping those of `silent`: ids of what stands and was not flagged.

    `told` are the ids of what was flagged, `tonight` their words (`packed_words`).
    """
    numbers = _numbers(connection)
    last = max(numbers, default=0)
    for packed in tonight:
        last = _write(connection, last, packed)
    carried = [_schema(WORDS).empty_table()]
    parts = list(_parts(connection, numbers))
    held = _ids_of(parts)
    for part, is_told, stays in zip(parts, _among(held, told), _among(held, silent), strict=True):
        if is_told.true_count == len(is_told):
            continue
        words = part.read(WORDS)
        _give_rows(connection, words.filter(pc.invert(pc.or_(is_told, stays))))
        carried.append(words.filter(pc.and_not(stays, is_told)))
        if sum(one.num_rows for one in carried) >= _PART:
            last = _write(connection, last, _packed(pa.concat_tables(carried)))
            carried = carried[:1]
    # of the others, who stand again because the night that closed them is told anew, there are rows
    carried.append(_rows_of(connection, _not_in(silent, pa.chunked_array(held, pa.string())), WORDS))
    if any(one.num_rows for one in carried):
        _write(connection, last, _packed(pa.concat_tables(carried)))
    connection.execute(sa.delete(STANDING_WORDS).where(STANDING_WORDS.c.part.in_(numbers)))


def wordless(connection: sa.Connection) -> int:
    """How many findings have no words. Raises LedgerDamaged for words that cannot be read."""
    left = whole(bulk.fetch(connection, sa.select(FINDINGS.c.finding_id), _schema(()))[_ID])
    for part in _parts(connection):
        left = _not_in(left, part.read(WORDS)[_ID])
    return len(_not_in(left, bulk.fetch(connection, _select(()), _schema(()))[_ID]))


def _schema(names: Iterable[str]) -> pa.Schema:
    return pa.schema([(_ID, pa.string()), *(SCHEMA.field(name) for name in names)])


def _select(names: Iterable[str]) -> sa.Select[Any]:
    return sa.select(*(WORDINGS.c[name] for name in (_ID, *names)))


def _rows_of(connection: sa.Connection, ids: pa.Array, names: Sequence[str]) -> pa.Table:
    """The rows of `wordings` that findings have."""
    if not len(ids):
        return _schema(names).empty_table()
    asked = bulk.load(connection, "worded", pa.table({_ID: ids}))
    query = _select(names).join(asked, asked.c.finding_id == WORDINGS.c.finding_id)
    found = bulk.fetch(connection, query, _schema(names))
    bulk.drop(connection, "worded")
    return found


def _give_rows(connection: sa.Connection, words: pa.Table) -> None:
    """Rows for what stands no more; what policy has removed meanwhile needs none."""
    if not words.num_rows:
        return
    left = bulk.load(connection, "worded", words.select([_ID]))
    known = sa.select(FINDINGS.c.finding_id).join(left, left.c.finding_id == FINDINGS.c.finding_id)
    ids = bulk.fetch(connection, known, _schema(()))[_ID].combine_chunks()
    connection.execute(sa.delete(WORDINGS).where(WORDINGS.c.finding_id.in_(sa.select(left.c.finding_id))))
    bulk.drop(connection, "worded")
    bulk.append(connection, WORDINGS, words.filter(pc.is_in(words[_ID], value_set=ids)).sort_by(_ID))


class _Part:
    """One of the Parquet files."""

    def __init__(self, content: bytes, where: str) -> None:
        self._content = content
        self._where = where

    def read(self, names: Sequence[str]) -> pa.Table:
        """Finding ids and those columns. Raises LedgerDamaged."""
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(pa.BufferReader(self._content), page_checksum_verification=True)
            return file.read(columns=[_ID, *names], use_threads=False)
        except (OSError, pa.ArrowException) as failure:
            detail = f"standing_words: {failure}"
            raise LedgerDamaged("ledger_damaged", path=self._where, detail=detail) from failure


def _numbers(connection: sa.Connection) -> list[int]:
    return list(connection.scalars(sa.select(STANDING_WORDS.c.part).order_by(STANDING_WORDS.c.part)))


def _parts(connection: sa.Connection, numbers: Iterable[int] | None = None) -> Iterator[_Part]:
    """One after the other; packed as they are, all together are held easily."""
    for number in _numbers(connection) if numbers is None else numbers:
        query = sa.select(STANDING_WORDS.c.words).where(STANDING_WORDS.c.part == number)
        yield _Part(connection.scalars(query).one(), connection.engine.url.render_as_string())


def _packed(words: pa.Table) -> bytes:
    """Some words as a Parquet file."""
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(
        words.combine_chunks(), sink, compression="zstd", write_statistics=False, write_page_checksum=True
    )
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _write(connection: sa.Connection, last: int, packed: bytes) -> int:
    """Write a part after the last one; its number."""
    connection.execute(sa.insert(STANDING_WORDS).values(part=last + 1, words=packed))
    return last + 1


def _ids_of(parts: Iterable[_Part]) -> list[pa.Array]:
    return [whole(part.read(())[_ID]) for part in parts]


def _among(held: Sequence[pa.Array], ids: pa.Array) -> Iterator[pa.BooleanArray]:
    """Part by part which ids are among those; of all parts at once, for it takes long to hash a million."""
    flags = whole(pc.is_in(pa.chunked_array(held, pa.string()), value_set=ids))
    start = 0
    for part in held:
        yield flags.slice(start, len(part))
        start += len(part)


def _not_in(ids: pa.Array, others: pa.Array | pa.ChunkedArray) -> pa.Array:
    return ids.filter(pc.invert(pc.is_in(ids, value_set=whole(others))))
