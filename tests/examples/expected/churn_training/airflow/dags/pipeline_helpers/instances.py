"""What has become of other tasks, instance by instance."""

from __future__ import annotations

from typing import Any


def states_of(ti: Any, task_id: str) -> dict[int, str | None]:
    """The states of a task's instances by map index; -1 is one of no element."""
    run = ti.run_id
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=[task_id], run_ids=[run])
    found = states.get(run, {})
    return {int(key[len(task_id) + 1 :] or -1): state for key, state in found.items()}


def outputs_of(ti: Any, task_id: str) -> Any:
    """What the instances of a task returned, in their order; None for one that did not succeed."""
    indexes = sorted(states_of(ti, task_id))
    if indexes == [-1]:
        return None
    return [ti.xcom_pull(task_ids=task_id, map_indexes=index) for index in indexes]
