"""Notifications: what is sent to whom, from within an op."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagglot import pycode
from dagglot.expressions.tree import EventField, Text
from dagglot.ir.model import Alert, NotifyBody, Pipeline, Task, Value
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.dagster.connections import PACKAGES
from dagglot.targets.dagster.scope import Scope, call_of

_NO_SERVER = "smtp_uri"
"""What names the server of mails whose alert names no connection."""


def told(body: NotifyBody, pipeline: Pipeline) -> list[Alert]:
    """The alerts that a task sends."""
    by_name = {alert.name: alert for alert in pipeline.alerts}
    return [by_name[name] for name in body.alerts]


def notify(body: NotifyBody, task: Task, pipeline: Pipeline, scope: Scope) -> None:
    """One call for each alert."""
    scope.made.context = True
    scope.made.helpers.add(("alerts", "event_of"))
    given: dict[str, object] = {"pipeline": pipeline.id, "task": task.id}
    owner = task.owner or pipeline.owner
    if owner:
        given["owner"] = owner
    event = Call("event_of", (Code("context"),), tuple(given.items()))
    scope.made.statements.append(Code(pycode.assignment("event", event, INDENT)))
    for alert in told(body, pipeline):
        call = _told(alert, body.message, scope)
        scope.made.statements.append(pycode.layout(call, INDENT))


def _told(alert: Alert, message: Value, scope: Scope) -> Call:
    get = alert.settings.get
    if message is None:
        message = get("message")
    if message is None:
        message = _of_event("pipeline", ": ", "task", " ", "state")
    text = scope.text(message)
    whole = Code("{**event, " + f'"message": {text}' + "}")
    match alert.type:
        case "slack":
            _posts(scope, "tell_slack")
            connection = get("connection")
            address = (
                Code(f"{scope.resource(connection, 'uri')}.uri")
                if isinstance(connection, str)
                else scope.text(get("webhook"))
            )
            channel = get("channel")
            more = (("channel", scope.text(channel)),) if channel is not None else ()
            return Call("tell_slack", (address, text), more)
        case "email":
            subject = get("subject")
            to = get("to")
            about = _of_event("pipeline", ": ", "state") if subject is None else subject
            keywords: tuple[tuple[str, object], ...] = (
                ("to", [scope.text(one) for one in (to if isinstance(to, tuple) else (to,))]),
                ("subject", scope.text(about)),
                ("body", text),
            )
            return Call(f"{_server(get('connection'), scope)}.send", (), keywords)
        case "webhook":
            _posts(scope, "tell_webhook")
            headers = get("headers")
            made: dict[str, object] = {}
            if isinstance(headers, Mapping) and headers:
                made["headers"] = {name: scope.text(one) for name, one in headers.items()}
            return Call("tell_webhook", (scope.text(get("url")), whole), tuple(made.items()))
        case _:
            scope.made.guarded = True
            module, _, name = str(get("call")).partition(":")
            args = get("args")
            arguments: dict[str, Any] = (
                {key: scope.data(one) for key, one in args.items()}
                if isinstance(args, Mapping)
                else {}
            )
            called = call_of(scope.function(module, name), arguments)
            return Call(called.function, (whole, *called.args), called.kwargs)


def _posts(scope: Scope, function: str) -> None:
    scope.made.helpers.add(("alerts", function))
    scope.made.library |= {("http", "request"), ("values", "json_text")}
    scope.made.packages.update(PACKAGES["http"])


def _server(connection: object, scope: Scope) -> str:
    if isinstance(connection, str):
        return scope.resource(connection)
    scope.made.helpers.add(("mail", "MailServer"))
    return f"MailServer(uri={scope.secret(_NO_SERVER)})"


def _of_event(*parts: str) -> Text:
    """A text of fields of the event, and of what stands between them."""
    fields = ("pipeline", "task", "state")
    return Text(tuple(EventField(part) if part in fields else part for part in parts))
