"""Mistakes of shape, put into documents that have none, one at a time."""

from __future__ import annotations

import copy
import json
import random
from functools import cache
from typing import Any

from case_folders import cases
from dagglot import api, yaml_reader
from dagglot.source import Document, is_ours

Path = tuple[Any, ...]

UNKNOWN: tuple[tuple[str, Any], ...] = (
    ("colour", 1),
    ("colour", [1]),
    ("colour", {"a": 1}),
    ("task", {"a": {"type": "noop"}}),
    ("for-each", {"in": [1]}),
    ("needs", "nothing"),
)
WRONG: tuple[Any, ...] = (None, True, -7, 1.5, "no such ???", "", [], [3], {})


@cache
def valid_documents() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every document of the cases in which nothing is wrong, with the name of its case."""
    made = []
    for case in cases():
        for file in api.check(case.paths, case.project()).files:
            loaded, found = yaml_reader.load(file.text, "a.yaml")
            for document in loaded:
                if found or not is_ours(document) or api.check_document(document)[1]:
                    continue
                plain = json.loads(json.dumps(document.value))
                if yaml_reader.load(text_of(plain), "a.yaml")[1]:
                    continue  # characters that JSON escapes in another way than YAML
                made.append((case.name, plain))
    return tuple(made)


def text_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def loaded(value: Any) -> Document:
    (document,), found = yaml_reader.load(text_of(value), "a.yaml")
    assert not found
    return document


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def paths(value: Any, path: Path = ()) -> list[Path]:
    """The key path of every value, the whole first."""
    made = [path]
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        made += paths(item, (*path, key))
    return made


def one_mistake(value: dict[str, Any], choose: random.Random) -> tuple[dict[str, Any], Path]:
    """A copy with one thing changed, and the path of it; often, not always, that is a mistake."""
    made = copy.deepcopy(value)
    path = choose.choice(paths(made))
    node = at(made, path)
    if isinstance(node, dict) and (not path or choose.random() < 0.6):
        key = choose.choice([*node, None])
        match choose.randrange(4) if key is not None else 0:
            case 0:
                name, item = choose.choice(UNKNOWN)
                node[name] = item
                return made, (*path, name)
            case 1:
                del node[key]
            case 2:
                _rename(node, key, f"{key[:-1]}{key[-1]}{key[-1]}")
            case _:
                _rename(node, key, f"my {key}")
        return made, (*path, key)
    wrong = [one for one in WRONG if not (isinstance(one, dict) and isinstance(node, dict))]
    at(made, path[:-1])[path[-1]] = choose.choice(wrong)
    return made, path


def _rename(node: dict[str, Any], old: str, new: str) -> None:
    items = list(node.items())
    node.clear()
    node.update({new if key == old else key: item for key, item in items})
