"""Whether somebody would notice: owners, alerts, endless waits, failures that are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.kinds import CheckBody, DurationWait, NotifyBody, SensorBody, UntilWait
from dagglot.ir.model import Pipeline, Task, TriggerRule
from dagglot.lint.texts import Look

_NEEDS_SUCCESS: Final = frozenset(
    {TriggerRule.ALL_SUCCESS, TriggerRule.NONE_FAILED, TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS}
)
"""Rules that do not let a task run below one that failed."""
_END_BY_THEMSELVES: Final = (DurationWait, UntilWait)


def watched(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:  # noqa: ARG001
    """Sensors without a timeout; schedules without owner or alert; failures that nobody sees."""
    for task in pipeline.tasks:
        body = task.body
        if (
            isinstance(body, SensorBody)
            and not isinstance(body.wait_for, _END_BY_THEMSELVES)
            and "timeout" not in task.places
        ):
            yield advice.SENSOR_TIMEOUT.at(task.span, task=task.id, help="add `timeout: 2h`")
    if pipeline.schedule.is_set:
        if not pipeline.owner and not all(task.owner for task in pipeline.tasks):
            yield advice.NO_OWNER.at(pipeline.span, pipeline=pipeline.id)
        if not (pipeline.on_failure or any(map(_tells, pipeline.tasks))):
            yield advice.NO_ALERT.at(pipeline.span, pipeline=pipeline.id)
    for task in pipeline.tasks:
        if isinstance(task.body, CheckBody):
            continue  # one that only warns is meant to
        if task.allow_failure and not task.on_failure and not _reacts(pipeline, task):
            yield advice.FAILURE_UNSEEN.at(task.at("allow_failure"), task=task.id)


def _tells(task: Task) -> bool:
    """Whether a failure of this task, or above it, is told."""
    tells = isinstance(task.body, NotifyBody) and task.trigger_rule not in _NEEDS_SUCCESS
    return tells or bool(task.on_failure)


def _reacts(pipeline: Pipeline, task: Task) -> bool:
    """Whether something below may run although the task failed."""
    return any(
        other.trigger_rule not in _NEEDS_SUCCESS and task.id in other.upstream
        for other in pipeline.tasks
    )
