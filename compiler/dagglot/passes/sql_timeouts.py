"""A statement on PostgreSQL gets its task's timeout on the server too.

Its driver waits for the answer where no signal of Python's gets through; and what a task has left
running there would go on, with its locks, while the next attempt waits for them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from operator import is_

from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions.tree import Text
from dagglot.ir.model import CheckBody, Pipeline, SqlBody, Task, changed


def sql_timeouts(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The transactions of tasks with a timeout begin with it."""
    types = {one.name: one.type for one in pipeline.connections}
    tasks = tuple(
        _with(task, _bounded(sql, task.timeout))
        if task.timeout is not None
        and (sql := _sql(task)) is not None
        and types.get(sql.connection) == "postgres"
        else task
        for task in pipeline.tasks
    )
    return (pipeline if tasks == pipeline.tasks else replace(pipeline, tasks=tasks)), ()


def as_written(pipeline: Pipeline) -> Pipeline:
    """The pipeline with its statements as they stand in the document, before this pass."""
    tasks = tuple(
        _with(task, _unbounded(sql, task.timeout))
        if task.timeout is not None and (sql := _sql(task)) is not None
        else task
        for task in pipeline.tasks
    )
    same = all(map(is_, tasks, pipeline.tasks))
    return pipeline if same else changed(pipeline, tasks=tasks)


def _sql(task: Task) -> SqlBody | None:
    body = task.body.look if isinstance(task.body, CheckBody) else task.body
    return body if isinstance(body, SqlBody) else None


def _bounded(body: SqlBody, timeout: timedelta) -> SqlBody:
    match body.sql:
        case Text(parts):
            return replace(body, sql=Text((_first(timeout), *parts)))
        case _:
            return replace(body, sql=f"{_first(timeout)}{body.sql}")


def _unbounded(body: SqlBody, timeout: timedelta) -> SqlBody:
    first = _first(timeout)
    match body.sql:
        case Text((str() as start, *parts)) if start == first:
            return replace(body, sql=Text(tuple(parts)))
        case str() as text if text.startswith(first):
            return replace(body, sql=text.removeprefix(first))
        case _:
            return body


def _first(timeout: timedelta) -> str:
    milliseconds = max(timeout // timedelta(milliseconds=1), 1)
    whole, rest = divmod(milliseconds, 1000)
    said = f"{milliseconds}ms" if rest else f"{whole}s"
    return f"set local statement_timeout = '{said}';\n"


def _with(task: Task, made: SqlBody) -> Task:
    """The task with this statement; the same one where it has it already."""
    if made is _sql(task):
        return task
    if isinstance(task.body, CheckBody):
        return replace(task, body=replace(task.body, look=made))
    return replace(task, body=made)
