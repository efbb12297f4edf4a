"""A scenario for a real orchestrator: the pipeline with bodies that act it out.

Edges, rules, gates, branches, maps, attempts and timeouts stay what they are; the work of each task
is replaced by a call of a small module of Python that fails, skips or returns as the scenario
says. So what a real run ends in can be held against `simulate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from dagglot.expressions import tree, types
from dagglot.ir import flow
from dagglot.ir.model import (
    BranchBody,
    GateBody,
    NoopBody,
    Pipeline,
    PythonBody,
    Schedule,
    Task,
    Value,
)
from dagglot.ir.task_values import body_values
from dagglot.semantics.scenario import UNKNOWN, Given, Outcome
from dagglot.semantics.simulate import simulate
from dagglot.semantics.states import State

MODULE: Final = "dagglot_replay"
SOURCE: Final = '''\
"""Acts out a scenario: each task fails, skips or returns as its plan says."""


class SkipTask(Exception):
    """The task skips itself."""


def act(plan, attempt, index=None, reads=None):
    outcome = plan.get(str(index), plan["each"])
    if outcome["skips"]:
        raise SkipTask("as the scenario says")
    if outcome["failures"] is None or attempt <= outcome["failures"]:
        raise RuntimeError("as the scenario says")
    return outcome["output"]
'''
"""The user's module of a replayed pipeline: nothing of dagglot, nothing of an orchestrator."""


def replayed(pipeline: Pipeline, given: Given, id: str) -> Pipeline:
    """The pipeline under another id, with bodies that act the scenario out, to be run by hand.

    Waits between attempts are left out, and so is what tells somebody; no data set is made, nor is
    a task generated as one. Raises `UnansweredError` for a scenario that `simulate` cannot answer.
    """
    given = _decided(pipeline, given)
    return replace(
        pipeline,
        id=id,
        schedule=Schedule(timezone=pipeline.schedule.timezone),
        on_failure=(),
        on_success=(),
        deadline=None,
        alerts=(),
        assets=(),
        options={
            target: {key: value for key, value in said.items() if key != "style"}
            for target, said in pipeline.options.items()
        },
        tests=(),
        tasks=tuple(_task(task, pipeline, given) for task in pipeline.tasks),
    )


def _decided(pipeline: Pipeline, given: Given) -> Given:
    """A gate or a branch that is scripted for some elements says for the others what it would have
    said by itself: one body acts for all of them."""
    scripted = {id for id, index in given.outcomes if index is not None}
    outcomes = dict(given.outcomes)
    for one in simulate(pipeline, given).instances:
        body = pipeline.task(one.task).body
        if one.task in scripted and isinstance(body, GateBody | BranchBody):
            if one.state is State.SUCCESS:
                outcomes[one.task, one.index] = Outcome(
                    failures=one.attempts - 1, output=one.output
                )
            elif one.state is State.FAILED:
                outcomes[one.task, one.index] = Outcome(State.FAILED)
    return replace(given, outcomes=outcomes)


def _task(task: Task, pipeline: Pipeline, given: Given) -> Task:
    retries = replace(task.retries, delay=timedelta(0), max_delay=None, jitter=None)
    quiet = replace(
        task,
        retries=retries,
        env={},
        pool=None,
        consumes=(),
        produces=(),
        on_failure=(),
        on_success=(),
        on_retry=(),
    )
    scripted = [outcome for (id, _), outcome in given.outcomes.items() if id == task.id]
    match task.body:
        case NoopBody() if not scripted:
            return quiet
        case GateBody() as gate:
            if gate.call is None and not scripted:
                return quiet
            body = replace(gate, condition=None, call=_actor(task, pipeline, given, True))
            return replace(quiet, body=body)
        case BranchBody() as branch:
            if branch.call is None and not scripted:
                return quiet
            chooses = replace(
                branch, cases=(), otherwise=(), call=_actor(task, pipeline, given, [])
            )
            return replace(quiet, body=chooses)
        case _:
            return replace(quiet, body=_actor(task, pipeline, given, None))


def _actor(task: Task, pipeline: Pipeline, given: Given, otherwise: object) -> PythonBody:
    """A call of the module, told how each instance ends; it reads what the body reads."""
    plan: dict[str, Value] = {"each": _plan(given.outcome(task.id, None) or Outcome(), otherwise)}
    for (id, index), outcome in given.outcomes.items():
        if id == task.id and index is not None:
            plan[str(index)] = _plan(outcome, otherwise)
    args: dict[str, Value] = {"plan": plan, "attempt": tree.RunField("attempt", types.INTEGER)}
    if flow.is_mapped(pipeline, task):
        args["index"] = tree.ItemIndex()
    reads = tuple(_reads(task, pipeline, given))
    if reads:
        args["reads"] = reads
    skips = any(
        outcome.state is State.SKIPPED
        for (id, _), outcome in given.outcomes.items()
        if id == task.id
    )
    skip_on = f"{MODULE}:SkipTask" if skips else None
    return PythonBody(module=MODULE, function="act", args=args, skip_on=skip_on)


def _plan(outcome: Outcome, otherwise: object) -> Value:
    output = otherwise if outcome.output is UNKNOWN else outcome.output
    return {
        "skips": outcome.state is State.SKIPPED,
        "failures": None if outcome.state is State.FAILED else outcome.failures,
        "output": _frozen(output),
    }


def _reads(task: Task, pipeline: Pipeline, given: Given) -> Iterator[Value]:
    """The values of the body that the scenario knows: they are worked out in the real run too."""
    for value in (*(value for value, _ in body_values(task)), *task.env.values()):
        leaves = list(tree.references(value))
        if leaves and all(_is_known(leaf, pipeline, given) for leaf in leaves):
            yield value


def _is_known(leaf: object, pipeline: Pipeline, given: Given) -> bool:
    match leaf:
        case tree.TaskOutput(task=id):
            body = pipeline.task(id).body
            outcome = given.outcome(id, None)
            return (
                isinstance(body, NoopBody | GateBody | BranchBody)
                or (outcome is not None and outcome.output is not UNKNOWN)
                or (outcome is not None and outcome.state is not State.SUCCESS)
            )
        case tree.Param() | tree.Params() | tree.Item() | tree.ItemIndex():
            return True
        case _:
            return False


def _frozen(value: object) -> Value:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {str(key): _frozen(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"no JSON: {value!r}")
