"""Which tasks are Python functions of the DAG file, and what those read."""

from __future__ import annotations

from dagglot.expressions.tree import TaskOutput, references
from dagglot.ir.kinds import PipelineWait
from dagglot.ir.model import (
    BranchBody,
    CheckBody,
    GateBody,
    HttpBody,
    NoopBody,
    NotifyBody,
    OtherBody,
    PythonBody,
    SensorBody,
    SqlBody,
    Task,
    Value,
)
from dagglot.ir.task_values import body_values
from dagglot.targets.airflow.watching import WATCHER_AGAIN


def is_function(task: Task) -> bool:
    """Whether a task is written as a TaskFlow function."""
    match task.body:
        case OtherBody(kind=kind) if kind == WATCHER_AGAIN:
            return False
        case PythonBody() | HttpBody() | NotifyBody() | GateBody() | BranchBody() | OtherBody():
            return True
        case CheckBody():
            return True
        case SensorBody(wait_for=wait):
            return not isinstance(wait, PipelineWait)
        case SqlBody() as body:
            from dagglot.targets.airflow import statements  # few pipelines have SQL

            return not statements.is_operator(body)
        case NoopBody():
            # Airflow marks an EmptyOperator as done without running it, hooks and all
            return task.when is not True
        case _:
            return False


def values_in(task: Task, hook: bool = False) -> list[Value]:
    """What is worked out in a task's function; a hook before the task asks its condition alone."""
    return [task.when, *([] if hook else (value for value, _ in body_values(task)))]


def reads(task: Task) -> tuple[str, ...]:
    """The tasks whose outputs the function of a task reads."""
    leaves = [leaf for value in values_in(task) for leaf in references(value)]
    return tuple(dict.fromkeys(leaf.task for leaf in leaves if isinstance(leaf, TaskOutput)))
