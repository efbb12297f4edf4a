"""What Airflow's target decides: names, order, edges, arguments, refusals, shared files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from dagglot import api, capabilities, emit
from dagglot.ir.model import Pipeline, TriggerRule
from dagglot.targets.airflow.target import TARGET
from dagglot.targets.base import Context

VERSIONS = TARGET.versions


def pipelines(text: str, folder: Path) -> tuple[Pipeline, ...]:
    path = folder / "pipeline.yaml"
    path.write_text(text, encoding="utf-8")
    front = api.check([path])
    errors = [finding.message for finding in front.diagnostics if finding.is_error]
    assert not errors
    return tuple(front.pipelines)


def pipeline(tasks: str, folder: Path, head: str = "") -> Pipeline:
    (made,) = pipelines(f"dagglot: 1\npipeline: p\n{head}\ntasks:\n{tasks}", folder)
    return made


def files(made: tuple[Pipeline, ...], version: str) -> dict[PurePosixPath, str]:
    context = Context(version)
    lowered = [TARGET.lower(one, context) for one in made]
    texts: dict[PurePosixPath, str] = {}
    for one in lowered:
        texts |= emit.render(one.views)
    texts |= emit.render(TARGET.assemble([one.contribution for one in lowered], context))
    return texts


def dag_file(made: Pipeline, version: str = "3.3") -> str:
    return files((made,), version)[PurePosixPath("dags/p_dag.py")]


def keywords(source: str, function: str) -> list[dict[str, str]]:
    """The keyword arguments of every call of a function, as source."""
    return [
        {word.arg or "**": ast.unparse(word.value) for word in node.keywords}
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == function
    ]


def edges(source: str) -> list[str]:
    """The statements with `>>` or `chain`, wherever they stand."""
    return [
        ast.unparse(node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and (isinstance(node.value, ast.BinOp) or ast.unparse(node.value).startswith("chain("))
    ]


# --- order, groups, edges -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ("a -> b, b -> c, c -> d", ["a >> b >> c >> d"]),
        ("a -> b, a -> c, b -> d, c -> d", ["a >> [b, c] >> d"]),
        ("a -> c, b -> c, a -> d, b -> d", ["[a, b] >> c", "[a, b] >> d"]),
        ("a -> c, b -> c, c -> d, c -> e", ["[a, b] >> c >> [d, e]"]),
        ("a -> b, a -> c, c -> d", ["a >> [b, c]", "c >> d"]),
    ],
)
def test_edges_are_chains_and_fans(tasks: str, expected: list[str], tmp_path: Path) -> None:
    needs: dict[str, list[str]] = {}
    for arrow in tasks.split(", "):
        first, _, second = arrow.partition(" -> ")
        needs.setdefault(first, [])
        needs.setdefault(second, []).append(first)
    text = "\n".join(
        f"  {id}: {{type: noop, depends_on: [{', '.join(needs[id])}]}}" for id in sorted(needs)
    )
    assert edges(dag_file(pipeline(text, tmp_path))) == expected


def test_long_chains_are_broken(tmp_path: Path) -> None:
    ids = [f"a_rather_long_name_{number}" for number in range(6)]
    text = "\n".join(
        f"  {id}: {{type: noop, depends_on: [{before}]}}"
        for before, id in zip(["", *ids], ids, strict=False)
    )
    source = dag_file(pipeline(text, tmp_path))
    assert edges(source) == [f"chain({', '.join(ids)})"]
    assert "from airflow.sdk import DAG, chain\n" in source


def test_a_group_stands_in_edges_as_a_whole(tmp_path: Path) -> None:
    text = """
  a: {type: noop}
  load:
    depends_on: a
    tasks:
      b: {type: noop}
      c: {type: noop}
      d: {type: noop, depends_on: [b, c]}
  e: {type: noop, depends_on: load}
  f: {type: noop, depends_on: load.b}
"""
    source = dag_file(pipeline(text, tmp_path))
    assert edges(source) == ["a >> load >> e", "b >> f", "[b, c] >> d"]


def test_values_that_go_in_and_out_of_a_group_resume_it(tmp_path: Path) -> None:
    text = """
  g:
    tasks:
      a: {type: python, call: "m:a"}
      c: {type: python, call: "m:c", args: {x: "${{ tasks.b.output }}"}}
  b: {type: python, call: "m:b", args: {x: "${{ tasks.g.a.output }}"}}
"""
    source = dag_file(pipeline(text, tmp_path))
    assert source.index('with TaskGroup(group_id="g") as g:') < source.index("def a(")
    assert source.index("def a(") < source.index("def b(") < source.index("    with g:")
    assert source.index("    with g:") < source.index("def c(")


def test_order_is_the_authors_where_values_allow(tmp_path: Path) -> None:
    text = """
  late: {type: python, call: "m:late", args: {x: "${{ tasks.early.output }}"}}
  other: {type: noop, depends_on: late}
  early: {type: python, call: "m:early"}
"""
    source = dag_file(pipeline(text, tmp_path))
    positions = [source.index(word) for word in ("def early", "def late", "other = ")]
    assert positions == sorted(positions)


# --- names --------------------------------------------------------------------------------------


def test_names_clash_with_nothing(tmp_path: Path) -> None:
    text = """
  task: {type: python, call: "m:to_json", args: {x: "${{ params.x }}"}}
  ti: {type: python, call: "m:print", args: {x: "${{ tasks.task.output }}"}}
  class: {type: noop, depends_on: ti}
  DAG: {type: noop}
  a-b: {type: noop}
  a_b: {type: noop, depends_on: a-b}
  g: {tasks: {a_b: {type: noop, depends_on: class}}}
"""
    source = dag_file(pipeline(text, tmp_path, "params: {x: {default: 1}}"))
    tree = ast.parse(source)
    bound: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.append(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.append(node.id)
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert len(bound) == len(set(bound))
    assert not imported & set(bound)
    assert "from m import to_json as to_json_" in source
    assert "from m import print as print_" in source
    assert {word["task_id"] for word in keywords(source, "EmptyOperator")} == {
        *("'class'", "'DAG'", "'a-b'", "'a_b'")
    }
    # a parameter of TaskFlow must not have the name of something in Airflow's context
    assert "def ti(task_output):" in source


def test_ids_stay_and_file_names_are_importable(tmp_path: Path) -> None:
    (made,) = pipelines("dagglot: 1\npipeline: sales.daily-1\ntasks: {a-b: {type: noop}}", tmp_path)
    names = TARGET.names(made, Context("3.3"))
    assert (names.pipeline, names.file) == ("sales.daily-1", "sales_daily_1_dag.py")
    assert names.tasks == {"a-b": "a-b"}


@pytest.mark.parametrize(
    ("call", "module"),
    [("p_dag:run", "p_dag"), ("pipeline_helpers.x:run", "pipeline_helpers"), ("p.q:run", None)],
)
def test_taken_modules_are_refused(call: str, module: str | None, tmp_path: Path) -> None:
    made = pipeline(f'  a: {{type: python, call: "{call}"}}', tmp_path)
    found = [finding.message for finding in TARGET.refusals(made, Context("3.3"))]
    assert bool(found) == (module is not None)
    assert module is None or f"`{module}`" in found[0]


def test_a_native_class_may_not_hide_in_a_taken_module(tmp_path: Path) -> None:
    args = "{x: {call: 'pipeline_helpers.values:to_json', args: {}}}"
    made = pipeline(f'  a: {{type: native, airflow: {{call: "m:Op", args: {args}}}}}', tmp_path)
    (finding,) = TARGET.refusals(made, Context("3.3"))
    assert "`pipeline_helpers`" in finding.message


def test_native_cannot_rename_its_task(tmp_path: Path) -> None:
    made = pipeline(
        '  a: {type: native, airflow: {call: "m:Op", args: {task_id: b}}}',
        tmp_path,
    )
    (finding,) = TARGET.refusals(made, Context("3.3"))
    assert finding.is_error and "`task_id`" in finding.message


# --- attempts -----------------------------------------------------------------------------------

ATTEMPTS: list[tuple[str, Mapping[str, str]]] = [
    ("2", {"retries": "2", "retry_delay": "timedelta(0)"}),
    ("{count: 2, delay: 90s}", {"retries": "2", "retry_delay": "timedelta(seconds=90)"}),
    (
        "{count: 2, delay: 10m, max_delay: 2m}",
        {"retries": "2", "retry_delay": "timedelta(minutes=2)"},
    ),
    (
        "{count: 3, delay: 30s, backoff: exponential, max_delay: 1h}",
        {
            "retries": "3",
            "retry_delay": "timedelta(seconds=30)",
            "retry_exponential_backoff": "2.0",
            "max_retry_delay": "timedelta(hours=1)",
        },
    ),
    # the first wait is the delay, whatever the backoff; Airflow's own would add jitter
    (
        "{count: 1, delay: 30s, backoff: exponential}",
        {"retries": "1", "retry_delay": "timedelta(seconds=30)"},
    ),
    # Airflow never waits longer than a day, and its backoff waits a second where the delay is 0
    (
        "{count: 3, delay: 13h, backoff: exponential}",
        {
            "retries": "3",
            "retry_delay": "timedelta(hours=13)",
            "retry_policy": "ExponentialRetryPolicy()",
        },
    ),
    ("{count: 3, backoff: exponential}", {"retries": "3", "retry_delay": "timedelta(0)"}),
    (
        "{count: 3, delay: 1m, backoff: linear, max_delay: 2m}",
        {
            "retries": "3",
            "retry_delay": "timedelta(minutes=1)",
            "max_retry_delay": "timedelta(minutes=2)",
            "retry_policy": "LinearRetryPolicy()",
        },
    ),
]


@pytest.mark.parametrize(("retries", "expected"), ATTEMPTS)
def test_retries(retries: str, expected: Mapping[str, str], tmp_path: Path) -> None:
    made = pipeline(f'  a: {{type: python, call: "m:f", retries: {retries}}}', tmp_path)
    assert keywords(dag_file(made), "task") == [expected]
    old = {name: value for name, value in expected.items() if name != "retry_policy"}
    if "retry_policy" in expected:
        linear = "Linear" in expected["retry_policy"]
        old["pre_execute"] = "wait_linearly" if linear else "wait_exponentially"
    if "retry_exponential_backoff" in expected:
        old["retry_exponential_backoff"] = "True"
    assert keywords(dag_file(made, "2.11"), "task") == [old]


def test_what_most_tasks_share_stands_in_default_args(tmp_path: Path) -> None:
    head = "defaults: {retries: {count: 2, delay: 1m, backoff: exponential}, timeout: 5m}"
    text = """
  a: {type: python, call: "m:f"}
  b: {type: shell, run: "true"}
  e: {type: noop}
  c: {type: python, call: "m:f", retries: 0}
  d: {type: python, call: "m:f", retries: {backoff: constant}, timeout: null}
"""
    source = dag_file(pipeline(text, tmp_path, head))
    (dag,) = keywords(source, "DAG")
    assert dag["default_args"] == (
        "{'retries': 2, 'retry_delay': timedelta(minutes=1), 'retry_exponential_backoff': 2.0, "
        "'execution_timeout': timedelta(minutes=5)}"
    )
    assert keywords(source, "task") == [
        {"retries": "0"},
        {"retry_exponential_backoff": "False", "execution_timeout": "None"},
    ]
    # its timeout ends the whole process group
    assert len(keywords(source, "TimedBashOperator")) == 1


def test_without_retries_that_is_said(tmp_path: Path) -> None:
    (dag,) = keywords(dag_file(pipeline("  a: {type: noop}", tmp_path)), "DAG")
    assert dag["default_args"] == "{'retries': 0}"


# --- schedules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (
            '{cron: "@daily", timezone: Asia/Tokyo, start: "2026-01-01"}',
            {
                "schedule": "CronTriggerTimetable('0 0 * * *', timezone='Asia/Tokyo')",
                "start_date": "pendulum.datetime(2026, 1, 1, tz='Asia/Tokyo')",
                "catchup": "False",
            },
        ),
        # a time that the zone's clock shows twice needs another zone to be one time
        (
            '{cron: "0 3 * * *", timezone: Europe/Madrid, end: "2030-10-27T02:30:00+01:00"}',
            {
                "schedule": "CronTriggerTimetable('0 3 * * *', timezone='Europe/Madrid')",
                "end_date": "pendulum.datetime(2030, 10, 27, 1, 30, tz='UTC')",
                "catchup": "False",
            },
        ),
        ('{cron: "0 3 * * *", timezone: UTC, enabled: false}', {"schedule": "None"}),
        ("{}", {"schedule": "None"}),
    ],
)
def test_schedules(schedule: str, expected: dict[str, str], tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path, f"schedule: {schedule}")
    (dag,) = keywords(dag_file(made), "DAG")
    for name in ("dag_id", "default_args"):
        del dag[name]
    assert dag.pop("is_paused_upon_creation") == "False"
    assert dag == expected


def test_airflow_2_loads_no_schedule_without_a_start(tmp_path: Path) -> None:
    head = 'schedule: {cron: "0 3 * * *", timezone: UTC}'
    (dag,) = keywords(dag_file(pipeline("  a: {type: noop}", tmp_path, head), "2.11"), "DAG")
    assert dag["start_date"] == "pendulum.datetime(2020, 1, 1, tz='UTC')"


def test_params_of_the_schedule_are_those_of_its_runs_alone(tmp_path: Path) -> None:
    head = """
schedule: {cron: "0 3 * * *", timezone: UTC, params: {day: "2026-05-05", limit: 20}}
params: {day: {type: date}, limit: {default: 3}, other: {default: 1}}
"""
    text = """
  a: {type: python, call: "m:f", args: {limit: "${{ params.limit }}"}}
  b: {type: shell, run: "echo $LIMIT", env: {LIMIT: "${{ params.limit }}"}}
"""
    source = dag_file(pipeline(text, tmp_path, head))
    module: dict[str, object] = {}
    (function,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    exec(ast.unparse(function), module)  # noqa: S102 - our own text
    run_params = module["run_params"]
    assert callable(run_params)

    class Run:
        def __init__(self, run_type: str) -> None:
            self.run_type = run_type

    given = {"day": "2026-01-01", "limit": 4, "other": 5}
    assert run_params(given, Run("manual")) == given
    scheduled = {"day": "2026-05-05", "limit": 20, "other": 5}
    assert run_params(given, Run("scheduled")) == scheduled
    assert "{{ run_params(params, dag_run)['limit'] }}" in source
    # by hand the day is still required, though Airflow must be given a default
    assert "partial(check_params, by_hand=['day'])" in keywords(source, "DAG")[0]["default_args"]


# --- bodies and values --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ("run: echo hi", "'set -eo pipefail; echo hi'"),
        ('run: "a\\nb\\n"', "'set -eo pipefail\\na\\nb\\n'"),
        ('run: "echo {{ ds }} ${#a[@]}", strict: false', "literal('echo {{ ds }} ${#a[@]}')"),
        # without a line's end Airflow would take it for the path of a template
        ("run: ./run.sh, strict: false", "literal('./run.sh\\n')"),
    ],
)
def test_scripts_pass_no_template_engine(shell: str, expected: str, tmp_path: Path) -> None:
    (call,) = keywords(
        dag_file(pipeline(f"  a: {{type: shell, {shell}}}", tmp_path)), "BashOperator"
    )
    assert call["bash_command"] == expected
    assert call["skip_on_exit_code"] == "None"


def test_native_arguments(tmp_path: Path) -> None:
    text = """
  first: {type: python, call: "m:f"}
  a:
    type: native
    retries: 1
    airflow:
      call: airflow.providers.cncf.kubernetes.operators.pod:KubernetesPodOperator
      args:
        image: "{{ var.value.image }}"
        delay: {call: "datetime:timedelta", args: {minutes: 5}}
        whole: "${{ tasks.first.output }}"
        mixed: "{{ ds }} {${{ params.n }}"
        nested: [{k: "${{ run.id }}"}, null, 1.5]
        task: {call: "my.things:task", args: {}}
"""
    made = pipeline(text, tmp_path, "params: {n: {default: 1}}")
    texts = files((made,), "3.3")
    source = texts[PurePosixPath("dags/p_dag.py")]
    (call,) = keywords(source, "KubernetesPodOperator")
    assert call == {
        "task_id": "'a'",
        "retries": "1",
        "retry_delay": "timedelta(0)",
        "image": "'{{ var.value.image }}'",
        "delay": "timedelta(minutes=5)",
        "whole": "first_",
        "mixed": "\"{{ ds }} {{ '{' }}{{ params['n'] }}\"",
        "nested": "[{'k': '{{ dag_run.run_id }}'}, None, 1.5]",
        "task": "task_()",
    }
    assert "from my.things import task as task_" in source
    requirements = texts[PurePosixPath("requirements.txt")]
    assert "apache-airflow-providers-cncf-kubernetes\n" in requirements


def test_helpers_are_only_those_that_are_needed(tmp_path: Path) -> None:
    alone = files((pipeline("  a: {type: noop}", tmp_path),), "3.3")
    assert {str(path) for path in alone} == {"dags/p_dag.py", "requirements.txt"}
    shell = pipeline("  a: {type: shell, run: 'true', timeout: 5s}", tmp_path)
    texts = files((shell,), "2.11")
    assert {path.name for path in texts if path.parent.name == "pipeline_helpers"} == {
        *("__init__.py", "operators.py")
    }


def test_requirements_hold_the_users(tmp_path: Path) -> None:
    context = Context("2.11", requirements=("pandas==2.3.0", "requests"))
    (view,) = TARGET.assemble([{"helpers": [], "packages": []}], context)
    (text,) = emit.render([view]).values()
    assert text.splitlines() == [
        "apache-airflow>=2.11,<3",
        "apache-airflow-providers-standard>=1.9",
        "pandas==2.3.0",
        "requests",
    ]


# --- everything at once -------------------------------------------------------------------------

RICH = """
dagglot: 1
pipeline: rich
description: "Ends in a quote\\""
docs: "# Title\\n\\nSee README.md"
owner: data-eng
tags: [a]
schedule: {cron: "0 3 * * *", timezone: Europe/Madrid, params: {at: "2026-01-01T03:00:00"}}
params:
  at:
    type: datetime
    default: null
    description: A rather long description, which no line can hold beside the other arguments.
  a_rather_long_name_of_a_param: {type: date, default: null}
  choice: {default: a, enum: [a, b]}
targets: {airflow: {queue: heavy, dag_display_name: Rich, owner_links: {data-eng: "https://x.y"}}}
tasks:
  first:
    type: python
    call: work:first
    description: What it does.
    args:
      everything: ${{ params }}
      day: ${{ params.a_rather_long_name_of_a_param }}
      time: ${{ run.time }}
      text: "it's \\"${{ run.date }}\\" of ${{ default(params.at, 'none') }}"
      not-a-name:
        deep: [1, {er: a text that no line could hold beside all of the others}]
        day: "${{ run.date }}"
    retries: {count: 3, delay: 1s, backoff: linear}
  group:
    description: Some tasks.
    owner: somebody
    tooltip_is_no_key: &x null
    tasks:
      shell:
        type: shell
        run: |
          echo "$A" ${{ run.date }}
        env: {A: "${{ tasks.first.output }}", B: "it's {{ b }}"}
        output: json
        timeout: 1m
        tags: [x]
      inner:
        tasks:
          deep: {type: noop}
          deeper: {type: noop, depends_on: deep}
  last:
    type: python
    call: work:last
    args: {x: "${{ tasks.group.shell.output.y }}"}
    depends_on: group
  own:
    type: native
    airflow:
      call: airflow.providers.http.operators.http:HttpOperator
      args: {endpoint: "${{ params.choice }}"}
    depends_on: last
    targets: {airflow: {queue: light}}
""".replace("    tooltip_is_no_key: &x null\n", "")


@pytest.mark.parametrize("version", VERSIONS)
def test_output_is_as_ruff_leaves_it(version: str, tmp_path: Path) -> None:
    made = pipelines(RICH, tmp_path)
    for path, text in files(made, version).items():
        place = tmp_path / "out" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for command in (
        ["format", "--check", "--diff"],
        ["check", "--select", "E,F,W,I,UP,B", "--ignore", "E501"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", str(tmp_path / "out")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_of_it_is_refused(version: str, tmp_path: Path) -> None:
    (made,) = pipelines(RICH, tmp_path)
    judged = capabilities.judge(made, TARGET, version)
    assert not list(capabilities.findings(made, TARGET, version, judged))


@pytest.mark.parametrize("version", VERSIONS)
def test_expected_says_what_every_task_is(version: str, tmp_path: Path) -> None:
    (made,) = pipelines(RICH, tmp_path)
    facts = TARGET.expected(made, Context(version))
    tasks: Any = facts["tasks"]
    by_id = {task["id"]: task for task in tasks}
    assert list(by_id) == [task.id for task in made.tasks]
    assert by_id["last"]["upstream"] == ["group.inner.deeper", "group.shell"]
    assert by_id["group.shell"]["timeout"] == 60.0
    assert by_id["first"]["retries"] == 3


def test_contributions_are_united_in_any_order(tmp_path: Path) -> None:
    one = {"helpers": ["to_json", "check_params"], "packages": ["apache-airflow-providers-http"]}
    two = {"helpers": ["run_time", "add_time"], "packages": []}
    context = Context("3.3")
    assert emit.render(TARGET.assemble([one, two], context)) == emit.render(
        TARGET.assemble([two, one], context)
    )


# --- control flow -------------------------------------------------------------------------------


def helpers(made: Pipeline, version: str = "3.3") -> set[str]:
    return set(TARGET.names(made, Context(version)).helpers)


def decorators(source: str) -> dict[str, list[str]]:
    """The decorators of every function, as source."""
    return {
        node.name: [ast.unparse(one) for one in node.decorator_list]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }


def returns(source: str, function: str) -> list[str]:
    (found,) = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    return [
        ast.unparse(one.value)
        for one in ast.walk(found)
        if isinstance(one, ast.Return) and one.value
    ]


CALL = "type: python, call: 'jobs:work'"


def test_a_trigger_rule_is_airflows_own(tmp_path: Path) -> None:
    made = pipeline(
        f"  a: {{{CALL}}}\n"
        f"  b: {{{CALL}, depends_on: a, trigger_rule: one_failed}}\n"
        "  c: {type: noop, depends_on: a, trigger_rule: all_done}\n"
        "  d: {type: shell, run: 'true', depends_on: a, trigger_rule: none_skipped}\n",
        tmp_path,
    )
    source = dag_file(made)
    assert decorators(source)["b"] == ["task(trigger_rule='one_failed')"]
    assert keywords(source, "EmptyOperator")[0]["trigger_rule"] == "'all_done'"
    assert keywords(source, "BashOperator")[0]["trigger_rule"] == "'none_skipped'"


def test_gates_close_in_airflows_two_ways(tmp_path: Path) -> None:
    made = pipeline(
        f"  rows: {{{CALL}}}\n"
        "  enough: {type: gate, if: '${{ tasks.rows.output > 3 }}'}\n"
        "  monday: {type: gate, call: 'jobs:monday', skips: direct}\n"
        f"  a: {{{CALL}, depends_on: [enough, monday]}}\n",
        tmp_path,
    )
    source = dag_file(made)
    assert decorators(source)["enough"] == ["task.short_circuit", "keep_output"]
    assert decorators(source)["monday"] == [
        "task.short_circuit(ignore_downstream_trigger_rules=False)",
        "keep_output",
    ]
    assert returns(source, "enough") == ["rows_output > 3"]
    assert returns(source, "monday") == ["bool(monday())"]
    # Airflow 2 keeps what they return itself
    assert decorators(dag_file(made, "2.11"))["enough"] == ["task.short_circuit"]


def test_a_branch_chooses_the_step_in_which_a_task_begins(tmp_path: Path) -> None:
    made = pipeline(
        "  size: {type: branch, call: 'jobs:size'}\n"
        f"  each: {{{CALL}, for_each: {{in: [1, 2]}}, depends_on: size}}\n"
        "  rest: {type: noop, depends_on: size}\n",
        tmp_path,
    )
    source = dag_file(made)
    assert decorators(source)["size"] == [
        "task.branch(do_xcom_push=False)",
        "chooses({'each': ['each__items'], 'rest': ['rest']})",
    ]
    assert helpers(made) >= {"each__items"}


@pytest.mark.parametrize("version", VERSIONS)
def test_conditions_leave_before_the_work(version: str, tmp_path: Path) -> None:
    made = pipeline(
        f"  a: {{{CALL}, when: '${{{{ params.full }}}}'}}\n"
        "  b: {type: shell, run: 'true', when: '${{ params.full }}'}\n"
        "  c: {type: noop, when: '${{ params.full }}'}\n",
        tmp_path,
        "params: {full: {default: false}}",
    )
    source = dag_file(made, version)
    assert source.count('if not params["full"]:') == 3
    # the hook stands in the place of the one that all tasks have, so it calls that first
    hook = source[source.index("def b_when(context)") :]
    assert "check_params(context)\n" in hook.split("BashOperator(")[0]
    assert keywords(source, "BashOperator")[0]["pre_execute"] == "b_when"
    # Airflow never executes an EmptyOperator
    assert "c" in decorators(source)


def test_a_body_that_skips_is_told_from_one_that_cannot_be_called(tmp_path: Path) -> None:
    made = pipeline(
        f"  a: {{{CALL}}}\n"
        f"  b: {{{CALL}, args: {{x: '${{{{ tasks.a.output.n }}}}'}}, skip_on: 'jobs:Nothing'}}\n"
        "  c: {type: shell, run: 'true', skip_exit_code: 7}\n",
        tmp_path,
    )
    source = dag_file(made)
    assert source.index('arguments = {"x": a_output["n"]}') < source.index("try:")
    assert "except Nothing as error:" in source
    assert keywords(source, "BashOperator")[0]["skip_on_exit_code"] == "7"


def test_a_list_has_a_step_that_takes_the_rule(tmp_path: Path) -> None:
    made = pipeline(
        f"  names: {{{CALL}}}\n"
        f"  load: {{{CALL}, args: {{name: '${{{{ item }}}}', at: '${{{{ index }}}}'}},"
        " for_each: {in: '${{ tasks.names.output }}', max_parallel: 2}, trigger_rule: all_done,"
        " depends_on: names}\n"
        f"  total: {{{CALL}, args: {{all: '${{{{ tasks.load.output }}}}'}}}}\n"
        f"  known: {{{CALL}, args: {{all: '${{{{ tasks.load.output }}}}'}}, depends_on: load,"
        " trigger_rule: all_done}\n"
        f"  fixed: {{{CALL}, for_each: {{in: [1, 2]}}}}\n",
        tmp_path,
    )
    source = dag_file(made)
    assert helpers(made) == {"load__items", "watcher"}
    assert decorators(source)["load__items"] == ["task(trigger_rule='all_done')"]
    assert decorators(source)["load"] == ["task(max_active_tis_per_dagrun=2)", "keep_none"]
    assert returns(source, "load") == ["to_json(work(name=item, at=ti.map_index))"]
    assert "load.expand(item=load__items_)" in source
    # all have succeeded where `total` runs; where `known` does, some may not have
    assert "load_output = list(load_output)" in source
    assert 'load_output = outputs_of(ti, "load")' in source
    assert "fixed.expand(item=[1, 2])" in source


def test_a_list_of_outputs_has_null_where_an_instance_returned_none(tmp_path: Path) -> None:
    mapped = "for_each: {in: [1, 2]}"
    read = "{{x: '${{{{ tasks.{}.output }}}}'}}"
    made = pipeline(
        f"  nothing: {{type: noop, {mapped}}}\n"
        f"  silent: {{type: shell, run: 'true', output: none, {mapped}}}\n"
        f"  said: {{type: shell, run: 'echo a', {mapped}}}\n"
        f"  work: {{{CALL}, {mapped}}}\n"
        f"  alone: {{{CALL}, {mapped}}}\n"
        + "".join(
            f"  of_{id}: {{{CALL}, args: {read.format(id)}}}\n"
            for id in ("nothing", "silent", "said", "work")
        ),
        tmp_path,
    )
    source = dag_file(made)
    assert 'nothing_output = outputs_of(ti, "nothing")' in source
    assert 'silent_output = outputs_of(ti, "silent")' in source
    assert "said_output = list(said_output)" in source
    assert "work_output = list(work_output)" in source
    assert "keep_none" in decorators(source)["work"]
    assert "keep_none" not in decorators(source)["alone"]


@pytest.mark.parametrize(
    ("last", "steps"),
    [
        ("depends_on: [a, b]", set()),
        ("depends_on: [a, b], args: {x: '${{ tasks.a.output }}'}", set()),
        ("depends_on: [a, b], args: {x: '${{ tasks.b.output }}'}", {"last__rule"}),
        ("depends_on: [b, c], args: {x: '${{ tasks.b.output }}'}", {"last__rule"}),
        ("depends_on: b, args: {x: '${{ tasks.b.output }}'}", set()),
        ("depends_on: many, args: {x: '${{ tasks.many.output }}'}", {"last__rule"}),
    ],
)
def test_what_may_not_have_ended_yet_is_waited_for(
    last: str, steps: set[str], tmp_path: Path
) -> None:
    """Airflow runs a task with `one_success` while other upstreams still run."""
    made = pipeline(
        f"  a: {{{CALL}}}\n"
        f"  b: {{{CALL}, depends_on: a}}\n"
        f"  c: {{{CALL}}}\n"
        f"  many: {{{CALL}, for_each: {{in: [1, 2]}}}}\n"
        f"  last: {{{CALL}, trigger_rule: one_success, {last}}}\n",
        tmp_path,
    )
    assert {id for id in helpers(made) if id.endswith("__rule")} == steps
    if steps:
        assert "all_done" in decorators(dag_file(made))["last__rule"][0]


def test_a_native_is_not_given_a_list_that_lacks_null(tmp_path: Path) -> None:
    native = "type: native, airflow: {{call: 'jobs:Operator', args: {{x: '{}'}}}}"
    made = pipeline(
        "  nothing: {type: noop, for_each: {in: [1, 2]}}\n"
        "  said: {type: shell, run: 'echo a', for_each: {in: [1, 2]}}\n"
        f"  good: {{{native.format('${{ tasks.said.output }}')}}}\n"
        f"  bad: {{{native.format('${{ tasks.nothing.output }}')}}}\n",
        tmp_path,
    )
    (refused,) = TARGET.refusals(made, Context("3.3"))
    assert "`nothing`" in refused.message


def test_an_operator_is_expanded_over_items(tmp_path: Path) -> None:
    made = pipeline(
        "  a: {type: shell, run: 'echo $X', env: {X: '${{ item.x }}'}, for_each: {in: [{x: 1}]}}\n",
        tmp_path,
    )
    source = dag_file(made)
    assert "each(BashOperator)" in source
    assert "{{ to_text(task.item['x']) }}" in source
    assert '.expand(item=[{"x": 1}])' in source


GROUPED = (
    f"  names: {{{CALL}}}\n"
    "  file:\n"
    "    for_each: {in: '${{ tasks.names.output }}'}\n"
    "    tasks:\n"
    f"      read: {{{CALL}, args: {{name: '${{{{ item }}}}'}}}}\n"
    "      good: {type: gate, if: '${{ tasks.read.output > 1 }}'}\n"
    "      load: {type: noop, depends_on: good}\n"
    "      below: {type: noop, depends_on: load}\n"
    "      any: {type: noop, depends_on: [read, load], trigger_rule: one_success}\n"
    "      last: {type: noop, depends_on: read, trigger_rule: all_done}\n"
)


@pytest.mark.parametrize("version", VERSIONS)
def test_in_a_mapped_group_a_step_decides_where_airflow_would_not(
    version: str, tmp_path: Path
) -> None:
    made = pipeline(GROUPED, tmp_path)
    source = dag_file(made, version)
    steps = {id for id in helpers(made, version) if not id.startswith("watcher")}
    assert steps == {"file__items", "file.load__rule", "file.any__rule"}
    assert decorators(source)["good"] == ["task"]
    assert 'gates=["file.good"]' in source
    assert "file.expand(item=file__items_)" in source


@pytest.mark.parametrize(
    ("find", "inner", "decorator"),
    [
        ("", "", "task"),
        ("", ", trigger_rule: none_failed", "task"),
        ("", ", trigger_rule: all_skipped", "task"),
        # these run below a failure, and fail for want of a list
        ("", ", trigger_rule: all_done", "task(trigger_rule='all_done')"),
        (
            ", skip_on: 'jobs:Nothing'",
            ", trigger_rule: none_failed",
            "task(trigger_rule='none_failed')",
        ),
        (
            ", skip_on: 'jobs:Nothing'",
            ", trigger_rule: one_failed",
            "task(trigger_rule='none_skipped')",
        ),
    ],
)
def test_the_list_of_a_group_is_asked_for_where_a_task_may_need_it(
    find: str, inner: str, decorator: str, tmp_path: Path
) -> None:
    made = pipeline(
        f"  find: {{{CALL}{find}}}\n"
        "  files:\n"
        "    for_each: {in: '${{ tasks.find.output }}'}\n"
        "    tasks:\n"
        f"      a: {{{CALL}}}\n"
        f"      b: {{{CALL}, depends_on: a{inner}}}\n",
        tmp_path,
    )
    assert decorators(dag_file(made))["files__items"] == [decorator]


def test_what_decides_in_a_mapped_group_waits_for_a_list_that_may_be_skipped(
    tmp_path: Path,
) -> None:
    made = pipeline(
        f"  find: {{{CALL}, skip_on: 'jobs:Nothing'}}\n"
        "  files:\n"
        "    for_each: {in: '${{ tasks.find.output }}'}\n"
        "    tasks:\n"
        "      good: {type: gate, if: '${{ index > 0 }}'}\n"
        f"      alarm: {{{CALL}, depends_on: good, trigger_rule: one_failed}}\n",
        tmp_path,
    )
    source = dag_file(made)
    assert decorators(source)["files__items"] == ["task(trigger_rule='none_skipped')"]
    assert 'files__items_ >> dag.get_task("files.alarm__rule")' in source


def test_a_root_of_a_mapped_group_is_decided_outside_it(tmp_path: Path) -> None:
    made = pipeline(
        f"  a: {{{CALL}}}\n"
        "  each:\n"
        "    for_each: {in: [1, 2]}\n"
        "    depends_on: a\n"
        "    tasks:\n"
        "      alarm: {type: noop, trigger_rule: one_failed}\n",
        tmp_path,
    )
    source = dag_file(made)
    (step,) = [one for one in keywords(source, "EmptyOperator") if "trigger_rule" in one]
    assert step == {"task_id": "'each__alarm__rule'", "trigger_rule": "'one_failed'"}


def test_an_allowed_failure_of_a_mapped_group_is_hidden_beside_it(tmp_path: Path) -> None:
    made = pipeline(
        "  outer:\n"
        "    tasks:\n"
        "      files:\n"
        "        for_each: {in: [1, 2]}\n"
        f"        tasks: {{a: {{{CALL}, allow_failure: true}}}}\n",
        tmp_path,
    )
    assert helpers(made) == {"outer.files__items", "outer.files__a__ended"}
    assert "files_ >> files__a__ended" in dag_file(made)


@pytest.mark.parametrize(
    ("tasks", "seen"),
    [
        # a failure that reaches a leaf needs no watcher
        ("a -> b", set()),
        ("a -> b all_done", {"watcher"}),
        ("a -> b all_done, a -> c", set()),
        ("a allowed", {"a__ended"}),
        ("a -> b allowed, a -> c", {"b__ended"}),
        ("a -> b allowed", {"b__ended", "watcher"}),
    ],
)
def test_watchers_stand_where_a_failure_could_hide(
    tasks: str, seen: set[str], tmp_path: Path
) -> None:
    lines: dict[str, str] = {}
    for part in tasks.split(", "):
        names = part.replace(" allowed", "").replace(" all_done", "").split(" -> ")
        lines.setdefault(names[0], "")
        more = ", allow_failure: true" if "allowed" in part else ""
        more += ", trigger_rule: all_done" if "all_done" in part else ""
        more += f", depends_on: {names[0]}" if len(names) > 1 else ""
        lines[names[-1]] = more
    text = "".join(f"  {id}: {{{CALL}{more}}}\n" for id, more in lines.items())
    made = pipeline(text, tmp_path)
    assert helpers(made) == seen
    assert helpers(replace(made, fail_run_on="leaf")) == {id for id in seen if "ended" in id}


def test_no_watcher_stands_where_a_gate_could_skip_it_with_others(tmp_path: Path) -> None:
    made = pipeline(
        "  gate: {type: gate, call: 'jobs:gate'}\n"
        f"  a: {{{CALL}, depends_on: gate}}\n"
        f"  b: {{{CALL}}}\n"
        "  end: {type: noop, depends_on: [a, b], trigger_rule: all_done}\n",
        tmp_path,
    )
    source = dag_file(made)
    made_edges = " ".join(edges(source))
    assert helpers(made) == {"watcher", "watcher_2", "watcher_3"}
    # the gate, what is below it, and what is not, each have their own
    for id in ("gate_", "a_", "b_"):
        assert re.search(rf"\b{id} >> (\[[^]]*)?watcher", made_edges), made_edges


def test_a_teardown_is_airflows_own(tmp_path: Path) -> None:
    made = pipeline(
        f"  create: {{{CALL}}}\n"
        f"  work: {{{CALL}, depends_on: create}}\n"
        f"  delete: {{{CALL}, teardown_of: create, depends_on: work}}\n",
        tmp_path,
    )
    assert "delete_.as_teardown(setups=[create_])" in dag_file(made)
    assert not helpers(made)
    # nothing else may be bound to the set-up where it would not be in the language
    tolerant = replace(
        made,
        tasks=tuple(
            replace(one, trigger_rule=TriggerRule.ALL_DONE) if one.id == "work" else one
            for one in made.tasks
        ),
    )
    assert "create__is_up" in helpers(tolerant)
    assert "delete_.as_teardown(setups=[create__is_up])" in dag_file(tolerant)


def test_the_teardown_of_a_gate_wants_nothing_else_below_it(tmp_path: Path) -> None:
    made = pipeline(
        "  gate: {type: gate, call: 'jobs:gate'}\n"
        f"  a: {{{CALL}, depends_on: gate, trigger_rule: all_done}}\n"
        f"  undo: {{{CALL}, teardown_of: gate, depends_on: a}}\n",
        tmp_path,
    )
    (refused,) = TARGET.refusals(made, Context("3.3"))
    assert "the teardown of `gate`" in refused.message


def test_steps_get_names_of_their_own(tmp_path: Path) -> None:
    made = pipeline(
        f"  load: {{{CALL}, for_each: {{in: [a]}}, depends_on: load__items}}\n"
        "  load__items: {type: noop}\n",
        tmp_path,
    )
    assert helpers(made) == {"load__items_"}


def test_a_list_that_is_none_is_told_as_the_failure_of_its_task(tmp_path: Path) -> None:
    made = pipeline(
        f"  names: {{{CALL}}}\n"
        f"  load: {{{CALL}, for_each: {{in: '${{{{ tasks.names.output }}}}'}}}}\n",
        tmp_path,
    )
    names = TARGET.names(made, Context("3.3"))
    assert names.read is not None

    def entry(id: str, state: str) -> dict[str, Any]:
        return {"id": id, "index": None, "state": state, "attempts": 0, "output": None}

    said = names.read(
        [
            entry("names", "success"),
            entry("load__items", "failed"),
            entry("load", "upstream_failed"),
        ]
    )
    assert {one["id"]: one["state"] for one in said}["load"] == "failed"
