"""One change at every place of a pipeline: each field of the IR, each entry of a list or map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from dagglot.diff.compare import KEYS, NO_STEPS, NOT_COMPARED, is_node
from dagglot.expressions import types
from dagglot.expressions.types import Type
from dagglot.ir import kinds, model
from dagglot.ir.model import AssetCondition, Dependency, Group


class Mutation(NamedTuple):
    """The pipeline with one thing changed, and what is to be told of it."""

    changed: Any
    path: tuple[str, ...]
    owner: str
    field: str


_NEW: Mapping[str, Any] = {
    "Schedule.cron": "7 7 * * 2",
    "Pipeline.partitions": model.Partitions(by="day"),
    "Pipeline.deadline": model.Deadline(after=timedelta(hours=1), alerts=("x",)),
    "Schedule.on_assets": AssetCondition(asset="new"),
    "Schedule.start": datetime(2020, 1, 1, tzinfo=UTC),
    "Schedule.end": datetime(2020, 1, 1, tzinfo=UTC),
    "Partitions.start": datetime(2020, 1, 1, tzinfo=UTC),
    "Partitions.end": datetime(2020, 1, 1, tzinfo=UTC),
    "Param.minimum": -1_000_000,
    "Param.maximum": 1_000_000,
    "Task.for_each": model.ForEach(items=("a", "b")),
    "Task.pool": model.Pool(name="new"),
    "Task.priority": 7,
    "Task.idempotent": True,
    "Group.for_each": model.ForEach(items=("a", "b")),
    "Concurrency.max_active_runs": 999,
    "Concurrency.max_active_tasks": 999,
    "ForEach.max_parallel": 999,
    "ShellBody.skip_exit_code": 99,
    "GateBody.call": model.PythonBody(module="new", function="new"),
    "BranchBody.call": model.PythonBody(module="new", function="new"),
}
"""What stands where there was nothing; else it is a duration or a word."""
_VALID: Mapping[str, str] = {
    "Schedule.cron": "7 7 * * 2",
    "Schedule.timezone": "Asia/Tokyo",
    "Partitions.cron": "7 7 * * 2",
    "Partitions.timezone": "Asia/Tokyo",
    "Concurrency.on_overlap": "skip",
}
_OTHERS: Mapping[str, Any] = {
    "wait_for": kinds.AssetWait(asset="new"),
    "look": model.PythonBody(module="new", function="new"),
}
"""One of another class, where a field may hold several."""
_DURATIONS = ("every", "timeout", "freshness", "max_delay", "jitter")


def mutations(node: Any, path: tuple[str, ...] = ()) -> Iterator[Mutation]:
    """Every mutation of a node and of what is below it."""
    kind = type(node).__name__
    if isinstance(node, model.PythonBody):
        yield Mutation(replace(node, function=node.function + "x"), (*path, "call"), kind, "call")
        yield Mutation(replace(node, module=node.module + "x"), (*path, "call"), kind, "call")
    for one in fields(node):
        key = f"{kind}.{one.name}"
        if not one.compare or key in NOT_COMPARED:
            continue
        value = getattr(node, one.name)
        flat = one.name == "body" or (key in NO_STEPS and value is not None)
        steps = path if flat else (*path, KEYS.get(key, one.name))
        for made, more, owner, field in _of(value, steps, kind, one.name):
            yield Mutation(replace(node, **{one.name: made}), more, owner, field)


def _of(value: Any, path: tuple[str, ...], owner: str, field: str) -> Iterator[Mutation]:
    if isinstance(value, AssetCondition):
        yield Mutation(AssetCondition(asset="another"), path, owner, field)
    elif is_node(value):
        yield from mutations(value, path)
        if field == "body":
            yield Mutation(model.OtherBody(kind="new"), (*path, "type"), owner, field)
        some = _OTHERS.get(field)
        if some is not None and type(value) is not type(some):
            where = (*path, field) if f"{owner}.{field}" in NO_STEPS else path
            yield Mutation(some, where, owner, field)
    elif isinstance(value, tuple):
        yield from _of_items(value, path, owner, field)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            for made, more, by, at in _of(item, (*path, str(key)), owner, field):
                yield Mutation({**value, key: made}, more, by, at)
        new: Any = {"new": "new"}
        if field == "options":
            new = {"new": {"new": 1}}
        if field == "accept":
            new = {"new": ("word",)}
        if field == "calls":
            new = {"new": model.NativeCall(module="new", name="new")}
        yield Mutation({**value, **new}, (*path, "new"), owner, field)
    else:
        yield Mutation(_other(value, f"{owner}.{field}", field), path, owner, field)


def _of_items(
    value: tuple[Any, ...], path: tuple[str, ...], owner: str, field: str
) -> Iterator[Mutation]:
    for index, item in enumerate(value):
        name = getattr(item, "id", None) or getattr(item, "name", None)
        if is_node(item) and not isinstance(item, Dependency):
            step = str(name) if isinstance(name, str) else str(index)
            for made, more, by, at in mutations(item, (*path, step)):
                yield Mutation((*value[:index], made, *value[index + 1 :]), more, by, at)
    if field == "depends_on":
        yield Mutation((*value, Dependency(task="new")), (*path, "new"), owner, field)
    elif field == "tasks":
        new = model.Task(id="new", body=model.OtherBody(kind="new"))
        yield Mutation((*value, new), (*path, "new"), owner, field)
        if len(value) > 1:
            yield Mutation(value[:-1], (*path, value[-1].id), owner, field)
    elif field == "params":
        some = model.Param(name="new", type=types.STRING, required=True)
        yield Mutation((*value, some), (*path, "new"), owner, field)
    elif field == "assets":
        yield Mutation((*value, model.Asset(name="new")), (*path, "new"), owner, field)
    elif field == "connections":
        added = model.Connection(name="new", type="new")
        yield Mutation((*value, added), (*path, "new"), owner, field)
    elif owner == "Pipeline" and field == "alerts":
        alert = model.Alert(name="new", type="new")
        yield Mutation((*value, alert), (*path, "new"), owner, field)
    elif owner == "Pipeline" and field == "groups":
        yield Mutation((*value, Group(id="new", members=())), (*path, "new"), owner, field)
    elif field == "tests":
        scenario = model.Scenario(name="new", given={}, expect={})
        yield Mutation((*value, scenario), (*path, "new"), owner, field)
    elif field == "cases":
        case = model.BranchCase(condition=True, to=("new",))
        yield Mutation((*value, case), (*path, str(len(value))), owner, field)
    elif field == "status":
        yield Mutation((*value, 299), (*path, "299"), owner, field)
    elif field == "checks":
        return
    else:
        ordered = field not in _SETS
        yield Mutation((*value, "new"), path if ordered else (*path, "new"), owner, field)


_SETS = frozenset(
    {
        *("tags", "consumes", "produces", "on_failure", "on_success", "on_retry", "alerts"),
        *("teardown_of", "approvers", "to", "otherwise", "keys", "packages", "accept"),
    }
)


def _other(value: Any, key: str, field: str) -> Any:
    """Another value of the same type."""
    match value:
        case None:
            if field in _DURATIONS:
                return timedelta(seconds=12345)
            return _NEW.get(key, "new")
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value * 2 + 1
        case str():
            return _VALID.get(key, value + "x")
        case timedelta():
            return value + timedelta(seconds=1)
        case datetime():
            return value + timedelta(days=1)
        case Enum():
            every = list(type(value))
            return every[(every.index(value) + 1) % len(every)]
        case Type():
            return types.MAP if value != types.MAP else types.LIST
        case _:
            return "another"
