"""What has become of other tasks, instance by instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk.exceptions import AirflowFailException


def states_of(ti: Any, task_id: str) -> dict[int, str | None]:
    """The states of a task's instances by map index; -1 is one of no element."""
    run = ti.run_id
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=[task_id], run_ids=[run])
    found = states.get(run, {})
    return {int(key[len(task_id) + 1 :] or -1): state for key, state in found.items()}


def fail_with(ti: Any, task_ids: Sequence[str]) -> None:
    """Fail if one of the tasks has failed."""
    failed = [one for one in task_ids if "failed" in states_of(ti, one).values()]
    if failed:
        raise AirflowFailException(f"failed: {', '.join(failed)}")
