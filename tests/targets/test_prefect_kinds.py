"""What Prefect's target makes of the kinds of work: blocks, statements, requests, waits."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from dagglot.diagnostics import codes
from dagglot.stores import Stores
from dagglot.targets.base import Context
from dagglot.targets.prefect import blocks
from dagglot.targets.prefect.target import TARGET
from targets.test_prefect import CONTEXT, files, pipeline

SQLALCHEMY_BOUND = re.compile(r"(?<![:\w\x5c]):(\w+)(?![:\w])")
SQLALCHEMY_ESCAPED = re.compile(r"\x5c(:\w*)(?![:\w])")


def statement(sql: str, folder: Path) -> str:
    """The text that reaches SQLAlchemy's `text()`."""
    tasks = (
        f"  t: {{type: sql, connection: db, sql: {json.dumps(sql)}, parameters: {{a: 1, b: 2}}}}"
    )
    made = pipeline(tasks, folder, head="connections: {db: {type: postgres}}")
    tree = ast.parse(files(made)["flows/p_flow.py"])
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "run_sql"
    ]
    text = ast.literal_eval(call.args[1])
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize(
    ("written", "bound", "sent"),
    [
        ("select :a, :b", ["a", "b"], "select ?, ?"),
        ("select :a::int, :b", ["a", "b"], "select ?::int, ?"),
        ("select x::int, :a, :b", ["a", "b"], "select x::int, ?, ?"),
        ('select ":c", :a, :b', ["a", "b"], 'select ":c", ?, ?'),
        ("select x[1:a], :b", ["a", "b"], "select x[1 ?], ?"),
        (r'select "\:c", :a, :b', ["a", "b"], r'select "\:c", ?, ?'),
        ("select :a, :b -- 10:30 :c", ["a", "b"], "select ?, ? -- 10:30 :c"),
    ],
)
def test_sqlalchemy_reads_statements_as_they_are_meant(
    written: str, bound: list[str], sent: str, tmp_path: Path
) -> None:
    text = statement(written, tmp_path)
    assert SQLALCHEMY_BOUND.findall(text) == bound
    assert SQLALCHEMY_ESCAPED.sub(r"\1", SQLALCHEMY_BOUND.sub("?", text)) == sent


def test_names_of_blocks() -> None:
    assert blocks.block_name("api_token") == "api-token"
    assert blocks.block_name("Über.Alles") == "ber-alles"
    assert blocks.block_name("--") == "block"


def test_two_names_that_become_one_block_are_refused(tmp_path: Path) -> None:
    tasks = (
        "  t: {type: python, call: 'a:b', args: "
        "{x: '${{ secrets.api_token }}', y: \"${{ secrets['API-token'] }}\"}}"
    )
    made = pipeline(tasks, tmp_path)
    found = TARGET.refusals(made, CONTEXT)
    assert [one.rule for one in found] == [codes.NAMES_COLLIDE]
    assert "api-token" in found[0].message


def test_a_secret_and_a_database_may_share_a_name(tmp_path: Path) -> None:
    tasks = (
        "  t: {type: sql, connection: db, sql: 'select :x', parameters: {x: '${{ secrets.db }}'}}"
    )
    made = pipeline(tasks, tmp_path, head="connections: {db: {type: postgres}}")
    assert not TARGET.refusals(made, CONTEXT)


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({"type": "http", "host": "h"}, "https://h"),
        ({"type": "http", "host": "h", "port": 80}, "http://h:80"),
        ({"type": "http", "host": "h", "port": 80, "options": {"scheme": "https"}}, "https://h:80"),
        (
            {"type": "http", "uri": "http://h:1/x", "user": "a", "password": "b/c"},
            "http://a:b%2Fc@h:1/x",
        ),
        ({"type": "http", "uri": "http://u:p@h:1", "user": "a"}, "http://u:p@h:1"),
        ({"type": "smtp", "host": "::1", "port": 25}, "smtp://[::1]:25"),
        ({"type": "spark", "host": "spark://h", "port": 7077}, "spark://h:7077"),
        ({"type": "sqlite", "database": "/tmp/x.db"}, "sqlite:////tmp/x.db"),
        ({"type": "sqlite", "uri": "sqlite:///x.db", "database": "x.db"}, "sqlite:///x.db"),
        ({"type": "postgres", "uri": "postgres://u:p@h/d"}, "postgresql+psycopg2://u:p@h/d"),
        ({"type": "postgres", "uri": "postgresql+pg8000://h/d"}, "postgresql+pg8000://h/d"),
        (
            {
                "type": "snowflake",
                "host": "acc",
                "user": "u",
                "database": "d",
                "options": {"role": "R"},
            },
            "snowflake://u@acc/d?role=R",
        ),
    ],
)
def test_what_is_lent_becomes_blocks(settings: dict[str, object], value: str) -> None:
    (one,) = blocks.lent(Stores({"c": settings}, {}))
    assert one["value"] == value
    assert (one["slug"] == "secret") == (settings["type"] in ("http", "smtp", "spark"))


def test_setup_asks_for_what_is_secret_and_quotes_the_rest(tmp_path: Path) -> None:
    head = """
connections:
  db:
    type: postgres
    description: "```\\n# not a heading\\u202e"
    host: 'h"'
    password: "${{ secrets.pw }}"
"""
    tasks = "  t: {type: sql, connection: db, sql: 'select 1'}"
    text = files(pipeline(tasks, tmp_path, head=head))["SETUP.md"]
    code = text.partition("```python\n")[2].partition("\n```\n")[0]
    assert text.count("\n```") == 4  # the blocks, and the deployments
    ast.parse(code)
    assert 'password=getpass("password of db: ")' in code
    assert "host='h\"'" in code
    assert "\u202e" not in text


def test_no_setup_where_nothing_is_needed(tmp_path: Path) -> None:
    assert "SETUP.md" not in files(pipeline("  t: {type: noop}", tmp_path))


def test_packages_are_of_the_connections_that_are_used(tmp_path: Path) -> None:
    head = "connections: {db: {type: mysql}, other: {type: duckdb}}"
    tasks = "  t: {type: sql, connection: db, sql: 'select 1'}"
    text = files(pipeline(tasks, tmp_path, head=head), context=Context("3.8"))["requirements.txt"]
    assert "prefect-sqlalchemy" in text
    assert "pymysql" in text
    assert "duckdb" not in text


def test_a_timeout_of_sql_needs_a_process(tmp_path: Path) -> None:
    head = "connections: {db: {type: sqlite}}"
    tasks = "  t: {type: sql, connection: db, sql: 'select 1', timeout: 5s}"
    made = files(pipeline(tasks, tmp_path, head=head))
    assert "timeout=5" in made["flows/p_flow.py"]
    assert "execute_at" in made["flows/pipeline_helpers/databases.py"]
    assert "call_with_timeout" in made["flows/pipeline_helpers/processes.py"]
