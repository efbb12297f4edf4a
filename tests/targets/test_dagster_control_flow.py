"""What Dagster's target makes of control flow: which helpers, which wiring, and when none."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import types
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from dagglot import api, capabilities, emit
from dagglot.ir.model import Pipeline, TriggerRule
from dagglot.semantics.states import State
from dagglot.semantics.trigger_rules import decide
from dagglot.targets.base import Context, View
from dagglot.targets.dagster import control_flow, native_flow
from dagglot.targets.dagster.target import TARGET

CONTEXT = Context("1.13")


def pipeline(tasks: str, folder: Path, head: str = "") -> Pipeline:
    path = folder / "pipeline.yaml"
    path.write_text(f"dagglot: 1\npipeline: p\n{head}\ntasks:\n{tasks}", encoding="utf-8")
    front = api.check([path])
    errors = [finding.message for finding in front.diagnostics if finding.is_error]
    assert not errors
    (made,) = front.pipelines
    return made


def job_file(made: Pipeline, context: Context = CONTEXT) -> str:
    (text,) = emit.render(TARGET.lower(made, context).views).values()
    return text


def helpers(made: Pipeline) -> dict[str, list[str]]:
    found: dict[str, list[str]] = dict(TARGET.lower(made, CONTEXT).contribution["helpers"])
    return found


# --- where Dagster's own way is enough ----------------------------------------------------------


@pytest.mark.parametrize(
    "tasks",
    [
        "  a: {type: noop}\n  b: {type: noop, depends_on: a}",
        "  a: {type: noop, trigger_rule: all_done}",
        "  a: {type: python, call: 'm:f'}\n  b: {type: noop, depends_on: a, retries: 2}",
    ],
)
def test_without_control_flow_nothing_is_added(tasks: str, tmp_path: Path) -> None:
    made = pipeline(tasks, tmp_path)
    assert not native_flow.needs_outcomes(made)
    assert "rules" not in helpers(made)
    assert "executor" not in job_file(made)


def test_leaf_alone_changes_nothing(tmp_path: Path) -> None:
    tasks = "  a: {type: python, call: 'm:f'}\n  b: {type: noop, depends_on: a}"
    assert job_file(pipeline(tasks, tmp_path)) == job_file(
        pipeline(tasks, tmp_path, "fail_run_on: leaf")
    )


# --- rules --------------------------------------------------------------------------------------


def test_a_rule_stands_at_the_op(tmp_path: Path) -> None:
    text = job_file(
        pipeline(
            "  a: {type: noop}\n"
            "  b: {type: python, call: 'm:f', depends_on: a, trigger_rule: all_done}\n",
            tmp_path,
        )
    )
    assert '@with_outcome(after=["a"], rule="all_done")' in text
    assert 'b.alias("b")(after_a=a_.outcome)' in text
    assert '{"step_dependency_config": {"require_upstream_step_success": False}}' in text


def test_an_output_that_is_read_is_an_input_besides(tmp_path: Path) -> None:
    text = job_file(
        pipeline(
            "  a: {type: python, call: 'm:f'}\n"
            "  b: {type: shell, run: 'echo $X', env: {X: \"${{ default(tasks.a.output, '') }}\"},"
            " depends_on: a, trigger_rule: all_done}\n",
            tmp_path,
        )
    )
    assert "def b(context: dg.OpExecutionContext, a: Any) -> str:" in text
    assert 'b.alias("b")(a=a_.result, after_a=a_.outcome)' in text


@pytest.fixture(scope="module")
def rules() -> Iterator[Any]:
    """The helper module, with a Dagster that has nothing but the names it asks for."""
    view = View(
        "dagster/helpers/rules.py.j2", PurePosixPath("rules.py"), {"functions": ["branch", "gate"]}
    )
    (text,) = emit.render([view]).values()
    stub = types.ModuleType("dagster")
    for name in ("Out", "Output", "Failure", "OpExecutionContext"):
        setattr(stub, name, type(name, (), {}))
    before = sys.modules.get("dagster")
    sys.modules["dagster"] = stub
    spec = importlib.util.spec_from_loader("generated_rules", None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generated_rules"] = module
    try:
        exec(compile(text, "rules.py", "exec"), module.__dict__)  # noqa: S102 - ours
        yield module
    finally:
        del sys.modules["generated_rules"]
        if before is None:
            del sys.modules["dagster"]
        else:
            sys.modules["dagster"] = before


@pytest.mark.parametrize("rule", TriggerRule)
def test_rules_are_those_of_the_semantics(rule: TriggerRule, rules: Any) -> None:
    for count in range(4):
        for states in itertools.combinations_with_replacement(State, count):
            expected = decide(rule, states)
            said = rules.decide(rule.value, [state.value for state in states])
            assert said == (expected.value if expected else None), states


# --- gates and branches -------------------------------------------------------------------------


def test_a_gate_names_what_it_closes(tmp_path: Path) -> None:
    text = job_file(
        pipeline(
            "  g: {type: gate, call: 'm:f'}\n"
            "  a: {type: noop, depends_on: g}\n"
            "  b: {type: noop, depends_on: a, trigger_rule: all_done}\n"
            "  h: {type: gate, if: true, skips: direct}\n"
            "  c: {type: noop, depends_on: h}\n"
            "  d: {type: noop, depends_on: c, trigger_rule: all_done}\n"
            "  t: {type: noop, teardown_of: c, depends_on: [h]}\n",
            tmp_path,
        )
    )
    assert 'return gate(bool(f()), closes=["a", "b"])' in text
    assert 'return gate(True, closes=["c"])' in text


def test_a_branch_names_what_each_choice_keeps(tmp_path: Path) -> None:
    text = job_file(
        pipeline(
            "  b: {type: branch, call: 'm:f'}\n"
            "  x: {tasks: {one: {type: noop}}, depends_on: b}\n"
            "  y: {type: noop, depends_on: [b, x]}\n",
            tmp_path,
        )
    )
    assert '"x": ["x__one", "y"]' in text
    assert '"y": ["y"]' in text
    assert "chosen = to_json(f())" in text or "branch(\n        to_json(f())," in text


def test_choices(rules: Any) -> None:
    keeps = {"a": ["a"], "b": ["b", "a"], "c": ["c"]}
    assert rules.branch("b", keeps) == rules.Decision(["b"], frozenset({"c"}))
    assert rules.branch(["a", "c"], keeps) == rules.Decision(["a", "c"], frozenset({"b"}))
    for nothing in (None, []):
        assert rules.branch(nothing, keeps) == rules.Decision([], frozenset("abc"))
    for wrong in ("d", ["a", "d"], [1]):
        with pytest.raises(ValueError, match="is no choice of this branch"):
            rules.branch(wrong, keeps)
    for wrong in (5, {"a": 1}, True):
        with pytest.raises(TypeError):
            rules.branch(wrong, keeps)


# --- skips --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (
            "python, call: 'm:f', skip_on: 'm:Nothing'",
            "    from m import Nothing, f\n\n    return to_json(skip_on(Nothing, f)())",
        ),
        (
            "python, call: 'm:f', skip_on: 'builtins:KeyError'",
            "    from m import f\n\n    return to_json(skip_on(KeyError, f)())",
        ),
        (
            "shell, run: exit 3, skip_exit_code: 3",
            '    return run_shell(context, "exit 3", skip_exit_code=3)',
        ),
        (
            'noop, when: "${{ params.yes }}"',
            '    if not params.yes:\n        raise SkipTask("`when` is false")',
        ),
        ("python, call: 'm:f', when: false", '    raise SkipTask("`when` is false")'),
    ],
)
def test_bodies_that_skip(task: str, expected: str, tmp_path: Path) -> None:
    text = job_file(pipeline(f"  a: {{type: {task}}}", tmp_path, "params: {yes: {default: true}}"))
    assert f"\n{expected}\n\n\n@dg.job" in text


# --- lists --------------------------------------------------------------------------------------


def test_a_mapped_task_is_gathered_where_something_waits_for_it(tmp_path: Path) -> None:
    task = (
        "  a: {type: python, call: 'm:f', args: {x: '${{ item }}', n: '${{ index }}'}, "
        "for_each: {in: [1, 2], max_parallel: 1}}\n"
    )
    alone = pipeline(task, tmp_path)
    assert "gather.alias" not in job_file(alone)
    assert TARGET.names(alone, CONTEXT).helpers == {"a__elements"}
    assert "def a(item: Any, index: int) -> Any:" in job_file(alone)
    assert '{"key": "for_each", "value": "a", "limit": 1}' in job_file(alone)
    below = pipeline(task + "  b: {type: noop, depends_on: a}\n", tmp_path)
    assert TARGET.names(below, CONTEXT).helpers == {"a__elements", "a__all"}
    assert 'b.alias("b")(after_a=a_.outcome)' in job_file(below)


def test_generated_ops_get_out_of_the_way_of_tasks(tmp_path: Path) -> None:
    made = pipeline(
        "  a: {type: noop, for_each: {in: [1]}}\n"
        "  a__elements: {type: noop}\n"
        "  a__all: {type: noop}\n"
        "  b: {type: noop, depends_on: a}\n",
        tmp_path,
    )
    assert TARGET.names(made, CONTEXT).helpers == {"a__elements_2", "a__all_2"}


def test_tasks_called_like_the_helpers(tmp_path: Path) -> None:
    names = ["with_outcome", "gather", "elements", "element", "item", "index", "OUTPUTS", "gate"]
    tasks = "".join(f"  {name}: {{type: noop, for_each: {{in: [1]}}}}\n" for name in names)
    text = job_file(pipeline(tasks + f"  b: {{type: noop, depends_on: [{', '.join(names)}]}}\n",
                             tmp_path))  # fmt: skip
    for name in names:
        assert f"\ndef {name}(" not in text


def test_what_is_in_a_mapped_group_is_wired_by_element(tmp_path: Path) -> None:
    text = job_file(
        pipeline(
            "  g:\n    for_each: {in: [1, 2]}\n    tasks:\n"
            "      a: {type: python, call: 'm:f'}\n"
            "      b: {type: noop, depends_on: a}\n"
            "  c: {type: noop, depends_on: g}\n",
            tmp_path,
        )
    )
    assert (
        "    def each_g(element: Any) -> Any:\n"
        '        a_ = a.alias("g__a")(element=element)\n'
        '        b_ = b.alias("g__b")(element=element, after_a=a_.outcome)\n'
        "        return (b_.result, b_.outcome)\n"
        "\n"
        "    b_results, b_outcomes = g_elements_.map(each_g)\n"
    ) in text


def test_lists_in_lists_are_refused(tmp_path: Path) -> None:
    made = pipeline(
        "  g:\n    for_each: {in: [1]}\n    tasks:\n      a: {type: noop, for_each: {in: [2]}}\n",
        tmp_path,
    )
    (found,) = [
        one
        for one in capabilities.findings(
            made, TARGET, "1.13", capabilities.judge(made, TARGET, "1.13")
        )
        if one.is_error
    ]
    assert "two dynamic outputs" in found.message


# --- what fails the run -------------------------------------------------------------------------


def test_failures_that_do_not_fail_the_run(tmp_path: Path) -> None:
    tasks = (
        "  a: {type: python, call: 'm:f'}\n"
        "  b: {type: noop, depends_on: a}\n"
        "  c: {type: python, call: 'm:f', depends_on: b, trigger_rule: all_done}\n"
        "  d: {type: python, call: 'm:f', depends_on: c}\n"
        "  e: {type: python, call: 'm:f', allow_failure: true}\n"
    )
    leaf = pipeline(tasks, tmp_path, "fail_run_on: leaf")
    # what is below c fails with it, and so it may; what is above can be hidden by it
    assert control_flow.quiet(leaf) == {"a", "b"}
    assert control_flow.quiet(pipeline(tasks, tmp_path)) == frozenset()
    assert "@with_outcome(allow_failure=True)" in job_file(leaf)
    assert "@with_outcome(quiet=True)" in job_file(leaf)


def test_a_teardown_waits_for_all_and_asks_its_set_ups(tmp_path: Path) -> None:
    text = job_file(
        pipeline(
            "  up: {type: noop}\n"
            "  work: {type: noop, depends_on: up}\n"
            "  down: {type: noop, teardown_of: up, depends_on: work}\n",
            tmp_path,
        )
    )
    assert '@with_outcome(after=["work", "up"], rule="one_success", teardown_of=["up"])' in text


# --- limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, '{"max_concurrent": 3}'),
        ({"max_concurrent": 2}, '{"max_concurrent": 2}'),
        ({"max_concurrent": 5}, '{"max_concurrent": 3}'),
    ],
)
def test_the_smaller_limit_holds(options: dict[str, Any], expected: str, tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path, "concurrency: {max_active_tasks: 3}")
    assert f"dg.multiprocess_executor.configured({expected})" in job_file(
        made, Context("1.13", options)
    )


def test_one_process_runs_one_step_at_a_time(tmp_path: Path) -> None:
    made = pipeline(
        "  a: {type: noop, for_each: {in: [1], max_parallel: 2}}",
        tmp_path,
        "concurrency: {max_active_tasks: 3}",
    )
    text = job_file(made, Context("1.13", {"executor": "in_process"}))
    assert "dg.in_process_executor.configured(" in text
    assert "max_concurrent" not in text
    assert "tag_concurrency_limits" not in text


# --- layout -------------------------------------------------------------------------------------


FLAGS = ("elements", "gather", "gate", "branch", "skip_on", "teardown_of", "allow_failure", "quiet")


@pytest.mark.parametrize("count", range(len(FLAGS) + 1))
def test_the_helper_is_laid_out_right_whatever_it_must_do(count: int, tmp_path: Path) -> None:
    import subprocess

    for number, flags in enumerate(itertools.combinations(FLAGS, count)):
        if "gather" in flags and "elements" not in flags:
            continue
        view = View(
            "dagster/helpers/rules.py.j2", PurePosixPath("rules.py"), {"functions": list(flags)}
        )
        (text,) = emit.render([view]).values()
        (tmp_path / f"rules_{number}.py").write_text(text, encoding="utf-8")
    for words in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--isolated", "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
