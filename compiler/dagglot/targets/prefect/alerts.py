"""Notifications: what is sent to whom, from within a task or by a hook."""

from __future__ import annotations

from typing import Final

from dagglot import pycode
from dagglot.expressions.tree import EventField, Text
from dagglot.ir.model import Alert, NotifyBody, Task, Value
from dagglot.pycode import INDENT, Call, Code, literal
from dagglot.targets.prefect.blocks import MAIL_SERVER, block_name
from dagglot.targets.prefect.body import PAD, Body, arguments
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.values import Values
from dagglot.targets.prefect.view import AlertView, function_signature

_SECONDS: Final = 30
"""How long a hook waits for who is told: the run waits for its hooks."""


def lower_notify(body: NotifyBody, task: Task, values: Values) -> Body:
    """One call for each alert."""
    own = Imports()
    owner = task.owner or values.pipeline.owner
    helper = values.call("this_event", "events")
    lines = [Code(f"{PAD}event = {pycode.call(helper, (), {'owner': owner}, INDENT, 'event = ')}")]
    by_name = {alert.name: alert for alert in values.pipeline.alerts}
    for name in body.alerts:
        alert = by_name[name]
        message = body.message
        if message is None:
            message = alert.settings.get("message")
        if message is None:
            message = _default("pipeline", ": ", "task", " ", "state")
        said = values.text(message)
        whole = Call("dict", (Code("event"),), (("message", said),))
        subject = _default("pipeline", ": ", "state")
        call = _sent(alert, said, whole, subject, values, own, values.limit(task))
        lines.append(Code(PAD + pycode.layout(call, INDENT)))
    return Body(tuple(lines), Code("None"), own.blocks(INDENT))


def lower_alert(alert: Alert, name: str, values: Values) -> AlertView:
    """A function that tells of an event; it has the message that is told without another."""
    own = Imports()
    message = alert.settings.get("message")
    said: Code = Code('event["message"]')
    whole: object = Code("event")
    if message is not None:
        said = values.text(message)
        whole = Call("dict", (Code("event"),), (("message", said),))
    call = _sent(alert, said, whole, None, values, own, None)
    lines = [*values.window()]
    for argument in values.arguments():
        values.imports.name("prefect", "runtime")
        given = f"runtime.flow_run.parameters[{literal(values.parameter(argument.source))}]"
        lines.append(Code(f"{PAD}{argument.name} = {given}"))
    if values.whole_params:
        lines.append(Code(PAD + pycode.assignment("params", values.whole(), INDENT)))
    lines.append(Code(PAD + pycode.layout(call, INDENT)))
    values.import_values()
    event = Code("event: dict[str, str]")
    return AlertView(
        function_signature(name, [event], Code("None")),
        own.blocks(INDENT),
        tuple(lines),
    )


def _sent(
    alert: Alert,
    said: Code,
    whole: object,
    subject: Value,
    values: Values,
    own: Imports,
    limit: object,
) -> Call:
    """The call that tells; in a hook, which has no `subject`, it may not take long."""
    timeout: dict[str, object] = {}
    if subject is None:
        timeout["timeout"] = _SECONDS
    elif limit is not None:
        timeout["timeout"] = limit
    get = alert.settings.get
    match alert.type:
        case "slack":
            if get("channel"):
                timeout = {"channel": get("channel"), **timeout}
            args: tuple[object, ...] = (_address(alert, "webhook", values), said)
            return Call(values.call("send_slack", "chat"), args, tuple(timeout.items()))
        case "email":
            own_subject = get("subject")
            title = Code('event["message"]')
            if own_subject is not None or subject is not None:
                title = values.text(subject if own_subject is None else own_subject)
            to = get("to")
            keywords = {
                "to": list(to) if isinstance(to, tuple) else [to],
                "subject": title,
                "body": said,
                **timeout,
            }
            server = _block(get("connection") or MAIL_SERVER, values)
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
            if limit is not None:
                helper = values.call("tell_with_timeout", "processes")
                args = (limit, f"{module}:{name}", whole, *rest)
                return Call(helper, args, tuple(keywords_))
            function = Code(values.import_user(own, module, name))
            if subject is None:
                return Call(function, (whole, *rest), tuple(keywords_))
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
        return _block(connection, values)
    return values.text(alert.settings.get(key))


def _block(name: object, values: Values) -> Code:
    return Code(f"{values.call('secret', 'secrets')}({literal(block_name(str(name)))})")
