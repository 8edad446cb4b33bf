"""`python tests/killing.py MOMENT ARGUMENT…` is `pos-audit ARGUMENT…`, killed by its own kernel at a moment.

A moment is `before audit.telling.draft` or `after audit.telling.draft` (a name that the program looks up
when it calls), `before commit` or `after commit` of the night's transaction, or `effect 17`: the 17th file
opened for writing, renamed or removed, process started, statement given to the database or line said to a
server.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import sqlalchemy as sa
from program import just_begun

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_EFFECTS = {
    "os.chmod",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "shutil.rmtree",
    "smtplib.connect",
    "smtplib.send",
    "sqlite3.connect",
    "subprocess.Popen",
}


def die() -> None:
    """No handler, no `finally`, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_effect(number: int) -> None:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == number:
            die()

    def hook(event: str, values: tuple[Any, ...]) -> None:
        if event in _EFFECTS or (event == "open" and isinstance(values[2], int) and values[2] & _WRITING):
            count()

    sys.addaudithook(hook)
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_: count())
    sa.event.listen(sa.Engine, "commit", lambda *_: count())


def die_at_commit(when: str) -> None:
    """The night's own transaction is the first one that has written a run."""
    wrote = []

    def saw(connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO runs"):
            wrote.append(statement)

    def commits(do_commit: Callable[..., None], *given: Any) -> None:
        if wrote and when == "before":
            die()
        do_commit(*given)
        if wrote:
            die()

    sa.event.listen(sa.Engine, "before_cursor_execute", saw)
    for name in ("sqlite.pysqlite:SQLiteDialect_pysqlite", "postgresql.psycopg:PGDialect_psycopg"):
        module, _, dialect = name.partition(":")
        owner = getattr(import_module(f"sqlalchemy.dialects.{module}"), dialect)
        original = owner.do_commit
        owner.do_commit = lambda self, *given, of=original: commits(functools.partial(of, self), *given)


def die_at_call(when: str, path: str) -> None:
    owner, _, name = path.rpartition(".")
    try:
        module: Any = import_module(owner)
    except ModuleNotFoundError:  # a method
        above, _, kind = owner.rpartition(".")
        module = getattr(import_module(above), kind)
    called = getattr(module, name)

    @functools.wraps(called)
    def dying(*given: Any, **named: Any) -> Any:
        if when == "before":
            die()
        result = called(*given, **named)
        die()
        return result

    setattr(module, name, dying)


def run(moment: str, arguments: list[str], environment: dict[str, str]) -> None:
    """`pos-audit` in a process that a fork server has made, which spares the seconds that imports take.

    Whatever it starts is of its session.
    """
    os.setsid()
    os.environ.update(environment)
    just_begun()
    sys.argv = [moment, *arguments]
    main()


def main() -> None:
    """The program; its own name is the moment."""
    when, what = sys.argv[0].split(" ")
    if when == "effect":
        die_at_effect(int(what))
    elif what == "commit":
        die_at_commit(when)
    else:
        die_at_call(when, what)
    from audit.__main__ import main as pos_audit

    pos_audit()


if __name__ == "__main__":
    del sys.argv[0]
    main()
