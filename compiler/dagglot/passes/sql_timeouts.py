"""A statement on PostgreSQL gets its task's timeout on the server too.

Its driver waits for the answer where no signal of Python's gets through; and what a task has left
running there would go on, with its locks, while the next attempt waits for them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions.tree import Text
from dagglot.ir.model import CheckBody, Pipeline, SqlBody, Task


def sql_timeouts(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The transactions of tasks with a timeout begin with it."""
    types = {one.name: one.type for one in pipeline.connections}
    tasks = tuple(
        _bounded(task, sql, task.timeout)
        if task.timeout is not None
        and (sql := _sql(task)) is not None
        and types.get(sql.connection) == "postgres"
        else task
        for task in pipeline.tasks
    )
    return (pipeline if tasks == pipeline.tasks else replace(pipeline, tasks=tasks)), ()


def _sql(task: Task) -> SqlBody | None:
    body = task.body.look if isinstance(task.body, CheckBody) else task.body
    return body if isinstance(body, SqlBody) else None


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
    made = replace(body, sql=sql)
    if isinstance(task.body, CheckBody):
        return replace(task, body=replace(task.body, look=made))
    return replace(task, body=made)
