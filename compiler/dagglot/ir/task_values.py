"""The values of a task in which expressions may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from dagglot.ir import kinds
from dagglot.ir.model import (
    ApprovalBody,
    BranchBody,
    CheckBody,
    ContainerBody,
    DbtBody,
    GateBody,
    HttpBody,
    NativeBody,
    NoopBody,
    NotebookBody,
    NotifyBody,
    OtherBody,
    PythonBody,
    SensorBody,
    ShellBody,
    SparkBody,
    SqlBody,
    Task,
    TriggerPipelineBody,
    Value,
)


def values_of(task: Task) -> Iterator[tuple[Value, str]]:
    """Every value of a task in which an expression may stand, with the key that holds it."""
    yield task.when, "when"
    if task.for_each is not None:
        yield task.for_each.items, "for_each"
    yield from ((value, "env") for value in task.env.values())
    yield from body_values(task)


def body_values(task: Task) -> Iterator[tuple[Value, str]]:
    """The values of a task's body, with the key that holds them."""
    match task.body:
        case PythonBody() as body:
            yield from _mapping(body.args, "args")
        case ShellBody() as body:
            yield body.run, "run"
        case SqlBody() as body:
            yield from _of_query(body)
        case GateBody() as body:
            yield body.condition, "if"
            if body.call is not None:
                yield from _mapping(body.call.args, "args")
        case BranchBody() as body:
            yield from ((case.condition, "cases") for case in body.cases)
            if body.call is not None:
                yield from _mapping(body.call.args, "args")
        case NativeBody() as body:
            for target, call in body.calls.items():
                yield from _mapping(call.args, target)
        case HttpBody() as body:
            yield from _of_request(body)
        case ContainerBody(command=command, args=args):
            yield from ((value, "command") for value in command)
            yield from ((value, "args") for value in args)
        case DbtBody() as body:
            yield from ((value, "select") for value in body.select)
            yield from _mapping(body.vars, "vars")
            yield from ((value, "args") for value in body.args)
        case NotebookBody() as body:
            yield body.path, "path"
            yield body.output_path, "output_path"
            yield from _mapping(body.parameters, "parameters")
        case SparkBody(args=args):
            yield from ((value, "args") for value in args)
        case SensorBody(wait_for=wait):
            yield from ((value, "wait_for") for value in _waited_for(wait))
        case TriggerPipelineBody() as body:
            yield from _mapping(body.params, "params")
            yield body.partition, "partition"
        case ApprovalBody(message=message) | NotifyBody(message=message):
            yield message, "message"
        case CheckBody(look=look):
            if isinstance(look, SqlBody):
                yield from _of_query(look)
            else:
                yield from _mapping(look.args, "args")
        case OtherBody() as body:
            for key, value in body.settings.items():
                yield value, key
        case NoopBody():
            return
        case _:
            assert_never(task.body)


def _of_query(body: SqlBody) -> Iterator[tuple[Value, str]]:
    yield body.sql, "sql"
    yield from _mapping(body.parameters, "parameters")


def _of_request(body: HttpBody) -> Iterator[tuple[Value, str]]:
    yield body.url, "url"
    yield body.path, "path"
    yield from _mapping(body.headers, "headers")
    yield from _mapping(body.query, "query")
    yield body.content, "json" if body.sends == "json" else "body"


def _waited_for(wait: kinds.Wait) -> Iterator[Value]:
    match wait:
        case kinds.FileWait(path=path):
            yield path
        case kinds.HttpWait(request=request):
            yield from (value for value, _ in _of_request(request))
        case kinds.SqlWait(query=query):
            yield query.sql
            yield from query.parameters.values()
        case kinds.CallWait(call=call):
            yield from call.args.values()
        case kinds.UntilWait(moment=moment):
            yield moment
        case kinds.DurationWait() | kinds.PipelineWait() | kinds.AssetWait():
            return
        case _:
            assert_never(wait)


def _mapping(values: Mapping[str, Value], key: str) -> Iterator[tuple[Value, str]]:
    for value in values.values():
        yield value, key
