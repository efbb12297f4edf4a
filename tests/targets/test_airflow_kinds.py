"""What Airflow's target makes of the kinds of work: operators, stores, refusals, set-up."""

from __future__ import annotations

import json
import shlex
from pathlib import Path, PurePosixPath

import pytest

from dagglot.diagnostics import codes
from dagglot.stores import Stores
from dagglot.targets.airflow import lent
from dagglot.targets.airflow.target import TARGET
from dagglot.targets.base import Context
from targets.test_airflow import VERSIONS, dag_file, files, keywords, pipeline

READ = "${{ secrets.token }}"


@pytest.mark.parametrize(
    ("task", "place"),
    [
        ("{type: native, airflow: {call: a.b:C, args: {x: '%s'}}}", "args"),
        ("{type: container, image: x, runtime: kubernetes, env: {X: '%s'}}", "env"),
    ],
)
def test_a_secret_that_airflow_would_show_is_refused(task: str, place: str, tmp_path: Path) -> None:
    made = pipeline(f"  t: {task % READ}", tmp_path)
    (found,) = TARGET.refusals(made, Context("3.3"))
    assert found.rule is codes.UNSUPPORTED
    assert place in found.message


def test_a_wait_for_a_pipeline_is_not_skipped_where_that_failed(tmp_path: Path) -> None:
    task = "  t: {type: sensor, wait_for: {pipeline: other}, on_timeout: skip}"
    (found,) = TARGET.refusals(pipeline(task, tmp_path), Context("3.3"))
    assert "would skip also where that run failed" in found.message


@pytest.mark.parametrize("version", VERSIONS)
def test_no_secret_is_a_templated_field(version: str, tmp_path: Path) -> None:
    made = pipeline(f"  t: {{type: shell, run: x, env: {{A: '{READ}', B: c}}}}", tmp_path)
    (found,) = keywords(dag_file(made, version), "with_secrets(BashOperator)")
    assert (found["env"], found["secret_env"]) == ("{'B': 'c'}", "{'A': '{{ var.value.token }}'}")


def test_a_percent_sign_is_doubled_only_beside_parameters(tmp_path: Path) -> None:
    head = "connections: {db: {type: postgres}}"
    task = "  t: {type: sql, connection: db, sql: \"select '5%'\"}"
    assert keywords(dag_file(pipeline(task, tmp_path, head)), "SQLExecuteQueryOperator")[0][
        "sql"
    ] == repr("select '5%'")
    task = "  t: {type: sql, connection: db, sql: \"select '5%', :a\", parameters: {a: b}}"
    assert repr("select '5%%', %(a)s") in dag_file(pipeline(task, tmp_path, head))


def test_a_percent_sign_is_always_doubled_for_bigquery(tmp_path: Path) -> None:
    """Its driver makes one of two, parameters or not."""
    head = "connections: {db: {type: bigquery}}"
    task = "  t: {type: sql, connection: db, sql: \"select '5%'\"}"
    assert "'5%%'" in dag_file(pipeline(task, tmp_path, head))


def test_params_of_a_run_that_is_started_keep_their_types(tmp_path: Path) -> None:
    task = "  t: {type: trigger_pipeline, pipeline: other, params: {n: '${{ params.n }}', t: x}}"
    source = dag_file(pipeline(task, tmp_path, "params: {n: {default: 1}}"))
    (found,) = keywords(source, "RunDagOperator")
    assert "json_text({'n': params['n'], 't': 'x'})" in found["conf"].replace("\\", "")


@pytest.mark.parametrize(("retries", "mode"), [(0, "poke"), (2, "reschedule")])
def test_a_timeout_counts_over_all_attempts(retries: int, mode: str, tmp_path: Path) -> None:
    task = f"  t: {{type: sensor, wait_for: {{file: /x}}, poll: 5s, retries: {retries}}}"
    (found,) = keywords(dag_file(pipeline(task, tmp_path)), "task.sensor")
    assert found["mode"] == repr(mode)


def test_set_up_holds_commands_whatever_people_write(tmp_path: Path) -> None:
    said = "``` $(id)\n# next\n`id`"
    connection = {"type": "postgres", "description": said, "host": "a b'; id #"}
    made = pipeline(
        '  t: {type: sql, connection: db, sql: select 1, pool: "it\'s"}',
        tmp_path,
        f"connections: {json.dumps({'db': connection})}",
    )
    lines = files((made,), "3.3")[PurePosixPath("SETUP.md")].splitlines()
    fences = [line for line in lines if line.startswith("````")]
    assert len(fences) == 4
    assert "# ``` $(id) # next `id`" in lines
    (added,) = [line for line in lines if line.startswith("airflow connections add")]
    words = shlex.split(added)
    assert words[words.index("--conn-host") + 1] == "a b'; id #"
    assert "airflow pools set 'it'\"'\"'s' SLOTS ''" in lines


def test_connections_are_lent_as_airflow_reads_them() -> None:
    stores = Stores(
        {
            "db": {"type": "sqlite", "database": "/x.db"},
            "api": {"type": "http", "uri": "http://h:80/base", "host": "h", "port": 80},
            "tls": {"type": "http", "host": "h"},
            "mail": {"type": "smtp", "host": "m", "port": 587},
        },
        {"token": "value"},
    )
    found = lent.environment(stores)
    assert {"AIRFLOW_VAR_TOKEN": "value"}.items() <= found.items()
    assert json.loads(found["AIRFLOW_CONN_DB"]) == {"conn_type": "sqlite", "host": "/x.db"}
    assert json.loads(found["AIRFLOW_CONN_API"]) == {
        "conn_type": "http",
        "host": "http://h:80/base",
    }
    assert json.loads(found["AIRFLOW_CONN_TLS"])["schema"] == "https"
    assert json.loads(found["AIRFLOW_CONN_MAIL"])["extra"] == {
        "disable_ssl": True,
        "disable_tls": False,
    }
