"""What Dagster keeps of a job that is not what it was."""

from __future__ import annotations

from dagglot.ir.model import Pipeline
from dagglot.targets.base import Aftermath, Event
from dagglot.targets.dagster.names import job_name, schedule_name, sensor_name


def aftermath(event: Event, before: Pipeline, after: Pipeline) -> Aftermath | None:
    """None where the new code location is all there is to it."""
    match event:
        case Event.REMOVED:
            return Aftermath(
                "its runs stay under the old name; what ran from its schedule stops when the code "
                "location is reloaded"
            )
        case Event.RENAMED:
            return Aftermath(
                f"the runs stay with the job `{job_name(before)}`; the new one is on, also where "
                "somebody had switched the old one off in the UI"
            )
        case Event.TASK_RENAMED:
            return Aftermath(
                "a run of the past cannot be re-executed from this step: it knows the old one"
            )
        case Event.STOPPED if after.schedule.is_set:  # it is there, and off
            kind, name = ("schedule", schedule_name(job_name(after)))
            if after.schedule.on_assets is not None:
                kind, name = ("sensor", sensor_name(job_name(after)))
            return Aftermath(
                f"a {kind} that somebody has once switched on in the UI stays on: the code only "
                "says how it begins",
                "undecidable",
                (f"dagster {kind} stop {name}",),
            )
        case _:
            return None
