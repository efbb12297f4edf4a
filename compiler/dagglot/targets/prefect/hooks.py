"""Who is told what becomes of tasks and runs: hooks of Prefect's, and what it has no hook for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from dagglot import pycode
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions.tree import RunField, references
from dagglot.ir import events
from dagglot.ir.model import Alert, Deadline, NotifyBody, Pipeline, Task
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.prefect.body import seconds
from dagglot.targets.prefect.names import Naming


class File(Protocol):
    """The module that the hooks stand in."""

    @property
    def naming(self) -> Naming: ...

    def helper(self, module: str, name: str) -> str: ...


def of_task(pipeline: Pipeline, task: Task, condition: object, file: File) -> dict[str, object]:
    """The keywords of a task; `condition` is the one of its retries, where it has one."""
    made: dict[str, object] = {}
    owner = task.owner or pipeline.owner
    for event in events.of_task(pipeline, task):
        match event.state:
            case "retrying":
                keywords = _owner(owner)
                if condition is not None:
                    keywords = (*keywords, ("when", condition))
                functions = _functions(event, file)
                helper = file.helper("hooks", "tells_retries")
                condition = Call(helper, functions, keywords)
            case "failed":
                made["on_failure"] = [_tells(event, owner, file)]
            case _:
                made["on_completion"] = [_tells(event, owner, file)]
    return {"retry_condition_fn": condition, **made} if condition is not None else made


def of_flow(pipeline: Pipeline, file: File) -> dict[str, object]:
    """The keywords of the flow: a run whose process dies has failed too."""
    made: dict[str, object] = {}
    for event in events.of_run(pipeline):
        if event.state == "failed":
            made["on_failure"] = [_tells(event, pipeline.owner, file)]
            made["on_crashed"] = made["on_failure"]
        elif event.state == "success":
            made["on_completion"] = [_tells(event, pipeline.owner, file)]
    return made


def deadline(pipeline: Pipeline, given: Deadline, file: File) -> Code:
    """The statement that starts to watch the clock."""
    (event,) = (one for one in events.of_run(pipeline) if one.state == "late")
    keywords = (("after", seconds(given.after)), ("since", given.from_), *_owner(pipeline.owner))
    helper = file.helper("deadlines", "tell_when_late")
    return pycode.call(helper, _functions(event, file), keywords, INDENT)


def refusals(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    """What an alert would say that nobody knows where it is told."""
    told = {alert.name: alert for event in events.of_run(pipeline) for alert in event.alerts}
    for alert in told.values():
        leaves = references(dict(alert.settings))
        if any(isinstance(leaf, RunField) and leaf.name == "attempt" for leaf in leaves):
            yield codes.UNSUPPORTED.at(
                alert.span,
                target=title,
                feature="`run.attempt` in an alert of the run",
                reason="only tasks have attempts",
            )


def nobody(alert: Alert) -> Task:
    """A task in whose place the function of an alert stands."""
    return Task(id=alert.name, body=NotifyBody(alerts=()))


def _tells(event: events.Told, owner: str, file: File) -> Call:
    return Call(file.helper("hooks", "tells"), _functions(event, file), _owner(owner))


def _functions(event: events.Told, file: File) -> tuple[Code, ...]:
    return tuple(Code(file.naming.alerts[alert.name]) for alert in event.alerts)


def _owner(owner: str) -> tuple[tuple[str, object], ...]:
    return (("owner", owner),) if owner else ()
