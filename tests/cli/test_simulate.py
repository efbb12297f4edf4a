"""`dagglot simulate`: how a run ends, why, and what is said of a scenario that means nothing."""

from __future__ import annotations

import json
import sys

import pytest

from front_tools import Space

SHOP = """\
dagglot: 1
pipeline: shop
params:
  day: {type: date, default: "2026-01-31"}
  least: {default: 10, minimum: 1}
tasks:
  extract: {type: python, call: "shop:extract", retries: 1}
  enough: {type: gate, if: "${{ tasks.extract.output.rows >= params.least }}"}
  first: {type: gate, if: "${{ format(params.day, '%d') == '01' }}", skips: direct}
  load:
    {type: python, call: "shop:load", depends_on: enough,
     for_each: {in: "${{ tasks.extract.output.regions }}"}}
  monthly: {type: python, call: "shop:monthly", depends_on: first}
  report: {type: python, call: "shop:report", depends_on: load}
  tidy: {type: shell, run: "echo done", depends_on: [report, monthly], trigger_rule: all_done}
tests:
  fine:
    given: {extract: {output: {rows: 12, regions: [eu, us]}}}
    expect: {report: success}
"""
CHANCE = """\
dagglot: 1
pipeline: chance
tasks:
  quick: {type: python, call: "jobs:quick"}
  slow: {type: python, call: "jobs:slow", skip_on: "jobs:Nothing"}
  both: {type: noop, depends_on: [quick, slow]}
  after: {type: noop, depends_on: both, trigger_rule: none_failed}
"""
THREE = "extract={output: {rows: 12, regions: [eu, us]}}"


@pytest.fixture
def shop(space: Space) -> Space:
    space.write("shop.yaml", SHOP)
    return space


def simulated(space: Space, *arguments: str, file: str = "shop.yaml") -> str:
    ran = space.run("simulate", file, *arguments)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def test_every_task_and_why(shop: Space) -> None:
    assert simulated(shop, "--given", THREE, "--given", "load[1]=failed") == (
        "shop: failed\n"
        "  extract  success          it ran\n"
        "  enough   success          it is open\n"
        "  first    success          it closed\n"
        "  load[0]  success          it ran\n"
        "  load[1]  failed           it failed\n"
        "  monthly  skipped          the gate `first` closed\n"
        "  report   upstream_failed  trigger rule `all_success`: load[1] failed\n"
        "  tidy     success          it ran, by trigger rule `all_done`\n"
    )


def test_a_task_that_fails_and_one_that_recovers(shop: Space) -> None:
    said = simulated(shop, "-g", "extract=failed")
    assert "extract  failed           2 attempts  it failed in each of its 2 attempts" in said
    assert (
        "enough   upstream_failed              trigger rule `all_success`: extract failed" in said
    )
    said = simulated(shop, "-g", "extract={output: {rows: 10, regions: []}, failed: 1}")
    assert "2 attempts" in said
    assert "attempt 2" in said
    assert "load     skipped" in said
    assert "the list is empty" in said


def test_params_are_what_expressions_expect(shop: Space) -> None:
    assert "the gate `first` closed" in simulated(shop, "-g", THREE)
    said = simulated(shop, "-g", THREE, "--param", "day=2026-02-01", "-p", "least=13")
    assert "the gate `first` closed" not in said
    assert "the gate `enough` closed" in said


def test_a_test_of_the_document_to_begin_with(shop: Space) -> None:
    assert simulated(shop, "--scenario", "fine").startswith("shop: success\n")
    said = simulated(shop, "--scenario", "fine", "--given", "load=failed")
    assert said.startswith("shop: failed\n")
    assert "load[0] failed, load[1] failed" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-g", "extrct=failed"), "`--given extrct`: there is no task `extrct`\n   help: did you"),
        (("-g", "enough[0]=true"), "`--given enough[0]`: `enough` has no elements"),
        (("-g", "extract=true"), "`--given extract`: `extract` is no gate"),
        (("-g", "extract=no"), "`extract` cannot end as `no`"),
        (("-g", "extract=3"), "`extract` cannot end as `3`\n   help: write `success`, `failed`"),
        (("-g", "extract="), "`--given extract`: there is nothing after the `=`"),
        (("-g", "extract=null"), "`extract` cannot end as `null`"),
        (("-g", "extract={rows: 3}"), "`rows` is no part of an outcome"),
        (("-g", "extract={output: 1, failed: true}"), "`failed` is how many attempts fail first"),
        (("-g", "enough=skipped"), "`enough` cannot skip itself"),
        (("-g", "enough=faild"), "`enough` cannot end as `faild`\n   help: did you mean `failed`?"),
        (("-g", "enough={output: 1}"), "the gate `enough` decides `true` or `false`, not `1`"),
        (("-p", "leest=1"), "`--param leest`: there is no param `leest`\n   help: did you mean"),
        (("-p", "least=0"), "`--param least`: the param `least` must be at least 1, not `0`"),
        (("-p", "day=soon"), "`--param day`: the param `day` must be a date"),
        (("--partition", "eu"), "`--partition`: the pipeline has no partitions"),
        (
            ("--scenario", "fin"),
            "`--scenario fin`: the pipeline `shop` has no such test\n   help: d",
        ),
        (("-g", "params=1"), "`params` is a mapping of names"),
    ],
)
def test_what_means_nothing(shop: Space, arguments: tuple[str, ...], said: str) -> None:
    ran = shop.run("simulate", "shop.yaml", *arguments)
    assert (ran.code, ran.codes, ran.out) == (3, ["DG216"], "")
    assert said in ran.err


@pytest.mark.parametrize("value", ["{a: [", "!x y", "{a: 1, a: 2}", "*x"])
def test_values_are_read_as_in_a_document(shop: Space, value: str) -> None:
    ran = shop.run("simulate", "shop.yaml", "-g", f"extract={value}")
    assert ran.code == 3
    assert ran.err.startswith("--given extract:1:") or "--given extract:2:" in ran.err
    assert set(ran.codes) <= {"DG001", "DG002", "DG003"}


@pytest.mark.parametrize("value", ["a: 1\n---\nb: 1"])
def test_one_value(shop: Space, value: str) -> None:
    ran = shop.run("simulate", "shop.yaml", "-g", f"extract={value}")
    assert (ran.code, ran.codes) == (3, ["DG216"])


def test_a_param_without_default_must_be_given(space: Space) -> None:
    space.write(
        "a.yaml",
        "dagglot: 1\npipeline: a\nparams: {who: {type: string}}\ntasks: {one: {type: noop}}\n",
    )
    ran = space.run("simulate", "a.yaml")
    assert (ran.code, ran.codes) == (3, ["DG216"])
    assert "give it with `--param who=…`" in ran.err
    assert space.run("simulate", "a.yaml", "--param", "who=me").code == 0


def test_partitions(space: Space) -> None:
    space.write(
        "a.yaml",
        "dagglot: 1\npipeline: a\npartitions: {keys: [eu, us]}\n"
        "tasks: {one: {type: gate, if: \"${{ partition.key == 'eu' }}\"}}\n",
    )
    assert "it is open" in simulated(space, "--partition", "eu", file="a.yaml")
    ran = space.run("simulate", "a.yaml", "--partition", "ue")
    assert "there is no partition `ue`" in ran.err
    ran = space.run("simulate", "a.yaml")
    assert (ran.code, ran.codes) == (3, ["DG217"])
    assert "the gate `one` reads `partition.key`, which is not given" in ran.err
    assert "give it with `--partition KEY`" in ran.err


def test_what_a_partition_of_time_knows(space: Space) -> None:
    """A day of 23 hours begins at the offset of winter."""
    space.write(
        "a.yaml",
        "dagglot: 1\npipeline: a\n"
        "partitions: {by: day, start: 2026-01-01, timezone: Europe/Madrid}\n"
        "tasks:\n"
        "  begins: {type: gate, if: \"${{ format(partition.start, '%d %H:%M') == '29 00:00' }}\"}\n"
        "  ends: {type: gate, if: \"${{ partition.end == add(partition.start, '23h') }}\"}\n"
        '  day: {type: gate, if: "${{ str(partition.date) == partition.key }}"}\n',
    )
    assert simulated(space, "--partition", "2026-03-29", file="a.yaml").count("it is open") == 3
    assert simulated(space, "--partition", "2026-03-30", file="a.yaml").count("it is open") == 1
    ran = space.run("simulate", "a.yaml", "--partition", "2026-13-01")
    assert "there is no partition `2026-13-01`" in ran.err
    assert "a key looks like `2026-01-01`" in ran.err
    ran = space.run("simulate", "a.yaml")
    assert "reads `partition.start`, which is not given" in ran.err
    assert "give it with `--partition KEY`" in ran.err


@pytest.mark.parametrize(
    ("task", "said", "help"),
    [
        (
            '{type: gate, if: "${{ tasks.a.output > 1 }}"}',
            "the gate `b` reads what `a` returns, which is not given",
            "give it with `--given 'a={output: …}'`",
        ),
        (
            '{type: gate, call: "jobs:b"}',
            "what the gate `b` decides, which is not given",
            "give it with `--given b=true`",
        ),
        (
            "{type: gate, if: \"${{ format(run.date, '%d') == '01' }}\"}",
            "the gate `b` reads `run.date`, which is not given",
            "give it with `--given b=true`",
        ),
        (
            '{type: branch, call: "jobs:b"}',
            "what the branch `b` chooses, which is not given",
            "give it with `--given 'b=…'`",
        ),
        (
            '{type: noop, when: "${{ tasks.a.output }}"}',
            "`when` of `b` reads what `a` returns, which is not given",
            "give it with `--given 'a={output: …}'`",
        ),
        (
            "{type: noop, when: \"${{ run.id == 'x' }}\"}",
            "`when` of `b` reads `run.id`, which no scenario can give",
            "",
        ),
        (
            '{type: noop, for_each: {in: "${{ tasks.a.output }}"}}',
            "`for_each` of `b` reads what `a` returns, which is not given",
            "give it with `--given 'a={output: …}'`",
        ),
    ],
)
def test_what_is_left_open(space: Space, task: str, said: str, help: str) -> None:
    space.write(
        "a.yaml",
        f'dagglot: 1\npipeline: a\ntasks:\n  a: {{type: python, call: "jobs:a"}}\n  b: {task}\n'
        "  c: {type: noop, depends_on: b}\n",
    )
    ran = space.run("simulate", "a.yaml")
    assert (ran.code, ran.codes) == (3, ["DG217"]), ran.err
    assert said in ran.err
    assert help in ran.err


def test_the_tests_of_the_document_are_offered(shop: Space) -> None:
    ran = shop.run("simulate", "shop.yaml")
    help = "give it with `--given 'extract={output: …}'`, or begin with a test: `--scenario fine`"
    assert help in ran.err


def test_one_pipeline_of_several(space: Space) -> None:
    space.write("a.yaml", SHOP + "---\n" + CHANCE)
    ran = space.run("simulate", "a.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "there are 2 pipelines here, choose one with `--pipeline`: `shop`, `chance`" in ran.err
    assert "`chance`" in space.run("simulate", "a.yaml", "--pipeline", "chanc").err
    said = simulated(space, "--pipeline", "chance", "-g", "quick=failed", file="a.yaml")
    assert said.startswith("chance: failed\n")


def test_where_airflow_decides_by_the_order_of_events(space: Space) -> None:
    space.write("a.yaml", CHANCE)
    given = ("-g", "quick=failed", "-g", "slow=skipped")
    said = simulated(space, *given, "-t", "airflow", file="a.yaml")
    assert said.startswith("chance on airflow@3.3: failed\n")
    assert "both   upstream_failed or skipped" in said
    assert "after  upstream_failed or success" in said
    assert "2 of these states depend on the order of events" in said
    for target in ("prefect", "dagster"):
        said = simulated(space, *given, "-t", target, file="a.yaml")
        assert said.startswith(f"chance on {target}@")
        assert " or " not in said
    data = json.loads(simulated(space, *given, "-t", "airflow", "--format", "json", file="a.yaml"))
    assert data["possible"] == ["failed"]
    assert data["tasks"][2]["possible"] == ["skipped", "upstream_failed"]
    said = simulated(space, *given, "-t", "airflow", "--format", "mermaid", file="a.yaml")
    assert "upstream_failed or skipped" in said
    assert space.run("simulate", "a.yaml", "-t", "airflw").code == 2


def test_json(shop: Space) -> None:
    data = json.loads(
        simulated(shop, "-g", "extract=failed 1", "-g", "enough=false", "--format", "json")
    )
    assert {key: data[key] for key in ("dagglot_simulation", "pipeline", "target", "run")} == {
        "dagglot_simulation": 1,
        "pipeline": "shop",
        "target": None,
        "run": "success",
    }
    assert data["tasks"][0] == {
        "id": "extract",
        "index": None,
        "state": "success",
        "attempts": 2,
        "why": {"text": "attempt 2", "causes": []},
    }, "an output that is not given is not there"
    assert data["tasks"][3] == {
        "id": "load",
        "index": None,
        "state": "skipped",
        "attempts": 0,
        "output": None,
        "why": {
            "text": "the gate `enough` closed",
            "causes": [{"task": "enough", "index": None, "state": "success"}],
        },
    }
    ran = shop.run("simulate", "shop.yaml", "-g", "extrct=failed", "--format", "json")
    assert (ran.code, ran.err) == (3, "")
    assert json.loads(ran.out)["diagnostics"][0]["code"] == "DG216"


def test_coloured_graphs(shop: Space) -> None:
    given = ("-g", THREE, "-g", "load[1]=failed")
    said = simulated(shop, *given, "--format", "mermaid")
    assert said.startswith("%% shop\nflowchart LR\n")
    assert 't3["load<br/><i>1 success, 1 failed</i>"]:::failed' in said
    assert 't5["report<br/><i>upstream_failed</i>"]:::upstream_failed' in said
    assert said.count("  classDef ") == 4
    said = simulated(shop, *given, "--format", "dot")
    assert '"tidy" [label="tidy\\nsuccess", style=filled, fillcolor="#' in said


def test_colour_only_on_a_terminal(shop: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    bare = simulated(shop, "--scenario", "fine")
    assert "\x1b[" not in bare
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    painted = simulated(shop, "--scenario", "fine")
    assert "\x1b[32msuccess\x1b[0m" in painted
    monkeypatch.setenv("NO_COLOR", "1")
    assert simulated(shop, "--scenario", "fine") == bare


def test_a_document_with_errors(space: Space) -> None:
    space.write("a.yaml", SHOP.replace("report: success", "reprt: success"))
    ran = space.run("simulate", "a.yaml")
    assert (ran.code, ran.codes, ran.out) == (3, ["DG214"], "")


@pytest.mark.parametrize("word", ["extract", "=failed"])
def test_words_that_are_no_pair(shop: Space, word: str) -> None:
    ran = shop.run("simulate", "shop.yaml", "--given", word)
    assert ran.code == 2
    assert "is not NAME=VALUE" in ran.err
