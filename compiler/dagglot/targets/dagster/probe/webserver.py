"""What Dagster's webserver is for an op that starts runs: the three questions of its client.

A stand-in for `dagster-webserver` where the probe's runs happen, so that no daemon, no queue and no
code server are needed: a run that is asked for is done at once, by a process of its own.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webserver:
    """On a free port of 127.0.0.1. `execute` does a run and says whether it succeeded."""

    def __init__(self, execute: Callable[[dict[str, Any]], bool]) -> None:
        self.execute = execute
        self.jobs: Sequence[str] = ()
        self.statuses: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        if "launchPipelineExecution" in query:
            run_id = self.start(variables["executionParams"])
            launched = {"__typename": "LaunchPipelineRunSuccess", "run": {"runId": run_id}}
            return {"launchPipelineExecution": launched}
        if "pipelineRunOrError" in query:
            status = self.statuses[variables["runId"]]
            return {"pipelineRunOrError": {"__typename": "PipelineRun", "status": status}}
        node = {
            "name": "__repository__",
            "location": {"name": "pipelines"},
            "pipelines": [{"name": job} for job in self.jobs],
        }
        return {"repositoriesOrError": {"__typename": "RepositoryConnection", "nodes": [node]}}

    def start(self, asked: dict[str, Any]) -> str:
        run_id = str(uuid.uuid4())
        self.statuses[run_id] = "STARTED"
        tags = (asked.get("executionMetadata") or {}).get("tags") or ()
        run = {
            "key": run_id,
            "run_id": run_id,
            "job": asked["selector"]["pipelineName"],
            "run_config": asked.get("runConfigData") or {},
            "tags": {tag["key"]: tag["value"] for tag in tags},
        }
        threading.Thread(target=self.do, args=[run], daemon=True).start()
        return run_id

    def do(self, run: dict[str, Any]) -> None:
        succeeded = False
        try:
            succeeded = self.execute(run)
        finally:
            self.statuses[run["run_id"]] = "SUCCESS" if succeeded else "FAILURE"


def _handler(server: Webserver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            data = server.answer(asked["query"], asked.get("variables") or {})
            content = json.dumps({"data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
