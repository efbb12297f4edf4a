"""When the tasks of a flow run, and how the flow run ends.

Prefect runs a task when all tasks upstream completed; `submit` knows other rules too.
What does not run is shown as Skipped or, because of a failure upstream, as Prefect's
own NotReady.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from prefect import State, Task
from prefect.client.schemas.objects import StateType
from prefect.exceptions import UpstreamTaskError
from prefect.futures import PrefectFuture, PrefectTaskRunFuture
from prefect.states import Completed
from prefect.utilities.annotations import quote
from pydantic import PrivateAttr

SUCCESS = "success"
FAILED = "failed"
SKIPPED = "skipped"
UPSTREAM_FAILED = "upstream_failed"


class PipelineFailed(Exception):
    """Tasks failed that decide how the flow run ends."""


class Ended(State[Any]):
    """A completed state that may have None for a result."""

    _output: Any = PrivateAttr()

    def result(self, *args: Any, **kwargs: Any) -> Any:
        return self._output


class Outcome(PrefectTaskRunFuture[Any]):
    """How a task ends, in whatever way: what the tasks downstream wait for and read.

    To Prefect it always completes, with the task's output, or with None if it has none.
    """

    def __init__(self, name: str, future: PrefectFuture[Any], terms: Terms) -> None:
        super().__init__(future.task_run_id)
        self.name = name
        self.future = future
        self.terms = terms
        self.ended: Ended | None = None

    @property
    def status(self) -> str:
        """The final status; waits for it."""
        try:
            self.future.wait()
        except Exception:  # Prefect shows the task as Crashed
            return FAILED
        state = self.future.state
        if state.is_completed():
            return SKIPPED if state.name == "Skipped" else SUCCESS
        return UPSTREAM_FAILED if state.is_pending() else FAILED

    @property
    def output(self) -> Any:
        return self.future.result() if self.status == SUCCESS else None

    @property
    def state(self) -> State[Any]:
        if self.ended is None:
            ended = Ended(type=StateType.COMPLETED)
            ended._output = self.output
            self.ended = ended
        return self.ended

    def wait(self, timeout: float | None = None) -> None:
        _ = self.status

    def result(
        self, timeout: float | None = None, raise_on_failure: bool = True
    ) -> Any:
        return self.output

    def add_done_callback(self, fn: Callable[[PrefectFuture[Any]], None]) -> None:
        self.future.add_done_callback(fn)


@dataclass(frozen=True)
class Terms:
    """What a task waits for, and what then decides whether it runs."""

    upstream: list[Outcome]
    rule: str
    set_ups: list[Outcome]
    allow_failure: bool

    @property
    def is_ignored(self) -> bool:
        """Whether a failure of the task does not fail the flow run."""
        return self.allow_failure or bool(self.set_ups)

    def refusal(self) -> tuple[str, str] | None:
        """The status of a task that does not run, and why; waits for all upstream."""
        for one in self.upstream:
            one.wait()
        rule = "one_success" if self.set_ups else self.rule
        statuses = [one.status for one in self.set_ups or self.upstream]
        status = decide(rule, statuses) if statuses else None
        if status is None:
            return None
        seen = ", ".join(f"{count} {one}" for one, count in Counter(statuses).items())
        return status, f"not run: trigger rule {rule}, upstream {seen}"


def decide(rule: str, statuses: Sequence[str]) -> str | None:
    """The status of a task below tasks with these; None if it runs."""
    seen = Counter(statuses)
    bad = seen[FAILED] + seen[UPSTREAM_FAILED]
    match rule:
        case "all_success" if bad:
            return UPSTREAM_FAILED
        case "all_success" if seen[SKIPPED]:
            return SKIPPED
    return None


class Decision(Outcome):
    """What Prefect waits for last, in the thread of a task: whether it runs."""

    skipped = ""

    def __init__(self, terms: Terms) -> None:
        last = terms.upstream[-1]
        super().__init__(last.name, last.future, terms)

    def wait(self, timeout: float | None = None) -> None:
        match self.terms.refusal():
            case "upstream_failed", why:
                raise UpstreamTaskError(why)
            case "skipped", why:
                self.skipped = why


def submit(
    task: Task[Any, Any],
    *args: Any,
    after: Sequence[Outcome] = (),
    rule: str = "all_success",
    teardown_of: Sequence[Outcome] = (),
    allow_failure: bool = False,
) -> Outcome:
    """Submit a task that runs by its rule when all in `args` and `after` have ended.

    A teardown runs if one of the tasks that it cleans up after succeeded; how it ends,
    and a failure that is allowed, does not decide how the flow run ends.
    """
    upstream = _outcomes([*args, *after, *teardown_of])
    set_ups = _outcomes(teardown_of)
    terms = Terms(upstream, rule, set_ups, allow_failure)
    return _submitted(task.name, task, args, terms)


def finish(tasks: Iterable[Outcome]) -> None:
    """Wait for the tasks; fail the flow run if one failed, unless that is allowed.

    It raises: a flow that returns Failed is not retried, and never ends.
    """
    names = [
        one.name
        for one in _outcomes(tasks)
        if one.status == FAILED and not one.terms.is_ignored
    ]
    if names:
        raise PipelineFailed(f"failed: {', '.join(names)}")


def _submitted(
    name: str,
    task: Task[Any, Any],
    args: Sequence[Any],
    terms: Terms,
) -> Outcome:
    """Submit the task with a body that ends as Skipped where its terms say so."""
    body = task.fn
    decision = Decision(terms) if terms.upstream else None

    @wraps(body)
    def run(*args: Any, **kwargs: Any) -> Any:
        if decision is not None and decision.skipped:
            return Completed(name="Skipped", message=decision.skipped)
        try:
            return body(*args, **kwargs)
        except SystemExit as error:  # to Prefect the whole flow run would crash
            raise RuntimeError(f"SystemExit: {error}") from error

    task = task.with_options()
    task.fn = run
    wait_for = [*terms.upstream, decision] if decision is not None else None
    future = task.submit(*map(_argument, args), wait_for=wait_for)
    return Outcome(name, future, terms)


def _argument(value: Any) -> Any:
    """The futures in an argument; Prefect must not take a value for some task's result."""
    return value if isinstance(value, Outcome) else quote(value)


def _outcomes(values: Iterable[Any]) -> list[Outcome]:
    """The tasks among some values, each once."""
    found: dict[Outcome, None] = {}
    for value in values:
        if isinstance(value, Outcome):
            found[value] = None
    return list(found)
