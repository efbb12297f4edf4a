"""Where nodes of a drawn graph go: none on another, edges forward, whatever the graph."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagglot.reports.layout import GAP, HEIGHT, layout

NAMES = st.integers(0, 11).map(lambda number: f"n{number}")
EDGES = st.lists(st.tuples(NAMES, NAMES), max_size=30)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(NAMES, unique=True, min_size=1), EDGES, st.integers(10, 300))
def test_any_graph(names: list[str], edges: list[tuple[str, str]], width: int) -> None:
    widths = {name: float(width + 10 * at) for at, name in enumerate(names)}
    edges = [edge for edge in edges if {*edge} <= widths.keys()]
    made = layout(widths, edges)
    assert made == layout(widths, edges)
    assert made.nodes.keys() == widths.keys()
    assert made.edges.keys() == {edge for edge in edges if edge[0] != edge[1]}
    for name, (x, y) in made.nodes.items():
        assert x >= 0
        assert y >= -0.001
        assert x + widths[name] <= made.width + 0.001
        assert y + HEIGHT <= made.height + 0.001
    for one, other in combinations(made.nodes, 2):
        (x, y), (u, v) = made.nodes[one], made.nodes[other]
        beside = x + widths[one] < u or u + widths[other] < x
        assert beside or abs(y - v) >= HEIGHT + GAP - 0.001
    for (source, target), points in made.edges.items():
        ends = {points[0], points[-1]}
        middles = {name: made.nodes[name][1] + HEIGHT / 2 for name in (source, target)}
        assert {round(y, 3) for _, y in ends} == {round(y, 3) for y in middles.values()}


def test_a_chain_is_a_line() -> None:
    names = [f"n{number}" for number in range(20)]
    made = layout(dict.fromkeys(names, 100.0), list(pairwise(names)))
    assert {round(y, 3) for _, y in made.nodes.values()} == {0.0}
    assert [x for x, _ in made.nodes.values()] == sorted(x for x, _ in made.nodes.values())


def test_no_edges_cross_that_need_not() -> None:
    """Two fans that are written in the opposite order."""
    widths = dict.fromkeys(("a", "b", "b1", "a1", "b2", "a2"), 100.0)
    made = layout(widths, [("a", "a1"), ("a", "a2"), ("b", "b1"), ("b", "b2")])
    heights = {name: y for name, (_, y) in made.nodes.items()}
    fans = [[heights["a1"], heights["a2"]], [heights["b1"], heights["b2"]]]
    assert max(fans[0]) < min(fans[1]) or max(fans[1]) < min(fans[0])


def test_edges_in_a_circle_are_drawn() -> None:
    """Both sides of a diff together may have one."""
    made = layout({"a": 50.0, "b": 50.0}, [("a", "b"), ("b", "a")])
    assert made.edges[("b", "a")] == made.edges[("a", "b")][::-1]


def test_nothing() -> None:
    assert layout({}, []) == ({}, {}, 0.0, 0.0)
