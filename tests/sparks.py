"""One Spark session for the whole test run, and what it takes to have one."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

# one small machine: what is tested is that Spark reckons as the others do, not how fast
CONF = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def lacking() -> str:
    """What Spark needs and this machine does not have; "" where nothing is missing."""
    missing = [] if find_spec("pyspark") else ["pyspark"]
    return " and ".join(missing if shutil.which("java") else [*missing, "Java"])
