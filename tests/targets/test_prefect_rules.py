"""Control flow for Prefect: what is generated for rules, skips, gates, branches, lists and ends."""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dagglot.ir.model import TriggerRule
from dagglot.semantics import trigger_rules
from dagglot.semantics.states import State
from targets.test_prefect import (
    arguments,
    decorator,
    files,
    flow_file,
    function,
    pipeline,
    statements,
)

RULES = "flows/pipeline_helpers/rules.py"


# --- when the helper is needed ------------------------------------------------------------------

PLAIN = [
    "{type: noop, depends_on: a}",
    '{type: python, call: "m:f", depends_on: a, when: false}',
    "{type: shell, run: 'exit 3', skip_exit_code: 3, depends_on: a}",
    "{type: gate, if: '${{ 1 > 2 }}', depends_on: a}",
    "{type: noop, trigger_rule: all_done}",
]
"""Nothing stands below what may be skipped, and Prefect's own rule does."""

BY_RULES = [
    "{type: noop, depends_on: a, trigger_rule: all_done}",
    "{type: noop, depends_on: a, allow_failure: true}",
    '{type: python, call: "m:f", for_each: {in: [1]}}',
    '{type: python, call: "m:f", teardown_of: a}',
    "{tasks: {c: {type: gate, if: '${{ 1 > 2 }}'}, d: {type: noop, depends_on: c}}}",
]


@pytest.mark.parametrize("task", PLAIN)
def test_prefects_own_rule_is_used_where_it_suffices(task: str, tmp_path: Path) -> None:
    made = pipeline(f"  a: {{type: noop}}\n  b: {task}", tmp_path)
    assert RULES not in files(made)
    assert statements(flow_file(made), "p")[-1] == "return [a_future, b_future]"


@pytest.mark.parametrize("task", BY_RULES)
def test_rules_are_generated_where_they_are_needed(task: str, tmp_path: Path) -> None:
    made = pipeline(f"  a: {{type: noop}}\n  b: {task}", tmp_path)
    assert RULES in files(made)
    assert statements(flow_file(made), "p")[-1].startswith("finish([a_future, ")


def test_a_skipped_task_is_no_success_to_those_below(tmp_path: Path) -> None:
    tasks = """
  a: {type: noop, when: "${{ run.attempt > 1 }}"}
  b: {type: noop, depends_on: a}
"""
    made = pipeline(tasks, tmp_path)
    assert statements(flow_file(made), "p") == [
        "a_future = submit(a)",
        "b_future = submit(b, after=[a_future])",
        "finish([a_future, b_future])",
    ]


# --- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", list(TriggerRule))
def test_the_generated_rule_is_the_table(rule: TriggerRule, tmp_path: Path) -> None:
    tasks = f"""
  a: {{type: noop}}
  b: {{type: noop, depends_on: a, trigger_rule: {rule.value}, allow_failure: true}}
"""
    source = files(pipeline(tasks, tmp_path))[RULES]
    names = {"Counter": Counter, **{state.name: state.value for state in State}}
    exec(ast.unparse(function(source, "decide")), names)  # noqa: S102 - our own output
    decide: Any = names["decide"]
    for count in (1, 2, 3):
        for states in itertools.product(State, repeat=count):
            wanted = trigger_rules.decide(rule, states)
            said = decide(rule.value, [state.value for state in states])
            assert said == (wanted and wanted.value), states


def test_a_teardown_waits_for_its_set_ups_too(tmp_path: Path) -> None:
    tasks = """
  a: {type: noop}
  b: {type: noop, depends_on: a}
  c: {type: noop, depends_on: b, teardown_of: a}
"""
    made = pipeline(tasks, tmp_path)
    assert statements(flow_file(made), "p")[2] == (
        "c_future = submit(c, after=[b_future], teardown_of=[a_future])"
    )
    assert '"one_success"' in files(made)[RULES]


def test_only_leaves_decide(tmp_path: Path) -> None:
    tasks = """
  a: {type: noop}
  b: {type: noop, depends_on: a, trigger_rule: all_done}
  c: {type: noop, teardown_of: b}
"""
    made = pipeline(tasks, tmp_path, "fail_run_on: leaf")
    assert statements(flow_file(made), "p")[-1] == (
        "finish([a_future, b_future, c_future], leaves=[b_future])"
    )


def test_threads_are_as_many_as_tasks_may_be_active(tmp_path: Path) -> None:
    head = "concurrency: {max_active_tasks: 2}\ntargets: {prefect: {max_workers: 8}}"
    made = pipeline("  a: {type: noop}", tmp_path, head)
    assert decorator(flow_file(made), "p")["task_runner"] == "ThreadPoolTaskRunner(max_workers=2)"


# --- skips --------------------------------------------------------------------------------------


def test_a_condition_comes_before_everything_else(tmp_path: Path) -> None:
    tasks = """
  a: {type: python, call: "m:f", when: "${{ params.n > 1 and not params.full }}"}
  b: {type: noop, when: "${{ params.full == true }}"}
"""
    made = pipeline(tasks, tmp_path, "params: {n: {default: 1}, full: {default: true}}")
    skipped = "return Completed(name='Skipped', message='not run: `when` is false')"
    assert statements(flow_file(made), "a") == [
        f"if not (n > 1 and (not full)):\n    {skipped}",
        "from m import f",
        "return call_python(f)",
    ]
    assert statements(flow_file(made), "b") == [
        f"if full is not True:\n    {skipped}",
        "return None",
    ]


def test_only_the_call_itself_may_skip(tmp_path: Path) -> None:
    """What the arguments or the result raise is a failure, whatever its type."""
    tasks = """
  a: {type: python, call: "m:f", skip_on: "m.errors:NoData", args: {x: 1}}
  b: {type: python, call: "m:f", skip_on: "builtins:ValueError"}
  c: {type: python, call: "m:f", skip_on: "m.errors:NoData", timeout: 5s}
"""
    source = flow_file(pipeline(tasks, tmp_path))
    assert statements(source, "a") == [
        "from m import f",
        "from m.errors import NoData",
        "return call_or_skip(NoData, f, x=1)",
    ]
    assert statements(source, "b")[-1] == "return call_or_skip(ValueError, f)"
    assert statements(source, "c") == ["return call_with_timeout(5, 'm:f', 'm.errors:NoData')"]


@pytest.mark.parametrize(
    ("output", "last"),
    [
        ("text", "return run_shell('x', skip_exit_code=9)"),
        ("json", "return to_json(json.loads(last_line))"),
        ("none", "return last_line if isinstance(last_line, State) else None"),
    ],
)
def test_an_exit_code_skips(output: str, last: str, tmp_path: Path) -> None:
    made = pipeline(f"  a: {{type: shell, run: x, skip_exit_code: 9, output: {output}}}", tmp_path)
    assert statements(flow_file(made), "a")[-1] == last


# --- gates and branches -------------------------------------------------------------------------


def test_a_closed_gate_reaches_what_it_reaches(tmp_path: Path) -> None:
    tasks = """
  g: {type: gate, call: "m:f"}
  b: {type: noop, depends_on: g}
  c: {type: noop, depends_on: b, trigger_rule: all_done}
  h: {type: gate, call: "m:f", timeout: 9s, skips: direct}
  d: {type: noop, depends_on: h}
  e: {type: noop, depends_on: d, trigger_rule: all_done}
"""
    source = flow_file(pipeline(tasks, tmp_path))
    assert statements(source, "g")[-1] == "return call_gate(f)"
    assert statements(source, "h")[-1] == "return gate_with_timeout(9, 'm:f')"
    lines = statements(source, "p")
    assert "b_future = submit(b, after=[g_future], provided=[is_open(g_future)])" in lines
    assert (
        "c_future = submit(c, after=[b_future], rule='all_done', provided=[is_open(g_future)])"
        in lines
    )
    assert "e_future = submit(e, after=[d_future], rule='all_done')" in lines


def test_a_condition_of_unknown_type_must_be_a_boolean(tmp_path: Path) -> None:
    tasks = """
  a: {type: noop}
  g: {type: gate, if: "${{ tasks.a.output }}"}
"""
    source = flow_file(pipeline(tasks, tmp_path))
    assert statements(source, "g") == ["return boolean(a_output)"]


def test_a_branch_keeps_what_stands_below_a_chosen_task(tmp_path: Path) -> None:
    tasks = """
  s: {type: branch, cases: [{if: "${{ params.n > 1 }}", to: [a, g]}], else: b}
  a: {type: noop, depends_on: s}
  b: {type: noop, depends_on: [s, a]}
  g: {tasks: {c: {type: noop}}, depends_on: s}
  t: {type: branch, call: "m:f"}
  d: {type: noop, depends_on: t}
"""
    source = flow_file(pipeline(tasks, tmp_path, "params: {n: {default: 1}}"))
    assert statements(source, "s") == [
        "if n > 1:\n    return ['a', 'g.c']",
        "return ['b']",
    ]
    assert statements(source, "t")[-1] == "return chosen(names, ['d'])"
    lines = statements(source, "p")
    assert "a_future = submit(a, after=[s_future], provided=[chose(s_future, 'a')])" in lines
    assert (
        "b_future = submit(b, after=[s_future, a_future], provided=[chose(s_future, 'a', 'b')])"
        in lines
    )


# --- lists --------------------------------------------------------------------------------------


def test_instances_are_submitted_after_all_that_need_not_wait(tmp_path: Path) -> None:
    tasks = """
  a: {type: python, call: "m:f"}
  b:
    type: python
    call: m:f
    args: {x: "${{ item }}", n: "${{ index }}", f: "${{ params.item }}"}
    for_each: {in: "${{ tasks.a.output }}", max_parallel: 2}
  c: {type: noop, depends_on: b}
  d: {type: noop, depends_on: a}
  e: {type: noop, for_each: {in: "${{ tasks.a.output.rows }}"}, depends_on: d}
  f: {type: noop, for_each: {in: "${{ params.many }}"}}
"""
    head = "params: {item: {default: 1}, many: {default: [1]}}"
    source = flow_file(pipeline(tasks, tmp_path, head))
    assert decorator(source, "b")["task_run_name"] == "'b[{index}]'"
    assert arguments(source, "b") == ["item: Any", "index: int", "item_: int"]
    assert statements(source, "b")[-1] == "return call_python(f, x=item, n=index, f=item_)"
    assert statements(source, "read_e_items") == ["return a_output['rows']"]
    assert statements(source, "p") == [
        "a_future = submit(a)",
        "d_future = submit(d, after=[a_future])",
        "f_futures = submit_each(f, Items(many))",
        "b_futures = submit_each(b, Items(a_future, max_parallel=2), item, after=[a_future])",
        "c_future = submit(c, after=[b_futures])",
        "e_futures = submit_each(e, Items(read_e_items, a_future), after=[d_future, a_future])",
        "finish([a_future, d_future, f_futures, b_futures, c_future, e_futures])",
    ]


def test_tasks_of_a_group_share_its_list(tmp_path: Path) -> None:
    tasks = """
  g:
    for_each: {in: [1, 2], max_parallel: 1}
    tasks:
      a: {type: gate, if: "${{ item > 1 }}"}
      b: {type: python, call: "m:f", args: {x: "${{ tasks['g.a'].output }}"}}
  z: {type: python, call: "m:f", args: {x: "${{ tasks['g.b'].output }}"}}
"""
    source = flow_file(pipeline(tasks, tmp_path))
    assert statements(source, "p")[:4] == [
        "g_items = Items([1, 2], max_parallel=1)",
        "g_a_futures = submit_each(g_a, g_items)",
        "g_b_futures = submit_each(g_b, g_items, g_a_futures, provided=[is_open(g_a_futures)])",
        "z_future = submit(z, g_b_futures)",
    ]


def test_params_may_have_the_names_of_the_helpers(tmp_path: Path) -> None:
    head = "params: {submit: {default: 1}, finish: {default: [1]}}"
    tasks = """
  a: {type: noop, for_each: {in: "${{ params.finish }}"}}
  submit_each: {type: noop, depends_on: a, trigger_rule: all_done}
"""
    source = flow_file(pipeline(tasks, tmp_path, head))
    assert statements(source, "p") == [
        "a_futures = submit_each(a, Items(finish))",
        "submit_each_future = submit_(submit_each_, after=[a_futures], rule='all_done')",
        "finish_([a_futures, submit_each_future])",
    ]


def test_only_what_a_flow_needs_is_in_the_helper(tmp_path: Path) -> None:
    tasks = "  a: {type: noop}\n  b: {type: noop, depends_on: a, trigger_rule: all_done}"
    source = files(pipeline(tasks, tmp_path))[RULES]
    defined = {
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    assert defined.isdisjoint({"submit_each", "Items", "Instances", "is_open", "chose"})
    assert {"submit", "finish"} < defined
    assert '"one_failed"' not in source
