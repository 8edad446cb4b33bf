"""A session of a Spark cluster: reached, able to work, and set so that it reckons as the other engines do."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from audit.engines.shelf import Shelf
from audit.errors import ConfigError
from audit.files import PRIVATE, write_private

_Made = TypeVar("_Made")

# what findings depend on: a cluster's own habits must not change them
FIXED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
}
_DEFAULTS = {
    "spark.app.name": "pos-audit",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # where in our code a column was made: asked for at every step, it takes longer than the step
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}
_CONNECT = "sc://"
_CONNECT_PORT = 15_002
_KNOCKING_SECONDS = 10.0
_PREFACE, _CAUSE = "An error occurred while calling ", "Caused by: "
_SAID = 300  # letters of a sentence


class Cluster:
    """How a cluster is reached: `master` as Spark spells it, `conf` on top, its log in `folder`."""

    def __init__(self, master: str, conf: Mapping[str, str], folder: Path, patience: float) -> None:
        """`patience`: seconds to wait for a session and for an executor that does its first job."""
        try:
            import pyspark  # noqa: F401 - is it there?
        except ModuleNotFoundError:
            raise ConfigError("engine_missing", engine="spark", extra="spark") from None
        self.master = master
        self.log = folder / "spark.log"
        self._conf = {**_DEFAULTS, **conf}
        self._properties = folder / "spark.properties"
        self._patience = patience

    @property
    def remote(self) -> bool:
        """Whether it is reached by Spark Connect, without a Java machine here."""
        return self.master.startswith(_CONNECT)

    def start(self, shelf: Shelf) -> Any:
        """A session whose executors work and see the shelf. Raises ConfigError where there is none."""
        knock(self.master)
        if lacks_java(self.master):
            raise ConfigError("spark_java_missing")
        with self.failures():
            session = self._in_time(self._connected if self.remote else self._classic)
            for key, value in FIXED.items():
                session.conf.set(key, value)
            step = shelf.step()
            self._in_time(lambda: session.range(1).write.parquet(step))
        if shelf.rows_of(step) != 1:
            raise ConfigError("spark_shared_elsewhere", shared=shelf.place, master=self.master)
        return session

    def stop(self, session: Any) -> None:
        """End the session; a cluster that is gone already is no matter."""
        try:
            session.stop()
        except Exception as failure:  # whatever it says, the night is told
            if not _is_of_spark(failure):
                raise

    @contextmanager
    def failures(self) -> Iterator[None]:
        """What the cluster fails at, in one sentence; a plan that Spark refuses is a bug and stays one."""
        try:
            yield
        except Exception as failure:
            if not _is_of_spark(failure):
                raise
            raise ConfigError(
                "spark_failed", master=self.master, detail=_said(failure), log=str(self.log)
            ) from failure

    def _connected(self) -> Any:
        from pyspark.sql import SparkSession

        try:
            builder = SparkSession.builder.remote(self.master)
        except ImportError as failure:  # grpc and its companions
            raise ConfigError("engine_missing", engine=str(failure), extra="spark-connect") from None
        for key, value in self._conf.items():
            if key not in _DEFAULTS:
                builder = builder.config(key, value)
        return builder.create()

    def _classic(self) -> Any:
        """A session of a driver in a Java machine of our own.

        The settings go by a private file, because among them may be secrets and anybody sees a command line.
        """
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway
        from pyspark.logger import PySparkLogger
        from pyspark.sql import SparkSession

        with warnings.catch_warnings():  # of pandas, which Spark's converters look at and we do not hand them
            warnings.simplefilter("ignore", FutureWarning)
            import pyspark.testing.utils  # noqa: F401
        for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
            PySparkLogger.getLogger(name).disabled = True  # it tells what is raised as well
        gateway = None
        if SparkContext._gateway is None:
            lines = "".join(f"{key}={_property(value)}\n" for key, value in self._conf.items())
            write_private(self._properties, lines.encode())
            asked = f"--properties-file {self._properties} --load-spark-defaults pyspark-shell"
            try:
                with _variable("PYSPARK_SUBMIT_ARGS", asked), _private(self.log) as log:
                    gateway = launch_gateway(popen_kwargs={"stdout": log, "stderr": log})
            finally:  # it was read, or nobody will
                self._properties.unlink(missing_ok=True)
        SparkContext._ensure_initialized(gateway=gateway)
        settings = SparkConf().setMaster(self.master)
        for key, value in self._conf.items():
            settings.set(key, value)
        return SparkSession.builder.config(conf=settings).getOrCreate()

    def _in_time(self, work: Callable[[], _Made]) -> _Made:
        """Do it in another thread, left behind when it takes too long: nothing may wait all night."""
        done: list[_Made] = []
        failed: list[BaseException] = []

        def attempt() -> None:
            try:
                done.append(work())
            except BaseException as failure:  # to be raised where it is waited for
                failed.append(failure)

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(self._patience)
        if failed:
            raise failed[0]
        if not done:
            raise ConfigError("spark_no_executor", master=self.master, seconds=round(self._patience))
        return done[0]


def knock(master: str) -> None:
    """See whether anybody listens there: Spark itself would wait for minutes. Raises ConfigError."""
    addresses = list(_addresses(master))
    failures = []
    for host, port in addresses:
        try:
            socket.create_connection((host, port), _KNOCKING_SECONDS).close()
        except OSError as failure:
            failures.append(f"{host}:{port}: {failure.strerror or failure}")
    if addresses and len(failures) == len(addresses):
        raise ConfigError("spark_unreachable", master=master, detail=", ".join(failures))


def _said(failure: Exception) -> str:
    """The first sentence of a failure, and in brackets what lies at its bottom.

    What is raised in Java begins with the name of what was called there, which tells nobody anything.
    """
    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith(_PREFACE):
        lines = lines[1:]
    first = lines[0].lstrip(": ") if lines else type(failure).__name__
    causes = [line.removeprefix(_CAUSE) for line in lines if line.startswith(_CAUSE)]
    return f"{first[:_SAID]} ({causes[-1][:_SAID]})" if causes else first[:_SAID]


def lacks_java(master: str) -> bool:
    """Whether there is no Java machine here where the driver of this master needs one."""
    home = os.environ.get("JAVA_HOME")
    return not master.startswith(_CONNECT) and not shutil.which("java", path=f"{home}/bin" if home else None)


def _addresses(master: str) -> Iterator[tuple[str, int]]:
    """Where a master listens, if it can be told from its URL: spark://a:7077,b:7077 or sc://host:15002/;key=value."""
    if master.startswith(("spark://", _CONNECT)):
        scheme, _, rest = master.partition("://")
        for address in rest.partition("/")[0].split(","):
            parts = urlsplit(f"{scheme}://{address}")
            yield parts.hostname or "", parts.port or _CONNECT_PORT


def _property(value: str) -> str:
    """A value as a Java properties file has it."""
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"\\{escaped}" if escaped[:1].isspace() else escaped


def _is_of_spark(failure: BaseException) -> bool:
    """Whether the cluster, or the way to it, failed; what Spark does not understand is our own fault."""
    from py4j.protocol import Py4JError, Py4JNetworkError
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    if isinstance(failure, AnalysisException | ParseException):
        return False
    return isinstance(failure, Py4JError | Py4JNetworkError | PySparkException | ConnectionError)


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def _private(path: Path) -> Iterator[int]:
    """A new file that its owner alone may read, to be written by somebody else."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
