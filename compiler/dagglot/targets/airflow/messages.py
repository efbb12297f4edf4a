"""Notifications from within a run: one call of a generated helper for each alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagglot import pycode
from dagglot.expressions.emit_python import python_data
from dagglot.ir.model import Alert, NotifyBody, PythonBody, Value
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import requests
from dagglot.targets.airflow.pieces import keyword_call

if TYPE_CHECKING:
    from dagglot.targets.airflow.functions import Function

SMTP = "apache-airflow-providers-smtp"


def tell(made: Function, body: NotifyBody) -> None:
    """The body of the function."""
    made.when()
    made.context["ti"] = None
    owner = made.task.owner or made.file.pipeline.owner
    event = Call(made.file.helper("event_of"), (Code("ti"), owner) if owner else (Code("ti"),))
    made.statements.append(pycode.assignment("event", event, made.inner))
    if body.message is not None:
        message = requests.text(made, body.message)
        made.statements.append(pycode.assignment("message", message, made.inner))
    alerts = {alert.name: alert for alert in made.file.pipeline.alerts}
    for name in dict.fromkeys(body.alerts):
        told = call(made, alerts[name], body.message is not None)
        made.statements.append(pycode.layout(told, made.inner))


def call(made: Function, alert: Alert, given: bool) -> Call:
    """The call that tells one alert; ``given``: the task has a message for all of them."""
    settings = alert.settings
    message: object = Code("message") if given else None
    if message is None and settings.get("message") is not None:
        message = requests.text(made, settings["message"])
    keywords: list[tuple[str, object]] = [] if message is None else [("message", message)]
    match alert.type:
        case "slack":
            made.file.packages.add("requests")
            address = _data(made, settings.get("webhook"))
            if "connection" in settings:
                webhook = made.file.helper("slack_webhook")
                address = Call(webhook, (_data(made, settings["connection"]),))
            if settings.get("channel"):
                keywords.append(("channel", _data(made, settings["channel"])))
            return Call(made.file.helper("tell_slack"), (Code("event"), address), tuple(keywords))
        case "email":
            made.file.packages.add(SMTP)
            to = settings["to"]
            receivers = list(to) if isinstance(to, tuple) else [to]
            if settings.get("subject"):
                keywords.append(("subject", requests.text(made, settings["subject"])))
            if settings.get("connection"):
                keywords.append(("conn_id", _data(made, settings["connection"])))
            return Call(
                made.file.helper("tell_email"),
                (Code("event"), python_data(receivers, made.names, made.used)),
                tuple(keywords),
            )
        case "webhook":
            made.file.packages.add("requests")
            if settings.get("headers"):
                keywords.append(("headers", _data(made, settings["headers"])))
            address = _data(made, settings["url"])
            return Call(made.file.helper("tell_webhook"), (Code("event"), address), tuple(keywords))
        case _:
            module, _, name = str(settings["call"]).partition(":")
            args = settings.get("args")
            body = PythonBody(
                module=module, function=name, args=args if isinstance(args, dict) else {}
            )
            found = keyword_call(
                made.imported(body.module, body.function),
                made.arguments(body.args, made.inner + 2 * pycode.INDENT),
            )
            event = Call(made.file.helper("with_message"), (Code("event"),), tuple(keywords))
            return Call(found.function, (event, *found.args), found.kwargs)


def _data(made: Function, value: Value) -> object:
    return python_data(value, made.names, made.used)
