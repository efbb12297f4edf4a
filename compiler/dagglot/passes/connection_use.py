"""Connections of a type that fits what they are used for, and parameters that SQL really has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.ir.connections import of_task
from dagglot.ir.kinds import CheckBody, HttpBody, HttpWait, SensorBody, SparkBody, SqlBody, SqlWait
from dagglot.ir.model import Alert, Pipeline, Task

DATABASES: Final = ("postgres", "mysql", "sqlite", "duckdb", "snowflake", "bigquery")
_FIT_ALERTS: Final[Mapping[str, str]] = {"slack": "slack", "email": "smtp"}


def connection_use(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline as it is; findings for connections of the wrong type, and for SQL parameters."""
    types = {one.name: one.type for one in pipeline.connections}
    found: list[Diagnostic] = []
    for task in pipeline.tasks:
        found.extend(_of_task(task, types))
    for alert in pipeline.alerts:
        found.extend(_of_alert(alert, types))
    return pipeline, tuple(found)


def _of_task(task: Task, types: Mapping[str, str]) -> Iterator[Diagnostic]:
    fit: tuple[str, ...] = DATABASES
    what = "SQL"
    match task.body:
        case (SqlBody() as body) | CheckBody(look=SqlBody() as body):
            yield from _parameters(task, body, "sql")
        case SensorBody(wait_for=SqlWait(query=body)):
            yield from _parameters(task, body, "wait_for")
        case HttpBody() | SensorBody(wait_for=HttpWait()):
            fit, what = ("http",), "an HTTP request"
        case SparkBody():
            fit, what = ("spark",), "Spark"
        case _:
            pass
    for name, key in of_task(task):
        if name in types and types[name] not in fit:
            yield codes.CONNECTION_TYPE.at(
                task.at(key),
                name=name,
                type=types[name],
                what=what,
                help="it takes one of type " + ", ".join(f"`{one}`" for one in fit),
            )


def _parameters(task: Task, body: SqlBody, key: str) -> Iterator[Diagnostic]:
    from dagglot.ir import sql_text  # most pipelines have no SQL

    used = sql_text.parameters(body.sql)
    place = task.at(key) if key in task.places else task.at("file")
    for name in used:
        if name not in body.parameters:
            yield codes.SQL_PARAMETER.at(
                place,
                message=f"the parameter `:{name}` in the SQL of task `{task.id}` has no value",
                help=did_you_mean(name, body.parameters) or f"add `{name}` to `parameters`",
            )
    for name in body.parameters:
        if name not in used:
            yield codes.SQL_PARAMETER.at(
                task.at("parameters"),
                message=f"the SQL of task `{task.id}` has no parameter `:{name}`",
                help=did_you_mean(name, used) or "remove it, or write it in the SQL",
            )
    if not sql_text.statements(body.sql):
        yield codes.SQL_PARAMETER.at(
            place, message=f"the SQL of task `{task.id}` has no statement", help=None
        )


def _of_alert(alert: Alert, types: Mapping[str, str]) -> Iterator[Diagnostic]:
    name = alert.settings.get("connection")
    wanted = _FIT_ALERTS.get(alert.type)
    if isinstance(name, str) and name in types and wanted and types[name] != wanted:
        yield codes.CONNECTION_TYPE.at(
            alert.span,
            name=name,
            type=types[name],
            what=f"an alert of type `{alert.type}`",
            help=f"it takes one of type `{wanted}`",
        )
