"""What `violations` says of right and of wrong documents."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import VALID, Wrong, read, schema_of, wrong_documents
from dagglot import yaml_reader
from dagglot.schema import Violation, violations
from dagglot.schema.findings import findings

SMALLEST = {"dagglot": 1, "pipeline": "a", "tasks": {"a": {"type": "noop"}}}


def shown(violation: Violation) -> str:
    place = "/".join(map(str, violation.path)) or "."
    line = f"{'key' if violation.on_key else 'value'} {place}: {violation.kind}"
    hint = f" -- {violation.help}" if violation.help else ""
    return f"{line}: {violation.message}{hint}"


def test_wrong_document(wrong: Wrong) -> None:
    found = violations(read(wrong.text), wrong.schema)
    assert [shown(violation) for violation in found] == list(wrong.lines)


def test_there_are_wrong_documents_of_all_parts() -> None:
    cases = list(wrong_documents())
    assert len(cases) >= 60
    lines = "\n".join(line for case in cases for line in case.lines)
    for kind in ("unknown-key", "missing-key", "wrong-type", "bad-value", "bad-combination"):
        assert kind in lines


def test_valid_document(valid_file: Path) -> None:
    text = valid_file.read_text(encoding="utf-8")
    assert violations(read(text), schema_of(valid_file)) == ()


def test_every_word_for_the_person() -> None:
    """House style, and no words of JSON Schema's own."""
    jargon = ("additional", "propert", "instance", "schema", "valid under", "object", "array")
    for case in wrong_documents():
        for violation in violations(read(case.text), case.schema):
            words = f"{violation.message} {violation.help or ''}"
            outside = " ".join(words.split("`")[::2])
            assert not any(word in outside.lower() for word in jargon), words
            assert not violation.message.endswith("."), words
            assert violation.message[0] == violation.message[0].lower(), words


def test_violations_come_in_the_order_of_the_document() -> None:
    value = {"pipeline": 3, "tasks": {"z": {"type": 1}, "a": {"type": 2}}, "dagglot": 2}
    paths = [violation.path for violation in violations(value, "pipeline")]
    assert paths == [("pipeline",), ("tasks", "z", "type"), ("tasks", "a", "type"), ("dagglot",)]


def test_places_exist_in_the_document() -> None:
    """Each path leads to something, or to the mapping that lacks a key."""
    for case in wrong_documents():
        value: Any = read(case.text)
        for violation in violations(value, case.schema):
            node = value
            for step in violation.path:
                node = node[step]


def test_findings_stand_at_their_places() -> None:
    text = "dagglot: 1\npipeline: a\nretries: 2\ntasks:\n  a: {type: nop}\n"
    documents, _ = yaml_reader.load(text, "a.yaml")
    found = [(f.rule.code, f.span and f.span[1:]) for f in findings(documents[0], "pipeline")]
    assert found == [("DG101", (3, 1, 3, 8)), ("DG104", (5, 13, 5, 16))]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [150, 1_000, 5_000, 100_000])
def test_depth_never_raises(levels: int) -> None:
    task = {"type": "python", "call": "a:b", "args": {"x": deep(levels)}, "bogus": 1}
    found = violations({**SMALLEST, "tasks": {"a": task}}, "pipeline")
    expected = "unknown-key" if levels < 200 else "too-deep"
    assert [violation.kind for violation in found] == [expected]


@pytest.mark.parametrize(
    ("levels", "kind"), [(30, "bad-value"), (90, "too-deep"), (20_000, "too-deep")]
)
def test_groups_in_groups_never_raise(levels: int, kind: str) -> None:
    """The loader lets about 30 through."""
    tasks: Any = {"leaf": {"type": "nop"}}
    for _ in range(levels):
        tasks = {"g": {"tasks": tasks}}
    found = violations({**SMALLEST, "tasks": tasks}, "pipeline")
    assert [violation.kind for violation in found] == [kind]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, -(10**30)])
def test_odd_numbers_are_values_like_others(number: float) -> None:
    task = {"type": "python", "call": "a:b", "args": {"x": number}}
    assert violations({**SMALLEST, "tasks": {"a": task}}, "pipeline") == ()


@pytest.mark.parametrize("key", [1, True, None])
def test_a_key_that_is_not_text(key: object) -> None:
    task = {"type": "python", "call": "a:b", "args": {key: 1}}
    found = violations({**SMALLEST, "tasks": {"a": task}}, "pipeline")
    assert [(f.path, f.kind) for f in found] == [(("tasks", "a", "args"), "bad-key")]


def test_a_valid_document_does_not_import_the_slow_validator() -> None:
    program = (
        "import sys; from dagglot.schema import violations; "
        f"assert violations({SMALLEST!r}, 'pipeline') == (); "
        "print('jsonschema' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_there_are_valid_documents_of_both_schemas() -> None:
    assert {schema_of(file) for file in VALID} == {"pipeline", "project"}
