"""What people are told of a run, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from airflow.configuration import conf
from airflow.exceptions import AirflowSensorTimeout, AirflowTaskTimeout
from airflow.utils.log.secrets_masker import redact


def event_in(
    context: Mapping[str, Any],
    owner: str = "",
    steps: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What a callback tells, of a task or of the run.

    `owner` is that of the run; `steps` are generated tasks, with the task that each
    stands for, if any.
    """
    names = steps or {}
    ti = context.get("ti")
    if "reason" in context:
        reason = context["reason"]
        event = event_of_run(context["dag_run"].dag_id, context["run_id"], owner)
        if reason == "success":
            return {**event, "state": "success"}
        if reason == "timed_out":
            return {**event, "state": "failed", "error": "timed out"}
        failed = {names.get(id, id) for id in failed_tasks(context)} - {""}
        return {**event, "state": "failed", "error": ", ".join(sorted(failed))}
    return {
        "pipeline": ti.dag_id,
        "task": names.get(ti.task_id, ti.task_id),
        "run_id": ti.run_id,
        "state": state_of(ti),
        "url": ti.log_url or "",
        "error": error_in(context),
        "owner": owner_of(context["task"], owner),
    }


def event_of_run(dag_id: str, run_id: str, owner: str) -> dict[str, str]:
    """What is told of a run, but for its state."""
    server = conf.get("webserver", "base_url", fallback="").rstrip("/")
    page = f"/dags/{dag_id}/grid?dag_run_id={quote(run_id)}"
    return {
        "pipeline": dag_id,
        "task": "",
        "run_id": run_id,
        "url": server and f"{server}{page}",
        "error": "",
        "owner": owner,
    }


def owner_of(task: Any, owner: str) -> str:
    """The owner of a task; Airflow gives one to those that have none."""
    nobody = conf.get("operators", "default_owner", fallback="airflow")
    return owner if task.owner == nobody else task.owner


def state_of(ti: Any) -> str:
    """What has come of an attempt, as people say it."""
    names = {"success": "success", "up_for_retry": "retrying"}
    return names.get(ti.state, "failed")


def error_in(context: Mapping[str, Any]) -> str:
    """Why an attempt failed, in one line that gives no password away."""
    error = context.get("exception")
    if error is None:
        return ""
    if isinstance(error, (AirflowTaskTimeout, AirflowSensorTimeout)):
        return "timed out"
    words = str(redact(str(error))).strip().partition("\n")[0]
    text = words if isinstance(error, str) else f"{type(error).__name__}: {words}"
    text = re.sub(r"//\S*@", "//***@", text)
    return text if len(text) <= 200 else f"{text[:199]}…"


def failed_tasks(context: Mapping[str, Any]) -> set[str]:
    """The ids of the tasks that failed in a run."""
    return {ti.task_id for ti in context["dag_run"].get_task_instances(state="failed")}


def default_message(event: Mapping[str, str]) -> str:
    """What is told where an alert has no message."""
    what = f"{event['task']} {event['state']}".lstrip()
    return f"{event['pipeline']}: {what}"


def with_message(
    event: Mapping[str, str], message: str | None = None
) -> dict[str, str]:
    """The event with its message, which says the state where there is none."""
    default = default_message(event)
    return {**event, "message": default if message is None else message}
