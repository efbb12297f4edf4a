"""Notifications: what is sent to whom, from within a task."""

from __future__ import annotations

from dagglot import pycode
from dagglot.expressions.tree import EventField, Text
from dagglot.ir.model import Alert, NotifyBody, Task, Value
from dagglot.pycode import INDENT, Call, Code, literal
from dagglot.targets.prefect.blocks import block_name
from dagglot.targets.prefect.body import PAD, Body, arguments, seconds
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.values import Values


def lower_notify(body: NotifyBody, task: Task, values: Values) -> Body:
    """One call for each alert."""
    own = Imports()
    owner = task.owner or values.pipeline.owner
    helper = values.call("this_event", "events")
    lines = [Code(f"{PAD}event = {pycode.call(helper, (), {'owner': owner}, INDENT, 'event = ')}")]
    by_name = {alert.name: alert for alert in values.pipeline.alerts}
    for name in body.alerts:
        call = _sent(by_name[name], body.message, task, values, own)
        lines.append(Code(PAD + pycode.layout(call, INDENT)))
    return Body(tuple(lines), Code("None"), own.blocks(INDENT))


def _sent(alert: Alert, message: Value, task: Task, values: Values, own: Imports) -> Call:
    if message is None:
        message = alert.settings.get("message")
    if message is None:
        message = _default("pipeline", ": ", "task", " ", "state")
    said = values.text(message)
    whole = Call("dict", (Code("event"),), (("message", said),))
    timeout: dict[str, object] = {}
    if task.timeout is not None:
        timeout["timeout"] = seconds(task.timeout)
    get = alert.settings.get
    match alert.type:
        case "slack":
            if get("channel"):
                timeout = {"channel": get("channel"), **timeout}
            args: tuple[object, ...] = (_address(alert, "webhook", values), said)
            return Call(values.call("send_slack", "chat"), args, tuple(timeout.items()))
        case "email":
            subject = get("subject")
            title = values.text(_default("pipeline", ": ", "state") if subject is None else subject)
            to = get("to")
            keywords = {
                "to": list(to) if isinstance(to, tuple) else [to],
                "subject": title,
                "body": said,
                **timeout,
            }
            server = _address(alert, "server", values)
            return Call(values.call("send_email", "mail"), (server,), tuple(keywords.items()))
        case "webhook":
            headers = get("headers")
            if isinstance(headers, dict) and headers:
                texts = {name: values.text(value) for name, value in headers.items()}
                timeout = {"headers": texts, **timeout}
            args = (_address(alert, "url", values), whole)
            return Call(values.call("post_event", "webhooks"), args, tuple(timeout.items()))
        case _:
            module, _, name = str(get("call")).partition(":")
            given = get("args")
            made = given if isinstance(given, dict) else {}
            keywords_, rest = arguments({key: values.data(one) for key, one in made.items()})
            if task.timeout is not None:
                helper = values.call("tell_with_timeout", "processes")
                args = (seconds(task.timeout), f"{module}:{name}", whole, *rest)
                return Call(helper, args, tuple(keywords_))
            function = Code(values.import_user(own, module, name))
            args = (function, whole, *rest)
            return Call(values.call("call_python", "calls"), args, tuple(keywords_))


def _default(*parts: str) -> Text:
    """A text of fields of the event, and of what stands between them."""
    fields = ("pipeline", "task", "state")
    return Text(tuple(EventField(part) if part in fields else part for part in parts))


def _address(alert: Alert, key: str, values: Values) -> Code:
    """Where it is sent to: written, or in the block of a connection."""
    connection = alert.settings.get("connection")
    if isinstance(connection, str) and connection:
        return Code(f"{values.call('secret', 'secrets')}({literal(block_name(connection))})")
    return values.text(alert.settings.get(key))
