"""What people are told of a run, in the same words on every target.

An alert is told of an *event*: eight texts, none ever null. ``event.x`` in its ``message`` and
``subject`` reads the first seven.

=========  ==============================  ==============================  =======================
field      of a task                       of a run                        of a deadline
=========  ==============================  ==============================  =======================
pipeline   the pipeline's id               the same                        the same
task       the task's full id, without     empty                           empty
           the index of an instance
run_id     what ``run.id`` gives           the same                        the same
state      ``success``, ``failed``, or     ``success`` or ``failed``       ``late``
           ``retrying`` (`on_retry`);
           ``running`` in a `notify`
url        its page in the orchestrator,   the run's page, or empty        the run's page, or empty
           the run's, or empty
error      of ``failed``, ``retrying``:    of ``failed``: the ids of the   empty
           the exception's type and the    tasks that failed, ``a, b``,
           first line of its message;      sorted; ``timed out`` where
           ``timed out`` where a timeout   its `timeout` stopped it
           of the language ended it
owner      the task's, else the            the pipeline's, or empty        the same
           pipeline's, or empty
message    the alert's `message`; without  the same                        the same
           one ``pipeline: task state``,
           for a run ``pipeline: state``
=========  ==============================  ==============================  =======================

- A **webhook** is posted the event, one JSON object of these eight texts; ``slack`` is posted
  ``{"text": message}``, with ``channel`` where it has one; a **mail** has the message for its text
  and `subject`, else the default message in one line, for its subject (in a `notify` task
  ``pipeline: state``); **python** is called as ``f(event, **args)`` with the event as a dict.
- ``error`` is the exception's words, which may hold anything: what goes out is its first line, cut
  to `ERROR_LENGTH` characters, with what stands before the ``@`` of an address (a user, a password)
  replaced by ``***``. The default message never has it: who wants it writes ``${{ event.error }}``.
  It is empty where nobody knows: the process died, or the orchestrator does not say.
- Each alert of an event is told by itself: one that fails is logged, without its address, which is
  as a rule a secret, and keeps no other from being told. It is tried once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from dagglot.expressions.tree import EventField, Text
from dagglot.frozen import dataclass
from dagglot.ir.kinds import NotifyBody
from dagglot.ir.model import Alert, Pipeline, Task

ERROR_LENGTH: Final = 200
"""Characters of the exception's type and words that are told."""

TIMED_OUT: Final = "timed out"

State = Literal["success", "failed", "retrying", "late"]


@dataclass(frozen=True, slots=True)
class Told:
    """An event of which somebody is told; ``task`` None: an event of the run."""

    state: State
    alerts: tuple[Alert, ...]
    task: Task | None = None

    @property
    def message(self) -> Text:
        """The message where the alert has none."""
        return RUN_MESSAGE if self.task is None else TASK_MESSAGE


TASK_MESSAGE: Final = Text(
    (EventField("pipeline"), ": ", EventField("task"), " ", EventField("state"))
)
RUN_MESSAGE: Final = Text((EventField("pipeline"), ": ", EventField("state")))


def of_run(pipeline: Pipeline) -> Iterator[Told]:
    """The events of the run itself, its deadline last; who is named twice is told once."""
    late = () if pipeline.deadline is None else pipeline.deadline.alerts
    yield from _told(
        pipeline,
        {"failed": pipeline.on_failure, "success": pipeline.on_success, "late": late},
        None,
    )


def of_task(pipeline: Pipeline, task: Task) -> Iterator[Told]:
    """The events of a task."""
    names: dict[State, tuple[str, ...]] = {
        "failed": task.on_failure,
        "success": task.on_success,
        "retrying": task.on_retry if task.retries.count else (),
    }
    yield from _told(pipeline, names, task)


def of_all(pipeline: Pipeline) -> Iterator[Told]:
    """The events of the run, and of each task."""
    yield from of_run(pipeline)
    for task in pipeline.tasks:
        yield from of_task(pipeline, task)


def of_all_alerts(pipeline: Pipeline) -> tuple[Alert, ...]:
    """The alerts that are told of an event, in the order of their declaration."""
    if not pipeline.alerts:
        return ()
    names = {alert.name for event in of_all(pipeline) for alert in event.alerts}
    return tuple(alert for alert in pipeline.alerts if alert.name in names)


def _told(
    pipeline: Pipeline, names: dict[State, tuple[str, ...]], task: Task | None
) -> Iterator[Told]:
    if any(names.values()):
        by_name = {alert.name: alert for alert in pipeline.alerts}
        for state, asked in names.items():
            if asked:
                yield Told(state, tuple(by_name[name] for name in dict.fromkeys(asked)), task)


def told(pipeline: Pipeline) -> tuple[Alert, ...]:
    """The alerts that anything tells, `notify` tasks too, in the order of their declaration."""
    if not pipeline.alerts:
        return ()
    names = {alert.name for event in of_all(pipeline) for alert in event.alerts}
    for task in pipeline.tasks:
        if isinstance(task.body, NotifyBody):
            names |= set(task.body.alerts)
    return tuple(alert for alert in pipeline.alerts if alert.name in names)
