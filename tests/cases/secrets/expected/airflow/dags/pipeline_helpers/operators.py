"""Operators that differ from Airflow's own in one point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def each(operator: Any) -> Any:
    """The operator with an `item` to expand over, which templates know as `task.item`."""

    class Each(operator):
        def __init__(self, *, item: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.item = item

    Each.__name__ = Each.__qualname__ = operator.__name__
    return Each


def with_secrets(operator: Any) -> Any:
    """A BashOperator with a `secret_env`: templates that are rendered as the script starts, and
    not stored among the fields that Airflow shows."""

    class WithSecrets(operator):
        def __init__(self, *, secret_env: Mapping[str, str], **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.secret_env = secret_env

        def get_env(self, context: Any) -> dict[str, str]:
            secrets = self.render_template(self.secret_env, context)
            return {**super().get_env(context), **secrets}

    WithSecrets.__name__ = WithSecrets.__qualname__ = operator.__name__
    return WithSecrets
