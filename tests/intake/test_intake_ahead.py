"""Rows that are taken into memory before anybody asks for them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from conftest import Estate

from audit.config import load_settings
from audit.intake.ahead import Ahead
from audit.intake.begun import being_read
from audit.intake.feeds import assembled, parts_of, read_feeds
from audit.intake.rows import write_rows
from audit.intake.store import Store


@pytest.fixture
def lying(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    write_rows(pa.table({"serial_no": ["SN1", "SN2"]}), path)
    return path


def test_rows_are_given_out_once_and_read_again_afterwards(lying: Path):
    ahead = Ahead()
    ahead.begin(lying, 2)
    ahead.close()
    lying.rename(lying.with_name("elsewhere.parquet"))
    assert ahead.rows(lying)["serial_no"].to_pylist() == ["SN1", "SN2"]
    with pytest.raises(FileNotFoundError):
        ahead.rows(lying)


def test_of_what_is_forgotten_or_too_much_nothing_is_held(lying: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("audit.intake.ahead._MOST_ROWS", 3)
    ahead, other = Ahead(), lying.with_name("other.parquet")
    ahead.begin(lying, 2)
    ahead.begin(other, 2)  # there is no such file, which nobody notices
    ahead.forget()
    ahead.close()
    lying.unlink()
    for path in (lying, other):
        with pytest.raises(FileNotFoundError):
            ahead.rows(path)


def test_what_cannot_be_read_is_said_to_who_asks(lying: Path):
    lying.write_bytes(b"PAR1")
    ahead = Ahead()
    ahead.begin(lying, 2)
    with pytest.raises(pa.ArrowInvalid):
        ahead.rows(lying)
    ahead.close()


@pytest.mark.parametrize(("engine", "held"), [("auto", True), ("pandas", True), ("duckdb", False)])
def test_feeds_are_the_same_whether_or_not_they_were_taken_in_ahead(estate: Estate, engine: str, held: bool):
    estate.settings["engine"] = f'"{engine}"'
    settings = load_settings(estate.configure())
    store = Store(settings.state)
    as_of = settings.night(None)
    with being_read(settings, store, ahead=True) as begun:
        early = read_feeds(settings, as_of, store, begun=begun)
        assert (begun.ahead is not None) is held
        rows = {name: assembled(parts_of(feed)) for name, feed in early.items()}
    later = read_feeds(settings, as_of, store)
    assert later["devices"].ahead is None
    assert rows["devices"].num_rows == 3
    assert {name: assembled(parts_of(feed)) for name, feed in later.items()} == rows
