"""Containers that run in a Kubernetes cluster; its client takes a while to be imported."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kubernetes import client, config
from prefect import get_run_logger, runtime

_POLL = 2
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_HOPELESS = (
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ImagePullBackOff",
    "InvalidImageName",
)
"""Why a container does not start, however long one waits."""


def run_pod(
    image: str,
    *,
    command: Sequence[str] = (),
    args: Sequence[str] = (),
    env: Mapping[str, str] = {},
    resources: Mapping[str, Any] = {},
    namespace: str | None = None,
    pod: Mapping[str, Any] = {},
    timeout: float | None = None,
) -> None:
    """Run a container in a pod until it ends, and delete the pod; log what it prints.

    A `command` replaces the entrypoint of the image. `pod` is a manifest into which all
    this is put, in its first container. The cluster is the one that this process runs
    in, else that of the kubeconfig.
    """
    logger = get_run_logger()
    end = float("inf") if timeout is None else time.monotonic() + timeout
    labels = {"prefect.io/flow-run-id": str(runtime.flow_run.id)}
    task = runtime.task_run.task_name
    manifest = _manifest(task, labels, image, command, args, env, resources, pod)
    own_namespace = _load_config()
    namespace = namespace or manifest["metadata"].get("namespace") or own_namespace
    with client.ApiClient() as connection:
        made = _Pod(client.CoreV1Api(connection), namespace, manifest)
        try:
            made.create()
            logger.info("created the pod %s in %s", made.place["name"], namespace)
            while True:
                state = made.state()
                if state.running or state.terminated:
                    for line in made.new_lines():
                        logger.info("%s", line)
                if state.terminated:
                    break
                if time.monotonic() >= end:
                    raise TimeoutError(f"still running after {timeout} s")
                time.sleep(min(_POLL, max(end - time.monotonic(), 0)))
        finally:
            made.delete()
    if state.terminated.exit_code:
        ended = f"exit code {state.terminated.exit_code} ({state.terminated.reason})"
        raise RuntimeError(f"the container ended with {ended}")


def _load_config() -> str:
    """Find the cluster; returns the namespace that is meant where none is named."""
    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()
        _, current = config.list_kube_config_contexts()
        return current["context"].get("namespace", "default")
    return _OWN_NAMESPACE.read_text().strip()


def _manifest(
    task: str,
    labels: Mapping[str, str],
    image: str,
    command: Sequence[str],
    args: Sequence[str],
    env: Mapping[str, str],
    resources: Mapping[str, Any],
    pod: Mapping[str, Any],
) -> dict[str, Any]:
    """The manifest `pod`, named after the task, with the rest in its first container."""
    metadata, spec = pod.get("metadata", {}), pod.get("spec", {})
    first, *others = spec.get("containers") or [{}]
    container = {"name": "base", **first, "image": image}
    if command:
        container["command"] = list(command)
    if args:
        container["args"] = list(args)
    if env:
        added = [{"name": name, "value": value} for name, value in env.items()]
        container["env"] = [*first.get("env", []), *added]
    if resources:
        container["resources"] = resources
    word = re.sub("[^a-z0-9]+", "-", task.lower()).strip("-")[:40]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **metadata,
            "name": f"{word}-{secrets.token_hex(4)}",
            "labels": {**metadata.get("labels", {}), **labels},
        },
        "spec": {**spec, "containers": [container, *others], "restartPolicy": "Never"},
    }


class _Pod:
    """A pod in the cluster; it ends when its first container does."""

    def __init__(
        self, api: client.CoreV1Api, namespace: str, manifest: Mapping[str, Any]
    ) -> None:
        self.api = api
        self.manifest = manifest
        self.place = {"name": manifest["metadata"]["name"], "namespace": namespace}
        self.container = manifest["spec"]["containers"][0]["name"]
        self.last_line = ""
        self.read_at: float | None = None

    def create(self) -> None:
        self.api.create_namespaced_pod(self.place["namespace"], self.manifest)

    def state(self) -> client.V1ContainerState:
        """What the container has come to; raises where it will not even start."""
        status = self.api.read_namespaced_pod(**self.place).status
        for one in status.container_statuses or ():
            if one.name == self.container and not one.state.waiting:
                return one.state
            if one.state.waiting and one.state.waiting.reason in _HOPELESS:
                why = f"{one.state.waiting.reason}: {one.state.waiting.message}"
                raise RuntimeError(f"the container {one.name} does not start: {why}")
        if status.phase == "Failed":
            raise RuntimeError(f"the pod failed: {status.reason}: {status.message}")
        return client.V1ContainerState()

    def new_lines(self) -> list[str]:
        """What the container printed since the last look; each line has its time."""
        now = time.monotonic()
        answer = self.api.read_namespaced_pod_log(
            **self.place,
            container=self.container,
            timestamps=True,
            since_seconds=self.read_at and int(now - self.read_at) + 60,
            _preload_content=False,
        )
        self.read_at = now
        text = answer.data.decode(errors="backslashreplace")
        lines = [line.rstrip().partition(" ") for line in text.split("\n") if line]
        found = [line for at, _, line in lines if at > self.last_line]
        self.last_line = max((at for at, _, _ in lines), default=self.last_line)
        return found

    def delete(self) -> None:
        try:
            self.api.delete_namespaced_pod(**self.place)
        except client.ApiException as error:
            if error.status != 404:
                raise
