"""What differs between two pipelines: nothing where nothing does, and one place where one does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import mutations

from case_folders import cases
from dagglot import api, yaml_reader
from dagglot.diff.compare import NOT_COMPARED, Kind, compare, compared_fields, is_node
from dagglot.diff.pairs import pair_pipelines
from dagglot.diff.rules import OF_FIELDS, is_of_body
from dagglot.ir import kinds, model
from dagglot.ir.model import Pipeline
from random_documents import documents

CLASSES = sorted(
    {
        value
        for module in (model, kinds)
        for value in vars(module).values()
        if isinstance(value, type)
        and is_node(value)
        and value.__module__ in (model.__name__, kinds.__name__)
    },
    key=lambda kind: kind.__name__,
)
FEW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def read(text: str) -> Pipeline:
    (made,) = read_all(text)
    return made


def read_all(text: str) -> tuple[Pipeline, ...]:
    (document,), found = yaml_reader.load(text, "a.yaml")
    assert not found, found
    made, wrong = api.check_document(document)
    assert not [one for one in wrong if one.is_error], wrong
    return made


def of_cases() -> Iterator[Pipeline]:
    """The pipelines of every case that is right."""
    for case in cases():
        front = api.check(case.paths, case.project())
        if not any(one.is_error for one in front.diagnostics):
            yield from front.pipelines


def shown(before: Pipeline, after: Pipeline) -> list[tuple[str, str, Any, Any]]:
    return [(one.kind.value, one.path, one.before, one.after) for one in compare(before, after)]


@FEW
@given(documents())
def test_a_pipeline_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False)
    for one, other in zip(read_all(text), read_all(text), strict=True):
        assert compare(one, one) == compare(one, other) == ()


@FEW
@given(documents(), st.randoms(use_true_random=False))
def test_one_mutation_is_one_change(document: dict[str, Any], chance: Any) -> None:
    pipeline = read_all(json.dumps(document, ensure_ascii=False))[0]
    one = chance.choice(list(mutations(pipeline)))
    (change,) = compare(pipeline, one.changed)
    assert (change.steps, change.owner, change.field) == one[1:]


def test_every_field_of_the_ir_is_compared() -> None:
    """Each mutation of each pipeline of the cases is exactly one change, at its place; and no field
    of the IR is left that none of them met."""
    met: Counter[str] = Counter()
    for pipeline in of_cases():
        for one in mutations(pipeline):
            key = f"{one.owner}.{one.field}"
            met[key] += 1
            if met[key] <= ENOUGH:
                found = [(it.steps, it.owner, it.field) for it in compare(pipeline, one.changed)]
                assert found == [one[1:]], pipeline.id
    missed = {
        f"{kind.__name__}.{name}" for kind in CLASSES for name in compared_fields(kind)
    } - met.keys()
    assert sorted(missed) == sorted(UNMET)


ENOUGH = 5
UNMET = [
    # a check is a task of its own when the passes are done
    *("Check.look", "Check.severity", "Task.checks"),
    # read as one
    *("AssetCondition.asset", "AssetCondition.operands", "AssetCondition.operator"),
    # what holds nodes that are walked
    *("Pipeline.concurrency", "Pipeline.schedule", "Task.retries"),
    *("CallWait.call", "HttpWait.request", "SqlWait.query"),
    # no document says it
    *("OtherBody.kind", "OtherBody.settings"),
]


def test_what_is_not_compared_is_there() -> None:
    known = {f"{kind.__name__}.{one.name}" for kind in CLASSES for one in fields(kind)}
    assert sorted(NOT_COMPARED.keys() - known) == []


def test_every_field_of_the_ir_has_a_rule() -> None:
    """So that a new one has to be thought about; the rest of a body is the work of its task."""
    walked = {"Pipeline.concurrency", "Pipeline.schedule", "Task.retries"}
    known = {
        f"{kind.__name__}.{name}" for kind in CLASSES for name in compared_fields(kind)
    } - walked
    known = {key for key in known if not key.startswith("AssetCondition.")}
    without = {key for key in known - OF_FIELDS.keys() if not is_of_body(key.partition(".")[0])}
    assert (sorted(without), sorted(OF_FIELDS.keys() - known)) == ([], [])


A = "dagglot: 1\npipeline: a\ntasks:\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("args: {x: 1}", "args: {x: true}", ("changed", "tasks.one.args.x", 1, True)),
        ("args: {x: 1}", "args: {x: 1.0}", ("changed", "tasks.one.args.x", 1, 1.0)),
        ("args: {}", "args: {x: null}", ("added", "tasks.one.args.x", None, None)),
        ("args: {x: null}", "args: {}", ("removed", "tasks.one.args.x", None, None)),
        (
            "args: {x: {y: [1]}}",
            "args: {x: {y: [2]}}",
            ("changed", "tasks.one.args.x.y", (1,), (2,)),
        ),
        ("retries: 3", "retries: {count: 1}", ("changed", "tasks.one.retries.count", 3, 1)),
        ("tags: [a, b]", "tags: [b, a, c]", ("added", "tasks.one.tags.c", None, "c")),
        ("owner: x", "tags: []", ("removed", "tasks.one.owner", "x", "")),
    ],
)
def test_values(before: str, after: str, expected: tuple[Any, ...]) -> None:
    head = f"{A}  one:\n    type: python\n    call: 'a:b'\n    "
    assert shown(read(head + before), read(head + after)) == [expected]


def test_order_and_writing_mean_nothing() -> None:
    before = (
        f"{A}  a: {{type: noop}}\n  b: {{type: noop}}\n  c: {{type: noop, depends_on: [a, b]}}\n"
    )
    after = (
        f"{A}  c: {{type: noop, depends_on: [b, a]}}\n  b: {{type: noop}}\n  a: {{type: noop}}\n"
    )
    assert compare(read(before), read(after)) == ()
    when = "  a: {{type: python, call: 'a:b', args: {{x: '${{{{ {} }}}}'}}}}\n"
    one, other = (read(A + when.format(text)) for text in ("1+ 2", "(1 + 2)"))
    assert compare(one, other) == ()


def test_places() -> None:
    text = f"{A}  one:\n    type: shell\n    run: echo a\n    retries:\n      count: 3\n"
    (change,) = compare(read(text), read(text.replace("echo a", "echo b")))
    assert [span and span.line for span in change.spans] == [6, 6]
    (change,) = compare(read(text), read(text.replace("count: 3", "count: 1")))
    assert [span and span.line for span in change.spans] == [8, 8]
    (change,) = compare(read(text), read(text + "    timeout: 1h\n"))
    assert [span and span.line for span in change.spans] == [None, 9]


# --- what is the same under another name --------------------------------------------------------

LOAD = "{type: python, call: 'etl:load', args: {limit: 3}}"
CHAIN = f"  OLD: {LOAD}\n  b: {{type: shell, run: x, env: {{N: '${{{{ tasks.OLD.output }}}}'}}}}\n"


def test_a_renamed_task_is_moved_and_its_references_follow() -> None:
    before, after = (read(A + CHAIN.replace("OLD", name)) for name in ("load", "load_orders"))
    (change,) = compare(before, after)
    assert (change.kind, change.path) == (Kind.MOVED, "tasks.load_orders")


def test_moved_says_what_a_task_was() -> None:
    before = read(f"{A}  load: {LOAD}\n")
    after = read(f"{A}  fetch: {{type: shell, run: other, moved: {{from: load}}}}\n")
    kinds_ = [(one.kind, one.path) for one in compare(before, after)]
    assert kinds_ == [(Kind.MOVED, "tasks.fetch"), (Kind.CHANGED, "tasks.fetch.type")]


def test_a_renamed_group_takes_its_tasks_along() -> None:
    text = (
        f"{A}  etl:\n    tasks:\n      load: {LOAD}\n      done: {{type: noop, depends_on: load}}\n"
    )
    found = compare(read(text), read(text.replace("  etl:", "  elt:")))
    assert [(one.kind, one.path) for one in found] == [
        (Kind.MOVED, "groups.elt"),
        (Kind.MOVED, "tasks.elt.load"),
        (Kind.MOVED, "tasks.elt.done"),
    ]


def test_what_is_not_alike_went_and_came() -> None:
    before, after = read(f"{A}  load: {LOAD}\n"), read(f"{A}  mail: {{type: shell, run: mail}}\n")
    assert [(one.kind, one.path) for one in compare(before, after)] == [
        (Kind.REMOVED, "tasks.load"),
        (Kind.ADDED, "tasks.mail"),
    ]


def test_pipelines_are_paired() -> None:
    one, two, three = (
        read(f"dagglot: 1\npipeline: {id}\ntasks:\n  {task}: {LOAD}\n")
        for id, task in (("one", "a"), ("two", "b"), ("three", "c"))
    )
    moved = replace(two, id="zwei", moved_from="two", tasks=())
    alike = replace(three, id="drei")
    new = replace(one, id="new", tasks=(model.Task(id="z", body=model.NoopBody()),))
    pairs = pair_pipelines((one, two, three), (new, moved, alike))
    assert [(a and a.id, b and b.id, said) for a, b, said in pairs] == [
        (None, "new", False),
        ("two", "zwei", True),
        ("three", "drei", False),
        ("one", None, False),
    ]


def test_a_change_stands_where_it_was_written() -> None:
    """Not where the task begins: annotations stand at these lines."""
    text = """\
dagglot: 1
pipeline: p
tags: [x]
params: {n: {default: 1}}
tasks:
  g:
    type: gate
    on_failure:
      - hook
    if: ${{ params.n > 1 }}
alerts:
  hook: {type: webhook, url: "https://example.com"}
"""
    before = read(text)
    lines = {
        "on_failure": ("    on_failure:\n      - hook\n", "", (9, None)),
        "if": ("n > 1", "n > 2", (10, 10)),
        "tags": ("tags: [x]", "tags: [y]", (3, None)),
    }
    for key, (old, new, places) in lines.items():
        change = compare(before, read(text.replace(old, new)))[0]
        assert key in change.steps
        found = tuple(span.line if span is not None else None for span in change.spans)
        assert found == places, key
