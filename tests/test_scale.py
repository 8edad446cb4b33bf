"""Which engine a night takes, what it may use of the machine, and what it reads where it lies."""

from __future__ import annotations

from pathlib import Path

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import AS_OF, DEVICE, MERCHANT, REGISTRATION, Estate
from facts import EVERYTHING, example_rows
from hypothesis import given
from hypothesis import strategies as st

from audit import engines
from audit.check import Grounds, Health, Plan, evaluate
from audit.config import load_settings
from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.engines import KEYS, DuckDBEngine, Engine, Frame, PandasEngine, choose_engine, memory, open_tables
from audit.engines import duckdb as duckdb_engine
from audit.errors import ConfigError, ExitCode
from audit.intake.feeds import Part, parts_of, read_feeds
from audit.intake.read import Request, read_file
from audit.intake.store import Store
from audit.rules import RULES
from audit.tables import TABLES

GIB = 1 << 30


@pytest.mark.parametrize(
    ("rows", "memory_gib", "chosen"),
    [(3_000_000, 64, "pandas"), (3_000_001, 64, "duckdb"), (600_000, 2, "duckdb"), (500_000, 2, "pandas")],
)
def test_auto_takes_what_fits(
    rows: int, memory_gib: int, chosen: str, estate: Estate, monkeypatch: pytest.MonkeyPatch
):
    settings = load_settings(estate.configure())
    monkeypatch.setattr(engines, "machine_bytes", lambda: memory_gib * GIB)
    with choose_engine(settings, rows) as engine:
        assert engine.name == chosen
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with choose_engine(settings, rows) as engine:
        assert engine.name == "pandas", "nothing else is installed"


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("0::/system.slice/audit.service\n", {"memory.max": "max\n"}, None),
        ("0::/a/b\n", {"a/memory.max": str(GIB), "a/b/memory.max": "max"}, GIB),
        ("0::/\n", {"memory.max": str(GIB)}, GIB),
        ("5:cpu:/x\n4:memory:/x\n", {"memory/x/memory.limit_in_bytes": str(GIB)}, GIB),
        ("0::/\n", {"memory.max": str(1 << 62)}, None),
    ],
)
def test_a_containers_limit_is_the_machines(
    groups: str,
    limits: dict[str, str],
    expected: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    (tmp_path / "cgroup").write_text(groups)
    for name, text in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(memory, "_GROUPS", tmp_path)
    monkeypatch.setattr(memory, "_OF_PROCESS", tmp_path / "none")
    installed = memory.machine_bytes()
    monkeypatch.setattr(memory, "_OF_PROCESS", tmp_path / "cgroup")
    assert memory.machine_bytes() == (expected or installed)


def test_duckdb_is_held_to_its_memory_and_leaves_nothing(estate: Estate, monkeypatch: pytest.MonkeyPatch):
    estate.settings["engine"] = '"duckdb"'
    estate.sections["duckdb"] = "memory_gib = 0.5\n"
    limits = []
    opened = DuckDBEngine.lying

    def looked_at(engine: DuckDBEngine, parts: tuple[Part, ...], types: dict[str, pa.DataType]):
        [said] = engine._connection.sql(
            "select current_setting('memory_limit'), current_setting('temp_directory')"
        ).fetchall()
        limits.append(said)
        return opened(engine, parts, types)

    monkeypatch.setattr(DuckDBEngine, "lying", looked_at)
    result = estate.run()
    assert result.code is ExitCode.DONE
    assert result.summary["measured"]["engine_limit_bytes"] == GIB // 2
    [(limit, place)] = set(limits)
    assert limit == "512.0 MiB"
    assert Path(place).is_relative_to(estate.folder / "state" / "scratch")
    assert not (estate.folder / "state" / "scratch").exists()


def test_what_memory_does_not_hold_goes_to_the_disk_and_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    rows = 2_000_000
    with DuckDBEngine(memory_bytes=48 << 20) as engine:
        texts = engine._connection.sql(
            f"select range as row_id, md5(cast(range as varchar)) as key from range({rows})"
        )
        held = engine.held(nw.from_native(texts).lazy())
        [folder] = tmp_path.iterdir()
        assert list(folder.iterdir()), "it fits in memory: the test is too small"
        assert folder.stat().st_mode & 0o777 == 0o700
        met = engine.collected(
            engine.attach(held, held.rename({"row_id": "other"}), "key")
            .filter(nw.col("row_id") == nw.col("other"))
            .select(nw.len().alias("rows"))
        )
        assert met["rows"].to_pylist() == [rows]
    assert not list(tmp_path.iterdir())


def test_what_neither_holds_is_said_in_one_sentence():
    with DuckDBEngine(memory_bytes=16 << 20) as engine:
        lists = engine._connection.sql("select list(md5(cast(range as varchar))) as one from range(3000000)")
        frame = nw.from_native(lists).lazy()
        for ask in (engine.held, engine.collected):
            with pytest.raises(ConfigError) as said:
                ask(frame)
            assert said.value.key == "duckdb_memory"


def test_an_engine_that_gives_up_ends_the_night_and_passes_no_rule():
    rule = RULES["REG-01"]

    class Exhausted(PandasEngine):
        def held_by(self, *_: object) -> dict[str, int]:
            raise ConfigError("duckdb_memory", gib="0.5", detail="…")

    engine = Exhausted()
    facts = Facts(engine, {Subject.DEVICE_CHANNEL: engine.frame(example_rows(rule))}, EVERYTHING)
    healthy = {name: Health(True, True) for name in TABLES}
    with pytest.raises(ConfigError):
        evaluate(facts, Plan((rule,), {}, AS_OF), Grounds(healthy))


WIDE = {
    "serial": "SN000001",
    "merchant_no": MERCHANT["merchant_no"],
    "微信报备": "报备成功",
    "支付宝报备": "报备失败",
}


def test_a_night_reads_files_where_they_lie_and_finds_what_pandas_finds(estate: Estate):
    estate.settings |= {"state": '"it\'s [a] *"', "required_channels": '["wechat", "alipay"]'}
    estate.sections["inputs.devices"] = 'files = ["devices_*"]\nmax_age_days = 5'
    estate.sections["inputs.registrations"] = 'files = ["registrations_*"]\nmax_age_days = 5'
    more = [DEVICE | {"serial_no": f"SN{number:06}", "firmware": "2.0.0"} for number in range(2, 9)]
    pq.write_table(pa.Table.from_pylist(more), estate.folder / "devices_b_20261121.parquet")
    estate.write("registrations", [WIDE, WIDE | {"serial": "SN000004", "微信报备": ""}])
    estate.write("registrations", [REGISTRATION | {"serial": "SN000005"}], "registrations_b_20261121.csv")
    told = []
    for engine in ("pandas", "duckdb"):
        estate.settings["engine"] = f'"{engine}"'
        result = estate.run()
        assert result.summary["engine"] == engine
        told.append([(result.folder / name).read_bytes() for name in ("findings.csv", "findings.parquet")])
    found = {(row["rule"], row["serial_no"], row["channel"], row["source_file"]) for row in estate.findings()}
    assert ("REG-01", "SN000008", "wechat", "devices_b_20261121.parquet") in found
    assert ("REG-04", "SN000001", "alipay", "devices_20261121.csv") in found
    assert told[0] == told[1]


def test_a_table_read_where_it_lies_is_the_table_in_memory(estate: Estate):
    estate.write("registrations", [WIDE, REGISTRATION | {"serial": "SN000002"}])
    estate.sections["inputs.devices"] = 'files = ["devices_*"]'
    for (
        name,
        rows,
    ) in {  # the same columns, the same rows, other columns: one scan, one file twice, another scan
        "b": [DEVICE | {"serial_no": "SN000007"}, DEVICE | {"serial_no": "SN000008"}],
        "c": [DEVICE | {"serial_no": "SN000007"}, DEVICE | {"serial_no": "SN000008"}],
        "d": [{"serial_no": "SN000009"}],
    }.items():
        estate.write("devices", rows, f"devices_{name}_20261121.csv")
    settings = load_settings(estate.configure())
    store = Store(settings.state, lambda request: read_file(Request.from_json(request)))
    parts = {name: parts_of(feed) for name, feed in read_feeds(settings, AS_OF, store).items() if feed.files}
    with DuckDBEngine() as lying, PandasEngine() as whole:
        there, here = open_tables(lying, parts), open_tables(whole, parts)
        for name in TABLES:
            names = [column for column in here[name].collect_schema().names() if column not in KEYS]
            rows = lying.collected(there[name].select(names)).sort_by("row_id")
            assert rows.to_pylist() == whole.collected(here[name].select(names)).to_pylist(), name
            assert rows.schema.equals(whole.collected(here[name].select(names)).schema)


@pytest.mark.parametrize("last", [False, True])
def test_of_rows_alike_in_key_and_order_one_is_kept(last: bool):
    rows = pa.table({"row_id": [1, 1, 2, 3, 3, None, None], "at": [5, 5, 6, 7, 8, 9, 9]})
    kept = []
    for kind in (PandasEngine, DuckDBEngine):
        with kind() as engine:
            one = engine.collected(engine.pick(engine.frame(rows), ["row_id"], ["at"], last=last))
            kept.append(one.sort_by([("at", "ascending")]).to_pydict())
    expected = {"row_id": [1, 2, 3, None], "at": [5, 6, 8 if last else 7, 9]}
    assert kept == [expected, expected]


_CELLS = st.sampled_from([None, 1, 2, 3])
_ROWS = st.lists(st.tuples(_CELLS, _CELLS, st.sampled_from([None, True, False])), max_size=12)


@given(_ROWS, _ROWS, st.sampled_from([0, 1_000]))
def test_steps_by_shorter_ways_give_what_pandas_gives(
    rows: list[tuple[int | None, ...]], others: list[tuple[int | None, ...]], large: int
):
    told = []
    for kind in (PandasEngine, DuckDBEngine):
        with pytest.MonkeyPatch.context() as patch, kind() as engine:
            patch.setattr(duckdb_engine, "LARGE", large)
            frame, side = engine.held(_frame(engine, rows)), engine.held(_frame(engine, others))
            shared = engine.shared(frame, ["a", "b"], "rows")
            firsts = engine.pick(engine.meeting(side, frame, "a"), ["a"], ["row_id"])
            met = engine.attach(frame, firsts.select("a", other="row_id"), "a")
            tables = [*map(engine.collected, (shared, met))]
            counts = []
            for judged in (
                engine.stacked([frame, frame]),  # as a device stands in two channels under one row_id
                engine.stacked([met, engine.kept(met).filter(nw.col("other") > 1)]),
                engine.counted(met, ["a"], "many"),  # a row is told by others, too
                engine.attach(engine.kept(shared), engine.kept(firsts).select("a", other="b"), "a"),
            ):
                count, marked = engine.told(
                    engine.kept(judged),
                    lambda one: one.with_columns(some=nw.col("t") & (nw.col("a") == 1), none=nw.col("a") > 3),
                    ["t", "some"],
                    {"some": sorted(judged.collect_schema().names()), "none": ["row_id"]},
                )
                counts.append(count)
                tables += marked.values()
            told.append((counts, [sorted(map(repr, table.to_pylist())) for table in tables]))
    assert told[0] == told[1]


def _frame(engine: Engine, rows: list[tuple[int | None, ...]]) -> Frame:
    a, b, t = ([row[place] for row in rows] for place in range(3))
    columns = {"a": pa.array(a, pa.int64()), "b": pa.array(b, pa.int64()), "t": pa.array(t, pa.bool_())}
    return engine.frame(pa.table({"row_id": pa.array(range(len(rows)), pa.int64()), **columns}))
