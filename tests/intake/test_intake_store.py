"""The canonical store: what was read is not read again while file and configuration stay the same."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from vendorfiles import HEADER, book, delimited, device, put

from audit.errors import CannotWrite, Unusable
from audit.files import digest_of
from audit.intake.child import Limits, read_in_child
from audit.intake.read import read_file
from audit.intake.reading import FileReading
from audit.intake.request import Request, stamp_of
from audit.intake.rows import read_rows
from audit.intake.store import Store


class Counted:
    """A reader that reads in this process and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, request: dict[str, Any]) -> FileReading:
        self.calls += 1
        return read_file(Request.from_json(request))


@pytest.fixture
def reader() -> Counted:
    return Counted()


@pytest.fixture
def store(tmp_path: Path, reader: Counted) -> Store:
    return Store(tmp_path / "state", reader)


@pytest.fixture
def ledger(tmp_path: Path) -> Request:
    data = delimited([HEADER, device(1), device(2, "终端状态=天晓得")]).encode()
    path = put(tmp_path / "台账.csv", data)
    return Request(path=str(path), table="devices")


def kept(store: Store) -> set[str]:
    return {path.name for path in store.folder.iterdir()} if store.folder.exists() else set()


def test_the_same_bytes_are_read_once(store: Store, reader: Counted, ledger: Request):
    first, rows = store.read(ledger)
    written = rows.read_bytes()
    second, same_rows = store.read(ledger)
    assert reader.calls == 1
    assert second == first
    assert (same_rows, same_rows.read_bytes()) == (rows, written)
    assert first.rejected == 1
    assert read_rows(rows).num_rows == first.rows == 2


def test_a_digest_is_taken_over_while_the_file_is_the_same(ledger: Request, tmp_path: Path):
    path, output = Path(ledger.path), str(tmp_path / "rows")
    known = replace(ledger, output=output, digest="5" * 64, stamp=stamp_of(path))
    assert read_file(known).sha256 == "5" * 64
    path.write_bytes(path.read_bytes() + b"\n")
    assert read_file(known).sha256 == digest_of(path)
    assert read_file(replace(ledger, output=output)).sha256 == digest_of(path)


def test_another_process_finds_them_too(store: Store, reader: Counted, ledger: Request):
    first, _ = store.read(ledger)
    again = Store(store.folder.parent, reader)
    assert again.secret == store.secret
    assert again.read(ledger)[0] == first
    assert reader.calls == 1


def test_a_copy_under_another_name_is_not_read_and_keeps_its_own_name(
    store: Store, reader: Counted, ledger: Request, tmp_path: Path
):
    copy = put(tmp_path / "副本.txt", Path(ledger.path).read_bytes())
    first, _ = store.read(ledger)
    second, _ = store.read(replace(ledger, path=str(copy)))
    assert reader.calls == 1
    assert second == replace(first, path=str(copy))


def test_changed_bytes_are_read_again(store: Store, reader: Counted, ledger: Request):
    store.read(ledger)
    path = Path(ledger.path)
    before = path.stat()
    path.write_text(path.read_text("utf-8").replace("SN000001", "SN000009"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    _, rows = store.read(ledger)
    assert reader.calls == 2
    assert read_rows(rows)["serial_no"].to_pylist() == ["SN000009", "SN000002"]


@pytest.mark.parametrize(
    "change",
    [
        {"columns": {"备注": "store_name"}},
        {"codes": {"terminal_status": {"天晓得": "active"}}},
        {"encoding": "utf-8"},
        {"zone": "UTC"},
        {"table": "registrations"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_how_a_file_is_read_has_it_read_again(
    store: Store, reader: Counted, ledger: Request, change: dict[str, Any]
):
    _, before = store.read(ledger)
    _, after = store.read(replace(ledger, **change))
    assert reader.calls == 2
    assert before != after
    store.read(ledger)
    assert reader.calls == 2, "the first reading is still there"


def test_a_changed_mapping_is_seen_in_the_rows(store: Store, ledger: Request):
    store.read(ledger)
    codes = {"terminal_status": {"天晓得": "retired"}}
    reading, rows = store.read(replace(ledger, codes=codes))
    assert reading.rejected == 0
    assert read_rows(rows)["terminal_status"].to_pylist() == ["active", "retired"]


def test_the_order_of_the_configuration_is_no_change(store: Store, reader: Counted, ledger: Request):
    for columns in ({"甲": "model", "乙": "vendor"}, {"乙": "vendor", "甲": "model"}):
        store.read(replace(ledger, columns=columns))
    assert reader.calls == 1


def test_an_unusable_file_leaves_nothing_and_is_tried_again(store: Store, reader: Counted, ledger: Request):
    put(Path(ledger.path), book([HEADER, device(1)])[:400])
    for calls in (1, 2):
        reading, rows = store.read(ledger)
        assert reading.error == Unusable.TRUNCATED
        assert (reader.calls, rows.exists(), kept(store)) == (calls, False, set())


def test_a_file_that_is_not_there_is_an_error_of_its_own(store: Store, ledger: Request):
    reading, rows = store.read(replace(ledger, path=ledger.path + ".none"))
    assert reading.error == Unusable.UNREADABLE
    assert (rows.exists(), kept(store)) == (False, set())


def test_rows_without_their_account_are_read_again(store: Store, reader: Counted, ledger: Request):
    _, rows = store.read(ledger)
    rows.with_suffix(".json").unlink()
    store.read(ledger)
    rows.unlink()
    store.read(ledger)
    assert reader.calls == 3
    assert kept(store) == {rows.name, rows.with_suffix(".json").name}


def test_a_reader_that_fails_half_way_leaves_no_half(tmp_path: Path, ledger: Request):
    def interrupted(request: dict[str, Any]) -> FileReading:
        Path(str(request["output"])).write_bytes(b"PAR1 and then nothing")
        raise KeyboardInterrupt

    store = Store(tmp_path / "state", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.read(ledger)
    assert kept(store) == set()


def test_a_child_that_is_killed_leaves_no_half(tmp_path: Path, ledger: Request):
    put(Path(ledger.path), delimited([HEADER, *map(device, range(20_000))]).encode())
    limits = Limits(seconds=0.01, seconds_per_mib=0)
    store = Store(tmp_path / "state", partial(read_in_child, limits=limits))
    reading, rows = store.read(ledger)
    assert reading.error == Unusable.UNSAFE
    assert (rows.exists(), kept(store)) == (False, set())


@pytest.fixture
def open_mask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_mask")
def test_state_is_readable_by_its_owner_alone(store: Store, ledger: Request):
    store.read(ledger)
    files = [path for path in store.folder.parent.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {"", ".parquet", ".json"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_state_that_cannot_be_written_says_so(tmp_path: Path, ledger: Request, reader: Counted):
    store = Store(tmp_path / "state", reader)
    store.folder.write_text("a file where the folder should be")
    with pytest.raises(CannotWrite) as failure:
        store.read(ledger)
    assert "state" in str(failure.value.facts["path"])


def test_what_no_night_has_used_for_two_weeks_goes(store: Store, reader: Counted, ledger: Request):
    store.read(ledger)
    old = time.time() - 13 * 86_400
    for path in store.folder.iterdir():
        os.utime(path, (old, old))
    store.sweep()
    store.read(ledger)
    assert reader.calls == 1
    assert min(path.stat().st_mtime for path in store.folder.iterdir()) > old + 86_400, "used just now"
    for path in store.folder.iterdir():
        os.utime(path, (old - 2 * 86_400, old - 2 * 86_400))
    store.sweep()
    assert list(store.folder.iterdir()) == []
    store.read(ledger)
    assert reader.calls == 2


def test_a_name_that_is_no_text_is_kept_as_well(
    store: Store, reader: Counted, ledger: Request, tmp_path: Path
):
    name = os.fsdecode("设备.csv".encode("gbk"))
    path = put(tmp_path / name, Path(ledger.path).read_bytes())
    request = replace(ledger, path=str(path))
    first, _ = store.read(request)
    assert (store.read(request)[0], reader.calls) == (first, 1)
