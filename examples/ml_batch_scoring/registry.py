"""A model registry to try the example with: `python registry.py [PORT]`, until it is interrupted.

It knows one model, and accepts the scores of a day.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

CHAMPION = {
    "name": "churn",
    "version": 7,
    "intercept": 0.4,
    "weights": {"tenure_months": -0.05, "open_tickets": 0.35, "monthly_eur": 0.01},
    "training_mean": 0.46,
}


class Registry(BaseHTTPRequestHandler):
    """The two requests that the pipelines make."""

    accepted: ClassVar[list[Any]] = []

    def do_GET(self) -> None:
        if self.path == "/models/churn/champion":
            self.answer(200, CHAMPION)
        else:
            self.answer(404, {"error": f"there is no {self.path}"})

    def do_POST(self) -> None:
        scores = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/scores":
            self.accepted.append(scores)
            self.answer(201, {"accepted": scores["rows"]})
        else:
            self.answer(404, {"error": f"there is no {self.path}"})

    def answer(self, status: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def serve(port: int) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), Registry)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8800
    with serve(port) as server:
        print(f"http://127.0.0.1:{port}")
        server.serve_forever()
