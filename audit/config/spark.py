"""`[spark]`: the cluster, and what of Spark's own settings may be set."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from audit.config.section import PlacePattern, Section, unfit

_MASTER = re.compile(r"(local(\[([1-9]\d*|\*)(,\d+)?\])?|yarn|spark://\S+:\d+|(sc|k8s)://\S+)")
# what findings depend on is the program's to say; the master has a key of its own
_NOT_CONF = re.compile(
    r"spark\.(master|submit\.deployMode|sql\.(session\.timeZone|timestampType|ansi\..*|caseSensitive))"
)


def _known_master(master: str) -> str:
    if master and not _MASTER.fullmatch(master):
        raise unfit("config_value_master", found=master)
    return master


SECRET_NAME = re.compile(r"(?i)secret|password|token|credential")  # a key of conf that holds a secret


class SparkSection(Section):
    """`[spark]`: the cluster of `engine = "spark"`, the folder all of it sees, and Spark's own settings."""

    master: Annotated[str, AfterValidator(_known_master)] = ""
    shared: PlacePattern = ""  # a path, or a URL such as hdfs://namenode/audit
    conf: dict[str, SecretStr] = Field(default_factory=dict)

    @field_validator("conf", mode="before")
    @classmethod
    def _as_spark_writes_it(cls, conf: object) -> object:
        if not isinstance(conf, dict):
            return conf
        return {key: _spark_text(key, value) for key, value in conf.items()}

    @property
    def is_local(self) -> bool:
        """Whether driver and executors are one process here."""
        return self.master.startswith("local")

    @property
    def is_remote(self) -> bool:
        """Whether it is reached by Spark Connect."""
        return self.master.startswith("sc://")

    @property
    def plain_conf(self) -> dict[str, str]:
        """Spark's own settings, secrets as they are."""
        return {key: value.get_secret_value() for key, value in self.conf.items()}


def _spark_text(key: str, value: object) -> object:
    if not key.startswith("spark.") or _NOT_CONF.fullmatch(key):
        raise unfit("config_value_conf", found=key)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
