"""HTTP requests: what they send, and when their answer is a good one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import requests
from airflow.providers.http.hooks.http import HttpHook

from pipeline_helpers.values import json_text, to_json, to_text

NOTHING = object()


def request_url(method: str, url: str, output: str = "text", **more: Any) -> Any:
    """The body of a good answer, which may be JSON; any other is an error."""
    with requests.Session() as session:
        return content(send(session, method, url, **more), output)


def request_path(
    conn_id: str, method: str, path: str, output: str = "text", **more: Any
) -> Any:
    """The body of a good answer of a connection's server, which may be JSON."""
    hook = HttpHook(http_conn_id=conn_id)
    with hook.get_conn() as session:
        url = hook.url_from_endpoint(path)
        return content(send(session, method, url, **more), output)


def send(
    session: requests.Session,
    method: str,
    url: str,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    json: Any = NOTHING,
    text: str | None = None,
    expect: Collection[int] = (),
) -> tuple[requests.Response, bool]:
    """The answer, and whether its status is expected: without `expect`, any 2xx."""
    given = {name: to_text(value) for name, value in (headers or {}).items()}
    if json is not NOTHING:
        text = json_text(json)
        session.headers["Content-Type"] = "application/json"
    parameters = [
        (name, to_text(value))
        for name, values in (query or {}).items()
        for value in (values if isinstance(values, list) else [values])
    ]
    if "authorization" in {name.lower() for name in given}:
        # the connection's login would beat a header of the task's own
        session.auth = lambda prepared: prepared
    data = None if text is None else text.encode()
    response = session.request(method, url, params=parameters, headers=given, data=data)
    status = response.status_code
    return response, status in expect if expect else 200 <= status < 300


def content(answer: tuple[requests.Response, bool], output: str) -> Any:
    response, good = answer
    if not good:
        text = response.text[:200]
        raise RuntimeError(f"the answer is {response.status_code}: {text}")
    return to_json(response.json()) if output == "json" else response.text
