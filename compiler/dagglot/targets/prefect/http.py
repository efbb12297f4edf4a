"""HTTP tasks: one request, sent by httpx, which Prefect itself is built on."""

from __future__ import annotations

from dagglot import pycode
from dagglot.expressions.tree import NODES
from dagglot.ir.model import HttpBody, Task, Value
from dagglot.pycode import INDENT, Code, literal
from dagglot.targets.prefect.blocks import block_name
from dagglot.targets.prefect.body import PAD, Body
from dagglot.targets.prefect.values import Values


def lower_http(body: HttpBody, task: Task, values: Values) -> Body:
    """Send the request, and return what is in the answer."""
    keywords = options(body, values)
    limit = values.limit(task)
    if limit is not None:
        keywords.append(("timeout", limit))
    helper = values.call("send_request", "web")
    args = [body.method, address(body, values)]
    values.imports.name("typing", "Any")
    if body.output == "text":
        call = pycode.call(helper, args, keywords, INDENT, "return ", ".text")
        return Body((Code(f"{PAD}return {call}.text"),), Code("str"))
    values.used.add("to_json")
    call = pycode.call(helper, args, keywords, INDENT, "response = ")
    return Body(
        (Code(f"{PAD}response = {call}"), Code(f"{PAD}return to_json(response.json())")),
        Code("Any"),
    )


def address(body: HttpBody, values: Values) -> Code:
    """The whole address, or the path below a connection's."""
    return values.text(body.path if body.connection else body.url)


def options(body: HttpBody, values: Values) -> list[tuple[str, object]]:
    """The keyword arguments of the helper, but its timeout."""
    found: list[tuple[str, object]] = []
    if body.connection:
        base = f"{values.call('secret', 'secrets')}({literal(block_name(body.connection))})"
        found.append(("base", Code(base)))
    headers: dict[str, object] = {}
    if body.sends == "json" and "content-type" not in {name.lower() for name in body.headers}:
        headers["Content-Type"] = "application/json"
    headers |= {name: values.text(value) for name, value in body.headers.items()}
    if headers:
        found.append(("headers", headers))
    if body.query:
        found.append(("query", {name: values.data(value) for name, value in body.query.items()}))
    if body.sends == "json":
        found.append(("content", _json(body.content, values)))
    elif body.sends == "text":
        found.append(("content", values.text(body.content)))
    if body.status:
        found.append(("status", list(body.status)))
    return found


def _json(content: Value, values: Values) -> object:
    """A call that makes the text, null too: httpx takes `json=None` for no body."""
    values.used.add("json_text")
    made = values.data(content)
    if isinstance(content, NODES):
        return Code(f"json_text({made})")
    return pycode.Call("json_text", (made,))
