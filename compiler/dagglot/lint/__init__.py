"""Advice that teaches the patterns. The checks, in the order of their rules; one subject a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.model import Pipeline
from dagglot.lint.clock import clock
from dagglot.lint.containers import containers
from dagglot.lint.links import links
from dagglot.lint.natives import natives
from dagglot.lint.reach import reach
from dagglot.lint.repeats import repeats
from dagglot.lint.runs import runs
from dagglot.lint.secrets import secrets
from dagglot.lint.texts import Look
from dagglot.lint.unused import unused
from dagglot.lint.watched import watched

Check: TypeAlias = Callable[[Pipeline, Look], Iterable[Diagnostic]]

CHECKS: Final[tuple[Check, ...]] = (
    runs,
    repeats,
    watched,
    clock,
    unused,
    secrets,
    reach,
    containers,
    natives,
    links,
)
