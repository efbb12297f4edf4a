"""Edges that no argument makes, written with ``>>``: between tasks, or groups as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dagglot.frozen import dataclass
from dagglot.ir import graph
from dagglot.ir.model import Pipeline
from dagglot.targets.airflow.order import child_of

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Edges:
    """``a >> [b, c] >> d``: each step one or more ids of tasks and groups, in a group's block."""

    scope: str
    steps: tuple[tuple[str, ...], ...]


def statements(pipeline: Pipeline, passed: Collection[Pair]) -> tuple[Edges, ...]:
    """The statements of each group's block; ``passed`` are the edges that arguments make."""
    by_scope: dict[str, dict[Pair, list[Pair]]] = {}
    group_of = {task.id: task.group for task in pipeline.tasks}
    for task in pipeline.tasks:
        for upstream in task.upstream:
            scope = common(group_of, upstream, task.id)
            ends = (child_of(scope, upstream, group_of), child_of(scope, task.id, group_of))
            by_scope.setdefault(scope, {}).setdefault(ends, []).append((upstream, task.id))
    needs = {task.id: task.upstream for task in pipeline.tasks}
    made: list[Edges] = []
    for scope, between in by_scope.items():
        written: dict[str, list[str]] = {}
        for (first, second), pairs in between.items():
            of_groups = first not in needs or second not in needs
            whole = (
                of_groups
                and not any(pair in passed for pair in pairs)
                and set(pairs)
                == {
                    (leaf, root)
                    for leaf in graph.leaves(_below(first, needs), needs)
                    for root in graph.roots(_below(second, needs), needs)
                }
            )
            for source, target in ((first, second),) if whole else pairs:
                if (source, target) not in passed:
                    written.setdefault(target, []).append(source)
        made += (Edges(scope, steps) for steps in _joined(written))
    return tuple(made)


def _below(id: str, needs: Collection[str]) -> list[str]:
    return [id] if id in needs else [task for task in needs if task.startswith(f"{id}.")]


def common(group_of: Mapping[str, str], *ids: str) -> str:
    """The innermost group that holds all of the tasks."""
    parts: list[str] = []
    paths = [group_of[id].split(".") if group_of[id] else [] for id in ids]
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        parts.append(names[0])
    return ".".join(parts)


def _joined(sources: dict[str, list[str]]) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Chains where one statement ends with what the next begins with, fans where sources agree."""
    fans: dict[tuple[str, ...], list[str]] = {}
    for target, upstreams in sources.items():
        fans.setdefault(tuple(upstreams), []).append(target)
    chains: list[list[tuple[str, ...]]] = []
    for first, targets in fans.items():
        # `[a, b] >> [c, d]` is no Python that Airflow knows
        for second in [tuple(targets)] if len(first) == 1 else [(one,) for one in targets]:
            behind = next((chain for chain in chains if chain[-1] == first), None)
            if behind is not None and not (len(first) > 1 and len(second) > 1):
                behind.append(second)
            else:
                chains.append([first, second])
    yield from (tuple(chain) for chain in chains)
