"""What a task needs of its machine: arguments of operators, or of Kubernetes' own models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dagglot.ir.model import Task
from dagglot.pycode import Call

if TYPE_CHECKING:
    from dagglot.targets.airflow.lower import File

KUBERNETES: Final = "apache-airflow-providers-cncf-kubernetes"
_NAMES: Final[Mapping[str, str]] = {"cpu": "cpu", "memory": "memory", "gpu": "nvidia.com/gpu"}


def requirements(file: File, task: Task) -> Call:
    """``k8s.V1ResourceRequirements``: requests; a graphics card Kubernetes wants as a limit."""
    models(file)
    asked = {_NAMES[name]: value for name, value in task.resources.items() if name != "gpu"}
    limits = {_NAMES["gpu"]: task.resources["gpu"]} if "gpu" in task.resources else {}
    given = (("requests", asked), ("limits", limits))
    return Call("k8s.V1ResourceRequirements", (), tuple(one for one in given if one[1]))


def pod(file: File, task: Task) -> Call:
    """The pod of a task on Airflow's Kubernetes executor, whose container is called `base`."""
    container = Call(
        "k8s.V1Container", (), (("name", "base"), ("resources", requirements(file, task)))
    )
    spec = Call("k8s.V1PodSpec", (), (("containers", [container]),))
    return Call("k8s.V1Pod", (), (("spec", spec),))


def models(file: File) -> None:
    """Import Kubernetes' models, as Airflow's documentation calls them."""
    file.imports.name("kubernetes.client", "models", "k8s")
    file.packages.add(KUBERNETES)
