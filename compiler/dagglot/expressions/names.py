"""What a dotted name means: `tasks.load.orders.output` and its like, resolved in a scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dagglot.diagnostics.suggest import did_you_mean
from dagglot.expressions import tree, types
from dagglot.expressions.functions import FUNCTIONS
from dagglot.expressions.scope import Scope
from dagglot.expressions.tree import Expression
from dagglot.expressions.types import Kind, Type, type_of
from dagglot.frozen import dataclass

CONSTANT_ROOTS: Final = ("vars", "matrix", "build")
ROOTS: Final = (
    *("params", "vars", "matrix", "build", "run", "partition", "tasks", "item", "index"),
    *("secrets", "connections", "event"),
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a name means nothing here; `kind` as in `Problem`, `part` the index of the wrong key."""

    message: str
    help: str | None = None
    part: int = 0
    kind: str = "unknown-name"


Found = tuple[Expression, int] | Unknown  # the leaf, and how many keys it took


def resolve(root: str, keys: tuple[str, ...], scope: Scope, offset: int, lenient: bool) -> Found:
    """The leaf that `root.key.key…` starts with; keys beyond it are left to be subscripts.

    `lenient`: inside `default`, where a missing constant is null.
    """
    if root in CONSTANT_ROOTS:
        return _constant(root, keys, scope, offset, lenient)
    if root not in ROOTS:
        return _unknown_root(root, scope)
    if not scope.run_time:
        shown = ".".join((root, *keys[:1]))
        return Unknown(
            f"`{shown}` is known only when the pipeline runs, and this value when it is compiled",
            "only `vars`, `matrix` and `build` may stand here",
            kind="not-allowed",
        )
    match root:
        case "item" | "index":
            if not scope.for_each:
                return Unknown(f"`{root}` exists only inside `for_each`")
            leaf = tree.Item(offset=offset) if root == "item" else tree.ItemIndex(offset=offset)
            return leaf, 0
        case "params" if not keys:
            return tree.Params(offset=offset), 0
        case "tasks":
            return _task(keys, scope, offset)
        case "connections":
            return _connection(keys, scope, offset)
    if not keys:
        return Unknown(f"`{root}` alone has no value", f"name one of them: `{root}.x`", kind="type")
    name = keys[0]
    match root:
        case "params":
            declared = scope.params.get(name)
            if declared is None:
                return _missing("param", name, scope.params)
            return tree.Param(name, declared, offset), 1
        case "run":
            if name not in tree.RUN_FIELDS:
                return _missing("name", f"run.{name}", [f"run.{x}" for x in tree.RUN_FIELDS])
            return tree.RunField(name, tree.RUN_FIELDS[name], offset), 1
        case "partition":
            return _partition(name, scope, offset)
        case "secrets":
            return _secret(tree.SecretRef(name, offset=offset), 1, scope)
        case _:
            if not scope.event:
                return Unknown("`event` exists only in an alert's `message` and `subject`")
            if name not in tree.EVENT_FIELDS:
                known = [f"event.{x}" for x in tree.EVENT_FIELDS]
                return _missing("name", f"event.{name}", known)
            return tree.EventField(name, offset=offset), 1


def _missing(what: str, name: str, known: Iterable[str], part: int = 1) -> Unknown:
    names = list(known)
    return Unknown(f"there is no {what} `{name}`", did_you_mean(name, names), part)


def _unknown_root(root: str, scope: Scope) -> Unknown:
    holders: list[tuple[str, Mapping[str, object]]] = [("params", scope.params)]
    holders += list(scope.constants.items())
    for holder, names in holders:
        if root in names:
            return Unknown(f"there is no name `{root}`", f"did you mean `{holder}.{root}`?")
    help_: str | None
    if root in FUNCTIONS:
        return Unknown(f"`{root}` is a function", f"call it: `{root}(…)`", kind="syntax")
    if scope.resolve_task(root) is not None:
        help_ = f"did you mean `tasks.{root}.output`?"
    else:
        help_ = did_you_mean(root, ROOTS)
    return Unknown(f"there is no name `{root}`", help_)


def _constant(root: str, keys: tuple[str, ...], scope: Scope, offset: int, lenient: bool) -> Found:
    if not keys:
        return Unknown(f"`{root}` alone has no value", f"name one of them: `{root}.x`", kind="type")
    values = scope.constants.get(root, {})
    if keys[0] in values:
        value = values[keys[0]]
        return tree.Literal(value, type_of(value), offset), 1
    if lenient:
        return tree.Literal(None, types.NULL, offset), 1
    if root == "build":
        return Unknown(
            f"the environment variable `{keys[0]}` is not given to this compile",
            "list its name under `build` in the project file, and set it",
            1,
        )
    return _missing("name", f"{root}.{keys[0]}", [f"{root}.{name}" for name in values])


def _task(keys: tuple[str, ...], scope: Scope, offset: int) -> Found:
    ends = [number for number, key in enumerate(keys) if key == "output" and number > 0]
    for end in ends:
        task = scope.resolve_task(".".join(keys[:end]))
        if task is not None:
            return tree.TaskOutput(task, offset=offset), end + 1
    path = ".".join(keys[: ends[0]] if ends else keys)
    if not keys:
        return Unknown(
            "`tasks` alone has no value", "name a task's output: `tasks.x.output`", kind="type"
        )
    if ends or scope.resolve_task(path) is None:
        longest = path
        while not ends and "." in longest and scope.resolve_task(longest) is None:
            longest = longest.rpartition(".")[0]
        if ends or scope.resolve_task(longest) is None:
            return _missing("task", path, scope.task_names)
        path = longest
    return Unknown(
        f"of a task only its output has a value: `tasks.{path}.output`",
        None,
        len(path.split(".")),
        kind="type",
    )


def _partition(name: str, scope: Scope, offset: int) -> Found:
    if scope.partition == "none":
        return Unknown("this pipeline has no `partitions`", "declare them: `partitions: {by: day}`")
    if name not in tree.PARTITION_FIELDS:
        known = [f"partition.{field}" for field in tree.PARTITION_FIELDS]
        return _missing("name", f"partition.{name}", known)
    type_ = tree.PARTITION_FIELDS[name]
    if scope.partition == "keys":
        if name != "key":
            return Unknown(
                f"`partition.{name}` exists only with time partitions", "use `partition.key`", 1
            )
        type_ = Type(Kind.STRING, members=scope.partition_keys)
    return tree.PartitionField(name, type_, offset), 1


def _connection(keys: tuple[str, ...], scope: Scope, offset: int) -> Found:
    if len(keys) < 2:
        shown = ".".join(("connections", *keys))
        return Unknown(
            f"`{shown}` alone has no value",
            "name one of its fields, such as `connections.x.host`",
            kind="type",
        )
    name, field = keys[:2]
    if name not in scope.connections:
        return _missing("connection", name, scope.connections)
    if field not in tree.CONNECTION_FIELDS:
        return _missing("field", field, tree.CONNECTION_FIELDS, 2)
    type_ = tree.CONNECTION_FIELDS[field]
    leaf = tree.ConnectionField(name, field, type_, offset)
    return _secret(leaf, 2, scope) if type_.kind is Kind.SECRET else (leaf, 2)


def _secret(leaf: tree.SecretRef | tree.ConnectionField, taken: int, scope: Scope) -> Found:
    if not scope.secrets:
        return Unknown(
            "a secret may not stand here",
            "secrets may stand in `env`, `headers`, `args`, `parameters`, and in the fields of "
            "alerts and connections",
            kind="not-allowed",
        )
    return leaf, taken
