"""Which connections a pipeline uses, and where it names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dagglot.expressions.tree import ConnectionField, SecretRef, references
from dagglot.ir.kinds import CheckBody, HttpBody, HttpWait, SensorBody, SparkBody, SqlBody, SqlWait
from dagglot.ir.model import Alert, Connection, Pipeline, Task
from dagglot.ir.task_values import values_of

FILES: Final = frozenset({"sqlite", "duckdb"})
"""Types of connection whose database is a file."""


def used(pipeline: Pipeline) -> tuple[Connection, ...]:
    """The connections that something in the pipeline names, in the order of their declaration."""
    if not pipeline.connections:
        return ()

    names: set[str] = set()
    for task in pipeline.tasks:
        names.update(name for name, _ in of_task(task))
        for value, _ in values_of(task):
            names.update(
                leaf.name for leaf in references(value) if isinstance(leaf, ConnectionField)
            )
    for alert in pipeline.alerts:
        names.update(_of_alert(alert))
    return tuple(one for one in pipeline.connections if one.name in names)


def secrets(pipeline: Pipeline) -> Iterator[str]:
    """The secrets that the values of tasks name, each as often as it is named."""
    for task in pipeline.tasks:
        for value, _ in values_of(task):
            yield from (leaf.name for leaf in references(value) if isinstance(leaf, SecretRef))


def of_task(task: Task) -> Iterator[tuple[str, str]]:
    """The connections that a task's body names, with the key that does."""
    match task.body:
        case (
            SqlBody(connection=name)
            | CheckBody(look=SqlBody(connection=name))
            | HttpBody(connection=name)
            | SparkBody(connection=name)
        ) if name:
            yield name, "connection"
        case SensorBody(
            wait_for=HttpWait(request=HttpBody(connection=name))
            | SqlWait(query=SqlBody(connection=name))
        ) if name:
            yield name, "wait_for"
        case _:
            pass
    for index, check in enumerate(task.checks):
        if isinstance(check.look, SqlBody):
            yield check.look.connection, f"checks.{index}"


def _of_alert(alert: Alert) -> Iterator[str]:
    name = alert.settings.get("connection")
    if isinstance(name, str):
        yield name
