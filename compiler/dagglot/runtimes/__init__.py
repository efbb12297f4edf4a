"""Isolated orchestrator environments, made with uv, and running a probe inside one."""

from dagglot.runtimes.environments import (
    Installed,
    Runtime,
    available,
    ensure,
    installed,
    remove,
    resolve,
    root,
)
from dagglot.runtimes.problem import ProbeFailed, RuntimeProblem

__all__ = [
    "Installed",
    "ProbeFailed",
    "Runtime",
    "RuntimeProblem",
    "available",
    "ensure",
    "installed",
    "remove",
    "resolve",
    "root",
]
