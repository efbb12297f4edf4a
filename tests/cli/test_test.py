"""`dagglot test`: the tests of documents, on the semantics and acted out by a fake orchestrator."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dagglot import replays
from dagglot.diagnostics import codes
from dagglot.ir.model import Pipeline
from front_tools import Space

GOOD = """\
dagglot: 1
pipeline: good
tasks:
  one: {type: python, call: "jobs:one"}
  two: {type: noop, depends_on: one}
tests:
  fine: {expect: {two: success, run: success}}
  one_fails: {given: {one: failed}, expect: {two: upstream_failed, run: failed}}
"""
BAD = """\
dagglot: 1
pipeline: bad
tasks:
  list: {type: python, call: "jobs:list"}
  load: {type: python, call: "jobs:load", for_each: {in: "${{ tasks.list.output }}"}, retries: 1}
  total: {type: noop, depends_on: load}
  report: {type: noop, depends_on: total, trigger_rule: none_failed}
tests:
  one_fails:
    given: {list: {output: [a, b, c]}, "load[1]": failed}
    expect:
      load: success
      report: success
      "load[7]": success
      run: success
  fine: {given: {list: {output: [a]}}, expect: {report: success, run: failed}}
  empty: {given: {list: {output: []}}, expect: {load: skipped, total: skipped}}
"""


def junit(file: str) -> ElementTree.Element:
    root = ElementTree.parse(file).getroot()  # noqa: S314 - we have just written it
    assert isinstance(root, ElementTree.Element)
    return root


def test_quiet_on_success(space: Space) -> None:
    space.write("good.yaml", GOOD)
    ran = space.run("test", "good.yaml")
    assert (ran.code, ran.err) == (0, "")
    first, empty, last = ran.out.splitlines()
    assert (first, empty) == ("ok  good  2 tests", "")
    assert last.startswith("1 pipeline: 2 passed in 0.")


def test_failures_have_their_line_and_the_chain_of_causes(space: Space) -> None:
    space.write("bad.yaml", BAD)
    ran = space.run("test", "bad.yaml")
    assert (ran.code, ran.err) == (1, "")
    body, _, last = ran.out.rpartition("\n\n")
    assert last.startswith("1 pipeline: 2 failed, 1 passed in 0.")
    each = "it failed in each of its 2 attempts"
    assert body == (
        "FAILED  bad  1 of 3 tests\n"
        "\n"
        "FAILED bad › one_fails\n"
        "bad.yaml:12:7: DG516 one_fails: `load[1]` ends `failed`, and `success` is expected\n"
        "   12 |       load: success\n"
        "      |       ^^^^^^^^^^^^^\n"
        f"      load[1]  failed  2 attempts  {each}\n"
        "bad.yaml:13:7: DG516 one_fails: `report` ends `upstream_failed`, and `success` is "
        "expected\n"
        "   13 |       report: success\n"
        "      |       ^^^^^^^^^^^^^^^\n"
        "      report         upstream_failed              trigger rule `none_failed`: total "
        "upstream_failed\n"
        "      └─ total       upstream_failed              trigger rule `all_success`: load[1] "
        "failed\n"
        f"         └─ load[1]  failed           2 attempts  {each}\n"
        "bad.yaml:14:7: DG516 one_fails: there is no `load[7]`: `load` has 3 elements here\n"
        '   14 |       "load[7]": success\n'
        "      |       ^^^^^^^^^^^^^^^^^^\n"
        "bad.yaml:15:7: DG516 one_fails: the run ends `failed`, and `success` is expected\n"
        "   15 |       run: success\n"
        "      |       ^^^^^^^^^^^^\n"
        f"      load[1]  failed  2 attempts  {each}\n"
        "\n"
        "FAILED bad › fine\n"
        "bad.yaml:16:66: DG516 fine: the run ends `success`, and `failed` is expected\n"
        "   16 |   fine: {given: {list: {output: [a]}}, expect: {report: success, run: failed}}\n"
        "      |                                                                  ^^^^^^^^^^^\n"
        "      every task that counts ends well"
    )


def test_the_run_and_the_failures_that_do_not_count(space: Space) -> None:
    space.write(
        "a.yaml",
        "dagglot: 1\npipeline: a\ntasks:\n  one: {type: noop, allow_failure: true}\n"
        "  two: {type: noop, teardown_of: one, depends_on: one}\n"
        "tests:\n  x: {given: {one: failed}, expect: {run: failed}}\n",
    )
    assert "\n      one  failed  it failed\n" in space.run("test", "a.yaml").out


def test_many_causes_are_few_words(space: Space) -> None:
    space.write(
        "a.yaml",
        BAD.split("tests:")[0]
        + "tests:\n  x: {given: {list: {output: [1, 2, 3, 4, 5, 6, 7]}, load: failed}, "
        "expect: {load: success, total: success}}\n",
    )
    out = space.run("test", "a.yaml").out
    assert "every element of `load` ends `failed`, and `success` is expected" in out
    assert "trigger rule `all_success`: load[0] failed, load[1] failed, load[2] failed and 4" in out
    assert "└─ and 4 more\n" in out


def test_only_some(space: Space) -> None:
    space.write("flows/good.yaml", GOOD)
    space.write("flows/bad.yaml", BAD)
    assert space.run("test", "flows", "-k", "EMPTY").out.startswith("ok  bad  1 test\n")
    assert space.run("test", "flows", "-k", "good › one").out.startswith("ok  good  1 test\n")
    ran = space.run("test", "flows", "-k", "nothing")
    assert (ran.code, ran.out) == (2, "")
    assert "no test has `nothing` in its name" in ran.err
    out = space.run("test", "flows").out
    assert out.startswith("FAILED  bad   1 of 3 tests\nok      good  2 tests\n")
    assert "2 pipelines: 2 failed, 3 passed" in out


def test_no_tests_says_so(space: Space) -> None:
    space.pipeline("a")
    ran = space.run("test", "flows")
    assert (ran.code, ran.out) == (0, "")
    assert "no tests found" in ran.err
    ran = space.run("test", "flows", "--format", "json")
    assert json.loads(ran.out)["tests"] == []


def test_invalid_documents_are_not_tested(space: Space) -> None:
    space.write("good.yaml", GOOD)
    space.write("wrong.yaml", BAD.replace("report: success", "reprt: success"))
    ran = space.run("test", "good.yaml", "wrong.yaml")
    assert (ran.code, ran.out) == (3, "")
    assert set(ran.codes) == {"DG214"}
    ran = space.run("test", "wrong.yaml", "--format", "json")
    assert (ran.code, ran.err) == (3, "")
    assert json.loads(ran.out)["diagnostics"][0]["code"] == "DG214"


def test_what_a_test_leaves_open(space: Space) -> None:
    space.write("a.yaml", BAD.split("tests:")[0] + "tests:\n  x: {expect: {run: success}}\n")
    ran = space.run("test", "a.yaml")
    assert ran.code == 3
    assert "a.yaml:9:3: DG217 test `x`: `for_each` of `load` reads what `list` returns" in ran.out
    assert "^ give `list: {output: …}`" in ran.out


ATTEMPT = """
dagglot: 1
pipeline: a
tasks: {top: {type: noop, when: "${{ run.attempt > 5 }}"}}
tests: {it: {expect: {run: success}}}
"""


def test_what_no_test_can_give_is_not_acted_out_either(space: Space) -> None:
    space.write("a.yaml", ATTEMPT)
    said = "`when` of `top` reads `run.attempt`, which no scenario can give"
    for ran in (
        space.run("test", "a.yaml", "-t", "airflow"),
        space.run("parity", "a.yaml", "-t", "airflow", "-t", "prefect", "-g", "top=success"),
    ):
        assert ran.code == 3
        assert said in ran.out + ran.err


# --- for programs --------------------------------------------------------------------------------


def test_json(space: Space) -> None:
    space.write("bad.yaml", BAD)
    ran = space.run("test", "bad.yaml", "--format", "json")
    assert (ran.code, ran.err) == (1, "")
    data = json.loads(ran.out)
    counted = {key: data[key] for key in ("dagglot_tests", "passed", "failed", "refused")}
    assert counted == {"dagglot_tests": 1, "passed": 1, "failed": 2, "refused": 0}
    first = data["tests"][0]
    assert (first["pipeline"], first["test"], first["target"]) == ("bad", "one_fails", None)
    assert (first["status"], first["file"], first["line"]) == ("failed", "bad.yaml", 9)
    second = first["failures"][1]
    assert (second["key"], second["expected"]) == ("report", "success")
    assert second["seen"] == {"report": "upstream_failed"}
    assert [(one["task"], one["index"]) for one in second["causes"]] == [
        ("report", None),
        ("total", None),
        ("load", 1),
    ]
    assert (second["line"], second["column"], second["end_column"]) == (13, 7, 22)
    assert data["tests"][2]["failures"] == []


def test_github(space: Space) -> None:
    space.write("bad.yaml", BAD)
    ran = space.run("test", "bad.yaml", "--format", "github")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines()[0] == (
        "::error title=DG516 expectation,file=bad.yaml,line=12,endLine=12,col=7,endColumn=20::"
        "bad › one_fails: `load[1]` ends `failed`, and `success` is expected"
    )


def test_junit(space: Space) -> None:
    space.write("flows/good.yaml", GOOD)
    space.write("flows/bad.yaml", BAD.replace("fine:", '"<\\e[31m&\\x00>":'))
    ran = space.run("test", "flows", "--junit", "report.xml")
    assert ran.code == 1
    root = junit("report.xml")
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "5", "2")
    assert [suite.get("name") for suite in root] == ["bad", "good"]
    case = root[0][0]
    assert (case.get("classname"), case.get("name")) == ("bad", "one_fails")
    assert (case.get("file"), case.get("line")) == ("flows/bad.yaml", "9")
    (failure,) = case
    assert failure.get("type") == "expectation"
    assert "└─ total" in (failure.text or "")
    assert root[0][1].get("name") == "<\\x1b[31m&\\x00>"
    assert len(root[1][0]) == 0
    ran = space.run("test", "flows", "--junit", "no/such/folder.xml")
    assert ran.code == 2  # 1 is that of a test that fails
    assert "cannot write `no/such/folder.xml`" in ran.err


# --- acted out -----------------------------------------------------------------------------------


class Engine:
    """In place of a real orchestrator: ends as it is told, refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.states: dict[str, dict[tuple[str, int | None], str]] = {}
        self.run_state: dict[str, str] = {}
        self.refuses: set[str] = set()
        self.silent = False
        self.params: Mapping[str, Any] = {}

    def run(self, pipelines: Sequence[Pipeline], job: Any, where: Any, **more: Any) -> Any:
        self.params = more["params"]
        number = {one.id: one.id.rpartition("_")[2] for one in pipelines}
        refused = {
            one.id: (
                codes.UNSUPPORTED.at(one.span, target="Fake", feature="`it`", reason="it cannot"),
            )
            for one in pipelines
            if number[one.id] in self.refuses
        }
        traces = {}
        for one in pipelines:
            if one.id in refused or self.silent:
                continue
            states = self.states[number[one.id]]
            tasks = [
                {"id": id, "index": index, "state": state, "attempts": 1, "output": None}
                for (id, index), state in states.items()
            ]
            traces[one.id] = {"run": self.run_state[number[one.id]], "tasks": tasks}
        return replays.Replayed(traces, refused)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(replays, "run", made.run)
    return made


def test_a_real_run_that_ends_as_expected(space: Space, engine: Engine) -> None:
    space.write("good.yaml", GOOD)
    engine.states = {
        "0": {("one", None): "success", ("two", None): "success"},
        "1": {("one", None): "failed", ("two", None): "upstream_failed"},
    }
    engine.run_state = {"0": "success", "1": "failed"}
    ran = space.run("test", "good.yaml", "-t", "prefect", "-t", "airflow@2.11")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("ok  good  prefect@3.3   2 tests\nok  good  airflow@2.11  2 tests\n")
    assert "1 pipeline: 4 passed" in ran.out


def test_a_real_run_that_ends_otherwise(space: Space, engine: Engine, tmp_path: Path) -> None:
    space.write("good.yaml", GOOD)
    engine.states = {
        "0": {("one", None): "success", ("two", None): "success"},
        "1": {("one", None): "failed", ("two", None): "skipped"},
    }
    engine.run_state = {"0": "success", "1": "success"}
    ran = space.run("test", "good.yaml", "-t", "prefect", "--junit", "report.xml")
    assert ran.code == 1
    assert "FAILED good › one_fails on prefect@3.3\n" in ran.out
    assert "`two` ends `skipped`, and `upstream_failed` is expected" in ran.out
    assert "the semantics meet this expectation: prefect@3.3 does otherwise" in ran.out
    assert "note:" not in ran.out, "a failure tells of it already"
    assert junit("report.xml")[0].get("name") == "good on prefect@3.3"


def test_what_no_expectation_names_is_noted(space: Space, engine: Engine) -> None:
    space.write("good.yaml", GOOD.replace("two: success, ", ""))
    engine.states = {"0": {("one", None): "success"}}
    engine.run_state = {"0": "success"}
    ran = space.run("test", "good.yaml", "-k", "fine", "-t", "dagster")
    assert ran.code == 0
    assert "`two` ends nowhere, and the semantics say `success`" in ran.out


CHANCE = """\
dagglot: 1
pipeline: chance
tasks:
  quick: {type: python, call: "jobs:quick"}
  slow: {type: python, call: "jobs:slow", skip_on: "jobs:Nothing"}
  both: {type: noop, depends_on: [quick, slow]}
tests:
  x: {given: {quick: failed, slow: skipped}, expect: {both: upstream_failed}}
"""


@pytest.mark.parametrize(("target", "code"), [("airflow", 0), ("prefect", 1)])
def test_what_airflow_decides_by_the_order_of_events(
    space: Space, engine: Engine, target: str, code: int
) -> None:
    space.write("chance.yaml", CHANCE)
    states = {("quick", None): "failed", ("slow", None): "skipped", ("both", None): "skipped"}
    engine.states, engine.run_state = {"0": states}, {"0": "failed"}
    ran = space.run("test", "chance.yaml", "-t", target)
    assert ran.code == code
    assert ("settles that by the order of events" in ran.out) is (code == 0)
    states["both", None] = "success"  # which it cannot be
    assert space.run("test", "chance.yaml", "-t", target).code == 1


def test_what_a_target_refuses_is_not_passed_over(space: Space, engine: Engine) -> None:
    space.write("good.yaml", GOOD)
    engine.refuses = {"0", "1"}
    ran = space.run("test", "good.yaml", "-t", "prefect", "--junit", "report.xml")
    assert ran.code == 4
    assert ran.out.startswith("REFUSED  good  prefect@3.3  0 of 2 tests\n\nREFUSED good › fine on")
    assert "good.yaml:2:11: DG401 Fake cannot do `it`: it cannot" in ran.out
    assert "1 pipeline: 2 refused in" in ran.out
    assert junit("report.xml").get("errors") == "2"


def test_an_orchestrator_that_says_nothing(space: Space, engine: Engine) -> None:
    space.write("good.yaml", GOOD)
    engine.silent = True
    ran = space.run("test", "good.yaml", "-t", "prefect")
    assert ran.code == 1
    assert "DG518 prefect@3.3 gave no trace of `good` in `fine`" in ran.out


def test_params_reach_the_real_run(space: Space, engine: Engine) -> None:
    space.write(
        "a.yaml",
        "dagglot: 1\npipeline: a\nparams: {days: {type: list}}\ntasks: {one: {type: noop}}\n"
        "tests: {x: {given: {params: {days: [1, 2]}}, expect: {run: success}}}\n",
    )
    engine.states, engine.run_state = {"0": {("one", None): "success"}}, {"0": "success"}
    assert space.run("test", "a.yaml", "-t", "prefect").code == 0
    assert engine.params == {"a_acted_0": {"days": [1, 2]}}
