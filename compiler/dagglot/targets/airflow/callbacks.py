"""Who is told when a run or a task has ended, is tried again, or is late: Airflow's callbacks.

Each alert is one function of the DAG file, which Airflow calls with a context, whatever has
happened: of a task, of the run, of the deadline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from dagglot import pycode
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions import tree
from dagglot.expressions.tree import references
from dagglot.frozen import dataclass
from dagglot.ir import events
from dagglot.ir.model import Alert, Deadline, NoopBody, Pipeline, Task
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import messages
from dagglot.targets.airflow.functions import CONTEXT_ORDER, Function
from dagglot.targets.airflow.kinds import is_function
from dagglot.targets.airflow.names import RESERVED, FileNames
from dagglot.targets.airflow.steps import Woven
from dagglot.targets.airflow.view import AlertFunction
from dagglot.targets.airflow.watching import WATCHER, WATCHER_AGAIN

if TYPE_CHECKING:
    from dagglot.targets.airflow.lower import File

ARGUMENTS: Final = {
    "failed": "on_failure_callback",
    "retrying": "on_retry_callback",
    "success": "on_success_callback",
}
"""The arguments of DAGs and operators, by the state that they tell of."""


def functions(pipeline: Pipeline, names: FileNames) -> dict[str, str]:
    """What the functions of the alerts are called that a callback tells, by the alerts' names."""
    made: dict[str, str] = {}
    used = {*RESERVED, *names.imported, *names.assets.values()}
    used |= {*names.functions.values(), *names.variables.values()}
    for alert in called(pipeline):
        made[alert.name] = pycode.identifier(f"tell_{alert.name}", used)
        used.add(made[alert.name])
    return made


def called(pipeline: Pipeline) -> tuple[Alert, ...]:
    """The alerts that a callback tells, in the order of their declaration."""
    if not pipeline.alerts:
        return ()
    told = (
        *events.of_run(pipeline),
        *(one for task in pipeline.tasks for one in of_task(pipeline, task)),
    )
    names = {alert.name for one in told for alert in one.alerts}
    return tuple(alert for alert in pipeline.alerts if alert.name in names)


def of_task(pipeline: Pipeline, task: Task) -> Iterator[events.Told]:
    """The events of a task that can come: an EmptyOperator never fails."""
    never = isinstance(task.body, NoopBody) and not is_function(task)
    for told in events.of_task(pipeline, task):
        if told.state == "success" or not never:
            yield told


def refusals(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    """What an alert asks of a context that does not have it."""
    late = {name for told in events.of_run(pipeline) if told.state == "late" for name in _of(told)}
    run = {name for told in events.of_run(pipeline) for name in _of(told)}
    for alert in pipeline.alerts:
        leaves = references(alert.settings)
        if alert.name in late and any(isinstance(leaf, _OF_A_RUN) for leaf in leaves):
            yield codes.UNSUPPORTED.at(
                alert.span,
                target=title,
                feature="what only the run knows, in the alert of a deadline",
                reason="Airflow calls it without the params and the times of the run: an alert of "
                "its own may have `event.…`, secrets and connections",
            )
        elif alert.name in run and any(
            isinstance(leaf, tree.RunField) and leaf.name == "attempt" for leaf in leaves
        ):
            yield codes.UNSUPPORTED.at(
                alert.span,
                target=title,
                feature="`run.attempt` in an alert of the run",
                reason="only tasks have attempts",
            )


def _of(told: events.Told) -> Iterator[str]:
    return (alert.name for alert in told.alerts)


_OF_A_RUN: Final = (tree.Param, tree.Params, tree.RunField, tree.PartitionField)


def of_step(woven: Woven, step: Task) -> Iterator[events.Told]:
    """What a step tells in the stead of the task whose list it makes."""
    for task in woven.pipeline.tasks:
        if task.on_failure and woven.items.get(task.id) == step.id:
            yield from (one for one in of_task(woven.pipeline, task) if one.state == "failed")


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The callbacks of one file; ``names`` are its functions by the alerts' names."""

    file: File
    names: dict[str, str]

    def of_task(self, task: Task) -> dict[str, object]:
        """Arguments of the task's operator."""
        found: dict[str, object] = {}
        if task.id in self.file.woven.steps:
            return self.of_step(task)
        for told in of_task(self.file.pipeline, task):
            callbacks = self.listed(told.alerts)
            if told.state == "success" and self.file.version == "2.11":
                callbacks = [Call(self.file.helper("unless_skipped"), tuple(callbacks))]
            found[ARGUMENTS[told.state]] = _alone(callbacks)
        return found

    def of_step(self, step: Task) -> dict[str, object]:
        """Where there is no list, the step that makes it fails in the stead of the mapped task."""
        for told in of_step(self.file.woven, step):
            return {ARGUMENTS[told.state]: _alone(self.listed(told.alerts))}
        return {}

    def of_run(self) -> dict[str, object]:
        """Arguments of the DAG."""
        found: dict[str, object] = {}
        pipeline = self.file.pipeline
        for told in events.of_run(pipeline):
            if told.state == "late" and pipeline.deadline is not None:
                found = {"deadline": self.deadline(pipeline.deadline, told.alerts), **found}
            else:
                found[ARGUMENTS[told.state]] = _alone(self.listed(told.alerts))
        return found

    def listed(self, alerts: Sequence[Alert]) -> list[object]:
        return [Code(self.names[alert.name]) for alert in alerts]

    def deadline(self, deadline: Deadline, alerts: Sequence[Alert]) -> object:
        airflow = self.file.airflow
        counted = reference_of(deadline, self.file.pipeline)
        reference = f"{airflow('DeadlineReference')}.{counted}"
        interval = self.file.duration(deadline.after)
        made: list[object] = []
        for callback in self.listed(alerts):
            arguments = (
                ("reference", Code(reference)),
                ("interval", interval),
                ("callback", Call(airflow("SyncCallback"), (callback,))),
            )
            made.append(Call(airflow("DeadlineAlert"), (), arguments))
        return _alone(made)

    # --- the functions ----------------------------------------------------------------------

    def written(self) -> Iterator[AlertFunction]:
        for alert in self.file.pipeline.alerts:
            if alert.name in self.names:
                yield self.function(alert)

    def function(self, alert: Alert) -> AlertFunction:
        made = Function(self.file, Task(id=alert.name, body=NoopBody()), 0, hook=True)
        leaves = list(references(alert.settings))
        if any(isinstance(leaf, tree.Params) for leaf in leaves):
            made.whole = True
            made.context["params"] = None
        event = self.event()
        made.statements.append(pycode.assignment("event", event, made.inner))
        call = messages.call(made, alert, given=False)
        if alert.type == "email" and not alert.settings.get("subject"):
            told = Call(self.file.helper("default_message"), (Code("event"),))
            subject = ("subject", Code(pycode.literal(told)))
            call = Call(call.function, call.args, _inserted(call.kwargs, subject))
        made.statements.append(pycode.layout(call, made.inner))
        decorators = (self.file.helper("exit_fails"),) if alert.type == "python" else ()
        before, after = made.finished()
        unpacked = [
            Code(f'{name} = context["{name}"]') for name in CONTEXT_ORDER if name in made.context
        ]
        return AlertFunction(
            decorators=decorators,
            signature=Code(f"{self.names[alert.name]}(context)"),
            imported=made.imports.blocks(),
            statements=(*unpacked, *before, *after),
        )

    def event(self) -> Call:
        whose = tuple(self.whose())
        if self.shared:
            return Call("this_event", (Code("context"),))
        return Call(self.file.helper("event_in"), (Code("context"),), whose)

    @property
    def shared(self) -> bool:
        """Whether several functions would say the same of steps."""
        return len(self.names) > 1 and any(name == "steps" for name, _ in self.whose())

    def this_event(self) -> Code | None:
        """What is the same for all functions, where it is more than a name."""
        if not self.shared:
            return None
        made = Call(
            self.file.airflow("partial"), (self.file.helper("event_in"),), tuple(self.whose())
        )
        return pycode.assignment("this_event", made, 0)

    def whose(self) -> Iterator[tuple[str, object]]:
        """The owner of the run, and what the steps are: what a context does not know."""
        if self.file.pipeline.owner:
            yield "owner", self.file.pipeline.owner
        steps = dict(self.steps())
        if steps:
            yield "steps", steps

    def steps(self) -> Iterator[tuple[str, str]]:
        """The steps that may fail, and the task or the group that each is a part of."""
        pipeline, woven = self.file.pipeline, self.file.woven
        parts = {step: id for id, step in (*woven.entries.items(), *woven.items.items())}
        for task in pipeline.tasks:
            if task.id not in woven.steps:
                continue
            fails = _is_watcher(task) or is_function(task)
            if fails and (pipeline.on_failure or self.of_step(task)):
                yield task.id, parts.get(task.id, "")


def reference_of(deadline: Deadline, pipeline: Pipeline) -> str:
    """What a deadline counts from. Runs by hand and by assets have no logical date."""
    schedule = pipeline.schedule
    timed = schedule.cron is not None or schedule.every is not None
    if deadline.from_ == "scheduled" and timed and schedule.enabled:
        return "DAGRUN_LOGICAL_DATE"
    return "DAGRUN_QUEUED_AT"


def _is_watcher(task: Task) -> bool:
    return getattr(task.body, "kind", None) in (WATCHER, WATCHER_AGAIN)


def _alone(made: list[object]) -> object:
    return made[0] if len(made) == 1 else made


def _inserted(
    keywords: tuple[tuple[str, object], ...], one: tuple[str, object]
) -> tuple[tuple[str, object], ...]:
    """Behind the message, before the connection."""
    at = next((n for n, (name, _) in enumerate(keywords) if name == "conn_id"), len(keywords))
    return (*keywords[:at], one, *keywords[at:])
