"""HTTP requests: what they send, and when their answer is a good one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import requests
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import PokeReturnValue

from pipeline_helpers.values import json_text, to_text

NOTHING = object()


def look_at_url(method: str, url: str, **more: Any) -> PokeReturnValue:
    """Whether a request has a good answer by now, and its text."""
    with requests.Session() as session:
        response, good = send(session, method, url, **more)
        return PokeReturnValue(good, response.text)


def look_at_path(conn_id: str, method: str, path: str, **more: Any) -> PokeReturnValue:
    """Whether a request to a connection's server has a good answer by now, and its text."""
    hook = HttpHook(http_conn_id=conn_id)
    with hook.get_conn() as session:
        response, good = send(session, method, hook.url_from_endpoint(path), **more)
        return PokeReturnValue(good, response.text)


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
