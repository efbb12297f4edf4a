"""Beside a mistake of shape the others are found, and none that follows from it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagglot import api, yaml_reader
from dagglot.schema import violations
from dagglot.schema.findings import placed
from dagglot.schema.prune import Pruned, pruned
from shape_mistakes import Path, loaded, one_mistake, valid_documents

RANDOM = settings(max_examples=25, deadline=None, derandomize=True)


def rest_of(text: str) -> Pruned:
    (document,), found = yaml_reader.load(text, "a.yaml")
    assert not found
    wrong = violations(document.value, "pipeline")
    assert wrong
    rest = pruned(document.value, wrong)
    assert rest is not None
    assert not violations(rest.value, "pipeline")
    assert violations(document.value, "pipeline") == wrong  # its own is not touched
    return rest


def codes_of(text: str) -> list[str]:
    (document,), found = yaml_reader.load(text, "a.yaml")
    made, wrong = api.check_document(document)
    assert not made
    return sorted(one.rule.code for one in (*found, *wrong))


def tasks(*lines: str) -> str:
    return "dagglot: 1\npipeline: a\ntasks:\n" + "".join(f"  {line}\n" for line in lines)


HEAD = "dagglot: 1\npipeline: a\n"
NOOP = "tasks: {a: {type: noop}}\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (tasks("a: {type: noop, x: 1, owner: me}"), {"a": {"type": "noop", "owner": "me"}}),
        (tasks("a: {type: noop, tags: [x, 3, y]}"), {"a": {"type": "noop", "tags": ["x", "y"]}}),
        (tasks("a: {type: noop, retries: {count: -1}}"), {"a": {"type": "noop", "retries": {}}}),
        (tasks("a: {type: shell, cwd: /}"), {"a": {"type": "noop"}}),
        (tasks("a: {type: shel, owner: me}"), {"a": {"type": "noop", "owner": "me"}}),
        (tasks("a: 3", "b: {type: noop}"), {"a": {"type": "noop"}, "b": {"type": "noop"}}),
        (tasks("a.b: {type: noop}", "b: {type: noop}"), {"b": {"type": "noop"}}),
        (
            tasks("g: {matrix: 3, tasks: {a: {type: shell, run: x}}}"),
            {"g": {"tasks": {"a": {"type": "noop"}}}},
        ),
        ("dagglot: 1\npipeline: a\n", {"_": {"type": "noop"}}),
        ("dagglot: 1\npipeline: a\ntasks: []\n", {"_": {"type": "noop"}}),
    ],
)
def test_what_is_left_of_the_tasks(text: str, left: Any) -> None:
    assert rest_of(text).value["tasks"] == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (HEAD + NOOP + "shedule: {}\nowner: me\n", {"owner": "me"}),
        (
            HEAD + NOOP + "params: {p: {type: strng}, q: {default: 1}}\n",
            {"params": {"q": {"default": 1}}},
        ),
        (HEAD + NOOP + "deadline: {from: started}\n", {}),
        (
            HEAD + NOOP + "schedule: {cron: 3, timezone: UTC}\n",
            {"schedule": {"timezone": "UTC"}},
        ),
        (
            HEAD + "tasks: {a: {type: noop, x: 1}, b: {type: noop}}\n"
            "tests:\n  t: {given: {a: failed, b: failed}, expect: {b: failed}}\n"
            "  u: {expect: {a: failed}}\n",
            {
                "tests": {
                    "t": {"given": {"b": "failed"}, "expect": {"b": "failed"}},
                    "u": {"expect": {"run": "success"}},
                }
            },
        ),
    ],
)
def test_what_is_left_of_the_rest(text: str, left: Any) -> None:
    value = dict(rest_of(text).value)
    del value["dagglot"], value["pipeline"], value["tasks"]
    assert value == left


@pytest.mark.parametrize(
    "text",
    ["dagglot: 2\npipeline: a\n" + NOOP, "dagglot: 1\npipeline: a\n" + NOOP + "x-a: {true: 1}\n"],
)
def test_what_is_not_looked_at(text: str) -> None:
    (document,), _ = yaml_reader.load(text, "a.yaml")
    wrong = violations(document.value, "pipeline")
    assert not wrong or pruned(document.value, wrong) is None


def test_an_alias_repeats_what_is_taken_out_at_one_place_only() -> None:
    rest = rest_of(
        HEAD + "x-env: &env {A: b, C: {}}\n"
        "tasks: {a: {type: shell, run: x, env: *env}, b: {type: python, call: 'a:b', args: *env}}\n"
    )
    assert rest.value["tasks"]["a"]["env"] == {"A": "b"}
    assert rest.value["tasks"]["b"]["args"] == {"A": "b", "C": {}}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # the same task: its other keys are as they were written
        (tasks("a: {type: noop, trigger_rule: whenever, depends_on: b}"), ["DG104", "DG201"]),
        (tasks("a: {type: shell, depends_on: b}"), ["DG102", "DG201"]),
        # what is no longer there may have had the name
        (
            tasks("a: {type: noop, depends_on: g.x}", "g: {type: noop, tasks: {x: {type: noop}}}"),
            ["DG101"],
        ),
        (
            tasks("a: {type: noop, depends_on: t__n_1}", "t: {type: noop, matrix: {n: 1}}"),
            ["DG103"],
        ),
        (tasks("a: {type: noop, depends_on: b.c}", "b.c: {type: noop}"), ["DG106"]),
        (
            tasks("a: {type: noop, when: '${{ params.p }}'}") + "param: {p: {default: true}}",
            ["DG101"],
        ),
        (
            tasks("a: {type: noop, when: '${{ params.q }}'}") + "params: {p: {type: x}}",
            ["DG104", "DG301"],
        ),
        (tasks("a: {type: noop, when: '${{ item.x }}', foreach: {in: []}}"), ["DG101"]),
        # an edge that is lost may be the one that is wanted
        (
            tasks(
                "b: {type: branch, cases: [{if: '${{ true }}', to: c}]}",
                "c: {type: noop, dependson: b}",
            ),
            ["DG101"],
        ),
        (
            tasks(
                "a: {type: noop}",
                "t: {type: noop, teardown: a}",
                "u: {type: noop, depends_on: t, teardown_of: a}",
            ),
            ["DG101"],
        ),
        # a schedule without its line needs nothing
        (tasks("a: {type: noop}") + "schedule: {cron: '61 * * * *', timezone: 3}", ["DG103"]),
        (
            tasks("a: {type: noop}") + "schedule: {enabled: 3, cron: '61 * * * *', timezone: UTC}",
            ["DG103", "DG307"],
        ),
        (tasks("a: {type: noop}") + "schedule: {cron: '@daily', time_zone: UTC}", ["DG101"]),
        # tests
        (tasks("a: {type: noop, x: 1}") + "tests: {t: {expect: {b: failed}}}", ["DG101", "DG214"]),
        (tasks("g: {type: noop, tasks: {}}") + "tests: {t: {expect: {b: failed}}}", ["DG101"]),
        (
            tasks("a: {type: noop}", "b: {type: gate, if: '${{ true }}'}")
            + "tests: {t: {given: {b: [3], a: {outputs: 1}}, expect: {a: failed}}}",
            ["DG101", "DG103"],
        ),
        (
            tasks(
                "b: {type: branch, cases: [{if: '${{ true }}', to: d}], else: g}",
                "g: {tasks: {c: {type: noop, dependson: b}}}",
                "d: {type: noop, depends_on: b}",
            )
            + "tests: {t: {given: {b: g}, expect: {d: failed}}}",
            ["DG101"],
        ),
        # a body whose keys need each other, and what a default would have given
        (
            HEAD + "connections: {w: {type: postgres}}\ntasks:\n"
            "  a: {type: sql, connection: w, sql: 'select :x', parameters: [3], depends_on: b}",
            ["DG103", "DG201"],
        ),
        (
            HEAD
            + "connections: {w: {type: postgres}}\ndefault: {by_type: {sql: {connection: w}}}\n"
            "tasks: {a: {type: sql, sql: select 1}}",
            ["DG101"],
        ),
        # a check that is wrong itself, and one that there is not
        (
            tasks("a: {type: noop, checks: [true]}", "b: {type: noop, depends_on: a.good}"),
            ["DG103"],
        ),
        (
            tasks("a: {type: noop, checks: [true]}", "b: {type: noop, depends_on: c.good}"),
            ["DG103", "DG201"],
        ),
        # cycles of the others
        (
            tasks(
                "a: {type: nop}", "b: {type: noop, depends_on: c}", "c: {type: noop, depends_on: b}"
            ),
            ["DG104", "DG202"],
        ),
    ],
)
def test_what_is_found_beside_it(text: str, codes: list[str]) -> None:
    assert codes_of(text) == codes


@pytest.mark.slow
@RANDOM
@given(st.integers(0, 2**32))
def test_one_mistake_is_one_finding(seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311
    for _ in range(4):
        name, valid = choose.choice(valid_documents())
        made, path = one_mistake(valid, choose)
        if made.get("dagglot") != 1:
            continue
        document = loaded(made)
        wrong = violations(document.value, "pipeline")
        if not wrong:
            continue
        pipelines, found = api.check_document(document)
        assert not pipelines
        assert found == placed(document, wrong), (name, path, [one.message for one in found])


@pytest.mark.slow
@RANDOM
@given(st.integers(0, 2**32))
def test_a_dangling_reference_in_another_task_is_found_too(seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311
    for _ in range(4):
        name, valid = choose.choice(valid_documents())
        made, path = one_mistake(valid, choose)
        if made.get("dagglot") != 1 or not isinstance(made.get("tasks"), dict):
            continue
        made["tasks"]["of_mine"] = {"type": "noop", "depends_on": ["nowhere_to_be_found"]}
        document = loaded(made)
        wrong = violations(document.value, "pipeline")
        if not wrong or _makes_all_fail(path):
            continue
        _, found = api.check_document(document)
        shape = placed(document, wrong)
        others = {(one.rule.code, one.message) for one in found if one not in shape}
        dangling = (
            "task `of_mine` depends on `nowhere_to_be_found`, which is not a task of this pipeline"
        )
        assert found[: len(shape)] == shape
        assert others == {("DG201", dangling)}, (name, path)


def _makes_all_fail(path: Path) -> bool:
    """A wrong constant, and all that is made of constants; another version of the language (`true`
    equals 1 in Python): nothing is said of the rest."""
    return path[0] in ("vars", "matrix", "dagglot")
