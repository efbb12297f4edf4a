"""Where control flow is Dagster's own: what is found to be, and that Dagster does the same there.

The generated jobs of random pipelines are read as Dagster reads them and run by a small model of
its executors, against the semantics.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagglot import api, emit
from dagglot.ir.expand import freeze
from dagglot.ir.model import Pipeline
from dagglot.semantics.scenario import read
from dagglot.semantics.simulate import simulate
from dagglot.targets.base import Context
from dagglot.targets.dagster import names, native_flow
from dagglot.targets.dagster.target import TARGET

CONTEXT = Context("1.13")


def pipelines(folder: Path, *documents: str) -> tuple[Pipeline, ...]:
    path = folder / "pipeline.yaml"
    path.write_text("---\n".join(documents), encoding="utf-8")
    front = api.check([path])
    assert not [one.message for one in front.diagnostics if one.is_error], path.read_text()
    return front.pipelines


def job_file(made: Pipeline) -> str:
    (text,) = emit.render(TARGET.lower(made, CONTEXT).views).values()
    return text


# --- what is found to be native -------------------------------------------------------------------


@pytest.mark.parametrize(
    "tasks",
    [
        pytest.param("g: {type: gate, call: m:f}, a: {depends_on: g}", id="gate"),
        pytest.param(
            "x: {}, g: {type: gate, call: m:f, depends_on: x}, a: {depends_on: [g, x]},"
            "b: {depends_on: [a, x]}",
            id="what stands above a gate has succeeded where it is closed",
        ),
        pytest.param(
            "g: {type: gate, call: m:f}, x: {}, a: {depends_on: [g, x]}",
            id="a gate beside a failure decides",
        ),
        pytest.param(
            "b: {type: branch, call: m:f}, x: {depends_on: b}, y: {depends_on: b},"
            "j: {depends_on: [x, y], trigger_rule: none_failed_min_one_success}",
            id="branch with a join",
        ),
        pytest.param(
            "b: {type: branch, call: m:f}, x: {depends_on: b},"
            "j: {depends_on: [b, x], trigger_rule: none_failed_min_one_success}",
            id="a branch past a task",
        ),
        pytest.param(
            "b: {type: branch, cases: [{if: true, to: [x, y]}], else: z}, x: {depends_on: b},"
            "y: {depends_on: b}, z: {depends_on: b}, j: {depends_on: [x, y]}",
            id="chosen together",
        ),
        pytest.param(
            "b: {type: branch, call: m:f}, x: {depends_on: b}, y: {depends_on: x},"
            "z: {depends_on: x}, j: {depends_on: [y, z]}",
            id="skipped together",
        ),
        pytest.param(
            "g: {type: gate, call: m:f, skips: direct}, a: {depends_on: g}, x: {},"
            "j: {depends_on: [a, x], trigger_rule: none_failed}",
            id="an upstream that always runs",
        ),
        pytest.param(
            "g: {type: gate, call: m:f, skips: direct}, a: {depends_on: g}, x: {},"
            "j: {depends_on: [a, x], trigger_rule: none_failed_min_one_success,"
            " args: {n: '${{ default(tasks.x.output, 0) }}'}}",
            id="a join reads what always runs",
        ),
    ],
)
def test_native(tasks: str, tmp_path: Path) -> None:
    (made,) = pipelines(tmp_path, document(tasks))
    assert native_flow.is_native(made)
    text = job_file(made)
    assert "pipeline_helpers.rules" not in text
    assert "executor" not in text


@pytest.mark.parametrize(
    ("tasks", "head"),
    [
        pytest.param("g: {type: gate, call: m:f}, a: {depends_on: g}", "fail_run_on: leaf\n",
                     id="leaf"),
        pytest.param("a: {when: '${{ run.attempt == 1 }}'}", "", id="when"),
        pytest.param("a: {skip_on: m:E}", "", id="skip_on"),
        pytest.param("a: {allow_failure: true}", "", id="allow_failure"),
        pytest.param("a: {for_each: {in: [1]}}", "", id="for_each"),
        pytest.param("a: {}, b: {teardown_of: a, depends_on: []}", "", id="teardown"),
        pytest.param("a: {}, b: {depends_on: a, trigger_rule: all_done}", "", id="rule"),
        pytest.param(
            "g: {type: gate, call: m:f, skips: direct}, a: {depends_on: g}, x: {},"
            "j: {depends_on: [a, x]}",
            "",
            id="a skip beside a failure",
        ),
        pytest.param(
            "g: {type: gate, call: m:f}, z: {}, x: {depends_on: z}, a: {depends_on: [g, x]}",
            "",
            id="in one process a gate beside what is given up would never end",
        ),
        pytest.param(
            "g: {type: gate, call: m:f}, a: {depends_on: g}, x: {},"
            "j: {depends_on: [a, x], trigger_rule: none_failed_min_one_success}",
            "",
            id="a gate far above a join",
        ),
        pytest.param(
            "g: {type: gate, call: m:f, skips: direct}, x: {},"
            "j: {depends_on: [g, x], trigger_rule: none_failed_min_one_success}",
            "",
            id="a join directly below a gate",
        ),
        pytest.param(
            "g: {type: gate, call: m:f, skips: direct}, a: {depends_on: g},"
            "j: {depends_on: [a], trigger_rule: none_failed}",
            "",
            id="nothing that always runs",
        ),
        pytest.param(
            "b: {type: branch, call: m:f}, x: {depends_on: b}, y: {depends_on: b},"
            "j: {depends_on: [x, y], trigger_rule: none_failed_min_one_success,"
            " args: {n: '${{ default(tasks.x.output, 0) }}'}}",
            "",
            id="a join reads what may be skipped",
        ),
    ],
)  # fmt: skip
def test_not_native(tasks: str, head: str, tmp_path: Path) -> None:
    (made,) = pipelines(tmp_path, document(tasks, head))
    assert not native_flow.is_native(made)
    assert "from pipeline_helpers.rules import" in job_file(made)


def document(tasks: str, head: str = "") -> str:
    loaded = yaml.safe_load(f"{{{tasks}}}")
    for task in loaded.values():
        if task.setdefault("type", "python") == "python":
            task.setdefault("call", "m:f")
    return f"dagglot: 1\npipeline: p\n{head}{yaml.dump({'tasks': loaded}, sort_keys=False)}"


def test_nothing_that_a_rule_needs_is_added_without_control_flow(tmp_path: Path) -> None:
    (made,) = pipelines(tmp_path, document("a: {}, b: {depends_on: a}", "fail_run_on: leaf\n"))
    assert native_flow.is_native(made)


# --- how it is written ----------------------------------------------------------------------------


def test_names_that_dagster_cannot_have_as_fields(tmp_path: Path) -> None:
    (made,) = pipelines(
        tmp_path,
        document(
            "b: {type: branch, call: m:f}, _x: {depends_on: b}, to_x: {depends_on: b},"
            "class: {depends_on: b}"
        ),
    )
    assert names.branch_outputs(made) == {"b": {"_x": "to_x", "to_x": "to_x_2", "class": "class_"}}


def test_names_of_tasks_get_out_of_the_way(tmp_path: Path) -> None:
    (made,) = pipelines(
        tmp_path,
        document(
            "choose: {}, chosen: {}, is_open: {}, Iterator: {},"
            "b: {type: branch, call: m:choose, args: {x: '${{ tasks.chosen.output }}'},"
            " depends_on: [choose, is_open, Iterator]}, x: {depends_on: b}"
        ),
    )
    text = job_file(made)
    assert "def choose(" not in text
    assert "from m import choose as" in text
    assert "def b(chosen_" in text


def test_what_returns_nothing_may_be_read(tmp_path: Path) -> None:
    """Of an op whose function says that it returns `None` Dagster stores no output."""
    (made,) = pipelines(
        tmp_path,
        document("a: {type: noop}, b: {args: {x: '${{ tasks.a.output }}'}}, c: {type: noop}"),
    )
    text = job_file(made)
    assert "def a() -> Any: ..." in text
    assert "def c() -> None: ..." in text


def test_what_the_probe_saw_is_told_in_the_words_of_the_language(tmp_path: Path) -> None:
    (made,) = pipelines(
        tmp_path,
        document(
            "g: {type: gate, call: m:f}, b: {type: branch, call: m:f}, x: {depends_on: [b, g]},"
            "y: {depends_on: b}"
        ),
    )
    told = TARGET.names(made, CONTEXT).read
    assert told is not None

    def output(id: str, output: object, missing: list[str]) -> object:
        (task,) = told([{"id": id, "state": "success", "output": output, "missing": missing}])
        return task["output"]

    assert output("g", True, []) is True
    assert output("g", None, ["result"]) is False
    assert output("b", None, ["x", "y"]) == []
    assert output("b", ["y"], ["x"]) == ["y"]
    assert output("b", {"y": ["y", "x"], "x": ["y", "x"]}, []) == ["y", "x"]
    assert output("x", None, []) is None


# --- that Dagster does the same -------------------------------------------------------------------

Source = tuple[str, str]
"""A step and its output."""


@dataclass(frozen=True)
class Step:
    """An op in a job: for each input what it comes from, a list of several or one."""

    inputs: tuple[Source | tuple[Source, ...], ...]
    keeps: dict[str, list[str]] | None
    """Of a branch: the outputs for each choice; None where they are called alike."""

    def sources(self) -> Iterator[Source]:
        for one in self.inputs:
            yield from one if isinstance(one[0], tuple) else (one,)  # type: ignore[misc]


def steps(text: str) -> dict[str, Step]:
    """The graph of a job, from its code."""
    functions = {one.name: one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)}
    *ops, job = functions.values()
    outputs = {one.name: declared(one) for one in ops}
    found: dict[str, Step] = {}
    handles: dict[str, tuple[str, str]] = {}

    def source(node: ast.expr) -> Source:
        match node:
            case ast.Name(id=name):
                step, function = handles[name]
                (output,) = outputs[function]
            case ast.Attribute(value=ast.Name(id=name), attr=output):
                step, function = handles[name]
                assert output in outputs[function]
                assert len(outputs[function]) > 1
            case _:
                raise AssertionError(ast.dump(node))
        return step, output

    for statement in job.body[0 if ast.get_docstring(job) is None else 1 :]:
        assert isinstance(statement, ast.Assign | ast.Expr)
        call = statement.value
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Call)
        assert isinstance(call.func.func, ast.Attribute)
        assert isinstance(call.func.func.value, ast.Name)
        function = call.func.func.value.id
        id = ast.literal_eval(call.func.args[0])
        found[id] = Step(
            tuple(
                tuple(source(each) for each in one.value.elts)
                if isinstance(one.value, ast.List)
                else source(one.value)
                for one in call.keywords
            ),
            keeps(functions[function]),
        )
        if isinstance(statement, ast.Assign):
            assert isinstance(statement.targets[0], ast.Name)
            handles[statement.targets[0].id] = (id, function)
    return found


def declared(op: ast.FunctionDef) -> list[str]:
    """The names of an op's outputs."""
    (decorator,) = [one for one in op.decorator_list if "dg.op" in ast.unparse(one)]
    assert isinstance(decorator, ast.Call)
    for one in decorator.keywords:
        if one.arg == "out" and isinstance(one.value, ast.Dict):
            return [ast.literal_eval(key) for key in one.value.keys if key is not None]
    return ["result"]


def keeps(op: ast.FunctionDef) -> dict[str, list[str]] | None:
    for one in ast.walk(op):
        if isinstance(one, ast.keyword) and one.arg == "keeps":
            found: dict[str, list[str]] = ast.literal_eval(one.value)
            return found
    return None


class Execution:
    """Dagster's `ActiveExecution`: what becomes of the steps, in some order."""

    def __init__(self, graph: dict[str, Step], fates: dict[str, Any], rng: random.Random) -> None:
        self.graph, self.fates, self.rng = graph, fates, rng
        self.states: dict[str, str] = {}
        self.yielded: set[Source] = set()

    def run(self, *, in_process: bool) -> dict[str, str]:
        """In one process it looks for what to skip, and then for what to give up, after each step;
        the multiprocess executor looks all the time."""
        while len(self.states) < len(self.graph):
            if not in_process:
                while self.settle("skipped") or self.settle("upstream_failed"):
                    pass
            ready = [id for id in self.graph if self.ready(id) == "run"]
            if not ready:
                assert not in_process or len(self.states) == len(self.graph), "it never ends"
                continue
            self.execute(self.rng.choice(ready))
            while self.settle("skipped"):
                pass
            while self.settle("upstream_failed"):
                pass
        return self.states

    def settle(self, state: str) -> bool:
        found = [id for id in self.graph if self.ready(id) == state]
        self.states |= dict.fromkeys(found, state)
        return bool(found)

    def ready(self, id: str) -> str | None:
        step = self.graph[id]
        if id in self.states or not all(above in self.states for above, _ in step.sources()):
            return None
        for one in step.inputs:
            many = one if isinstance(one[0], tuple) else (one,)
            missing = [
                self.states[above] in ("success", "skipped") and (above, output) not in self.yielded
                for above, output in many
            ]
            if all(missing):
                return "skipped"
        bad = ("failed", "upstream_failed")
        stopped = any(self.states[above] in bad for above, _ in step.sources())
        return "upstream_failed" if stopped else "run"

    def execute(self, id: str) -> None:
        fate = self.fates[id]
        self.states[id] = "failed" if fate == "failed" else "success"
        match fate:
            case "failed" | False:
                pass
            case list():
                table = self.graph[id].keeps
                for name in fate:
                    self.yielded |= {(id, one) for one in (table[name] if table else [name])}
            case _:
                self.yielded.add((id, "result"))


def test_the_model_never_ends_where_dagster_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`is_native` keeps such jobs away; what it finds too dangerous is so."""
    (made,) = pipelines(
        tmp_path,
        document("g: {type: gate, call: m:f}, z: {}, x: {depends_on: z}, a: {depends_on: [g, x]}"),
    )
    monkeypatch.setattr(native_flow, "is_native", lambda _: True)
    graph = steps(job_file(made))
    fates = {"g": False, "z": "failed", "x": None, "a": None}
    ended = Execution(graph, fates, random.Random(1)).run(in_process=False)  # noqa: S311
    assert ended == {"g": "success", "z": "failed", "x": "upstream_failed", "a": "skipped"}
    with pytest.raises(AssertionError, match="it never ends"):
        Execution(graph, fates, random.Random(3)).run(in_process=True)  # noqa: S311


JOINS = ("none_failed_min_one_success", "none_failed_min_one_success", "none_failed")


def random_document(rng: random.Random, name: str) -> str:
    count = rng.randint(3, 9)
    ids = [f"t{number}" for number in range(count)]
    above: dict[str, list[str]] = {}
    for number, id in enumerate(ids):
        most = min(number, rng.choice((1, 1, 2, 2, 3)))
        near = ids[max(0, number - 4) : number]
        above[id] = sorted(set(rng.choices(near, k=rng.randint(0, most)))) if near else []
    below = {id: [one for one in ids if id in above[one]] for id in ids}
    tasks: dict[str, Any] = {}
    for id in ids:
        kind = rng.choice(("python", "python", "noop", "gate", "branch"))
        if kind == "branch" and not below[id]:
            kind = "python"
        task: dict[str, Any] = {"type": kind, "depends_on": above[id]}
        if above[id] and rng.random() < (0.6 if len(above[id]) > 1 else 0.1):
            task["trigger_rule"] = rng.choice(JOINS)
        if kind == "gate" and rng.random() < 0.5:
            task["skips"] = "direct"
        if kind == "branch" and rng.random() < 0.5:
            lists = [rng.sample(below[id], rng.randint(1, len(below[id]))) for _ in range(2)]
            task["cases"] = [{"if": f"${{{{ params.{id} }}}}", "to": lists[0]}]
            if rng.random() < 0.7:
                task["else"] = lists[1]
        elif kind != "noop":
            task["call"] = "m:f"
            readable = [one for one in above[id] if tasks[one]["type"] in ("python", "gate")]
            if kind == "python" and readable and rng.random() < 0.3:
                source = rng.choice(readable)
                task["args"] = {"x": f"${{{{ default(tasks.{source}.output, 0) }}}}"}
        tasks[id] = task
    params = {id: {"default": True} for id, task in tasks.items() if "cases" in task}
    made = {"dagglot": 1, "pipeline": name, "params": params, "tasks": tasks}
    return yaml.dump(made, sort_keys=False)


def random_given(rng: random.Random, made: Pipeline) -> dict[str, Any]:
    given: dict[str, Any] = {"params": {one.name: rng.random() < 0.5 for one in made.params}}
    for task in made.tasks:
        kind = type(task.body).__name__
        if kind == "NoopBody" or task.id in given["params"]:
            continue
        if rng.random() < 0.2:
            given[task.id] = "failed"
        elif kind == "GateBody":
            given[task.id] = rng.random() < 0.5
        elif kind == "BranchBody":
            below = [one.id for one in made.tasks if task.id in one.upstream]
            given[task.id] = {"output": rng.sample(below, rng.randint(0, len(below)))}
        else:
            given[task.id] = {"output": 1}
    return given


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_where_it_is_native_dagster_does_what_the_semantics_say(seed: int, tmp_path: Path) -> None:
    rng = random.Random(f"native {seed}")  # noqa: S311 - no secret
    documents = [random_document(rng, f"p{number}") for number in range(120)]
    native = [one for one in pipelines(tmp_path, *documents) if native_flow.is_native(one)]
    assert len(native) > 20
    for made in native:
        graph = steps(job_file(made))
        for _ in range(12):
            words = random_given(rng, made)
            given, refused = read(made, freeze(words))
            assert not refused
            simulated = simulate(made, given)
            states = {one.task: one.state.value for one in simulated.instances}
            fates: dict[str, Any] = {}
            for one in simulated.instances:
                branches = isinstance(one.output, list)
                fates[one.task] = "failed" if words.get(one.task) == "failed" else None
                if one.state.value == "success" and (branches or isinstance(one.output, bool)):
                    fates[one.task] = list(one.output) if branches else one.output
            for in_process in (True, False):
                ended = Execution(graph, fates, rng).run(in_process=in_process)
                assert ended == states, yaml.dump([words, fates]) + job_file(made)
            run = "failed" if "failed" in ended.values() else "success"
            assert run == simulated.run
