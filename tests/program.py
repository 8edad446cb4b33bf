"""The program as typed, in a process of its own that a fork server makes: imports take longer than most runs.

For what a command says and does. How a process begins and is ended is tested with real starts, and each
command has some: in the guides, for the pictures, and in `test_cli` beside such a fork.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import resource
import runpy
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import CompletedProcess

from audit.intake import nursery

FORKS = multiprocessing.get_context("forkserver")
# what commands import late; the command line itself is imported by each, in the language of its caller
FORKS.set_forkserver_preload(
    [
        *("audit.catchup", "audit.delivery.watch", "audit.doctor.check", "audit.dossier", "audit.inspection"),
        *("audit.cycle", "audit.handback", "audit.letters", "audit.retrospect", "audit.status"),
        *("audit.backup", "audit.unattended", "audit.intake.form", "audit.intake.read", "typer.rich_utils"),
    ]
)


def pos_audit(
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    file_bytes: int = resource.RLIM_INFINITY,
) -> CompletedProcess[str]:
    """What the command said and how it ended; no file of it may grow beyond `file_bytes`."""
    command = list(map(str, arguments))
    given = dict(os.environ if environment is None else environment)
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        reading, writing = zip(*(FORKS.Pipe(duplex=False) for _ in ("stdout", "stderr")), strict=True)
        for end in (*reading, *writing):
            stack.enter_context(end)
        place = str(cwd or Path.cwd())
        process = FORKS.Process(target=_become, args=(command, given, place, writing, file_bytes))
        process.start()
        for end in writing:
            end.close()
        stdout, stderr = pool.map(_all_of, reading)
        process.join()
    assert process.exitcode is not None
    return CompletedProcess(command, process.exitcode, stdout, stderr)


def just_begun() -> None:
    """Let readers be forks of this process, as of a program that has not imported anything yet."""
    nursery._opened.append(nursery._forked())
    atexit.register(nursery.close_nursery)


def _all_of(pipe: Connection) -> str:
    with os.fdopen(os.dup(pipe.fileno()), encoding="utf-8") as stream:
        return stream.read()


def _become(
    command: list[str],
    environment: dict[str, str],
    cwd: str,
    writing: Sequence[Connection],
    file_bytes: int,
) -> None:
    """`python -m audit COMMAND…`, to its very end."""
    for number, end in enumerate(writing, start=1):
        os.dup2(end.fileno(), number)
        end.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(cwd)
    sys.path[0], sys.argv = cwd, ["audit", *command]
    just_begun()
    try:
        runpy.run_module("audit", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()
