"""A Docker engine as its clients see it: it keeps what it was asked, and runs nothing, or processes
of this machine in the place of containers."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

PULLED = "ghcr.io/example/etl:1.4"
"""An image that must be pulled first."""


@dataclass
class DockerEngine:
    """An engine on a free port of 127.0.0.1.

    A container prints its image; one of an image with ``fails`` in its name ends with code 3, one
    with ``slow`` ends when it is removed. With ``files``, what an image has in some folders, a
    container is a process, in whose arguments its folders are those of this machine.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    ended: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    pulled: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
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
        self._server.shutdown()
        self._server.server_close()

    def start(self, id: str) -> None:
        """Run the process to its end, which comes soon."""
        asked = self.created[int(id[1:])]
        host = asked.get("HostConfig") or {}
        binds = dict(reversed(bind.split(":")[:2]) for bind in host.get("Binds") or ())
        mounts = {mount["Target"]: mount["Source"] for mount in host.get("Mounts") or ()}
        folders = {**self.files, **binds, **mounts}
        names = "|".join(map(re.escape, folders))
        words = [*(asked.get("Entrypoint") or ()), *(asked.get("Cmd") or ())]
        command = [
            re.sub(f"^({names})(?=/|$)", lambda found: folders[found[0]], word) for word in words
        ]
        if command[0] == "python":
            command[0] = sys.executable
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.ended[id] = (done.returncode, done.stdout)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._server.server_address[1]}"


def _handler(engine: DockerEngine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            url = urlsplit(self.path)
            parts = [one for one in url.path.split("/") if one and not one.startswith("v1.")]
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            match self.command, parts:
                case "GET", ["version"]:
                    self.answer(200, {"ApiVersion": "1.43", "MinAPIVersion": "1.24"})
                case _, ["_ping"]:
                    self.answer(200, "OK")
                case "GET", ["images", "json"]:
                    pulled = PULLED.partition(":")[0] not in unquote(url.query) or engine.pulled
                    self.answer(200, [{"Id": "sha256:1"}] if pulled else [])
                case "POST", ["images", "create"]:
                    engine.pulled.append(url.query)
                    self.answer(200, {})
                case "GET", ["images", *_]:
                    self.answer(200, {"Id": "sha256:1", "RepoTags": []})
                case "POST", ["containers", "create"]:
                    if body["Image"] == PULLED and not engine.pulled:
                        self.answer(404, {"message": f"No such image: {PULLED}"})
                        return
                    engine.created.append(body)
                    self.answer(201, {"Id": f"c{len(engine.created) - 1}", "Warnings": []})
                case "GET", ["containers", id, "json"]:
                    log = {"LogConfig": {"Type": "json-file"}}
                    self.answer(200, {"Id": id, "Config": {"Tty": False}, "HostConfig": log})
                case "POST", ["containers", id, "start"] if engine.files:
                    engine.start(id)
                    self.answer(204, None)
                case "GET", ["containers", id, "logs"]:
                    self.logs(id)
                case "POST", ["containers", id, "attach"]:
                    self.logs(id)
                case "POST", ["containers", id, "wait"]:
                    fails = "fails" in engine.created[int(id[1:])]["Image"]
                    code, _ = engine.ended.get(id, (3 if fails else 0, b""))
                    self.answer(200, {"StatusCode": code})
                case "DELETE", ["containers", id]:
                    engine.removed.append(id)
                    self.answer(204, None)
                case _:
                    self.answer(204, None)

        def logs(self, id: str) -> None:
            image = engine.created[int(id[1:])]["Image"]
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.docker.multiplexed-stream")
            self.end_headers()
            while engine.files and id not in engine.ended:
                time.sleep(0.05)
            _, line = engine.ended.get(id, (0, f"I am {image}\n".encode()))
            self.wfile.write(struct.pack(">BxxxL", 1, len(line)) + line)
            self.wfile.flush()
            while "slow" in image and id not in engine.removed:
                time.sleep(0.05)

        def answer(self, status: int, value: Any) -> None:
            text = value if isinstance(value, str) else json.dumps(value)
            content = b"" if value is None else text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_HEAD = handle_one  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
