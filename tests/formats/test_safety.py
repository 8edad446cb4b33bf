"""Nothing that enters can hurt: bounded before it is built, and nothing but files is opened."""

from __future__ import annotations

import gzip
import os
import threading
import time
from pathlib import Path

import makers
import pytest
from test_kinds import read

from audit.intake.child import Limits, read_in_child
from audit.intake.nursery import close_nursery
from audit.intake.request import Request
from audit.intake.store import Store

ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
BLANKS = b" " * (40 << 20)


def with_doctype(data: bytes) -> bytes:
    at = data.index(b"?>") + 2 if data.startswith(b"<?xml") else 0
    return data[:at] + ENTITY + data[at:]


ODS_BOMB = (
    '<table:table table:name="x"><table:table-row table:number-rows-repeated="1000000">'
    '<table:table-cell table:number-columns-repeated="16000" office:value-type="string">'
    "<text:p>终端序列号</text:p>"
    "</table:table-cell></table:table-row></table:table>"
)
HOSTILE = {
    "xlsx entities": lambda: makers.edited(makers.SHEET, with_doctype),
    "a declaration far below the start": lambda: makers.edited(
        makers.SHEET, lambda data: with_doctype(b"<!-- <a> -->" + b" " * 70_000 + data.split(b"?>", 1)[-1])
    ),
    "a header of thousands of columns": lambda: b"x," * 2_000 + b"\n" + makers.text(),
    "shared strings entities": lambda: makers.repacked(
        makers.shared_xlsx(), lambda n, d: (n, with_doctype(d) if "shared" in n else d)
    ),
    "xml 2003 entities": lambda: with_doctype(makers.xml2003()),
    "fods entities": lambda: with_doctype(makers.fods()),
    "zip bomb": lambda: makers.zipped({"a.csv": BLANKS}),
    "gzip bomb": lambda: gzip.compress(BLANKS),
    "xlsx part bomb": lambda: makers.edited(makers.SHEET, lambda data: data + BLANKS),
    "archives in archives": lambda: makers.zipped(
        {"a.zip": makers.zipped({"b.zip": makers.zipped({"c.csv": makers.text()})})}
    ),
    "gzip in gzip in gzip": lambda: gzip.compress(gzip.compress(gzip.compress(makers.text()))),
    "many members": lambda: makers.zipped({f"{number}.csv": b"x" for number in range(2_100)}),
    "path that leaves": lambda: makers.zipped({"../../out.csv": makers.text()}),
    "absolute path": lambda: makers.zipped({"/etc/cron.d/x.csv": makers.text()}),
    "ods repeats": lambda: makers.ods(ODS_BOMB),
    "xml 2003 index": lambda: makers.xml2003().replace(b'ss:Index="3"', b'ss:Index="99999999"'),
    # a browser takes each for a thousand
    "html colspan": lambda: makers.html().replace(b"</tr>", b'<td colspan="65000">x</td>' * 17 + b"</tr>", 1),
    "far column with text": lambda: makers.edited(
        makers.SHEET,
        lambda data: data.replace(b"</row>", b'<c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>', 1),
    ),
    "far row with text": lambda: makers.edited(
        makers.SHEET,
        lambda data: data.replace(
            b"</sheetData>",
            b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>',
        ),
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_in_seconds(what: str, tmp_path: Path):
    started = time.monotonic()
    reading, rows = read(tmp_path, HOSTILE[what]())
    assert reading.error == "unsafe", (reading.error, reading.error_key, len(rows))
    assert time.monotonic() - started < 15, "bounded before anything is built"
    assert {path.name for path in tmp_path.iterdir()} == {"file.xls"}


def test_a_line_of_separators_is_no_wide_table(tmp_path: Path):
    reading, rows = read(tmp_path, makers.text() + b"," * 1_000_000)
    assert (reading.error, len(rows)) == ("", 3)


def test_many_blank_rows_cost_little_and_shift_nothing(tmp_path: Path):
    blank = b"".join(b'<row r="%d"/>' % row for row in range(5, 90_000))
    last = b'<row r="90000"><c r="A90000" t="inlineStr"><is><t>SN999999</t></is></c></row>'
    data = makers.edited(
        makers.SHEET, lambda data: data.replace(b"</sheetData>", blank + last + b"</sheetData>")
    )
    started = time.process_time()
    reading, rows = read(tmp_path, data)
    assert (reading.error, rows[-1]["serial_no"], rows[-1]["source_row"]) == ("", "SN999999", 90_000)
    assert time.process_time() - started < 10


def store_reading(path: Path, tmp_path: Path):
    return Store(tmp_path / "state").read(Request(path=str(path), table="devices"))[0]


def test_a_pipe_is_not_opened(tmp_path: Path):
    pipe = tmp_path / "devices.csv"
    os.mkfifo(pipe)
    assert store_reading(pipe, tmp_path).error_key == "file_not_regular"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path):
    (tmp_path / "secret.csv").write_bytes(makers.text())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "in" / "own.csv").write_bytes(makers.text())
    (tmp_path / "in" / "alias.csv").symlink_to("own.csv")
    assert store_reading(tmp_path / "in" / "link.csv", tmp_path).error_key == "file_not_regular"
    assert store_reading(tmp_path / "in" / "alias.csv", tmp_path).error == ""


def test_a_file_that_is_still_growing_is_left(tmp_path: Path):
    path = tmp_path / "growing.csv"
    path.write_bytes(makers.text())
    done = threading.Event()

    def grow() -> None:
        while not done.wait(0.05):
            with path.open("ab") as stream:
                stream.write(b"\r\n")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        assert store_reading(path, tmp_path).error_key == "file_moving"
    finally:
        done.set()
        writer.join()
    assert store_reading(path, tmp_path).error == ""


@pytest.fixture
def stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A child that runs this code instead of a reader."""

    def run(code: str, limits: Limits):
        start = (
            f"import audit.intake.read as read\ndef read_file(_):\n    {code}\nread.read_file = read_file\n"
        )
        (tmp_path / "sitecustomize.py").write_text(start, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        close_nursery()
        return read_in_child(Request(str(tmp_path / "file.csv"), "devices").to_json(), limits)

    yield run
    close_nursery()


def test_a_reader_that_hangs_is_one_files_error(stuck):
    reading = stuck("import time; time.sleep(60)", Limits(seconds=0.3))
    assert (reading.error, reading.error_key) == ("unsafe", "reader_too_slow")
    # on a machine with other work, one that had no processor is none that is stuck
    waiting = stuck("import time; time.sleep(0.7)", Limits(seconds=0.5))
    assert waiting.error_key != "reader_too_slow"
    working = stuck("while True: pass", Limits(seconds=0.5, patience=60))
    assert working.error_key == "reader_too_slow"


def test_a_reader_that_swells_is_one_files_error(stuck):
    code = "import time; x = bytearray(300 << 20); x[::4096] = b'x' * len(x[::4096]); time.sleep(60)"
    reading = stuck(code, Limits(seconds=30, resident_bytes=100 << 20))
    assert (reading.error, reading.error_key) == ("unsafe", "reader_too_large")


def test_a_reader_that_aborts_is_one_files_error(stuck):
    reading = stuck("import os; os.abort()", Limits())
    assert (reading.error, reading.error_key) == ("unreadable", "reader_crashed")
