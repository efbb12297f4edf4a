"""Is a document shaped as the language says? All that is not, in words for a data engineer.

The rules are the public JSON Schemas in `schemas/`. A valid document costs one call of a compiled
validator; only an invalid one pays for the slower validator that knows where and why.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urljoin

from dagglot import resources
from dagglot.frozen import dataclass

if TYPE_CHECKING:
    import jsonschema_rs

SchemaName = Literal["pipeline", "project"]
Path = tuple[str | int, ...]
Kind = Literal[
    "unknown-key",  # a key that does not exist, or not here
    "missing-key",
    "wrong-type",
    "bad-value",  # of the right type, but not one of the values that are allowed
    "bad-key",  # a name of the user's own that is no name
    "bad-combination",  # keys that exclude each other, or need each other
    "too-deep",
]

DEEPEST: Final = 200
"""Levels of nesting that are looked at. The loader's budget is tighter for real files; this keeps
the validators, which recurse, from ever reaching the interpreter's limit."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with the shape of a document.

    ``path`` leads to the value that is wrong, or to the mapping that lacks a key. With ``on_key``
    the finding points at the last key of the path itself, not at its value. ``meant`` is the key
    that an unknown one is a slip for.
    """

    path: Path
    on_key: bool
    kind: Kind
    message: str
    help: str | None = None
    meant: str | None = None


def violations(value: object, schema: SchemaName) -> tuple[Violation, ...]:
    """All that is wrong with a loaded document, in its order; empty for a valid one.

    Expressions that are still in the document are accepted wherever a single value stands; look
    again after those known at compile time have been replaced.
    """
    if _is_plain(value) and _is_valid(value, schema):
        return ()
    unfit = _unfit(value)
    if unfit is not None:
        return (unfit,)
    from dagglot.schema.explain import explain  # imports jsonschema: only a wrong document pays

    try:
        return explain(value, schema)
    except RecursionError:
        message = "something is wrong in groups that are nested too deep to say what"
        return (Violation((), False, "too-deep", message, "nest fewer groups"),)


@cache
def documents() -> dict[str, dict[str, Any]]:
    """The JSON Schemas by `$id`."""
    import json

    folder = resources.path("schemas")
    files = sorted([*folder.glob("*.schema.json"), *folder.glob("targets/*.schema.json")])
    loaded = [json.loads(file.read_bytes()) for file in files]
    return {document["$id"]: document for document in loaded}


def document(schema: SchemaName) -> dict[str, Any]:
    """The JSON Schema of pipelines or of the project file."""
    ending = f"/{schema}.v1.schema.json"
    return next(found for name, found in documents().items() if name.endswith(ending))


@cache
def _compiled(schema: SchemaName) -> jsonschema_rs.Draft202012Validator:
    from jsonschema_rs import Draft202012Validator, Registry

    # A schema that is only referred to is not checked against the metaschema again: tests did that.
    entry = {"$ref": document(schema)["$id"]}
    return Draft202012Validator(entry, registry=Registry(list(documents().items())))


def _is_valid(value: object, schema: SchemaName) -> bool:
    """What the compiled validator says; it refuses to look at some values, such as NaN."""
    try:
        return _compiled(schema).is_valid(value)
    except (ValueError, TypeError, OverflowError):
        return False


_TEXT: Final = frozenset({str})
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


def _is_plain(value: object) -> bool:
    """Whether the compiled validator may see a value: it overflows the C stack on deep mappings,
    and takes the key 1 for the key "1"."""
    level: list[object] = [value]
    for _ in range(DEEPEST):
        below: list[object] = []
        for node in level:
            if isinstance(node, dict):
                if not _TEXT.issuperset(map(type, node)):
                    return False
                below += [child for child in node.values() if type(child) not in _SCALARS]
            elif isinstance(node, list):
                below += [child for child in node if type(child) not in _SCALARS]
        if not below:
            return True
        level = below
    return False


def _unfit(value: object) -> Violation | None:
    """What no JSON document can hold: keys that are not text, and nesting without end."""
    rest: list[tuple[Path, object]] = [((), value)]
    while rest:
        path, node = rest.pop()
        if len(path) > DEEPEST:
            return Violation(path, False, "too-deep", f"nested more than {DEEPEST} levels deep")
        if isinstance(node, dict):
            for key, child in reversed(node.items()):
                if not isinstance(key, str):
                    word = "null" if key is None else str(key).lower()
                    message = f"the key `{word}` is not text"
                    return Violation(
                        path, False, "bad-key", message, f'write it in quotes: "{word}"'
                    )
                rest.append(((*path, key), child))
        elif isinstance(node, list):
            rest.extend(((*path, index), child) for index, child in reversed([*enumerate(node)]))
    return None


def bundled(schema: SchemaName) -> str:
    """A schema as one self-contained JSON text: those it refers to stand in its `$defs`."""
    import json

    names = {id: id.rpartition("/")[2].split(".")[0] for id in documents()}
    names = {id: f"{name}-schema" for id, name in names.items()}
    root = document(schema)
    needed: dict[str, Any] = {}

    def within(value: Any, base: str, prefix: str) -> Any:
        if isinstance(value, list):
            return [within(item, base, prefix) for item in value]
        if not isinstance(value, dict):
            return value
        made = {
            key: within(item, base, prefix)
            for key, item in value.items()
            if not (prefix and key in ("$id", "$schema") and isinstance(item, str))
        }
        ref = made.get("$ref")
        if isinstance(ref, str):
            made["$ref"] = moved(ref, base, prefix)
        return made

    def moved(ref: str, base: str, prefix: str) -> str:
        file, _, pointer = ref.partition("#")
        if not file:
            return f"#{prefix}{pointer}"
        id = urljoin(base, file)
        if id == root["$id"]:
            return f"#{pointer}"
        name = names[id]
        if name not in needed:
            needed[name] = None  # holds its place, should it refer to itself
            needed[name] = within(documents()[id], id, f"/$defs/{name}")
        return f"#/$defs/{name}{pointer}"

    made = within(root, root["$id"], "")
    made["$defs"] = {**made.get("$defs", {}), **needed}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
