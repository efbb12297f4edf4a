"""Random valid documents compile on every target, to code that parses."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from case_folders import TARGETS
from dagglot import api, compile, plan_jobs
from dagglot.ir import dump
from dagglot.project import NO_PROJECT
from random_documents import documents

EXAMPLES = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def text_of(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def built(text: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pipeline.yaml")
        path.write_text(text, encoding="utf-8")
        front = api.check([path])
        assert not front.diagnostics, [one.message for one in front.diagnostics] + [text]
        (pipeline,) = front.pipelines
        return pipeline


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_at_least_95_percent_compile(target: str) -> None:
    """`emit` compiles every Python file that it renders, so what is rendered parses."""
    seen: list[bool] = []
    refused: list[str] = []

    @EXAMPLES
    @given(documents())
    def one(document: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "pipeline.yaml")
            path.write_text(text_of(document), encoding="utf-8")
            (job,), _ = plan_jobs.jobs([target], Path(folder, "out"), NO_PROJECT)
            result = compile.compile([path], [job], NO_PROJECT)
            seen.append(not result.failed)
            refused.extend(one.message for one in result.diagnostics if one.is_error)
            if not result.failed:
                assert any(plan.create for plan in result.plans)

    one()
    assert sum(seen) >= 0.95 * len(seen), sorted(set(refused))[:20]


@pytest.mark.slow
@settings(EXAMPLES, max_examples=60)
@given(documents())
def test_order_of_keys_and_comments_change_only_the_order(document: dict[str, Any]) -> None:
    written = built(text_of(document))
    commented = built("# a comment\n" + text_of(document).replace("\ntasks:", "\n# more\ntasks:"))
    assert commented == written
    turned = {key: document[key] for key in reversed(list(document))}
    turned["tasks"] = {id: _turned(task) for id, task in document["tasks"].items()}
    assert dump.dump(built(text_of(turned))) == dump.dump(written)
    flow = built(json.dumps(document, ensure_ascii=False))
    assert dump.dump(flow) == dump.dump(written)


def _turned(task: dict[str, Any]) -> dict[str, Any]:
    return {key: task[key] for key in reversed(list(task))}
