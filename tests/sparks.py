"""One Spark session for the whole test run, and what it takes to have one."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # it lives too short a time to compile itself well
# one small machine: what is tested is that Spark reckons as the others do, not how fast
CONF = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # each side of a join is sent round in pages, of 16 MB otherwise, and packed
    "spark.buffer.pageSize": "256k",
    "spark.broadcast.compress": "false",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": _JAVA,
    "spark.executor.extraJavaOptions": _JAVA,
}


def usable() -> bool:
    """Whether this machine has what Spark needs."""
    return bool(find_spec("pyspark") and shutil.which("java"))
