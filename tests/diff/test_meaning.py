"""The hash of what a pipeline means: another one exactly where `compare` finds a change."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import mutations
from test_compare import of_cases, read, read_all

from dagglot.diff.compare import compare
from dagglot.ir.declared import own
from dagglot.ir.dump import meaning
from random_documents import documents

FEW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
ENOUGH = 2


def test_each_change_is_another_meaning() -> None:
    """Of every field of the IR that a pipeline of the cases has; tests say nothing of a run."""
    met: Counter[str] = Counter()
    wrong = []
    for pipeline in of_cases():
        before = meaning(pipeline)
        for one in mutations(pipeline):
            key = f"{one.owner}.{one.field}"
            met[key] += 1
            if met[key] <= ENOUGH:
                try:
                    found = compare(own(pipeline), own(one.changed))
                except KeyError:  # it names an alert that is declared nowhere: no pipeline
                    continue
                changed = any(change.steps[0] != "tests" for change in found)
                if (meaning(one.changed) != before) is not changed:
                    wrong.append((pipeline.id, *one[1:]))
    assert wrong == []


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same document, its mappings written in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


@FEW
@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_a_document_means_nothing(document: dict[str, Any], chance: Any) -> None:
    one = read_all(json.dumps(document, ensure_ascii=False))
    other = read_all(json.dumps(shuffled(document, chance), ensure_ascii=False))
    for before, after in zip(
        *(sorted(some, key=lambda it: it.id) for some in (one, other)), strict=True
    ):
        assert (meaning(before) == meaning(after)) is (compare(before, after) == ())


def test_words_without_order() -> None:
    head = "dagglot: 1\npipeline: a\ntasks: {one: {type: noop}}\ntags: "
    assert meaning(read(f"{head}[x, y]\n")) == meaning(read(f"# a note\n{head}[y, x]\n"))
    assert meaning(read(f"{head}[x, y]\n")) != meaning(read(f"{head}[x]\n"))
