"""What Dagster's target decides: names, edges, policies, params, tags, schedules, shared files."""

from __future__ import annotations

import ast
import json
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from case_folders import cases
from dagglot import api, capabilities, emit
from dagglot.ir.model import Backoff, Pipeline, Retries
from dagglot.pycode import literal
from dagglot.runtimes import environments, probe
from dagglot.targets.base import Context, View
from dagglot.targets.dagster import labels, retries
from dagglot.targets.dagster.nodes import node
from dagglot.targets.dagster.target import TARGET

CONTEXT = Context("1.13")


def pipelines(text: str, folder: Path) -> tuple[Pipeline, ...]:
    path = folder / "pipeline.yaml"
    path.write_text(text, encoding="utf-8")
    front = api.check([path])
    errors = [finding.message for finding in front.diagnostics if finding.is_error]
    assert not errors
    return tuple(front.pipelines)


def pipeline(tasks: str, folder: Path, head: str = "", name: str = "p") -> Pipeline:
    (made,) = pipelines(f"dagglot: 1\npipeline: {name}\n{head}\ntasks:\n{tasks}", folder)
    return made


def files(made: tuple[Pipeline, ...], context: Context = CONTEXT) -> dict[PurePosixPath, str]:
    lowered = [TARGET.lower(one, context) for one in made]
    texts: dict[PurePosixPath, str] = {}
    for one in lowered:
        texts |= emit.render(one.views)
    contributions = [json.loads(json.dumps(one.contribution)) for one in lowered]
    return texts | emit.render(TARGET.assemble(contributions, context))


def job_file(made: Pipeline, context: Context = CONTEXT) -> str:
    ((path, text),) = emit.render(TARGET.lower(made, context).views).items()
    assert path == PurePosixPath(TARGET.names(made, context).file)
    return text


def written(source: str, word: str) -> list[str]:
    """The source of every call of a name, on one line each."""
    return [
        ast.unparse(found)
        for found in ast.walk(ast.parse(source))
        if isinstance(found, ast.Call) and ast.unparse(found.func) == word
    ]


def nodes(source: str) -> list[str]:
    """The statements of the job."""
    (job,) = [
        found
        for found in ast.parse(source).body
        if isinstance(found, ast.FunctionDef)
        and ast.unparse(found.decorator_list[0]).startswith("dg.job(")
    ]
    has_doc = ast.get_docstring(job) is not None
    return [ast.unparse(statement) for statement in job.body[has_doc:]]


def refused(made: Pipeline, context: Context = CONTEXT) -> list[str]:
    return [finding.rule.code for finding in TARGET.refusals(made, context)]


# --- names --------------------------------------------------------------------------------------


def test_ids_become_names_that_dagster_takes(tmp_path: Path) -> None:
    tasks = """
  check-sites: {type: noop}
  config: {type: noop}
  dg: {type: noop}
  list: {type: noop}
  load:
    tasks:
      orders: {type: noop}
      inner: {tasks: {orders: {type: noop}}}
"""
    made = pipeline(tasks, tmp_path, name="sales-v1.2")
    names = TARGET.names(made, CONTEXT)
    assert names.pipeline == "sales_v1_2"
    assert names.file == "defs/sales_v1_2_job.py"
    assert names.tasks == {
        "check_sites": "check-sites",
        "config_": "config",
        "dg": "dg",
        "list": "list",
        "load__orders": "load.orders",
        "load__inner__orders": "load.inner.orders",
    }
    source = job_file(made)
    assert [ast.literal_eval(call.partition("name=")[2].rstrip(")").partition(", tags")[0])
            for call in written(source, "dg.op")] == [
        f"sales_v1_2__{name}" for name in names.tasks
    ]  # fmt: skip
    assert nodes(source)[:4] == [
        "check_sites.alias('check_sites')()",
        "config.alias('config_')()",
        "dg_.alias('dg')()",
        "list_.alias('list')()",
    ]


def test_ops_of_all_pipelines_have_names_of_their_own(tmp_path: Path) -> None:
    text = """
dagglot: 1
pipeline: a
tasks: {b: {tasks: {c: {type: noop}}}, _d: {type: noop}}
---
dagglot: 1
pipeline: a__b
tasks: {c: {type: noop}}
---
dagglot: 1
pipeline: a_
tasks: {d: {type: noop}}
"""
    found = [call for one in pipelines(text, tmp_path) for call in written(job_file(one), "dg.op")]
    names = [call.partition("name='")[2].partition("'")[0] for call in found]
    assert len(set(names)) == len(names) == 4


def test_tasks_that_become_one_name_are_refused(tmp_path: Path) -> None:
    made = pipeline("  a-b: {type: noop}\n  a_b: {type: noop}", tmp_path)
    (finding,) = TARGET.refusals(made, CONTEXT)
    assert finding.rule.code == "DG406"
    assert "`a-b` and `a_b`" in finding.message


def test_a_pipeline_may_not_be_called_like_an_op_of_another() -> None:
    """Dagster has one name for jobs and ops together; measured."""

    def collisions(*ids: str) -> list[tuple[str, str, str]]:
        return list(TARGET.collisions({id: {} for id in ids}))

    assert collisions("a", "a__b", "a_b", "b", "b_c") == [("a", "a__b", "a__b")]
    assert collisions("a-b", "a_b--c") == [("a-b", "a_b--c", "a_b__c")]
    assert collisions("a__b", "a__b__c") == []


def test_a_pipeline_may_not_be_called_like_an_op_of_the_helpers(tmp_path: Path) -> None:
    made = replace(pipeline("  a: {type: noop}", tmp_path), id="gather")
    assert TARGET.names(made, CONTEXT).pipeline == "gather_"


@pytest.mark.parametrize("module", ["pipeline_helpers", "defs.etl", "definitions"])
def test_modules_of_ours_are_taken(module: str, tmp_path: Path) -> None:
    made = pipeline(f"  a: {{type: python, call: '{module}:f'}}", tmp_path)
    assert refused(made) == ["DG405"]


def test_a_module_called_like_the_pipeline_is_free(tmp_path: Path) -> None:
    assert not refused(pipeline("  a: {type: python, call: 'p:f'}", tmp_path))


# --- edges --------------------------------------------------------------------------------------


def test_data_are_inputs_and_other_edges_wait(tmp_path: Path) -> None:
    tasks = """
  last: {type: python, call: "m:f", args: {x: "${{ tasks.one.output }}"}, depends_on: [two, three]}
  one: {type: shell, run: "true"}
  two: {type: noop}
  three: {type: noop, depends_on: two}
"""
    source = job_file(pipeline(tasks, tmp_path))
    assert nodes(source) == [
        "two_ = two.alias('two')()",
        "three_ = three.alias('three')(start_after=two_)",
        "one_ = one.alias('one')()",
        "last.alias('last')(one=one_, start_after=[two_, three_])",
    ]
    assert "def last(one: Any) -> Any:" in source
    assert "def two() -> None: ...\n" in source


def test_an_input_called_like_a_name_of_ours_gets_another(tmp_path: Path) -> None:
    tasks = """
  start_after: {type: shell, run: "true"}
  result: {type: shell, run: "true"}
  to_json:
    type: python
    call: m:result
    args: {a: "${{ tasks.start_after.output }}", b: "${{ tasks.result.output }}"}
"""
    source = job_file(pipeline(tasks, tmp_path))
    assert "def to_json_(start_after_: Any, result_: Any) -> Any:" in source
    assert "from m import result as result__" not in source
    assert "return to_json(result_2(a=start_after_, b=result_))" in source


@pytest.mark.parametrize("length", range(1, 70, 3))
def test_chains_are_broken_as_ruff_breaks_them(length: int, tmp_path: Path) -> None:
    name = "f" * length
    lines = [
        node(variable, name, name, inputs)
        for variable in (None, name + "_")
        for inputs in ([], [("a", "x")], [("start_after", ["a" * 30, "b" * 40]), ("b", 2)])
    ]
    source = "\n".join(f"def f():\n    {line}\n\n" for line in lines).rstrip() + "\n"
    assert _ruff(source, "format", "--check", "-") == ""


# --- attempts -----------------------------------------------------------------------------------


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


LINEAR, EXPONENTIAL = Backoff.LINEAR, Backoff.EXPONENTIAL
POLICIES = [
    (Retries(), "None"),
    (Retries(count=2), "dg.RetryPolicy(max_retries=2)"),
    (Retries(count=2, backoff=LINEAR), "dg.RetryPolicy(max_retries=2)"),
    (Retries(count=1, delay=seconds(0.5)), "dg.RetryPolicy(max_retries=1, delay=0.5)"),
    (
        Retries(count=2, delay=seconds(30), max_delay=seconds(10)),
        "dg.RetryPolicy(max_retries=2, delay=10)",
    ),
    (
        Retries(count=2, delay=seconds(30), backoff=LINEAR),
        "dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.LINEAR)",
    ),
    # Dagster waits 1, 3 and 7 times the delay
    (
        Retries(count=3, delay=seconds(2), backoff=EXPONENTIAL, max_delay=seconds(14)),
        "dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL)",
    ),
    (
        Retries(count=3, delay=seconds(2), backoff=EXPONENTIAL, max_delay=seconds(13)),
        "CappedRetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, max_delay=13)",
    ),
    (
        Retries(count=5000, delay=seconds(1), backoff=EXPONENTIAL, max_delay=seconds(86_400)),
        "CappedRetryPolicy(max_retries=5000, delay=1, backoff=dg.Backoff.EXPONENTIAL, "
        "max_delay=86400)",
    ),
]


@pytest.mark.parametrize(("given", "expected"), POLICIES)
def test_policies(given: Retries, expected: str) -> None:
    assert literal(retries.policy(given)) == expected


def test_policies_of_several_ops_are_constants(tmp_path: Path) -> None:
    tasks = """
  a: {type: shell, run: "true"}
  b: {type: shell, run: "true"}
  c: {type: shell, run: "true", retries: {count: 1, delay: 0s}}
  d: {type: shell, run: "true", retries: 0}
  e: {type: noop}
"""
    source = job_file(pipeline(tasks, tmp_path, "defaults: {retries: {count: 2, delay: 5s}}"))
    assert "\nRETRY_POLICY = dg.RetryPolicy(max_retries=2, delay=5)\n" in source
    assert written(source, "dg.op") == [
        "dg.op(name='p__a', retry_policy=RETRY_POLICY)",
        "dg.op(name='p__b', retry_policy=RETRY_POLICY)",
        "dg.op(name='p__c', retry_policy=dg.RetryPolicy(max_retries=1))",
        "dg.op(name='p__d')",
        "dg.op(name='p__e')",
    ]


Attempt = Callable[..., Callable[[Callable[..., Any]], Callable[..., Any]]]


@pytest.fixture
def attempt() -> Attempt:
    """The helper itself, which needs no Dagster."""
    view = View(
        "dagster/helpers/attempts.py.j2", PurePosixPath("attempts.py"), {"functions": ["attempt"]}
    )
    (text,) = emit.render([view]).values()
    module: dict[str, Any] = {}
    exec(compile(text, "attempts.py", "exec"), module)  # noqa: S102
    made: Attempt = module["attempt"]
    return made


def test_an_attempt_ends_in_time(attempt: Attempt) -> None:
    @attempt(timeout=0.2)
    def sleeps() -> str:
        try:
            time.sleep(30)
        except Exception:
            return "swallowed"
        return "slept"

    begin = time.monotonic()
    with pytest.raises(Exception, match=r"timed out after 0\.2 s"):
        sleeps()
    assert time.monotonic() - begin < 5


def test_an_attempt_that_swallows_everything_has_failed(attempt: Attempt) -> None:
    @attempt(timeout=0.2)
    def swallows() -> str:
        try:
            time.sleep(30)
        except BaseException:
            return "swallowed"
        return "slept"

    with pytest.raises(Exception, match="timed out"):
        swallows()


@pytest.mark.parametrize("code", [0, 3, None, "bye"])
def test_an_attempt_that_exits_is_an_ordinary_failure(attempt: Attempt, code: Any) -> None:
    @attempt()
    def exits() -> None:
        sys.exit(code)

    with pytest.raises(Exception, match="exited with"):
        exits()


def test_an_attempt_leaves_results_and_errors_alone(attempt: Attempt) -> None:
    before = signal.getsignal(signal.SIGALRM)

    @attempt(timeout=5)
    def divide(number: int) -> float:
        return 1 / number

    assert divide(2) == 0.5
    with pytest.raises(ZeroDivisionError):
        divide(0)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


# --- params -------------------------------------------------------------------------------------


def fields(source: str) -> dict[str, str]:
    """The fields of the class, with annotation and value."""
    (found,) = [one for one in ast.parse(source).body if isinstance(one, ast.ClassDef)]
    return {
        ast.unparse(line.target): ast.unparse(line.annotation)
        + (f" = {ast.unparse(line.value)}" if line.value else "")
        for line in found.body
        if isinstance(line, ast.AnnAssign)
    }


def test_params_are_fields(tmp_path: Path) -> None:
    head = """
params:
  text: {default: x}
  needed: {type: integer}
  described: {type: integer, minimum: 0, maximum: 9, description: Whole.}
  number: {default: 2.5, minimum: 0}
  flag: {default: true}
  day: {type: date}
  at: {type: datetime, default: null}
  many: {default: [1, null]}
  table: {default: {a: null}}
  choice: {default: red, enum: [red, green]}
  level: {default: 1, enum: [1, 2]}
  pick: {type: string, default: null, enum: [a, b]}
  code: {default: ab1, pattern: "^[a-z]+"}
  limit: {type: integer, default: null, minimum: 1}
"""
    assert fields(job_file(pipeline("  a: {type: noop}", tmp_path, head))) == {
        "text": "str = 'x'",
        "needed": "int",
        "described": "int = Field(ge=0, le=9, description='Whole.')",
        "number": "Number = Field(default=2.5, ge=0)",
        "flag": "bool = True",
        "day": "IsoDate",
        "at": "IsoDatetime | None = None",
        "many": "JsonList = [1, None]",
        "table": "JsonMap = {'a': None}",
        "choice": "Literal['red', 'green'] = 'red'",
        "level": "Annotated[int, one_of(1, 2)] = 1",
        "pick": "Annotated[str, one_of('a', 'b')] | None = None",
        "code": "Annotated[str, matches('^[a-z]+')] = 'ab1'",
        "limit": "Annotated[int, Field(ge=1)] | None = None",
    }


def test_params_with_names_that_a_field_cannot_have(tmp_path: Path) -> None:
    head = "params: {class: {default: 1}, _x: {default: 1}, json: {default: 1}, int: {default: 1},"
    head += " model_a: {default: 1}, json_: {default: 1}}"
    tasks = """
  a: {type: python, call: "m:f", args: {a: "${{ params['class'] }}", b: "${{ params._x }}"}}
"""
    source = job_file(pipeline(tasks, tmp_path, head))
    assert fields(source) == {
        "class_": "int = Field(default=1, alias='class')",
        "x_": "int = Field(default=1, alias='_x')",
        "json__": "int = Field(default=1, alias='json')",
        "int_": "int = Field(default=1, alias='int')",
        "a_": "int = Field(default=1, alias='model_a')",
        "json_": "int = 1",
    }
    assert "f(a=params.class_, b=params.x_)" in source


# --- bodies -------------------------------------------------------------------------------------


def body(task: str, folder: Path, head: str = "") -> str:
    """The body of the only op, without blank lines."""
    source = job_file(pipeline(f"  t: {task}", folder, head))
    functions = [one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)]
    (found,) = [one for one in functions if one.name == "t"]
    return "\n".join(ast.unparse(statement) for statement in found.body)


BODIES = [
    ('{type: python, call: "m.n:f"}', "from m.n import f\nreturn to_json(f())"),
    ('{type: python, call: "m:t"}', "from m import t\nreturn to_json(t())"),
    (
        '{type: python, call: "m:f", args: {class: 1, "a b": [true, null], x: "{{ ds }}"}}',
        "from m import f\nreturn to_json(f(**{'class': 1, 'a b': [True, None]}, x='{{ ds }}'))",
    ),
    (
        '{type: python, call: "m:f", args: {a: "${{ run.attempt }}", p: "${{ run.pipeline }}"}}',
        "from m import f\n"
        "attempt_number = context.retry_number + 1\n"
        "return to_json(f(a=attempt_number, p=context.job_name))",
    ),
    (
        '{type: python, call: "m:f", args: {d: "${{ run.date }}", i: "${{ run.id }}"}}',
        "from m import f\nreturn to_json(f(d=run_time(context, 'UTC').date(), i=context.run_id))",
    ),
    ("{type: shell, run: echo}", "return run_shell(context, 'echo')"),
    (
        "{type: shell, run: echo, strict: false, cwd: /x, output: none, env: {A: '1'}}",
        "run_shell(context, 'echo', env={'A': '1'}, cwd='/x', strict=False)",
    ),
    (
        "{type: shell, run: echo, output: json}",
        "line = run_shell(context, 'echo')\nreturn to_json(json.loads(line))",
    ),
    (
        '{type: native, dagster: {call: "m:f", args: '
        '{a: {call: "datetime:timedelta", args: {minutes: 5}}, b: {call: x}}}}',
        "from datetime import timedelta\nfrom m import f\n"
        "return to_json(f(a=timedelta(minutes=5), b={'call': 'x'}))",
    ),
]


@pytest.mark.parametrize(("task", "expected"), BODIES)
def test_bodies(task: str, expected: str, tmp_path: Path) -> None:
    assert body(task, tmp_path) == expected


def test_dates_are_dates_and_null_stays_null(tmp_path: Path) -> None:
    head = "schedule: {cron: '@daily', timezone: Europe/Madrid}\n"
    head += "params: {d: {default: '2026-01-31', type: date}, t: {type: datetime, default: null}}"
    task = '{type: python, call: "m:f", args: {d: "${{ params.d }}", t: "${{ params.t }}"}}'
    assert body(task, tmp_path, head) == (
        "from m import f\n"
        "t = to_datetime(params.t, 'Europe/Madrid') if params.t is not None else None\n"
        "return to_json(f(d=to_date(params.d), t=t))"
    )


def test_timeouts_stand_at_the_op(tmp_path: Path) -> None:
    tasks = """
  a: {type: python, call: "m:f", timeout: 1m}
  b: {type: shell, run: "true", timeout: 30s}
  c: {type: shell, run: "true"}
  d: {type: noop, timeout: 1m}
"""
    source = job_file(pipeline(tasks, tmp_path))
    assert written(source, "attempt") == ["attempt(timeout=60)", "attempt(timeout=30)"]


# --- what people read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("sales", "a/b"), {"sales": "", "a/b": ""}),
        (("data eng", "data_eng"), {"data_eng": "data eng", "data_eng_2": "data_eng"}),
        (("größe",), {"gr__e": "größe"}),
        (("owner", "group"), {"owner_": "owner", "group_": "group"}),
        (("dagster/max_retries",), {"dagster_max_retries": "dagster/max_retries"}),
        (("x" * 80,), {"x" * 60: "x" * 80}),
    ],
)
def test_words_are_keys(words: tuple[str, ...], expected: dict[str, str], tmp_path: Path) -> None:
    head = f"tags: {json.dumps(words, ensure_ascii=False)}"
    made = pipeline("  a: {type: noop}", tmp_path, head)
    assert labels.job_tags(made) == expected


@pytest.mark.parametrize(
    ("text", "is_docstring"),
    [
        ("One line.", True),
        ('Quotes """ and \\ and {{ x }}', True),
        ("Two.\n\n    code alone, whose margin Dagster would take away", False),
        ("Two.\n\nParagraphs, and\n\n    code", True),
        ("", False),
    ],
)
def test_docstrings_are_what_dagster_reads(text: str, is_docstring: bool) -> None:
    assert (labels.docstring(text) is not None) is is_docstring


def test_groups_are_told_of(tmp_path: Path) -> None:
    tasks = """
  load:
    description: Loads.
    owner: team
    tags: [x]
    tasks: {a: {type: noop, tags: [y]}, b: {type: noop, owner: me}}
"""
    source = job_file(pipeline(tasks, tmp_path, "description: All."))
    assert written(source, "dg.op") == [
        "dg.op(name='p__load__a', tags={'owner': 'team', 'group': 'load', 'y': '', 'x': ''})",
        "dg.op(name='p__load__b', tags={'owner': 'me', 'group': 'load', 'x': ''})",
    ]
    assert '    """All.\n\n    - `load`: Loads.\n    """\n' in source


# --- schedules and options ----------------------------------------------------------------------


def test_a_schedule_without_limits_is_a_definition(tmp_path: Path) -> None:
    head = "schedule: {cron: '@daily', timezone: Europe/Madrid, enabled: false, params: {n: 3}}\n"
    head += "params: {n: {type: integer}}"
    source = job_file(pipeline("  a: {type: noop}", tmp_path, head))
    assert written(source, "dg.ScheduleDefinition") == [
        "dg.ScheduleDefinition(name='p_schedule', job=p, cron_schedule='0 0 * * *', "
        "execution_timezone='Europe/Madrid', default_status=dg.DefaultScheduleStatus.STOPPED, "
        "run_config=dg.RunConfig(resources={'params': PParams(n=3)}))"
    ]


def test_a_schedule_with_limits_is_a_function(tmp_path: Path) -> None:
    head = "schedule: {cron: '@daily', timezone: Europe/Madrid, start: '2026-01-01', "
    head += "end: '2026-10-25T02:30:00+01:00'}"
    source = job_file(pipeline("  a: {type: noop}", tmp_path, head))
    assert 'START = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Madrid"))\n' in source
    # the clock in Madrid shows this time twice
    assert 'END = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("UTC"))\n' in source
    assert "if context.scheduled_execution_time < START:\n" in source
    assert "if context.scheduled_execution_time > END:\n" in source


OPTIONS: list[tuple[dict[str, Any], str, str]] = [
    ({"executor": "in_process"}, "", "executor_def=dg.in_process_executor"),
    (
        {},
        "max_concurrent: 4",
        "executor_def=dg.multiprocess_executor.configured({'max_concurrent': 4})",
    ),
    ({"executor": "in_process"}, "executor: multiprocess", "executor_def=dg.multiprocess_executor"),
    (
        {"metadata": {"a": "1", "b": "2"}},
        "metadata: {b: null, c: 'https://x/'}",
        "metadata={'a': '1', 'c': dg.MetadataValue.url('https://x/')}",
    ),
    (
        {"run_tags": {"dagster/max_runtime": 60, "a": "1"}},
        "run_tags: {a: null, team: sales}",
        "run_tags={'dagster/max_runtime': '60', 'team': 'sales'}",
    ),
    (
        {"io_manager": {"call": "dagster:FilesystemIOManager", "args": {"base_dir": "/x"}}},
        "",
        "resource_defs={'io_manager': dg.FilesystemIOManager(base_dir='/x')}",
    ),
    (
        {},
        "io_manager: {call: 'a.b:S3', args: {s3: {call: 'a.b:Client', args: {}}, list: [x]}}",
        "resource_defs={'io_manager': S3(s3=Client(), list=['x'])}",
    ),
]


@pytest.mark.parametrize(("project", "own", "expected"), OPTIONS)
def test_options(project: dict[str, Any], own: str, expected: str, tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path, f"targets: {{dagster: {{{own}}}}}")
    source = job_file(made, Context("1.13", project))
    assert written(source, "dg.job") == [f"dg.job(name='p', {expected})"]


@pytest.mark.parametrize(
    ("own", "rule"),
    [
        ("style: assets", "DG401"),
        ("executor: in_process, max_concurrent: 2", "DG401"),
        ("run_tags: {owner: bo}", "DG401"),
        ("io_manager: {call: 'a.class:B'}", "DG210"),
        ("io_manager: {call: 'a:B', args: {x: {call: 'pipeline_helpers:C', args: {}}}}", "DG405"),
    ],
    ids=["style", "limit", "tag", "keyword", "module"],
)
def test_options_that_mean_nothing_are_refused(own: str, rule: str, tmp_path: Path) -> None:
    head = f"owner: ana\ntargets: {{dagster: {{{own}}}}}"
    made = pipeline("  a: {type: noop}", tmp_path, head)
    assert refused(made) == [rule]


def test_a_connection_is_not_taken_for_the_io_manager(tmp_path: Path) -> None:
    head = "connections: {io_manager: {type: generic}}"
    task = "  a: {type: python, call: 'm:f', args: {x: '${{ connections.io_manager.host }}'}}"
    assert "'io_manager'" not in job_file(pipeline(task, tmp_path, head)).replace('"', "'")


def test_metadata_of_a_task_are_tags(tmp_path: Path) -> None:
    task = "  a: {type: noop, targets: {dagster: {metadata: {runbook: 'https://x/'}}}}"
    source = job_file(pipeline(task, tmp_path))
    assert written(source, "dg.op") == ["dg.op(name='p__a', tags={'runbook': 'https://x/'})"]


# --- shared files -------------------------------------------------------------------------------


def test_only_what_is_used_is_there(tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path)
    assert {path.as_posix() for path in files((made,))} == {
        "definitions.py",
        "defs/__init__.py",
        "defs/p_job.py",
        "pyproject.toml",
        "requirements.txt",
    }


def test_helpers_are_those_of_all_pipelines(tmp_path: Path) -> None:
    text = """
dagglot: 1
pipeline: a
tasks: {s: {type: shell, run: "true", env: {X: "${{ run.id }}"}}}
---
dagglot: 1
pipeline: b
schedule: {cron: "@daily", timezone: UTC}
tasks: {p: {type: python, call: "m:f", args: {d: "${{ run.date }}"}}}
"""
    texts = files(pipelines(text, tmp_path))
    helpers = {path.stem for path in texts if path.parts[0] == "pipeline_helpers"}
    assert helpers == {"__init__", "attempts", "runs", "shell", "values"}
    assert "CappedRetryPolicy" not in texts[PurePosixPath("pipeline_helpers/attempts.py")]
    assert (
        "defs = dg.Definitions(jobs=[a_job.a, b_job.b], schedules=[b_job.b_schedule])"
        in texts[PurePosixPath("definitions.py")]
    )
    assert tomllib.loads(texts[PurePosixPath("pyproject.toml")])["tool"]["dg"] == {
        "directory_type": "project",
        "project": {
            "root_module": "defs",
            "defs_module": "defs",
            "code_location_target_module": "definitions",
            "code_location_name": "pipelines",
        },
    }


def test_requirements(tmp_path: Path) -> None:
    made = pipeline("  a: {type: noop}", tmp_path, "params: {x: {default: 1}}")
    path = PurePosixPath("requirements.txt")
    assert files((made,))[path] == "dagster>=1.13,<2\npydantic>=2\n"
    own = Context("1.13", requirements=("Dagster[x] == 1.13.4", "polars"))
    assert files((made,), own)[path] == "pydantic>=2\nDagster[x] == 1.13.4\npolars\n"


# --- the text of users --------------------------------------------------------------------------

HOSTILE = [
    "plain",
    'it\'s "quoted" \'\'\'x\'\'\' """y""" \\ \\\\ \\N{DASH}',
    "a\nb\n\nc",
    "a\r\nb\rc\td",
    "{{ x }} {% y %} {# z #} {%- raw -%} ${#a[@]} {",
    "\u202eltr \u2066bidi\u2069 \u2028line \ufeffbom \u00a0 \x85",
    '"""\nimport os\nos.system("id")\n"""',
    "'); import os; os.abort() #",
    "日本語 🎉 ﷽ e\u0301",
    'ends with a quote"',
    "ends with a backslash\\",
    "  indented\n    more\n",
    "#!/bin/sh\n# -*- coding: x -*-",
]


def _quoted(text: str) -> str:
    """As a YAML scalar; YAML has no surrogates."""
    return "".join(char if ord(char) > 0xFFFF else json.dumps(char)[1:-1] for char in text).join(
        '""'
    )


def hostile(text: str, folder: Path) -> str:
    """A job file with the text in every place that takes one."""
    word = _quoted(text)
    mixed = _quoted(text.replace("$", "S") + " ${{ run.id }}")
    tasks = f"""
  a:
    type: python
    call: "m:f"
    description: {word}
    owner: {word}
    args: {{text: {word}, map: {{{word}: {word}}}, mixed: {mixed}}}
  b:
    type: shell
    run: {word}
    cwd: {word}
    env: {{X: {word}}}
"""
    head = f"""
description: {word}
docs: {word}
owner: {word}
tags: [{word}]
params:
  p: {{default: {word}, description: {word}}}
  q: {{default: {word}, enum: [{word}, other]}}
targets: {{dagster: {{metadata: {{note: {word}}}}}}}
"""
    return job_file(pipeline(tasks, folder, head))


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_users_are_only_texts(text: str, tmp_path: Path) -> None:
    tree = ast.parse(hostile(text, tmp_path))
    texts = [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    assert texts.count(text) >= 7
    calls = [ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)]
    assert sorted(calls) == sorted(
        [
            *("attempt", "checked_at_launch", "dg.job", "dg.op", "dg.op", "f", "run_shell"),
            *("to_json", "Field", "a.alias", "a.alias('a')", "b.alias", "b.alias('b')"),
        ]
    )
    kinds = {type(one) for one in tree.body}
    assert kinds == {ast.Expr, ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef}


def test_everything_is_as_ruff_wants_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    made: dict[str, Pipeline] = {}
    for case in cases():
        front = api.check(case.paths, case.project())
        if not any(finding.is_error for finding in front.diagnostics):
            made |= {one.id: one for one in front.pipelines}
    accepted = [one for one in made.values() if is_accepted(one)]
    assert len(accepted) > 5
    texts = files(tuple(accepted))
    for number, text in enumerate(HOSTILE):
        texts[PurePosixPath(f"hostile_{number}.py")] = hostile(text, tmp_path)
    for path, text in texts.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8", newline="")
    assert _ruff("", "format", "--check", str(out)) == ""
    assert _ruff("", "check", "--select", "E,F,W,I,UP,B", "--ignore", "E501", str(out)) == ""


def is_accepted(made: Pipeline) -> bool:
    judged = capabilities.judge(made, TARGET, "1.13", {})
    found = [
        *capabilities.findings(made, TARGET, "1.13", judged),
        *TARGET.refusals(made, CONTEXT),
    ]
    return not any(finding.is_error for finding in found)


# --- the real one -------------------------------------------------------------------------------


@pytest.mark.xdist_group("dagster")
@pytest.mark.orchestrator
def test_schedules_keep_to_their_limits(tmp_path: Path) -> None:
    head = """
schedule:
  cron: "0 3 * * *"
  timezone: Europe/Madrid
  start: "2026-03-02T03:00:00"
  end: "2026-03-03"
  params: {n: 3, class: 4}
params: {n: {type: integer}, class: {default: 1}}
"""
    made = pipeline("  a: {type: noop}", tmp_path, head)
    for path, text in files((made,)).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    runtime = environments.resolve("dagster", "1.13")
    assert runtime is not None
    request = {**TARGET.load_request(tmp_path, []), "from": "2026-03-01T00:00:00+00:00", "ticks": 4}
    answer = probe.run(environments.ensure(runtime), TARGET.probe("load"), request, timeout=120)
    assert not answer["errors"]
    (schedule,) = answer["schedules"]
    assert [tick["skip"] for tick in schedule["ticks"]] == [
        "the schedule has not started yet",
        None,
        None,
        "the schedule has ended",
    ]
    for tick in schedule["ticks"][1:3]:
        (run,) = tick["runs"]
        assert run["run_config"]["resources"] == {"params": {"config": {"n": 3, "class": 4}}}


def _ruff(source: str, *command: str) -> str:
    """What ruff says, where it is not content."""
    options = ["--isolated", "--line-length", "88", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", command[0], *options, *command[1:]],
        input=source,
        capture_output=True,
        text=True,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
