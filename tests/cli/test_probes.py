"""What `verify` and `run` say of an orchestrator's answers, whatever these are."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from dagglot import runner
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
    assert "flows/a.yaml:5:14: DG509" in ran.err  # the line that says so
    one.probe("load", "{'pipelines': []}")
    assert one.run("verify", *PYTHON).codes == ["DG509"]


def test_what_was_written_is_looked_at_as_it_stands(one: Space) -> None:
    one.probe("load", "{'pipelines': [{'id': 'a', 'description': 'said'}]}")
    for words in (("--written",), ("-o", "build"), ("-o", "nowhere")):
        ran = one.run("verify", *PYTHON, *words)
        assert (ran.code, ran.codes) == (3, ["DG538"]), words
        assert "nothing was compared" in ran.err
    assert one.run("verify", *PYTHON, "--written", "--stores").code == 2
    assert one.run("compile").code == 0
    before = sorted(path for path in one.root.rglob("*") if path.is_file())
    ran = one.run("verify", *PYTHON, "--written")
    assert (ran.code, ran.codes) == (0, []), ran.err
    assert sorted(path for path in one.root.rglob("*") if path.is_file()) == before


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


@pytest.mark.parametrize(
    "given", [("--partition", "2026-01-31"), ("--time", "yesterday"), ("--time", "25:00")]
)
def test_times_and_partitions_that_a_run_refuses(one: Space, given: tuple[str, ...]) -> None:
    one.probe("run", "{'runs': []}")
    ran = one.run("run", *PYTHON, "-p", "days=1", *given)
    assert (ran.code, ran.codes) == (3, ["DG522"]), ran.err


def test_a_run_that_finds_no_partition(one: Space) -> None:
    """It is not begun; the key that was meant is told."""
    one.write(
        "flows/b.yaml",
        "dagglot: 1\npipeline: b\npartitions: {by: week, start: 2026-01-01, timezone: UTC}\n"
        "tasks: {a: {type: noop}}\n",
    )
    one.write(
        "flows/c.yaml",
        "dagglot: 1\npipeline: c\npartitions: {keys: [eu, us]}\ntasks: {a: {type: noop}}\n",
    )
    one.probe("run", "{'runs': []}")
    for pipeline, given, said in (
        ("b", ("--partition", "2026-01-06"), "did you mean `2026-01-05`?"),
        (
            "b",
            ("--time", "2026-01-11"),
            "no partition of `b` is complete at 2026-01-11T00:",
        ),
        ("c", (), "give `--partition KEY`, one of `eu`, `us`"),
        ("c", ("--partition", "ue"), "`c` has no partition `ue`"),
    ):
        ran = one.run("run", *PYTHON, "--pipeline", pipeline, *given)
        assert (ran.code, ran.codes) == (3, ["DG522"]), ran.err
        assert said in ran.err


ASKS = """
dagglot: 1
pipeline: asks
tasks:
  publish: {type: approval, message: Publish?, approvers: [finance, bo]}
  tidy: {type: approval, message: Tidy up?}
"""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), ["`publish` asks a human", "`tidy` asks a human"]),
        (("publish=approve",), ["`tidy` asks a human"]),
        (("publish=aprove", "tidy=reject"), ["did you mean `approve`?"]),
        (
            ("publish=approve", "tidy=reject", "tdy=approve"),
            ["`tdy` is no approval", "did you mean `tidy`?"],
        ),
    ],
)
def test_questions_that_nobody_would_answer(
    space: Space, given: tuple[str, ...], said: list[str]
) -> None:
    space.project()
    space.write("flows/asks.yaml", ASKS)
    words = [word for one in given for word in ("--answer", one)]
    for ran in (
        space.run("run", *PYTHON, *words),
        space.run("parity", "-t", "airflow", "-t", "dagster", *PYTHON, *words),
    ):
        assert (ran.code, set(ran.codes)) == (3, {"DG519"}), ran.err
        assert [text for text in said if text not in ran.err] == []


def test_what_approvals_are_told(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ask(_: Any, __: str, request: Any, *___: Any) -> dict[str, Any]:
        asked.append(request([]))
        return {"runs": []}

    monkeypatch.setattr(runner, "ask", ask)
    space.project()
    space.write("flows/asks.yaml", ASKS)
    words = ("--answer", "publish=approve", "--answer", "tidy=reject")
    space.run("run", *words)
    assert asked[0]["runs"][0]["answers"] == {
        "publish": {"approved": True, "who": "finance"},
        "tidy": {"approved": False, "who": "somebody"},
    }


def test_a_nested_project_is_passed_over_and_said_so(space: Space) -> None:
    space.pipeline("a")
    space.write("flows/inner/dagglot.yaml", "dagglot: 1\nproject: inner\n")
    space.write("flows/inner/b.yaml", "dagglot: 1\n")
    ran = space.run("validate", "flows")
    assert (ran.code, ran.codes) == (0, ["DG015"])


STORES = "dagglot: 1\npipeline: kept\nconnections: {db: {type: http}, web: {type: http}}\n"
TASKS = "tasks: {a: {type: http, connection: db, path: /}}\n"


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ({"missing": [], "unasked": None}, []),
        ({"missing": [["connection", "db"]], "unasked": None}, ["DG520"]),
        ({"missing": [["connection", "db"], ["connection", "other"]]}, ["DG520"]),
        ({"missing": [], "unasked": "no such table"}, ["DG521"]),
    ],
)
def test_what_an_orchestrator_lacks(space: Space, answer: Any, codes: list[str]) -> None:
    space.project()
    space.write("flows/kept.yaml", STORES + TASKS)
    space.probe("stores", repr(answer))
    ran = space.run("verify", "--stores", *PYTHON)
    assert (ran.code, ran.codes) == (1 if codes else 0, codes), ran.err


def test_nothing_is_needed(one: Space) -> None:
    ran = one.run("verify", "--stores", *PYTHON)
    assert (ran.code, ran.codes) == (0, [])
