"""The pools of tasks, beside what the project says of their sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.model import Task
from dagglot.project import PoolSize


def too_small(tasks: Iterable[Task], sizes: Mapping[str, PoolSize]) -> Iterator[Diagnostic]:
    """The tasks that would wait for ever."""
    for task in tasks:
        size = sizes.get(task.pool.name) if task.pool is not None else None
        if task.pool is not None and size is not None and task.pool.slots > size.slots:
            yield codes.POOL_TOO_SMALL.at(
                task.at("pool"),
                task=task.id,
                slots=task.pool.slots,
                pool=task.pool.name,
                size=size.slots,
                help=f"take at most {size.slots}, or give the pool more in `pools`",
            )
