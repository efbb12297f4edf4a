"""A statement on PostgreSQL gets its task's timeout on the server too.

Its driver waits for the answer where no signal of Python's gets through; and what a task has left
running there would go on, with its locks, while the next attempt waits for them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions.tree import Text
from dagglot.ir.model import Pipeline, SqlBody, Task


def sql_timeouts(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The transactions of tasks with a timeout begin with it."""
    types = {one.name: one.type for one in pipeline.connections}
    tasks = tuple(
        _bounded(task, task.body, task.timeout)
        if isinstance(task.body, SqlBody)
        and task.timeout is not None
        and types.get(task.body.connection) == "postgres"
        else task
        for task in pipeline.tasks
    )
    return (pipeline if tasks == pipeline.tasks else replace(pipeline, tasks=tasks)), ()


def _bounded(task: Task, body: SqlBody, timeout: timedelta) -> Task:
    milliseconds = max(timeout // timedelta(milliseconds=1), 1)
    whole, rest = divmod(milliseconds, 1000)
    said = f"{milliseconds}ms" if rest else f"{whole}s"
    first = f"set local statement_timeout = '{said}';\n"
    match body.sql:
        case Text(parts):
            sql: str | Text = Text((first, *parts))
        case _:
            sql = f"{first}{body.sql}"
    return replace(task, body=replace(body, sql=sql))
