"""`compile --locked`: the version of the target is that of the last compile, or nothing is done."""

from __future__ import annotations

import pytest

from front_tools import Space


@pytest.fixture
def old(space: Space) -> Space:
    """A project whose output was compiled for the version before."""
    space.pipeline("a")
    space.project()
    space.write(
        "dagglot.yaml", space.read("dagglot.yaml").replace("build}", 'build, version: "2.11"}')
    )
    space.compiled()
    return space


def unpin(space: Space) -> None:
    """As if a release of dagglot had another default."""
    space.write("dagglot.yaml", space.read("dagglot.yaml").replace(', version: "2.11"', ""))


def test_the_same_version(old: Space) -> None:
    assert old.compiled("--locked").err == "build: 3 unchanged\n"
    assert old.run("compile", "--locked", "--check").code == 0


@pytest.mark.parametrize("more", [(), ("--check",), ("--diff",), ("--force",)])
def test_another_version(old: Space, more: tuple[str, ...]) -> None:
    unpin(old)
    before = old.tree()
    ran = old.run("compile", "--locked", *more)
    assert (ran.code, ran.codes) == (1, ["DG525"])
    assert "`build` is locked to Airflow 2.11, and this compile is for 3.3" in ran.err
    assert "-t airflow@2.11" in ran.err
    assert old.tree() == before


def test_of_several_targets_none_is_written(old: Space) -> None:
    unpin(old)
    ran = old.run("compile", "-t", "airflow", "-t", "prefect", "-o", "new", "--locked")
    assert (ran.code, ran.codes) == (1, ["DG524", "DG524"])
    assert not (old.root / "new").exists()


def test_as_the_lock_says(old: Space) -> None:
    unpin(old)
    assert old.run("compile", "-t", "airflow@2.11", "--locked").code == 0


def test_no_manifest(space: Space) -> None:
    space.project()
    space.pipeline("a")
    ran = space.run("compile", "--locked")
    assert (ran.code, ran.codes) == (1, ["DG524"])
    assert "commit the output with its manifest" in ran.err
    assert not (space.root / "build").exists()


def test_without_it_the_move_is_said(old: Space) -> None:
    unpin(old)
    ran = old.run("compile", "--check")
    assert ran.code == 1
    assert "the version of Airflow changed (2.11 → 3.3)" in ran.err
    assert "build (2.11 → 3.3): " in ran.err
    assert "build (2.11 → 3.3): " in old.compiled().err
    assert "→" not in old.compiled().err
