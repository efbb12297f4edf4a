"""Notifications: what is sent to whom, from within an op or when something has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dagglot import pycode
from dagglot.expressions.tree import EventField, Text
from dagglot.ir.expand import thaw
from dagglot.ir.model import Alert, NotifyBody, Pipeline, Task
from dagglot.pycode import INDENT, LINE_LENGTH, Call, Code
from dagglot.targets.dagster import connections
from dagglot.targets.dagster.connections import PACKAGES
from dagglot.targets.dagster.names import FileNames
from dagglot.targets.dagster.scope import OpBody, Scope, call_of

_NO_SERVER = "smtp_uri"
"""What names the server of mails whose alert names no connection."""


_SECONDS: Final = 30
"""How long is waited for who is told of an end: the run, or the sensors, wait meanwhile."""


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
        message = alert.settings.get("message") if body.message is None else body.message
        if message is None:
            message = _of_event("pipeline", ": ", "task", " ", "state")
        text = scope.text(message)
        whole = Code("{**event, " + f'"message": {text}' + "}")
        call = _told(alert, text, whole, scope)
        scope.made.statements.append(pycode.layout(call, INDENT))


def told_of_end(alert: Alert, pipeline: Pipeline, names: FileNames) -> OpBody:
    """The body of a function that is given an event, whose message is told without another."""
    scope = _OfEvent(pipeline, names, (), dict(alert.settings))
    message = alert.settings.get("message")
    text, whole = Code('event["message"]'), Code("event")
    if message is not None:
        scope.made.statements.append(_assigned("message", scope.text(message)))
        text, whole = Code("message"), Code('{**event, "message": message}')
    call = _told(alert, text, whole, scope)
    scope.made.statements.append(pycode.layout(call, INDENT))
    if scope.made.params:
        scope.made.context = True
        key = names.params_key
        given = Code(f"{names.params}(**event.config({pycode.literal(key)}))")
        scope.made.locals = {key: given, **scope.made.locals}
    return scope.collect()


def _assigned(name: str, value: Code) -> Code:
    """An assignment; what fits a line of its own only stands in parentheses."""
    flat = Code(f"{name} = {value}")
    fits = 2 * INDENT + pycode.width(value) <= LINE_LENGTH
    if "\n" in value or INDENT + pycode.width(flat) <= LINE_LENGTH or not fits:
        return flat
    pad = " " * INDENT
    return Code(f"{name} = (\n{pad * 2}{value}\n{pad})")


class _OfEvent(Scope):
    """What is known outside of ops: the event, and what lies in the environment."""

    def run(self, name: str) -> str:
        match name:
            case "id":
                return 'event["run_id"]'
            case "pipeline":
                return pycode.literal(self.pipeline.id)
            case _:
                self.made.context = True
                self.made.helpers.add(("runs", "run_time"))
                time = f"run_time(event, {pycode.literal(self.pipeline.schedule.timezone)})"
                return time if name == "time" else f"{time}.date()"

    def connection(self, name: str, field: str) -> str:
        found = pycode.literal(self.parts(name, {field})[field])
        return f"str({found})" if field == "port" else found

    def parts(self, name: str, asked: set[str]) -> dict[str, object]:
        """The fields of a connection: written, or read from the environment."""
        self.made.connections.setdefault(name, set()).update(asked)
        made: dict[str, object] = {}
        for one in connections.fields(connections.declared(self.pipeline, name), asked):
            value: object = one.value
            if one.variable:
                self.made.modules.add("os")
                value = Code(f'os.environ["{one.variable}"]')
            if one.name == "port":
                value = Code(f"int({value})") if one.variable else int(str(value))
            made[one.name] = value
        return made


def _told(alert: Alert, text: Code, whole: Code, scope: Scope) -> Call:
    get = alert.settings.get
    timeout = (("timeout", _SECONDS),) if isinstance(scope, _OfEvent) else ()
    match alert.type:
        case "slack":
            _posts(scope, "tell_slack")
            connection = get("connection")
            address = (
                Code(scope.connection(connection, "uri"))
                if isinstance(connection, str)
                else scope.text(get("webhook"))
            )
            channel = get("channel")
            more = (("channel", scope.text(channel)),) if channel is not None else ()
            return Call("tell_slack", (address, text), (*more, *timeout))
        case "email":
            subject = get("subject")
            to = get("to")
            about = _of_event("pipeline", ": ", "state") if subject is None else subject
            title = scope.text(about)
            if subject is None and isinstance(scope, _OfEvent):
                title = Code('event["message"]')
            keywords: tuple[tuple[str, object], ...] = (
                ("to", [scope.text(one) for one in (to if isinstance(to, tuple) else (to,))]),
                ("subject", title),
                ("body", text),
                *timeout,
            )
            return Call(f"{_server(get('connection'), scope)}.send", (), keywords)
        case "webhook":
            _posts(scope, "tell_webhook")
            headers = get("headers")
            made: dict[str, object] = {}
            if isinstance(headers, Mapping) and headers:
                made["headers"] = {name: scope.text(one) for name, one in headers.items()}
            more = (*made.items(), *timeout)
            return Call("tell_webhook", (scope.text(get("url")), whole), more)
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
    if isinstance(scope, _OfEvent):
        scope.made.flags |= {("alerts", "timeout"), ("http", "timeout")}
    scope.made.library |= {("http", "request"), ("values", "json_text")}
    scope.made.packages.update(PACKAGES["http"])


def _server(connection: object, scope: Scope) -> str:
    if isinstance(connection, str) and not isinstance(scope, _OfEvent):
        return scope.resource(connection)
    scope.made.helpers.add(("mail", "MailServer"))
    if not isinstance(scope, _OfEvent):
        return f"MailServer(uri={scope.secret(_NO_SERVER)})"
    scope.made.flags.add(("mail", "timeout"))
    if isinstance(connection, str):
        keywords = scope.parts(connection, {""})
        options = connections.declared(scope.pipeline, connection).settings.get("options")
        if options:
            keywords["options"] = thaw(options)
    else:
        keywords = {"uri": Code(scope.secret(_NO_SERVER))}
    server = Call("MailServer", (), tuple(keywords.items()))
    scope.made.statements.append(pycode.assignment("server", server, INDENT))
    return "server"


def _of_event(*parts: str) -> Text:
    """A text of fields of the event, and of what stands between them."""
    fields = ("pipeline", "task", "state")
    return Text(tuple(EventField(part) if part in fields else part for part in parts))
