"""HTTP requests as calls of generated helpers, for tasks and for sensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dagglot.expressions.emit_python import python_data, python_text
from dagglot.expressions.tree import NODES, Text
from dagglot.ir.model import HttpBody, Value
from dagglot.pycode import Call, Code

if TYPE_CHECKING:
    from dagglot.targets.airflow.functions import Function

PROVIDER: Final = "apache-airflow-providers-http"


def call(made: Function, body: HttpBody, waits: bool = False) -> Call:
    """The call that makes a request; with ``waits`` one that only looks whether it succeeds."""
    arguments: list[object] = []
    if body.connection:
        made.file.packages.add(PROVIDER)
        name = "look_at_path" if waits else "request_path"
        arguments += [body.connection, body.method, text(made, body.path)]
    else:
        made.file.packages.add("requests")
        name = "look_at_url" if waits else "request_url"
        arguments += [body.method, text(made, body.url)]
    keywords: list[tuple[str, object]] = []
    for key, values in (("query", body.query), ("headers", body.headers)):
        if values:
            keywords.append((key, python_data(dict(values), made.names, made.used)))
    if body.sends == "json":
        keywords.append(("json", python_data(body.content, made.names, made.used)))
    elif body.sends == "text":
        keywords.append(("text", text(made, body.content)))
    if body.status:
        keywords.append(("expect", list(body.status)))
    if body.output == "json" and not waits:
        keywords.append(("output", "json"))
    return Call(made.file.helper(name), tuple(arguments), tuple(keywords))


def text(made: Function, value: Value) -> Code:
    """A value as the text that it becomes."""
    if isinstance(value, (str, Text, *NODES)):
        return python_text(value, made.names, made.used)
    return Code(python_data(value, made.names, made.used))
