"""HTTP requests."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import httpx

from .values import to_text


class UnexpectedStatus(Exception):
    """An answer that the pipeline does not take for a success."""


async def _send(
    method: str,
    url: str,
    base: str,
    headers: Mapping[str, str],
    query: Mapping[str, Any],
    content: str | None,
) -> httpx.Response:
    if base:
        root = httpx.URL(base).copy_with(query=None, fragment=None)
        address = httpx.URL(f"{str(root).rstrip('/')}/{url.lstrip('/')}")
    else:
        address = httpx.URL(url)
    auth = None
    if address.userinfo and "authorization" not in map(str.lower, headers):
        auth = (address.username, address.password)
    # it may be logged
    address = address.copy_with(userinfo=b"")
    params = None
    if query:
        params = httpx.QueryParams(
            [
                *address.params.multi_items(),
                *(
                    (name, to_text(one))
                    for name, value in query.items()
                    for one in (value if isinstance(value, (list, tuple)) else [value])
                ),
            ],
        )
    async with httpx.AsyncClient(follow_redirects=True, timeout=None) as client:
        return await client.request(
            method,
            address,
            params=params,
            headers={name: value.encode() for name, value in headers.items()},
            content=content,
            auth=auth,
        )


def send_request(
    method: str,
    url: str,
    *,
    base: str = "",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    content: str | None = None,
    status: Collection[int] = range(200, 300),
    timeout: float | None = None,
) -> httpx.Response:
    """Send a request; fail where the answer has another status than expected.

    A `base` is the address that `url` is below; a user in it authenticates. Redirects
    are followed. The timeout is for all of it: httpx alone limits each step.
    """
    work = _send(method, url, base, headers or {}, query or {}, content)
    try:
        response = asyncio.run(asyncio.wait_for(work, timeout))
    except httpx.LocalProtocolError:
        # its message has the header, which may be secret
        raise RuntimeError("the request is not valid HTTP: see its headers") from None
    if response.status_code not in status:
        said = response.text[:200]
        raise UnexpectedStatus(f"status {response.status_code}: {said}")
    return response
