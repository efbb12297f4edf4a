"""The graph of assets at compile time, also where the manifest vouches for a file."""

from __future__ import annotations

import pytest

from dagglot import api
from front_tools import Space

ASSETS = "assets: {x: {}, y: {}}\n"


def document(id: str, schedule: str, task: str) -> str:
    return (
        f"dagglot: 1\npipeline: {id}\nschedule: {{{schedule}}}\n"
        f"tasks:\n  one: {{type: noop, {task}}}\n"
    )


@pytest.fixture
def linked(space: Space) -> Space:
    """`a` produces `x`, which starts `b`; compiled."""
    space.project(ASSETS)
    space.write("flows/a.yaml", document("a", "", "produces: x"))
    space.write("flows/b.yaml", document("b", "on_assets: x", "consumes: x, produces: y"))
    space.compiled()
    return space


def test_an_unchanged_file_is_not_read_for_it(
    linked: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = linked.tree()
    monkeypatch.setattr(api, "check_file", lambda *_: 1 // 0)
    linked.compiled()
    assert linked.tree() == before


def test_a_second_producer_beside_an_unchanged_one(linked: Space) -> None:
    before = linked.tree()
    linked.write("flows/c.yaml", document("c", "", "produces: x"))
    ran = linked.run("compile")
    assert (ran.code, ran.codes) == (3, ["DG218"])
    assert "flows/c.yaml:5:31: DG218" in ran.err
    assert "flows/a.yaml:5:31: `a` produces it here\n    5 |" in ran.err
    assert {path: state for path, state in linked.tree().items() if path in before} == before


def test_keep_going_writes_neither_producer(linked: Space) -> None:
    old = linked.read("build/flows/a.txt")
    linked.write(
        "flows/a.yaml", document("a", "", "produces: x, description: new") + "  two: {type: noop}\n"
    )
    linked.write("flows/c.yaml", document("c", "", "produces: x"))
    linked.write("flows/d.yaml", document("d", "", "description: alone"))
    for _ in range(2):
        ran = linked.run("compile", "--keep-going")
        assert (ran.code, ran.codes) == (3, ["DG218"])
        assert linked.files() == ["flows/a.txt", "flows/b.txt", "flows/d.txt", "index.txt"]
        assert linked.read("build/flows/a.txt") == old


def test_a_loop_through_an_unchanged_file(linked: Space) -> None:
    linked.write("flows/a.yaml", document("a", "on_assets: y", "produces: x"))
    ran = linked.run("compile")
    assert (ran.code, ran.codes) == (3, ["DG219"])
    assert "`x` of `a` starts `b`, `y` of `b` starts `a`" in ran.err


def test_what_nobody_produces_is_said_each_time(linked: Space) -> None:
    linked.write("flows/a.yaml", document("a", "", "description: idle"))
    for _ in range(2):
        ran = linked.run("compile")
        assert (ran.code, ran.codes) == (0, ["DG221", "DG221"])
    assert linked.run("compile", "flows/b.yaml").codes == [], "the producer may be elsewhere"
    assert linked.run("validate").codes == ["DG221", "DG221"]


def test_a_wrong_document_may_be_the_producer(linked: Space) -> None:
    linked.write("flows/a.yaml", document("a", "", "produces: x, depends_on: nobody"))
    assert linked.run("validate").codes == ["DG201"]
    assert linked.run("compile").codes == ["DG201"]
