"""What `verify` and `run` say of an orchestrator's answers, whatever these are."""

from __future__ import annotations

import sys

import pytest

from front_tools import Space

PYTHON = ("--python", sys.executable)


@pytest.fixture
def one(space: Space) -> Space:
    space.project()
    space.pipeline("a", "description: said\nparams: {days: {type: integer}}\n")
    return space


def test_verify_agrees(one: Space) -> None:
    one.probe("load", "{'pipelines': [{'id': 'a', 'description': 'said'}]}")
    ran = one.run("verify", *PYTHON)
    assert (ran.code, ran.codes) == (0, []), ran.err


def test_verify_differs(one: Space) -> None:
    one.probe("load", "{'pipelines': [{'id': 'a', 'description': 'other'}]}")
    ran = one.run("verify", *PYTHON)
    assert (ran.code, ran.codes) == (1, ["DG509"])
    assert "flows/a.yaml:2:11: DG509" in ran.err
    one.probe("load", "{'pipelines': []}")
    assert one.run("verify", *PYTHON).codes == ["DG509"]


def test_verify_cannot_load(one: Space) -> None:
    one.probe("load", "{'errors': [{'file': 'a.py', 'message': 'first\\nImportError: no x'}]}")
    ran = one.run("verify", *PYTHON)
    assert (ran.code, ran.codes) == (1, ["DG508"])
    assert "cannot load `a.py`: ImportError: no x" in ran.err


@pytest.mark.parametrize("answer", ["sys.exit(3)", "[]", "sys.exit(0)", "'x' * 10"])
def test_a_probe_that_does_not_answer(one: Space, answer: str) -> None:
    one.probe("load", answer)
    ran = one.run("verify", *PYTHON)
    assert (ran.code, ran.codes) == (1, ["DG510"])


def test_no_python(one: Space) -> None:
    one.probe("load", "{}")
    ran = one.run("verify", "--python", "nope/bin/python")
    assert (ran.code, ran.codes) == (1, ["DG510"])


@pytest.mark.parametrize(
    "given", [(), ("--param", "days=x"), ("--param", "days=true"), ("--param", "dasy=1")]
)
def test_params_that_a_run_refuses(one: Space, given: tuple[str, ...]) -> None:
    one.probe("run", "{'runs': []}")
    ran = one.run("run", *PYTHON, *given)
    assert (ran.code, ran.codes[0]) == (3, "DG512"), ran.err


def test_a_nested_project_is_passed_over_and_said_so(space: Space) -> None:
    space.pipeline("a")
    space.write("flows/inner/dagglot.yaml", "dagglot: 1\nproject: inner\n")
    space.write("flows/inner/b.yaml", "dagglot: 1\n")
    ran = space.run("validate", "flows")
    assert (ran.code, ran.codes) == (0, ["DG015"])
