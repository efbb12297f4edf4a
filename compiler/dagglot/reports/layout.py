"""Where the nodes of a graph go, from left to right, so that edges are short and cross rarely.

The usual steps of Sugiyama: edges that close a circle are turned round, each node has the rank of
the longest path to it, nodes of a rank are ordered by their neighbours, and then moved as near to
them as the order allows. An edge over several ranks passes through a place of its own in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

Edge: TypeAlias = tuple[str, str]
Point: TypeAlias = tuple[float, float]
_Key: TypeAlias = str | tuple[str, str, int]
"""A node, or the place where an edge passes through a rank."""

HEIGHT: Final = 38.0
GAP: Final = 14.0
"""Between the nodes of a rank."""
BETWEEN: Final = 54.0
"""Between two ranks."""
_THIN: Final = 8.0
_SWEEPS: Final = 8


class Layout(NamedTuple):
    """The left upper corner of each node, the points of each edge, and the size of all."""

    nodes: Mapping[str, Point]
    edges: Mapping[Edge, tuple[Point, ...]]
    width: float
    height: float


def layout(widths: Mapping[str, float], edges: Iterable[Edge]) -> Layout:
    """The nodes in their order, each with its width, and the edges between them."""
    edges = [edge for edge in dict.fromkeys(edges) if edge[0] != edge[1]]
    forward = _without_circles(list(widths), edges)
    ranks = _ranks(list(widths), list(forward.values()))
    chains = {edge: _chain(way, ranks) for edge, way in forward.items()}
    layers = _ordered(_layers(ranks, chains.values()), list(chains.values()))
    heights = {key: HEIGHT if isinstance(key, str) else _THIN for layer in layers for key in layer}
    middles = _middles(layers, list(chains.values()), heights)
    left, lefts, columns = 0.0, {}, []
    for layer in layers:
        column = max((widths[key] for key in layer if isinstance(key, str)), default=0.0)
        columns.append((left, column))
        for key in layer:
            if isinstance(key, str):
                lefts[key] = left + (column - widths[key]) / 2
        left += column + BETWEEN
    nodes = {key: (x, middles[key] - HEIGHT / 2) for key, x in lefts.items()}
    bottom = max((middles[key] + heights[key] / 2 for key in middles), default=0.0)
    paths = {}
    for edge, chain in chains.items():
        points: list[Point] = []
        for key in chain:
            if isinstance(key, str):
                y = middles[key]
                points += [(lefts[key], y), (lefts[key] + widths[key], y)]
            else:
                x, column = columns[key[2]]
                points += [(x, middles[key]), (x + column, middles[key])]
        inner = points[1:-1]  # from the right of the first to the left of the last
        paths[edge] = tuple(inner if forward[edge] == edge else inner[::-1])
    return Layout(nodes, paths, max(0.0, left - BETWEEN), bottom)


def _without_circles(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[Edge, Edge]:
    """Each edge in the direction that makes no circle."""
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        after[source].append(target)
    turned: set[Edge] = set()
    done: set[str] = set()
    for root in nodes:
        if root in done:
            continue
        open_: dict[str, None] = {root: None}
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                open_.pop(node)
                done.add(node)
            elif following in open_:
                turned.add((node, following))
            elif following not in done:
                open_[following] = None
                stack.append((following, iter(after[following])))
    return {edge: edge[::-1] if edge in turned else edge for edge in edges}


def _ranks(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    before: dict[str, list[str]] = {node: [] for node in nodes}
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    missing = {node: len(before[node]) for node in nodes}
    ready = [node for node in nodes if not missing[node]]
    ranks = dict.fromkeys(nodes, 0)
    for node in ready:
        for following in after[node]:
            ranks[following] = max(ranks[following], ranks[node] + 1)
            missing[following] -= 1
            if not missing[following]:
                ready.append(following)
    for node in reversed(ready):  # what nothing leads to stands beside what it leads to
        if not before[node] and after[node]:
            ranks[node] = min(ranks[it] for it in after[node]) - 1
    return ranks


def _chain(edge: Edge, ranks: Mapping[str, int]) -> tuple[_Key, ...]:
    source, target = edge
    between = range(ranks[source] + 1, ranks[target])
    return (source, *((source, target, rank) for rank in between), target)


def _layers(ranks: Mapping[str, int], chains: Iterable[tuple[_Key, ...]]) -> list[list[_Key]]:
    layers: list[list[_Key]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for node, rank in ranks.items():
        layers[rank].append(node)
    for chain in chains:
        for key in chain[1:-1]:
            layers[key[2]].append(key)  # type: ignore[index]
    return layers


_Near: TypeAlias = dict[_Key, list[_Key]]


def _neighbours(chains: Sequence[tuple[_Key, ...]]) -> tuple[_Near, _Near]:
    """Those on the left and on the right of each place."""
    left: _Near = {}
    right: _Near = {}
    for chain in chains:
        for one, other in pairwise(chain):
            right.setdefault(one, []).append(other)
            left.setdefault(other, []).append(one)
    return left, right


def _ordered(layers: list[list[_Key]], chains: Sequence[tuple[_Key, ...]]) -> list[list[_Key]]:
    """Each rank ordered by the middle of its neighbours, to and fro; the best that was met."""
    left, right = _neighbours(chains)
    best, least = layers, _crossings(layers, right)
    for sweep in range(_SWEEPS):
        if not least:
            break
        layers = [list(layer) for layer in layers]
        there = sweep % 2 == 0
        near = left if there else right
        turns = range(1, len(layers)) if there else range(len(layers) - 2, -1, -1)
        for at in turns:
            beside = layers[at - 1 if there else at + 1]
            place = {key: number for number, key in enumerate(beside)}
            own = {key: number for number, key in enumerate(layers[at])}
            layers[at].sort(key=lambda key: (_mean(key, near, place, own), own[key]))
        crossings = _crossings(layers, right)
        if crossings < least:
            best, least = layers, crossings
    return best


def _mean(key: _Key, near: _Near, place: Mapping[_Key, int], own: Mapping[_Key, int]) -> float:
    found = near.get(key)
    return sum(place[one] for one in found) / len(found) if found else float(own[key])


def _crossings(layers: Sequence[Sequence[_Key]], right: _Near) -> int:
    number = 0
    for layer, following in pairwise(layers):
        place = {key: at for at, key in enumerate(following)}
        ends: list[int] = []
        for key in layer:
            mine = sorted(place[one] for one in right.get(key, ()))
            number += sum(1 for end in mine for other in ends if other > end)
            ends += mine
    return number


def _middles(
    layers: Sequence[Sequence[_Key]],
    chains: Sequence[tuple[_Key, ...]],
    heights: Mapping[_Key, float],
) -> dict[_Key, float]:
    """How low the middle of each place is: near to its neighbours, in order, without overlap."""
    left, right = _neighbours(chains)
    middles: dict[_Key, float] = {}
    for layer in layers:
        top = 0.0
        for key in layer:
            middles[key] = top + heights[key] / 2
            top += heights[key] + GAP
    for sweep in range(_SWEEPS + 1):
        there = sweep % 2 == 0
        near = left if there else right
        for layer in layers if there else reversed(layers):
            wanted = [
                sum(middles[one] for one in near[key]) / len(near[key])
                if key in near
                else middles[key]
                for key in layer
            ]
            middles.update(zip(layer, _apart(wanted, [heights[key] for key in layer]), strict=True))
    top = min((middles[key] - heights[key] / 2 for key in middles), default=0.0)
    return {key: middle - top for key, middle in middles.items()}


def _apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones that keep the order and do not overlap: those that
    would overlap form a block, which stands at the mean of what its members want."""
    offsets, at = [], 0.0
    for number, height in enumerate(heights):
        at += height / 2 + (heights[number - 1] / 2 + GAP if number else 0.0)
        offsets.append(at)
    blocks: list[list[float]] = []  # the sum of what is wanted, and how many
    for want, offset in zip(wanted, offsets, strict=True):
        blocks.append([want - offset, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, size = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += size
    starts = [total / size for total, size in blocks for _ in range(int(size))]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]
