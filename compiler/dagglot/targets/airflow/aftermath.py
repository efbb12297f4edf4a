"""What Airflow keeps of a DAG that is not what it was."""

from __future__ import annotations

from dagglot.ir.model import Pipeline
from dagglot.targets.base import Aftermath, Event


def aftermath(event: Event, before: Pipeline, after: Pipeline) -> Aftermath | None:  # noqa: ARG001
    """None where the new file is all there is to it."""
    delete = f"airflow dags delete {before.id}"
    match event:
        case Event.REMOVED:
            return Aftermath(
                "stops when its file is gone; its history stays until it is deleted",
                commands=(delete,),
            )
        case Event.RENAMED:
            return Aftermath(
                f"`{before.id}` stops when its file is gone, and keeps the history; the new id is "
                "not paused, also where the old one was",
                commands=(delete,),
            )
        case Event.TASK_RENAMED:
            return Aftermath(
                "the grid shows the old id no more; a run of the past that is cleared runs the new "
                "one as if it had never run"
            )
        case Event.STOPPED:
            return None
