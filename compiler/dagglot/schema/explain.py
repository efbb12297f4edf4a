"""Turns what a JSON Schema validator finds into words: `schema.violations` for a wrong document.

The schemas are written so that each error lands on the exact place: unions are discriminated by
if/then or by the types of keywords, and `oneOf`/`anyOf` hold nothing but `required`. The `title`
of a schema is its noun phrase ("a python task"), which the messages are made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, cast

from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry, Resource

from dagglot.diagnostics.suggest import did_you_mean, nearest
from dagglot.frozen import dataclass
from dagglot.schema import Path, SchemaName, Violation, document, documents
from dagglot.schema.places import example_of, where_else
from dagglot.schema.wording import Error, cut, either, name_of, noun_of, on_key, value_words


@dataclass(frozen=True, slots=True)
class _Found:
    """A violation and the keys that it is about, to tell cause from consequence."""

    violation: Violation
    mapping: Path = ()
    missing: frozenset[str] = frozenset()
    meant: str | None = None
    left_out: bool = False


def explain(value: object, schema: SchemaName) -> tuple[Violation, ...]:
    """Every violation, in the order of the document, none caused by another."""
    errors = map(_error, _validator(schema).iter_errors(value))
    found = [one for error in errors for one in _read(error)]
    kept = dict.fromkeys(one.violation for one in _causes(found))
    return tuple(sorted(kept, key=lambda violation: _position(value, violation)))


def _anchored(_: object, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    """`pattern` as ECMA means it: Python's `$` would also stand before a last line break."""
    if isinstance(instance, str):
        python = re.sub(r"(?<!\\)\$(?=\||$)", r"\\Z", pattern)
        if not re.search(python, instance):
            yield ValidationError(pattern)


@cache
def _validator(schema: SchemaName) -> Any:
    known: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(contents)) for name, contents in documents().items()
    )
    extend = cast("Callable[..., Any]", validators.extend)  # it has no annotations
    make = extend(Draft202012Validator, {"pattern": _anchored})
    return make(document(schema), registry=known)


def _error(error: ValidationError) -> Error:
    rules = error.schema if isinstance(error.schema, dict) else {}
    path, steps = tuple(error.absolute_path), tuple(error.absolute_schema_path)
    return Error(str(error.validator), error.validator_value, rules, error.instance, path, steps)


def _causes(found: list[_Found]) -> Iterator[_Found]:
    mistyped = {one.violation.path for one in found if one.violation.kind == "wrong-type"}
    meant = {(one.mapping, one.meant) for one in found if one.meant}
    left_out = {one.violation.path for one in found if one.left_out}
    needed = {
        (one.mapping, key)
        for one in found
        if one.violation.kind == "missing-key"
        for key in one.missing
    }
    for one in found:
        violation = one.violation
        if violation.path in mistyped and violation.kind not in ("wrong-type", "bad-combination"):
            continue
        if any((one.mapping, key) in meant for key in one.missing):
            continue  # the misspelt key is the one that is missing
        if violation.kind == "bad-combination" and any(
            (one.mapping, key) in needed for key in one.missing
        ):
            continue  # the missing key has been reported for itself
        if violation.path in left_out and not one.left_out:
            continue  # a key that must go needs nothing beside it
        yield one


def _position(value: object, violation: Violation) -> tuple[object, ...]:
    places: list[int] = []
    node = value
    for step in violation.path:
        if isinstance(node, dict):
            places.append(list(node).index(step))
            node = node[step]
        elif isinstance(node, list) and isinstance(step, int):
            places.append(step)
            node = node[step]
    return (places, not violation.on_key, violation.message)


# --- one error of the validator ---------------------------------------------------------------


def _read(error: Error) -> Iterator[_Found]:
    path = error.path
    if "propertyNames" in error.steps:
        yield _bad_name(error, path)
        return
    reader = _READERS.get(error.keyword)
    if reader is not None:
        if not isinstance(error.instance, dict):
            return  # `type` has its own error; what the keys should be is a consequence
        yield from reader(error, path)
        return
    kind, message, help = value_words(error, path)
    must_go = kind == "bad-combination"
    yield _Found(Violation(path, must_go, kind, message, help), left_out=must_go)


def _unknown_keys(error: Error, path: Path) -> Iterator[_Found]:
    rules = error.rules
    known = list(rules["properties"])
    for key in error.instance:
        if key in known or (key.startswith("x-") and "patternProperties" in rules):
            continue
        word = _SYNONYMS.get(key)
        meant = word if word in known else nearest(key, known)
        elsewhere = None if word in known else where_else(key, rules)
        hint = elsewhere or did_you_mean(meant or key, known)
        if elsewhere is None and meant is None and len(known) > 12:
            hint = "keys of your own start with `x-`"
        message = f"unknown key `{cut(key)}` of {rules['title']}"
        slip = None if elsewhere else meant
        violation = Violation((*path, key), True, "unknown-key", message, hint, slip)
        yield _Found(violation, path, meant=slip)


_SYNONYMS: Final = {
    "retry": "retries",
    "needs": "depends_on",
    "upstream": "depends_on",
    "dependencies": "depends_on",
    "callable": "call",
    "function": "call",
    "script": "run",
    "bash_command": "run",
    "command": "run",
    "parameters": "params",
    "steps": "tasks",
    "query": "sql",
}
"""Words of other tools for keys of ours, where the nearest spelling would mislead."""


def _missing_keys(error: Error, path: Path) -> Iterator[_Found]:
    rules = error.rules
    for key in rules["required"]:
        if key in error.instance:
            continue
        title = str(rules["title"])
        if (title, key) == ("a task", "type") and (slip := _slip_for_kind(error.instance)):
            yield _slipped(path, *slip)
            continue
        hint = _MISSING.get((title, key)) or example_of(key, rules)
        message = f"`{key}` is missing from {title}"
        violation = Violation(path, on_key(path), "missing-key", message, hint)
        yield _Found(violation, path, frozenset([key]))


def _slipped(path: Path, typo: str, meant: str) -> _Found:
    holder = "a group" if meant == "tasks" else "a task"
    message, hint = f"unknown key `{cut(typo)}` of {holder}", f"did you mean `{meant}`?"
    return _Found(Violation((*path, typo), True, "unknown-key", message, hint, meant))


def _slip_for_kind(task: Mapping[str, Any]) -> tuple[str, str] | None:
    """The misspelt key of a task without `type`, and whether that or `tasks` was meant."""
    typo = nearest("type", task)
    if typo is not None:
        return typo, "type"
    groups = [key for key, value in task.items() if isinstance(value, dict)]
    typo = nearest("tasks", groups)
    return (typo, "tasks") if typo is not None else None


_MISSING: Final = {
    (
        "a task",
        "type",
    ): "give it a `type`, such as `python` or `shell`, or `tasks` if it is a group",
    ("a param", "type"): "give it a `type`, or a `default` that tells it",
    ("a pipeline", "tasks"): "a pipeline has at least one task",
}


def _choice(error: Error, path: Path) -> Iterator[_Found]:
    """`oneOf` or `anyOf` over keys: too few of them, or too many."""
    keys = [str(branch["required"][0]) for branch in error.argument]
    present = [key for key in keys if key in error.instance]
    steps = error.steps
    if "dependentSchemas" in steps[-3:]:
        companion = str(steps[-2])
        message = f"`{companion}` may only stand beside {either(keys)}"
        violation = Violation((*path, companion), True, "bad-combination", message)
        yield _Found(violation, path, frozenset(keys))
    elif present:
        first, *others = (key for key in error.instance if key in present)
        for other in others:
            message = f"`{other}` cannot stand beside `{first}`"
            hint = f"{error.rules['title']} has only one of {either(keys, 'and')}"
            yield _Found(Violation((*path, other), True, "bad-combination", message, hint), path)
    else:
        message = f"{either(keys)} is missing from {error.rules['title']}"
        violation = Violation(path, on_key(path), "missing-key", message)
        yield _Found(violation, path, frozenset(keys))


def _companions(error: Error, path: Path) -> Iterator[_Found]:
    for key, needed in error.argument.items():
        for other in needed:
            if key in error.instance and other not in error.instance:
                message = f"`{key}` needs `{other}` beside it"
                hint = _BESIDE.get((key, other))
                violation = Violation((*path, key), True, "bad-combination", message, hint)
                yield _Found(violation, path, frozenset([other]))


_BESIDE: Final = {
    ("cron", "timezone"): "name the zone that the times are in, as in `timezone: Europe/Madrid`",
    ("every", "start"): "the runs are counted from it, as in `start: 2026-01-01`",
}


def _number_of_keys(error: Error, path: Path) -> Iterator[_Found]:
    rules = error.rules
    fixed = list(rules.get("properties", ()))
    if not fixed or "additionalProperties" not in rules or rules["additionalProperties"]:
        message = f"{name_of(path)} is empty"
        yield _Found(Violation(path, False, "bad-value", message))
        return
    known = [key for key in error.instance if key in fixed]
    if error.keyword == "minProperties":
        message = f"{either(fixed)} is missing from {rules['title']}"
        violation = Violation(path, on_key(path), "missing-key", message)
        yield _Found(violation, path, frozenset(fixed))
    elif len(known) > 1:
        message = f"`{known[1]}` cannot stand beside `{known[0]}`"
        hint = "nest one in the other"
        yield _Found(Violation((*path, known[1]), True, "bad-combination", message, hint), path)


def _bad_name(error: Error, path: Path) -> _Found:
    name = str(error.instance)
    title = str(error.rules.get("title", "a name"))
    if error.keyword == "not":
        message = f"`{name}` cannot be {title}"
    elif not name:
        message = "an empty name"
    else:
        message = f"`{cut(name)}` is no {noun_of(title)}"
    return _Found(Violation((*path, name), True, "bad-key", message))


_Reader = Callable[[Error, Path], Iterator[_Found]]
_READERS: Final[Mapping[str, _Reader]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "oneOf": _choice,
    "anyOf": _choice,
    "dependentRequired": _companions,
    "minProperties": _number_of_keys,
    "maxProperties": _number_of_keys,
}
