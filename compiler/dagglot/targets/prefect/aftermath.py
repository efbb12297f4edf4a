"""What a Prefect server keeps of a deployment that is not what it was.

``prefect deploy`` updates what stands in the file, and deletes nothing else.
Source: `prefect/server/models/deployments.py`, `prefect/cli/deploy/_core.py`.
"""

from __future__ import annotations

from dagglot.ir.model import Pipeline
from dagglot.targets.base import Aftermath, Event


def aftermath(event: Event, before: Pipeline, after: Pipeline) -> Aftermath | None:  # noqa: ARG001
    """None where `prefect deploy` is all there is to it."""
    fires = before.schedule.is_set and before.schedule.enabled
    delete = f"prefect deployment delete '{before.id}/{before.id}'"
    match event:
        case Event.REMOVED if fires:
            return Aftermath(
                "`prefect deploy` deletes no deployment: it makes runs until it is deleted",
                "breaking",
                (delete,),
            )
        case Event.REMOVED:
            return Aftermath(
                "`prefect deploy` deletes no deployment: it stays until it is deleted",
                commands=(delete,),
            )
        case Event.RENAMED if fires:
            return Aftermath(
                f"`prefect deploy` makes a second deployment: `{before.id}` goes on making runs "
                "beside it until it is deleted",
                "breaking",
                (delete,),
            )
        case Event.RENAMED:
            return Aftermath(
                f"`prefect deploy` makes a second deployment beside `{before.id}`",
                commands=(delete,),
            )
        case Event.STOPPED:
            return Aftermath(
                "`prefect deploy` puts a schedule that is off in the place of the old one, and "
                "deletes its triggers: until then it goes on making runs"
            )
        case _:
            return None
