"""An HTTP server that shows what it was asked, answers with any status, or late, or at last."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

SLOW = 30.0
"""Seconds that `/slow` takes, unless the server is closed before."""
SECRET = frozenset({"authorization", "x-token"})
"""Headers that an answer does not repeat: it is looked through for secrets."""
LATE = 3
"""`/late/<name>` is found from this request of the name on."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    """By their names in lower case."""
    body: str


@dataclass
class HttpServer:
    """A server on a free port of 127.0.0.1, and what it was asked.

    - ``/echo…``          the request as JSON: method, path, query, headers, body
    - ``/status/<n>…``    the status n, and a body of many letters
    - ``/redirect``       302 to ``/echo``
    - ``/late/<name>``    404, from the third request of the name on 200 with its name
    - ``/slow``           an answer after `SLOW` seconds
    """

    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._closed = threading.Event()
        self._seen: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, path: str) -> list[Request]:
        """The requests of one path."""
        return [one for one in self.requests if one.path == path]

    def answer(self, request: Request) -> tuple[int, dict[str, str], str]:
        first, _, rest = request.path.strip("/").partition("/")
        match first:
            case "status":
                return int(rest.partition("/")[0]), {}, "x" * 1000
            case "redirect":
                return 302, {"Location": "/echo"}, ""
            case "late":
                self._seen[rest] = self._seen.get(rest, 0) + 1
                return (200, {}, rest) if self._seen[rest] >= LATE else (404, {}, "not yet")
            case "slow":
                end = time.monotonic() + SLOW
                while time.monotonic() < end and not self._closed.wait(0.1):
                    pass
                return 200, {}, "slow"
            case _:
                shown = {"method": request.method, "path": request.path, "query": request.query}
                headers = {k: v for k, v in request.headers.items() if k not in SECRET}
                shown |= {"headers": headers, "body": request.body}
                return 200, {"Content-Type": "application/json"}, json.dumps(shown)


def _handler(server: HttpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            split = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                unquote(split.path),
                parse_qs(split.query, keep_blank_values=True),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length).decode(),
            )
            server.requests.append(request)
            status, headers, body = server.answer(request)
            content = body.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                with contextlib.suppress(OSError):  # who asked has given up
                    self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_one  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
