"""Containers on Docker and on Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from dagglot.expressions.tree import NODES, Text
from dagglot.ir.expand import thaw
from dagglot.ir.model import ContainerBody, Value
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import resources

if TYPE_CHECKING:
    from dagglot.targets.airflow.operators import Operator

DOCKER: Final = "apache-airflow-providers-docker"
_DOCKER_FILES: Final = (".sh", ".bash", ".env")
_KUBERNETES_FILES: Final = (".json", ".yaml", ".yml")
"""What a templated text may not end with: the operators would take it for the path of a file."""
_UNITS: Final[Mapping[str, int]] = {
    **{
        unit: 1024 ** (power + 1) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))
    },
    **{unit: 1000 ** (power + 1) for power, unit in enumerate("kMGTPE")},
}


def docker(made: Operator, body: ContainerBody) -> tuple[Code, dict[str, Any]]:
    """``DockerOperator``; the words of a command replace the image's entrypoint."""
    file, task = made.file, made.task
    file.packages.add(DOCKER)
    own: dict[str, Any] = {"image": made.text(body.image, _DOCKER_FILES)}
    fixed = [word for word in body.command if not isinstance(word, (Text, *NODES))]
    fixed = fixed[: next((i for i, word in enumerate(body.command) if word not in fixed), None)]
    if fixed:
        own["entrypoint"] = [str(word) for word in fixed]
    if words := [*body.command[len(fixed) :], *body.args]:
        own["command"] = [made.text(word, _DOCKER_FILES) for word in words]
    environment, secrets = made.environment(_DOCKER_FILES)
    if environment:
        own["environment"] = environment
    if secrets:
        own["secret_env"] = secrets
    if body.volumes:
        file.imports.name("docker.types", "Mount")
        own["mounts"] = [_mount(volume) for volume in body.volumes]
    asked = task.resources
    if "cpu" in asked:
        own["cpus"] = float(_amount(asked["cpu"]))
    if "memory" in asked:
        own["mem_limit"] = int(_amount(asked["memory"]))
    if "gpu" in asked:
        file.imports.name("docker.types", "DeviceRequest")
        cards = (("count", int(asked["gpu"])), ("capabilities", [["gpu"]]))
        own["device_requests"] = [Call("DeviceRequest", (), cards)]
    own |= {"mount_tmp_dir": False, "auto_remove": "force", "do_xcom_push": False}
    if secrets:
        return file.helper("SecretDockerOperator"), own
    return file.airflow("DockerOperator"), own


def _mount(volume: str) -> Call:
    """``/host:/path`` or ``/host:/path:ro``."""
    source, _, rest = volume.partition(":")
    target, _, mode = rest.partition(":")
    keywords: list[tuple[str, object]] = [("target", target), ("source", source), ("type", "bind")]
    if mode == "ro":
        keywords.append(("read_only", True))
    return Call("Mount", (), tuple(keywords))


def _amount(quantity: str) -> Decimal:
    """A quantity as Kubernetes writes it: `500m`, `8Gi`."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(quantity)).groups()  # type: ignore[union-attr]
    if unit == "m":
        return Decimal(number) / 1000
    return Decimal(number) * _UNITS.get(unit, 1)


def kubernetes(made: Operator, body: ContainerBody) -> tuple[Code, dict[str, Any]]:
    """``KubernetesPodOperator``; ``pod`` is the template below all that is said here."""
    file, task = made.file, made.task
    file.packages.add(resources.KUBERNETES)
    own: dict[str, Any] = {}
    if body.namespace is not None:
        own["namespace"] = made.text(body.namespace, _KUBERNETES_FILES)
    own["image"] = made.text(body.image, _KUBERNETES_FILES)
    if body.command:
        own["cmds"] = [made.text(word, _KUBERNETES_FILES) for word in body.command]
    if body.args:
        own["arguments"] = [made.text(word, _KUBERNETES_FILES) for word in body.args]
    environment, _ = made.environment(_KUBERNETES_FILES)
    if environment:
        own["env_vars"] = environment
    if task.resources:
        own["container_resources"] = resources.requirements(file, task)
    if body.pod:
        own["pod_template_dict"] = _pod(made, body.pod)
    own["do_xcom_push"] = False
    return file.airflow("KubernetesPodOperator"), own


def _pod(made: Operator, pod: Mapping[str, Any]) -> dict[str, Any]:
    """A whole pod: the container of the operator is called `base`."""
    given = thaw(pod)
    spec = {"containers": [{"name": "base"}], **given.get("spec", {})}
    whole = {"apiVersion": "v1", "kind": "Pod", **given, "spec": spec}
    return {key: _literal(made, value) for key, value in whole.items()}


def _literal(made: Operator, value: Value) -> Any:
    if isinstance(value, Mapping):
        return {key: _literal(made, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(made, item) for item in value]
    return made.text(value, _KUBERNETES_FILES) if isinstance(value, str) else value
