"""Airflow's task instances in the words of the language.

Airflow tells three things otherwise, neither of them about what runs:

- a list that is none fails the step that makes it, and what is expanded over it is
  ``upstream_failed``: in the language that task has failed;
- a task of a mapped group gets its instances before anything above it has ended, so also below one
  that never got any: in the language neither has;
- what a gate outside a mapped group skips before the group is expanded has no instances: in the
  language it has one for each of those above it in the group.

What a rule would have skipped in a group without a list stays ``upstream_failed``: so the tasks
below have seen it (`dagglot.semantics.early`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagglot.ir import graph
from dagglot.ir.model import Pipeline, Task
from dagglot.semantics.states import State
from dagglot.semantics.trigger_rules import decide
from dagglot.targets.airflow.steps import Woven

Entry = Mapping[str, Any]


def read(pipeline: Pipeline, made: Woven, entries: Sequence[Entry]) -> list[Entry]:
    """What the probe reported, with the states that the language gives to what never ran."""
    if not made.items:
        return list(entries)
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry["id"], []).append(entry)
    for id in graph.topological({task.id: task.upstream for task in pipeline.tasks}):
        if id in found:
            found[id] = list(_told(pipeline.task(id), made, found))
    return [entry for group in found.values() for entry in group]


def _told(task: Task, made: Woven, found: Mapping[str, list[Entry]]) -> Iterator[Entry]:
    mine = found[task.id]
    group = made.groups.get(task.id)
    step = made.items.get(task.id if group is None else group.id)
    if step is None or any(one["state"] not in _NEVER_RAN or one["attempts"] for one in mine):
        yield from mine
        return
    no_list = any(one["state"] == "failed" for one in found.get(step, ()))
    (first, *_) = mine
    if group is None:
        blamed = no_list and first["state"] == "upstream_failed"
        yield from ({**one, "state": "failed"} if blamed else one for one in mine)
        return
    inside = [id for id in task.upstream if made.together(task.id, id)]
    indexes = {one["index"] for id in inside for one in found.get(id, ())} - {None}
    if indexes and first["index"] is None:
        yield from ({**first, "index": index} for index in sorted(indexes))
        return
    if indexes:
        yield from mine
        return
    if no_list and first["state"] == "upstream_failed" and not task.teardown_of:
        states = [one["state"] for id in task.upstream for one in found.get(id, ())]
        known = [State(state) for state in states if state in _STATES]
        if decide(task.trigger_rule, known) is None:
            first = {**first, "state": "failed"}
    yield {**first, "index": None}


_NEVER_RAN = frozenset({"skipped", "upstream_failed"})
_STATES = frozenset(state.value for state in State)
