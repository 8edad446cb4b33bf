"""Spark finds what pandas and DuckDB find: every example, whole estates, a night on a cluster."""

from __future__ import annotations

import csv
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa
import pytest
import sparks
import time_machine
from facts import EVERYTHING, example_rows
from odd_estates import odd_estate
from program import pos_audit
from test_parity import AS_OF, HEALTHY, facts_of, judged

from audit.check import Grounds, Outcome, Plan, evaluate
from audit.crosscheck.facts import KEPT_KEYS, Facts
from audit.crosscheck.schema import FACTS, Subject
from audit.engines import DuckDBEngine, Engine, PandasEngine, SparkEngine
from audit.engines.base import ARROW_TO_NARWHALS
from audit.engines.cluster import Cluster
from audit.engines.shelf import Shelf
from audit.errors import CannotWrite, ConfigError, ExitCode
from audit.files import write_private
from audit.rules import RULES

ROOT = Path(__file__).parents[1]
_APART = 1_000  # between the row numbers of one rule's example and the next's


def _examples(engine: Engine) -> Facts:
    """One frame per subject with the example rows of all its rules."""
    parts: dict[Subject, list[pa.Table]] = {}
    for number, rule in enumerate(RULES.values()):
        parts.setdefault(rule.subject, []).append(example_rows(rule, first=number * _APART))
    frames = {subject: engine.frame(pa.concat_tables(tables)) for subject, tables in parts.items()}
    return Facts(engine, frames, EVERYTHING)


def _said(outcome: Outcome) -> tuple[str, list[tuple[int, int]], int, int]:
    assert outcome.not_evaluated is None, (outcome.rule.id, outcome.not_evaluated)
    assert outcome.flagged is not None
    flagged = zip(outcome.flagged["row_id"].to_pylist(), outcome.flagged["case"].to_pylist(), strict=True)
    return outcome.rule.id, sorted(flagged), outcome.passed, outcome.unknown


@pytest.mark.spark
def test_every_example_is_judged_as_on_pandas(spark: Engine):
    plan = Plan(tuple(RULES.values()), {}, AS_OF)
    theirs = [_said(outcome) for outcome in evaluate(_examples(spark), plan, Grounds(HEALTHY))]
    assert theirs == [
        _said(outcome) for outcome in evaluate(_examples(PandasEngine()), plan, Grounds(HEALTHY))
    ]
    for number, (rule, (_, flagged, _, _)) in enumerate(zip(RULES.values(), theirs, strict=True)):
        first = number * _APART
        own = [row - first for row, _ in flagged if first <= row < first + _APART]
        assert tuple(own) == rule.example.flagged, rule.id


ODD = [(1, ("wechat", "alipay")), (2, ("any",))]
LONG = "ODD_ESTATES_ON_SPARK" in os.environ  # in short, any channel will do for the night on a cluster


@pytest.mark.parametrize(("seed", "channels"), ODD)
def test_estates_of_odd_rows_are_judged_as_on_pandas(seed: int, channels: tuple[str, ...]):
    with DuckDBEngine() as engine:
        _judges_as_pandas(engine, seed, channels)


@pytest.mark.spark
@pytest.mark.parametrize(("seed", "channels"), ODD if LONG else ODD[:1])
def test_on_spark_too(seed: int, channels: tuple[str, ...], spark: Engine):
    _judges_as_pandas(spark, seed, channels)


def _judges_as_pandas(engine: Engine, seed: int, channels: tuple[str, ...]) -> None:
    estate = odd_estate(seed)
    pandas = PandasEngine()
    ours, counted = judged(facts_of(pandas, estate, channels), pandas, estate)
    assert len(set(ours["rule"].to_pylist())) > 25, "an estate in which little is wrong shows little"
    facts = facts_of(engine, estate, channels)
    theirs, counted_there = judged(facts, engine, estate)
    assert _have_the_types_of_the_schema(facts)
    assert ours.to_pylist() == theirs.to_pylist()
    assert ours.schema == theirs.schema
    assert counted == counted_there


def _have_the_types_of_the_schema(facts: Facts) -> bool:
    return all(
        dict(frame.collect_schema())
        == {
            name: nw.String if name in KEPT_KEYS.get(subject, ()) else ARROW_TO_NARWHALS[FACTS[subject][name]]
            for name in frame.columns
        }
        for subject, frame in facts.frames.items()
    )


@pytest.fixture
def night(tmp_path: Path) -> Callable[..., tuple[subprocess.CompletedProcess[str], Path]]:
    """Run the sample estate's night in a process of its own, on an engine, after a command before it."""

    def run(name: str, *before: str, **environment: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        folder = tmp_path / name
        shutil.copytree(ROOT / "sample_data", folder / "sample_data")
        told = {"AUDIT_AUDIT_STATE": str(folder / "state"), "AUDIT_REPORT_OUTPUT": str(folder / "out")}
        config = str(folder / "sample_data/audit.toml")
        write_private(folder / "state/secret", b"00" * 32)  # one estate: people are hashed with the same key
        given = os.environ | told | environment
        if not before:
            done = pos_audit("run", "--config", config, environment=given, cwd=ROOT)
        else:
            command = [*before, sys.executable, "-m", "audit", "run", "--config", config]
            done = subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, check=False)
        return done, folder / "out/2026-11-21"

    return run


@pytest.mark.spark
def test_a_night_on_a_cluster_publishes_the_same_bytes(night: Callable[..., Any], tmp_path: Path):
    shared = tmp_path / "共享 1"
    shared.mkdir()
    any_will_do = {"AUDIT_AUDIT_REQUIRED_CHANNELS": '["any"]'}
    nights = {
        "pandas": night("pandas", AUDIT_AUDIT_ENGINE="pandas", **any_will_do),
        "duckdb": night("duckdb", AUDIT_AUDIT_ENGINE="duckdb", **any_will_do),
        "spark": night(
            "spark",
            str(ROOT / ".ci/spark-cluster"),
            PYTHON=sys.executable,
            **any_will_do,
            AUDIT_SPARK_SHARED=str(shared),
            AUDIT_SPARK_CONF=json.dumps(sparks.CONF | {"spark.executor.memory": "1g"}),
        ),
    }
    codes = {name: done.returncode for name, (done, _) in nights.items()}
    assert set(codes.values()) == {codes["pandas"]}, {name: done.stderr for name, (done, _) in nights.items()}
    assert codes["pandas"] in (ExitCode.DONE, ExitCode.INCOMPLETE)
    done, folder = nights["spark"]
    assert '"engine": "spark"' in (folder / "summary.json").read_text("utf-8")
    assert "WARN" not in done.stderr, "what Spark has to say is in its log, not in cron's mail"
    for name in ("findings.parquet", "findings.csv"):
        expected = (nights["pandas"][1] / name).read_bytes()
        assert len(list(csv.reader((folder / "findings.csv").read_text("utf-8-sig").splitlines()))) > 20
        for engine in ("duckdb", "spark"):
            assert (nights[engine][1] / name).read_bytes() == expected, (engine, name)
    told = {
        name: json.loads((folder / "summary.json").read_text("utf-8")) for name, (_, folder) in nights.items()
    }
    for key in ("devices", "impact", "merchants", "completeness", "forecast"):
        assert told["spark"][key] == told["duckdb"][key] == told["pandas"][key], key
    [estate] = shared.iterdir()
    assert not list((estate / "night").iterdir()), "steps of the night are left on the shared storage"
    assert list((estate / "tables").iterdir()), "the canonical tables stay for the next night"


@pytest.mark.spark
def test_a_cluster_that_is_not_there_is_said_at_once(night: Callable[..., Any], tmp_path: Path):
    done, folder = night(
        "nowhere",
        AUDIT_AUDIT_ENGINE="spark",
        AUDIT_SPARK_MASTER="spark://127.0.0.1:9",
        AUDIT_SPARK_SHARED=str(tmp_path),
        AUDIT_AUDIT_LANGUAGE="en",
    )
    assert done.returncode == ExitCode.CONFIG
    assert "The Spark master spark://127.0.0.1:9 does not answer" in done.stderr, (
        "Spark would wait for minutes"
    )
    assert "Traceback" not in done.stderr
    assert not folder.exists()


def test_the_doctor_asks_whether_the_master_answers(tmp_path: Path):
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    told = {
        "AUDIT_AUDIT_ENGINE": "spark",
        "AUDIT_SPARK_MASTER": "spark://127.0.0.1:9",
        "AUDIT_SPARK_SHARED": str(tmp_path),
    }
    config = tmp_path / "sample_data/audit.toml"
    ended = pos_audit("doctor", "--config", config, environment=os.environ | told)
    assert ended.returncode == ExitCode.CONFIG
    assert "spark://127.0.0.1:9 无应答" in ended.stdout


@pytest.mark.spark
def test_what_java_says_is_told_and_not_what_was_called_there(tmp_path: Path):
    from py4j.protocol import Py4JError

    cluster = Cluster("k8s://https://127.0.0.1:1", {}, tmp_path, patience=60)
    with pytest.raises(ConfigError) as failure, cluster.failures():
        raise Py4JError(
            "An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.\n"
            ": org.apache.spark.SparkException: External scheduler cannot be instantiated\n\tat a.B.c\n"
            "Caused by: java.io.IOException: x\n\tat a.B.c\nCaused by: java.net.ConnectException: refused\n"
        )
    assert failure.value.facts["detail"] == (
        "org.apache.spark.SparkException: External scheduler cannot be instantiated"
        " (java.net.ConnectException: refused)"
    )


@pytest.mark.spark
def test_without_java_the_night_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError) as failure, SparkEngine("local[1]", str(tmp_path), tmp_path) as engine:
        engine.frame(pa.table({}))
    assert failure.value.key == "spark_java_missing"


def test_without_pyspark_the_night_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(ConfigError) as failure:
        SparkEngine("local[1]", str(tmp_path), tmp_path)
    assert (failure.value.key, failure.value.facts["extra"]) == ("engine_missing", "spark")


@pytest.mark.spark
def test_nobody_waits_all_night_for_an_executor(tmp_path: Path):
    cluster = Cluster("local[1]", {}, tmp_path, patience=0.05)
    with pytest.raises(ConfigError) as failure:
        cluster._in_time(lambda: time.sleep(5))
    assert failure.value.key == "spark_no_executor"
    assert cluster._in_time(lambda: 7) == 7


@pytest.mark.spark
def test_what_the_cluster_writes_elsewhere_is_missed(
    spark: SparkEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    here, there = (Shelf(str(tmp_path / name), "estate") for name in ("here", "there"))
    for shelf in (here, there):
        Path(shelf.place).mkdir()
        shelf.open()
    monkeypatch.setattr(here, "step", there.step)
    with pytest.raises(ConfigError) as failure:
        Cluster("local[2]", {}, tmp_path, patience=60).start(here)
    assert failure.value.key == "spark_shared_elsewhere"


@pytest.mark.spark
def test_a_broken_cluster_is_one_sentence_and_a_broken_plan_stays_a_bug(tmp_path: Path, spark: SparkEngine):
    frame = spark.frame(pa.table({"row_id": pa.array([1], pa.int64())}))
    step = Path(frame.to_native().inputFiles()[0].removeprefix("file://"))
    kept = step.read_bytes()
    step.write_bytes(b"no Parquet")
    with pytest.raises(ConfigError) as failure:
        spark.collected(frame)
    assert failure.value.key == "spark_failed"
    step.write_bytes(kept)
    with pytest.raises(Exception, match="columns were not found") as bug:
        spark.collected(frame.select(nw.col("no_such_column")))
    assert not isinstance(bug.value, ConfigError)


def test_tables_stand_on_the_shelf_by_their_content(tmp_path: Path):
    tmp_path.chmod(0o770)
    rows = pa.table({"a": ["x", None]})
    shelf = Shelf(str(tmp_path), "estate")
    shelf.open()
    address = shelf.table(rows)
    assert address == shelf.table(rows)
    assert address != shelf.table(rows.slice(1))
    assert address.startswith(f"file://{tmp_path}/estate/tables/")
    file = Path(address.removeprefix("file://"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o660, "who may read the folder may read what is put there"
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o770
    assert len(list(file.parent.iterdir())) == 2


def test_what_a_killed_night_leaves_goes_and_what_a_night_at_work_needs_stays(tmp_path: Path):
    tables, nights = tmp_path / "estate/tables", tmp_path / "estate/night"
    rows = pa.table({"a": ["x", None]})
    with time_machine.travel("2026-11-18", tick=False):
        killed = Shelf(str(tmp_path), "estate")
        killed.open()
        used, unused = killed.table(rows), killed.table(rows.slice(1))
        for file in tables.iterdir():
            os.utime(file, (time.time(), time.time()))
    with time_machine.travel("2026-11-21", tick=False):
        working, asking = (Shelf(str(tmp_path), "estate") for _ in range(2))
        working.open()
        assert len(list(nights.iterdir())) == 1, "the killed night's steps are gone"
        asking.open()
        assert working.table(rows) == used
        fresh = asking.table(rows.slice(0, 0))
        assert working.step() != asking.step()
        working.close()
        assert {used, fresh} == {f"file://{file}" for file in tables.iterdir()}
        assert unused not in {used, fresh}
        assert len(list(nights.iterdir())) == 1, "the other one is at work"


def test_a_place_that_is_no_place_is_refused(tmp_path: Path):
    for place in (f"{tmp_path}/[1]", "nonsense://host/folder", "relative"):
        with pytest.raises(ConfigError):
            Shelf(place, "estate")
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite):
        Shelf(str(tmp_path / "file"), "estate").open()
