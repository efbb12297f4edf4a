"""What Prefect's target decides: names, edges, arguments, types, deployments, refusals, helpers."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from dagglot import api, emit
from dagglot.features import Feature
from dagglot.ir.model import Backoff, Pipeline, Retries
from dagglot.targets.base import Context, Support
from dagglot.targets.prefect.lower import retry_delays
from dagglot.targets.prefect.target import TARGET

CONTEXT = Context("3.8")


def pipelines(text: str, folder: Path) -> tuple[Pipeline, ...]:
    path = folder / "pipeline.yaml"
    path.write_text(text, encoding="utf-8")
    front = api.check([path])
    errors = [finding.message for finding in front.diagnostics if finding.is_error]
    assert not errors
    return tuple(front.pipelines)


def pipeline(tasks: str, folder: Path, head: str = "", id: str = "p") -> Pipeline:
    (made,) = pipelines(f"dagglot: 1\npipeline: {id}\n{head}\ntasks:\n{tasks}", folder)
    return made


def files(*made: Pipeline, context: Context = CONTEXT) -> dict[str, str]:
    lowered = [TARGET.lower(one, context) for one in made]
    # as the manifest keeps it
    contributions = [json.loads(json.dumps(one.contribution)) for one in lowered]
    texts: dict[PurePosixPath, str] = {}
    for one in lowered:
        texts |= emit.render(one.views)
    texts |= emit.render(TARGET.assemble(contributions, context))
    return {str(path): text for path, text in texts.items()}


def flow_file(made: Pipeline) -> str:
    return files(made)["flows/p_flow.py"]


def function(source: str, name: str) -> ast.FunctionDef:
    return next(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == name
    )


def statements(source: str, name: str) -> list[str]:
    """The body of a function without its docstring, as source."""
    body = function(source, name).body
    is_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return [ast.unparse(node) for node in body[is_docstring:]]


def decorator(source: str, name: str) -> dict[str, Any]:
    (call,) = function(source, name).decorator_list
    assert isinstance(call, ast.Call)
    return {word.arg or "": ast.unparse(word.value) for word in call.keywords}


def arguments(source: str, name: str) -> list[str]:
    return ast.unparse(function(source, name).args).split(", ")


def deployments(texts: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(texts["prefect.yaml"])["deployments"]
    return found


# --- the graph ----------------------------------------------------------------------------------

DIAMOND = """
  a: {type: python, call: "m:a"}
  b: {type: python, call: "m:b", args: {rows: "${{ tasks.a.output.rows }}"}, depends_on: c}
  c: {type: noop, depends_on: a}
  d: {type: shell, run: "true", depends_on: [b, c], env: {B: "${{ tasks.b.output }}"}}
"""


def test_data_edges_are_arguments_and_the_others_wait(tmp_path: Path) -> None:
    made = pipeline(DIAMOND, tmp_path)
    assert statements(flow_file(made), "p") == [
        "a_future = a.submit()",
        "c_future = c.submit(wait_for=[a_future])",
        "b_future = b.submit(a_future, wait_for=[c_future])",
        "d_future = d.submit(b_future, wait_for=[c_future])",
        "return [a_future, b_future, c_future, d_future]",
    ]


def test_tasks_are_defined_in_the_order_of_the_author(tmp_path: Path) -> None:
    tree = ast.parse(flow_file(pipeline(DIAMOND, tmp_path)))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert names == ["a", "b", "c", "d", "p"]


def test_user_code_is_imported_in_the_body(tmp_path: Path) -> None:
    source = flow_file(pipeline(DIAMOND, tmp_path))
    top = [ast.unparse(node) for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
    assert not [line for line in top if line.startswith("from m ")]
    assert statements(source, "b") == [
        "from m import b",
        "return call_python(b, rows=a_output['rows'])",
    ]


def test_groups_are_prefixes(tmp_path: Path) -> None:
    tasks = """
  load:
    description: What is loaded.
    tasks:
      orders: {type: noop}
      inner: {tasks: {orders: {type: noop, depends_on: load.orders}}}
"""
    made = pipeline(tasks, tmp_path)
    source = flow_file(made)
    assert decorator(source, "load_inner_orders")["name"] == "'load.inner.orders'"
    assert "- load: What is loaded." in (ast.get_docstring(function(source, "p")) or "")
    assert TARGET.names(made, CONTEXT).tasks == {
        "load.orders": "load.orders",
        "load.inner.orders": "load.inner.orders",
    }


# --- names --------------------------------------------------------------------------------------


def test_names_never_clash(tmp_path: Path) -> None:
    """A task, a param, the flow, Python and what the module imports may all want one name."""
    head = """
params:
  p: {default: 1}
  load: {default: 1}
  list: {default: [1]}
  START: {default: 1}
  task: {default: 1}
schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-01-01"}
"""
    tasks = """
  load: {type: python, call: "m:print", args: {x: "${{ params.load }}", y: "${{ params.list }}"}}
  flow: {type: noop}
  list: {type: noop}
  run_shell: {type: shell, run: "true"}
"""
    source = flow_file(pipeline(tasks, tmp_path, head))
    tree = ast.parse(source)
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    imported = [
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    constants = [ast.unparse(node.targets[0]) for node in tree.body if isinstance(node, ast.Assign)]
    every = [*defined, *imported, *constants, "p", "load", "list", "START", "task"]
    assert sorted(set(every)) == sorted(every[:-1] if "task" in imported else every)
    assert "print_" in statements(source, defined[0])[0]
    assert statements(source, "p_")[0].startswith("if is_outside_schedule(start=START_)")


@pytest.mark.parametrize(
    ("param", "argument"),
    [
        ("class", "class_"),
        ("wait_for", "wait_for_"),
        ("_hidden", "param_hidden"),
        ("model_dump", "param_model_dump"),
        ("list", "list"),
    ],
)
def test_params_keep_their_names_unless_they_are_taken(
    param: str, argument: str, tmp_path: Path
) -> None:
    made = pipeline("  a: {type: noop}", tmp_path, f"params: {{{param}: {{default: 1}}}}")
    assert arguments(flow_file(made), "p")[0].startswith(f"{argument}: ")


def test_module_is_named_after_the_pipeline(tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path, id="etl.daily-load")
    assert "flows/etl_daily_load_flow.py" in files(made)
    assert TARGET.names(made, CONTEXT).pipeline == "etl.daily-load"


@pytest.mark.parametrize("module", ["p_flow", "pipeline_helpers.x"])
def test_modules_of_ours_are_refused_in_user_code(module: str, tmp_path: Path) -> None:
    made = pipeline(f'  a: {{type: python, call: "{module}:f"}}', tmp_path)
    assert [finding.rule.name for finding in TARGET.refusals(made, CONTEXT)] == ["taken-module"]


def test_params_that_become_one_are_refused(tmp_path: Path) -> None:
    head = "params: {class: {default: 1}, class_: {default: 1}}"
    made = pipeline("  a: {type: noop}", tmp_path, head)
    assert [finding.rule.name for finding in TARGET.refusals(made, CONTEXT)] == ["names-collide"]


# --- params -------------------------------------------------------------------------------------

TYPES = {
    "{type: string}": "x: StrictStr",
    "{default: 1}": "x: StrictInt=1",
    "{type: number, default: 2}": "x: StrictInt | StrictFloat=2",
    "{default: true}": "x: StrictBool=True",
    "{type: date, default: '2026-02-28'}": "x: IsoDate=date(2026, 2, 28)",
    "{type: datetime, default: null}": "x: Annotated[datetime, iso_datetime('UTC')] | None=None",
    "{default: [1]}": "x: list[Any]=DEFAULT_X",
    "{default: {a: 1}}": "x: dict[str, Any]=DEFAULT_X",
    "{default: a, enum: [a, b]}": "x: Literal['a', 'b']='a'",
    "{default: 1, enum: [1, 2]}": "x: Annotated[Literal[1, 2], exactly(int)]=1",
    "{default: 1, minimum: 0, maximum: 9}": "x: Annotated[StrictInt, Field(ge=0, le=9)]=1",
    "{default: a, pattern: '^(?!b)'}": (
        "x: Annotated[StrictStr, Field(pattern=re.compile('^(?!b)'))]='a'"
    ),
}


@pytest.mark.parametrize("declared", TYPES)
def test_types_refuse_what_the_param_refuses(declared: str, tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path, f"params: {{x: {declared}}}")
    assert ast.unparse(function(flow_file(made), "p").args) == TYPES[declared]


def test_dates_of_an_enum_are_parsed_where_they_are_used(tmp_path: Path) -> None:
    """Members are compared as they are written, and a body gets a date all the same."""
    head = "params: {day: {type: date, default: '2026-01-01', enum: ['2026-01-01']}}"
    tasks = '  a: {type: python, call: "m:f", args: {day: "${{ params.day }}"}}'
    source = flow_file(pipeline(tasks, tmp_path, head))
    assert statements(source, "a")[-1] == "return call_python(f, day=to_date(day))"


def test_descriptions_of_params_stand_in_the_docstring(tmp_path: Path) -> None:
    head = "params: {x: {default: 1, description: 'How many:\n rows.'}}"
    text = ast.get_docstring(
        function(flow_file(pipeline("  a: {type: noop}", tmp_path, head)), "p")
    )
    assert text == "The pipeline p.\n\nArgs:\n    x: How many: rows."


# --- attempts -----------------------------------------------------------------------------------


def retries(count: int, backoff: Backoff, max_delay: int | None = None) -> Retries:
    cap = None if max_delay is None else timedelta(seconds=max_delay)
    return Retries(count=count, delay=timedelta(seconds=2), backoff=backoff, max_delay=cap)


@pytest.mark.parametrize(
    ("given", "delays"),
    [
        (retries(3, Backoff.CONSTANT), 2),
        (retries(3, Backoff.LINEAR), [2, 4, 6]),
        (retries(4, Backoff.EXPONENTIAL), [2, 4, 8, 16]),
        (retries(9, Backoff.EXPONENTIAL, 5), [2, 4, 5]),
        (retries(3, Backoff.EXPONENTIAL, 1), 1),
        (retries(900, Backoff.LINEAR, 6), [2, 4, 6]),
        (Retries(count=2), 0),
    ],
)
def test_delays(given: Retries, delays: int | list[int]) -> None:
    assert retry_delays(given) == delays


def test_more_delays_than_prefect_takes_are_refused(tmp_path: Path) -> None:
    given = "{{type: noop, retries: {{count: {}, delay: 1s, backoff: linear{}}}}}".format
    tasks = f"  a: {given(50, '')}\n  b: {given(51, ', max_delay: 9s')}\n  c: {given(51, '')}"
    (refusal,) = TARGET.refusals(pipeline(tasks, tmp_path), CONTEXT)
    assert refusal.rule.name == "unsupported"


def test_a_timeout_runs_python_in_a_process(tmp_path: Path) -> None:
    tasks = '  a: {type: python, call: "m.n:f", args: {timeout: 1, from: 2}, timeout: 90s}'
    made = pipeline(tasks, tmp_path)
    source = flow_file(made)
    assert statements(source, "a") == [
        "return call_with_timeout(90, 'm.n:f', **{'from': 2}, timeout=1)"
    ]
    assert "timeout_seconds" not in source
    assert "flows/pipeline_helpers/child.py" in files(made)


# --- scripts ------------------------------------------------------------------------------------


def test_scripts_arrive_as_written(tmp_path: Path) -> None:
    script = 'a=(1 2)\necho "${#a[@]} {{ x }} {# y #} \\" """q"""\n'
    made = pipeline(f"  a: {{type: shell, run: {json.dumps(script)}}}", tmp_path)
    body = function(flow_file(made), "a").body
    assert isinstance(body[0], ast.Assign)
    assert ast.literal_eval(body[0].value) == script


def test_expressions_in_a_script_of_several_lines(tmp_path: Path) -> None:
    script = "echo ${x}\necho '${{ run.date }}' {a}\n"
    made = pipeline(f"  a: {{type: shell, run: {json.dumps(script)}}}", tmp_path)
    source = flow_file(made)
    assert 'script = f"""\\\necho ${{x}}\n' in source
    value = function(source, "a").body[0]
    assert isinstance(value, ast.Assign)

    class Day:
        def date(self) -> str:
            return "2026-01-31"

    text = eval(  # noqa: S307 - our own output
        ast.unparse(value.value), {"run_time": lambda zone: Day()}
    )
    assert text == "echo ${x}\necho '2026-01-31' {a}\n"


@pytest.mark.parametrize(
    ("output", "last"),
    [
        ("text", "return run_shell('x')"),
        ("json", "return to_json(json.loads(last_line))"),
        ("none", "run_shell('x')"),
    ],
)
def test_outputs_of_scripts(output: str, last: str, tmp_path: Path) -> None:
    made = pipeline(f"  a: {{type: shell, run: x, output: {output}}}", tmp_path)
    assert statements(flow_file(made), "a")[-1] == last


# --- native -------------------------------------------------------------------------------------


def test_native_builds_objects(tmp_path: Path) -> None:
    tasks = """
  a:
    type: native
    prefect:
      call: m:f
      args:
        step: {call: "datetime:timedelta", args: {minutes: 5}}
        days: [{call: "datetime:date", args: {year: 2026, month: 1, day: 1}}]
        text: "{{ ds }}"
"""
    assert statements(flow_file(pipeline(tasks, tmp_path)), "a") == [
        "from datetime import date, timedelta",
        "from m import f",
        "return call_python(f, step=timedelta(minutes=5), "
        "days=[date(year=2026, month=1, day=1)], text='{{ ds }}')",
    ]


# --- shared files -------------------------------------------------------------------------------


def test_deployment(tmp_path: Path) -> None:
    head = """
description: "Every {{ night }}"
owner: me
tags: [a, "{{ b }}"]
params: {n: {default: 1}}
schedule:
  cron: "0 3 * * *"
  timezone: Europe/Madrid
  enabled: false
  params: {n: 5}
targets: {prefect: {work_pool: heavy, work_queue: high, job_variables: {image: "{{ $IMAGE }}"}}}
"""
    (found,) = deployments(files(pipeline("  a: {type: noop}", tmp_path, head)))
    assert found == {
        "name": "p",
        "description": "Every {{{ - }}{ night }}",
        "entrypoint": "flows/p_flow.py:p",
        "tags": ["a", "{{{ - }}{ b }}", "owner:me"],
        "parameters": {},
        "enforce_parameter_schema": True,
        "paused": False,
        "work_pool": {
            "name": "heavy",
            "work_queue_name": "high",
            "job_variables": {"image": "{{ $IMAGE }}"},
        },
        "schedules": [
            {
                "slug": "cron",
                "cron": "0 3 * * *",
                "timezone": "Europe/Madrid",
                "day_or": True,
                "active": False,
                "parameters": {"n": 5},
            }
        ],
    }


def test_the_project_names_the_work_pool(tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path)
    context = Context("3.8", options={"work_pool": "analytics", "max_workers": 4})
    texts = files(made, context=context)
    assert deployments(texts)[0]["work_pool"] == {"name": "analytics"}
    (schedule,) = deployments(texts)[0]["schedules"]
    # an empty list would leave the schedule of an earlier deployment on
    assert (schedule["slug"], schedule["active"]) == ("cron", False)
    assert decorator(texts["flows/p_flow.py"], "p")["task_runner"] == (
        "ThreadPoolTaskRunner(max_workers=4)"
    )


@pytest.mark.parametrize("text", ["a\u202eb", "a\rb\n c ", "x: [\n", "\ufeff#", "é 👩", "- a\n- b"])
def test_yaml_holds_any_text(text: str, tmp_path: Path) -> None:
    head = f"description: {json.dumps(text)}".replace("\\ud83d\\udc69", "\\U0001f469")
    texts = files(pipeline("  a: {type: noop}", tmp_path, head))
    assert deployments(texts)[0]["description"] == text.strip("\n")
    assert "\u202e" not in texts["prefect.yaml"]


def test_no_helper_that_nothing_needs(tmp_path: Path) -> None:
    assert set(files(pipeline("  a: {type: noop}", tmp_path))) == {
        "flows/p_flow.py",
        "prefect.yaml",
        "requirements.txt",
    }


def test_helpers_are_those_of_all_pipelines(tmp_path: Path) -> None:
    text = """
dagglot: 1
pipeline: one
tasks: {a: {type: shell, run: "true"}}
---
dagglot: 1
pipeline: two
tasks: {a: {type: python, call: "m:f", args: {t: "${{ run.time }}"}}}
"""
    texts = files(*pipelines(text, tmp_path))
    names = {path for path in texts if "pipeline_helpers" in path}
    assert names == {
        f"flows/pipeline_helpers/{module}.py"
        for module in ("__init__", "calls", "processes", "runs", "values")
    }
    assert "call_with_timeout" not in texts["flows/pipeline_helpers/processes.py"]
    assert "is_outside_schedule" not in texts["flows/pipeline_helpers/runs.py"]


def test_requirements_hold_the_users(tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path)
    context = Context("3.8", requirements=("pandas>=2", "x @ file:///y"))
    lines = files(made, context=context)["requirements.txt"].splitlines()
    assert lines[0] == "prefect>=3.8,<4"
    assert lines[-2:] == ["pandas>=2", "x @ file:///y"]


# --- the table, and what is generated as a whole ------------------------------------------------


def test_table_is_total() -> None:
    table = TARGET.capabilities("3.8")
    assert set(table) == set(Feature)
    for feature, verdict in table.items():
        assert verdict.support is Support.NATIVE or verdict.note, feature


def test_ruff_finds_nothing(tmp_path: Path) -> None:
    head = """
description: it's "text" \\\\ with {{ all }}
params:
  a_param_with_a_name: {default: one_of_its_many_values, enum: [one_of_its_many_values, another, x]}
  when: {type: datetime, default: "2026-02-28T10:00:00.5-03:00"}
  list: {default: [], enum: [[], [1]]}
  level: {type: number, default: 1, enum: [1, 1.5]}
  number: {default: 1, enum: [1]}
  day: {type: date, default: null}
schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-01-01", end: "2026-12-31T06:00:00Z"}
"""
    tasks = f"""
  first: {{type: python, call: "m:f", timeout: 5m, args: {{now: "${{{{ run.time }}}}", class: 1}}}}
  {"a_long_name_" * 8}: {{type: shell, run: "echo a\\necho ${{{{ run.date }}}}\\n"}}
  second:
    type: python
    call: "m:g"
    retries: {{count: 8, delay: 30s, backoff: exponential, max_delay: 1h}}
    args: {{all: "${{{{ params }}}}", rows: "${{{{ tasks.first.output.rows }}}}"}}
    depends_on: {"a_long_name_" * 8}
"""
    for path, text in files(pipeline(tasks, tmp_path, head)).items():
        file = tmp_path / "out" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for command in (["format", "--check"], ["check", "--select", "E,F,W,I,UP,B"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--target-version", "py311"]
        if command[0] == "check":
            ruff += ["--ignore", "E501"]
        done = subprocess.run([*ruff, str(tmp_path / "out")], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
