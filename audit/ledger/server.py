"""The ledger on a server: what its URL tells, how a connection is set, whether a night could be entered."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from audit.config import secrets_of_url
from audit.errors import ConfigError
from audit.ledger.schema import METADATA

_WRITERS = 0x706F7361  # the number under which those that write to a server's ledger queue
# while a night reckons, nothing between it and the server is to forget a connection that is silent (seconds);
# names of merchants are Chinese, whatever the environment of a terminal says
_CONNECTED = {
    "keepalives_idle": "60",
    "keepalives_interval": "15",
    "keepalives_count": "8",
    "client_encoding": "utf8",
}
# what may be set otherwise for a role, a database or a terminal: a night asks nothing for as long as it
# reckons, and days and bytes are read as they are written here
_PREPARED = (
    "SET LOCAL idle_in_transaction_session_timeout = 0; "
    "SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex'"
)
_WORK_MEMORY = "128MB"  # a join of a million findings in memory touches their pages in order, once each
# what a server says to those who may not write, or not for so long: insufficient_privilege,
# read_only_sql_transaction, idle_in_transaction_session_timeout, transaction_timeout
_MAY_NOT = ("42501", "25006", "25P03", "25P04")
_CLOSED = sa.text(
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relname = ANY(:tables)"
    " AND pg_table_is_visible(oid) AND NOT has_table_privilege(oid, 'INSERT') ORDER BY relname LIMIT 1"
)
_TEMPORARY = "CREATE TEMPORARY TABLE pos_audit_may (one integer) ON COMMIT DROP"


def connected(text: str) -> sa.URL:
    """The URL as it is connected to. Raises ConfigError for one that cannot be read."""
    url = _read(text)
    if url.get_driver_name() == "psycopg":
        url = url.set(query={**_CONNECTED, **url.query})
    return url


def shown(text: str) -> str:
    """The URL as people are told of it, without a secret. Raises ConfigError for one that cannot be read."""
    url = _read(text)
    secrets = set(secrets_of_url(text))
    return str(
        url.set(query={name: "***" if value in secrets else value for name, value in url.query.items()})
    )


def _read(text: str) -> sa.URL:
    """What cannot be read is not repeated: it may be a password that was not written as URLs want it."""
    try:
        url = sa.make_url(text)
    except ArgumentError as failure:
        raise ConfigError("ledger_url", detail=str(failure)) from None
    except ValueError:
        raise ConfigError("ledger_url_signs") from None
    if "@" in (url.host or ""):
        raise ConfigError("ledger_url_signs")
    return url


def prepare(connection: sa.Connection) -> None:
    """Set what a transaction's answers depend on."""
    connection.exec_driver_sql(_PREPARED)


def has_turn(connection: sa.Connection, milliseconds: int) -> bool:
    """Hold the ledger until the transaction ends; the server lets go of it with a writer that dies.

    False where somebody else has it, and was not done in time.
    """
    try:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = 0; SET LOCAL work_mem = '{_WORK_MEMORY}'")
    except OperationalError as failure:
        if _sqlstate(failure) != "55P03":  # lock_not_available
            raise
        return False
    return True


def refuses(failure: DatabaseError) -> bool:
    """Whether the server says that we may not, or not for so long."""
    return _sqlstate(failure) in _MAY_NOT


def hindrance(connection: sa.Connection) -> str:
    """Why no night could be entered here, in the words of servers; "" where one could.

    Asked before a night reckons, and not found out after it.
    """
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        return f"server_encoding {encoding}, not UTF8"
    if closed := connection.scalar(_CLOSED, {"tables": list(METADATA.tables)}):
        return f"no GRANT INSERT ON {closed}"
    try:
        connection.exec_driver_sql(_TEMPORARY)
    except DatabaseError as failure:
        if not refuses(failure):
            raise
        return str(failure.orig).splitlines()[0]
    finally:
        connection.rollback()
    return ""


def _sqlstate(failure: DatabaseError) -> str:
    return getattr(failure.orig, "sqlstate", "") or ""
