"""Which partition of the data a run works on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow.exceptions import AirflowFailException


class StaticPartitions:
    """Partitions by name; each run names one as the param `partition`."""

    def __init__(self, keys: Collection[str]) -> None:
        self.keys = keys

    def key(self, dag_run: Any) -> str:
        """The partition that a run names in its `conf`."""
        key = (dag_run.conf or {}).get("partition")
        if key is None:
            raise AirflowFailException("a run must name one, as the param `partition`")
        if key not in self.keys:
            raise AirflowFailException(f"there is no partition {key!r}")
        return str(key)

    def check(self, dag_run: Any) -> None:
        """Fail, without retries, where a run names no partition that there is."""
        self.key(dag_run)
