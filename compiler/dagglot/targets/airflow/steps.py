"""What stands in a DAG besides the pipeline's own tasks, so that it ends as the language says.

A step is a task like any other once it is woven in, so that order, edges and names treat it so:

- ``x__items`` makes the list of a ``for_each``. It takes the trigger rule, the gates and the
  branches of what it expands, and so a rule is decided once, before there are instances.
- ``x__rule`` decides for a task of a mapped group where Airflow's own rules, gates and branches do
  not (`_needs_rule`): Airflow 3.3 ignores gates and branches in mapped groups, and both versions
  ask some rules about the instances of all indexes.
- ``x__is_up`` stands for a set-up, where Airflow would bind more than the teardown to it.
- watchers and ``x__ended`` (watching.py) let the run end as it should.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from dagglot.expressions.tree import Item, TaskOutput, references
from dagglot.frozen import dataclass
from dagglot.ir.model import (
    Dependency,
    Group,
    NoopBody,
    OtherBody,
    Pipeline,
    Retries,
    Task,
    TriggerRule,
    Value,
)
from dagglot.ir.task_values import values_of
from dagglot.targets.airflow.kinds import is_function, values_in

ITEMS: Final = "airflow-items"
RULE: Final = "airflow-rule"


@dataclass(frozen=True, slots=True)
class Woven:
    """A pipeline with the steps in it."""

    pipeline: Pipeline
    steps: frozenset[str] = frozenset()
    entries: Mapping[str, str] = field(default_factory=dict)
    """The step in which a task begins, for whoever chooses or skips it."""
    items: Mapping[str, str] = field(default_factory=dict)
    """The list step of a mapped task, or of a mapped group."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    """The mapped group that a task is in."""
    setups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What Airflow is told to be the set-ups of a teardown."""

    mapped: frozenset[str] = frozenset()
    """The tasks that have several instances."""

    def is_mapped(self, task: str) -> bool:
        return task in self.mapped

    def together(self, task: str, other: str) -> bool:
        """Whether two tasks have one instance each for the same element."""
        one = self.groups.get(task)
        return one is not None and one is self.groups.get(other)


def takes_item(task: Task) -> bool:
    """Whether the element is an argument of the task's function: in a mapped group that makes an
    edge from the list, which no other rule can bear."""
    if not is_function(task) or task.trigger_rule is not TriggerRule.ALL_SUCCESS:
        return False
    leaves = (leaf for value in values_in(task) for leaf in references(value))
    return any(isinstance(leaf, Item) for leaf in leaves)


def made_step(
    id: str, group: str, body: OtherBody | NoopBody, edges: Sequence[Dependency], rule: TriggerRule
) -> Task:
    unique = tuple({edge.task: edge for edge in edges}.values())
    return Task(
        id=id, group=group, body=body, depends_on=unique, trigger_rule=rule, retries=Retries()
    )


def edges_to(ids: Iterator[str] | Sequence[str]) -> tuple[Dependency, ...]:
    return tuple(Dependency(task=id) for id in dict.fromkeys(ids))


def outputs_in(value: Value) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(leaf.task for leaf in references(value) if isinstance(leaf, TaskOutput))
    )


def body_outputs(task: Task) -> list[str]:
    """The outputs that the instances of a task read, not those that make its list."""
    found: dict[str, None] = {}
    for value, key in values_of(task):
        if key != "for_each":
            found.update(dict.fromkeys(outputs_in(value)))
    return list(found)
