"""Each file in a process of its own: whatever happens in there is that file's error, and nobody else's."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from vendorfiles import HEADER, book, delimited, device, line, raw_book

from audit.errors import CannotWrite, Unusable
from audit.intake.child import Limits, read_in_child
from audit.intake.nursery import open_nursery
from audit.intake.read import read_file
from audit.intake.reading import FileReading
from audit.intake.request import Request
from audit.lock import only_run


@pytest.fixture
def ledger(tmp_path: Path) -> Request:
    path = tmp_path / "台账.csv"
    rows = [HEADER, device(1), device(2, "终端状态=天晓得"), device(1)]
    path.write_text(delimited(rows), encoding="utf-8")
    return Request(path=str(path), table="devices", output=str(tmp_path / "rows.parquet"))


def make_long(ledger: Request) -> None:
    """A file that takes a while."""
    rows = [HEADER, *(device(number) for number in range(20_000))]
    Path(ledger.path).write_text(delimited(rows), encoding="utf-8")


def children(of: int | None = None) -> set[str]:
    """The processes that one, or this one, has started and that still run."""
    tasks = Path(f"/proc/{of or os.getpid()}/task").glob("*/children")
    return {child for task in tasks for child in task.read_text().split()}


def test_a_child_reads_as_this_process_does(ledger: Request):
    ours = read_file(ledger)
    rows = Path(ledger.output).read_bytes()
    Path(ledger.output).unlink()
    assert read_in_child(ledger.to_json()) == ours
    assert Path(ledger.output).read_bytes() == rows


def test_a_workbook_and_its_error_come_back_whole(ledger: Request):
    path = Path(ledger.path)
    for data in (book([HEADER, device(1, "终端状态=天晓得")], [["说明"]]), b"<html>"):
        path.write_bytes(data)
        assert read_in_child(ledger.to_json()) == read_file(ledger)


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        (Limits(seconds=0.01, seconds_per_mib=0), "reader_too_slow"),
        (Limits(resident_bytes=1 << 20), "reader_too_large"),
    ],
)
def test_a_reader_over_its_limit_is_stopped(ledger: Request, limits: Limits, key: str):
    make_long(ledger)
    open_nursery()
    before, started = children(), time.monotonic()
    reading = read_in_child(ledger.to_json(), limits)
    assert (reading.error, reading.error_key, reading.path) == (Unusable.UNSAFE, key, ledger.path)
    assert time.monotonic() - started < 5
    assert children() <= before, "nobody is left behind"
    assert not Path(ledger.output).exists()


def test_a_reader_dies_with_whoever_asked_for_it(ledger: Request):
    make_long(ledger)
    code = "import json, sys; from audit.intake import child; child.read_in_child(json.loads(sys.argv[1]))"
    asked = subprocess.Popen([sys.executable, "-c", code, json.dumps(ledger.to_json())])
    patience = time.monotonic() + 30
    while not (started := children(asked.pid)):
        assert time.monotonic() < patience
    [nursery] = started
    while not (started := children(int(nursery))):
        assert time.monotonic() < patience
    [reader] = started
    allowed = str(Limits().address_bytes)
    while allowed not in Path(f"/proc/{reader}/limits").read_text():  # it has begun
        assert time.monotonic() < patience
    os.kill(int(reader), signal.SIGSTOP)  # it will not end of itself
    asked.kill()
    asked.wait()
    try:
        while Path(f"/proc/{reader}").exists() or Path(f"/proc/{nursery}").exists():
            assert time.monotonic() < patience, "it reads on for nobody"
            time.sleep(0.01)
    finally:
        with suppress(ProcessLookupError):
            os.kill(int(reader), signal.SIGKILL)


def test_a_reader_that_asks_for_more_memory_than_there_is(ledger: Request):
    make_long(ledger)
    reading = read_in_child(ledger.to_json(), Limits(address_bytes=64 << 20))
    assert (reading.error, reading.error_key) == (Unusable.UNREADABLE, "reader_crashed")
    assert reading.error_facts["detail"]


def test_a_reader_that_crashes_is_an_error_of_its_file(ledger: Request):
    crashed = read_in_child(ledger.to_json() | {"table": "no such table"})
    assert (crashed.error, crashed.error_key) == (Unusable.UNREADABLE, "reader_crashed")
    assert "no such table" in str(crashed.error_facts["detail"])
    assert crashed.path == ledger.path
    assert read_in_child(ledger.to_json()).error == "", "the next file is read"


def test_a_full_disk_is_no_fault_of_the_file(ledger: Request, tmp_path: Path):
    full = tmp_path / "full.parquet"
    full.symlink_to("/dev/full")
    with pytest.raises(CannotWrite) as failure:
        read_in_child(replace(ledger, output=str(full)).to_json())
    assert (failure.value.facts["path"], failure.value.facts["detail"]) == (
        str(full),
        os.strerror(errno.ENOSPC),
    )
    assert read_in_child(ledger.to_json()).error == "", "the next file is read"


def test_many_files_at_once_leave_nothing_open(ledger: Request, tmp_path: Path):
    assert read_in_child(ledger.to_json()).error == ""
    before, descriptors = children(), len(list(Path("/proc/self/fd").iterdir()))
    requests = [replace(ledger, output=str(tmp_path / f"{number}.parquet")) for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        readings = list(threads.map(lambda one: read_in_child(one.to_json()), requests))
    assert [reading.rows for reading in readings] == [2] * 8
    assert len({Path(one.output).read_bytes() for one in requests}) == 1
    assert children() == before
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_where_children_come_from_may_die_too(ledger: Request):
    assert read_in_child(ledger.to_json()).error == ""
    [nursery] = [
        pid for pid in children() if b"audit.intake.forking" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    os.kill(int(nursery), signal.SIGKILL)  # and not the browser or the database of other tests
    reading = read_in_child(ledger.to_json())
    assert (reading.error, reading.rows) == ("", 2)


# a program that has just begun: it has a lock, forks the nursery, reads a file, and holds on
BEGUN = """
import json, os, sys, time
from pathlib import Path
from zoneinfo import ZoneInfo
from audit.intake.child import read_in_child
from audit.intake.nursery import fork_nursery, open_nursery
from audit.lock import only_run
with only_run(Path(sys.argv[1]), ZoneInfo("UTC")):
    assert fork_nursery() is open_nursery()
    print(json.dumps(read_in_child(json.loads(sys.argv[2])).to_json()), flush=True)
    time.sleep(60)
"""


def test_a_program_that_has_just_begun_forks_them_and_takes_its_lock_with_it(ledger: Request, tmp_path: Path):
    state = tmp_path / "state"
    command = [sys.executable, "-c", BEGUN, str(state), json.dumps(ledger.to_json())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as begun:
        assert begun.stdout is not None
        assert FileReading.from_json(json.loads(begun.stdout.readline())) == read_file(ledger)
        [nursery] = children(begun.pid)
        assert b"audit.intake.forking" not in Path(f"/proc/{nursery}/cmdline").read_bytes()
        os.kill(int(nursery), signal.SIGSTOP)
        try:
            begun.kill()
            begun.wait()
            with only_run(state, ZoneInfo("UTC")):
                pass  # whoever comes next has it, though the nursery is still there
            assert Path(f"/proc/{nursery}").exists()
        finally:
            os.kill(int(nursery), signal.SIGCONT)
    patience = time.monotonic() + 10
    while Path(f"/proc/{nursery}").exists():
        assert time.monotonic() < patience, "it waits for nobody"
        time.sleep(0.01)


def test_a_cell_that_lies_about_its_place_takes_nothing_with_it(ledger: Request):
    far = '<row r="2"><c r="ALK1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    Path(ledger.path).write_bytes(raw_book(line(1, *HEADER), far, line(3, *device(3))))
    reading = read_in_child(ledger.to_json())
    # no abort of its process: the cell is named
    assert (reading.error_key, reading.error_facts["at"]) == ("cell_misplaced", "ALK1048576")


def test_the_readings_own_words_survive_the_journey(ledger: Request):
    reading = read_file(ledger)
    assert reading.rejections
    assert FileReading.from_json(reading.to_json()) == reading


@pytest.mark.parametrize("encoding", ["gb18030", "ascii"])
def test_the_locale_of_the_server_does_not_matter(
    ledger: Request, encoding: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    reading = read_in_child(ledger.to_json())
    assert (reading.error, reading.rows, reading.path) == ("", 2, ledger.path)


def test_a_file_name_that_is_no_text(ledger: Request, tmp_path: Path):
    path = tmp_path / os.fsdecode("设备.csv".encode("gbk"))
    Path(ledger.path).rename(path)
    reading = read_in_child(ledger.to_json() | {"path": str(path)})
    assert (reading.error, reading.rows, reading.path) == ("", 2, str(path))


def test_a_dense_file_is_given_the_time_that_its_rows_take(tmp_path: Path):
    mib = b"\0" * (1 << 20)
    times = []
    for start in (b"PAR1", b"seri"):
        (tmp_path / "file").write_bytes(start + mib)
        times.append(round(Limits().seconds_for(str(tmp_path / "file"))))
    assert times == [40, 24]
    os.mkfifo(tmp_path / "pipe")
    assert Limits().seconds_for(str(tmp_path / "pipe")) == 20
    assert Limits().seconds_for(str(tmp_path / "none")) == 20
    with (tmp_path / "file").open("r+b") as stream:
        stream.truncate(1 << 38)
    assert Limits().seconds_for(str(tmp_path / "file")) == 1_200
