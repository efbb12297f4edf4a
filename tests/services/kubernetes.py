"""A Kubernetes API server as its clients see it: it runs nothing, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Pod:
    """A pod, with what its first container has come to: one thing more at each look."""

    manifest: dict[str, Any]
    looks: int = 0
    logs_read: int = 0
    deleted: bool = False

    @property
    def image(self) -> str:
        return str(self.manifest["spec"]["containers"][0]["image"])

    def seen(self) -> dict[str, Any]:
        """Its manifest with a status: its container waits, and then starts.

        One of an image with ``fails`` in its name ends with code 3, one with ``slow`` ends when it
        is deleted, one with ``missing`` never starts, one with ``evicted`` is gone from its node,
        and one with ``talks`` prints a line more whenever its log is read, and ends at the third.
        """
        self.looks += 1
        ended = {"exitCode": 3 if "fails" in self.image else 0}
        ended["reason"] = "Error" if ended["exitCode"] else "Completed"  # type: ignore[assignment]
        if "evicted" in self.image:
            gone = {"phase": "Failed", "reason": "Evicted", "message": "low on resource: memory"}
            return {**self.manifest, "status": gone}
        if "missing" in self.image:
            state = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
        elif self.looks == 1:
            state = {"waiting": {"reason": "ContainerCreating"}}
        elif "slow" in self.image or ("talks" in self.image and self.logs_read < 3):
            state = {"running": {"startedAt": "2026-01-31T00:00:00Z"}}
        else:
            state = {"terminated": ended}
        phase = {"waiting": "Pending", "running": "Running"}.get(next(iter(state)), "Succeeded")
        phase = "Failed" if state.get("terminated", {}).get("exitCode") else phase
        container = {
            "name": self.manifest["spec"]["containers"][0]["name"],
            "image": self.image,
            "imageID": "",
            "ready": "running" in state,
            "restartCount": 0,
            "state": state,
        }
        return {**self.manifest, "status": {"phase": phase, "containerStatuses": [container]}}


@dataclass
class Kubernetes:
    """A cluster on a free port of 127.0.0.1; each container prints its image."""

    pods: list[Pod] = field(default_factory=list)

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

    def kubeconfig(self, path: Path) -> str:
        """Write a file by which clients find the cluster; its context has the namespace `own`."""
        cluster = {"server": f"http://127.0.0.1:{self._server.server_address[1]}"}
        context = {"cluster": "here", "user": "me", "namespace": "own"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "me", "user": {"token": "none"}}],
            "contexts": [{"name": "here", "context": context}],
            "current-context": "here",
        }
        path.write_text(json.dumps(config))  # JSON is YAML
        return str(path)

    def find(self, namespace: str, name: str) -> Pod | None:
        for pod in self.pods:
            metadata = pod.manifest["metadata"]
            if (metadata["namespace"], metadata["name"]) == (namespace, name) and not pod.deleted:
                return pod
        return None


def _handler(cluster: Kubernetes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            match self.command, url.path.strip("/").split("/"):
                case "POST", ["api", "v1", "namespaces", namespace, "pods"]:
                    body["metadata"]["namespace"] = namespace
                    cluster.pods.append(Pod(body))
                    self.answer(201, body)
                case "GET", ["api", "v1", "namespaces", _, "pods" | "events" as kind]:
                    name = "PodList" if kind == "pods" else "EventList"
                    self.answer(200, {"kind": name, "items": [], "metadata": {}})
                case method, ["api", "v1", "namespaces", namespace, "pods", name, *rest]:
                    pod = cluster.find(namespace, name)
                    if pod is None:
                        status = {"kind": "Status", "reason": "NotFound", "code": 404}
                        self.answer(404, status)
                    elif rest == ["log"]:
                        self.logs(pod, parse_qs(url.query))
                    elif method == "DELETE":
                        pod.deleted = True
                        self.answer(200, pod.manifest)
                    else:
                        self.answer(200, pod.seen())
                case _:
                    self.answer(404, {"kind": "Status", "reason": "NotFound", "code": 404})

        def logs(self, pod: Pod, query: dict[str, Any]) -> None:
            """All that was printed so far, which a client that reads on must tell apart."""
            pod.logs_read += 1
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            for number in range(pod.logs_read if "talks" in pod.image else 1):
                time_ = f"2026-01-31T00:00:0{number}.000000000Z " if "timestamps" in query else ""
                self.wfile.write(f"{time_}I am {pod.image}, line {number}\n".encode())
            self.wfile.flush()
            while "slow" in pod.image and not pod.deleted and query.get("follow") == ["True"]:
                time.sleep(0.05)

        def answer(self, status: int, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_PATCH = handle_one  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
