"""Containers that the Docker engine runs as the body of an op."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg
import docker


def run_container(
    context: dg.OpExecutionContext,
    image: str,
    *,
    command: Sequence[str] | None = None,
    args: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    volumes: Sequence[str] = (),
    nano_cpus: int | None = None,
    mem_limit: int | None = None,
) -> None:
    """Run a container until it ends, and remove it; its lines go into the log.

    A `command` replaces the entrypoint of the image. An image that is not there is
    pulled. What interrupts the op, such as a timeout, ends the container.
    """
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
    try:
        rest = b""
        for chunk in container.logs(stream=True, follow=True):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                context.log.info(line.decode(errors="backslashreplace").rstrip())
        if rest:
            context.log.info(rest.decode(errors="backslashreplace").rstrip())
        status = container.wait()["StatusCode"]
    finally:
        container.remove(force=True)
        client.close()
    if status:
        raise dg.Failure(f"the container ended with exit code {status}")
