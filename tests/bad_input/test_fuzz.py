"""Whatever the bytes: findings, never an exception; and what means nothing changes nothing."""

from __future__ import annotations

import os
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from case_folders import CASES, EXAMPLES
from dagglot import api, inputs, yaml_reader
from dagglot.diagnostics import render
from dagglot.ir import dump
from dagglot.project import NO_PROJECT
from dagglot.source import MAX_BYTES

RUNS = int(os.environ.get("DAGGLOT_FUZZ", "150"))
QUIET = settings(
    max_examples=RUNS,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@cache
def documents() -> tuple[str, ...]:
    """Every document of the repository that a test or an example has."""
    files = [*CASES.glob("*/pipeline.yaml"), *EXAMPLES.glob("*/pipeline.yaml")]
    files += Path(__file__).parent.parent.glob("schema/data/valid/pipeline*.yaml")
    return tuple(file.read_text(encoding="utf-8") for file in sorted(files))


def check(data: bytes) -> api.Checked:
    """What the front says of some bytes; every finding can be shown in every format."""
    file = inputs.SourceFile("a.yaml", "/a.yaml", "a.yaml", "a.yaml", True)
    checked = api.check_file(file, NO_PROJECT.layers, data[: MAX_BYTES + 1])
    sources = {"a.yaml": checked.text}
    render.text(checked.diagnostics, sources, colour=True)
    render.to_json(checked.diagnostics)
    render.github(checked.diagnostics)
    render.sarif(checked.diagnostics, "0")
    lines = checked.text.count("\n") + 2
    for one in checked.diagnostics:
        if one.span is not None and len(checked.text.split("\n")) == len(checked.text.splitlines()):
            assert 1 <= one.span.line <= lines, one
            assert one.span.column >= 1, one
    for pipeline, _ in checked.pipelines:
        dump.text(pipeline)
    return checked


@QUIET
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    check(data)
    check(b"dagglot: 1\npipeline: a\ntasks:\n  a: {type: noop}\n" + data)


@pytest.mark.slow
@QUIET
@given(st.text(max_size=200))
def test_any_text_as_a_value(text: str) -> None:
    quoted = yaml.safe_dump(text, allow_unicode=True, width=10**6).removesuffix("...\n")
    if "\n" in quoted.strip():
        return
    check(f"dagglot: 1\npipeline: a\ntasks:\n  a: {{type: shell, run: {quoted}".encode() + b"}\n")
    for key in ("pipeline", "owner", "timeout", "schedule", "params", "vars", "on_failure"):
        check(f"{key}: {quoted}\ndagglot: 1\ntasks: {{a: {{type: noop}}}}\n".encode())


PIECES = (
    *("${{ ", " }}", "${{ run.id }}", "${{ vars.x }}", "${{ item }}", "params.a", "tasks.a.output"),
    *("null", "[]", "{}", "''", "- ", ": ", "\n", "  ", "\t", "#", "&a ", "*a", "<<: *a", "!x "),
    *("true", "1", "-1", "1.5", "99999999999999999999", "---\n", "...\n", "|\n", ">\n", "? "),
    *("matrix", "for_each", "depends_on", "tasks", "type", "when", "retries", "x-a", "by_type"),
    *("\x00", "\x07", "\ufeff", "\u2028", "\u202e", "é", "日", "😀", "\r", "\r\n"),
)


def mutated(text: str, seed: int) -> str:
    """A document after some small harm."""
    choose = random.Random(seed)  # noqa: S311 - nothing secret
    for _ in range(choose.randint(1, 4)):
        lines = text.split("\n")
        match choose.randrange(7):
            case 0:
                del lines[choose.randrange(len(lines))]
                text = "\n".join(lines)
            case 1:
                lines.insert(choose.randrange(len(lines) + 1), choose.choice(lines))
                text = "\n".join(lines)
            case 2:
                at = choose.randrange(len(text) + 1)
                text = text[:at] + choose.choice(PIECES) + text[at:]
            case 3:
                at = choose.randrange(len(text) + 1)
                text = text[:at] + text[at + choose.randint(1, 12) :]
            case 4:
                words = text.split(" ")
                words[choose.randrange(len(words))] = choose.choice(PIECES)
                text = " ".join(words)
            case 5:
                index = choose.randrange(len(lines))
                key, colon, _ = lines[index].partition(":")
                lines[index] = f"{key}{colon} {choose.choice(PIECES)}"
                text = "\n".join(lines)
            case _:
                index = choose.randrange(len(lines))
                lines[index] = "  " * choose.randint(0, 3) + lines[index]
                text = "\n".join(lines)
    return text


@pytest.mark.slow
@QUIET
@given(st.integers(0, 2**32))
def test_mutated_documents(seed: int) -> None:
    documents_ = documents()
    for number in range(5):
        text = mutated(documents_[(seed + number) % len(documents_)], seed + number)
        check(text.encode("utf-8", "replace"))


# --- valid by its shape, wrong in its meaning: values of every kind at every place ----------------

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.5, 10**20, "", "a", "b", "a.b", "1h", "2026-01-01", "UTC"),
    *("${{ run.id }}", "${{ vars.v }}", "${{ vars.l }}", "${{ vars.m }}", "${{ matrix.x }}"),
    *("${{ params.p }}", "${{ tasks.a.output }}", "${{ tasks.b.output.x[0] }}", "${{ item }}"),
    *("${{ 1 + }}", "${{", "x ${{ build.X }} y", "${{ secrets.s }}", "${{ 1 / 0 }}"),
    *([], ["a"], ["a", "a"], [1, [2]], ["${{ run.id }}"], {}, {"x": [1, 2]}, {"a": "b"}),
    *([{"x": 1}, {"x": 2}], {"count": 1, "delay": "5m"}, {"in": "${{ params.p }}"}),
    *({"cron": "@daily", "timezone": "UTC"}, {"type": "noop"}, {"tasks": {"a": {"type": "noop"}}}),
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    made = [path] if path else []
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        made += paths_of(item, (*path, key))
    return made


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@cache
def trees() -> tuple[Any, ...]:
    made = []
    for text in documents():
        for document in text.split("\n---\n"):
            try:
                value = yaml.load(document, Loader=yaml.BaseLoader)  # noqa: S506 - text alone
            except yaml.YAMLError:
                continue
            if isinstance(value, dict) and "dagglot" in value:
                value["dagglot"] = 1
                value.setdefault("vars", {})
                if isinstance(value["vars"], dict):
                    value["vars"] |= {"v": 3, "l": [1, "a"], "m": {"count": 2, "delay": "1m"}}
                made.append(value)
    return tuple(made)


@pytest.mark.slow
@QUIET
@given(st.integers(0, 2**32))
def test_any_value_at_any_place(seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311
    for _ in range(5):
        value = choose.choice(trees())
        for _ in range(choose.randint(1, 3)):
            value = replaced(value, choose.choice(paths_of(value)), choose.choice(VALUES))
            if not isinstance(value, dict):
                break
        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
        check(text.encode("utf-8", "replace"))


def test_a_task_of_no_kind_with_more_that_is_wrong() -> None:
    said = check(
        b"dagglot: 1\npipeline: a\ntasks:\n"
        b'  x: {type: "${{", trigger_rule: all_sucess, retries: x, timeout: 5 minutes}\n'
        b"  y: {type: noop, trigger_rule: all_sucess}\n"
    )
    assert {one.rule.code for one in said.diagnostics} == {"DG104", "DG301", "DG302", "DG304"}


# --- what means nothing ---------------------------------------------------------------------------


def shuffled(value: Any, choose: random.Random) -> Any:
    """The same mappings with their keys in another order; `tasks` and names keep theirs."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, choose)) for key, item in value.items()]
        choose.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [shuffled(item, choose) for item in value]
    return value


def meaning(text: str) -> list[Any]:
    checked = check(text.encode())
    assert not checked.diagnostics, render.text(checked.diagnostics, {"a.yaml": text})
    return [_sorted(dump.dump(pipeline)) for pipeline, _ in checked.pipelines]


ORDERED = ("tasks", "members", "groups", "depends_on", "params", "assets", "alerts", "connections")


def _sorted(value: Any, key: str = "") -> Any:
    """Without the order in which tasks and other named things were written."""
    if isinstance(value, dict):
        return {name: _sorted(item, name) for name, item in sorted(value.items())}
    if isinstance(value, list):
        items = [_sorted(item) for item in value]
        return sorted(items, key=repr) if key in ORDERED else items
    return value


VALID = [
    text
    for text in documents()
    # the ids of the copies of a matrix take the order of its names; no file stands beside a text
    if not any(word in text for word in ("\n---", "# error:", "matrix:", "file: sql/"))
]


@pytest.mark.parametrize("text", VALID, ids=range(len(VALID)))
def test_the_order_of_keys_changes_nothing_but_order(text: str) -> None:
    (document,), _ = yaml_reader.load(text, "a.yaml")
    value = plain(document.value)
    before = meaning(text)
    for seed in range(3):
        other = yaml.safe_dump(
            shuffled(value, random.Random(seed)),  # noqa: S311
            sort_keys=False,
            allow_unicode=True,
        )
        assert meaning(other) == before


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("text", VALID, ids=range(len(VALID)))
def test_comments_and_blank_lines_change_nothing(text: str) -> None:
    lines = text.split("\n")
    inside = ("|", ">", '"', "'")
    blocks = any(line.rstrip().endswith(inside[:2]) or "|" in line for line in lines)
    noisy = "# first\n\n" + text + "\n# last\n"
    if not blocks:
        noisy = "\n".join(
            f"{line}\n  # between\n" if line.endswith(("}", ":")) else line for line in lines
        )
    assert meaning(noisy) == meaning(text)
