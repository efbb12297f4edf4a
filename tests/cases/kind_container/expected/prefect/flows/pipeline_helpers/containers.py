"""Containers that the local Docker engine runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import docker
from prefect import get_run_logger


def run_container(
    image: str,
    *,
    command: Sequence[str] | None = None,
    args: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    volumes: Sequence[str] = (),
    nano_cpus: int | None = None,
    mem_limit: int | None = None,
    timeout: float | None = None,
) -> None:
    """Run a container until it ends, and remove it; log what it prints.

    A `command` replaces the entrypoint of the image. An image that is not there is
    pulled, and the timeout counts from then on.
    """
    logger = get_run_logger()
    client = docker.from_env()
    container = client.containers.run(
        image,
        entrypoint=list(command) if command else None,
        command=list(args) if args else None,
        environment=dict(env or {}),
        volumes=list(volumes),
        nano_cpus=nano_cpus,
        mem_limit=mem_limit,
        detach=True,
    )

    def read() -> None:
        rest = b""
        for chunk in container.logs(stream=True, follow=True):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                logger.info("%s", line.decode(errors="backslashreplace").rstrip())
        if rest:
            logger.info("%s", rest.decode(errors="backslashreplace").rstrip())

    try:
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(timeout)
        if reader.is_alive():
            raise TimeoutError(f"still running after {timeout} s")
        code = container.wait()["StatusCode"]
    finally:
        container.remove(force=True)
        client.close()
    if code:
        raise RuntimeError(f"the container ended with exit code {code}")
