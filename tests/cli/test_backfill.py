"""`dagglot backfill`: how many runs, for which partitions, and the orchestrator's own commands."""

from __future__ import annotations

import ast
import json

import pytest

from dagglot.targets import registry
from front_tools import Space

REAL = registry.get

DOCUMENTS = """\
dagglot: 1
pipeline: daily
schedule: {cron: "0 3 * * *", timezone: Europe/Madrid, start: "2026-01-01", end: "2026-02-28"}
partitions: {by: day}
tasks: {a: {type: shell, run: "echo ${{ partition.key }}"}}
---
dagglot: 1
pipeline: weekly
schedule: {cron: "0 3 * * 1", timezone: Europe/Madrid, start: "2026-01-01", end: "2026-02-28"}
partitions: {by: day}
tasks: {a: {type: shell, run: "echo ${{ partition.key }}"}}
---
dagglot: 1
pipeline: regions
partitions: {keys: [eu, us, "us east"]}
tasks: {a: {type: shell, run: "echo", env: {KEY: "${{ partition.key }}"}}}
---
dagglot: 1
pipeline: plain
tasks: {a: {type: noop}}
---
dagglot: 1
pipeline: asks
schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-01-01"}
partitions: {by: day}
tasks: {a: {type: approval, message: "${{ partition.key }}?"}}
"""


@pytest.fixture
def here(space: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setattr(registry, "get", REAL)
    space.write("p.yaml", DOCUMENTS)
    return space


def asked(here: Space, pipeline: str, *words: str) -> tuple[int, str, str]:
    ran = here.run("backfill", "p.yaml", "--pipeline", pipeline, *words)
    return ran.code, ran.out, ran.err


def test_airflow_makes_the_runs_itself_where_they_are_the_right_ones(here: Space) -> None:
    words = ("-t", "airflow", "--from", "2026-01-30", "--to", "2026-02-01")
    code, out, err = asked(here, "daily", *words, "--max-active", "2", "--reverse")
    assert code == 0
    assert out == (
        "airflow backfill create --dag-id daily --from-date 2026-01-31T02:00:00+00:00 --to-date "
        "2026-02-02T02:00:00+00:00 --reprocess-behavior failed --max-active-runs 2 "
        "--run-backwards\n"
    )
    assert "3 runs, `2026-02-01` to `2026-01-30`; there are `2026-01-01` to `2026-02-28`" in err
    assert "nothing was run" in err


def test_airflow_is_told_each_run_where_several_have_one_time(here: Space) -> None:
    code, out, _ = asked(here, "weekly", "--from", "2026-01-31", "--to", "2026-02-01")
    assert code == 0
    assert out.splitlines() == [
        "airflow dags trigger weekly --run-id partition__2026-01-31 --logical-date "
        "2026-02-02T02:00:00+00:00 --no-replace-microseconds --conf "
        '\'{"partition": "2026-01-31"}\'',
        "airflow dags trigger weekly --run-id partition__2026-02-01 --logical-date "
        "2026-02-02T02:00:00.000001+00:00 --no-replace-microseconds --conf "
        '\'{"partition": "2026-02-01"}\'',
    ]
    code, out, _ = asked(here, "daily", "-t", "airflow@2.11", "--from", "2026-02-28")
    assert "--exec-date 2026-03-01T02:00:00+00:00" in out


def test_static_keys_are_named(here: Space) -> None:
    _, out, _ = asked(here, "regions", "-t", "dagster", "--keys", "us, us east")
    assert out == "dagster job backfill --job regions --partitions 'us,us east' --noprompt\n"
    _, out, _ = asked(here, "regions", "--keys", "us east")
    assert '--run-id partition__us_east__1 --conf \'{"partition": "us east"}\'' in out


def test_prefect_gets_a_script_that_may_be_run_again(here: Space) -> None:
    _, out, _ = asked(here, "daily", "-t", "prefect", "--from", "2026-02-27")
    ast.parse(out)
    assert '"2026-02-28": "2026-03-01T02:00:00+00:00",' in out
    assert 'idempotency_key=f"backfill daily {partition}"' in out


def test_a_program_reads_it_too(here: Space) -> None:
    code, out, _ = asked(here, "daily", "-t", "dagster", "--from", "2026-02-28", "--format", "json")
    said = json.loads(out)
    assert code == 0
    time = "2026-03-01T02:00:00+00:00"
    assert said["runs"] == [{"partition": "2026-02-28", "time": time, "state": None}]
    assert (said["pipeline"], said["target"], said["executed"]) == ("daily", "dagster@1.13", False)


@pytest.mark.parametrize(
    ("pipeline", "words", "code", "said"),
    [
        ("plain", ["--from", "2026-01-01"], 3, "has no partitions"),
        ("daily", [], 3, "there are `2026-01-01` to `2026-02-28`"),
        ("daily", ["--from", "2025-12-30"], 3, "lies before the first partition"),
        ("daily", ["--from", "2026-02-01", "--to", "2026-03-01"], 3, "after the last partition"),
        ("daily", ["--from", "2026-02-03", "--to", "2026-02-01"], 3, "`--from` lies after `--to`"),
        ("daily", ["--from", "yesterday"], 3, "there is no partition `yesterday`"),
        ("daily", ["--keys", "eu"], 3, "`--from` and `--to`"),
        ("regions", ["--from", "eu"], 3, "name them with `--keys`"),
        ("regions", [], 3, "there are `eu`, `us`, `us east`"),
        ("regions", ["--keys", "ue"], 3, "there is no partition `ue`"),
        ("asks", ["-t", "dagster", "--from", "2026-01-01"], 4, "cannot do `approval`"),
        ("daily", ["--from", "2026-01-01", "--execute", "--dry-run"], 2, "which of them?"),
    ],
)
def test_why_there_is_none(
    here: Space, pipeline: str, words: list[str], code: int, said: str
) -> None:
    ended, out, err = asked(here, pipeline, *words)
    assert (ended, out) == (code, ""), err
    assert said in err
    assert code != 3 or "DG523" in err
