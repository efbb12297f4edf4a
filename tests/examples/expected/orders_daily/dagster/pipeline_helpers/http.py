"""Requests by HTTP, and services that they go to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import requests

from .values import json_text

_NOTHING = object()


class HttpError(Exception):
    """No answer, or another one than is expected."""


def request(
    method: str,
    url: str,
    *,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Any = _NOTHING,
    body: str | None = None,
    auth: tuple[str, str] | None = None,
    expect: Collection[int] = (),
    timeout: float | None = None,
) -> requests.Response:
    """The answer to a request, after redirects; a status that is not expected fails the op.

    `expect` has the good ones, else any 2xx is. Without `timeout`, of the connection and of
    each read, there is no time limit but the op's.
    """
    answer = _answer(method, url, query, headers, json, body, auth, timeout)
    if not _is_expected(answer, expect):
        raise HttpError(f"{answer.status_code}: {answer.text[:200]}")
    return answer


def _answer(
    method: str,
    url: str,
    query: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None,
    json: Any,
    body: str | None,
    auth: tuple[str, str] | None,
    timeout: float | None = None,
) -> requests.Response:
    headers = dict(headers or {})
    if json is not _NOTHING:
        body = json_text(json)
        headers = {"Content-Type": "application/json", **headers}
    try:
        answer = requests.request(
            method,
            url,
            params=query,
            headers={name: text.encode() for name, text in headers.items()},
            data=body.encode() if body is not None else None,
            # a header of one's own counts more than a user in the address
            auth=_as_it_is if "authorization" in map(str.lower, headers) else auth,
            timeout=timeout,
        )
    except requests.RequestException as error:
        # its message has the address, which may be a secret
        raise HttpError(f"no answer: {type(error).__name__}") from None
    if "charset" not in answer.headers.get("Content-Type", ""):
        answer.encoding = "utf-8"
    return answer


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _is_expected(answer: requests.Response, expect: Collection[int]) -> bool:
    return answer.status_code in (expect or range(200, 300))
