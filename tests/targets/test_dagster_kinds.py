"""What Dagster's target makes of the kinds of work: resources, statements, waits."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from dagglot.diagnostics import codes
from dagglot.stores import Stores
from dagglot.targets.dagster import lent
from dagglot.targets.dagster.target import TARGET
from targets.test_dagster import CONTEXT, files, job_file, pipeline

SQLALCHEMY_BOUND = re.compile(r"(?<![:\w\x5c]):(\w+)(?!:)")
SQLALCHEMY_ESCAPED = re.compile(r"\x5c(:[\w$]*)(?![:\w$])")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("select :a, :b", "select ?, ?"),
        ("select :a::int, :b", "select ?::int, ?"),
        ("select x::int, :a, :b", "select x::int, ?, ?"),
        ('select ":c", :a, :b', 'select ":c", ?, ?'),
        ("select x[1:a], :b", "select x[1 ?], ?"),
        (r'select "\:c", :a, :b', r'select "\:c", ?, ?'),
        ("select :a, :b -- 10:30 :c", "select ?, ? -- 10:30 :c"),
    ],
)
def test_sqlalchemy_reads_statements_as_they_are_meant(
    written: str, sent: str, tmp_path: Path
) -> None:
    sql = json.dumps(written)
    tasks = f"  t: {{type: sql, connection: db, sql: {sql}, parameters: {{a: 1, b: 2}}}}"
    source = job_file(pipeline(tasks, tmp_path, "connections: {db: {type: postgres}}"))
    (call,) = [
        found
        for found in ast.walk(ast.parse(source))
        if isinstance(found, ast.Call) and ast.unparse(found.func) == "db.run"
    ]
    text = ast.literal_eval(call.args[0])
    assert SQLALCHEMY_BOUND.findall(text) == ["a", "b"]
    assert SQLALCHEMY_ESCAPED.sub(r"\1", SQLALCHEMY_BOUND.sub("?", text)) == sent


@pytest.mark.parametrize(
    ("settings", "resource"),
    [
        ("{type: postgres}", "Database(driver='postgresql+psycopg2', uri=dg.EnvVar('DB_URI'))"),
        (
            "{type: postgres, host: h, port: 5432, password: '${{ secrets.pw }}'}",
            "Database(driver='postgresql+psycopg2', host='h', port=5432, password=dg.EnvVar('PW'))",
        ),
        ("{type: sqlite, database: /x.db}", "Database(driver='sqlite', database='/x.db')"),
        (
            "{type: snowflake, options: {role: R}}",
            "Database(driver='snowflake', uri=dg.EnvVar('DB_URI'), options={'role': 'R'})",
        ),
    ],
)
def test_what_is_not_written_of_a_connection_is_a_variable(
    settings: str, resource: str, tmp_path: Path
) -> None:
    made = pipeline(
        "  t: {type: sql, connection: db, sql: 'select 1'}",
        tmp_path,
        f"connections: {{db: {settings}}}",
    )
    assert resource in ast.unparse(ast.parse(job_file(made)))


@pytest.mark.parametrize(
    ("settings", "uri"),
    [
        ({"type": "http", "host": "h"}, "https://h"),
        ({"type": "http", "host": "h", "port": 80}, "http://h:80"),
        (
            {"type": "http", "uri": "http://h:1/x", "user": "a", "password": "b/c"},
            "http://a:b%2Fc@h:1/x",
        ),
        ({"type": "sqlite", "database": "/tmp/x.db"}, "sqlite:////tmp/x.db"),
        ({"type": "postgres", "uri": "postgres://u:p@h/d"}, "postgresql+psycopg2://u:p@h/d"),
        ({"type": "postgres", "uri": "postgresql+pg8000://h/d"}, "postgresql+pg8000://h/d"),
        ({"type": "spark", "host": "spark://h", "port": 7077}, "spark://h:7077"),
    ],
)
def test_what_is_lent_becomes_variables(settings: dict[str, Any], uri: str) -> None:
    made = lent.environment(Stores({"c": settings}, {"api-token": "x"}))
    assert made["C_URI"] == uri
    assert made.get("API_TOKEN") == "x"


def test_two_names_that_become_one_variable_are_refused(tmp_path: Path) -> None:
    tasks = (
        "  t: {type: python, call: 'a:b', args: "
        "{x: '${{ secrets.api_token }}', y: \"${{ secrets['API-token'] }}\"}}"
    )
    found = TARGET.refusals(pipeline(tasks, tmp_path), CONTEXT)
    assert [one.rule for one in found] == [codes.NAMES_COLLIDE]


@pytest.mark.parametrize(
    "task",
    [
        "{type: shell, run: 'true', pool: {name: p, slots: 2}}",
        "{type: shell, run: 'true', pool: 'two words'}",
        "{type: sensor, wait_for: {pipeline: p, task: t}}",
    ],
)
def test_what_no_table_can_refuse(task: str, tmp_path: Path) -> None:
    found = TARGET.refusals(pipeline(f"  t: {task}", tmp_path), CONTEXT)
    assert [one.rule for one in found] == [codes.UNSUPPORTED]


def test_setup_has_what_must_exist_and_no_markup_of_the_users(tmp_path: Path) -> None:
    head = """
concurrency: {max_active_runs: 3}
connections:
  db: {type: postgres, description: "```\\n# not a heading\\u202e"}
"""
    given = "sql: 'select :x', parameters: {x: '${{ secrets.pw }}'}"
    tasks = f'  t: {{type: sql, connection: db, {given}, pool: "a\'b"}}'
    text = files((pipeline(tasks, tmp_path, head),))[PurePosixPath("SETUP.md")]
    assert text.count("\n```") == 6
    assert "\nDB_URI=\n" in text
    assert "\nPW=\n" in text
    assert "dagster instance concurrency set 'a'\"'\"'b' 1" in text
    assert "limit: 3" in text
    assert "\u202e" not in text


def test_no_setup_where_nothing_is_needed(tmp_path: Path) -> None:
    assert PurePosixPath("SETUP.md") not in files((pipeline("  t: {type: noop}", tmp_path),))


def test_a_wait_that_skips_tells_those_below(tmp_path: Path) -> None:
    waits = "{type: sensor, wait_for: {file: /x}, poll: 1s, timeout: 2s"
    assert "with_outcome" not in job_file(pipeline(f"  t: {waits}}}", tmp_path))
    skips = job_file(pipeline(f"  t: {waits}, on_timeout: skip}}", tmp_path))
    assert "with_outcome" in skips
    assert 'on_timeout="skip"' in skips
