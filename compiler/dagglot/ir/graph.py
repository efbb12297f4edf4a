"""Questions about the graph of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


def cycle(edges: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """The first cycle of ``node → the nodes it waits for``, as a path back to its start; or None.

    Iterative, so that a chain of many thousand tasks is no deeper than any other.
    """
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        path: list[str] = [start]
        on_path = {start: 0}
        stack = [iter(edges.get(start, ()))]
        while stack:
            for node in stack[-1]:
                if node in on_path:
                    return (*path[on_path[node] :], node)
                if node in edges and node not in done:
                    on_path[node] = len(path)
                    path.append(node)
                    stack.append(iter(edges[node]))
                    break
            else:
                stack.pop()
                finished = path.pop()
                del on_path[finished]
                done.add(finished)
    return None


def cycles(edges: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Cycles that have no node in common, each as `cycle` gives it."""
    left = dict(edges)
    while (found := cycle(left)) is not None:
        yield found
        for node in found[:-1]:
            del left[node]


def topological(edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every node after those it waits for; otherwise in the order given. No cycles."""
    order: dict[str, None] = {}
    for start in edges:
        stack = [(start, iter(edges[start]))]
        while stack:
            node, needs = stack[-1]
            if node in order:
                stack.pop()
                continue
            for need in needs:
                if need not in order:
                    stack.append((need, iter(edges[need])))
                    break
            else:
                order[node] = None
                stack.pop()
    return tuple(order)


def roots(ids: Iterable[str], edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Those that wait for none of the others."""
    members = list(ids)
    inside = set(members)
    return tuple(id for id in members if not inside.intersection(edges.get(id, ())))


def leaves(ids: Iterable[str], edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Those that none of the others waits for."""
    members = list(ids)
    waited_for = {need for id in members for need in edges.get(id, ())}
    return tuple(id for id in members if id not in waited_for)
