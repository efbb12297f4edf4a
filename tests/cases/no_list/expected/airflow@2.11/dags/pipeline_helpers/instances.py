"""What has become of other tasks, instance by instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.exceptions import AirflowFailException, AirflowSkipException


def states_of(ti: Any, task_id: str) -> dict[int, str | None]:
    """The states of a task's instances by map index; -1 is one of no element."""
    instances = ti.get_dagrun().get_task_instances()
    return {one.map_index: one.state for one in instances if one.task_id == task_id}


def decide(
    ti: Any,
    rule: str,
    upstream: Sequence[str],
    outside: Sequence[str] = (),
    gates: Sequence[str] = (),
    branches: Mapping[str, Sequence[str]] | None = None,
    lists: Sequence[str] = (),
) -> None:
    """Let the task below run, or skip or fail in its place.

    In a mapped group Airflow asks some trigger rules about all elements at once, and
    does not close gates: here, of the tasks `upstream`, the instance of the same element
    counts, of those `outside` the group all do. `branches` are the choices with which the
    task below stays. What was to be expanded over one of `lists` has failed where that has.
    """
    for gate in gates:
        state, opened = _ended(ti, gate)
        if state == "success" and opened is not True:
            raise AirflowSkipException(f"{gate} is closed")
    for branch, choices in (branches or {}).items():
        state, chosen = _ended(ti, branch)
        if state == "success" and not set(chosen or ()).intersection(choices):
            raise AirflowSkipException(f"{branch} has chosen other tasks")
    states = [_ended(ti, one)[0] for one in upstream]
    states += [state for one in outside for state in states_of(ti, one).values()]
    states += ["failed" for one in lists if "failed" in states_of(ti, one).values()]
    success, skipped, failed = map(states.count, ("success", "skipped", "failed"))
    bad = failed + states.count("upstream_failed")
    never_ran, skips = {
        "all_success": (bad, skipped),
        "all_failed": (0, success + skipped),
        "all_done": (0, 0),
        "all_done_min_one_success": (not skipped and not success, skipped),
        "all_skipped": (0, success + bad),
        "one_failed": (0, not bad),
        "one_success": (not success and bad, not success),
        "one_done": (0, not success and not failed),
        "none_failed": (bad, 0),
        "none_failed_min_one_success": (bad, not success),
        "none_skipped": (0, skipped),
    }[rule]
    message = f"{rule} does not hold: {', '.join(map(str, states))}"
    if never_ran:
        raise AirflowFailException(message)
    if skips:
        raise AirflowSkipException(message)


def _ended(ti: Any, task_id: str) -> tuple[str | None, Any]:
    """State and output of the instance for the same element, or of the only one there is."""
    states = states_of(ti, task_id)
    index = ti.map_index if ti.map_index in states else -1
    return states.get(index), ti.xcom_pull(task_ids=task_id, map_indexes=index)
