"""What has become of other tasks, instance by instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.exceptions import AirflowFailException


def states_of(ti: Any, task_id: str) -> dict[int, str | None]:
    """The states of a task's instances by map index; -1 is one of no element."""
    instances = ti.get_dagrun().get_task_instances()
    return {one.map_index: one.state for one in instances if one.task_id == task_id}


def fail_with(ti: Any, task_ids: Sequence[str]) -> None:
    """Fail if one of the tasks has failed."""
    failed = [one for one in task_ids if "failed" in states_of(ti, one).values()]
    if failed:
        raise AirflowFailException(f"failed: {', '.join(failed)}")
