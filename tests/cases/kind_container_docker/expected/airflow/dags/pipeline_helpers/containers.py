"""Containers that are told secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.providers.docker.operators.docker import DockerOperator


class SecretDockerOperator(DockerOperator):
    """A DockerOperator with a `secret_env`: templates that are rendered as the container starts,
    and not stored among the fields that Airflow shows."""

    def __init__(self, *, secret_env: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.secret_env = secret_env

    def execute(self, context: Any) -> Any:
        self._private_environment = self.render_template(self.secret_env, context)
        return super().execute(context)
