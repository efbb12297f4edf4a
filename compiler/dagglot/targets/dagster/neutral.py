"""Functions that need no `native` task: the kind of the language that does the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "dagster_shell:execute_shell_command": "shell",
    "dagster_docker:execute_docker_container": "container",
    "dagster_k8s:execute_k8s_job": "container",
}
