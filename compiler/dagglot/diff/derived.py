"""Changes that follow from another one, which is told: nobody wrote them.

A check takes over what its task says of attempts, limits and who is told, and its id begins with
the task's; who depends on a task depends on its checks too. A pipeline has what the project
declares as far as it uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dagglot.diff.compare import Change
from dagglot.diff.pairs import pair_tasks, renamed
from dagglot.ir.model import CheckBody, Pipeline, Task

_WRITTEN: Final = frozenset({"CheckBody", "SqlBody", "PythonBody"})
"""What holds the keys of a check in a document."""


class Derived:
    """Tells such changes of one pipeline apart."""

    def __init__(self, before: Pipeline, after: Pipeline, whole: tuple[Pipeline, Pipeline]) -> None:
        """``whole`` are the two with all that the project declares."""
        self.whole = whole
        self.has_checks = any(
            isinstance(task.body, CheckBody) for one in (before, after) for task in one.tasks
        )
        self.tasks: tuple[Mapping[str, Task], Mapping[str, Task]] = ({}, {})
        if self.has_checks:
            # as in the changes: with the ids of now
            old = renamed(before, pair_tasks(before, after))
            self.tasks = (_by_id(old), _by_id(after))

    def has(self, change: Change) -> bool:
        """Whether a change is one of these."""
        if change.owner == "Pipeline" and change.field in ("assets", "alerts"):
            declared = (getattr(one, change.field) for one in self.whole)
            return all(any(it.name == change.steps[1] for it in some) for some in declared)
        if change.task is None or len(change.steps) < 3:
            return False
        return self.has_checks and self._is_of_check(change, change.task)

    def _is_of_check(self, change: Change, task: str) -> bool:
        if (change.owner, change.field) == ("Task", "depends_on"):
            gone = change.after is None
            edge = change.before if gone else change.after
            return self._comes_with(self.tasks[0 if gone else 1], task, edge.task)
        if change.field == "body" or change.owner in _WRITTEN:
            return False
        return all(task in side and isinstance(side[task].body, CheckBody) for side in self.tasks)

    def _comes_with(self, tasks: Mapping[str, Task], waits: str, other: str) -> bool:
        """Whether a task waits for a check because it waits for what is checked."""
        check = tasks.get(other)
        if check is None or not isinstance(check.body, CheckBody) or waits not in tasks:
            return False
        return check.body.of in tasks[waits].upstream


def _by_id(pipeline: Pipeline) -> Mapping[str, Task]:
    return {one.id: one for one in pipeline.tasks}
