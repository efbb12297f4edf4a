"""What has become of other tasks, instance by instance."""

from __future__ import annotations

from typing import Any


def states_of(ti: Any, task_id: str) -> dict[int, str | None]:
    """The states of a task's instances by map index; -1 is one of no element."""
    instances = ti.get_dagrun().get_task_instances()
    return {one.map_index: one.state for one in instances if one.task_id == task_id}


def outputs_of(ti: Any, task_id: str) -> Any:
    """What the instances of a task returned, in their order; None for one that did not succeed."""
    indexes = sorted(states_of(ti, task_id))
    if indexes == [-1]:
        return None
    return [ti.xcom_pull(task_ids=task_id, map_indexes=index) for index in indexes]
