"""The fast validator and the one with words agree on what is valid, on thousands of mutants.

Mutants come from a seeded generator: the same ones in each run.
"""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from conftest import VALID, read, schema_of
from dagglot.schema import SchemaName, _is_valid
from dagglot.schema.explain import explain

ROUNDS = 450
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2.0, 1.5, 10**20, "", "x", "1h", "5m\n", "1.5h", "${{ vars.x }}",
    "${{", "é", "2026-01-31", "a:b", "python", "all_done", "0 3 * * *", [], {}, ["x"], [1], [None],
    {"x": 1}, {"x-y": 1}, {"type": "noop"}, {"all": ["a"]}, {"count": 1}, [{"name": "a"}], [[]],
]  # fmt: skip
KEYS = ["type", "x-note", "retries", "call", "tasks", "run", "when", "", "é", "0", "file", "url"]


def parts(document: Any) -> list[tuple[SchemaName, Any]]:
    """Small documents, one for each task, so that a mutant is judged in milliseconds."""
    tasks = document["tasks"].items()
    return [("pipeline", {"dagglot": 1, "pipeline": "p", "tasks": {k: v}}) for k, v in tasks]


def seeds() -> list[tuple[SchemaName, Any]]:
    found: list[tuple[SchemaName, Any]] = []
    for file in VALID:
        value = read(file.read_text(encoding="utf-8"))
        if schema_of(file) == "project":
            found.append(("project", value))
            continue
        found += parts(value)
        found.append(("pipeline", {**value, "tasks": {"t": {"type": "noop"}}}))
    return found


def containers(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return [node, *(c for child in node.values() for c in containers(child))]
    if isinstance(node, list):
        return [node, *(c for child in node for c in containers(child))]
    return []


def mutate(document: Any, chance: random.Random) -> None:
    """One change in place: drop, rename, add, retype, swap or wrap."""
    holder = chance.choice([c for c in containers(document) if c])
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    key, other = chance.choice(keys), chance.choice(keys)
    match chance.randrange(7):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[chance.choice([*KEYS, f"{key}s", str(key)[1:]])] = holder.pop(key)
        case 2 if isinstance(holder, dict):
            holder[chance.choice(KEYS)] = copy.deepcopy(chance.choice(VALUES))
        case 3:
            holder[key], holder[other] = holder[other], holder[key]
        case 4:
            holder[key] = [holder[key]]
        case 5:
            holder[key] = {str(key): holder[key]}
        case _:
            holder[key] = copy.deepcopy(chance.choice(VALUES))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_both_validators_agree(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    documents = seeds()
    verdicts = {True: 0, False: 0}
    for _ in range(ROUNDS):
        schema, document = chance.choice(documents)
        mutant = copy.deepcopy(document)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            mutate(mutant, chance)
        found = explain(mutant, schema)
        assert _is_valid(mutant, schema) == (found == ()), mutant
        assert not any("is not valid (" in violation.message for violation in found), found
        assert len(set(found)) == len(found)
        verdicts[not found] += 1
    assert min(verdicts.values()) > ROUNDS / 20, verdicts
